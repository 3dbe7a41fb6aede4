// Package packets keeps the packets of one published layer: a ring that one goroutine fills and any number read
// without a lock, and the bookkeeping of sequence numbers around it.
package packets

import (
	"sync/atomic"

	"diemcau/sfu/codec"
)

// Packet is one received RTP packet. It is immutable once it is in a ring, so readers may keep it as long as they like.
type Packet struct {
	Sequence  uint64 // extended (RFC 3550, appendix A.1), without the packets that are never forwarded
	Timestamp uint32
	Marker    bool
	Codec     codec.Codec
	Payload   []byte // without padding
	// Descriptor is the dependency descriptor that came with it, if one did.
	Descriptor []byte
	Facts      codec.Payload
	Arrival    int64 // nanoseconds of the engine's clock
	// Epoch changes when the source was interrupted: numbers before and after it do not follow each other.
	Epoch uint32

	place uint64 // in the order of arrival; set by Put
}

// KeptFor is how long a ring keeps a packet, in nanoseconds: a receiver would show nothing of one that is repaired later.
const KeptFor = 1_500_000_000

// Ring holds the newest packets of a layer in the order of their arrival and finds them by sequence number. One goroutine
// calls Put; any goroutine reads.
type Ring struct {
	mask    uint64
	arrived []atomic.Pointer[Packet]
	numbers []atomic.Pointer[Packet]
	head    atomic.Uint64
	oldest  atomic.Uint64 // sequence number of the packet at the tail
	tail    uint64        // of the oldest packet that is kept; of the writer
}

// NewRing makes a ring for size packets; size is a power of two.
func NewRing(size int) *Ring {
	if size <= 0 || size&(size-1) != 0 {
		panic("packets: ring size is not a power of two")
	}
	return &Ring{mask: uint64(size - 1), arrived: make([]atomic.Pointer[Packet], size), numbers: make([]atomic.Pointer[Packet], size)}
}

// Put adds a packet and lets go of those that are too old by then.
func (r *Ring) Put(p *Packet) {
	head := r.head.Load()
	p.place = head
	r.tail = max(r.tail, head-min(head, r.mask))
	for ; r.tail < head; r.tail++ {
		old := r.arrived[r.tail&r.mask].Load()
		if p.Arrival-old.Arrival <= KeptFor {
			break
		}
		r.arrived[r.tail&r.mask].Store(nil)
		r.numbers[old.Sequence&r.mask].CompareAndSwap(old, nil)
	}
	r.arrived[head&r.mask].Store(p)
	r.numbers[p.Sequence&r.mask].Store(p)
	r.oldest.Store(r.arrived[r.tail&r.mask].Load().Sequence)
	r.head.Store(head + 1)
}

// Head is the number of packets that were put so far.
func (r *Ring) Head() uint64 { return r.head.Load() }

// Read copies the packets that arrived since cursor into dst and gives the next cursor and how many were overwritten
// before they could be read.
func (r *Ring) Read(cursor uint64, dst []*Packet) (n int, next uint64, missed uint64) {
	head := r.head.Load()
	// A quarter of the ring is left to the writer, which may run on while this reads.
	if keep := (r.mask + 1) / 4 * 3; head-cursor > keep {
		missed = head - cursor - keep
		cursor += missed
	}
	for cursor < head && n < len(dst) {
		p := r.arrived[cursor&r.mask].Load()
		if p == nil { // too old by now
			missed++
			cursor++
			continue
		}
		if p.place != cursor { // the writer came round: all up to there is gone
			missed += p.place - r.mask - cursor
			return n, p.place - r.mask, missed
		}
		dst[n] = p
		n++
		cursor++
	}
	return n, cursor, missed
}

// Forgotten tells that a packet with this sequence number is gone, or would be if it had come.
func (r *Ring) Forgotten(sequence uint64) bool { return sequence < r.oldest.Load() }

// Get gives the packet with an extended sequence number, or nil when it is gone or never came.
func (r *Ring) Get(sequence uint64) *Packet {
	if p := r.numbers[sequence&r.mask].Load(); p != nil && p.Sequence == sequence {
		return p
	}
	return nil
}
