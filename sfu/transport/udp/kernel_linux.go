package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
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

type inbox struct {
	messages [readMessages]message
	vectors  [readMessages]unix.Iovec
	names    [readMessages]unix.RawSockaddrInet6
	control  [readMessages][controlBytes]byte
	buffer   []byte
	receive  func(fd uintptr) bool // made once, so that a read allocates nothing
	look     func(fd uintptr)
	count    int
	err      error
}

// outbox is a queue's: several may send on one socket.
type outbox struct {
	messages [sendMessages]message
	vectors  [sendMessages * trainSegments]unix.Iovec
	control  [sendMessages][controlBytes]byte
	transmit func(fd uintptr) bool
	from, to int // of the messages that are to be sent
	err      error
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

// gather makes the kernel choose one socket of those that share an address (SO_ATTACH_REUSEPORT_CBPF, socket(7)).
func (k *kernel) gather(socket int) {
	choose := []unix.SockFilter{{Code: unix.BPF_RET | unix.BPF_K, K: uint32(socket)}}
	_ = k.raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, &unix.SockFprog{Len: 1, Filter: &choose[0]})
	})
}

func (k *kernel) spread() {
	_ = k.raw.Control(func(fd uintptr) { _ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_DETACH_REUSEPORT_BPF, 0) })
}

// prepare ties the messages to their parts, which stay where they are.
func (in *inbox) prepare() {
	in.buffer = make([]byte, readMessages*readBytes) // the kernel fills, and so the process holds, only what comes
	for i := range in.messages {
		in.vectors[i].Base = &in.buffer[i*readBytes]
		in.vectors[i].SetLen(readBytes)
		h := &in.messages[i].header
		h.Iov, h.Name, h.Control = &in.vectors[i], (*byte)(unsafe.Pointer(&in.names[i])), &in.control[i][0]
		h.SetIovlen(1)
	}
	// Neither call waits, so the scheduler need not hear of it: telling it costs more than the call.
	in.receive = func(fd uintptr) bool {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, fd, uintptr(unsafe.Pointer(&in.messages)), readMessages, unix.MSG_DONTWAIT, 0, 0)
		in.count, in.err = int(n), nil
		if errno != 0 {
			in.count, in.err = 0, errno
		}
		return errno != unix.EAGAIN
	}
	in.look = func(fd uintptr) { in.receive(fd) }
}

func newOutbox() *outbox {
	out := &outbox{}
	out.transmit = func(fd uintptr) bool {
		for out.from < out.to {
			n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, fd, uintptr(unsafe.Pointer(&out.messages[out.from])), uintptr(out.to-out.from), unix.MSG_DONTWAIT, 0, 0)
			switch errno {
			case 0:
				out.from += int(n)
			case unix.EAGAIN:
				return false
			case unix.EINTR:
			default:
				out.err = errno
				return true
			}
		}
		return true
	}
	return out
}

// read waits for messages and hands over their packets.
func (k *kernel) read(take func([]byte, Path)) error {
	k.in.clear()
	if err := k.raw.Read(k.in.receive); err != nil {
		return err
	}
	return k.in.take(take)
}

// poll hands over the packets of messages that are there.
func (k *kernel) poll(take func([]byte, Path)) error {
	k.in.clear()
	if err := k.raw.Control(k.in.look); err != nil {
		return err
	}
	return k.in.take(take)
}

// clear makes the messages ready for the kernel.
func (in *inbox) clear() {
	for i := range in.messages {
		h := &in.messages[i].header
		h.Namelen = unix.SizeofSockaddrInet6
		h.SetControllen(controlBytes)
	}
}

// take hands over what was received.
func (in *inbox) take(take func([]byte, Path)) error {
	switch {
	case in.err == nil:
	case errors.Is(in.err, unix.EAGAIN), errors.Is(in.err, unix.EINTR), errors.Is(in.err, unix.ECONNREFUSED):
		return nil
	default:
		return os.NewSyscallError("recvmmsg", in.err)
	}
	for i := range in.messages[:in.count] {
		m := &in.messages[i]
		var from Path
		from.Remote = remoteOf(&in.names[i])
		size := int(m.length)
		local, segment := readControl(in.control[i][:m.header.Controllen])
		from.Local = local
		if segment <= 0 {
			segment = size
		}
		data := in.buffer[i*readBytes : i*readBytes+size]
		for more := true; more; more = len(data) > 0 {
			n := min(segment, len(data))
			take(data[:min(n, MaxPacket):min(n, MaxPacket)], from)
			data = data[n:]
		}
	}
	return nil
}

func remoteOf(name *unix.RawSockaddrInet6) netip.AddrPort {
	if name.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(name))
		return netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), networkOrder(v4.Port))
	}
	address := netip.AddrFrom16(name.Addr).Unmap()
	if name.Scope_id != 0 && address.IsLinkLocalUnicast() {
		if i, err := net.InterfaceByIndex(int(name.Scope_id)); err == nil {
			address = address.WithZone(i.Name)
		}
	}
	return netip.AddrPortFrom(address, networkOrder(name.Port))
}

func networkOrder(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}

// readControl gives the address that a message came to and the size of the packets that it was joined of; zero where it says neither.
func readControl(b []byte) (local netip.Addr, segment int) {
	for len(b) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		size := int(h.Len)
		if size < unix.SizeofCmsghdr || size > len(b) {
			return local, segment
		}
		data := b[unix.CmsgLen(0):size]
		switch {
		case h.Level == unix.SOL_UDP && h.Type == unix.UDP_GRO && len(data) >= 4:
			segment = int(int32(binary.NativeEndian.Uint32(data)))
		case h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			local = netip.AddrFrom16([16]byte(data)).Unmap()
		case h.Level == unix.SOL_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			local = netip.AddrFrom4([4]byte(data[8:12])) // in_pktinfo.ipi_addr
		}
		b = b[min(len(b), unix.CmsgSpace(size-unix.CmsgLen(0))):]
	}
	return local, segment
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

// control is an empty control message for n bytes.
func control(level, kind int32, n int) []byte {
	b := make([]byte, unix.CmsgSpace(n))
	putControl(b, level, kind, n)
	return b
}

func putControl(b []byte, level, kind int32, n int) {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(n))
}

// single is a message of its own, outside of the queue.
type single struct {
	header   unix.Msghdr
	vector   unix.Iovec
	to       kernelAddress
	transmit func(fd uintptr) bool
	err      error
}

func newSingle() any {
	m := &single{}
	m.transmit = func(fd uintptr) bool {
		_, _, errno := unix.RawSyscall(unix.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&m.header)), unix.MSG_DONTWAIT)
		m.err = nil
		if errno != 0 {
			m.err = errno
		}
		return errno != unix.EAGAIN
	}
	return m
}

var singles = sync.Pool{New: newSingle}

func (k *kernel) send(packet []byte, to Path) error {
	m := singles.Get().(*single)
	defer singles.Put(m)
	m.to = k.address(to)
	m.vector.Base = &packet[0]
	m.vector.SetLen(len(packet))
	m.header = unix.Msghdr{Name: &m.to.name[0], Namelen: m.to.size, Iov: &m.vector}
	m.header.SetIovlen(1)
	if len(m.to.control) > 0 {
		m.header.Control = &m.to.control[0]
		m.header.SetControllen(len(m.to.control))
	}
	err := k.raw.Write(m.transmit)
	m.vector.Base, m.header = nil, unix.Msghdr{}
	if err != nil {
		return err
	}
	return os.NewSyscallError("sendmsg", m.err)
}

// sendTrains sends the trains of a queue's arena.
func (k *kernel) sendTrains(out *outbox, arena []byte, trains []train) {
	for len(trains) > 0 {
		n := min(len(trains), sendMessages)
		k.sendSome(out, arena, trains[:n])
		trains = trains[n:]
	}
}

func (k *kernel) sendSome(out *outbox, arena []byte, trains []train) {
	vectors := out.vectors[:]
	for i := range trains {
		vectors = vectors[out.write(i, arena, &trains[i], vectors):]
	}
	for out.from, out.to = 0, len(trains); out.from < out.to; {
		out.err = nil
		if err := k.raw.Write(out.transmit); err != nil {
			return // closed
		}
		if out.err == nil {
			continue
		}
		t := &trains[out.from]
		if len(t.packets) > 1 {
			if errors.Is(out.err, unix.EIO) {
				k.segments.Store(false) // an interface that cannot compute the checksums of the cut packets
			}
			// Or a packet larger than the path takes: the kernel cuts a message but no packet of it.
			for _, p := range t.packets {
				_ = k.send(arena[p.at:p.at+p.size], t.to.Path)
			}
		}
		out.from++
	}
}

// write makes message i of a train and gives how many vectors that took. Packets that lie behind one another are one vector.
func (out *outbox) write(i int, arena []byte, t *train, vectors []unix.Iovec) int {
	n := 0
	for from := 0; from < len(t.packets); n++ {
		start, end := t.packets[from].at, t.packets[from].at+t.packets[from].size
		for from++; from < len(t.packets) && t.packets[from].at == end; from++ {
			end += t.packets[from].size
		}
		vectors[n].Base = &arena[start]
		vectors[n].SetLen(int(end - start))
	}
	h := &out.messages[i].header
	h.Name, h.Namelen = &t.to.kernel.name[0], t.to.kernel.size
	h.Iov = &vectors[0]
	h.SetIovlen(n)
	used := copy(out.control[i][:], t.to.kernel.control)
	if len(t.packets) > 1 {
		b := out.control[i][used:]
		putControl(b, unix.SOL_UDP, unix.UDP_SEGMENT, 2)
		binary.NativeEndian.PutUint16(b[unix.CmsgLen(0):], uint16(t.packets[0].size))
		used += unix.CmsgSpace(2)
	}
	h.Control = nil
	if used > 0 {
		h.Control = &out.control[i][0]
	}
	h.SetControllen(used)
	return n
}
