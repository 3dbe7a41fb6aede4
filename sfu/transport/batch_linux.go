package transport

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"

	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"
)

// Limits of a batch.
const (
	batchArena    = 1 << 20 // bytes that wait to be sent
	batchMessages = 64      // of one system call: a larger one keeps the scheduler waiting
	trainSegments = 48      // packets of one message; the kernel takes 64 (UDP_MAX_SEGMENTS)
	trainBytes    = 60_000  // of one message: less than a UDP datagram can be
	batchPacket   = 2048    // larger packets go by themselves
	// knownDestinations bounds what is remembered of addresses that were sent to.
	knownDestinations = 8192
)

// batchSocket is a UDP socket that holds back what is sent between Begin and Flush and then sends the packets of one destination as one
// message, which the kernel cuts again (UDP_SEGMENT, udp(7)), and many messages in one call (sendmmsg(2)). Outside of Begin and Flush it
// sends at once.
type batchSocket struct {
	*net.UDPConn
	messages *ipv6.PacketConn
	segments atomic.Bool // the kernel cuts messages here

	mu    sync.Mutex // guards what follows
	open  int        // workers between Begin and Flush
	load  *batchLoad
	spare *batchLoad

	sending sync.Mutex // makes the calls one at a time, in the order of their loads; taken before mu
	out     []ipv6.Message
	trains  []train
}

// batchLoad is what waits to be sent.
type batchLoad struct {
	arena        []byte
	destinations map[netip.AddrPort]*destination
	order        []*destination // that have packets, in the order of their first
}

// destination is an address with its packets.
type destination struct {
	address net.UDPAddr
	packets [][]byte // in the arena
}

// train is one message: packets of the same length, but for a shorter last one.
type train struct {
	to      *destination
	packets [][]byte
	control []byte
}

// newBatchSocket batches what is sent on a socket. It returns nil where that is no socket of the kernel's.
func newBatchSocket(conn net.PacketConn) *batchSocket {
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return nil
	}
	s := &batchSocket{UDPConn: udp, messages: ipv6.NewPacketConn(udp), load: newBatchLoad(), spare: newBatchLoad()}
	s.segments.Store(true)
	s.out = make([]ipv6.Message, batchMessages)
	for i := range s.out {
		s.out[i].Buffers = make([][]byte, 0, trainSegments)
	}
	return s
}

func newBatchLoad() *batchLoad {
	return &batchLoad{arena: make([]byte, 0, batchArena), destinations: map[netip.AddrPort]*destination{}}
}

// ReadFromAddrPort implements ice.AddrPortReaderWriter.
func (s *batchSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.UDPConn.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort implements ice.AddrPortReaderWriter. A packet that is held back counts as sent: what the kernel says comes too late, and a
// lost packet is asked for again.
func (s *batchSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	s.mu.Lock()
	if s.open == 0 || len(b) > batchPacket {
		s.mu.Unlock()
		return s.UDPConn.WriteToUDPAddrPort(b, to)
	}
	for len(s.load.arena)+len(b) > batchArena {
		s.mu.Unlock()
		s.send()
		s.mu.Lock()
	}
	s.load.add(b, to)
	s.mu.Unlock()
	return len(b), nil
}

func (l *batchLoad) add(b []byte, to netip.AddrPort) {
	d := l.destinations[to]
	if d == nil {
		if len(l.destinations) >= knownDestinations {
			clear(l.destinations)
		}
		d = &destination{address: net.UDPAddr{IP: to.Addr().AsSlice(), Port: int(to.Port()), Zone: to.Addr().Zone()}}
		l.destinations[to] = d
	}
	if len(d.packets) == 0 {
		l.order = append(l.order, d)
	}
	start := len(l.arena)
	l.arena = append(l.arena, b...)
	d.packets = append(d.packets, l.arena[start:len(l.arena):len(l.arena)])
}

// Begin has packets held back until Flush. Several workers may be between the two at a time.
func (s *batchSocket) Begin() {
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
}

// Flush sends what was held back.
func (s *batchSocket) Flush() {
	s.mu.Lock()
	s.open--
	waiting := len(s.load.order) > 0
	s.mu.Unlock()
	if waiting {
		s.send()
	}
}

// send sends what waits.
func (s *batchSocket) send() {
	s.sending.Lock()
	defer s.sending.Unlock()
	s.mu.Lock()
	load := s.load
	s.load, s.spare = s.spare, load
	s.mu.Unlock()
	s.trains = s.trains[:0]
	for _, d := range load.order {
		s.couple(d)
	}
	for waiting := s.trains; len(waiting) > 0; {
		n := min(len(waiting), batchMessages)
		s.write(waiting[:n])
		waiting = waiting[n:]
	}
	for _, d := range load.order {
		clear(d.packets)
		d.packets = d.packets[:0]
	}
	clear(load.order)
	load.order, load.arena = load.order[:0], load.arena[:0]
}

// couple makes the packets of a destination into trains.
func (s *batchSocket) couple(d *destination) {
	cut := s.segments.Load()
	for rest := d.packets; len(rest) > 0; {
		n, bytes := 1, len(rest[0])
		for cut && n < len(rest) && n < trainSegments && len(rest[n-1]) == len(rest[0]) && len(rest[n]) <= len(rest[0]) &&
			bytes+len(rest[n]) <= trainBytes {
			bytes += len(rest[n])
			n++
		}
		if len(s.trains) < cap(s.trains) {
			s.trains = s.trains[:len(s.trains)+1]
		} else {
			s.trains = append(s.trains, train{})
		}
		t := &s.trains[len(s.trains)-1]
		if t.control == nil {
			t.control = segmentControl()
		}
		t.to, t.packets = d, rest[:n]
		rest = rest[n:]
	}
}

// segmentControl is the control message that says how long the packets of a train are.
func segmentControl() []byte {
	b := make([]byte, unix.CmsgSpace(2))
	binary.NativeEndian.PutUint64(b, uint64(unix.CmsgLen(2)))
	binary.NativeEndian.PutUint32(b[8:], unix.SOL_UDP)
	binary.NativeEndian.PutUint32(b[12:], unix.UDP_SEGMENT)
	return b
}

// write sends some trains. What the kernel refuses to cut goes packet by packet.
func (s *batchSocket) write(trains []train) {
	for i := range trains {
		t, m := &trains[i], &s.out[i]
		m.Addr, m.Buffers, m.OOB = &t.to.address, append(m.Buffers[:0], t.packets...), nil
		if len(t.packets) > 1 {
			binary.NativeEndian.PutUint16(t.control[unix.CmsgLen(0):], uint16(len(t.packets[0])))
			m.OOB = t.control
		}
	}
	for done := 0; done < len(trains); {
		n, err := s.messages.WriteBatch(s.out[done:len(trains)], 0)
		if done += max(n, 0); err == nil || errors.Is(err, net.ErrClosed) {
			if n <= 0 {
				return
			}
			continue
		}
		t := &trains[done]
		if len(t.packets) > 1 && errors.Is(err, unix.EIO) {
			s.segments.Store(false) // this interface cannot
		}
		for _, p := range t.packets {
			_, _ = s.UDPConn.WriteToUDP(p, &t.to.address)
		}
		done++
	}
}
