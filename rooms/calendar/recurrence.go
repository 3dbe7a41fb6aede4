package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

// Recurrence makes a plan a series: a meeting for each of its occurrences. An empty one says that a plan does not recur any more.
type Recurrence struct {
	RRule   string      `json:"rrule"`             // of RFC 5545, without DTSTART: the plan's start is the first
	ExDates []time.Time `json:"exdates,omitempty"` // on days that are left out
}

const (
	// MaxOccurrences is how many meetings a series can have.
	MaxOccurrences = 400
	// maxBookings is how many resources one change can book, over all meetings that it makes or changes: some 130 ms of Redis. Half a year of weekly meetings of 150 sites, each with its hall and terminal.
	maxBookings = 12000
	longestRule = 500
)

// ruleParts are the parts of a rule that a meeting can have: by days and longer.
var ruleParts = []string{"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "WKST"}

// occurrences are the starts of a series, in order. They keep the local hour of the first in the province. Errors are FieldErrors.
func (r Recurrence) occurrences(start time.Time, length time.Duration) ([]time.Time, error) {
	const field = "recurrence.rrule"
	if len(r.ExDates) > MaxOccurrences {
		return nil, &FieldError{"recurrence.exdates", CodeLimit}
	}
	o, err := r.options(start)
	if err != nil {
		return nil, &FieldError{field, CodeUnknownValue}
	}
	if o.Count > MaxOccurrences {
		return nil, &FieldError{field, CodeLimit}
	}
	last := start.Add(farthest)
	endless := o.Count == 0 && o.Until.IsZero()
	if o.Until.After(last) {
		return nil, &FieldError{field, CodeTooFar}
	}
	if o.Until.IsZero() { // a rule that fits no day would be followed for thousands of years
		o.Until = last
	}
	rule, err := rrule.NewRRule(*o)
	if err != nil {
		return nil, &FieldError{field, CodeUnknownValue}
	}
	var all []time.Time
	for next := rule.Iterator(); ; {
		at, ok := next()
		if !ok {
			break
		}
		if len(all) == MaxOccurrences || endless {
			return nil, &FieldError{field, CodeLimit}
		}
		if n := len(all); n > 0 && at.Before(all[n-1].Add(length)) {
			return nil, &FieldError{field, CodeOverlapsItself}
		}
		all = append(all, at.UTC())
	}
	if len(all) > 0 && len(all) < o.Count && o.Until.Equal(last) {
		return nil, &FieldError{field, CodeTooFar}
	}
	if len(all) == 0 || !all[0].Equal(start) {
		return nil, &FieldError{field, CodeStartNotInRule}
	}
	all = slices.DeleteFunc(all, func(at time.Time) bool {
		return slices.ContainsFunc(r.ExDates, func(out time.Time) bool { return dayOf(out) == dayOf(at) })
	})
	if len(all) == 0 {
		return nil, &FieldError{"recurrence.exdates", CodeLimit}
	}
	return all, nil
}

func (r Recurrence) options(start time.Time) (*rrule.ROption, error) {
	if len(r.RRule) > longestRule {
		return nil, fmt.Errorf("a rule of %d bytes", len(r.RRule))
	}
	for part := range strings.SplitSeq(r.RRule, ";") {
		if name, _, _ := strings.Cut(part, "="); !slices.Contains(ruleParts, name) {
			return nil, fmt.Errorf("part %q", name)
		}
	}
	o, err := rrule.StrToROptionInLocation(r.RRule, Zone)
	if err != nil {
		return nil, err
	}
	if o.Freq > rrule.DAILY {
		return nil, fmt.Errorf("frequency %s", o.Freq)
	}
	if _, until, ok := strings.Cut(r.RRule, "UNTIL="); ok && strings.IndexByte(until+";", ';') == len("20060102") {
		o.Until = o.Until.Add(24*time.Hour - time.Second) // a day is meant to its end
	}
	o.Dtstart = start.In(Zone)
	return o, nil
}

// none tells whether it says that a plan does not recur any more.
func (r *Recurrence) none() bool { return r != nil && r.RRule == "" }

// equal tells whether two plans recur alike.
func (r *Recurrence) equal(other *Recurrence) bool {
	if r == nil || other == nil {
		return r == other
	}
	return r.RRule == other.RRule && slices.EqualFunc(r.ExDates, other.ExDates, func(a, b time.Time) bool { return dayOf(a) == dayOf(b) })
}

// recurs tells whether a rule that is sent with a start is that of the meeting: as it stands, or moved along with the meeting.
func (m Meeting) recurs(rule *Recurrence, start time.Time) bool {
	return slices.ContainsFunc([]time.Duration{0, start.Sub(m.Start), start.Sub(m.base())}, func(by time.Duration) bool {
		return rule.equal(m.Recurrence.shifted(by))
	})
}

// shifted is the rule of a series that was moved: what it leaves out moves with it.
func (r *Recurrence) shifted(by time.Duration) *Recurrence {
	if r == nil || by == 0 || len(r.ExDates) == 0 {
		return r
	}
	moved := Recurrence{r.RRule, make([]time.Time, len(r.ExDates))}
	for i, at := range r.ExDates {
		moved.ExDates[i] = at.Add(by)
	}
	return &moved
}

// recurrence checks that a plan's rule makes a series that can be booked.
func (c *checker) recurrence(p *Plan) {
	if p.Recurrence == nil || p.Recurrence.none() {
		p.Recurrence = nil
		return
	}
	if p.AlwaysOn {
		c.fail("recurrence", CodeUnknownValue)
		return
	}
	r := *p.Recurrence
	r.ExDates = slices.Clone(r.ExDates)
	for i := range r.ExDates {
		r.ExDates[i] = r.ExDates[i].UTC()
	}
	p.Recurrence = &r
	starts, err := r.occurrences(p.Start, p.End.Sub(p.Start))
	c.add(err)
	if len(starts)*len(p.holds()) > maxBookings {
		c.fail("recurrence.rrule", CodeLimit)
	}
}

// spans are the times of a checked plan: of all its occurrences, or its own.
func (p Plan) spans() []Span {
	length := p.End.Sub(p.Start)
	if p.Recurrence != nil {
		if starts, err := p.Recurrence.occurrences(p.Start, length); err == nil {
			spans := make([]Span, 0, len(starts))
			for _, at := range starts {
				spans = append(spans, Span{at, at.Add(length)})
			}
			return spans
		}
	}
	return []Span{{p.Start, p.End}}
}
