package calendar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/directory"
	"diemcau/rooms/rights"
)

// Change says who makes a change and how.
type Change struct {
	Actor   string // account, for the journal
	Name    string // of the actor, as the journal shows it
	Login   string // of the actor
	Address string // that it comes from
	Version int64  // that the change is based on; 0 is any
	// IdempotencyKey makes a repeated request of the same actor answer as the first did, for 24 hours. Optional.
	IdempotencyKey string
	Scope          Scope // one when empty
	// PreEmpt takes what meetings of lower priority hold. They are marked.
	PreEmpt bool
	// Permit refuses what the actor has no right to, for a meeting as it is and as it would become. Optional.
	Permit func(Meeting, rights.Action) error
}

func (ch Change) permit(m Meeting, right rights.Action) error {
	if ch.Permit == nil {
		return nil
	}
	return ch.Permit(m, right)
}

// entry begins a change's entry in the journal.
func (ch Change) entry(action string, at time.Time) Entry {
	return Entry{Action: action, Actor: ch.Actor, ActorName: ch.Name, Login: ch.Login, Address: ch.Address, At: at}
}

// Draft plans a meeting that is still to be submitted. Errors are those of Create.
func (c *Calendar) Draft(ctx context.Context, p Plan, ch Change) (Meeting, error) {
	return c.create(ctx, access.NewID(), StateDraft, p, ch, true)
}

// Create plans a meeting and issues it at once. It returns a FieldError for a plan that cannot be accepted, a ClashError, and
// ErrIdempotencyMismatch.
func (c *Calendar) Create(ctx context.Context, p Plan, ch Change) (Meeting, error) {
	return c.create(ctx, access.NewID(), StateIssued, p, ch, true)
}

// Ensure makes a meeting in a state under an id of the caller's, unless there is one: for data that a start makes once. It may lie in
// the past.
func (c *Calendar) Ensure(ctx context.Context, id string, state State, p Plan, ch Change) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return m, err
	}
	m, err = c.create(ctx, id, state, p, ch, false)
	if errors.Is(err, ErrStaleVersion) { // another server was faster
		return c.Get(ctx, id)
	}
	return m, err
}

func (c *Calendar) create(ctx context.Context, id string, state State, p Plan, ch Change, fresh bool) (Meeting, error) {
	right := rights.Issue
	if state == StateDraft {
		right = rights.Draft
	}
	if err := ch.permit(Meeting{Plan: p}, right); err != nil {
		return Meeting{}, err
	}
	o, err := onceFor(ch, "create", string(state), p)
	if err != nil {
		return Meeting{}, err
	}
	now := c.moment()
	known, err := c.snapshot(ctx)
	if err == nil {
		p, err = p.check(c.settings, known, now, fresh)
	}
	if err != nil {
		return c.orFirst(ctx, o, Meeting{}, err)
	}
	m := Meeting{ID: id, State: state, Plan: p, CreatedBy: ch.Actor, Created: now, Changed: now}
	return c.write(ctx, newSeries(m, ch, now), o, ch)
}

// Change replaces the plan of a meeting in a state that permits it, and, by the scope, those of others in its series: they keep their days, unless
// the rule is another, which is that of meetings from the plan's start. Where the plan does not recur any more, the first becomes a single meeting and the
// others are called off. It returns ErrNotFound, ErrStaleVersion, ErrWrongState, a FieldError or a ClashError.
func (c *Calendar) Change(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	known, err := c.snapshot(ctx)
	if err != nil {
		return Meeting{}, err
	}
	return c.update(ctx, id, ch, ActChange, p, func(all chosen, now time.Time) (edit, error) {
		step, _ := Transition(all.members[0].State, ActChange)
		if err := ch.permit(Meeting{Plan: p}, step.Right); err != nil {
			return edit{}, err
		}
		return c.change(p, known, all, ch.Scope, now)
	})
}

// change is the edit that gives meetings another plan, which is written for the first.
func (c *Calendar) change(p Plan, known *directory.Snapshot, all chosen, scope Scope, now time.Time) (edit, error) {
	target := all.members[0]
	rule := p.Recurrence
	p.Recurrence = nil // it begins at another meeting, perhaps
	p, err := p.check(c.settings, known, now, !p.End.Equal(target.End))
	if err != nil {
		return edit{}, err
	}
	shift, length := p.Start.Sub(target.Start), p.End.Sub(p.Start)
	p.Recurrence = target.Recurrence
	another := rule != nil && !target.recurs(rule, p.Start) && !(rule.none() && target.Series == "")
	if another && target.Series != "" && !scope.wide() {
		return edit{}, &FieldError{"recurrence", CodeNeedsScope}
	}
	if !another && (target.Series == "" || !scope.wide()) {
		return edit{apply: func(m *Meeting, _ time.Time) error { m.Plan = p; return nil }}, nil
	}
	place := func(m *Meeting, start time.Time) error {
		was := m.Plan
		m.Plan = p
		m.Start, m.End = start, start.Add(length)
		return cmp.Or(m.checkTimes(now, !m.End.Equal(was.End)), m.exists(known))
	}
	if !another {
		if all.passes(scope, shift) {
			return edit{}, &FieldError{"start", CodePassesEarlier}
		}
		p.Recurrence = target.Recurrence.shifted(shift)
		return edit{apply: func(m *Meeting, _ time.Time) error {
			m.Occurrence = m.Occurrence.Add(shift)
			return place(m, m.Start.Add(shift))
		}}, nil
	}
	if rule.none() {
		p.Recurrence = nil
		return edit{places: map[string]time.Time{target.ID: p.Start}, apply: func(m *Meeting, at time.Time) error {
			m.Series, m.Occurrence = "", time.Time{}
			return place(m, at)
		}}, nil
	}
	p.Recurrence = rule
	series := cmp.Or(target.Series, access.NewID())
	e := edit{apply: func(m *Meeting, at time.Time) error {
		start := at
		if m.ID != target.ID && !m.Start.Equal(m.Occurrence) { // it was moved by itself
			start = m.Start.Add(shift)
		}
		m.Series, m.Occurrence = series, at
		return place(m, start)
	}}
	e.places, e.added, err = rule.places(all, p.Start, length)
	return e, err
}

// Request is what an action asks for.
type Request struct {
	Reason     string    // for those that need one
	Start, End time.Time // for ActReschedule
	// Resources are what ActReclaim takes back: everything that was taken when empty.
	Resources []Resource
}

// Act does what its state permits to a meeting, and, by the scope, to others of its series: every action but ActChange and ActOpen. Errors are those
// of Change.
func (c *Calendar) Act(ctx context.Context, id string, a Action, r Request, ch Change) (Meeting, error) {
	reason, err := checkReason(a, r.Reason)
	if err != nil {
		return Meeting{}, err
	}
	if a == ActConclude && ch.Scope.wide() { // meetings end one by one
		return Meeting{}, &FieldError{"scope", CodeUnknownValue}
	}
	var known *directory.Snapshot
	if a == ActReschedule {
		if known, err = c.snapshot(ctx); err != nil {
			return Meeting{}, err
		}
	}
	return c.update(ctx, id, ch, a, r, func(all chosen, now time.Time) (edit, error) {
		times := all.members[0].Plan
		switch a {
		case ActReschedule:
			times.Start, times.End = r.Start.UTC().Truncate(time.Millisecond), r.End.UTC().Truncate(time.Millisecond)
			err = times.checkTimes(now, true)
		case ActSubmit, ActApprove, ActIssue:
			err = times.checkTimes(now, true)
		case ActChange, ActReturn, ActPostpone, ActCancel, ActOpen, ActConclude, ActReclaim:
		}
		shift, length := times.Start.Sub(all.members[0].Start), times.End.Sub(times.Start)
		if err == nil && all.passes(ch.Scope, shift) {
			err = &FieldError{"start", CodePassesEarlier}
		}
		return edit{apply: func(m *Meeting, _ time.Time) error {
			m.Reason = reason
			switch a {
			case ActReclaim:
				return m.reclaim(r.Resources)
			case ActReschedule:
			default:
				return nil
			}
			if ch.Scope.wide() && m.Series != "" { // one that moves by itself keeps its place in the series
				m.Occurrence, m.Recurrence = m.Occurrence.Add(shift), m.Recurrence.shifted(shift)
			}
			m.Start = m.Start.Add(shift)
			m.End = m.Start.Add(length)
			return cmp.Or(m.checkTimes(now, true), m.exists(known))
		}}, err
	})
}

// Cancel calls a meeting off: Act with ActCancel.
func (c *Calendar) Cancel(ctx context.Context, id, reason string, ch Change) (Meeting, error) {
	return c.Act(ctx, id, ActCancel, Request{Reason: reason}, ch)
}

// Open marks an issued meeting as held once its start has come, for who finds people in it; any other it leaves as it is. It gives the meeting
// as it is then.
func (c *Calendar) Open(ctx context.Context, id string) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if err != nil || !m.begins(c.moment()) {
		return m, err
	}
	m, err = c.update(ctx, id, Change{Actor: "server"}, ActOpen, nil, func(it chosen, now time.Time) (edit, error) {
		if !it.members[0].begins(now) {
			return edit{}, ErrWrongState
		}
		return edit{}, nil
	})
	if errors.Is(err, ErrWrongState) { // another was faster
		return m, nil
	}
	return m, err
}

// End concludes a meeting; ending one that is over, or always on, changes nothing.
func (c *Calendar) End(ctx context.Context, id string) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if err != nil || m.State == StateConcluded || m.AlwaysOn {
		return m, err
	}
	m, err = c.update(ctx, id, Change{Actor: "server"}, ActConclude, nil, func(chosen, time.Time) (edit, error) { return edit{}, nil })
	if errors.Is(err, ErrWrongState) && m.State == StateConcluded { // another was faster
		return m, nil
	}
	return m, err
}

// update does an action by a pure function of the meetings that it is for. A change that does not name the version it is based on is made again
// when another came between; so is one of a series, when another of its meetings was changed.
func (c *Calendar) update(
	ctx context.Context, id string, ch Change, a Action, asked any, decide func(chosen, time.Time) (edit, error),
) (Meeting, error) {
	o, err := onceFor(ch, string(a), id, asked)
	if err != nil {
		return Meeting{}, err
	}
	for {
		m, err := c.tryUpdate(ctx, id, ch, a, o, decide)
		if stale := (*staleError)(nil); errors.As(err, &stale) && (ch.Version == 0 || stale.id != id) && ctx.Err() == nil {
			continue
		}
		return c.orFirst(ctx, o, m, err)
	}
}

func (c *Calendar) tryUpdate(
	ctx context.Context, id string, ch Change, a Action, o once, decide func(chosen, time.Time) (edit, error),
) (Meeting, error) {
	target, err := c.Get(ctx, id)
	if err != nil {
		return target, err
	}
	now := c.moment()
	step, ok := c.settings.Transition(target, a, now)
	if err := ch.permit(target, step.Right); err != nil {
		return target, err
	}
	switch {
	case ch.Version != 0 && ch.Version != target.Version:
		return target, fmt.Errorf("%w: version %d, not %d", ErrStaleVersion, target.Version, ch.Version)
	case !ok:
		return target, fmt.Errorf("%w: %s", ErrWrongState, target.State)
	}
	all, err := c.choose(ctx, target, ch.Scope, a, now)
	if err != nil {
		return target, err
	}
	e, err := decide(all, now)
	if err != nil {
		return target, err
	}
	writes, err := c.writes(all.members, a, e, ch, now)
	if err != nil {
		return target, err
	}
	m, err := c.write(ctx, writes, o, ch)
	if err != nil {
		return target, err
	}
	return m, nil
}
