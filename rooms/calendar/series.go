package calendar

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

// chosen are the meetings of a series that an action on one of them is for.
type chosen struct {
	members []Meeting // it first, then those that the scope names, that are not over and to which it can be done
	others  []Meeting // of the series
}

// passes reports whether a shift of a meeting and those that follow brings it to or before one that precedes it in the series: which follow
// would be others then.
func (all chosen) passes(scope Scope, shift time.Duration) bool {
	first := all.members[0].Occurrence
	return scope == ScopeFollowing && slices.ContainsFunc(all.others, func(m Meeting) bool {
		return !m.Over() && m.Occurrence.Before(first) && !m.Occurrence.Before(first.Add(shift))
	})
}

// choose gives the meetings that an action is for.
func (c *Calendar) choose(ctx context.Context, target Meeting, scope Scope, a Action, now time.Time) (chosen, error) {
	all := chosen{members: []Meeting{target}}
	if target.Series == "" || !scope.wide() {
		return all, nil
	}
	series, err := c.Series(ctx, target.Series)
	for _, m := range series {
		_, possible := c.settings.Transition(m, a, now)
		switch {
		case m.ID == target.ID:
		case possible && m.End.After(now) && (scope == ScopeAll || m.Occurrence.After(target.Occurrence)):
			all.members = append(all.members, m)
		default:
			all.others = append(all.others, m)
		}
	}
	return all, err
}

// edit is what a change does to each meeting that it is for.
type edit struct {
	// apply changes a meeting that is in the state to which the action leads. at is its place by another rule, and zero where the rule stays.
	apply func(m *Meeting, at time.Time) error
	// places are where another rule has the meetings, by their ids: what has none is called off. Nil where the rule stays.
	places map[string]time.Time
	added  []time.Time // places that get a new meeting
}

// dayOf is the day of a moment in the province.
func dayOf(at time.Time) string { return at.In(Zone).Format(time.DateOnly) }

// writes are the changes to some meetings, of which the first is the one that is asked for.
func (c *Calendar) writes(members []Meeting, a Action, e edit, ch Change, now time.Time) ([]write, error) {
	var all []write
	booked := 0
	for i, was := range members {
		act, apply := a, e.apply
		at, stays := e.places[was.ID]
		if e.places != nil && !stays {
			act, apply = ActCancel, nil
		}
		if step, _ := Transition(was.State, act); i > 0 || act != a { // the first was asked for already
			if err := ch.permit(was, step.Right); err != nil {
				return nil, err
			}
		}
		w, err := c.edited(was, act, apply, at, ch, now)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	for _, at := range e.added {
		m := members[0]
		if err := ch.permit(m, rights.Draft); m.State == StateDraft && err != nil {
			return nil, err
		}
		if err := e.apply(&m, at); err != nil {
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

// leftOut tells whether a rule has called the meeting off: whoever does gives a reason. Its day is free for another of the series.
func (m Meeting) leftOut() bool { return m.State == StateCancelled && m.Reason == "" }

// places are where a rule has the meetings of a series, of which the first begins at a new time, and the places that have none. It returns a
// FieldError.
func (r Recurrence) places(all chosen, start time.Time, length time.Duration) (map[string]time.Time, []time.Time, error) {
	days := startOfDay(start).Sub(startOfDay(all.members[0].base()))
	first := all.members[0].base()
	for _, m := range all.members {
		if m.base().Before(first) {
			first = m.base()
		}
	}
	starts, err := r.occurrences(startOfDay(first).Add(days).Add(start.Sub(startOfDay(start))), length)
	if err != nil {
		return nil, nil, err
	}
	free := map[string]time.Time{}
	for _, at := range starts {
		free[dayOf(at)] = at
	}
	places := map[string]time.Time{}
	for _, m := range all.members {
		day := dayOf(m.base().Add(days))
		if at, stays := free[day]; stays {
			places[m.ID] = at
			delete(free, day)
		}
	}
	for _, m := range all.others {
		if !m.leftOut() {
			delete(free, dayOf(m.base()))
			delete(free, dayOf(m.base().Add(days)))
		}
	}
	return places, slices.SortedFunc(maps.Values(free), time.Time.Compare), nil
}

// edited does an action to a meeting.
func (c *Calendar) edited(was Meeting, a Action, apply func(*Meeting, time.Time) error, at time.Time, ch Change, now time.Time) (write, error) {
	step, ok := Transition(was.State, a)
	if !ok {
		return write{}, fmt.Errorf("%w: %s", ErrWrongState, was.State)
	}
	m := was
	m.State, m.Changed = step.To, now
	if a != ActChange { // while the plan is written, why it was returned stays
		m.Reason = ""
	}
	if step.Revision {
		m.Revision++
	}
	if apply != nil {
		if err := apply(&m, at); err != nil {
			return write{}, err
		}
	}
	m.Displaced = c.settings.stillDisplaced(was, m)
	e := ch.entry(done[a], now)
	e.Revision, e.Changes = m.Revision, differences(was.Plan, m.Plan)
	if a == ActReclaim {
		e.Changes = []Difference{{Field: "resources", After: resourceNames(reclaimed(was.Displaced, m.Displaced))}}
	}
	if a != ActChange {
		e.Reason = m.Reason
	}
	return write{&was, m, e}, nil
}
