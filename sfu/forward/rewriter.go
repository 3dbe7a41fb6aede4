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
	first    uint64 // sequence number of the source's packet that the newest switch began with
	epoch    uint32

	highest    uint16 // the newest sequence number sent
	highestTS  uint32
	highestVP8 vp8Numbers

	history [historySize]Offsets // by switches modulo its size
}

const historySize = 8

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
}

// NewRewriter makes a slot's rewriter. sequence and timestamp are where its numbers begin; sequence should be below 2^15, so that
// a receiver that misses the first packets cannot mistake the roll-over (RFC 3711, section 3.3.1).
func NewRewriter(clockRate uint32, sequence uint16, timestamp uint32) *Rewriter {
	return &Rewriter{clockRate: uint64(clockRate), base: timestamp, highest: sequence - 1}
}

// Switch makes p the first packet of a new source, or of a source that was interrupted. now is the engine's clock in
// nanoseconds.
func (r *Rewriter) Switch(p *packets.Packet, now int64) {
	timestamp := r.base + uint32(uint64(now)*r.clockRate/1e9)
	if !r.started {
		r.started = true
	} else if ahead := int32(timestamp - r.highestTS); ahead < int32(r.clockRate/200) {
		timestamp = r.highestTS + uint32(r.clockRate/100) // at least 10 ms on, so that no frame is taken for a part of the last one
	}
	r.switches++
	r.first, r.epoch = p.Sequence, p.Epoch
	d := p.Facts.VP8
	r.history[r.switches%historySize] = Offsets{
		Sequence:  r.highest + 1 - uint16(p.Sequence),
		Timestamp: timestamp - p.Timestamp,
		PictureID: r.highestVP8.pictureID + 1 - d.PictureID,
		TL0PicIdx: r.highestVP8.tl0 + 1 - d.TL0PicIdx,
		KeyIdx:    r.highestVP8.key + 1 - d.KeyIdx,
		Switch:    r.switches,
	}
}

// Current gives the offsets in force.
func (r *Rewriter) Current() Offsets { return r.history[r.switches%historySize] }

// Under gives the offsets of an earlier switch, while they are remembered.
func (r *Rewriter) Under(number uint32) (Offsets, bool) {
	o := r.history[number%historySize]
	return o, o.Switch == number && number != 0
}

// Interrupted tells that p comes after an interruption of the source, so that Switch is due.
func (r *Rewriter) Interrupted(p *packets.Packet) bool { return !r.started || p.Epoch != r.epoch }

// Accept takes note of a packet that goes out under the current offsets. It is false for one from before the switch.
func (r *Rewriter) Accept(p *packets.Packet) bool {
	if p.Sequence < r.first || p.Epoch != r.epoch {
		return false
	}
	o := r.Current()
	if out := uint16(p.Sequence) + o.Sequence; int16(out-r.highest) > 0 {
		r.highest = out
	}
	if ts := p.Timestamp + o.Timestamp; int32(ts-r.highestTS) > 0 || r.first == p.Sequence {
		r.highestTS = ts
	}
	if p.Codec == codec.VP8 {
		d := p.Facts.VP8
		n := &r.highestVP8
		if d.PictureIDAt != 0 {
			if id := d.PictureID + o.PictureID; int16((id-n.pictureID)<<1) > 0 {
				n.pictureID = id & 0x7fff
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
