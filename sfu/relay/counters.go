package relay

import "sync/atomic"

// Refusal is a reason for which the server refuses a request, a packet or a connection. Each has a counter.
type Refusal uint8

// The reasons.
const (
	BadUsername Refusal = iota // not of this server's form
	BadPassword                // a request that is not made with the password
	Expired                    // an allocation was asked for after the credential's end
	SeatQuota                  // one seat has too many allocations
	TotalQuota                 // there are too many
	PeerDenied                 // to another address than the media port's
	TCPDenied                  // a TCP connection was asked for (RFC 6062)
	Stranger                   // to an allocation, from another address than the media port's
	BadMessage                 // over TCP, neither STUN nor a channel's data, or too long
	Silent                     // a TCP connection without an allocation in time, or silent for too long
	Connections                // a TCP connection over the limits
	refusalCount
)

// String gives the reason as it stands in metrics.
func (r Refusal) String() string {
	return [...]string{
		"bad_username", "bad_password", "expired", "seat_quota", "total_quota", "peer_denied", "tcp_denied", "stranger", "bad_message", "silent",
		"connections",
	}[r]
}

type counters struct {
	refused                 [refusalCount]atomic.Uint64
	created, sent, received atomic.Uint64
}

func (c *counters) count(r Refusal) { c.refused[r].Add(1) }

// Stats are counters since the start.
type Stats struct {
	Allocations           int    // now
	Created               uint64 // allocations
	PacketsIn, PacketsOut uint64 // to the media port, from it
	Refused               map[string]uint64
}

// Stats gives the counters.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	now := s.total
	s.mu.Unlock()
	all := Stats{
		Allocations: now, Created: s.counters.created.Load(), PacketsIn: s.counters.sent.Load(), PacketsOut: s.counters.received.Load(),
		Refused: map[string]uint64{},
	}
	for r := range refusalCount {
		all.Refused[r.String()] = s.counters.refused[r].Load()
	}
	for _, l := range s.streams {
		all.Refused[Connections.String()] += l.Refused()
	}
	return all
}
