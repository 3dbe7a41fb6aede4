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

// free proposes the nearest times at which all of a meeting's resources are free.
func (c *Calendar) free(ctx context.Context, m Meeting) ([]Span, error) {
	booked, err := c.Bookings(ctx, m.holds(), Span{m.Start.Add(-proposalRange), m.End.Add(proposalRange)})
	if err != nil {
		return nil, err
	}
	var busy []Span
	for _, b := range booked {
		if b.Meeting != m.ID {
			busy = append(busy, b.Span)
		}
	}
	return nearestFree(busy, Span{m.Start, m.End}, c.now(), c.settings), nil
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

// nearestFree finds the free times of the same length that are nearest to the wanted one and not past, the earlier of two first.
func nearestFree(busy []Span, wanted Span, now time.Time, settings Settings) (free []Span) {
	slices.SortFunc(busy, func(a, b Span) int { return a.Start.Compare(b.Start) })
	odd := !settings.inOfficeHours(wanted)
	for away := proposalStep; away <= proposalRange; away += proposalStep {
		for _, shift := range [...]time.Duration{-away, away} {
			s := Span{wanted.Start.Add(shift), wanted.End.Add(shift)}
			if s.Start.Before(now) || !odd && !settings.inOfficeHours(s) || overlaps(busy, s) {
				continue
			}
			if free = append(free, s); len(free) == proposals {
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
	start := span.Start.In(Zone)
	day := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, Zone)
	return s.Working(start) && !start.Before(day.Add(officeHours.from)) && !span.End.After(day.Add(officeHours.to))
}
