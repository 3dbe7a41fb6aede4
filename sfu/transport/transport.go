// Package transport carries packets between the media plane and the clients. It hides how a connection is negotiated,
// encrypted and sent: everything above it hands over a slot, a header and a payload, and takes decrypted packets.
package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4"

	"diemcau/sfu/codec"
)

// Errors of an offer or a candidate.
var (
	ErrBadSDP       = errors.New("transport: offer cannot be used")
	ErrBadCandidate = errors.New("transport: candidate cannot be used")
	ErrLimit        = errors.New("transport: limit reached")
	ErrClosed       = errors.New("transport: closed")
)

// ErrTooLong refuses a packet that no path carries.
var ErrTooLong = errors.New("transport: packet too long")

// ErrIndexUsed refuses a packet whose SRTP index was sealed before.
var ErrIndexUsed = errors.New("transport: SRTP index was used before")

// Config configures a transport.
type Config struct {
	Listen    string        // UDP address of all media
	ListenTCP string        // TCP address of media where no UDP passes; SamePort, or empty for none
	Advertise []netip.Addr  // told to clients beside the local addresses: the outer ones behind a 1:1 NAT
	Workers   int           // that call Begin and Flush, numbered from 0; at least 1
	Net       transport.Net // nil is the host's network
	Now       func() int64  // the clock, in nanoseconds
	// NTP gives a moment of the clock as NTP time (RFC 3550, section 4), as the sender reports have it that are written.
	NTP func(now int64) uint64
	Log *slog.Logger // never nil

	patience time.Duration // with a TCP connection, of tests; otherwise strangerPatience
}

// SamePort has TCP at the address and port of UDP.
const SamePort = "same"

const (
	maxPacket = 1500 // bytes: no path carries more at once
	// handshakeDeadline bounds the DTLS handshake, so that an endless one cannot hold a connection.
	handshakeDeadline = 20 * time.Second
	flightInterval    = 200 * time.Millisecond // between the first retransmissions of a handshake's flight
	// replayWindow is how many packets late one may be: Firefox probes with packets from long ago.
	replayWindow = 1024
	// disconnectedAfter and failedAfter are the times without a sign of the client.
	disconnectedAfter = 4 * time.Second
	failedAfter       = 25 * time.Second
)

// Transport makes connections that share its sockets and its certificate.
type Transport interface {
	// Connect makes a connection, whose slots only the worker of the number writes to. It is negotiated by Offer.
	Connect(h Handler, worker int) (Conn, error)
	// Begin and Flush bracket what a worker sends in one go: between them packets may be held back, to be sent together.
	Begin(worker int)
	Flush(worker int)
	// Wait is how a worker waits for work: it hands over what arrives on the worker's socket, and returns when something did, when Wake
	// is called or when a time has passed. Its caller is the worker's goroutine.
	Wait(worker int, patience time.Duration)
	// TakeReports hands over what clients have reported, where Wait leaves that out: reports are so many, and so little urgent, that they are
	// no reason to wake a worker. Its caller is the worker's goroutine. It does not wait.
	TakeReports(worker int)
	// Wake ends the Wait that is under way, or else the worker's next one.
	Wake(worker int)
	// Dropped counts the packets that were dropped where they arrived, by reason.
	Dropped() map[string]uint64
	// Ready is nil while the sockets are open.
	Ready() error
	// Port is the UDP port of all media.
	Port() int
	// Addresses are those of this host at which media is taken over UDP, the likeliest to be reached first.
	Addresses() []netip.AddrPort
	Close() error
}

// Conn is one participant's connection. Offer and Close are called by one goroutine at a time; the rest by any.
type Conn interface {
	// Offer applies a client's SDP offer: the first, one with more sections, or an ICE restart. Each receive-only section of
	// the client is a slot, numbered from 0 within its kind. It wraps ErrBadSDP, ErrLimit and ErrClosed; after an error
	// the connection is as it was before, or its State is Failed.
	Offer(ctx context.Context, sdp string) (Answer, error)
	// AddCandidate takes a trickled candidate. It wraps ErrBadCandidate and, for more than an offer can need, ErrLimit.
	AddCandidate(candidate string) error
	// WriteRTCP sends feedback and reports.
	WriteRTCP([]rtcp.Packet) error
	// RoundTrip is the smoothed time to the client and back; 0 while it is not known.
	RoundTrip() time.Duration
	Close() error
}

// Answer is the outcome of an offer.
type Answer struct {
	SDP string
	// Sending are the sections, by mid, that the client sends on.
	Sending map[string]Section
	// Slots are all slots of the connection, the new ones last within their kind.
	Slots []Slot
}

// Section is a section that the client sends on.
type Section struct{ Video bool }

// Slot is one outgoing stream.
type Slot struct {
	Video   bool
	Index   int
	SSRC    uint32
	RTX     uint32 // SSRC of its retransmissions (RFC 4588), or 0
	Payload [codec.Count]PayloadTypes
	// TransportSequence is the id of the header extension by whose number the receiver reports on the path
	// (draft-holmer-rmcat-transport-wide-cc-extensions-01), or 0 where it does not.
	TransportSequence uint8
	// Dependency is the id of the header extension with the dependency descriptor (codec.DependencyURI), or 0 where the receiver does not
	// read it.
	Dependency uint8
	Out        Outgoing
}

// PayloadTypes are the receiver's payload types for one codec; Media is 0 where the receiver does not decode it.
type PayloadTypes struct{ Media, RTX uint8 }

// Outgoing sends the packets of one slot. Only the worker that owns the slot calls it.
type Outgoing interface {
	// WriteRTP seals and sends one packet, with the header's padding after the payload; it keeps neither argument. It returns ErrIndexUsed rather than seal one number
	// of one SSRC twice.
	WriteRTP(header *rtp.Header, payload []byte) error
}

// State is the state of a connection.
type State uint8

// The states of a connection.
const (
	Connecting State = iota
	Connected
	Disconnected
	Failed
)

// Stream is an incoming stream: a source, or one simulcast layer of it.
type Stream struct {
	Mid, RID string
	// Rank is the layer's place in the offer's list, from 0: browsers name the best last. It is -1 for a source without layers.
	Rank  int
	SSRC  uint32
	Video bool
	// Codecs are the codecs of the client's payload types.
	Codecs [128]codec.Codec
	// AudioLevel is the id of the header extension of RFC 6464, or 0.
	AudioLevel uint8
	// Dependency is the id of the header extension with the dependency descriptor (codec.DependencyURI), or 0.
	Dependency uint8
}

// Sink takes what arrives on a stream. One goroutine at a time calls it.
type Sink interface {
	// Packet takes one decrypted RTP packet, which is the callee's only until it returns. now is in nanoseconds of the clock
	// that the transport was made with.
	Packet(packet []byte, now int64)
	// Flush ends a batch of packets that arrived together.
	Flush()
	// SenderReport takes the source's clock: NTP time (RFC 3550, section 4) and RTP timestamp of the same moment. Unlike the
	// other methods it may be called by another goroutine.
	SenderReport(ntp uint64, timestamp uint32, now int64)
	// Reception takes, once a second, how the stream arrives. It gives the share of the packets, from 0 to 1, that the encoder should be told
	// is lost, should it be more: what its listeners lose.
	Reception(Reception) (listeners float64)
}

// Reception is how a stream arrived since it began.
type Reception struct {
	Received   uint64 // packets
	Lost       uint64
	Reordered  uint64        // that came after younger ones
	Duplicates uint64        // that came before
	Jitter     time.Duration // now (RFC 3550, appendix A.8)
}

// Handler is told what happens on a connection, from goroutines of the transport. It must not block.
type Handler interface {
	// Stream announces a new incoming stream and gives who takes it; nil ignores it.
	Stream(Stream) Sink
	State(State)
	// Feedback takes RTCP that a client sends about a slot and that came at a moment of the clock; of a receiver's or a sender's report, a
	// receiver's report on the slot.
	Feedback(video bool, slot int, packets []rtcp.Packet, now int64)
	// PathFeedback takes the client's report on which transport-wide numbers arrived when: one RTCP packet as it came, valid during the call.
	PathFeedback(report []byte)
}
