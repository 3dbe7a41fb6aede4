package forward

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// Rewriter keeps one slot's numbers continuous while its sources follow each other: sequence number, timestamp, the fields of VP8 and VP9
// (picture id, TL0PICIDX, KEYIDX: RFC 7741, RFC 9628), and frame numbers and template ids of dependency descriptors. It belongs to the worker
// that sends the slot.
//
// A slot runs on the server's clock: at a switch the timestamp takes the value that the clock has, and from there it follows
// the source. Frames of higher layers than the slot's limit are left out.
type Rewriter struct {
	clockRate uint64
	base      uint32 // the slot's timestamp at time 0 of the engine's clock

	started  bool
	switches uint32 // counts the switches: it names the offsets in force
	epoch    uint32

	highest        uint64 // the newest sequence number sent, extended
	highestTS      uint32
	newest         frame // of the source, with the newest timestamp
	highestPicture pictureNumbers
	highestFrame   uint16 // of dependency descriptors
	freeTemplate   uint8  // the first id that no template has

	history [History]Offsets // by switches modulo its size

	limit    Limit
	goal     goal
	thinning *thinning // nil while nothing was ever left out
}

// goal is the target that a limit comes to.
type goal struct {
	structure *codec.Structure
	active    uint16
	limit     Limit
	target    uint8
}

// Verdict says what becomes of a packet of a slot's source.
type Verdict uint8

// The verdicts.
const (
	Forward Verdict = iota // it goes out
	Early                  // it is from before the switch
	LeftOut                // it is of a layer that the slot does not take
	// Filler is a packet that is left out but was late, so that the numbers after it have gone out: a packet without payload goes out
	// under its number, lest the receiver ask for it.
	Filler
)

// History is how many switches are remembered.
const History = 8

type pictureNumbers struct {
	pictureID uint16
	tl0       uint8
	key       uint8
}

// Offsets is what is added to a source's numbers under one switch. All additions wrap at the width of the field.
type Offsets struct {
	Sequence  uint16
	Timestamp uint32
	PictureID uint16
	TL0PicIdx uint8
	KeyIdx    uint8
	Frame     uint16 // of a dependency descriptor
	Template  uint8
	Switch    uint32
	// Target is what goes out of the source (codec.Payload.Of).
	Target uint8

	from, out uint64 // sequence numbers of the switch's first packet at its source and in the slot, extended
}

// NewRewriter makes a slot's rewriter. sequence and timestamp are where its numbers begin; sequence should be below 2^15, so that
// a receiver that misses the first packets cannot mistake the roll-over (RFC 3711, section 3.3.1).
func NewRewriter(clockRate uint32, sequence uint16, timestamp uint32) *Rewriter {
	return &Rewriter{clockRate: uint64(clockRate), base: timestamp, highest: 1<<16 + uint64(sequence) - 1, limit: Unlimited}
}

// Switch makes p the first packet of a new source, or of a source that was interrupted. now is the engine's clock in
// nanoseconds.
func (r *Rewriter) Switch(p *packets.Packet, now int64) {
	at := uint64(now)
	// Whole seconds apart: the product of nanoseconds and a clock rate leaves 64 bits after two days.
	timestamp := r.base + uint32(at/1e9*r.clockRate+at%1e9*r.clockRate/1e9)
	if !r.started {
		r.started = true
	} else if ahead := int32(timestamp - r.highestTS); ahead < int32(r.clockRate/200) {
		timestamp = r.highestTS + uint32(r.clockRate/100) // at least 10 ms on, so that no frame is taken for a part of the last one
	}
	r.switches++
	r.epoch = p.Epoch
	out := r.highest + 1
	o := Offsets{
		Sequence:  uint16(out - p.Sequence),
		Timestamp: timestamp - p.Timestamp,
		PictureID: r.highestPicture.pictureID + 1 - p.Facts.VP8.PictureID - p.Facts.VP9.PictureID,
		TL0PicIdx: r.highestPicture.tl0 + 1 - p.Facts.VP8.TL0PicIdx - p.Facts.VP9.TL0PicIdx,
		KeyIdx:    r.highestPicture.key + 1 - p.Facts.VP8.KeyIdx,
		Frame:     r.highestFrame + 1 - p.Facts.Dependency.Number,
		Switch:    r.switches,
		Target:    All,
		from:      p.Sequence,
		out:       out,
	}
	if s := p.Facts.Dependency.Structure; s != nil {
		from, _ := s.Templates()
		o.Template = r.freeTemplate - from
	}
	r.history[r.switches%History] = o
	want := r.want(p)
	if r.thinning == nil && leavesOut(p, want) {
		r.thinning = newThinning(o, r.highest, r.newest)
	}
	if r.thinning != nil {
		r.thinning.switched(p, r.highest, want)
	}
}

// leavesOut tells whether frames are left out of a packet's stream for a target: one like the packet's, or where the source describes them
// any. Of the frames before those the last one is to end its picture.
func leavesOut(p *packets.Packet, want uint8) bool {
	if s := p.Facts.Dependency.Structure; s != nil {
		return !s.Whole(want)
	}
	return !p.Facts.Of(want)
}

// SetLimit sets which layers go out. It is followed where the stream permits it.
func (r *Rewriter) SetLimit(limit Limit) { r.limit = limit }

// want gives the target that should go out of the stream that a packet is of.
func (r *Rewriter) want(p *packets.Packet) uint8 {
	d := &p.Facts.Dependency
	switch {
	case !d.Described():
		return r.limit.Temporal
	case d.Structure == nil:
		return All
	case r.goal.structure != d.Structure || r.goal.active != d.Active || r.goal.limit != r.limit:
		r.goal = goal{d.Structure, d.Active, r.limit, d.Structure.Best(r.limit.Spatial, r.limit.Temporal, d.Active)}
	}
	return r.goal.target
}

// Wants tells whether a packet belongs to what the slot should take of its stream. Until the stream permits it another part may go out.
func (r *Rewriter) Wants(p *packets.Packet) bool { return p.Facts.Of(r.want(p)) }

// Stuck tells that the slot can follow its limit with a key frame only.
func (r *Rewriter) Stuck() bool { return r.thinning != nil && r.thinning.stuck }

// Target gives the target that goes out of a stream that a structure describes; ok is false where it is not the slot's.
func (r *Rewriter) Target(s *codec.Structure) (target uint8, ok bool) {
	switch t := r.thinning; {
	case t == nil:
		return r.goal.target, r.goal.structure == s
	case int(t.past.top) < len(s.Targets):
		return t.past.top, t.structure == s
	}
	return 0, false
}

// Current gives the offsets of the newest switch, without what was left out since.
func (r *Rewriter) Current() Offsets { return r.history[r.switches%History] }

// Origin gives the source's packet that belongs under a sequence number of the slot, and the switch that it went out under. It may
// never have gone out: one that arrived before the key frame that it belongs to, or after its source had left the slot. ok is
// false for numbers that are still to come and for those of switches that are forgotten.
func (r *Rewriter) Origin(number uint16) (source uint64, under Offsets, ok bool) {
	behind := uint16(r.highest) - number
	if behind >= 1<<15 {
		return 0, Offsets{}, false
	}
	out := r.highest - uint64(behind)
	for back := range min(r.switches, History) {
		if o := r.history[(r.switches-back)%History]; out >= o.out {
			if r.thinning != nil {
				return r.thinning.origin(out, o)
			}
			return o.from + (out - o.out), o, true
		}
	}
	return 0, Offsets{}, false
}

// Interrupted tells that p comes after an interruption of the source, so that Switch is due.
func (r *Rewriter) Interrupted(p *packets.Packet) bool { return !r.started || p.Epoch != r.epoch }

// Place decides about a packet and takes note of it. under are the offsets that it goes out under.
func (r *Rewriter) Place(p *packets.Packet) (under Offsets, v Verdict) {
	o := r.Current()
	if p.Sequence < o.from || p.Epoch != r.epoch {
		return o, Early
	}
	want := r.want(p)
	if r.thinning == nil && leavesOut(p, want) {
		r.thinning = newThinning(o, r.highest, r.newest)
	}
	out := o.number(p.Sequence, lowering{})
	if r.thinning != nil {
		if out, o, v = r.thinning.place(p, o, want); v == LeftOut {
			return o, v
		}
	}
	r.highest = max(r.highest, out)
	if v == Forward {
		r.note(p, o)
	}
	return o, v
}

// note keeps the newest numbers that went out.
func (r *Rewriter) note(p *packets.Packet, o Offsets) {
	if ts := p.Timestamp + o.Timestamp; int32(ts-r.highestTS) > 0 || o.from == p.Sequence {
		r.highestTS, r.newest = ts, frameOf(p)
	} else if f := frameOf(p); ts == r.highestTS && int16(f.number-r.newest.number) > 0 {
		r.newest = f
	}
	n := &r.highestPicture
	switch p.Codec {
	case codec.VP8:
		d := &p.Facts.VP8
		n.note(d.PictureIDAt, d.PictureID15Bit, d.PictureID+o.PictureID, d.TL0PicIdxAt, d.TL0PicIdx+o.TL0PicIdx)
		if d.KeyIdxAt != 0 {
			if key := d.KeyIdx + o.KeyIdx; int8((key-n.key)<<3) > 0 {
				n.key = key & 0x1f
			}
		}
	case codec.VP9:
		d := &p.Facts.VP9
		n.note(d.PictureIDAt, d.PictureID15Bit, d.PictureID+o.PictureID, d.TL0PicIdxAt, d.TL0PicIdx+o.TL0PicIdx)
	}
	if d := &p.Facts.Dependency; d.Described() {
		if number := d.Number + o.Frame; int16(number-r.highestFrame) > 0 {
			r.highestFrame = number
		}
		if d.Structure != nil {
			_, free := d.Structure.Templates()
			r.freeTemplate = free + o.Template
		}
	}
}

// note takes a picture's numbers, where its payload has them.
func (n *pictureNumbers) note(pictureAt uint8, long bool, picture uint16, tl0At, tl0 uint8) {
	if pictureAt != 0 {
		ahead := int16((picture-n.pictureID)<<1) >> 1
		if !long {
			ahead = int16(int8(ahead<<1) >> 1) // only 7 bits are known
		}
		if ahead > 0 {
			n.pictureID = (n.pictureID + uint16(ahead)) & 0x7fff
		}
	}
	if tl0At != 0 && int8(tl0-n.tl0) > 0 {
		n.tl0 = tl0
	}
}

// Highest is the newest sequence number that went out, of which a packet carries the lower 16 bits; before the first, the one below it.
func (r *Rewriter) Highest() uint64 { return r.highest }

// LastTimestamp is the newest timestamp that went out.
func (r *Rewriter) LastTimestamp() uint32 { return r.highestTS }

// Apply patches the fields of VP8 and VP9 in a copy of p's payload.
func (o *Offsets) Apply(p *packets.Packet, payload []byte) {
	if p.Codec == codec.VP8 {
		d := p.Facts.VP8
		codec.PatchVP8(payload, d, d.PictureID+o.PictureID, d.TL0PicIdx+o.TL0PicIdx, d.KeyIdx+o.KeyIdx)
		return
	}
	d := p.Facts.VP9
	codec.PatchVP9(payload, d, d.PictureID+o.PictureID, d.TL0PicIdx+o.TL0PicIdx)
}

// Describe appends the dependency descriptor that p goes out with. Where layers are left out each frame says which targets are left.
func (o *Offsets) Describe(b []byte, p *packets.Packet) []byte {
	d := &p.Facts.Dependency
	if s := d.Structure; s != nil && int(o.Target) < len(s.Targets) && (p.Facts.FrameStart || d.Masked()) {
		return codec.AppendActive(b, p.Descriptor, d, o.Frame, o.Template, d.Active&s.Targets[o.Target].Includes)
	}
	return codec.AppendDescriptor(b, p.Descriptor, o.Frame, o.Template)
}

// Marker tells whether p goes out as the last packet of its picture.
func (o *Offsets) Marker(p *packets.Packet) bool { return p.Marker || p.Facts.Ends(o.Target) }
