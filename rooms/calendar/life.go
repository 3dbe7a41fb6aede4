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
	return Entry{Action: action, Actor: ch.Actor, ActorName: ch.Name, At: at}
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
// the rule is another. It returns ErrNotFound, ErrStaleVersion, ErrWrongState, a FieldError or a ClashError.
func (c *Calendar) Change(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	known, err := c.snapshot(ctx)
	if err != nil {
		return Meeting{}, err
	}
	return c.update(ctx, id, ch, ActChange, p, func(members []Meeting, now time.Time) (edit, error) {
		target := members[0]
		step, _ := Transition(target.State, ActChange)
		if err := ch.permit(Meeting{Plan: p}, step.Right); err != nil {
			return edit{}, err
		}
		return c.change(p, known, members, ch.Scope, now)
	})
}

// change is the edit that gives meetings another plan, which is written for the first.
func (c *Calendar) change(p Plan, known *directory.Snapshot, members []Meeting, scope Scope, now time.Time) (edit, error) {
	target := members[0]
	rule := p.Recurrence
	p.Recurrence = nil // it begins at another meeting, perhaps
	p, err := p.check(c.settings, known, now, !p.End.Equal(target.End))
	if err != nil {
		return edit{}, err
	}
	p.Recurrence = target.Recurrence
	e := edit{shift: p.Start.Sub(target.Start)}
	length := p.End.Sub(p.Start)
	another := rule != nil && !rule.equal(target.Recurrence)
	switch {
	case another && target.Series != "" && !scope.wide():
		return edit{}, &FieldError{"recurrence", CodeNeedsScope}
	case !another && (target.Series == "" || !scope.wide()):
		e.apply = func(m *Meeting) error { m.Plan = p; return nil }
		return e, nil
	}
	series := cmp.Or(target.Series, access.NewID())
	e.apply = func(m *Meeting) error {
		start, occurrence := m.Start.Add(e.shift), m.base().Add(e.shift)
		m.Plan, m.Series, m.Occurrence = p, series, occurrence
		m.Start, m.End = start, start.Add(length)
		return nil
	}
	if !another {
		return e, nil
	}
	first := target.base()
	for _, m := range members {
		if m.base().Before(first) {
			first = m.base()
		}
	}
	p.Recurrence = rule
	starts, err := rule.occurrences(first.Add(e.shift), length)
	if err != nil {
		return edit{}, err
	}
	e.starts = map[string]time.Time{}
	for _, at := range starts {
		e.starts[dayOf(at)] = at
	}
	return e, nil
}

// Request is what an action asks for.
type Request struct {
	Reason     string    // for those that need one
	Start, End time.Time // for ActReschedule
}

// Act does what its state permits to a meeting, and, by the scope, to others of its series: every action but ActChange and ActOpen. Errors are those
// of Change.
func (c *Calendar) Act(ctx context.Context, id string, a Action, r Request, ch Change) (Meeting, error) {
	reason, err := checkReason(a, r.Reason)
	if err != nil {
		return Meeting{}, err
	}
	return c.update(ctx, id, ch, a, r, func(members []Meeting, now time.Time) (edit, error) {
		times := members[0].Plan
		switch a {
		case ActReschedule:
			times.Start, times.End = r.Start.UTC().Truncate(time.Millisecond), r.End.UTC().Truncate(time.Millisecond)
			err = times.checkTimes(now, true)
		case ActSubmit, ActApprove, ActIssue:
			err = times.checkTimes(now, true)
		case ActChange, ActReturn, ActPostpone, ActCancel, ActOpen, ActConclude:
		}
		shift, length := times.Start.Sub(members[0].Start), times.End.Sub(times.Start)
		return edit{apply: func(m *Meeting) error {
			m.Reason = reason
			if a == ActReschedule {
				m.Start = m.Start.Add(shift)
				m.End = m.Start.Add(length)
			}
			return nil
		}}, err
	})
}

// Cancel calls a meeting off: Act with ActCancel.
func (c *Calendar) Cancel(ctx context.Context, id, reason string, ch Change) (Meeting, error) {
	return c.Act(ctx, id, ActCancel, Request{Reason: reason}, ch)
}

// Open marks an issued meeting as held; opening one that is held, or always on, changes nothing.
func (c *Calendar) Open(ctx context.Context, id string) (Meeting, error) {
	return c.once(ctx, id, StateHeld, ActOpen)
}

// End concludes a meeting; ending one that is over, or always on, changes nothing.
func (c *Calendar) End(ctx context.Context, id string) (Meeting, error) {
	return c.once(ctx, id, StateConcluded, ActConclude)
}

// once has the server bring a meeting into a state, unless it is there.
func (c *Calendar) once(ctx context.Context, id string, to State, a Action) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if err != nil || m.State == to || m.AlwaysOn {
		return m, err
	}
	m, err = c.update(ctx, id, Change{Actor: "server"}, a, nil, func([]Meeting, time.Time) (edit, error) { return edit{}, nil })
	if errors.Is(err, ErrWrongState) && m.State == to { // another was faster
		return m, nil
	}
	return m, err
}

// update does an action by a pure function of the meetings that it is for. A change that does not name the version it is based on is made again
// when another came between; so is one of a series, when another of its meetings was changed.
func (c *Calendar) update(
	ctx context.Context, id string, ch Change, a Action, asked any, decide func([]Meeting, time.Time) (edit, error),
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
	ctx context.Context, id string, ch Change, a Action, o once, decide func([]Meeting, time.Time) (edit, error),
) (Meeting, error) {
	target, err := c.Get(ctx, id)
	if err != nil {
		return target, err
	}
	step, ok := Transition(target.State, a)
	if err := ch.permit(target, step.Right); err != nil {
		return target, err
	}
	switch {
	case ch.Version != 0 && ch.Version != target.Version:
		return target, fmt.Errorf("%w: version %d, not %d", ErrStaleVersion, target.Version, ch.Version)
	case !ok || target.AlwaysOn:
		return target, fmt.Errorf("%w: %s", ErrWrongState, target.State)
	}
	now := c.moment()
	members, err := c.within(ctx, target, ch.Scope, a, now)
	if err != nil {
		return target, err
	}
	e, err := decide(members, now)
	if err != nil {
		return target, err
	}
	all, err := c.writes(members, a, e, ch, now)
	if err != nil {
		return target, err
	}
	m, err := c.write(ctx, all, o, ch)
	if err != nil {
		return target, err
	}
	return m, nil
}
