package sfu

import (
	"encoding/binary"
	"math"
	"math/bits"
	"time"

	"github.com/pion/rtcp"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
)

// A slot sends so many packets again between two ticks, and looks for so many of those that it is asked for, whatever is asked for.
const (
	repairBudget = 100
	repairLooks  = 5 * repairBudget
)

// repairs are what a slot sends again on its repair stream.
type repairs struct {
	number uint16 // of the next
	sent   int    // since the last tick
	looked int    // for how many packets, since the last tick
	last   int64  // when the newest was sent
	// recent says until when a number is not sent again. It is made with the first repair.
	recent *[recentRepairs]struct {
		number uint16
		until  int64
	}
}

// recentRepairs is more than a round trip's packets that are sent again.
const recentRepairs = 128

// again tells whether a number was sent within a round trip, and takes note that it is sent now.
func (r *repairs) again(number uint16, now, roundTrip int64) bool {
	if r.recent == nil {
		r.recent = new([recentRepairs]struct {
			number uint16
			until  int64
		})
	}
	last := &r.recent[number%recentRepairs]
	if last.number == number && now < last.until {
		return true
	}
	// A request that crosses a repair comes within a round trip; the next one is due right after it, less what it was faster on its way.
	last.number, last.until = number, now+roundTrip*7/8
	return false
}

// unknownRoundTrip is what a round trip to a client is taken for until its reports tell.
const unknownRoundTrip = 100 * time.Millisecond

// roundTrip is the time to the slot's receiver and back, in nanoseconds.
func (s *slot) roundTrip() int64 {
	if t := s.peer.conn.RoundTrip(); t > 0 {
		return t.Nanoseconds()
	}
	return unknownRoundTrip.Nanoseconds()
}

// feedback acts on what the receiver says about the slot.
func (s *slot) feedback(all []rtcp.Packet, now int64) {
	if s.worker.peers[s.peer] == nil {
		return // the peer has left
	}
	for _, p := range all {
		switch p := p.(type) {
		case *rtcp.TransportLayerNack:
			if p.MediaSSRC == s.out.SSRC {
				s.repairAll(p.Nacks, now)
			}
		case *rtcp.ReceiverReport:
			for _, r := range p.Reports {
				if r.SSRC == s.out.SSRC {
					s.reported(r, now)
				}
			}
		case *rtcp.PictureLossIndication:
			if p.MediaSSRC == s.out.SSRC {
				s.wishKeyFrame(now)
			}
		case *rtcp.FullIntraRequest:
			s.wishKeyFrame(now)
		}
	}
}

// repairAll sends what is asked for again, up to the budget.
func (s *slot) repairAll(asked []rtcp.NackPair, now int64) {
	for _, pair := range asked {
		numbers := 1 + bits.OnesCount16(uint16(pair.LostPackets))
		s.worker.nacks.Add(uint64(numbers))
		pair.Range(func(number uint16) bool {
			if s.repairs.sent >= repairBudget || s.repairs.looked >= repairLooks {
				s.worker.dropped[forward.RepairOverBudget].Add(uint64(numbers))
				return false
			}
			numbers--
			s.repairs.looked++
			s.repair(number, now)
			return true
		})
	}
}

// repair sends a packet again on the slot's repair stream (RFC 4588): it carries the original number in front of the payload. It does
// not while an earlier repair may be under way. For pictures that cannot be repaired any more it takes the request for one for a key frame:
// the receiver would wait for seconds before it makes that.
func (s *slot) repair(number uint16, now int64) {
	if s.out.RTX == 0 {
		return
	}
	p, o := s.origin(number)
	if p == nil && s.beyondRepair(number) {
		s.wishKeyFrame(now)
	}
	if p == nil || s.out.Payload[p.Codec].RTX == 0 {
		s.worker.dropped[forward.RepairGone].Add(1)
		return
	}
	if s.repairs.again(number, now, s.roundTrip()) {
		s.worker.dropped[forward.RepairRepeated].Add(1)
		return
	}
	s.repairs.sent++
	s.repairs.last = now
	if s.resend(number, p, o) > 0 {
		s.worker.retransmitted.Add(1)
	}
}

// resend sends a packet again on the repair stream, and tells its size on the wire, in bytes; 0 when it could not be sent.
func (s *slot) resend(number uint16, p *packets.Packet, o forward.Offsets) int {
	payload := s.worker.scratch[:2]
	binary.BigEndian.PutUint16(payload, number)
	s.begin(s.out.RTX, s.out.Payload[p.Codec].RTX, s.repairs.number, p.Timestamp+o.Timestamp).Marker = o.Marker(p)
	s.repairs.number++
	// Of what was left out the number alone is sent again.
	if p.Facts.Of(o.Target) {
		payload = payload[:2+copy(s.worker.scratch[2:], p.Payload)]
		switch p.Codec {
		case codec.VP8, codec.VP9:
			o.Apply(p, payload[2:])
		case codec.AV1:
			s.describe(p, &o)
		}
	}
	if !s.transmit(payload) {
		return 0
	}
	return overhead + s.header.MarshalSize() + len(payload)
}

// pad sends a packet that nobody needs, as large as can be, and tells its size on the wire, in bytes; 0 when it could not be sent.
func (s *slot) pad() int {
	if p := s.newest; p != nil && s.out.Payload[p.Codec].RTX != 0 {
		o := s.newestUnder
		return s.resend(uint16(p.Sequence)+o.Sequence, p, o)
	}
	for _, payload := range s.out.Payload {
		if payload.RTX == 0 {
			continue
		}
		h := s.begin(s.out.RTX, payload.RTX, s.repairs.number, s.rewriter.LastTimestamp())
		h.Padding, h.PaddingSize = true, math.MaxUint8
		s.repairs.number++
		if s.transmit(nil) {
			return overhead + h.MarshalSize() + math.MaxUint8
		}
		break
	}
	return 0
}

// origin gives the packet that belongs under a number of the slot, with the offsets of its switch; nil when there is none any more, or none yet.
func (s *slot) origin(number uint16) (*packets.Packet, forward.Offsets) {
	source, o, ok := s.rewriter.Origin(number)
	if !ok {
		return nil, o
	}
	return s.origins[o.Switch%forward.History].ring.Get(source), o
}

// beyondRepair tells that the pictures in the slot go on from a packet that their source has let go of.
func (s *slot) beyondRepair(number uint16) bool {
	source, o, ok := s.rewriter.Origin(number)
	if !ok || s.kind != Video || s.current == nil {
		return false
	}
	l := s.origins[o.Switch%forward.History]
	return l == s.current.layer && l.ring.Forgotten(source)
}

// slotKeyFrameInterval is the least time between two key frames that are asked for because one receiver asks.
const slotKeyFrameInterval = 1e9 // nanoseconds

// keyFrames are the key frames that a slot's receiver asks for. Each costs all receivers of the source, so that repair comes first: what the
// receiver asks for is passed on when the repairs that are under way have had their time, and when no key frame is on its way to it.
type keyFrames struct {
	wished bool
	due    int64 // when the wish is passed on
	passed int64 // when the last one was; 0 is never
	newest int64 // when the last key frame came; 0 is never
}

// sent notes a key frame that goes out: what the receiver wished for.
func (k *keyFrames) sent(now int64) { k.newest, k.wished = now, false }

// wish notes that the receiver asks for a key frame. repaired is when something was last sent again to it.
func (k *keyFrames) wish(now, roundTrip, repaired int64) {
	if k.wished || k.newest != 0 && now-k.newest < roundTrip {
		return // the wish and the key frame crossed
	}
	k.wished, k.due = true, now
	if repaired != 0 {
		k.due = max(k.due, min(repaired+roundTrip, now+roundTrip))
	}
	if k.passed != 0 {
		k.due = max(k.due, k.passed+slotKeyFrameInterval)
	}
}

func (s *slot) wishKeyFrame(now int64) {
	if s.current == nil {
		return
	}
	s.worker.keyFrameWishes.Add(1)
	s.keyFrames.wish(now, s.roundTrip(), s.repairs.last)
	s.passKeyFrameWish(now)
}

// passKeyFrameWish asks the source for the key frame that the receiver wishes for, when it is time. Should another have just asked for one,
// that one will do if it comes.
func (s *slot) passKeyFrameWish(now int64) {
	k := &s.keyFrames
	if k.wished && now >= k.due && s.current != nil && s.current.layer.requestKeyFrame(now) {
		k.wished, k.passed = false, now
	}
}
