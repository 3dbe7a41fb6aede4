package calendar

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"diemcau/rooms/rights"
)

// Displaced is a resource that a meeting of higher priority has taken.
type Displaced struct {
	Resource Resource  `json:"resource"`
	By       string    `json:"by"`      // id of the meeting that has it now
	Subject  string    `json:"subject"` // of that meeting
	At       time.Time `json:"at"`
}

const (
	// maxPreempts is how often a pre-emption is tried while others change what it displaces.
	maxPreempts = 10
	// maxDisplaced is how many meetings one change can displace.
	maxDisplaced = 100
	// actionDisplaced is how the journal names that a meeting has lost what it held.
	actionDisplaced = "displaced"
)

// yields tells whether a meeting gives resources up to a plan: its type has a lower priority, and it can go on without them, should it be under
// way.
func (s Settings) yields(m Meeting, to Plan, lost ...Resource) bool {
	return s.Priority(to.Type) > s.Priority(m.Type) && (m.State != StateHeld || !slices.ContainsFunc(lost, m.essential))
}

// displace takes resources from a meeting for another. By the settings it loses all that it holds, unless it is under way: a draft goes back to
// its planner, what was approved waits for another time.
func (s Settings) displace(m Meeting, by Meeting, lost []Resource, now time.Time) Meeting {
	m.Displaced = slices.Clone(m.Displaced)
	for _, r := range lost {
		m.Displaced = append(m.Displaced, Displaced{r, by.ID, by.Subject, now})
	}
	whole := s.Displace == DisplaceMeeting || s.Displace == DisplaceEssential && slices.ContainsFunc(lost, m.essential)
	switch {
	case !whole || m.State == StateHeld:
	case m.Announced():
		m.State = StatePostponed
	default:
		m.State = StateReturned
	}
	m.Changed, m.Reason = now, ""
	return m
}

// stillDisplaced is what is left of the marks after a change. A meeting that goes on without what was taken keeps the marks of what it still
// names, as long as its time is the same and it still can do without; one that held nothing, or is at another time, holds everything again.
func (s Settings) stillDisplaced(was, m Meeting) []Displaced {
	switch {
	case len(m.Displaced) == 0 || !slices.Contains(s.Holding, m.State):
		return m.Displaced
	case !slices.Contains(s.Holding, was.State) || !was.Start.Equal(m.Start) || !was.End.Equal(m.End):
		return nil
	}
	named := m.holds()
	return slices.DeleteFunc(slices.Clone(m.Displaced), func(d Displaced) bool {
		return !slices.Contains(named, d.Resource) || m.essential(d.Resource) && !was.essential(d.Resource)
	})
}

// reclaim takes the marks of resources away, or of all without any. It returns a FieldError for one that was not taken.
func (m *Meeting) reclaim(resources []Resource) error {
	if len(resources) == 0 {
		m.Displaced = nil
		return nil
	}
	for i, r := range resources {
		if !slices.ContainsFunc(m.Displaced, func(d Displaced) bool { return d.Resource == r }) {
			return &FieldError{fmt.Sprintf("resources[%d]", i), CodeUnknownValue}
		}
	}
	m.Displaced = slices.DeleteFunc(slices.Clone(m.Displaced), func(d Displaced) bool { return slices.Contains(resources, d.Resource) })
	return nil
}

// reclaimed are the marks that are in a list and not in what is left of it.
func reclaimed(all, left []Displaced) []Displaced {
	return slices.DeleteFunc(slices.Clone(all), func(d Displaced) bool { return slices.Contains(left, d) })
}

// resourceNames are the resources of marks, as the journal names them.
func resourceNames(all []Displaced) string {
	return shortened(strings.Join(labels(all, func(d Displaced) string { return d.Resource.String() }), "; "), longestDifference)
}

// write stores meetings, all or none, and gives the first as it is then. It returns a ClashError when a resource is not free. Where the change may
// pre-empt, meetings of lower priority are displaced in the same step.
func (c *Calendar) write(ctx context.Context, all []write, o once, ch Change) (Meeting, error) {
	m, err := c.attempt(ctx, all, o)
	if ch.PreEmpt {
		m, err = c.preempt(ctx, all, o, ch, m, err)
	}
	if clash := (*ClashError)(nil); errors.As(err, &clash) {
		var unknown error
		clash.Free, unknown = c.freeFor(ctx, all)
		err = errors.Join(unknown, err)
	}
	return m, err
}

// preempt displaces what is in the way of meetings, and tries again.
func (c *Calendar) preempt(ctx context.Context, all []write, o once, ch Change, m Meeting, err error) (Meeting, error) {
	for range maxPreempts {
		if clash := (*ClashError)(nil); !errors.As(err, &clash) {
			return m, err
		}
		displaced, refused := c.displaced(ctx, all, ch, err)
		if refused != nil {
			return m, refused
		}
		told := slices.Clone(all)
		told[0].entry.Others = nil
		for _, d := range displaced {
			told[0].entry.Others = append(told[0].entry.Others, Other{d.after.ID, d.after.Subject})
		}
		again := err
		if m, err = c.attempt(ctx, append(told, displaced...), o); staleAmong(err, displaced) {
			err = again // it is looked at again
		}
	}
	return m, err
}

// staleAmong tells whether one of some meetings was changed meanwhile.
func staleAmong(err error, some []write) bool {
	var stale *staleError
	return errors.As(err, &stale) && slices.ContainsFunc(some, func(w write) bool { return w.after.ID == stale.id })
}

// displaced decides what becomes of the meetings in the way of others. It returns the given clash where one of them does not give way, and
// the refusal where they may not be made to.
func (c *Calendar) displaced(ctx context.Context, all []write, ch Change, clash error) (displaced []write, err error) {
	now := c.moment()
	place := map[string]int{}
	for _, w := range all {
		place[w.after.ID] = -1
	}
	for _, w := range all {
		if err := ch.permit(w.after, rights.PreEmpt); err != nil {
			return nil, err
		}
		held := w.after.bookings(c.settings)
		resources := make([]Resource, 0, len(held))
		for _, b := range held {
			resources = append(resources, b.Resource)
		}
		bookings, err := c.Bookings(ctx, resources, Span{w.after.Start, w.after.End})
		if err != nil {
			return nil, err
		}
		lost := map[string][]Resource{}
		for _, b := range bookings {
			lost[b.Meeting] = append(lost[b.Meeting], b.Resource)
		}
		owners, err := c.owners(ctx, bookings)
		if err != nil {
			return nil, err
		}
		for id, resources := range lost {
			i, known := place[id]
			switch other := owners[id]; {
			case i < 0:
			case !c.settings.yields(other, w.after.Plan, resources...) || len(displaced) == maxDisplaced:
				return nil, clash
			case known:
				displaced[i].after = c.settings.displace(displaced[i].after, w.after, resources, now)
			default:
				if err := ch.permit(other, rights.PreEmpt); err != nil {
					return nil, err
				}
				place[id] = len(displaced)
				e := ch.entry(actionDisplaced, now)
				e.Others = []Other{{w.after.ID, w.after.Subject}}
				displaced = append(displaced, write{&other, c.settings.displace(other, w.after, resources, now), e})
			}
		}
	}
	for i := range displaced {
		d := &displaced[i]
		if d.before.Announced() {
			d.after.Revision++
		}
		d.entry.Revision, d.entry.Changes = d.after.Revision, []Difference{{Field: "resources", Before: resourceNames(d.after.Displaced[len(d.before.Displaced):])}}
	}
	return displaced, nil
}
