package calendar

import (
	"context"
	"fmt"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
)

// Scope says which meetings of a series a change is for.
type Scope string

// The scopes: this one, it and those that follow, or all that are still to come.
const (
	ScopeOne       Scope = "one"
	ScopeFollowing Scope = "following"
	ScopeAll       Scope = "all"
)

// wide tells whether a change may be for several meetings.
func (s Scope) wide() bool { return s == ScopeFollowing || s == ScopeAll }

// prefixSeries is before the id of a series: a sorted set of its meetings by their occurrence in milliseconds.
const prefixSeries = "diemcau:{calendar}:series:"

// newSeries makes the meetings of a new plan, which is checked: one for each occurrence.
func newSeries(first Meeting, ch Change, now time.Time) []write {
	if first.Recurrence == nil {
		return []write{{nil, first, ch.entry("created", now)}}
	}
	first.Series = access.NewID()
	var all []write
	for i, span := range first.spans() {
		m := first
		if i > 0 {
			m.ID = access.NewID()
		}
		m.Start, m.End, m.Occurrence = span.Start, span.End, span.Start
		all = append(all, write{nil, m, ch.entry("created", now)})
	}
	return all
}

// Series reads the meetings of a series in the order of their occurrences.
func (c *Calendar) Series(ctx context.Context, id string) ([]Meeting, error) {
	ids, err := c.store.Client().ZRange(ctx, prefixSeries+id, 0, -1).Result()
	if err != nil {
		return nil, fmt.Errorf("calendar: series: %w", store.Classify(err))
	}
	return c.read(ctx, ids)
}

// within gives the meetings that an action on one of them is for: it first, then those of its series that the scope names, that are not over
// and to which it can be done.
func (c *Calendar) within(ctx context.Context, target Meeting, scope Scope, a Action, now time.Time) ([]Meeting, error) {
	all := []Meeting{target}
	if target.Series == "" || !scope.wide() {
		return all, nil
	}
	members, err := c.Series(ctx, target.Series)
	for _, m := range members {
		_, possible := Transition(m.State, a)
		if m.ID != target.ID && possible && m.End.After(now) && (scope == ScopeAll || m.Occurrence.After(target.Occurrence)) {
			all = append(all, m)
		}
	}
	return all, err
}

// edit is what a change does to each meeting that it is for.
type edit struct {
	apply func(*Meeting) error // in the state that the action leads to
	// starts are the occurrences by a rule that has changed, by their day in the province; nil where it has not. Meetings on other
	// days are called off, days without one get one.
	starts map[string]time.Time
	shift  time.Duration // of the occurrences
}

// dayOf is the day of a moment in the province.
func dayOf(at time.Time) string { return at.In(Zone).Format(time.DateOnly) }

// writes are the changes to some meetings, of which the first is the one that is asked for.
func (c *Calendar) writes(members []Meeting, a Action, e edit, ch Change, now time.Time) ([]write, error) {
	var all []write
	booked := 0
	for i, was := range members {
		act, apply := a, e.apply
		if e.starts != nil {
			start, stays := e.starts[dayOf(was.base().Add(e.shift))]
			delete(e.starts, dayOf(start))
			if apply = moved(e, start); !stays {
				act, apply = ActCancel, nil
			}
		}
		if step, _ := Transition(was.State, act); i > 0 || act != a { // the first was asked for already
			if err := ch.permit(was, step.Right); err != nil {
				return nil, err
			}
		}
		w, err := c.edited(was, act, apply, ch, now)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	for _, start := range e.starts {
		m := members[0]
		if err := ch.permit(m, rights.Draft); m.State == StateDraft && err != nil {
			return nil, err
		}
		if err := moved(e, start)(&m); err != nil {
			return nil, err
		}
		m.ID, m.Version, m.Revision, m.Reason, m.Displaced, m.CreatedBy, m.Created, m.Changed = access.NewID(), 0, 0, "", nil, ch.Actor, now, now
		all = append(all, write{nil, m, ch.entry("created", now)})
	}
	for _, w := range all {
		if booked += len(w.after.bookings(c.settings)); booked > maxBookings && len(all) > 1 {
			return nil, &FieldError{"recurrence.rrule", CodeLimit}
		}
	}
	return all, nil
}

// base is where a meeting stands by its rule, or by itself.
func (m Meeting) base() time.Time {
	if m.Series == "" {
		return m.Start
	}
	return m.Occurrence
}

// moved does an edit to a meeting and puts it at an occurrence.
func moved(e edit, start time.Time) func(*Meeting) error {
	return func(m *Meeting) error {
		err := e.apply(m)
		length := m.End.Sub(m.Start)
		m.Start, m.End, m.Occurrence = start, start.Add(length), start
		return err
	}
}

// edited does an action to a meeting.
func (c *Calendar) edited(was Meeting, a Action, apply func(*Meeting) error, ch Change, now time.Time) (write, error) {
	step, ok := Transition(was.State, a)
	if !ok {
		return write{}, fmt.Errorf("%w: %s", ErrWrongState, was.State)
	}
	m := was
	m.State, m.Changed, m.Reason = step.To, now, ""
	if step.Revision {
		m.Revision++
	}
	if apply != nil {
		if err := apply(&m); err != nil {
			return write{}, err
		}
	}
	if a == ActChange || a == ActReschedule || a == ActSubmit {
		m.Displaced = c.settings.stillDisplaced(m)
	}
	e := ch.entry(done[a], now)
	e.Revision, e.Reason, e.Changes = m.Revision, m.Reason, differences(was.Plan, m.Plan)
	return write{&was, m, e}, nil
}
