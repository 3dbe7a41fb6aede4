package forward

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// Rewriter keeps one slot's numbers continuous while its sources follow each other: sequence number, timestamp and the
// VP8 fields of RFC 7741 (picture id, TL0PICIDX, KEYIDX). It belongs to the worker that sends the slot.
//
// A slot runs on the server's clock: at a switch the timestamp takes the value that the clock has, and from there it follows
// the source.
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
}

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

	from, out uint64 // sequence numbers of the switch's first packet at its source and in the slot, extended
}

// NewRewriter makes a slot's rewriter. sequence and timestamp are where its numbers begin; sequence should be below 2^15, so that
// a receiver that misses the first packets cannot mistake the roll-over (RFC 3711, section 3.3.1).
func NewRewriter(clockRate uint32, sequence uint16, timestamp uint32) *Rewriter {
	return &Rewriter{clockRate: uint64(clockRate), base: timestamp, highest: 1<<16 + uint64(sequence) - 1}
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
		from:      p.Sequence,
		out:       out,
	}
}

// Current gives the offsets in force.
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
			return o.from + (out - o.out), o, true
		}
	}
	return 0, Offsets{}, false
}

// Interrupted tells that p comes after an interruption of the source, so that Switch is due.
func (r *Rewriter) Interrupted(p *packets.Packet) bool { return !r.started || p.Epoch != r.epoch }

// Accept takes note of a packet that goes out under the current offsets. It is false for one from before the switch.
func (r *Rewriter) Accept(p *packets.Packet) bool {
	o := r.Current()
	if p.Sequence < o.from || p.Epoch != r.epoch {
		return false
	}
	r.highest = max(r.highest, o.out+(p.Sequence-o.from))
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
	return true
}

// LastTimestamp is the newest timestamp that went out.
func (r *Rewriter) LastTimestamp() uint32 { return r.highestTS }

// Apply patches the VP8 fields of a copy of p's payload.
func (o Offsets) Apply(p *packets.Packet, payload []byte) {
	d := p.Facts.VP8
	codec.PatchVP8(payload, d, d.PictureID+o.PictureID, d.TL0PicIdx+o.TL0PicIdx, d.KeyIdx+o.KeyIdx)
}
