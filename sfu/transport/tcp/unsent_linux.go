package tcp

import (
	"net"

	"golang.org/x/sys/unix"
)

// unsent is how much the kernel takes of what it cannot send yet, in bytes (TCP_NOTSENT_LOWAT, tcp(7)): what waits there cannot be dropped
// any more and makes all that follows late.
const unsent = 32 << 10

// keepShort bounds the kernel's queue of a connection, where there is one.
func keepShort(conn net.Conn) {
	t, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return
	}
	// A kernel that does not know it has a longer queue.
	_ = raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent) })
}
