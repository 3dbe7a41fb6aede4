// Package udp takes and sends UDP packets in batches: on Linux several packets come with one system call (recvmmsg(2), UDP_GRO), the
// packets of one destination leave as one message that the kernel cuts again (UDP_SEGMENT, udp(7)), and many messages leave with one
// call (sendmmsg(2)). Elsewhere, and on networks that are not the kernel's, packets go one at a time.
package udp

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// MaxPacket is the size of the largest packet that is taken, in bytes; of a larger one Read gives the beginning.
const MaxPacket = 2048

// moment is how long a connection is asked for what has come where that cannot be asked without a wait.
const moment = 100 * time.Microsecond

// largest is the size of the largest UDP packet, in bytes: some networks fail where a buffer is too small.
const largest = 1 << 16

// bufferSize is asked of the kernel for each direction of a socket, in bytes: a socket carries the media of many clients, and the
// default holds a few milliseconds of it. The kernel cuts the wish to what it permits.
const bufferSize = 8 << 20

// Path is the way to a peer.
type Path struct {
	Remote netip.AddrPort
	// Local is the address of this host that packets must come from; zero leaves the choice to the kernel.
	Local netip.Addr
	// Carrier takes the packets of a path that is not the socket's; nil is the socket.
	Carrier Carrier
}

// Carrier carries packets to a peer by other means than a UDP socket. It is comparable.
type Carrier interface {
	// Send takes one packet, which it does not keep. It does not wait: what cannot be taken is lost.
	Send(packet []byte) error
}

// Socket is a UDP socket. One goroutine reads; any may write.
type Socket struct {
	conn   net.PacketConn
	kernel *kernel // nil where packets go one at a time
	buffer []byte

	woken, sleeping atomic.Bool
	deadline        time.Time // of the reader; zero when it must be set anew
	patience        time.Duration
	closed          atomic.Bool
}

// New makes a socket of a bound connection.
func New(conn net.PacketConn) *Socket {
	s := &Socket{conn: conn}
	if sized, ok := conn.(interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	}); ok {
		// A virtual network has no buffers, and the socket works with those of the kernel's choice.
		_ = sized.SetReadBuffer(bufferSize)
		_ = sized.SetWriteBuffer(bufferSize)
	}
	if udp, ok := conn.(*net.UDPConn); ok {
		s.kernel = newKernel(udp)
	}
	if s.kernel == nil {
		s.buffer = make([]byte, largest)
	}
	return s
}

// Wait waits until packets have come, and hands over each, or until Wake is called or a time has passed. A packet is the callee's until
// it returns. The error is net.ErrClosed after Close.
func (s *Socket) Wait(patience time.Duration, take func(packet []byte, from Path)) error {
	if now := time.Now(); patience != s.patience || !s.deadline.After(now) {
		s.deadline, s.patience = now.Add(patience), patience
		if err := s.conn.SetReadDeadline(s.deadline); err != nil {
			return err
		}
	}
	s.sleeping.Store(true)
	if s.woken.Swap(false) {
		s.sleeping.Store(false)
		return s.poll(take)
	}
	err := s.Read(take)
	s.sleeping.Store(false)
	s.woken.Store(false) // whoever waits looks at what there is to do anyway
	if timedOut(err) {
		s.deadline = time.Time{} // it has passed, or Wake has changed it
	}
	if timedOut(err) {
		return nil
	}
	return err
}

// timedOut tells whether a deadline has passed: networks that are not the kernel's have their own errors for it.
func timedOut(err error) bool {
	e, ok := err.(net.Error)
	return ok && e.Timeout()
}

// Wake ends the Wait that is under way, or else the next one. Any goroutine may call it.
func (s *Socket) Wake() {
	// The reader looks at woken after it has set sleeping, so that one of the two sees the other.
	if !s.woken.Swap(true) && s.sleeping.Load() {
		_ = s.conn.SetReadDeadline(time.Unix(1, 0)) // a closed socket waits for nothing
	}
}

// poll takes what has come, with next to no waiting: a reader that is woken all the time must get its packets too.
func (s *Socket) poll(take func([]byte, Path)) error {
	if s.kernel != nil {
		return s.kernel.poll(take)
	}
	s.deadline = time.Time{}
	if err := s.conn.SetReadDeadline(time.Now().Add(moment)); err != nil {
		return err
	}
	if err := s.Read(take); !timedOut(err) {
		return err
	}
	return nil
}

// Read waits for packets and hands over each that has come, without heed of Wake.
func (s *Socket) Read(take func([]byte, Path)) error {
	if s.kernel != nil {
		if err := s.kernel.receive(); err != nil {
			return err
		}
		// Awake from here on: what the callee does to wake itself must not move the deadline for nothing.
		s.sleeping.Store(false)
		return s.kernel.take(take)
	}
	n, from, err := s.conn.ReadFrom(s.buffer)
	s.sleeping.Store(false)
	if err != nil && s.closed.Load() {
		return net.ErrClosed // whatever the network calls it
	}
	if err != nil {
		return err
	}
	n = min(n, MaxPacket)
	if a, ok := from.(*net.UDPAddr); ok {
		remote := a.AddrPort()
		take(s.buffer[:n:n], Path{Remote: netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())})
	}
	return nil
}

// Send sends one packet at once. An empty one is none.
func (s *Socket) Send(packet []byte, to Path) error {
	if len(packet) == 0 {
		return nil
	}
	if to.Carrier != nil {
		return to.Carrier.Send(packet)
	}
	if s.kernel != nil {
		return s.kernel.send(packet, to)
	}
	_, err := s.conn.WriteTo(packet, net.UDPAddrFromAddrPort(to.Remote))
	return err
}

// LocalAddr is the address that the socket is bound to.
func (s *Socket) LocalAddr() netip.AddrPort {
	a, ok := s.conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return a.AddrPort()
}

// Close closes the socket and ends a Read.
func (s *Socket) Close() error {
	s.closed.Store(true)
	return s.conn.Close()
}
