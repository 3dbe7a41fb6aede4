package transport

import "sync/atomic"

// Drop is a reason for which a transport drops a packet or a connection that arrived. Each has a counter.
type Drop uint8

// The reasons.
const (
	UnknownSource     Drop = iota // from an address that passed no connectivity check
	UnknownProtocol               // neither STUN nor DTLS nor RTP (RFC 7983)
	BadCheck                      // a connectivity check that is malformed, of no connection, or not made with its password
	AddressInUse                  // a connectivity check from the address of another connection
	SecondHello                   // a DTLS ClientHello after the handshake
	HandshakeOverflow             // more of a handshake than is kept
	TooEarly                      // media before the handshake
	Truncated                     // shorter than its header and tag
	Oversized                     // longer than any packet of a path
	BadHeader                     // an RTP or RTCP header, or an extension, that says what cannot be
	Forged                        // not authentic
	Replayed                      // it came before, or is too old to tell
	NoSource                      // SSRC 0
	Unbound                       // of no section of the offer
	StolenSource                  // an SSRC under another section or layer than it began with
	TooManySources                // more SSRCs than one client needs
	StreamRefused                 // a TCP connection over the limits
	StreamSilent                  // a TCP connection without a connectivity check that passes in time, or silent for too long
	StreamFull                    // to a client that reads its TCP connection too slowly
	UnusedFeedback                // RTCP that nothing here goes by, as a client's own estimate (REMB)
	DropCount
)

// String gives the reason as it stands in metrics.
func (d Drop) String() string {
	return [...]string{
		"unknown_source", "unknown_protocol", "bad_check", "address_in_use", "second_hello", "handshake_overflow", "too_early", "truncated",
		"oversized", "bad_header", "forged", "replayed", "no_source", "unbound", "stolen_source", "too_many_sources",
		"stream_refused", "stream_silent", "stream_full", "unused_feedback",
	}[d]
}

type drops [DropCount]atomic.Uint64

func (d *drops) count(reason Drop) { d[reason].Add(1) }

func (d *drops) totals() map[string]uint64 {
	m := make(map[string]uint64, DropCount)
	for reason := range DropCount {
		m[reason.String()] = d[reason].Load()
	}
	return m
}
