package relay

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/pion/turn/v5"
)

var (
	errNoRoom   = errors.New("relay: too many allocations")
	errNoTCP    = errors.New("relay: only UDP is relayed")
	errNoPort   = errors.New("relay: ports cannot be chosen")
	errNoFamily = errors.New("relay: no media is taken over this family of addresses")
)

// generator makes the sockets of allocations (turn.RelayAddressGenerator).
type generator struct{ server *Server }

// Validate implements turn.RelayAddressGenerator.
func (generator) Validate() error { return nil }

// AllocatePacketConn binds a socket to the address that media is taken at: what is sent from there needs to leave the host nowhere.
func (g generator) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	s := g.server
	if c.RequestedPort != 0 || c.UserID == "" { // pairs of ports are for RTP and RTCP apart, and asked for without a user
		return nil, nil, errNoPort
	}
	var peers []netip.AddrPort
	for _, p := range s.peers() {
		if p.Addr().Is4() == (c.Network == "udp4") {
			peers = append(peers, p)
		}
	}
	if len(peers) == 0 {
		return nil, nil, errNoFamily
	}
	if !s.take(c.UserID) {
		return nil, nil, errNoRoom
	}
	conn, err := net.ListenUDP(c.Network, net.UDPAddrFromAddrPort(netip.AddrPortFrom(peers[0].Addr(), 0)))
	if err != nil {
		s.giveBack(c.UserID)
		return nil, nil, err
	}
	a := &allocation{UDPConn: conn, server: s, seat: c.UserID, peers: peers}
	return a, conn.LocalAddr(), nil
}

// AllocateListener refuses: nobody connects to a client over TCP (RFC 6062).
func (g generator) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	g.server.counters.count(TCPDenied)
	return nil, nil, errNoTCP
}

// AllocateConn refuses: the server connects to nobody.
func (g generator) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) {
	g.server.counters.count(TCPDenied)
	return nil, errNoTCP
}

// allocation is the socket of one, which sends to the media port and takes from it alone.
type allocation struct {
	*net.UDPConn
	server *Server
	seat   string
	peers  []netip.AddrPort // never changes
	closed atomic.Bool
}

// WriteTo sends a packet of the client's. What is for another address is dropped.
func (a *allocation) WriteTo(packet []byte, to net.Addr) (int, error) {
	peer, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	address := unmapped(peer.AddrPort())
	if !slices.Contains(a.peers, address) {
		a.server.counters.count(PeerDenied)
		return len(packet), nil
	}
	a.server.counters.sent.Add(1)
	return a.UDPConn.WriteToUDPAddrPort(packet, address)
}

// ReadFrom takes the next packet of the media port.
func (a *allocation) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := a.UDPConn.ReadFromUDPAddrPort(b)
		if err != nil {
			return 0, nil, err
		}
		if from = unmapped(from); slices.Contains(a.peers, from) {
			a.server.counters.received.Add(1)
			return n, net.UDPAddrFromAddrPort(from), nil
		}
		a.server.counters.count(Stranger)
	}
}

// Close ends the allocation.
func (a *allocation) Close() error {
	if a.closed.Swap(true) {
		return nil
	}
	a.server.giveBack(a.seat)
	return a.UDPConn.Close()
}
