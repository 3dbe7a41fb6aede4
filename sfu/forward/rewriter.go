package forward

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// Rewriter keeps one slot's numbers continuous while its sources follow each other: sequence number, timestamp and the
// VP8 fields of RFC 7741 (picture id, TL0PICIDX, KEYIDX). It belongs to the worker that sends the slot.
//
// A slot runs on the server's clock: at a switch the timestamp takes the value that the clock has, and from there it follows
// the source. Frames of higher temporal layers than the slot's limit are left out.
type Rewriter struct {
	clockRate uint64
	base      uint32 // the slot's timestamp at time 0 of the engine's clock

	started  bool
	switches uint32 // counts the switches: it names the offsets in force
	epoch    uint32

	highest    uint64 // the newest sequence number sent, extended
	highestTS  uint32
	highestVP8 vp8Numbers

	history [History]Offsets // by switches modulo its size

	limit    uint8     // the highest temporal layer that should go out
	thinning *thinning // nil while nothing was ever left out
}

// Verdict says what becomes of a packet of a slot's source.
type Verdict uint8

// The verdicts.
const (
	Forward Verdict = iota // it goes out
	Early                  // it is from before the switch
	LeftOut                // it is of a temporal layer that the slot does not take
	// Filler is a packet that is left out but was late, so that the numbers after it have gone out: a packet without payload goes out
	// under its number, lest the receiver ask for it.
	Filler
)

// History is how many switches are remembered.
const History = 8

type vp8Numbers struct {
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
	Switch    uint32
	// Temporal is the highest temporal layer that goes out.
	Temporal uint8

	from, out uint64 // sequence numbers of the switch's first packet at its source and in the slot, extended
}

// NewRewriter makes a slot's rewriter. sequence and timestamp are where its numbers begin; sequence should be below 2^15, so that
// a receiver that misses the first packets cannot mistake the roll-over (RFC 3711, section 3.3.1).
func NewRewriter(clockRate uint32, sequence uint16, timestamp uint32) *Rewriter {
	return &Rewriter{clockRate: uint64(clockRate), base: timestamp, highest: 1<<16 + uint64(sequence) - 1, limit: AllTemporal}
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
	d := p.Facts.VP8
	out := r.highest + 1
	r.history[r.switches%History] = Offsets{
		Sequence:  uint16(out - p.Sequence),
		Timestamp: timestamp - p.Timestamp,
		PictureID: r.highestVP8.pictureID + 1 - d.PictureID,
		TL0PicIdx: r.highestVP8.tl0 + 1 - d.TL0PicIdx,
		KeyIdx:    r.highestVP8.key + 1 - d.KeyIdx,
		Switch:    r.switches,
		Temporal:  AllTemporal,
		from:      p.Sequence,
		out:       out,
	}
	if r.thinning != nil {
		r.thinning.switched(r.highest, r.limit)
	}
}

// SetTemporal sets the highest temporal layer that goes out, or AllTemporal. It is followed where the stream permits it.
func (r *Rewriter) SetTemporal(limit uint8) { r.limit = limit }

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
	if r.thinning == nil && p.Facts.Temporal > r.limit {
		r.thinning = newThinning(o, r.highest, r.highestTS)
	}
	out := o.number(p.Sequence, lowering{})
	if r.thinning != nil {
		if out, o, v = r.thinning.place(p, o, r.limit); v == LeftOut {
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
		r.highestTS = ts
	}
	if p.Codec == codec.VP8 {
		d := p.Facts.VP8
		n := &r.highestVP8
		if d.PictureIDAt != 0 {
			ahead := int16((d.PictureID+o.PictureID-n.pictureID)<<1) >> 1
			if !d.PictureID15Bit {
				ahead = int16(int8(ahead<<1) >> 1) // only 7 bits are known
			}
			if ahead > 0 {
				n.pictureID = (n.pictureID + uint16(ahead)) & 0x7fff
			}
		}
		if d.TL0PicIdxAt != 0 {
			if tl0 := d.TL0PicIdx + o.TL0PicIdx; int8(tl0-n.tl0) > 0 {
				n.tl0 = tl0
			}
		}
		if d.KeyIdxAt != 0 {
			if key := d.KeyIdx + o.KeyIdx; int8((key-n.key)<<3) > 0 {
				n.key = key & 0x1f
			}
		}
	}
}

// Highest is the newest sequence number that went out, of which a packet carries the lower 16 bits; before the first, the one below it.
func (r *Rewriter) Highest() uint64 { return r.highest }

// LastTimestamp is the newest timestamp that went out.
func (r *Rewriter) LastTimestamp() uint32 { return r.highestTS }

// Apply patches the VP8 fields of a copy of p's payload.
func (o Offsets) Apply(p *packets.Packet, payload []byte) {
	d := p.Facts.VP8
	codec.PatchVP8(payload, d, d.PictureID+o.PictureID, d.TL0PicIdx+o.TL0PicIdx, d.KeyIdx+o.KeyIdx)
}
