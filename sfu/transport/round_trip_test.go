package transport

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func TestRoundTrip(t *testing.T) {
	const sent = 1e9
	report := func(after, held time.Duration) (rtcp.ReceptionReport, uint64) {
		return rtcp.ReceptionReport{LastSenderReport: uint32(ntpOf(sent) >> 16), Delay: uint32(held * 65536 / time.Second)}, ntpOf(sent + int64(after))
	}
	near := func(what string, got, want time.Duration) {
		t.Helper()
		if d := got - want; d < -50*time.Microsecond || d > 50*time.Microsecond {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	var r roundTrip
	r.note(rtcp.ReceptionReport{Delay: 7}, ntpOf(sent))
	near("no report came", r.get(), 0)
	r.note(report(500*time.Millisecond, 300*time.Millisecond))
	near("the first", r.get(), 200*time.Millisecond)
	r.note(report(400*time.Millisecond, 300*time.Millisecond))
	near("the second", r.get(), 187500*time.Microsecond)
	r.note(report(time.Millisecond, time.Second))
	near("it lasted less than nothing", r.get(), 187500*time.Microsecond)
	r.note(report(time.Minute, time.Second))
	near("it lasted too long", r.get(), 187500*time.Microsecond)
	r = roundTrip{}
	r.note(report(0, 0))
	if r.get() <= 0 || r.get() > time.Millisecond {
		t.Errorf("%v within one machine", r.get())
	}
	// The middle of NTP time comes round every 18 hours.
	r = roundTrip{}
	r.note(rtcp.ReceptionReport{LastSenderReport: 1<<32 - 6554, Delay: 6554}, 6554<<16)
	near("across a round", r.get(), 6554*time.Second/65536)
}

// What a client says of a slot, in reports of either kind, comes to the slot, and tells how far the client is.
func TestReportsOnSlots(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, microphone, camera, soundSlot, videoSlot)
	sound, video := r.answer.Slots[0].SSRC, r.answer.Slots[1].SSRC
	at := uint32(ntpOf(d.config.Now()) >> 16)
	c.forward(250 * time.Millisecond)
	r.send(r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: cameraSSRC, Reports: []rtcp.ReceptionReport{{SSRC: sound, FractionLost: 77, LastSenderReport: at}}})))
	r.send(r.sealedRTCP(compound(t, &rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: 12345}, {SSRC: video, FractionLost: 99, LastSenderReport: at}}}, prompt)))
	r.good()
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	found := map[uint32]uint8{}
	for _, p := range r.server.feedback {
		if p, ok := p.(*rtcp.ReceiverReport); ok && len(p.Reports) == 1 {
			found[p.Reports[0].SSRC] = p.Reports[0].FractionLost
		}
	}
	if len(found) != 2 || found[sound] != 77 || found[video] != 99 {
		t.Errorf("told: %v", found)
	}
	if got := r.conn.RoundTrip(); got < 249*time.Millisecond || got > 251*time.Millisecond {
		t.Errorf("round trip of %v", got)
	}
}

// Who sends sound is told what its listeners lose, should that be more; of video it is told the truth.
func TestListenersLossIsReported(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, microphone, camera)
	r.server.mu.Lock()
	r.server.listeners = 0.25
	r.server.mu.Unlock()
	for n := range uint16(9) {
		if n != 4 {
			r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: n}, []byte("picture")))
			r.send(r.sealed(rtp.Header{PayloadType: 111, SSRC: 5, SequenceNumber: n}, []byte("sound")))
		}
	}
	r.good()
	c.forward(time.Second)
	found := map[uint32]rtcp.ReceptionReport{}
	r.feedbackUntil("reports", func(all []rtcp.Packet) bool {
		for _, p := range all {
			if p, ok := p.(*rtcp.ReceiverReport); ok {
				for _, one := range p.Reports {
					if one.LastSequenceNumber&0xffff == 8 {
						found[one.SSRC] = one
					}
				}
			}
		}
		return found[cameraSSRC].SSRC != 0 && found[5].SSRC != 0
	})
	if found[cameraSSRC].FractionLost >= 63 || found[5].FractionLost != 63 || found[5].TotalLost != 1 {
		t.Errorf("%+v", found)
	}
}
