package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/fold"
	"diemcau/rooms/rights"
)

// asker is whoever asks, with the directory in which his rights reach from a unit to those below it: for many meetings at once.
type asker struct {
	actor     audit.Actor
	account   accounts.Account
	directory *directory.Snapshot // nil where all rights are for the whole province
	calendar  calendar.Settings
	now       time.Time
}

func (s *server) asker(ctx context.Context) (asker, error) {
	a := asker{actor: actor(ctx), account: principalOf(ctx).account, calendar: s.Calendar.Settings(), now: s.now()}
	if !slices.ContainsFunc(a.account.Grants, func(g rights.Grant) bool { return g.Unit != "" }) {
		return a, nil
	}
	var err error
	a.directory, err = s.Directory.Snapshot(ctx)
	return a, err
}

// may tells whether he has a right in the unit that prepares a meeting.
func (a asker) may(right rights.Action, unit string) bool {
	return rights.Allowed(a.account.Grants, right, unit, a.above(unit))
}

// leads tells whether he is a leader of the unit that prepares a meeting, or of what that belongs to.
func (a asker) leads(unit string) bool {
	return rights.Holds(a.account.Grants, rights.Leader, unit, a.above(unit))
}

func (a asker) above(unit string) []string {
	if a.directory == nil {
		return nil
	}
	return a.directory.Ancestors(unit)
}

// sees tells whether he may know of a meeting. What was not approved yet is for those who plan it.
func (a asker) sees(m calendar.Meeting) bool {
	return m.Announced() || a.plans(m)
}

// plans tells whether a meeting is his to plan, or he sees drafts of the unit that prepares it.
func (a asker) plans(m calendar.Meeting) bool {
	return m.CreatedBy == a.actor.ID || a.may(rights.ViewDrafts, m.PreparingUnit)
}

// change is how he makes a change. A meeting that he must not know of is answered for like one that does not exist.
func (a asker) change(key string, version int64) calendar.Change {
	by := changeBy(a.actor, key)
	by.Version = version
	by.Permit = func(m calendar.Meeting, right rights.Action) error {
		switch {
		case m.ID != "" && !a.sees(m):
			return calendar.ErrNotFound
		case right != "" && !a.may(right, m.PreparingUnit):
			return problem(http.StatusForbidden, "forbidden", "")
		}
		return nil
	}
	return by
}

// changeBy is a change by somebody, under an idempotency key or none.
func changeBy(a audit.Actor, key string) calendar.Change {
	return calendar.Change{Actor: a.ID, Name: a.Name, Login: a.Login, Address: a.Address, IdempotencyKey: key}
}

// meeting is a meeting as he is given it.
func (a asker) meeting(m calendar.Meeting) Meeting {
	out := Meeting{
		ID: m.ID, Version: m.Version, State: string(m.State), Revision: m.Revision, Reason: m.Reason, Plan: planBody(m.Plan), Series: m.Series, AlwaysOn: m.AlwaysOn,
		Actions: []string{}, CreatedBy: m.CreatedBy, Created: m.Created, Changed: m.Changed,
	}
	if m.Series != "" {
		out.Occurrence = &m.Occurrence
	}
	if a.plans(m) {
		out.Displaced = mapped(m.Displaced, func(d calendar.Displaced) Displaced {
			return Displaced{resourceBody(d.Resource), d.By, d.Subject, d.At}
		})
	}
	for _, action := range calendar.Actions {
		if step, ok := a.calendar.Transition(m, action, a.now); ok && step.Right != "" && a.may(step.Right, m.PreparingUnit) {
			out.Actions = append(out.Actions, string(action))
		}
	}
	if a.joins(m) {
		out.Actions = append(out.Actions, "join")
	}
	return out
}

// joins tells whether there is a seat for him in a meeting that has been issued and is not over.
func (a asker) joins(m calendar.Meeting) bool {
	if a.account.ID == "" || m.State != calendar.StateIssued && m.State != calendar.StateHeld || !slices.Contains(rights.Actions(a.account.Grants), rights.Join) {
		return false
	}
	_, ok := a.seat(m)
	return ok
}

// seat is his place in a meeting, and whether there is one.
func (a asker) seat(m calendar.Meeting) (access.Claims, bool) {
	return seatIn(m, a.account, a.may(rights.RunMeeting, m.PreparingUnit))
}

// clash is a booking that is in his way.
func (a asker) clash(c calendar.Clash) Clash {
	out := Clash{Resource: resourceBody(c.Resource), Priority: a.calendar.Priority(c.With.Type), PreEmptible: c.PreEmptible, Span: Span(c.Span)}
	if a.sees(c.With) {
		out.Meeting, out.Subject = c.With.ID, c.With.Subject
	}
	return out
}

// chosen is what a list is asked for and he may see; nil is everything.
func (a asker) chosen(in *listInput) func(calendar.Meeting) bool {
	words := strings.Fields(fold.String(in.Text))
	if len(in.State) == 0 && len(words) == 0 && !in.Mine && !in.Displaced && a.may(rights.ViewDrafts, "") {
		return nil
	}
	return func(m calendar.Meeting) bool {
		switch {
		case !a.sees(m):
			return false
		case in.Displaced && (len(m.Displaced) == 0 || m.Over() || !a.plans(m)):
			return false
		case len(in.State) > 0 && !slices.Contains(in.State, string(m.State)):
			return false
		case in.Mine && m.CreatedBy != a.actor.ID && !m.Involves(a.account.Person, a.account.Unit):
			return false
		}
		text := fold.String(m.Subject + " " + m.Chair.Name)
		for _, hall := range m.Halls {
			text += " " + fold.String(hall.Name)
		}
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
	}
}

// overlap names what is in the way of a booking, and when else it can be.
func (s *server) overlap(ctx context.Context, e *calendar.ClashError) error {
	who, err := s.asker(ctx)
	if err != nil {
		return err
	}
	p := problem(http.StatusConflict, "overlap", "resources")
	p.Clashes = mapped(e.Clashes, who.clash)
	p.Free = mapped(e.Free, func(f calendar.Span) Span { return Span(f) })
	return p
}
