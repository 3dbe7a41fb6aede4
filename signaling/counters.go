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
}

// counters are safe for concurrent use.
type counters struct {
	mu *sync.Mutex // guards the maps

	messages, errors map[string]uint64
	closes           map[int]uint64
}

func newCounters() counters {
	return counters{mu: &sync.Mutex{}, messages: map[string]uint64{}, errors: map[string]uint64{}, closes: map[int]uint64{}}
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

// Stats reads the figures.
func (s *Server) Stats() Stats {
	var stats Stats
	s.mu.Lock()
	for _, n := range s.addresses {
		stats.Sockets += n
	}
	stats.Meetings, stats.Media = len(s.meetings), len(s.resources)
	s.mu.Unlock()
	s.tests.mu.Lock()
	stats.Tests, stats.Tested = len(s.tests.running), s.tests.started
	s.tests.mu.Unlock()
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	stats.Messages = maps.Clone(s.counters.messages)
	stats.Errors = maps.Clone(s.counters.errors)
	stats.Closes = maps.Clone(s.counters.closes)
	return stats
}
