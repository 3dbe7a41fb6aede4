package calendar

import (
	"context"
	"errors"
	"slices"
	"time"

	"diemcau/rooms/directory"
)

// Finding is what would become of a plan.
type Finding struct {
	Faults   []*FieldError
	Clashes  []Clash  // at most maxClashes
	Free     []Span   // with clashes: the nearest times at which all resources are free, of a series on the days of all its meetings
	Warnings []string // Warn codes
	// CalledOff is how many meetings of the series the plan leaves no place.
	CalledOff int
}

// Consult looks at a plan, of a meeting that exists or of a new one (without an id), and changes nothing. Of a new series it looks at every
// occurrence, of one that exists at the meetings that the scope names. It returns ErrNotFound.
func (c *Calendar) Consult(ctx context.Context, id string, p Plan, scope Scope) (Finding, error) {
	known, err := c.snapshot(ctx)
	if err != nil {
		return Finding{}, err
	}
	now := c.moment()
	var was Meeting
	if id != "" {
		if was, err = c.Get(ctx, id); err != nil {
			return Finding{}, err
		}
	}
	rule := p.Recurrence
	if was.Series != "" {
		p.Recurrence = nil // it begins at another meeting, perhaps
	}
	p, faults := p.examine(c.settings, known, now, !p.End.Equal(was.End) || id == "")
	f := Finding{Faults: faults, Warnings: c.settings.Warnings(p, now)}
	if slices.ContainsFunc(faults, func(f *FieldError) bool { return slices.Contains(timesAndResources, f.Field) }) {
		return f, nil
	}
	spans, meetings := p.spans(), []string{id}
	if _, possible := Transition(was.State, ActChange); possible && was.Series != "" && scope.wide() {
		p.Recurrence = rule
		spans, meetings, err = c.placesOf(ctx, was, p, known, scope, now)
		if fault := (*FieldError)(nil); errors.As(err, &fault) {
			f.Faults = append(f.Faults, fault)
			return f, nil
		}
		f.CalledOff = len(meetings) - len(spans)
	}
	if err != nil || len(spans) == 0 {
		return f, err
	}
	resources := c.settings.wanted(was, p)
	bookings, err := c.bookingsIn(ctx, resources, spans)
	if err != nil {
		return f, err
	}
	clashes, err := c.clashes(ctx, p, bookings)
	if err != nil {
		return f, err
	}
	clashes = slices.DeleteFunc(clashes, func(x Clash) bool { return slices.Contains(meetings, x.Meeting) })
	f.Clashes = clashes[:min(len(clashes), maxClashes)]
	// Where the rule has another place for the meeting than the plan, no other time of the plan is of use.
	if len(f.Clashes) > 0 && spans[0].Start.Equal(p.Start) {
		f.Free, err = c.free(ctx, resources, spans, meetings...)
	}
	return f, err
}

// wanted is what a meeting asks for by another plan: not what it goes on without.
func (s Settings) wanted(was Meeting, p Plan) []Resource {
	all := p.holds()
	if !slices.Contains(s.Holding, was.State) {
		return all
	}
	m := was
	m.Plan = p
	lost := map[Resource]bool{}
	for _, d := range s.stillDisplaced(was, m) {
		lost[d.Resource] = true
	}
	return slices.DeleteFunc(all, func(r Resource) bool { return lost[r] })
}

// placesOf tells when the meetings of a series would be that a change to one of them is for, that one first, and which they are.
func (c *Calendar) placesOf(
	ctx context.Context, was Meeting, p Plan, known *directory.Snapshot, scope Scope, now time.Time,
) (spans []Span, meetings []string, err error) {
	all, err := c.choose(ctx, was, scope, ActChange, now)
	if err != nil {
		return nil, nil, err
	}
	e, err := c.change(p, known, all, scope, now)
	if err != nil {
		return nil, nil, err
	}
	writes, err := c.writes(all.members, ActChange, e, Change{}, now)
	for _, w := range writes {
		meetings = append(meetings, w.after.ID)
		if w.after.State != StateCancelled {
			spans = append(spans, Span{w.after.Start, w.after.End})
		}
	}
	return spans, meetings, err
}

// timesAndResources are the fields without which nothing can be said of bookings.
var timesAndResources = []string{"start", "end", "resources", "recurrence", "recurrence.rrule", "recurrence.exdates"}

const (
	// MaxConsulted is how many resources FreeBusy looks at.
	MaxConsulted = MaxResources
	maxBusy      = 30000
	maxFree      = 10
)

// Busy is a booking with the meeting that has it.
type Busy struct {
	Booking
	With Meeting
}

// FreeBusy tells when resources are booked in some time, and, for a length, the first times at which all are free. It returns a FieldError where it
// would have to tell too much.
func (c *Calendar) FreeBusy(ctx context.Context, resources []Resource, within Span, length time.Duration) (busy []Busy, free []Span, err error) {
	if len(resources) > MaxConsulted {
		return nil, nil, &FieldError{"resource", CodeLimit}
	}
	bookings, err := c.Bookings(ctx, resources, within)
	if err != nil {
		return nil, nil, err
	}
	if len(bookings) > maxBusy {
		return nil, nil, &FieldError{"to", CodeLimit}
	}
	owners, err := c.owners(ctx, bookings)
	if err != nil {
		return nil, nil, err
	}
	var taken []Span
	for _, b := range bookings {
		busy = append(busy, Busy{b, owners[b.Meeting]})
		taken = append(taken, b.Span)
	}
	if length > 0 {
		if now := c.now(); within.Start.Before(now) {
			within.Start = now
		}
		free = freeWithin(taken, within, length, c.settings, maxFree)
	}
	return busy, free, nil
}
