package udp

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readMessages = 32    // of one recvmmsg
	readBytes    = 65536 // of one message, which may be many packets (UDP_GRO)
	sendMessages = 64    // of one sendmmsg: a larger call keeps the scheduler waiting
	controlBytes = 128   // of a message's control data
)

// kernel is a socket of the kernel's.
type kernel struct {
	raw      syscall.RawConn
	v6       bool        // of the IPv6 family: it takes IPv4 as mapped addresses
	anywhere bool        // bound to no address: each packet says which one it came to, and replies go out from that
	segments atomic.Bool // the kernel cuts messages here

	in inbox // of the reader
}

// message is struct mmsghdr of recvmmsg(2) and sendmmsg(2).
type message struct {
	header unix.Msghdr
	length uint32
}

// kernelAddress is a destination as the kernel takes it.
type kernelAddress struct {
	name    [unix.SizeofSockaddrInet6]byte
	size    uint32
	control []byte // the local address
}

// reusePort lets several sockets share an address.
func reusePort(_, _ string, c syscall.RawConn) error {
	var failed error
	if err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}); err != nil {
		return err
	}
	return failed
}

func newKernel(conn *net.UDPConn) *kernel {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	local, ok := conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return nil
	}
	k := &kernel{raw: raw, anywhere: local.IP.IsUnspecified()}
	if err := raw.Control(func(fd uintptr) {
		family, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DOMAIN)
		k.v6 = err == nil && family == unix.AF_INET6
		// A kernel that cuts nothing (before 4.18) would send a message as one packet. One that does may still refuse later.
		_, err = unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		k.segments.Store(err == nil)
		// Kernels before 5.0 join nothing: packets then come one by one.
		_ = unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_GRO, 1)
		switch {
		case !k.anywhere:
		case k.v6:
			_ = unix.SetsockoptInt(int(fd), unix.SOL_IPV6, unix.IPV6_RECVPKTINFO, 1)
		default:
			_ = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_PKTINFO, 1)
		}
	}); err != nil {
		return nil
	}
	k.in.prepare()
	return k
}

func networkOrder(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}

// address puts a path into the kernel's form.
func (k *kernel) address(p Path) (a kernelAddress) {
	remote := p.Remote.Addr()
	if k.v6 {
		name := (*unix.RawSockaddrInet6)(unsafe.Pointer(&a.name))
		name.Family, name.Port, name.Addr = unix.AF_INET6, networkOrder(p.Remote.Port()), remote.As16()
		if zone := remote.Zone(); zone != "" {
			if i, err := net.InterfaceByName(zone); err == nil {
				name.Scope_id = uint32(i.Index)
			}
		}
		a.size = unix.SizeofSockaddrInet6
	} else if remote = remote.Unmap(); remote.Is4() {
		name := (*unix.RawSockaddrInet4)(unsafe.Pointer(&a.name))
		name.Family, name.Port, name.Addr = unix.AF_INET, networkOrder(p.Remote.Port()), remote.As4()
		a.size = unix.SizeofSockaddrInet4
	}
	a.control = k.source(p)
	return a
}

// source is the control message that makes a packet leave from a path's local address; nil where the kernel chooses.
func (k *kernel) source(p Path) []byte {
	if !k.anywhere || !p.Local.IsValid() || p.Local.Unmap().Is4() != p.Remote.Addr().Unmap().Is4() {
		return nil
	}
	if k.v6 {
		b := control(unix.SOL_IPV6, unix.IPV6_PKTINFO, unix.SizeofInet6Pktinfo)
		local := p.Local.As16()
		copy(b[unix.CmsgLen(0):], local[:])
		return b
	}
	b := control(unix.SOL_IP, unix.IP_PKTINFO, unix.SizeofInet4Pktinfo)
	local := p.Local.Unmap().As4()
	copy(b[unix.CmsgLen(0)+4:], local[:]) // in_pktinfo.ipi_spec_dst
	return b
}
