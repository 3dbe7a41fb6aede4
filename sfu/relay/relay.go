// Package relay is a TURN server (RFC 8656) for clients that reach the media port neither over UDP nor over TCP. It relays to this server's own
// media port and to nothing else: an allocation has a socket of its own, but what is sent there to any other address is dropped, and no
// TCP connection is ever made for a client (RFC 6062).
package relay

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"diemcau/sfu/transport/tcp"
)

// Config configures a Server.
type Config struct {
	Listen    string      // address of UDP and TCP; empty for neither
	ListenTLS string      // address of TLS; empty for none
	TLS       *tls.Config // its certificate; nil is no TLS
	// Media gives the addresses of this host at which media is taken over UDP.
	Media func() []netip.AddrPort
	Now   func() time.Time // nil is time.Now
	Log   *slog.Logger

	patience time.Duration // of tests; otherwise patience
}

const (
	realm = "diemcau"
	// longestPacket is the longest TURN message that is taken, in bytes: media with its headers.
	longestPacket = 2000
	// perSeat and inTotal bound the allocations. A browser makes one for each of its interfaces and for each way to the server, and all of them
	// again when it restarts ICE.
	perSeat = 24
	inTotal = 4096
)

// connectionLimits bound the TCP connections, of which a client has one for each allocation.
var connectionLimits = tcp.Limits{Total: 8192, PerAddress: 512}

// Server is a TURN server.
type Server struct {
	config   Config
	secret   [32]byte // of this process: what it signs ends with it
	turn     *turn.Server
	udp      netip.AddrPort // zero where there is none
	tls      netip.AddrPort
	streams  []*listener
	counters counters

	mu     sync.Mutex // guards what follows
	bySeat map[string]int
	total  int
}

// New opens the server's sockets.
func New(config Config) (*Server, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	s := &Server{config: config, bySeat: map[string]int{}}
	_, _ = rand.Read(s.secret[:]) // it never fails
	c := turn.ServerConfig{
		Realm: realm, AuthHandler: s.authenticate, QuotaHandler: s.hasRoom, EventHandler: s.events(), LoggerFactory: loggers{config.Log},
		InboundMTU: longestPacket + 1,
	}
	if err := s.listen(&c); err != nil {
		return nil, errors.Join(err, s.closeSockets(c))
	}
	if len(c.PacketConnConfigs)+len(c.ListenerConfigs) == 0 {
		return s, nil
	}
	var err error
	if s.turn, err = turn.NewServer(c); err != nil {
		return nil, errors.Join(fmt.Errorf("relay: %w", err), s.closeSockets(c))
	}
	return s, nil
}

func (s *Server) listen(c *turn.ServerConfig) error {
	if s.config.Listen != "" {
		conn, err := net.ListenPacket("udp", s.config.Listen)
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		s.udp = conn.LocalAddr().(*net.UDPAddr).AddrPort()
		c.PacketConnConfigs = append(c.PacketConnConfigs, turn.PacketConnConfig{
			PacketConn: newSocket(conn, s), RelayAddressGenerator: generator{s}, PermissionHandler: s.permits,
		})
		host, port, err := net.SplitHostPort(s.config.Listen)
		if err != nil {
			return fmt.Errorf("relay: %w", err)
		}
		// Clients are told one port. One that the kernel chose for UDP may be in use for TCP, and then there is no TCP.
		l, err := s.stream(net.JoinHostPort(host, strconv.Itoa(int(s.udp.Port()))), nil)
		if err != nil && port != "0" {
			return err
		}
		if err == nil {
			c.ListenerConfigs = append(c.ListenerConfigs, s.listener(l))
		}
	}
	if s.config.ListenTLS != "" && s.config.TLS != nil {
		secure := s.config.TLS.Clone()
		secure.NextProtos = nil // those of the web server
		l, err := s.stream(s.config.ListenTLS, secure)
		if err != nil {
			return err
		}
		s.tls = tcp.AddrPort(l.Addr())
		c.ListenerConfigs = append(c.ListenerConfigs, s.listener(l))
	}
	return nil
}

func (s *Server) stream(address string, secure *tls.Config) (*listener, error) {
	l, err := tcp.Listen(address, connectionLimits)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	taken := &listener{l, secure, s}
	s.streams = append(s.streams, taken)
	return taken, nil
}

func (s *Server) listener(l *listener) turn.ListenerConfig {
	return turn.ListenerConfig{Listener: l, RelayAddressGenerator: generator{s}, PermissionHandler: s.permits}
}

// closeSockets closes what was opened before a failure.
func (s *Server) closeSockets(c turn.ServerConfig) error {
	var err error
	for _, p := range c.PacketConnConfigs {
		err = errors.Join(err, p.PacketConn.Close())
	}
	for _, l := range s.streams {
		err = errors.Join(err, l.Close())
	}
	return err
}

// Close ends all allocations and connections.
func (s *Server) Close() error {
	if s.turn == nil {
		return nil
	}
	return s.turn.Close()
}

// URLs are those of the server (RFC 7065) for who reached it under a host, the quickest way first.
func (s *Server) URLs(host string) []string {
	var all []string
	if s.udp.IsValid() {
		address := net.JoinHostPort(host, strconv.Itoa(int(s.udp.Port())))
		all = append(all, "turn:"+address+"?transport=udp")
		if len(s.streams) > 0 && s.streams[0].secure == nil {
			all = append(all, "turn:"+address+"?transport=tcp")
		}
	}
	if s.tls.IsValid() {
		all = append(all, "turns:"+net.JoinHostPort(host, strconv.Itoa(int(s.tls.Port())))+"?transport=tcp")
	}
	return all
}

// permits tells whether a client may send to an address: to this server's own, where it takes media.
func (s *Server) permits(_ net.Addr, peer net.IP) bool {
	address, ok := netip.AddrFromSlice(peer)
	if ok {
		for _, m := range s.peers() {
			if m.Addr() == address.Unmap() {
				return true
			}
		}
	}
	s.counters.count(PeerDenied)
	return false
}

// peers are the addresses that may be sent to. Loopback is none of them, unless media is taken nowhere else.
func (s *Server) peers() []netip.AddrPort {
	all := s.config.Media()
	outer := make([]netip.AddrPort, 0, len(all))
	for _, a := range all {
		if !a.Addr().IsLoopback() {
			outer = append(outer, a)
		}
	}
	if len(outer) == 0 {
		return all
	}
	return outer
}

// hasRoom tells whether one more allocation is within the limits.
func (s *Server) hasRoom(seat, _ string, _ net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.bySeat[seat] >= perSeat:
		s.counters.count(SeatQuota)
	case s.total >= inTotal:
		s.counters.count(TotalQuota)
	default:
		return true
	}
	return false
}

// take counts an allocation, or is false for one over the limits.
func (s *Server) take(seat string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySeat[seat] >= perSeat || s.total >= inTotal {
		return false // two requests at once have been told that there is room
	}
	s.bySeat[seat]++
	s.total++
	s.counters.created.Add(1)
	return true
}

func (s *Server) giveBack(seat string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bySeat[seat]--; s.bySeat[seat] == 0 {
		delete(s.bySeat, seat)
	}
	s.total--
}

// events has failed attempts at a password counted.
func (s *Server) events() turn.EventHandler {
	return turn.EventHandler{OnAuth: func(_, _ net.Addr, _, _, _, _ string, ok bool) {
		if !ok {
			s.counters.count(BadPassword)
		}
	}}
}

// channelElsewhere recognizes a request to bind a channel (RFC 8656, section 12.1) to what is not the media port: permissions are for addresses
// only, and each channel is remembered.
func (s *Server) channelElsewhere(packet []byte) bool {
	if !stun.IsMessage(packet) {
		return false
	}
	m := &stun.Message{Raw: packet}
	var peer stun.XORMappedAddress
	if m.Decode() != nil || m.Type.Method != stun.MethodChannelBind || peer.GetFromAs(m, stun.AttrXORPeerAddress) != nil {
		return false // another request, or one that is refused anyway
	}
	address, _ := netip.AddrFromSlice(peer.IP)
	if slices.Contains(s.peers(), netip.AddrPortFrom(address.Unmap(), uint16(peer.Port))) {
		return false
	}
	s.counters.count(PeerDenied)
	return true
}
