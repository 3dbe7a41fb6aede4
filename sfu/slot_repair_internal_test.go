package sfu

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"diemcau/sfu/forward"
)

// far is a connection to a client that is some time away.
type far struct {
	nobody
	roundTrip time.Duration
}

func (f far) RoundTrip() time.Duration { return f.roundTrip }

// filmed is a bench with one camera whose slots are live.
func filmed(slots int) *bench {
	b := newBench(1, slots, &sealer{})
	for _, s := range b.slots {
		s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	}
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	return b
}

// A number is sent again once in a round trip, however often it is asked for.
func TestARepairIsNotRepeatedWithinARoundTrip(t *testing.T) {
	for _, c := range []struct {
		roundTrip, want time.Duration
	}{{0, unknownRoundTrip}, {40 * time.Millisecond, 40 * time.Millisecond}, {600 * time.Millisecond, 600 * time.Millisecond}} {
		b := filmed(1)
		b.peer.conn = far{roundTrip: c.roundTrip}
		s, w := b.slots[0], b.worker
		number := s.header.SequenceNumber
		for now := int64(0); now < 6e9; now += 1e6 {
			if now%50e6 == 0 {
				s.onTick(now)
			}
			nackAt(s, number, now)
		}
		sent, repeated := w.retransmitted.Load(), w.dropped[forward.RepairRepeated].Load()
		most := uint64(6*time.Second/(c.want*7/8)) + 1
		if sent > most || sent < most*8/10 || sent+repeated != 6000 {
			t.Errorf("round trip of %v: sent %d times in 6 s, at most %d; %d refused", c.roundTrip, sent, most, repeated)
		}
	}
}

func TestRepairsAreBounded(t *testing.T) {
	b := filmed(1)
	s, w := b.slots[0], b.worker
	first := s.header.SequenceNumber
	for range 300 {
		b.deliver(0, b.packet(0, true, false, make([]byte, 1500)))
	}
	var pairs []rtcp.NackPair
	for n := range uint16(300) {
		pairs = append(pairs, rtcp.NackPair{PacketID: first + n})
	}
	ask := func() { s.feedback([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: pairs}}, 0) }
	ask()
	if n := w.retransmitted.Load(); n != repairBudget || w.dropped[forward.RepairOverBudget].Load() == 0 {
		t.Errorf("%d were sent again at once", n)
	}
	s.onTick(1)
	ask() // the first hundred are refused, at no cost to the rest
	if n := w.retransmitted.Load(); n != 2*repairBudget || w.dropped[forward.RepairRepeated].Load() != repairBudget {
		t.Errorf("%d were sent again after a tick", n)
	}
	nack(s, first-1)
	if w.dropped[forward.RepairGone].Load() != 0 { // the budget is spent
		t.Error("beyond the budget it was looked for")
	}
	s.onTick(2)
	nack(s, first-1)
	if w.dropped[forward.RepairGone].Load() != 1 {
		t.Error("what never was is not counted")
	}
}

// Ten thousand requests in a second are bounded where they come in, and counted.
func TestAFloodOfRequestsIsBounded(t *testing.T) {
	b := filmed(1)
	s, w := b.slots[0], b.worker
	slots := [2][]*slot{Video: b.slots}
	b.peer.feedback.Store(&slots)
	b.peer.slotCount.Store(int32(len(slots[Audio]) + len(slots[Video])))
	request := []rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: []rtcp.NackPair{{PacketID: s.header.SequenceNumber}}}}
	const requests = 10_000
	for range requests {
		b.peer.Feedback(true, 0, request, w.engine.clock.now())
	}
	w.mailbox.drain()
	refused := w.engine.dropped[forward.FeedbackOverflow].Load()
	if taken := w.nacks.Load(); taken+refused != requests || refused < requests*9/10 {
		t.Errorf("%d were taken and %d refused", taken, refused)
	}
	if n := w.retransmitted.Load(); n > 3 {
		t.Errorf("one packet was sent again %d times", n)
	}
	// Many numbers in one request cost no more: they are looked for up to a limit.
	asked := make([]rtcp.NackPair, 340)
	for i := range asked {
		asked[i] = rtcp.NackPair{PacketID: s.header.SequenceNumber - uint16(17*i), LostPackets: 0xffff}
	}
	s.onTick(1)
	looked := func() uint64 {
		return w.retransmitted.Load() + w.dropped[forward.RepairGone].Load() + w.dropped[forward.RepairRepeated].Load()
	}
	before := looked()
	for range 10 {
		s.feedback([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: asked}}, 1)
	}
	if n, refused := looked()-before, w.dropped[forward.RepairOverBudget].Load(); n != repairLooks || n+refused != 10*340*17 {
		t.Errorf("%d numbers were looked for and %d refused, of %d", n, refused, 10*340*17)
	}
	// Reports on the way that tell of many packets are as many: one of them at a time.
	report := make([]byte, 28)
	binary.BigEndian.PutUint16(report[14:], 32767)
	for i := range 6 {
		binary.BigEndian.PutUint16(report[20+2*min(i, 3):], 0x1fff)
	}
	b.peer.heard = allowance{}
	for range 50 {
		b.peer.PathFeedback(report)
	}
	reports := 0
	b.peer.worker.pathReports.take(func(*Peer, []byte) { reports++ })
	if reports > 2 { // two windows at most
		t.Errorf("%d reports on 32767 packets each were taken", reports)
	}
	var a allowance
	for second := range int64(5) {
		taken := 0
		for i := range int64(requests) {
			if a.take(second*1e9+i*1e9/requests, 1, feedbackFree+feedbackPerSlot) {
				taken++
			}
		}
		if taken != 10*(feedbackFree+feedbackPerSlot) {
			t.Errorf("%d of %d in a second", taken, requests)
		}
	}
}

// A receiver's wish for a key frame waits for the repairs that are under way, and for a second since the last; a key frame that comes meanwhile
// fulfils it.
func TestWishesForKeyFrames(t *testing.T) {
	const ms = int64(1e6)
	type step struct {
		at   int64 // in ms
		what string
		due  int64 // when the wish is passed on, in ms; 0 is no wish
	}
	for name, steps := range map[string][]step{
		"at once":                           {{1000, "wish", 1000}},
		"after a repair":                    {{1000, "repair", 0}, {1020, "wish", 1100}},
		"long after a repair":               {{1000, "repair", 0}, {1500, "wish", 1500}},
		"a second after the last":           {{1000, "wish", 1000}, {1000, "pass", 0}, {1300, "wish", 2000}},
		"again and again":                   {{1000, "repair", 0}, {1020, "wish", 1100}, {1050, "wish", 1100}, {1060, "repair", 1100}, {1070, "wish", 1100}},
		"fulfilled":                         {{1000, "repair", 0}, {1020, "wish", 1100}, {1050, "key", 0}},
		"one that crossed a key frame":      {{1000, "key", 0}, {1099, "wish", 0}, {1100, "wish", 1100}},
		"after a key frame that was lost":   {{1000, "wish", 1000}, {1000, "pass", 0}, {1100, "key", 0}, {1300, "wish", 2000}},
		"after a key frame, before repairs": {{1000, "key", 0}, {1150, "repair", 0}, {1160, "wish", 1250}},
	} {
		var k keyFrames
		repaired := int64(0)
		for i, s := range steps {
			now := s.at * ms
			switch s.what {
			case "wish":
				k.wish(now, 100*ms, repaired)
			case "repair":
				repaired = now
			case "key":
				k.sent(now)
			case "pass":
				k.wished, k.passed = false, now
			}
			if k.wished != (s.due != 0) || k.wished && k.due != s.due*ms {
				t.Errorf("%s, step %d: %+v, want it due at %d ms", name, i, k, s.due)
			}
		}
	}
}

// One of twenty viewers asks for a key frame every 20 ms for 20 s, and gets none more than one a second for all of them.
func TestOneViewersWishesAreRare(t *testing.T) {
	b := filmed(20)
	w, s := b.worker, b.slots[7]
	asked := &w.engine.keyFrameRequests
	before := asked.Load()
	const seconds = 20
	for now := int64(1e9); now < (1+seconds)*1e9; now += 10e6 {
		if now%20e6 == 0 {
			s.feedback([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: s.out.SSRC}}, now)
		}
		if now%50e6 == 0 {
			for _, s := range b.slots {
				s.onTick(now)
			}
		}
	}
	if n := asked.Load() - before; n < seconds-1 || n > seconds {
		t.Errorf("%d key frames were asked for in %d s", n, seconds)
	}
	if n := w.keyFrameWishes.Load(); n != seconds*50 {
		t.Errorf("%d wishes are counted", n)
	}
}
