package transport

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"

	"diemcau/sfu/transport/tcp"
	"diemcau/sfu/transport/udp"
)

// streamLimits bound the TCP connections for media. All participants of a site come from one address where it is behind a NAT.
var streamLimits = tcp.Limits{Total: 8192, PerAddress: 512}

// strangerFrames and strangerPatience are how much a TCP connection may send, and how long it may take, until a check shows whose it is. One
// check may be asked to be made again, with the other role.
const (
	strangerFrames   = 4
	strangerPatience = 10 * time.Second
)

// listenTCP opens the socket for clients that no UDP reaches: they connect to it, as the server's candidates are passive (RFC 6544, section
// 4.1). It is nil where there is to be none, and on networks that are not the host's.
func listenTCP(config Config, local netip.AddrPort) (*tcp.Listener, error) {
	if config.ListenTCP == "" || config.Net != nil {
		return nil, nil
	}
	if config.ListenTCP != SamePort {
		return tcp.Listen(config.ListenTCP, streamLimits)
	}
	host, port, err := net.SplitHostPort(config.Listen)
	if err != nil {
		return nil, err
	}
	l, err := tcp.Listen(net.JoinHostPort(host, strconv.Itoa(int(local.Port()))), streamLimits)
	if err != nil && port == "0" { // the port that UDP was given may be in use for TCP
		l, err = tcp.Listen(net.JoinHostPort(host, "0"), streamLimits)
	}
	if err != nil {
		return nil, fmt.Errorf("TCP: %w", err)
	}
	return l, nil
}

func (d *Direct) acceptStreams() {
	patience := cmp.Or(d.config.patience, strangerPatience)
	for {
		conn, err := d.streams.Accept()
		if err != nil {
			return
		}
		d.running.Go(func() { d.serve(carrier{tcp.NewStream(conn, patience), &d.drops}) })
	}
}

// serve takes what a client sends on a TCP connection, as a worker does with what arrives on its socket. What is no check has to wait until
// one has passed; who does not make one is hung up on.
func (d *Direct) serve(c carrier) {
	defer c.hangUp()
	r := newReader(d, d.workers[0].socket)
	path := udp.Path{Remote: c.stream.Remote(), Local: c.stream.Local().Addr(), Carrier: c}
	defer func() {
		if b := d.bindings.find(path); b != nil {
			b.conn.lose(b)
		}
	}()
	defer r.flush()
	for strange := 1; ; {
		packet, err := c.stream.Read()
		switch {
		case errors.Is(err, tcp.ErrTooLong):
			d.drops.count(Oversized)
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			d.drops.count(StreamSilent)
			return
		case err != nil:
			return
		}
		r.take(packet, path)
		if !c.stream.Buffered() {
			r.flush()
		}
		switch {
		case c.stream.Admitted():
		case d.bindings.find(path) != nil:
			c.stream.Admit()
		case strange == strangerFrames:
			return
		default:
			strange++
		}
	}
}

// carrier is a TCP connection as a path's carrier.
type carrier struct {
	stream *tcp.Stream
	drops  *drops
}

// Send implements udp.Carrier.
func (c carrier) Send(packet []byte) error {
	err := c.stream.Send(packet)
	if errors.Is(err, tcp.ErrFull) {
		c.drops.count(StreamFull)
	}
	return err
}

func (c carrier) hangUp() { _ = c.stream.Close() }

// hangUp ends the TCP connection that a path is on, if it is.
func (b *binding) hangUp() {
	if c, ok := b.destination.Carrier.(carrier); ok {
		c.hangUp()
	}
}
