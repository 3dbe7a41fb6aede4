package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/meeting"
	"diemcau/rooms/rights"
)

// terminalCookie is the credential of a hall's device.
const terminalCookie = "diemcau_terminal"

const (
	// terminalAhead is how far ahead a terminal shows its meetings.
	terminalAhead = 7 * 24 * time.Hour
	// mostTerminalMeetings are those that it shows.
	mostTerminalMeetings = 20
)

// terminalStates are those of the meetings that it shows.
var terminalStates = []calendar.State{calendar.StateApproved, calendar.StateIssued, calendar.StateHeld, calendar.StateConcluded}

type terminalCodeOutput struct {
	Body struct {
		Code    string    `json:"code" doc:"Six digits, to be typed once at the device." example:"482913"`
		Expires time.Time `json:"expires"`
	}
}

type pairInput struct {
	Body struct {
		Code string `json:"code" maxLength:"32" doc:"Blanks are ignored."`
	}
}

// NamedID is an entry of the directory by its id and name.
type NamedID struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// TerminalMeeting is a meeting as a hall's terminal shows it.
type TerminalMeeting struct {
	ID      string    `json:"id"`
	Subject string    `json:"subject"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	Chair   string    `json:"chair"`
	State   string    `json:"state"`
	JoinAt  time.Time `json:"join_at" doc:"From when the terminal can join."`
	Joins   bool      `json:"joins" doc:"The terminal joins by itself; false for a meeting that nobody takes part in from elsewhere."`
	Own     bool      `json:"own" doc:"The hall or the terminal itself is named, not only its unit."`
	// GivesWayTo are others of its meetings.
	GivesWayTo []string `json:"gives_way_to,omitempty" doc:"Ids of meetings that have taken this terminal's place in the meeting: it is in it until they begin."`
}

type terminalOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      struct {
		Terminal   NamedID           `json:"terminal"`
		Hall       NamedID           `json:"hall"`
		ServerTime time.Time         `json:"server_time"`
		Meetings   []TerminalMeeting `json:"meetings" doc:"Those of the hall in the weekly schedule, from today on, by their start."`
	}
}

type terminalJoinInput struct {
	Body struct {
		Meeting string `json:"meeting" maxLength:"64" doc:"Id of one of the terminal's meetings."`
	}
}

type terminalJoinOutput struct {
	Body struct {
		Invitation string `json:"invitation" doc:"As of an invitation link; always for the same seat."`
	}
}

type terminalKey struct{}

// paired is the terminal that makes a request.
type paired struct {
	terminal   directory.Terminal
	hall       directory.Hall
	credential string
}

func pairedOf(ctx context.Context) paired {
	p, _ := ctx.Value(terminalKey{}).(paired)
	return p
}

func (s *server) registerTerminals(h huma.API) {
	code := s.operation("make-terminal-code", http.MethodPost, "/terminals/{id}/code", "Make the code that pairs a terminal's device", false)
	code.DefaultStatus = http.StatusCreated
	s.guardAnywhere(&code, rights.ManageTerminals)
	register(s, h, code, s.makeTerminalCode)
	revoke := s.operation("revoke-terminal", http.MethodDelete, "/terminals/{id}/credential", "Take the credential of a terminal's device back", false)
	s.guardAnywhere(&revoke, rights.ManageTerminals)
	register(s, h, revoke, s.revokeTerminal)

	pair := s.operation("pair-terminal", http.MethodPost, "/terminal/pair", "Pair this device by a code", false)
	pair.Errors = append(pair.Errors, http.StatusForbidden, http.StatusTooManyRequests)
	register(s, h, pair, s.pairTerminal)
	get := s.operation("get-terminal", http.MethodGet, "/terminal", "This terminal and its meetings", false)
	s.guardTerminal(&get)
	register(s, h, get, func(ctx context.Context, _ *struct{}) (*terminalOutput, error) { return s.terminal(ctx, pairedOf(ctx)) })
	join := s.operation("join-as-terminal", http.MethodPost, "/terminal/join", "An invitation to one of this terminal's meetings", false)
	join.Errors = append(join.Errors, http.StatusConflict)
	s.guardTerminal(&join)
	register(s, h, join, s.joinAsTerminal)
}

// guardTerminal lets only paired terminals pass.
func (s *server) guardTerminal(o *huma.Operation) {
	o.Security = []map[string][]string{{"terminal": {}}}
	o.Errors = append(o.Errors, http.StatusUnauthorized)
	o.Middlewares = append(o.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		within, cancel := context.WithTimeout(ctx.Context(), deadline)
		defer cancel()
		p, err := s.pairedBy(within, clientOf(ctx.Context()).terminal)
		if err != nil {
			s.writeFailure(ctx, err)
			return
		}
		next(huma.WithValue(ctx, terminalKey{}, p))
	})
}

// pairedBy finds the terminal of a credential. It returns directory.ErrNoDevice.
func (s *server) pairedBy(ctx context.Context, credential string) (paired, error) {
	t, err := s.Directory.Device(ctx, credential)
	if err != nil {
		return paired{}, err
	}
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return paired{}, err
	}
	hall, _ := all.Hall(t.Hall)
	return paired{t, hall, credential}, nil
}

// managed gives a terminal that the caller may manage. One that does not exist answers as one that is not the caller's to those who may not
// manage all.
func (s *server) managed(ctx context.Context, id string) (directory.Terminal, error) {
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return directory.Terminal{}, err
	}
	t, ok := all.Terminal(id)
	if err := s.mayIn(ctx, rights.ManageTerminals, all.Home(&t)); err != nil {
		return t, err
	}
	if !ok {
		return t, directory.ErrNotFound
	}
	return t, nil
}

func (s *server) makeTerminalCode(ctx context.Context, in *idInput) (*terminalCodeOutput, error) {
	t, err := s.managed(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var out terminalCodeOutput
	out.Body.Code, out.Body.Expires, err = s.Directory.MakeCode(ctx, t, actor(ctx))
	return &out, err
}

func (s *server) revokeTerminal(ctx context.Context, in *idInput) (*struct{}, error) {
	t, err := s.managed(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return nil, s.Directory.Revoke(ctx, t, actor(ctx))
}

func (s *server) pairTerminal(ctx context.Context, in *pairInput) (*terminalOutput, error) {
	c := clientOf(ctx)
	succeeded, err := s.Accounts.Attempt(ctx, "pairing", c.Client)
	if err != nil {
		return nil, err
	}
	code := strings.Join(strings.Fields(in.Body.Code), "")
	_, credential, err := s.Directory.Pair(ctx, code, c.Address)
	if err != nil {
		return nil, err
	}
	if err := succeeded(ctx); err != nil {
		return nil, err
	}
	p, err := s.pairedBy(ctx, credential)
	if err != nil {
		return nil, err
	}
	return s.terminal(ctx, p)
}

// terminal tells a terminal of itself and its meetings, and renews its cookie.
func (s *server) terminal(ctx context.Context, p paired) (*terminalOutput, error) {
	now := s.now()
	meetings, err := s.meetingsOf(ctx, p, now)
	if err != nil {
		return nil, err
	}
	settings := s.Calendar.Settings()
	out := &terminalOutput{SetCookie: s.setCookie(terminalCookie, p.credential, directory.DeviceLife)}
	b := &out.Body
	b.Terminal, b.Hall, b.ServerTime = NamedID{p.terminal.ID, p.terminal.Name}, NamedID{p.hall.ID, p.hall.Name}, now.UTC()
	known := func(id string) bool {
		return slices.ContainsFunc(meetings, func(m calendar.Meeting) bool { return m.ID == id })
	}
	b.Meetings = listed(meetings, func(m calendar.Meeting) TerminalMeeting {
		at, _ := p.placeIn(m)
		return TerminalMeeting{
			ID: m.ID, Subject: m.Subject, Start: m.Start, End: m.End, Chair: m.Chair.Name, State: string(m.State), JoinAt: settings.OpensAt(m),
			Joins: m.Format != calendar.InPerson, Own: at.own, GivesWayTo: slices.DeleteFunc(p.takenBy(m), func(id string) bool { return !known(id) }),
		}
	})
	return out, nil
}

// meetingsOf gives the meetings of a terminal that are in the weekly schedule, from today on.
func (s *server) meetingsOf(ctx context.Context, p paired, now time.Time) ([]calendar.Meeting, error) {
	local := now.In(calendar.Zone)
	today := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, calendar.Zone)
	list, _, err := s.Calendar.List(ctx, calendar.Query{From: today, To: now.Add(terminalAhead), Limit: mostTerminalMeetings, Where: func(m calendar.Meeting) bool {
		_, ok := p.placeIn(m)
		return ok && slices.Contains(terminalStates, m.State) && !m.AlwaysOn
	}})
	return list, err
}

// place is that of a terminal in a meeting.
type place struct {
	site calendar.Site
	own  bool // the hall or the terminal itself is named
}

// placeIn gives the place that a terminal has in a meeting: a site with this terminal or hall, a site of the hall's unit that names neither, or
// the hall where it is held. It tells whether there is one.
func (p paired) placeIn(m calendar.Meeting) (place, bool) {
	for _, s := range m.Sites {
		if s.Terminal == p.terminal.ID || s.Terminal == "" && s.Hall == p.hall.ID {
			return place{s, true}, true
		}
	}
	held := slices.ContainsFunc(m.Halls, func(v calendar.Venue) bool { return v.ID == p.hall.ID }) ||
		slices.ContainsFunc(m.Resources, func(r calendar.Resource) bool {
			return r.Kind == calendar.Hall && r.ID == p.hall.ID || r.Kind == calendar.Terminal && r.ID == p.terminal.ID
		})
	for _, s := range m.Sites {
		if s.Terminal == "" && s.Hall == "" && s.UnitID != "" && s.UnitID == p.hall.Unit {
			return place{s, held}, true
		}
	}
	return place{calendar.Site{Name: p.hall.Name, ShortName: p.hall.ShortName, ProtocolOrder: p.hall.ProtocolOrder}, held}, held
}

// takenBy gives the ids of the meetings that have taken what a terminal has its place in a meeting by.
func (p paired) takenBy(m calendar.Meeting) (ids []string) {
	own := []calendar.Resource{{Kind: calendar.Hall, ID: p.hall.ID}, {Kind: calendar.Terminal, ID: p.terminal.ID}, {Kind: calendar.AtSite, ID: p.hall.Unit}}
	for _, d := range m.Displaced {
		if slices.Contains(own, d.Resource) && !slices.Contains(ids, d.By) {
			ids = append(ids, d.By)
		}
	}
	return ids
}

func (s *server) joinAsTerminal(ctx context.Context, in *terminalJoinInput) (*terminalJoinOutput, error) {
	p := pairedOf(ctx)
	m, err := s.Calendar.Get(ctx, in.Body.Meeting)
	if err != nil {
		return nil, err
	}
	at, ok := p.placeIn(m)
	if !ok {
		return nil, calendar.ErrNotFound // whatever there is beside its own, it is not told
	}
	if err := s.admits(m); err != nil {
		return nil, err
	}
	expires := s.invitationExpiry(m)
	c := access.Claims{
		Meeting: m.ID, Seat: "terminal." + p.terminal.ID, Role: meeting.RoleSite, Name: at.site.Name, Unit: at.site.Unit, ShortName: at.site.ShortName,
		ProtocolOrder: at.site.ProtocolOrder, Expires: expires,
	}
	var out terminalJoinOutput
	if out.Body.Invitation, err = s.Access.Invite(c); err != nil {
		return nil, err
	}
	_, err = s.Calendar.Issue(ctx, m, calendar.Issued{
		Kind: "terminal", Name: c.Name, Unit: c.Unit, ShortName: c.ShortName, Role: c.Role, ProtocolOrder: c.ProtocolOrder,
	}, "", changeBy(directory.TerminalActor(p.terminal, clientOf(ctx).Address), ""))
	return &out, err
}
