package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"diemcau/cmd/loadtest/internal/client"
)

// search adds subscribers step by step until a step does not hold, and gives the largest that held: 0 when none did. failed tells that it
// was a step that ended the search, and not most. A step that does not hold is measured once more: on a machine that is shared one bad
// moment says little.
func search(first, by, most int, measure func(subscribers int) (held bool, err error)) (best int, failed bool, err error) {
	for n := first; n <= most; n += by {
		held := false
		for attempt := 0; attempt < 2 && !held; attempt++ {
			if held, err = measure(n); err != nil {
				return best, false, err
			}
		}
		if !held {
			return best, true, nil
		}
		best = n
	}
	return best, false, nil
}

// limits are what a step must keep to.
type limits struct {
	latency time.Duration // of the 99th percentile
	loss    float64       // in percent
}

// broken lists what a measurement does not keep to.
func (l limits) broken(r *report) []string {
	all := []string{}
	if r.Latency.P99 > milliseconds(l.latency) {
		all = append(all, fmt.Sprintf("p99 latency of %.1f ms", r.Latency.P99))
	}
	if r.LossPercent > l.loss {
		all = append(all, fmt.Sprintf("loss of %.3f %%", r.LossPercent))
	}
	if n := r.Failures.Joins; n > 0 {
		all = append(all, count(n, "failed join"))
	}
	if n := r.Failures.Connections; n > 0 {
		all = append(all, count(n, "lost connection"))
	}
	if r.NoMedia > 0 {
		all = append(all, fmt.Sprintf("%d without media", r.NoMedia))
	}
	return all
}

// capacity is the result of a search.
type capacity struct {
	Subscribers  int     `json:"subscribers"`    // of each meeting, that held; 0 when not even the first step did
	Passed       bool    `json:"limit_passed"`   // by the next step; otherwise the server bears more
	MaxLatencyMs float64 `json:"max_latency_ms"` // of the 99th percentile
	MaxLoss      float64 `json:"max_loss_percent"`
	Early        bool    `json:"ended_early"`
	Steps        []step  `json:"steps"`
}

type step struct {
	Subscribers int      `json:"subscribers"` // of each meeting
	Broken      []string `json:"broken"`      // the limits that were passed
	report
}

// seekCapacity finds how many subscribers the server bears, shows each step as it ends, and reports.
func (t *test) seekCapacity(ctx context.Context, shown *progress, stdout io.Writer) error {
	table := stdout
	if t.JSON == "-" {
		table = io.Discard
	}
	l := limits{t.MaxLatency, t.MaxLoss}
	c := &capacity{MaxLatencyMs: milliseconds(l.latency), MaxLoss: l.loss, Steps: []step{}}
	var err error
	c.Subscribers, c.Passed, err = search(t.Subscribers, t.CapacityStep, t.CapacityMost, func(n int) (bool, error) {
		if err := t.grow(ctx, n); err != nil {
			return false, err
		}
		r := t.measure(ctx)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		s := step{n, l.broken(r), *r}
		shown.clear()
		if len(c.Steps) == 0 {
			fmt.Fprintf(table, "%s; then more\nsteps of %.1f s; limits: p99 latency of %v, loss of %g %%\n\n%s\n", r.Setup.describe(), r.Seconds, l.latency, l.loss,
				stepHeader)
		}
		c.Steps = append(c.Steps, s)
		fmt.Fprintln(table, s)
		return len(s.Broken) == 0, nil
	})
	t.end()
	shown.end()
	if c.Early = ctx.Err() != nil; err != nil && !c.Early {
		return err
	}
	if err := t.write(stdout, c, func() { c.print(stdout) }); err != nil {
		return err
	}
	if c.Subscribers == 0 {
		return &client.Error{Text: "no capacity was found", Hint: "Begin with fewer --subscribers, or measure for longer with --duration."}
	}
	return nil
}

const stepHeader = "subscribers  packets/s    Mbit/s    loss %    p50 ms    p99 ms   freezes    server  µs/packet  generator    idle %  stolen %"

// String is the step's row.
func (s step) String() string {
	server, perPacket := "-", "-"
	if u := s.Server; u != nil {
		server, perPacket = fmt.Sprintf("%.2f", u.CPUCores), fmt.Sprintf("%.1f", u.CPUPerPacket)
	}
	row := fmt.Sprintf("%11d%11.0f%10.1f%10.3f%10.1f%10.1f%10d%10s%11s%11.2f%10.0f%10.1f", s.Subscribers, s.PerSecond, s.MbitPerSecond, s.LossPercent,
		s.Latency.P50, s.Latency.P99, s.Freezes.Count, server, perPacket, s.Generator.CPUCores, s.Machine.IdlePercent, s.Machine.StolenPercent)
	if len(s.Broken) > 0 {
		row += "  does not hold: " + strings.Join(s.Broken, ", ")
	}
	return row
}

// print says what was found.
func (c *capacity) print(w io.Writer) {
	if len(c.Steps) == 0 {
		fmt.Fprintln(w, "Ended before a step was measured.")
		return
	}
	last := c.Steps[len(c.Steps)-1]
	each := ""
	if n := last.Setup.Meetings; n > 1 {
		each = fmt.Sprintf(" in each of %d meetings", n)
	}
	fmt.Fprintln(w)
	switch {
	case c.Subscribers == 0 && c.Passed:
		fmt.Fprintf(w, "Not even the first step held.\n")
	case c.Passed:
		fmt.Fprintf(w, "Capacity: %d subscribers%s; %d did not hold: %s.\n", c.Subscribers, each, last.Subscribers, strings.Join(last.Broken, ", "))
	case c.Subscribers > 0:
		fmt.Fprintf(w, "Capacity: %d subscribers%s, or more.\n", c.Subscribers, each)
	}
	for _, d := range last.doubts() {
		fmt.Fprintln(w, d)
	}
	if c.Early {
		fmt.Fprintln(w, "Ended early.")
	}
}
