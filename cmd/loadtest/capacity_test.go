package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSearch(t *testing.T) {
	stop := errors.New("stop")
	for name, c := range map[string]struct {
		bears        int         // subscribers
		bad          map[int]int // measurements that fail all the same, by subscribers
		first, by    int
		most, stopAt int
		best         int
		failed       bool
		measured     []int
	}{
		"between two steps":      {bears: 25, first: 10, by: 10, most: 100, best: 20, failed: true, measured: []int{10, 20, 30, 30}},
		"exactly a step":         {bears: 20, first: 10, by: 10, most: 100, best: 20, failed: true, measured: []int{10, 20, 30, 30}},
		"not even the first":     {bears: 5, first: 10, by: 10, most: 100, best: 0, failed: true, measured: []int{10, 10}},
		"more than is asked for": {bears: 500, first: 10, by: 20, most: 45, best: 30, measured: []int{10, 30}},
		"one bad moment":         {bears: 20, bad: map[int]int{10: 1}, first: 10, by: 10, most: 20, best: 20, measured: []int{10, 10, 20}},
		"ended early":            {bears: 500, first: 10, by: 10, most: 100, stopAt: 30, best: 20, measured: []int{10, 20, 30}},
	} {
		t.Run(name, func(t *testing.T) {
			var measured []int
			best, failed, err := search(c.first, c.by, c.most, func(n int) (bool, error) {
				measured = append(measured, n)
				if n == c.stopAt {
					return false, stop
				}
				if c.bad[n] > 0 {
					c.bad[n]--
					return false, nil
				}
				return n <= c.bears, nil
			})
			if best != c.best || failed != c.failed || !slices.Equal(measured, c.measured) || (err != nil) != (c.stopAt > 0) {
				t.Errorf("%d, %v, %v after %v", best, failed, err, measured)
			}
		})
	}
}

func TestLimits(t *testing.T) {
	l := limits{latency: 50 * time.Millisecond, loss: 0.1}
	within := report{flow: flow{LossPercent: 0.1, Latency: times{P99: 50}}}
	if broken := l.broken(&within); len(broken) != 0 {
		t.Errorf("the limits themselves do not hold: %v", broken)
	}
	beyond := report{flow: flow{LossPercent: 0.11, Latency: times{P99: 50.1}}, Failures: failures{Joins: 1, Connections: 2}, NoMedia: 3}
	broken := strings.Join(l.broken(&beyond), ", ")
	if want := "p99 latency of 50.1 ms, loss of 0.110 %, 1 failed join, 2 lost connections, 3 without media"; broken != want {
		t.Errorf("%q, want %q", broken, want)
	}
}

func TestCapacityIsToldInASentence(t *testing.T) {
	r := report{Setup: setup{Meetings: 2}}
	for want, c := range map[string]capacity{
		"Capacity: 20 subscribers in each of 2 meetings; 30 did not hold: loss of 1.000 %.": {
			Subscribers: 20, Passed: true, Steps: []step{{20, nil, r}, {30, []string{"loss of 1.000 %"}, r}},
		},
		"Capacity: 20 subscribers in each of 2 meetings, or more.": {Subscribers: 20, Steps: []step{{20, nil, r}}},
		"Not even the first step held.":                            {Passed: true, Steps: []step{{20, []string{"x"}, r}}},
		"Ended before a step was measured.":                        {Early: true},
	} {
		var out bytes.Buffer
		c.print(&out)
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %q", want, out.String())
		}
	}
}

// Every column of a step stands under its name.
func TestStepsStandUnderTheirNames(t *testing.T) {
	for _, server := range []*serverUse{nil, {CPUCores: 1.25, CPUPerPacket: 18.2}} {
		row := step{120, nil, report{Server: server}}.String()
		if len([]rune(row)) != len([]rune(stepHeader)) {
			t.Errorf("\n%s\n%s", stepHeader, row)
		}
	}
}
