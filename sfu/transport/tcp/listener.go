// Package tcp carries packets over TCP connections, each behind two bytes of its length (RFC 4571), and bounds the connections that are
// held for clients.
package tcp

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Limits bound the connections of a Listener. A site of many participants is one address where it is behind a NAT.
type Limits struct {
	Total      int
	PerAddress int // of an IPv4 address or an IPv6 network of 64 bits, which is one customer's
}

// acceptPause is the time between two attempts to accept when the process has no descriptor left, or the like.
const acceptPause = 50 * time.Millisecond

// Listener accepts connections within limits. What is over them is closed at once.
type Listener struct {
	net.Listener
	limits  Limits
	refused atomic.Uint64

	mu     sync.Mutex // guards what follows
	open   map[*accepted]struct{}
	from   map[netip.Prefix]int
	closed bool
}

// Listen listens on an address of the host.
func Listen(address string, limits Limits) (*Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return &Listener{Listener: l, limits: limits, open: map[*accepted]struct{}{}, from: map[netip.Prefix]int{}}, nil
}

// Accept waits for the next connection that is within the limits. Its error is net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil, err
		case err != nil:
			time.Sleep(acceptPause) // the queue of the kernel keeps who waits
			continue
		}
		if c := l.admit(conn); c != nil {
			return c, nil
		}
		_ = conn.Close()
	}
}

// admit counts a connection, or is nil for one over the limits.
func (l *Listener) admit(conn net.Conn) net.Conn {
	c := &accepted{Conn: conn, listener: l, source: sourceOf(conn.RemoteAddr())}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	if len(l.open) >= l.limits.Total || l.from[c.source] >= l.limits.PerAddress {
		l.refused.Add(1)
		return nil
	}
	keepShort(conn)
	l.open[c] = struct{}{}
	l.from[c.source]++
	return c
}

// Refused counts the connections over the limits.
func (l *Listener) Refused() uint64 { return l.refused.Load() }

// Close ends the listener and all of its connections.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	l.closed = true
	open := make([]*accepted, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		_ = c.Close()
	}
	return err
}

// sourceOf is what a connection counts for.
func sourceOf(a net.Addr) netip.Prefix {
	address := AddrPort(a).Addr()
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	source, _ := address.WithZone("").Prefix(bits) // the zero value, for an address of another kind, is a source too
	return source
}

// AddrPort is the address of a TCP connection's end, without IPv4 in IPv6.
func AddrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	p := t.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// accepted is a connection that counts until it is closed.
type accepted struct {
	net.Conn
	listener *Listener
	source   netip.Prefix
}

// Close closes the connection.
func (c *accepted) Close() error {
	l := c.listener
	l.mu.Lock()
	if _, open := l.open[c]; open {
		delete(l.open, c)
		if l.from[c.source]--; l.from[c.source] == 0 {
			delete(l.from, c.source)
		}
	}
	l.mu.Unlock()
	return c.Conn.Close()
}
