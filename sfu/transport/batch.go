package transport

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"diemcau/sfu/transport/udp"
)

// knownDestinations bounds what is remembered of addresses that were sent to.
const knownDestinations = 8192

// batchSocket lets Pion's mux read and write one socket in batches: what is sent between Begin and Flush waits and is sent together.
// Outside of them it is sent at once.
type batchSocket struct {
	conn   net.PacketConn
	socket *udp.Socket

	// Of the mux's one reader: what came with the last read, of which the first packets were handed over.
	arrived []arrival
	handed  int
	bytes   []byte

	mu           sync.Mutex // guards what follows
	open         int        // workers between Begin and Flush
	queue        *udp.Queue
	destinations map[netip.AddrPort]*udp.Destination
}

type arrival struct {
	start, end int // in the bytes
	from       netip.AddrPort
}

func newBatchSocket(conn net.PacketConn) *batchSocket {
	s := &batchSocket{conn: conn, socket: udp.New(conn), destinations: map[netip.AddrPort]*udp.Destination{}}
	s.queue = udp.NewQueue(s.socket)
	return s
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (s *batchSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for s.handed == len(s.arrived) {
		s.arrived, s.handed, s.bytes = s.arrived[:0], 0, s.bytes[:0]
		if err := s.socket.Read(func(packet []byte, from udp.Path) {
			start := len(s.bytes)
			s.bytes = append(s.bytes, packet...)
			s.arrived = append(s.arrived, arrival{start, len(s.bytes), from.Remote})
		}); err != nil {
			return 0, netip.AddrPort{}, err
		}
	}
	a := s.arrived[s.handed]
	s.handed++
	return copy(b, s.bytes[a.start:a.end]), a.from, nil
}

// WriteToAddrPort implements ice.AddrPortReaderWriter. A packet that is held back counts as sent: what the kernel says comes too late, and a
// lost packet is asked for again.
func (s *batchSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == 0 || len(b) > udp.MaxPacket {
		return len(b), s.socket.Send(b, udp.Path{Remote: to})
	}
	d := s.destinations[to]
	if d == nil {
		if len(s.destinations) >= knownDestinations {
			clear(s.destinations)
		}
		d = s.socket.NewDestination(udp.Path{Remote: to})
		s.destinations[to] = d
	}
	s.queue.Add(d, 0, copy(s.queue.Reserve(len(b)), b))
	return len(b), nil
}

// Begin has packets held back until Flush. Several workers may be between the two at a time.
func (s *batchSocket) Begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
}

// Flush sends what was held back.
func (s *batchSocket) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.queue.Flush()
}

// ReadFrom implements net.PacketConn.
func (s *batchSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := s.ReadFromAddrPort(b)
	return n, net.UDPAddrFromAddrPort(from), err
}

// WriteTo implements net.PacketConn.
func (s *batchSocket) WriteTo(b []byte, to net.Addr) (int, error) {
	a, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	remote := a.AddrPort()
	return s.WriteToAddrPort(b, netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()))
}

// Close implements net.PacketConn.
func (s *batchSocket) Close() error { return s.socket.Close() }

// LocalAddr implements net.PacketConn.
func (s *batchSocket) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// SetDeadline implements net.PacketConn.
func (s *batchSocket) SetDeadline(t time.Time) error { return s.conn.SetDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (s *batchSocket) SetReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// SetWriteDeadline implements net.PacketConn.
func (s *batchSocket) SetWriteDeadline(t time.Time) error { return s.conn.SetWriteDeadline(t) }
