package relay

import (
	"bufio"
	"cmp"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"

	"diemcau/sfu/transport/tcp"
)

const (
	// patience is how long a connection may take until it has an allocation, its handshake included; idle how long it may be silent then:
	// allocations are refreshed within ten minutes.
	patience = 10 * time.Second
	idle     = 12 * time.Minute
	// writePatience is how long a client may take nothing.
	writePatience = 10 * time.Second
)

// listener gives the connections of clients that use TCP, or TLS over it.
type listener struct {
	*tcp.Listener
	secure *tls.Config // nil without TLS
	server *Server
}

// Accept waits for the next one. A TLS handshake is made when it is read.
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if l.secure != nil {
		conn = tls.Server(conn, l.secure)
	}
	c := &client{Conn: conn, reader: bufio.NewReaderSize(conn, longestPacket), server: l.server, deadline: time.Now().Add(cmp.Or(l.server.config.patience, patience))}
	return c, conn.SetDeadline(c.deadline)
}

// client is the connection of one client. Each Read gives one message: pion/turn would keep reading one whose length is made up.
type client struct {
	net.Conn
	reader   *bufio.Reader
	server   *Server
	deadline time.Time // of what is read
	admitted atomic.Bool
}

var errBadMessage = errors.New("relay: neither STUN nor a channel's data")

// Read implements net.Conn.
func (c *client) Read(b []byte) (int, error) {
	for {
		if now := time.Now(); c.admitted.Load() && c.deadline.Sub(now) < idle/2 {
			c.deadline = now.Add(idle)
			if err := c.SetReadDeadline(c.deadline); err != nil {
				return 0, err
			}
		}
		n, err := c.message(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			c.server.counters.count(Silent)
		case errors.Is(err, errBadMessage):
			c.server.counters.count(BadMessage)
		}
		if err != nil || !c.server.channelElsewhere(b[:n]) {
			return n, err
		}
	}
}

// message reads one message: STUN (RFC 8489, section 5), or ChannelData, which is padded (RFC 8656, section 12.5).
func (c *client) message(b []byte) (int, error) {
	const header = 4
	first, err := c.reader.Peek(header)
	if err != nil {
		return 0, err
	}
	n := int(binary.BigEndian.Uint16(first[2:]))
	switch {
	case first[0] < 0x40 && n%4 == 0:
		n += 20
	case first[0] >= 0x40 && first[0] < 0x50:
		n = header + (n+3)&^3
	default:
		return 0, errBadMessage
	}
	if n > min(longestPacket, len(b)) {
		return 0, errBadMessage
	}
	if n, err = io.ReadFull(c.reader, b[:n]); err != nil {
		return 0, err
	}
	if b[0] < 0x40 && !stun.IsMessage(b[:n]) {
		return 0, errBadMessage
	}
	return n, nil
}

// Write implements net.Conn. The first answer that grants an allocation lets the connection last.
func (c *client) Write(b []byte) (int, error) {
	if allocated := stun.NewType(stun.MethodAllocate, stun.ClassSuccessResponse).Value(); len(b) > 1 && binary.BigEndian.Uint16(b) == allocated {
		c.admitted.Store(true)
	}
	if c.admitted.Load() {
		if err := c.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
			return 0, err
		}
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		_ = c.Close() // part of a message may be under way
	}
	return n, err
}
