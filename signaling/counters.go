package signaling

import (
	"maps"
	"sync"

	"diemcau/signaling/protocol"
)

// Stats are figures for metrics. Counters count since the start.
type Stats struct {
	Sockets  int               // open now
	Meetings int               // live now
	Media    int               // WHIP and WHEP resources now
	Tests    int               // link tests now
	Tested   uint64            // link tests
	Messages map[string]uint64 // received, by type; "unknown" for all that do not exist
	Errors   map[string]uint64 // sent, by code
	Closes   map[int]uint64    // sockets closed by the server, by close code

	Links       map[string]int    // participants now by the quality of their links: good, poor, lost
	LinkChanges map[string]uint64 // by what happened
	// What participants reported of their links, and what the server estimated for each at that time.
	LinkLoss, LinkRTT, LinkEstimate Histogram // percent, seconds, bit/s
}

// counters are safe for concurrent use.
type counters struct {
	mu *sync.Mutex // guards the maps

	messages, errors, links map[string]uint64
	closes                  map[int]uint64

	loss, rtt, estimate *histogram
}

func newCounters() counters {
	return counters{
		mu: &sync.Mutex{}, messages: map[string]uint64{}, errors: map[string]uint64{}, links: map[string]uint64{}, closes: map[int]uint64{},
		loss: newHistogram(0.5, 1, 2, 5, 10, 20, 50), rtt: newHistogram(0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6),
		estimate: newHistogram(50e3, 100e3, 250e3, 500e3, 1e6, 2e6, 5e6, 10e6),
	}
}

func (c counters) message(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.messages[name]++
}

func (c counters) error(code protocol.ErrorCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.errors[string(code)]++
}

func (c counters) close(code int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closes[code]++
}

func (c counters) linkChange(change protocol.LinkChange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.links[string(change)]++
}

// link takes a participant's report.
func (c counters) link(l protocol.Link) {
	c.loss.observe(l.LossPercent)
	c.rtt.observe(float64(l.RTTMs) / 1000)
	if l.EstimateKbps > 0 {
		c.estimate.observe(float64(l.EstimateKbps) * 1000)
	}
}

// Stats reads the figures.
func (s *Server) Stats() Stats {
	var stats Stats
	s.mu.Lock()
	for _, n := range s.addresses {
		stats.Sockets += n
	}
	stats.Meetings, stats.Media = len(s.meetings), len(s.resources)
	stats.Links = map[string]int{string(protocol.QualityGood): 0, string(protocol.QualityPoor): 0, lostLink: 0}
	for _, c := range s.meetings {
		if counts := c.counted.Load(); counts != nil {
			for quality, n := range *counts {
				stats.Links[quality] += n
			}
		}
	}
	s.mu.Unlock()
	s.tests.mu.Lock()
	stats.Tests, stats.Tested = len(s.tests.running), s.tests.started
	s.tests.mu.Unlock()
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	stats.Messages = maps.Clone(s.counters.messages)
	stats.Errors = maps.Clone(s.counters.errors)
	stats.Closes = maps.Clone(s.counters.closes)
	stats.LinkChanges = maps.Clone(s.counters.links)
	stats.LinkLoss, stats.LinkRTT, stats.LinkEstimate = s.counters.loss.read(), s.counters.rtt.read(), s.counters.estimate.read()
	return stats
}
