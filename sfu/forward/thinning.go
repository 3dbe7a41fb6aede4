package forward

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// thinning leaves the frames of higher layers out of a slot, so that its numbers go on without a gap. Where a packet has not come
// yet nobody knows whether it will be left out: its number stays free until it comes, and is then taken by it or by a filler.
type thinning struct {
	started bool   // there was a packet since the switch
	newest  uint64 // the source's newest packet so far
	frame   frame  // and its frame
	leftOut bool   // and whether it was left out

	structure *codec.Structure // that past.top is a target of, or nil
	sent      sentFrames
	stuck     bool // only with a key frame the target can be what it should

	reserved uint64 // the newest number that is taken or stays free, extended
	past     lowering
	memory   [thinningMemory]lowering // by the slot's numbers
}

// frame tells the frames of a source apart. Those of one picture have one timestamp, and numbers where the source describes them.
type frame struct {
	timestamp uint32
	number    uint16
}

func frameOf(p *packets.Packet) frame { return frame{p.Timestamp, p.Facts.Dependency.Number} }

// thinningMemory is how many of a slot's newest numbers can be told to whom they belong: as many as a layer keeps packets.
const thinningMemory = 512

// lowering is by how much the numbers of a source are lowered at one place, for what was left out before it since the switch.
type lowering struct {
	packets  uint32
	pictures uint16 // of VP8; of others only their decoder knows how far they refer back
	top      uint8  // the target that goes out there
}

// lower applies to offsets what was left out before a place.
func (o Offsets) lower(l lowering) Offsets {
	o.Sequence -= uint16(l.packets)
	o.PictureID -= l.pictures
	o.Target = l.top
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
func newThinning(o Offsets, highest uint64, newest frame) *thinning {
	t := &thinning{reserved: highest, past: lowering{top: All}}
	for i := range t.memory {
		t.memory[i].top = All
	}
	t.sent.all(newest.number)
	if highest >= o.out {
		t.started, t.newest, t.frame = true, o.source(highest, lowering{}), newest
	}
	return t
}

// switched begins with a new source's key frame after the number that went out last.
func (t *thinning) switched(p *packets.Packet, highest uint64, want uint8) {
	t.started, t.leftOut, t.stuck = false, false, false
	t.structure = p.Facts.Dependency.Structure
	t.sent = sentFrames{newest: p.Facts.Dependency.Number - 1}
	t.reserved = highest
	t.past = lowering{top: want}
}

// place decides about a packet that did not come before the switch, and gives the number that it is to have.
func (t *thinning) place(p *packets.Packet, o Offsets, want uint8) (number uint64, under Offsets, v Verdict) {
	if t.started && p.Sequence <= t.newest {
		return t.late(p, o)
	}
	f := frameOf(p)
	sameFrame := t.started && f == t.frame
	t.adjust(p, sameFrame, want)
	leaveOut := !p.Facts.Of(t.past.top)
	if p.Facts.Dependency.Described() {
		if leaveOut = leaveOut && !sameFrame || sameFrame && t.leftOut; !sameFrame {
			t.sent.note(f.number, !leaveOut)
		}
	}
	number = o.number(p.Sequence, t.past)
	if leaveOut && sameFrame && t.leftOut {
		// What is missing between two packets of a frame that is left out is of that frame.
		t.past.packets += uint32(number - t.reserved - 1)
		number = t.reserved + 1
	}
	t.keepFree(number)
	t.started, t.newest, t.frame, t.leftOut = true, p.Sequence, f, leaveOut
	if leaveOut {
		t.past.packets++
		if !sameFrame && p.Codec == codec.VP8 {
			t.past.pictures++
		}
		return 0, o, LeftOut
	}
	t.reserved = number
	t.memory[number%thinningMemory] = t.past
	return number, o.lower(t.past), Forward
}

// adjust follows the target that is wanted where the stream permits it. Of temporal layers it goes down between two frames, up with a key
// frame, or with a frame that opens higher layers: with VP8 and H.264 the next layer by a frame of that layer which refers to none but those
// of layer 0, with VP9 all higher ones by a frame that goes out.
func (t *thinning) adjust(p *packets.Packet, sameFrame bool, want uint8) {
	switch facts := &p.Facts; {
	case facts.Dependency.Described():
		if facts.Dependency.Structure != nil && !sameFrame {
			t.adjustTarget(p, want)
		}
	case facts.KeyFrame, want < t.past.top && !sameFrame:
		t.past.top = want
	case want <= t.past.top || !facts.FrameStart || !facts.Sync:
	case p.Codec == codec.VP9:
		if facts.Temporal <= t.past.top {
			t.past.top = want
		}
	case facts.Temporal == t.past.top+1:
		t.past.top++
	}
}

// adjustTarget follows the target with a frame whose source describes it. From all that comes, or to a part of what goes out, it goes at any
// frame. Elsewhere it goes with a frame that opens the new target and can be decoded: the newest one of the target's chain went out, and it
// refers to none but those that went out.
func (t *thinning) adjustTarget(p *packets.Packet, want uint8) {
	d, top := &p.Facts.Dependency, t.past.top
	targets := d.Structure.Targets
	renewed := t.structure != d.Structure || p.Facts.KeyFrame || top == All
	inPicture := t.started && p.Timestamp == t.frame.timestamp
	back, chained := d.Protection(want)
	intact := !chained || back == 0 || t.sent.has(d.Number-uint16(back))
	switch {
	case inPicture && (renewed || targets[top].Spatial != targets[want].Spatial):
		return // or the picture would end earlier than its last frame that went out, or never
	case renewed || targets[top].Includes>>want&1 != 0,
		d.Switch>>want&1 != 0 && intact && (chained && back == 0 || p.Facts.Of(top)):
		t.past.top, t.stuck = want, false
	default:
		t.stuck = !intact
		if common := targets[top].Includes & targets[want].Includes; common != 0 {
			t.past.top = d.Structure.Best(All, All, common) // a smaller picture with more frames: first the one, then the other
		}
	}
	t.structure = d.Structure
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
	case !p.Facts.Of(l.top):
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

// sentFrames remembers which of a source's newest frames went out, by their numbers: as far back as a chain can point.
type sentFrames struct {
	newest uint16
	went   [4]uint64
}

// all notes that every frame up to one went out.
func (s *sentFrames) all(newest uint16) {
	s.newest = newest
	for i := range s.went {
		s.went[i] = ^uint64(0)
	}
}

const framesSeen = 4 * 64

// note takes note of a frame that follows the others. Those between that never came did not go out.
func (s *sentFrames) note(number uint16, went bool) {
	ahead := int16(number - s.newest)
	if ahead <= 0 {
		return
	}
	for n := range min(uint16(ahead), framesSeen) {
		at := number - n
		s.went[at/64%4] &^= 1 << (at % 64)
	}
	s.newest = number
	if went {
		s.went[number/64%4] |= 1 << (number % 64)
	}
}

// has tells whether a frame went out.
func (s *sentFrames) has(number uint16) bool {
	return s.newest-number < framesSeen && s.went[number/64%4]>>(number%64)&1 != 0
}
