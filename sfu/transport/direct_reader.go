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

// reader takes what arrives on one socket. A worker's goroutine runs it.
type reader struct {
	direct *Direct
	socket *udp.Socket

	// Of the worker's goroutine.
	check   stun.Message
	touched []Sink        // that took packets since the last flush
	waited  time.Duration // since the packet that is taken came
}

// binding is a path on which a connection's client passed a connectivity check: from an address of the client's to one of the host's.
type binding struct {
	conn        *directConn
	destination *udp.Destination
	local       string // the ICE user fragment of the check: an ICE restart has a new one
}

// readPause is the time between two attempts at a socket that failed for a passing reason.
const readPause = 10 * time.Millisecond

func newReader(d *Direct, s *udp.Socket) *reader {
	return &reader{direct: d, socket: s}
}

// wait takes what arrives until something did.
func (r *reader) wait(patience time.Duration) {
	err := r.socket.Wait(patience, r.take)
	r.flush()
	if err != nil && !r.direct.closed.Load() && !errors.Is(err, net.ErrClosed) {
		r.direct.config.Log.Error("the media socket cannot be read", "error", err)
		time.Sleep(readPause)
	}
}

// takeReports takes the clients' reports that have come meanwhile.
func (r *reader) takeReports() {
	_ = r.direct.group.Reports.Poll(func(packet []byte, from udp.Path, waited time.Duration) {
		r.waited = waited
		r.take(packet, from)
	}) // closed with the transport
	r.waited = 0
	r.flush()
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
	b := r.direct.bindings.find(from)
	switch {
	case b == nil:
		r.direct.drops.count(UnknownSource)
	case len(packet) > maxPacket:
		r.direct.drops.count(Oversized)
	case packet[0] >= 20 && packet[0] < 64:
		b.conn.handshakePacket(packet)
	case packet[0] >= 128 && packet[0] < 192:
		if sink := b.conn.media(packet, b, r.direct.config.Now()-r.waited.Nanoseconds()); sink != nil {
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

// bindings are those of all connections. A client's packets may come to any socket.
type bindings struct {
	mu      sync.RWMutex // nobody holds it for longer than a look
	by      map[route]*binding
	carried map[udp.Carrier]*binding // each has one path
}

// route is a path of the socket's: what is looked up for each packet is no larger than it must be.
type route struct {
	remote netip.AddrPort
	local  netip.Addr
}

func newBindings() bindings {
	return bindings{by: map[route]*binding{}, carried: map[udp.Carrier]*binding{}}
}

func (s *bindings) find(path udp.Path) *binding {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if path.Carrier != nil {
		return s.carried[path.Carrier]
	}
	return s.by[route{path.Remote, path.Local}]
}

func (s *bindings) add(b *binding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := b.destination.Path; p.Carrier != nil {
		s.carried[p.Carrier] = b
	} else {
		s.by[route{p.Remote, p.Local}] = b
	}
}

// forget takes a binding away, unless another one has its path by now.
func (s *bindings) forget(b *binding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch p := b.destination.Path; {
	case p.Carrier != nil && s.carried[p.Carrier] == b:
		delete(s.carried, p.Carrier)
	case p.Carrier == nil && s.by[route{p.Remote, p.Local}] == b:
		delete(s.by, route{p.Remote, p.Local})
	}
}
