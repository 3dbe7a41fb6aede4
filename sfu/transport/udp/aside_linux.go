package udp

import (
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Aside is a socket that wakes nobody: what comes to it waits until it is asked for. Go's poller, which would wake up for it, does not know it.
type Aside struct {
	mu sync.Mutex // guards what follows
	fd int        // -1 when it is closed
	in *inbox
}

// asideRounds bounds what a Poll takes, so that a flood does not hold its caller up: in times readMessages.
const asideRounds = 4

// mostWaited is more than anything waits.
const mostWaited = time.Second

// newAside makes one of a connection, which it closes; nil, which leaves the connection as it is, where that cannot be.
func newAside(conn *net.UDPConn) *Aside {
	k := New(conn).kernel
	if k == nil {
		return nil
	}
	a := &Aside{fd: -1, in: &k.in}
	_ = k.raw.Control(func(fd uintptr) {
		// What waits says since when.
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
		if own, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			a.fd = own
		}
	})
	if a.fd < 0 {
		return nil
	}
	_ = conn.Close() // the socket lives on
	return a
}

// Poll hands over what has come, without a wait, and how long ago that was; nothing while another goroutine does. A packet is the callee's
// until it returns.
func (a *Aside) Poll(take func(packet []byte, from Path, waited time.Duration)) error {
	if !a.mu.TryLock() {
		return nil
	}
	defer a.mu.Unlock()
	if a.fd < 0 {
		return net.ErrClosed
	}
	for range asideRounds {
		a.in.clear()
		a.in.look(uintptr(a.fd))
		now := time.Now().UnixNano()
		if err := a.in.take(func(packet []byte, from Path) { take(packet, from, waitedSince(a.in.came, now)) }); err != nil {
			return err
		}
		if a.in.count < readMessages {
			break
		}
	}
	return nil
}

// waitedSince is the time from one moment to another, both in nanoseconds of the host's clock, which may be set meanwhile; an unknown one is 0.
func waitedSince(came, now int64) time.Duration {
	if came == 0 {
		return 0
	}
	return min(max(0, time.Duration(now-came)), mostWaited)
}

// Close closes the socket.
func (a *Aside) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fd < 0 {
		return net.ErrClosed
	}
	err := unix.Close(a.fd)
	a.fd = -1
	return os.NewSyscallError("close", err)
}
