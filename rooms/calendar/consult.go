package calendar

import (
	"context"
	"slices"
	"time"
)

// Finding is what would become of a plan.
type Finding struct {
	Faults   []*FieldError
	Clashes  []Clash  // at most maxClashes
	Free     []Span   // with clashes: the nearest times at which all resources are free, of a series on the days of all its meetings
	Warnings []string // Warn codes
}

// Consult looks at a plan, of a meeting that exists or of a new one (without an id), and changes nothing. Of a new series it looks at every
// occurrence, of one that exists at the one meeting. It returns ErrNotFound.
func (c *Calendar) Consult(ctx context.Context, id string, p Plan) (Finding, error) {
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
		if was.Series != "" {
			p.Recurrence = nil
		}
	}
	p, faults := p.examine(c.settings, known, now, !p.End.Equal(was.End) || id == "")
	f := Finding{Faults: faults, Warnings: c.settings.Warnings(p, now)}
	if slices.ContainsFunc(faults, func(f *FieldError) bool { return slices.Contains(timesAndResources, f.Field) }) {
		return f, nil
	}
	bookings, err := c.bookingsIn(ctx, p.holds(), p.spans())
	if err != nil {
		return f, err
	}
	clashes, err := c.clashes(ctx, p, bookings)
	if err != nil {
		return f, err
	}
	clashes = slices.DeleteFunc(clashes, func(x Clash) bool { return x.Meeting == id || was.Series != "" && x.With.Series == was.Series })
	f.Clashes = clashes[:min(len(clashes), maxClashes)]
	if len(f.Clashes) > 0 {
		f.Free, err = c.free(ctx, p.holds(), p.spans(), id)
	}
	return f, err
}

// timesAndResources are the fields without which nothing can be said of bookings.
var timesAndResources = []string{"start", "end", "resources", "recurrence", "recurrence.rrule", "recurrence.exdates"}

const (
	// MaxConsulted is how many resources FreeBusy looks at.
	MaxConsulted = 500
	maxBusy      = 10000
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
