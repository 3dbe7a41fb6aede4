package api

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/rights"
)

// DirectoryLevel is a level of the organisation.
type DirectoryLevel struct {
	ID      string `json:"id" required:"false" maxLength:"64"`
	Version int64  `json:"version" required:"false"`
	Name    string `json:"name" maxLength:"256"`
	NameEn  string `json:"name_en,omitempty" maxLength:"256"`
	Order   int    `json:"order" minimum:"0" maximum:"1000000" doc:"From the top."`
}

// DirectoryUnit is a unit of the organisation.
type DirectoryUnit struct {
	ID            string   `json:"id" required:"false" maxLength:"64"`
	Version       int64    `json:"version" required:"false"`
	Name          string   `json:"name" maxLength:"256"`
	ShortName     string   `json:"short_name,omitempty" maxLength:"256"`
	Level         string   `json:"level" maxLength:"64" doc:"Id of its level."`
	Parent        string   `json:"parent,omitempty" maxLength:"64" doc:"Id of the unit above."`
	Mailbox       string   `json:"mailbox,omitempty" maxLength:"254"`
	ProtocolOrder int      `json:"protocol_order" minimum:"0" maximum:"1000000"`
	ValidFrom     string   `json:"valid_from,omitempty" maxLength:"10" doc:"Its first day, YYYY-MM-DD."`
	ValidTo       string   `json:"valid_to,omitempty" maxLength:"10" doc:"Its last day, YYYY-MM-DD."`
	Predecessors  []string `json:"predecessors,omitempty" nullable:"false" maxItems:"50" doc:"Ids of the units that it came from."`
}

// DirectoryPerson is somebody by position.
type DirectoryPerson struct {
	ID            string `json:"id" required:"false" maxLength:"64"`
	Version       int64  `json:"version" required:"false"`
	Name          string `json:"name,omitempty" maxLength:"256"`
	Title         string `json:"title" maxLength:"256" doc:"Stands first on name plates."`
	Unit          string `json:"unit" maxLength:"64" doc:"Id of the unit."`
	ProtocolOrder int    `json:"protocol_order" minimum:"0" maximum:"1000000"`
	Leader        bool   `json:"leader" required:"false" doc:"Can be booked, as the resource leader:<id>."`
	Mailbox       string `json:"mailbox,omitempty" maxLength:"254"`
}

// DirectoryHall is a room to meet in.
type DirectoryHall struct {
	ID            string   `json:"id" required:"false" maxLength:"64"`
	Version       int64    `json:"version" required:"false"`
	Name          string   `json:"name" maxLength:"256"`
	ShortName     string   `json:"short_name,omitempty" maxLength:"256"`
	Unit          string   `json:"unit" maxLength:"64" doc:"Id of the unit."`
	Seats         int      `json:"seats" minimum:"0" maximum:"100000"`
	Equipment     []string `json:"equipment,omitempty" nullable:"false" maxItems:"50"`
	ProtocolOrder int      `json:"protocol_order" minimum:"0" maximum:"1000000"`
}

// DirectoryGroup is a set of units that are invited together.
type DirectoryGroup struct {
	ID      string   `json:"id" required:"false" maxLength:"64"`
	Version int64    `json:"version" required:"false"`
	Name    string   `json:"name" maxLength:"256"`
	Units   []string `json:"units" nullable:"false" maxItems:"1000" doc:"Ids of the units."`
}

// DirectoryTerminal is the equipment of a hall that joins meetings by itself.
type DirectoryTerminal struct {
	ID      string `json:"id" required:"false" maxLength:"64"`
	Version int64  `json:"version" required:"false"`
	Name    string `json:"name" maxLength:"256"`
	Hall    string `json:"hall" maxLength:"64" doc:"Id of the hall."`
	DirectoryPairing
}

// DirectoryPairing tells of a terminal's device. It is not changed with the terminal.
type DirectoryPairing struct {
	Paired   bool      `json:"paired" required:"false" readOnly:"true" doc:"A device is paired with it."`
	PairedAt time.Time `json:"paired_at,omitzero" readOnly:"true"`
	SeenAt   time.Time `json:"seen_at,omitzero" readOnly:"true" doc:"When the device was last there, to the minute."`
}

type directoryInput struct {
	At string `query:"at" maxLength:"10" doc:"What exists on this day, YYYY-MM-DD; all: everything, whatever its time. Absent: today." example:"2025-06-30"`
}

// day reads the day of a query; empty is everything.
func (s *server) day(at string) (string, error) {
	switch {
	case at == "":
		return s.now().In(calendar.Zone).Format("2006-01-02"), nil
	case at == "all":
		return "", nil
	case directory.ValidDay(at):
		return at, nil
	}
	return "", problem(http.StatusBadRequest, "bad_request", "at")
}

type directoryOutput struct {
	Body struct {
		Levels    []DirectoryLevel    `json:"levels"`
		Units     []DirectoryUnit     `json:"units"`
		People    []DirectoryPerson   `json:"people"`
		Halls     []DirectoryHall     `json:"halls"`
		Terminals []DirectoryTerminal `json:"terminals"`
		Groups    []DirectoryGroup    `json:"groups"`
		Revision  int64               `json:"revision" doc:"Grows by one with each change of the directory."`
	}
}

type searchInput struct {
	directoryInput
	Q     string `query:"q" maxLength:"256" doc:"Words; each is the beginning of one in names, titles or ids, without regard to case and diacritics."`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"20"`
}

// DirectoryHit is what a search has found.
type DirectoryHit struct {
	Kind   string `json:"kind" enum:"unit,person,hall,group"`
	ID     string `json:"id"`
	Name   string `json:"name"`
	Detail string `json:"detail" doc:"Name of the unit above, or of the unit that it belongs to."`
}

type searchOutput struct {
	Body struct {
		Hits []DirectoryHit `json:"hits"`
	}
}

func (s *server) registerDirectory(h huma.API) {
	get := s.operation("get-directory", http.MethodGet, "/directory", "The directory in protocol order", false)
	s.guardAnywhere(&get, rights.ViewCalendar)
	register(s, h, get, s.getDirectory)
	search := s.operation("search-directory", http.MethodGet, "/directory/search", "Find units, people, halls and groups", false)
	s.guardAnywhere(&search, rights.ViewCalendar)
	register(s, h, search, s.searchDirectory)

	registerEntry(s, h, directory.KindLevel, rights.ManageDirectory,
		func(b DirectoryLevel, id string) directory.Entry { b.ID = id; e := directory.Level(b); return &e },
		func(_ context.Context, e directory.Entry) (DirectoryLevel, error) {
			return DirectoryLevel(*e.(*directory.Level)), nil
		})
	registerEntry(s, h, directory.KindUnit, rights.ManageDirectory,
		func(b DirectoryUnit, id string) directory.Entry { b.ID = id; e := directory.Unit(b); return &e },
		func(_ context.Context, e directory.Entry) (DirectoryUnit, error) {
			return DirectoryUnit(*e.(*directory.Unit)), nil
		})
	registerEntry(s, h, directory.KindPerson, rights.ManageDirectory,
		func(b DirectoryPerson, id string) directory.Entry { b.ID = id; e := directory.Person(b); return &e },
		func(_ context.Context, e directory.Entry) (DirectoryPerson, error) {
			return DirectoryPerson(*e.(*directory.Person)), nil
		})
	registerEntry(s, h, directory.KindHall, rights.ManageDirectory,
		func(b DirectoryHall, id string) directory.Entry { b.ID = id; e := directory.Hall(b); return &e },
		func(_ context.Context, e directory.Entry) (DirectoryHall, error) {
			return DirectoryHall(*e.(*directory.Hall)), nil
		})
	registerEntry(s, h, directory.KindGroup, rights.ManageDirectory,
		func(b DirectoryGroup, id string) directory.Entry { b.ID = id; e := directory.Group(b); return &e },
		func(_ context.Context, e directory.Entry) (DirectoryGroup, error) {
			return DirectoryGroup(*e.(*directory.Group)), nil
		})
	registerEntry(s, h, directory.KindTerminal, rights.ManageTerminals,
		func(b DirectoryTerminal, id string) directory.Entry {
			return &directory.Terminal{ID: id, Name: b.Name, Hall: b.Hall}
		},
		func(ctx context.Context, e directory.Entry) (DirectoryTerminal, error) {
			pairings, err := s.Directory.Pairings(ctx)
			return terminalBody(*e.(*directory.Terminal), pairings), err
		})
}

func (s *server) getDirectory(ctx context.Context, in *directoryInput) (*directoryOutput, error) {
	day, err := s.day(in.At)
	if err != nil {
		return nil, err
	}
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	pairings, err := s.Directory.Pairings(ctx)
	if err != nil {
		return nil, err
	}
	c := all.All()
	if day != "" {
		c = all.At(day)
	}
	var out directoryOutput
	b := &out.Body
	b.Revision = all.Revision
	b.Levels = listed(c.Levels, func(l directory.Level) DirectoryLevel { return DirectoryLevel(l) })
	b.Units = listed(c.Units, func(u directory.Unit) DirectoryUnit { return DirectoryUnit(u) })
	b.People = listed(c.People, func(p directory.Person) DirectoryPerson { return DirectoryPerson(p) })
	b.Halls = listed(c.Halls, func(h directory.Hall) DirectoryHall { return DirectoryHall(h) })
	b.Groups = listed(c.Groups, func(g directory.Group) DirectoryGroup { return DirectoryGroup(g) })
	b.Terminals = listed(c.Terminals, func(t directory.Terminal) DirectoryTerminal { return terminalBody(t, pairings) })
	return &out, nil
}

func terminalBody(t directory.Terminal, pairings map[string]directory.Pairing) DirectoryTerminal {
	p, paired := pairings[t.ID]
	return DirectoryTerminal{ID: t.ID, Version: t.Version, Name: t.Name, Hall: t.Hall, DirectoryPairing: DirectoryPairing{paired, p.Paired, p.Seen}}
}

// listed converts a list; an empty one is no null in JSON.
func listed[A, B any](list []A, convert func(A) B) []B {
	if out := mapped(list, convert); out != nil {
		return out
	}
	return []B{}
}

func (s *server) searchDirectory(ctx context.Context, in *searchInput) (*searchOutput, error) {
	day, err := s.day(in.At)
	if err != nil {
		return nil, err
	}
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var out searchOutput
	out.Body.Hits = listed(all.Search(in.Q, day, in.Limit), func(h directory.Hit) DirectoryHit {
		return DirectoryHit{string(h.Kind), h.ID, h.Name, h.Detail}
	})
	return &out, nil
}

type putEntryInput[B any] struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on; 0 or absent for a new entry."`
	Body    B
}

type putEntryOutput[B any] struct {
	ETag string `header:"ETag"`
	Body B
}

type deleteEntryInput struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on."`
}

// registerEntry adds what makes, replaces and deletes the entries of a kind. The id of the path is the entry's.
func registerEntry[B any](
	s *server, h huma.API, kind directory.Kind, action rights.Action, entry func(B, string) directory.Entry, body func(context.Context, directory.Entry) (B, error),
) {
	path := "/directory/" + kind.Plural() + "/{id}"
	put := s.operation("put-"+string(kind), http.MethodPut, path, "Make or replace a "+string(kind), false)
	put.Errors = append(put.Errors, http.StatusPreconditionFailed)
	s.guardAnywhere(&put, action)
	register(s, h, put, func(ctx context.Context, in *putEntryInput[B]) (*putEntryOutput[B], error) {
		v, err := entryVersion(in.IfMatch, 0)
		if err != nil {
			return nil, err
		}
		kept, err := s.Directory.Put(ctx, entry(in.Body, in.ID), s.directoryBy(ctx, action, v))
		if err != nil {
			return nil, err
		}
		b, err := body(ctx, kept)
		return &putEntryOutput[B]{ETag: etag(directory.Version(kept)), Body: b}, err
	})
	remove := s.operation("delete-"+string(kind), http.MethodDelete, path, "Delete a "+string(kind)+" that nothing refers to", false)
	remove.Errors = append(remove.Errors, http.StatusConflict, http.StatusPreconditionFailed)
	s.guardAnywhere(&remove, action)
	register(s, h, remove, func(ctx context.Context, in *deleteEntryInput) (*struct{}, error) {
		v, err := entryVersion(in.IfMatch, directory.AnyVersion)
		if err != nil {
			return nil, err
		}
		by := s.directoryBy(ctx, action, v)
		may := by.May
		by.May = func(all *directory.Snapshot, before, after directory.Entry) error {
			if err := may(all, before, after); err != nil {
				return err
			}
			if err := s.unusedByAccounts(ctx, kind, in.ID); err != nil {
				return err
			}
			return s.unusedByMeetings(ctx, kind, in.ID)
		}
		return nil, s.Directory.Delete(ctx, kind, in.ID, by)
	})
}

// unusedByAccounts refuses to delete whom an account is of, and a unit that is granted something in: a new unit of the same id would find
// the grant there.
func (s *server) unusedByAccounts(ctx context.Context, kind directory.Kind, id string) error {
	if kind != directory.KindPerson && kind != directory.KindUnit {
		return nil
	}
	list, _, err := s.Accounts.List(ctx, "", 0, math.MaxInt)
	if err != nil {
		return err
	}
	for _, a := range list {
		used := kind == directory.KindPerson && a.Person == id
		if kind == directory.KindUnit {
			used = a.Unit == id || slices.ContainsFunc(a.Grants, func(g rights.Grant) bool { return g.Unit == id })
		}
		if used {
			return &directory.InUseError{Kind: "account", ID: a.ID, Name: a.Login}
		}
	}
	return nil
}

// unusedByMeetings refuses to delete what a meeting that is still to come names, also one that is postponed: it could not be edited any more.
func (s *server) unusedByMeetings(ctx context.Context, kind directory.Kind, id string) error {
	resource, ok := map[directory.Kind]calendar.Kind{
		directory.KindHall: calendar.Hall, directory.KindTerminal: calendar.Terminal, directory.KindPerson: calendar.Leader, directory.KindUnit: calendar.AtSite,
	}[kind]
	if !ok {
		return nil
	}
	r := calendar.Resource{Kind: resource, ID: id}
	named, _, err := s.Calendar.List(ctx, calendar.Query{From: s.now(), Limit: 1, Where: func(m calendar.Meeting) bool { return !m.Over() && m.Names(r) }})
	if err != nil || len(named) == 0 {
		return err
	}
	m := named[0]
	who, err := s.asker(ctx)
	if err != nil {
		return err
	}
	name := m.Start.In(calendar.Zone).Format("02/01/2006 15:04")
	if who.sees(m) {
		name = m.Subject + ", " + name
	}
	return &directory.InUseError{Kind: "meeting", ID: m.ID, Name: name}
}

// entryVersion reads an If-Match header; one that cannot be read is a stale one.
func entryVersion(ifMatch string, absent int64) (int64, error) {
	switch ifMatch {
	case "":
		return absent, nil
	case "*":
		return directory.AnyVersion, nil
	}
	v, err := strconv.ParseInt(strings.Trim(ifMatch, `"`), 10, 64)
	if err != nil || v < 0 {
		return 0, directory.ErrStaleVersion
	}
	return v, nil
}

// directoryBy is who makes a change of the directory: it must be permitted where the entry is and where it is to be.
func (s *server) directoryBy(ctx context.Context, action rights.Action, version int64) directory.By {
	grants := principalOf(ctx).account.Grants
	return directory.By{Actor: actor(ctx), Version: version, May: func(all *directory.Snapshot, before, after directory.Entry) error {
		var places []string
		if before != nil {
			places = append(places, all.Home(before))
		}
		if after != nil {
			place := all.Home(after)
			// Where a unit is to be is below its parent, whatever is granted in a unit of its id.
			unit, isUnit := after.(*directory.Unit)
			if was, ok := before.(*directory.Unit); isUnit && (!ok || was.Parent != unit.Parent) {
				place = unit.Parent
			}
			places = append(places, place)
		}
		for _, unit := range places {
			if !rights.Allowed(grants, action, unit, all.Ancestors(unit)) {
				return problem(http.StatusForbidden, "forbidden", "")
			}
		}
		return nil
	}}
}
