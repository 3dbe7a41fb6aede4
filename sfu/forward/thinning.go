package forward

import "diemcau/sfu/packets"

// AllTemporal is the limit of a slot that takes every temporal layer.
const AllTemporal = 255

// thinning leaves the frames of higher temporal layers out of a slot, so that its numbers go on without a gap. Where a packet has not come
// yet nobody knows whether it will be left out: its number stays free until it comes, and is then taken by it or by a filler.
type thinning struct {
	started   bool   // there was a packet since the switch
	newest    uint64 // the source's newest packet so far
	timestamp uint32 // and its timestamp
	leftOut   bool   // and whether it was left out

	reserved uint64 // the newest number that is taken or stays free, extended
	past     lowering
	memory   [thinningMemory]lowering // by the slot's numbers
}

// thinningMemory is how many of a slot's newest numbers can be told to whom they belong: as many as a layer keeps packets.
const thinningMemory = 512

// lowering is by how much the numbers of a source are lowered at one place, for what was left out before it since the switch.
type lowering struct {
	packets  uint32
	pictures uint16
	top      uint8
}

// lower applies to offsets what was left out before a place.
func (o Offsets) lower(l lowering) Offsets {
	o.Sequence -= uint16(l.packets)
	o.PictureID -= l.pictures
	o.Temporal = l.top
	return o
}

// number gives the slot's number for a packet of the source.
func (o Offsets) number(source uint64, l lowering) uint64 {
	return o.out + (source - o.from) - uint64(l.packets)
}

// source gives the packet of the source for a number of the slot.
func (o Offsets) source(number uint64, l lowering) uint64 {
	return o.from + (number - o.out) + uint64(l.packets)
}

// newThinning begins to leave out after everything went out up to a number of the slot.
func newThinning(o Offsets, highest uint64, timestamp uint32) *thinning {
	t := &thinning{reserved: highest, past: lowering{top: AllTemporal}}
	for i := range t.memory {
		t.memory[i].top = AllTemporal
	}
	if highest >= o.out {
		t.started, t.newest, t.timestamp = true, o.source(highest, lowering{}), timestamp-o.Timestamp
	}
	return t
}

// switched begins with a new source's key frame after the number that went out last.
func (t *thinning) switched(highest uint64, limit uint8) {
	t.started, t.leftOut = false, false
	t.reserved = highest
	t.past = lowering{top: limit}
}

// place decides about a packet that did not come before the switch, and gives the number that it is to have.
func (t *thinning) place(p *packets.Packet, o Offsets, limit uint8) (number uint64, under Offsets, v Verdict) {
	if t.started && p.Sequence <= t.newest {
		return t.late(p, o)
	}
	sameFrame := t.started && p.Timestamp == t.timestamp
	t.adjust(p, sameFrame, limit)
	leaveOut := p.Facts.Temporal > t.past.top
	number = o.number(p.Sequence, t.past)
	if leaveOut && sameFrame && t.leftOut {
		// What is missing between two packets of a frame that is left out is of that frame.
		t.past.packets += uint32(number - t.reserved - 1)
		number = t.reserved + 1
	}
	t.keepFree(number)
	t.started, t.newest, t.timestamp, t.leftOut = true, p.Sequence, p.Timestamp, leaveOut
	if leaveOut {
		t.past.packets++
		if !sameFrame {
			t.past.pictures++
		}
		return 0, o, LeftOut
	}
	t.reserved = number
	t.memory[number%thinningMemory] = t.past
	return number, o.lower(t.past), Forward
}

// adjust follows the limit where the stream permits it: down between two frames, up with a key frame, or by one layer with a frame of that
// layer that refers to none but those of layer 0.
func (t *thinning) adjust(p *packets.Packet, sameFrame bool, limit uint8) {
	switch {
	case p.Facts.KeyFrame, limit < t.past.top && !sameFrame:
		t.past.top = limit
	case limit > t.past.top && p.Facts.FrameStart && p.Facts.Sync && p.Facts.Temporal == t.past.top+1:
		t.past.top++
	}
}

// keepFree notes that the numbers before one belong to packets that have not come.
func (t *thinning) keepFree(before uint64) {
	from := t.reserved + 1
	if before-from > thinningMemory {
		from = before - thinningMemory
	}
	for n := from; n < before; n++ {
		t.memory[n%thinningMemory] = t.past
	}
	t.reserved = before - 1
}

// late finds the number that was kept free for a packet.
func (t *thinning) late(p *packets.Packet, o Offsets) (number uint64, under Offsets, v Verdict) {
	low := max(o.out, t.reserved+1-min(t.reserved+1, thinningMemory))
	high := t.reserved + 1
	for low < high {
		middle := low + (high-low)/2
		if o.source(middle, t.memory[middle%thinningMemory]) < p.Sequence {
			low = middle + 1
		} else {
			high = middle
		}
	}
	l := t.memory[low%thinningMemory]
	switch {
	case low > t.reserved || o.source(low, l) != p.Sequence:
		return 0, o, LeftOut // or too late
	case p.Facts.Temporal > l.top:
		return low, o.lower(l), Filler
	}
	return low, o.lower(l), Forward
}

// origin gives the offsets of the packet that belongs under a number of the slot; ok is false when it is forgotten.
func (t *thinning) origin(number uint64, o Offsets) (source uint64, under Offsets, ok bool) {
	if t.reserved-number >= thinningMemory {
		return 0, Offsets{}, false
	}
	l := t.memory[number%thinningMemory]
	return o.source(number, l), o.lower(l), true
}
