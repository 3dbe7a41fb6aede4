package relay

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"diemcau/sfu/transport/udp"
)

const (
	// knownClients bounds what is remembered of clients. Whoever is forgotten is known again by its next packet.
	knownClients = 8192
	// readPause is the time between two attempts at a socket that failed for a passing reason.
	readPause = 10 * time.Millisecond
)

// socket is the UDP socket of clients. It answers each from the address that the client has sent to: a host may have several, and clients
// take an answer from no other.
type socket struct {
	conn   net.PacketConn
	socket *udp.Socket
	server *Server

	// Of the one reader: what came with the last read, of which the first packets were handed over.
	arrived []arrival
	handed  int
	bytes   []byte

	mu     sync.RWMutex // guards what follows
	locals map[netip.AddrPort]netip.Addr
}

type arrival struct {
	start, end int // in the bytes
	from       netip.AddrPort
}

func newSocket(conn net.PacketConn, s *Server) *socket {
	return &socket{conn: conn, socket: udp.New(conn), server: s, locals: map[netip.AddrPort]netip.Addr{}}
}

// ReadFrom takes the next packet that is not refused at once.
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		for s.handed == len(s.arrived) {
			s.arrived, s.handed, s.bytes = s.arrived[:0], 0, s.bytes[:0]
			switch err := s.socket.Read(s.take); {
			case errors.Is(err, net.ErrClosed):
				return 0, nil, err
			case err != nil:
				time.Sleep(readPause) // pion/turn would never read again
			}
		}
		a := s.arrived[s.handed]
		s.handed++
		if packet := s.bytes[a.start:a.end]; !s.server.channelElsewhere(packet) {
			return copy(b, packet), net.UDPAddrFromAddrPort(a.from), nil
		}
	}
}

// take keeps a packet, and where it was sent to.
func (s *socket) take(packet []byte, from udp.Path) {
	start := len(s.bytes)
	s.bytes = append(s.bytes, packet...)
	s.arrived = append(s.arrived, arrival{start, len(s.bytes), from.Remote})
	if !from.Local.IsValid() || s.local(from.Remote) == from.Local {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.locals) >= knownClients {
		clear(s.locals)
	}
	s.locals[from.Remote] = from.Local
}

// local is the address that a client sends to; zero leaves the choice to the kernel.
func (s *socket) local(client netip.AddrPort) netip.Addr {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.locals[client]
}

// WriteTo sends a packet to a client.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	client, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	remote := unmapped(client.AddrPort())
	return len(b), s.socket.Send(b, udp.Path{Remote: remote, Local: s.local(remote)})
}

// Close closes the socket.
func (s *socket) Close() error { return s.socket.Close() }

// LocalAddr implements net.PacketConn.
func (s *socket) LocalAddr() net.Addr { return s.conn.LocalAddr() }

// SetDeadline implements net.PacketConn.
func (s *socket) SetDeadline(t time.Time) error { return s.conn.SetDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (s *socket) SetReadDeadline(t time.Time) error { return s.conn.SetReadDeadline(t) }

// SetWriteDeadline implements net.PacketConn.
func (s *socket) SetWriteDeadline(t time.Time) error { return s.conn.SetWriteDeadline(t) }

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
