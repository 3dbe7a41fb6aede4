package calendar

import (
	"context"
	"slices"
	"time"
)

const (
	proposals    = 3
	proposalStep = 30 * time.Minute
	// proposalRange is how far from the time that was wanted another is looked for.
	proposalRange = 14 * 24 * time.Hour
)

// officeHours are when meetings are proposed, unless the one that was wanted lies outside them.
var officeHours = struct{ from, to time.Duration }{7 * time.Hour, 18 * time.Hour}

// Zone is the civil time of Việt Nam, which has no summer time: that of all times that people read.
var Zone = time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)

// freeFor proposes times for meetings that cannot be written as they are.
func (c *Calendar) freeFor(ctx context.Context, all []write) ([]Span, error) {
	var resources []Resource
	var wanted []Span
	var meetings []string
	for _, w := range all {
		meetings = append(meetings, w.after.ID)
		if held := w.after.bookings(c.settings); len(held) > 0 {
			wanted = append(wanted, Span{w.after.Start, w.after.End})
			for _, b := range held {
				resources = append(resources, b.Resource)
			}
		}
	}
	slices.SortFunc(resources, Resource.compare)
	return c.free(ctx, slices.Compact(resources), wanted, meetings...)
}

// free proposes, for the first of some times of meetings, the nearest at which all resources are free: for several, all moved alike and each
// on its day. The meetings themselves are in nobody's way.
func (c *Calendar) free(ctx context.Context, resources []Resource, wanted []Span, meetings ...string) ([]Span, error) {
	within := []Span{{wanted[0].Start.Add(-proposalRange), wanted[0].End.Add(proposalRange)}}
	if len(wanted) > 1 {
		within = within[:0]
		for _, w := range wanted {
			day := startOfDay(w.Start)
			within = append(within, Span{day, day.Add(24*time.Hour + w.End.Sub(w.Start))})
		}
	}
	booked, err := c.bookingsIn(ctx, resources, within)
	if err != nil {
		return nil, err
	}
	var busy []Span
	for _, b := range booked {
		if !slices.Contains(meetings, b.Meeting) {
			busy = append(busy, b.Span)
		}
	}
	return nearestFree(busy, wanted, c.now(), c.settings), nil
}

// freeWithin finds the first times of a length at which nothing is busy, on working days within the office hours of a time.
func freeWithin(busy []Span, within Span, length time.Duration, s Settings, most int) (free []Span) {
	slices.SortFunc(busy, func(a, b Span) int { return a.Start.Compare(b.Start) })
	start := within.Start.Truncate(proposalStep)
	if start.Before(within.Start) {
		start = start.Add(proposalStep)
	}
	for ; len(free) < most && !start.Add(length).After(within.End); start = start.Add(proposalStep) {
		if span := (Span{start, start.Add(length)}); s.inOfficeHours(span) && !overlaps(busy, span) {
			free = append(free, span)
		}
	}
	return free
}

// nearestFree finds the free times that are nearest to the first of those that are wanted and not past, the earlier of two first. Several are
// moved alike, each on its day.
func nearestFree(busy, wanted []Span, now time.Time, settings Settings) (free []Span) {
	slices.SortFunc(busy, func(a, b Span) int { return a.Start.Compare(b.Start) })
	odd := slices.ContainsFunc(wanted, func(w Span) bool { return !settings.inOfficeHours(w) })
	most := proposalRange
	if len(wanted) > 1 {
		most = 24 * time.Hour
	}
	for away := proposalStep; away <= most; away += proposalStep {
		for _, shift := range [...]time.Duration{-away, away} {
			fits := !slices.ContainsFunc(wanted, func(w Span) bool {
				s := Span{w.Start.Add(shift), w.End.Add(shift)}
				return s.Start.Before(now) || len(wanted) > 1 && dayOf(s.Start) != dayOf(w.Start) || !odd && !settings.inOfficeHours(s) || overlaps(busy, s)
			})
			if !fits {
				continue
			}
			if free = append(free, Span{wanted[0].Start.Add(shift), wanted[0].End.Add(shift)}); len(free) == proposals {
				return free
			}
		}
	}
	return free
}

// overlaps tells whether a time overlaps one of those, which are sorted by their starts.
func overlaps(busy []Span, s Span) bool {
	// Those that could begin within the day before, up to the end.
	from, _ := slices.BinarySearchFunc(busy, s.Start.Add(-MaxDuration), func(b Span, t time.Time) int { return b.Start.Compare(t) })
	for _, b := range busy[from:] {
		if !b.Start.Before(s.End) {
			return false
		}
		if b.End.After(s.Start) {
			return true
		}
	}
	return false
}

// inOfficeHours tells whether a time lies within the office hours of one working day.
func (s Settings) inOfficeHours(span Span) bool {
	start, day := span.Start.In(Zone), startOfDay(span.Start)
	return s.Working(start) && !start.Before(day.Add(officeHours.from)) && !span.End.After(day.Add(officeHours.to))
}

// startOfDay is when the day of a moment begins in the province.
func startOfDay(at time.Time) time.Time {
	at = at.In(Zone)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, Zone)
}
