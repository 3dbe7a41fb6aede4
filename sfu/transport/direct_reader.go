package transport

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v4"

	"diemcau/sfu/transport/udp"
)

// reader takes what arrives on one socket.
type reader struct {
	direct *Direct
	socket *udp.Socket

	mu       sync.RWMutex // guards bindings; nobody holds it for longer than a look
	bindings map[netip.AddrPort]*binding

	// Of the reader's goroutine.
	check   stun.Message
	touched []Sink // that took packets since the last flush
}

// binding is an address from which a connection's client passed a connectivity check.
type binding struct {
	conn        *directConn
	reader      *reader
	destination *udp.Destination
	local       string // the ICE user fragment of the check: an ICE restart has a new one
}

// readPause is the time between two attempts at a socket that failed for a passing reason.
const readPause = 10 * time.Millisecond

func newReader(d *Direct, s *udp.Socket) *reader {
	return &reader{direct: d, socket: s, bindings: map[netip.AddrPort]*binding{}}
}

func (r *reader) run() {
	for {
		err := r.socket.Read(r.take)
		r.flush()
		switch {
		case err == nil:
		case r.direct.closed.Load() || errors.Is(err, net.ErrClosed):
			return
		default:
			r.direct.config.Log.Error("the media socket cannot be read", "error", err)
			time.Sleep(readPause)
		}
	}
}

func (r *reader) flush() {
	for i, s := range r.touched {
		s.Flush()
		r.touched[i] = nil
	}
	r.touched = r.touched[:0]
}

// take sorts packets by their first byte (RFC 7983). Only connectivity checks are taken from anywhere.
func (r *reader) take(packet []byte, from udp.Path) {
	switch {
	case len(packet) == 0:
		r.direct.drops.count(Truncated)
		return
	case packet[0] < 4:
		r.answerCheck(packet, from)
		return
	}
	b := r.find(from.Remote)
	switch {
	case b == nil:
		r.direct.drops.count(UnknownSource)
	case len(packet) > maxPacket:
		r.direct.drops.count(Oversized)
	case packet[0] >= 20 && packet[0] < 64:
		b.conn.handshakePacket(packet)
	case packet[0] >= 128 && packet[0] < 192:
		if sink := b.conn.media(packet, b); sink != nil {
			r.touch(sink)
		}
	default:
		r.direct.drops.count(UnknownProtocol)
	}
}

func (r *reader) touch(s Sink) {
	for _, t := range r.touched {
		if t == s {
			return
		}
	}
	r.touched = append(r.touched, s)
}

func (r *reader) find(address netip.AddrPort) *binding {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.bindings[address]
}

func (r *reader) forget(b *binding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.bindings[b.destination.Remote] == b {
		delete(r.bindings, b.destination.Remote)
	}
}
