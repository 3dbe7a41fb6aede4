package sfu

import (
	"errors"
	"math/rand/v2"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
	"diemcau/sfu/transport"
)

const (
	// keyFramePatience is how long a slot waits for a source's key frame before it says so. It goes on waiting.
	keyFramePatience = 3e9 // nanoseconds
)

// assignment is what the room wants in a slot.
type assignment struct {
	layer *layer // nil empties the slot
	// generation counts the slot's occupants: a mere change of layer keeps it.
	generation uint32
	// cut takes the old occupant out at once, rather than when the new one's first frame is there.
	cut bool
	// limit is what goes out of the layer.
	limit forward.Limit
}

// slot is one outgoing stream of a peer. Its worker owns every field.
type slot struct {
	worker *worker
	peer   *Peer
	kind   Kind
	index  int
	out    transport.Slot

	outbound *outbound // nil until the worker owns the slot
	rewriter *forward.Rewriter
	origins  [forward.History]*layer // by switches, as the rewriter's history
	header   rtp.Header
	newest   *packets.Packet
	// newestUnder are the offsets that newest went out under.
	newestUnder forward.Offsets

	wanted       assignment
	current      *feed
	pending      *feed
	pendingSince int64
	told         uint32     // the generation that the room was last told is live
	toldReason   SlotReason // and why the pending one is not
	reportDue    bool
	interrupted  bool // the source went on after a gap, and its key frame is still to come
	skipped      bool // packets were left out, and a key frame is still to come
	undecodable  bool // the source sends what the receiver cannot decode
	repairs      repairs
	keyFrames    keyFrames
	reports      reports

	sentPackets, sentBytes uint32
	arrival                arrival
}

func newSlot(w *worker, p *Peer, out transport.Slot) *slot {
	s := &slot{worker: w, peer: p, kind: Audio, index: out.Index, out: out}
	rate := codec.Opus.ClockRate()
	if out.Video {
		s.kind, rate = Video, codec.VP8.ClockRate()
	}
	s.rewriter = forward.NewRewriter(rate, uint16(1+rand.Uint32N(1<<15-1)), rand.Uint32())
	s.reports = newReports(s.rewriter.Highest())
	s.repairs.number = uint16(rand.Uint32N(1 << 15))
	return s
}

// assign gives the slot what the room wants in it.
func (s *slot) assign(a assignment, now int64) {
	s.wanted = a
	s.rewriter.SetLimit(a.limit)
	s.toldReason = ReasonNone
	if s.current != nil && (a.layer == nil || a.cut && s.current.layer != a.layer) {
		s.outbound.pacer.drop(s)
		s.current.detach(s)
		s.current = nil
	}
	if s.pending != nil && s.pending.layer != a.layer {
		s.pending.detach(s)
		s.pending, s.undecodable = nil, false
	}
	if a.layer == nil || s.pending != nil {
		return
	}
	if s.current != nil && s.current.layer == a.layer {
		s.tellLive(s.rewriter.LastTimestamp())
		return
	}
	s.pending = a.layer.feeds[s.worker.index]
	s.pending.attach(s)
	s.pendingSince, s.undecodable = now, false
	if s.kind == Video {
		a.layer.requestKeyFrame(now)
	}
}

// take forwards a packet of one of the slot's feeds with some padding, or drops it for a named reason.
func (s *slot) take(f *feed, p *packets.Packet, padding uint8, now int64) {
	switch f {
	case s.pending:
		if !s.playable(f, p) {
			return
		}
		if s.current != nil {
			s.current.detach(s)
		}
		s.current, s.pending = s.pending, nil
		s.switchTo(p, now)
	case s.current:
		if s.skipped || s.rewriter.Interrupted(p) {
			if s.interrupted = !s.playable(f, p); s.interrupted {
				return
			}
			s.switchTo(p, now)
		}
	default:
		return
	}
	switch o, verdict := s.rewriter.Place(p); verdict {
	case forward.Early:
		s.worker.dropped[forward.BeforeSwitch].Add(1)
	case forward.LeftOut:
		s.worker.dropped[forward.Thinned].Add(1)
	case forward.Filler:
		s.worker.dropped[forward.Thinned].Add(1)
		s.fill(p, o)
	case forward.Forward:
		s.write(p, o, padding)
	}
}

// playable tells whether the receiver can begin with a packet of a feed.
func (s *slot) playable(f *feed, p *packets.Packet) bool {
	undecodable := s.out.Payload[p.Codec].Media == 0
	if f == s.pending || s.pending == nil {
		s.undecodable = undecodable
	}
	switch {
	case undecodable:
		s.worker.dropped[forward.Undecodable].Add(1)
		if s.pending == nil {
			s.told = 0 // it was live until the source changed its codec
		}
		if s.undecodable {
			s.tellUnavailable(ReasonCodec)
		}
		return false
	case !p.Facts.KeyFrame:
		s.worker.dropped[forward.AwaitsKeyFrame].Add(1)
		return false
	}
	return true
}

func (s *slot) switchTo(p *packets.Packet, now int64) {
	s.rewriter.Switch(p, now)
	s.origins[s.rewriter.Current().Switch%forward.History] = s.current.layer
	s.reportDue, s.skipped = true, false
	s.worker.switches.Add(1)
	s.tellLive(p.Timestamp + s.rewriter.Current().Timestamp)
}

func (s *slot) write(p *packets.Packet, o forward.Offsets, padding uint8) {
	h := s.begin(s.out.SSRC, s.out.Payload[p.Codec].Media, uint16(p.Sequence)+o.Sequence, p.Timestamp+o.Timestamp)
	h.Marker, h.Padding, h.PaddingSize = o.Marker(p), padding > 0, padding
	payload := p.Payload
	switch p.Codec {
	case codec.VP8, codec.VP9:
		payload = s.worker.scratch[:copy(s.worker.scratch, p.Payload)]
		o.Apply(p, payload)
	case codec.AV1:
		s.describe(p, &o)
	case codec.Opus:
		s.header.PayloadType, payload = s.sound(p)
	}
	if !s.transmit(payload) {
		return
	}
	s.newest, s.newestUnder = p, o
	if p.Codec.IsVideo() && p.Facts.KeyFrame {
		s.keyFrames.sent(p.Arrival)
	}
	s.sentPackets++
	s.sentBytes += uint32(len(payload))
	s.worker.sent.packets++
	s.worker.sent.bytes += uint64(len(payload))
}

// fill sends a packet without payload under the number of one that is left out.
func (s *slot) fill(p *packets.Packet, o forward.Offsets) {
	h := s.begin(s.out.SSRC, s.out.Payload[p.Codec].Media, uint16(p.Sequence)+o.Sequence, p.Timestamp+o.Timestamp)
	h.Padding, h.PaddingSize = true, 1
	s.transmit(nil)
}

// begin makes the header of the next packet.
func (s *slot) begin(ssrc uint32, payloadType uint8, number uint16, timestamp uint32) *rtp.Header {
	s.header = rtp.Header{Version: 2, PayloadType: payloadType, SequenceNumber: number, Timestamp: timestamp, SSRC: ssrc}
	return &s.header
}

// describe puts the dependency descriptor into the next packet's header, where the receiver reads it. It reads one with AV1 only: VP9 has
// the like in its payload.
func (s *slot) describe(p *packets.Packet, o *forward.Offsets) {
	if s.out.Dependency == 0 || len(p.Descriptor) == 0 {
		return
	}
	w, h := s.worker, &s.header
	w.descriptor = o.Describe(w.descriptor[:0], p)
	h.Extension, h.ExtensionProfile, h.Extensions = true, rtp.ExtensionProfileOneByte, w.extensions[:0]
	if s.out.Dependency > maxExtension || len(w.descriptor) > maxShortExtension {
		h.ExtensionProfile = rtp.ExtensionProfileTwoByte
	}
	_ = h.SetExtension(s.out.Dependency, w.descriptor) // it fails where the form does not fit only
}

// transmit numbers the packet for the path and gives it to the transport.
func (s *slot) transmit(payload []byte) bool {
	numbered := s.outbound.path != nil && s.out.TransportSequence != 0
	if numbered && !s.worker.numbering.extend(&s.header, s.out.TransportSequence) {
		s.worker.dropped[forward.WriteFailed].Add(1)
		return false
	}
	size := overhead + s.header.MarshalSize() + len(payload) + int(s.header.PaddingSize)
	if numbered {
		s.worker.numbering.set(s.outbound.number(s.worker.now, size))
	}
	if s.kind == Video && s.header.SSRC == s.out.SSRC {
		s.outbound.pacer.spend(size)
	} else {
		s.outbound.pacer.spendAtOnce(size)
	}
	if err := s.out.Out.WriteRTP(&s.header, payload); err != nil {
		s.worker.dropped[writeDrop(err)].Add(1)
		return false
	}
	return true
}

// skip leaves out what waited for the slot: it goes on with the next key frame.
func (s *slot) skip(now int64) {
	s.outbound.pacer.drop(s)
	s.skipped = true
	s.worker.dropped[forward.Congested].Add(1)
	if s.current != nil {
		s.current.layer.requestKeyFrame(now)
	}
}

func writeDrop(err error) forward.Drop {
	if errors.Is(err, transport.ErrIndexUsed) {
		return forward.IndexUsed
	}
	return forward.WriteFailed
}

func (s *slot) onTick(now int64) {
	s.repairs.sent, s.repairs.looked = 0, 0
	if s.kind == Audio {
		s.tellListenerLoss()
		return
	}
	if s.undecodable {
		return // a key frame would be of no use
	}
	if s.pending != nil {
		s.pending.layer.requestKeyFrame(now)
		if now-s.pendingSince > keyFramePatience && s.toldReason == ReasonNone {
			s.tellUnavailable(ReasonNoKeyFrame)
		}
	} else if (s.interrupted || s.skipped || s.rewriter.Stuck()) && s.current != nil {
		s.current.layer.requestKeyFrame(now)
	}
	s.passKeyFrameWish(now)
}

// senderReport maps the slot's timestamps to the server's clock (RFC 3550, section 6.4.1); nil while there is nothing to tell.
func (s *slot) senderReport(now int64) rtcp.Packet {
	if s.current == nil || s.newest == nil {
		return nil
	}
	s.reportDue = false
	return &rtcp.SenderReport{
		SSRC: s.out.SSRC, NTPTime: s.worker.engine.clock.ntp(now),
		RTPTime:     s.current.layer.timestampAt(now, s.newest) + s.rewriter.Current().Timestamp,
		PacketCount: s.sentPackets, OctetCount: s.sentBytes,
	}
}

// tellLive tells the room that the occupant's frames flow from the one with the timestamp on.
func (s *slot) tellLive(timestamp uint32) {
	if s.told == s.wanted.generation {
		return
	}
	s.told, s.toldReason = s.wanted.generation, ReasonNone
	s.peer.room.slotLive(s, s.told, timestamp)
}

func (s *slot) tellUnavailable(reason SlotReason) {
	if s.toldReason == reason || s.told == s.wanted.generation {
		return
	}
	s.toldReason = reason
	s.peer.room.slotUnavailable(s, s.wanted.generation, reason)
}
