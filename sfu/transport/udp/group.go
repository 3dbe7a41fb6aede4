package udp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
)

// Group is the sockets of one address.
type Group struct {
	Sockets []*Socket
	// Reports is where the clients' transport-wide reports come to. It is nil where they come to the sockets, as all else does.
	Reports *Aside
}

// Listen binds n sockets of the host to one address; the kernel gives all packets of a client to the same one (SO_REUSEPORT, socket(7)),
// reports aside. Where it cannot, there is one socket.
func Listen(address string, n int) (g Group, err error) {
	var config net.ListenConfig
	sharing := net.ListenConfig{Control: reusePort}
	if sharing.Control == nil {
		n = min(n, 1)
	}
	for len(g.Sockets) < n {
		conn, err := config.ListenPacket(context.Background(), "udp", address)
		if err == nil {
			g.Sockets = append(g.Sockets, New(conn))
			address = conn.LocalAddr().String() // with the port that the first was given
		}
		if err == nil && sharing.Control != nil && len(g.Sockets) == 1 {
			// The first is bound before it shares: otherwise it would share the address with the sockets of another server.
			config = sharing
			err = share(conn)
		}
		if err != nil {
			_ = g.Close()
			return Group{}, fmt.Errorf("udp: %w", err)
		}
	}
	g.setReportsAside(config, address)
	return g, nil
}

// share lets further sockets have the address of a connection.
func share(conn net.PacketConn) error {
	raw, err := conn.(*net.UDPConn).SyscallConn()
	if err != nil {
		return err
	}
	return reusePort("", "", raw)
}

// setReportsAside binds a further socket, for reports, where the kernel can tell them from the rest.
func (g *Group) setReportsAside(config net.ListenConfig, address string) {
	if config.Control == nil {
		return
	}
	conn, err := config.ListenPacket(context.Background(), "udp", address)
	if err != nil {
		return
	}
	// The number of a socket is that of its binding: this one is behind the others.
	if g.Reports = newAside(conn.(*net.UDPConn)); g.Reports == nil {
		_ = conn.Close()
	} else if g.steer(byClient(len(g.Sockets))) != nil {
		_ = g.Reports.Close() // the kernel would choose it for anything
		g.Reports = nil
	}
}

// steer has the kernel choose the socket of a packet by a program; reports have their own.
func (g *Group) steer(media program) error {
	return g.Sockets[0].kernel.steer(slices.Concat(reportsTo(len(g.Sockets)), media))
}

// Gather has the packets of all clients come to one socket; Spread has the kernel choose by client again. Where the kernel can do neither,
// it chooses.
func (g *Group) Gather(socket int) {
	if g.Reports != nil {
		_ = g.steer(always(socket)) // what fails leaves all as it is
	}
}

// Spread ends Gather.
func (g *Group) Spread() {
	if g.Reports != nil {
		_ = g.steer(byClient(len(g.Sockets)))
	}
}

// Close closes all sockets.
func (g *Group) Close() (err error) {
	for _, s := range g.Sockets {
		err = errors.Join(err, s.Close())
	}
	if g.Reports != nil {
		err = errors.Join(err, g.Reports.Close())
	}
	return err
}
