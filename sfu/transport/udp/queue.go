package udp

import (
	"net"
	"slices"
)

// Limits of what waits in a queue.
const (
	arenaBytes    = 1 << 20 // of all packets that wait
	trainSegments = 48      // packets of one message; the kernel takes 64 (UDP_MAX_SEGMENTS)
	trainBytes    = 60_000  // of one message: less than a UDP datagram can be
	coupleWindow  = 64      // packets of a destination among which those for a train are looked for
)

// Queue collects what one goroutine sends and sends it together. The packets of one stream keep their order; those of several streams to
// one destination may change places, so that more of them fit into one message.
type Queue struct {
	socket *Socket
	arena  []byte
	order  []*Destination // that have packets, in the order of their first
	trains []train
	parts  []segment // of all trains
	out    *outbox   // nil on networks that are not the kernel's
}

// Destination is a peer that packets are queued for. It belongs to the goroutine of its queue.
type Destination struct {
	Path
	address *net.UDPAddr // for networks that are not the kernel's
	kernel  kernelAddress
	waiting []segment
}

// segment is a packet in the arena.
type segment struct {
	stream   uint32
	at, size int32
}

// train is one message: packets of one size, but for the last, which may be smaller.
type train struct {
	to      *Destination
	packets []segment
}

// NewQueue makes a queue of a socket.
func NewQueue(s *Socket) *Queue {
	q := &Queue{socket: s, arena: make([]byte, 0, arenaBytes)}
	if s.kernel != nil {
		q.out = newOutbox()
	}
	return q
}

// NewDestination makes a destination of the socket's queues.
func (s *Socket) NewDestination(p Path) *Destination {
	d := &Destination{Path: p, address: net.UDPAddrFromAddrPort(p.Remote)}
	if s.kernel != nil && p.Carrier == nil {
		d.kernel = s.kernel.address(p)
	}
	return d
}

// Reserve gives room for a packet of at most n bytes, n up to MaxPacket. It is void after the next call of the queue; Add queues it.
func (q *Queue) Reserve(n int) []byte {
	if len(q.arena)+n > cap(q.arena) {
		q.Flush()
	}
	return q.arena[len(q.arena) : len(q.arena)+n]
}

// Add queues the first n bytes of what Reserve gave as a packet of a stream. An empty packet is none.
func (q *Queue) Add(to *Destination, stream uint32, n int) {
	if n == 0 {
		return
	}
	if len(to.waiting) == 0 {
		q.order = append(q.order, to)
	}
	to.waiting = append(to.waiting, segment{stream, int32(len(q.arena)), int32(n)})
	q.arena = q.arena[:len(q.arena)+n]
}

// Flush sends what was queued. A packet that cannot be sent is lost, as it would be on the way.
func (q *Queue) Flush() {
	if len(q.order) == 0 {
		return
	}
	q.trains, q.parts = q.trains[:0], q.parts[:0]
	cut := q.socket.kernel != nil && q.socket.kernel.segments.Load()
	for _, d := range q.order {
		if d.Carrier == nil {
			q.couple(d, cut)
		} else {
			q.carry(d)
		}
		d.waiting = d.waiting[:0]
	}
	if k := q.socket.kernel; k != nil {
		k.sendTrains(q.out, q.arena, q.trains)
	} else {
		for _, t := range q.trains {
			for _, p := range t.packets {
				_, _ = q.socket.conn.WriteTo(q.arena[p.at:p.at+p.size], t.to.address)
			}
		}
	}
	clear(q.order)
	q.order, q.arena = q.order[:0], q.arena[:0]
}

// carry hands the packets of a destination to who carries them.
func (q *Queue) carry(d *Destination) {
	for _, p := range d.waiting {
		_ = d.Carrier.Send(q.arena[p.at : p.at+p.size])
	}
}

// couple makes the packets of a destination into trains, each as long as can be: it begins with the largest packet that is the first of its
// stream, takes all of that size whose streams were not passed over, and ends with a smaller one: the smallest, which is the likeliest to be
// alone of its size.
func (q *Queue) couple(d *Destination, cut bool) {
	for rest := d.waiting; len(rest) > 0; {
		start := len(q.parts)
		if !cut || len(rest) == 1 {
			q.parts = append(q.parts, rest[0])
			rest = rest[1:]
		} else {
			rest = q.takeTrain(rest)
		}
		q.trains = append(q.trains, train{d, q.parts[start:len(q.parts):len(q.parts)]})
	}
}

// takeTrain moves the packets of the next train from rest to the parts and gives what is left.
func (q *Queue) takeTrain(rest []segment) []segment {
	var seen streams
	window := rest[:min(len(rest), coupleWindow)]
	size := int32(0)
	for _, p := range window {
		if p.size > size && !seen.has(p.stream) {
			size = p.size
		}
		seen.add(p.stream)
	}
	var passed streams
	last, kept, taken, bytes := -1, 0, 0, int32(0)
	for _, p := range window {
		if p.size == size && taken < trainSegments-1 && bytes+p.size <= trainBytes && !passed.has(p.stream) {
			q.parts = append(q.parts, p)
			taken++
			bytes += p.size
			continue
		}
		if p.size < size && (last < 0 || p.size < window[last].size) && !passed.has(p.stream) {
			last = kept
		}
		passed.add(p.stream)
		window[kept] = p
		kept++
	}
	if last >= 0 && bytes+window[last].size <= trainBytes {
		q.parts = append(q.parts, window[last])
		kept = len(slices.Delete(window[:kept], last, last+1))
		taken++
	}
	// What is left of the window goes before the rest.
	copy(rest[taken:], window[:kept])
	return rest[taken:]
}

// streams is a small set. It forgets none: where it is full, it holds every stream.
type streams struct {
	members [16]uint32
	n       int
}

func (s *streams) has(stream uint32) bool {
	return s.n == len(s.members) || slices.Contains(s.members[:s.n], stream)
}

func (s *streams) add(stream uint32) {
	if s.n < len(s.members) && !slices.Contains(s.members[:s.n], stream) {
		s.members[s.n] = stream
		s.n++
	}
}
