package udp

import (
	"encoding/binary"
	"errors"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// outbox is a queue's: several may send on one socket.
type outbox struct {
	messages [sendMessages]message
	vectors  [sendMessages * trainSegments]unix.Iovec
	control  [sendMessages][controlBytes]byte
	transmit func(fd uintptr) bool
	from, to int // of the messages that are to be sent
	err      error
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
