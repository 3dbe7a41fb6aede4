package main

import (
	"time"

	"diemcau/sfu/bandwidth"
)

// Sample is what was measured in 100 ms.
type Sample struct {
	At        time.Duration
	Link      int64              // bit/s that the link carries
	Estimate  int64              // bit/s
	Sent      int64              // bit/s by the sender that the bottleneck took, probes included
	Padding   int64              // bit/s of it that is padding
	TCP       int64              // bit/s by the flow that competes
	Queue     time.Duration      // the longest wait before the bottleneck
	Content   int                // packets of content that arrived
	Decisions []bandwidth.Choice // by demand; layer -1 is nothing
	State     bandwidth.State
}

// Result is what became of a scenario.
type Result struct {
	Scenario   Scenario
	Samples    []Sample
	SoundGap   time.Duration // the longest time without a packet of sound
	ContentGap time.Duration // and of content
	planned    int64
}

// between gives the samples of a time.
func (r *Result) between(from, to time.Duration) (all []Sample) {
	for _, s := range r.Samples {
		if s.At > from && s.At <= to {
			all = append(all, s)
		}
	}
	return all
}

// mean is that of what f gives, over the samples of a time.
func (r *Result) mean(from, to time.Duration, f func(s *Sample) float64) float64 {
	all, sum := r.between(from, to), 0.0
	for i := range all {
		sum += f(&all[i])
	}
	return sum / float64(len(all))
}

// Used is the share of the link that sound and pictures used.
func (r *Result) Used(from, to time.Duration) float64 {
	return r.mean(from, to, func(s *Sample) float64 { return float64(s.Sent - s.Padding) }) / r.mean(from, to, func(s *Sample) float64 { return float64(s.Link) })
}

// Believed is the estimate as a share of what the link carries.
func (r *Result) Believed(from, to time.Duration) float64 {
	return r.mean(from, to, func(s *Sample) float64 { return float64(s.Estimate) }) / r.mean(from, to, func(s *Sample) float64 { return float64(s.Link) })
}

// Others is the share of the link that the flow beside used.
func (r *Result) Others(from, to time.Duration) float64 {
	return r.mean(from, to, func(s *Sample) float64 { return float64(s.TCP) }) / r.mean(from, to, func(s *Sample) float64 { return float64(s.Link) })
}

// Queued is for how long in all the queue was longer than a bound.
func (r *Result) Queued(from, to time.Duration, bound time.Duration) (total time.Duration) {
	for _, s := range r.between(from, to) {
		if s.Queue > bound {
			total += time.Duration(sampleInterval)
		}
	}
	return total
}

// Until is how long after a time a condition comes true, or -1.
func (r *Result) Until(from time.Duration, f func(s *Sample) bool) time.Duration {
	for i := range r.Samples {
		if s := &r.Samples[i]; s.At > from && f(s) {
			return s.At - from
		}
	}
	return -1
}
