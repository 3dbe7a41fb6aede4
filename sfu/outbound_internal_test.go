package sfu

import (
	"encoding/binary"
	"testing"

	"github.com/pion/rtp"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/forward"
)

// numbered is a bench whose receiver reports on its path.
func numbered(taken func(h *rtp.Header, payload []byte)) *bench {
	b := newBench(1, 2, &sealer{taken: taken})
	for _, s := range b.slots {
		s.out.TransportSequence = 5
	}
	b.slots[0].outbound.begins(0)
	b.peer.reachable.Store(true)
	b.slots[0].outbound.pacer.setRate(0, 0)
	return b
}

// Every packet, sent again and padding included, has the next transport-wide number of its peer, whichever slot it is of.
func TestTransportWideNumbers(t *testing.T) {
	var numbers []uint16
	b := numbered(func(h *rtp.Header, _ []byte) {
		numbers = append(numbers, binary.BigEndian.Uint16(h.GetExtension(5)))
	})
	for _, s := range b.slots {
		s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	}
	for i := range 10 {
		b.deliver(0, b.packet(0, i == 0, i == 0, make([]byte, 1500)))
	}
	s := b.slots[1]
	nack(s, uint16(s.newest.Sequence)+s.rewriter.Current().Sequence)
	if s.pad() == 0 {
		t.Error("no padding went out")
	}
	if len(numbers) != 22 {
		t.Fatalf("%d packets went out", len(numbers))
	}
	for i, n := range numbers {
		if n != numbers[0]+uint16(i) {
			t.Fatalf("packet %d has number %d after %d", i, n, numbers[i-1])
		}
	}
}

// Before the first picture a probe is made of padding alone (RFC 3550, section 5.1), after it of packets that are sent again.
func TestPadding(t *testing.T) {
	var headers []rtp.Header
	var sizes []int
	b := numbered(func(h *rtp.Header, payload []byte) {
		headers, sizes = append(headers, *h), append(sizes, len(payload))
	})
	s := b.slots[0]
	if n := s.pad(); n != overhead+20+255 || headers[0].SSRC != s.out.RTX || headers[0].PaddingSize != 255 || sizes[0] != 0 {
		t.Errorf("%d bytes: %+v", n, headers[0])
	}
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	if n := s.pad(); n != overhead+20+2+1100 || headers[2].SSRC != s.out.RTX || sizes[2] != 1102 {
		t.Errorf("%d bytes: %+v", n, headers[2])
	}
}

// A probe sends what it is to send at its rate, and then it is over.
func TestAProbeIsSentAtItsRate(t *testing.T) {
	sent := 0
	b := numbered(func(h *rtp.Header, payload []byte) { sent += overhead + 20 + len(payload) + int(h.PaddingSize) })
	o := b.slots[0].outbound
	const rate = 2_000_000
	o.path.probe = probe{Probe: bandwidth.Probe{ID: 1, Rate: rate, Packets: 5, Bytes: 20_000}, began: 0}
	now := int64(0)
	for ; o.busy(); now += workerPace.Nanoseconds() {
		o.pace(now)
		if most := rate*(now+workerPace.Nanoseconds())/8e9 + 400; int64(sent) > most {
			t.Fatalf("%d bytes after %d ns", sent, now)
		}
		if now > 1e9 {
			t.Fatal("it does not end")
		}
	}
	if sent < 20_000 || sent > 21_000 {
		t.Errorf("%d bytes of 20,000 in %d ms", sent, now/1e6)
	}
}

// A probe goes through a slot whose packets are reported on, though another one has pictures and this one none.
func TestAProbeIsReportedOn(t *testing.T) {
	probed, unnumbered := 0, 0
	b := numbered(func(h *rtp.Header, _ []byte) {
		switch {
		case h.GetExtension(5) == nil:
			unnumbered++
		case h.SSRC == 4: // what the second slot sends again
			probed++
		}
	})
	s := b.slots[0]
	s.out.TransportSequence = 0
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	o := s.outbound
	o.path.probe = probe{Probe: bandwidth.Probe{ID: 1, Rate: 2_000_000, Packets: 5, Bytes: 5000}}
	for now := int64(0); o.busy() && now < 1e9; now += workerPace.Nanoseconds() {
		o.pace(now)
	}
	if o.busy() || probed < 5 || unnumbered != 1 {
		t.Errorf("%d packets went out with a number and %d without; it goes on: %v", probed, unnumbered, o.busy())
	}
}

// A probe that cannot be finished in time is given up.
func TestAProbeHasItsTime(t *testing.T) {
	o := numbered(nil).slots[0].outbound
	o.path.probe = probe{Probe: bandwidth.Probe{ID: 1, Rate: 1000, Packets: 100, Bytes: 100_000}}
	for now := int64(0); now < probeDeadline; now += workerPace.Nanoseconds() {
		if o.pace(now); !o.busy() {
			t.Fatalf("it was given up after %d ms", now/1e6)
		}
	}
	if o.pace(probeDeadline + 1); o.busy() {
		t.Error("it goes on without end")
	}
}

// What a slow link cannot take is left out up to the next key frame, and what is sent has no gap.
func TestASlowLinkLeavesOutWholeRuns(t *testing.T) {
	var numbers []uint16
	key := 0
	b := numbered(func(h *rtp.Header, payload []byte) {
		if h.SSRC == 1 {
			numbers = append(numbers, h.SequenceNumber)
			if payload[0]&0x10 != 0 && payload[4]&1 == 0 {
				key++
			}
		}
	})
	s := b.slots[0]
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	s.outbound.pacer.setRate(100_000, b.worker.engine.clock.now())
	for i := range 100 {
		b.deliver(0, b.packet(0, i%30 == 0, i%30 == 0, make([]byte, 1500)))
	}
	if got := b.worker.dropped[forward.Congested].Load(); got == 0 && !s.skipped {
		t.Errorf("nothing was left out: %d packets wait", len(s.outbound.pacer.waiting))
	}
	s.outbound.pacer.setRate(0, b.worker.engine.clock.now())
	s.outbound.pace(b.worker.engine.clock.now())
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	if key < 2 {
		t.Errorf("%d key frames went out", key)
	}
	for i, n := range numbers {
		if n != numbers[0]+uint16(i) {
			t.Fatalf("packet %d has number %d after %d", i, n, numbers[i-1])
		}
	}
}
