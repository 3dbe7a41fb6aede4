package udp

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

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
	came     int64 // when the message came that is handed over, in nanoseconds of the host's clock; 0 where the kernel does not say
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

// receive waits for messages.
func (k *kernel) receive() error {
	k.in.clear()
	return k.raw.Read(k.in.receive)
}

// take hands over the packets of the messages that were received.
func (k *kernel) take(take func([]byte, Path)) error { return k.in.take(take) }

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
		local, segment, came := readControl(in.control[i][:m.header.Controllen])
		from.Local, in.came = local, came
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

// readControl gives the address that a message came to, the size of the packets that it was joined of and when it came; zero where it says
// nothing of it.
func readControl(b []byte) (local netip.Addr, segment int, came int64) {
	for len(b) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		size := int(h.Len)
		if size < unix.SizeofCmsghdr || size > len(b) {
			return local, segment, came
		}
		data := b[unix.CmsgLen(0):size]
		switch {
		case h.Level == unix.SOL_UDP && h.Type == unix.UDP_GRO && len(data) >= 4:
			segment = int(int32(binary.NativeEndian.Uint32(data)))
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && len(data) >= int(unsafe.Sizeof(unix.Timespec{})):
			came = (*unix.Timespec)(unsafe.Pointer(&data[0])).Nano()
		case h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			local = netip.AddrFrom16([16]byte(data)).Unmap()
		case h.Level == unix.SOL_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			local = netip.AddrFrom4([4]byte(data[8:12])) // in_pktinfo.ipi_addr
		}
		b = b[min(len(b), unix.CmsgSpace(size-unix.CmsgLen(0))):]
	}
	return local, segment, came
}
