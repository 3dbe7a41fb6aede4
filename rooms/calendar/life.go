package calendar

import (
	"context"
	"errors"
	"fmt"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/rights"
)

// Change says who makes a change and how.
type Change struct {
	Actor   string // account, for the journal
	Name    string // of the actor, as the journal shows it
	Version int64  // that the change is based on; 0 is any
	// IdempotencyKey makes a repeated request of the same actor answer as the first did, for 24 hours. Optional.
	IdempotencyKey string
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

// Ensure issues a meeting under an id of the caller's, unless there is one: for data that a start makes once. It may lie in
// the past.
func (c *Calendar) Ensure(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return m, err
	}
	m, err = c.create(ctx, id, StateIssued, p, ch, false)
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
	return c.write(ctx, []write{{nil, m, ch.entry("created", now)}}, o, ch)
}

// Change replaces the plan of a meeting in a state that permits it. It returns ErrNotFound, ErrStaleVersion, ErrWrongState, a FieldError or a
// ClashError.
func (c *Calendar) Change(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	known, err := c.snapshot(ctx)
	if err != nil {
		return Meeting{}, err
	}
	return c.update(ctx, id, ch, ActChange, p, func(m *Meeting, now time.Time) error {
		right, _ := Transition(m.State, ActChange)
		if err := ch.permit(Meeting{Plan: p}, right.Right); err != nil {
			return err
		}
		checked, err := p.check(c.settings, known, now, !p.End.Equal(m.End))
		m.Plan = checked
		return err
	})
}

// Request is what an action asks for.
type Request struct {
	Reason     string    // for those that need one
	Start, End time.Time // for ActReschedule
}

// Act does what its state permits to a meeting: every action but ActChange and ActOpen. Errors are those of Change.
func (c *Calendar) Act(ctx context.Context, id string, a Action, r Request, ch Change) (Meeting, error) {
	reason, err := checkReason(a, r.Reason)
	if err != nil {
		return Meeting{}, err
	}
	return c.update(ctx, id, ch, a, r, func(m *Meeting, now time.Time) error {
		m.Reason = reason
		switch a {
		case ActReschedule:
			m.Start, m.End = r.Start.UTC().Truncate(time.Millisecond), r.End.UTC().Truncate(time.Millisecond)
			return m.checkTimes(now, true)
		case ActSubmit, ActApprove, ActIssue:
			return m.checkTimes(now, true)
		case ActChange, ActReturn, ActPostpone, ActCancel, ActOpen, ActConclude:
		}
		return nil
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
	m, err = c.update(ctx, id, Change{Actor: "server"}, a, nil, func(*Meeting, time.Time) error { return nil })
	if errors.Is(err, ErrWrongState) && m.State == to { // another was faster
		return m, nil
	}
	return m, err
}

// update does an action by a pure function of the meeting in the state that it leads to. A change that does not name the version it is based
// on is made again when another came between.
func (c *Calendar) update(ctx context.Context, id string, ch Change, a Action, asked any, change func(*Meeting, time.Time) error) (Meeting, error) {
	o, err := onceFor(ch, string(a), id, asked)
	if err != nil {
		return Meeting{}, err
	}
	for {
		m, err := c.tryUpdate(ctx, id, ch, a, o, change)
		if errors.Is(err, ErrStaleVersion) && ch.Version == 0 && ctx.Err() == nil {
			continue
		}
		return c.orFirst(ctx, o, m, err)
	}
}

func (c *Calendar) tryUpdate(ctx context.Context, id string, ch Change, a Action, o once, change func(*Meeting, time.Time) error) (Meeting, error) {
	was, err := c.Get(ctx, id)
	if err != nil {
		return was, err
	}
	step, ok := Transition(was.State, a)
	if err := ch.permit(was, step.Right); err != nil {
		return was, err
	}
	switch {
	case ch.Version != 0 && ch.Version != was.Version:
		return was, fmt.Errorf("%w: version %d, not %d", ErrStaleVersion, was.Version, ch.Version)
	case !ok || was.AlwaysOn:
		return was, fmt.Errorf("%w: %s", ErrWrongState, was.State)
	}
	m, now := was, c.moment()
	m.State, m.Changed, m.Reason = step.To, now, ""
	if step.Revision {
		m.Revision++
	}
	if err := change(&m, now); err != nil {
		return was, err
	}
	if a == ActChange || a == ActReschedule || a == ActSubmit {
		m.Displaced = c.settings.stillDisplaced(m)
	}
	e := ch.entry(done[a], now)
	e.Revision, e.Reason, e.Changes = m.Revision, m.Reason, differences(was.Plan, m.Plan)
	return c.write(ctx, []write{{&was, m, e}}, o, ch)
}
