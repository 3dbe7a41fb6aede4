package sfu

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
	"diemcau/sfu/transport"
)

// sealer takes what a slot sends and keeps the indices: none may come twice under one SSRC.
type sealer struct {
	used  map[uint64]bool // SSRC and extended number
	last  map[uint32]uint64
	count int
	twice int
	taken func(*rtp.Header, []byte) // may be nil
}

func (s *sealer) WriteRTP(h *rtp.Header, payload []byte) error {
	s.count++
	if s.taken != nil {
		s.taken(h, payload)
	}
	if s.used == nil {
		return nil
	}
	last, known := s.last[h.SSRC]
	extended := uint64(h.SequenceNumber) | 1<<16
	if known {
		extended = last + uint64(int64(int16(h.SequenceNumber-uint16(last))))
	}
	s.last[h.SSRC] = max(last, extended)
	key := uint64(h.SSRC)<<32 | extended&0xffffffff
	if s.used[key] {
		s.twice++
		return transport.ErrIndexUsed
	}
	s.used[key] = true
	return nil
}

// nobody is a connection without a network.
type nobody struct{ transport.Conn }

func (nobody) RoundTrip() time.Duration      { return 0 }
func (nobody) WriteRTCP([]rtcp.Packet) error { return nil }

// offline is a transport without a network, whose worker a test drives itself.
type offline struct{ transport.Transport }

func (offline) Wake(int) {}

// bench is one publisher's camera and slots of one worker that a test drives itself.
type bench struct {
	worker *worker
	peer   *Peer
	layers []*layer
	slots  []*slot
	out    *sealer
	next   []uint16
}

func newBench(sources, slots int, out *sealer) *bench {
	e := &Engine{log: slog.New(slog.DiscardHandler), clock: clock{time.Now()}, rooms: map[*Room]struct{}{}, transport: offline{}}
	w := newWorker(e, 0)
	e.workers = []*worker{w}
	room := newRoom(e, RoomOptions{})
	p := &Peer{room: room, id: "p", conn: nobody{}, worker: w}
	b := &bench{worker: w, peer: p, out: out}
	for i := range sources {
		pub := newPublication(p, Camera)
		pub.withheld.Store(0)
		stream := transport.Stream{SSRC: uint32(1000 + i), Video: true}
		stream.Codecs[96] = codec.VP8
		b.layers = append(b.layers, newLayer(pub, stream))
		b.next = append(b.next, uint16(rand.Uint32()))
	}
	for i := range slots {
		s := transport.Slot{Video: true, Index: i, SSRC: uint32(1 + 2*i), RTX: uint32(2 + 2*i), Out: out}
		s.Payload[codec.VP8] = transport.PayloadTypes{Media: 96, RTX: 97}
		b.slots = append(b.slots, newSlot(w, p, s))
	}
	w.own(p, b.slots)
	return b
}

// packet makes the next packet of a source; the first of a frame when start.
func (b *bench) packet(source int, start, key bool, raw []byte) []byte {
	b.next[source]++
	header := rtp.Header{Version: 2, PayloadType: 96, SSRC: b.layers[source].stream.SSRC, SequenceNumber: b.next[source], Timestamp: uint32(b.next[source]) * 900}
	n, _ := header.MarshalTo(raw)
	payload := raw[n : n+1100]
	payload[0], payload[1] = 0x80, 0x80
	binary.BigEndian.PutUint16(payload[2:], 0x8000|b.next[source]&0x7fff)
	payload[4] = 1
	if start {
		payload[0] |= 0x10
		if key {
			payload[4] = 0
		}
	}
	return raw[:n+1100]
}

func (b *bench) deliver(source int, packet []byte) {
	b.layers[source].Packet(packet, b.worker.engine.clock.now())
	b.worker.drain(b.layers[source].feeds[0])
}

// A forwarded packet allocates nothing; an incoming one its share of a block.
func TestForwardingAllocatesNothing(t *testing.T) {
	const slots = 50
	b := newBench(1, slots, &sealer{})
	for _, s := range b.slots {
		s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	}
	raw := make([]byte, 1500)
	b.deliver(0, b.packet(0, true, true, raw))
	if b.out.count != slots {
		t.Fatalf("%d of %d slots began", b.out.count, slots)
	}
	perPacket := testing.AllocsPerRun(2000, func() { b.deliver(0, b.packet(0, false, false, raw)) })
	if perPacket > 0.2 {
		t.Errorf("%.2f allocations for a packet to %d slots", perPacket, slots)
	}
}

// Over random switches, losses, reordering, wraps and requests for repair nothing is ever sealed twice under one number of one SSRC.
func TestNothingIsSealedTwice(t *testing.T) {
	for seed := range uint64(8) {
		dice := rand.New(rand.NewPCG(seed, 11))
		out := &sealer{used: map[uint64]bool{}, last: map[uint32]uint64{}}
		b := newBench(3, 4, out)
		generation := uint32(0)
		var held [][]byte
		for range 30_000 {
			source := dice.IntN(3)
			raw := b.packet(source, dice.IntN(3) == 0, dice.IntN(20) == 0, make([]byte, 1500))
			switch dice.IntN(20) {
			case 0: // lost
			case 1: // late
				held = append(held, raw)
			default:
				b.deliver(source, raw)
			}
			if len(held) > 3 {
				late := held[0]
				held = held[1:]
				b.deliver(int(binary.BigEndian.Uint32(late[8:]))-1000, late)
			}
			s := b.slots[dice.IntN(len(b.slots))]
			switch dice.IntN(60) {
			case 0:
				generation++
				s.assign(assignment{layer: b.layers[dice.IntN(3)], generation: generation, cut: dice.IntN(2) == 0}, 0)
			case 1:
				b.layers[dice.IntN(3)].gap = true
			case 2, 3, 4:
				number := s.header.SequenceNumber - uint16(dice.IntN(60))
				s.feedback([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: []rtcp.NackPair{{PacketID: number, LostPackets: rtcp.PacketBitmap(dice.Uint32())}}}}, 0)
				s.repairs.sent = 0
			case 5:
				s.assign(assignment{}, 0)
			}
		}
		if out.twice > 0 {
			t.Fatalf("seed %d: %d of %d packets would have been sealed under a used number", seed, out.twice, out.count)
		}
		if b.worker.retransmitted.Load() == 0 || b.worker.switches.Load() < 100 {
			t.Fatalf("seed %d: %d repairs, %d switches", seed, b.worker.retransmitted.Load(), b.worker.switches.Load())
		}
	}
}

// Packets that are cut, forged, changed or far too long harm nobody: every one has a reason for its drop, and what is right is still
// forwarded.
func TestMalformedPacketsHarmNobody(t *testing.T) {
	dice := rand.New(rand.NewPCG(4, 4))
	b := newBench(2, 2, &sealer{})
	for i, s := range b.slots {
		s.assign(assignment{layer: b.layers[i], generation: 1}, 0)
	}
	b.layers[0].stream.AudioLevel = 1
	good := func() { b.deliver(1, b.packet(1, true, true, make([]byte, 1500))) }
	good()
	for range 100_000 {
		raw := b.packet(0, dice.IntN(2) == 0, dice.IntN(2) == 0, make([]byte, 1500))
		switch dice.IntN(5) {
		case 0:
			raw = raw[:dice.IntN(len(raw))]
		case 1:
			raw = append(raw, make([]byte, dice.IntN(70_000))...)
		case 2:
			raw = raw[:12+dice.IntN(8)]
		}
		for range dice.IntN(8) {
			if len(raw) > 0 {
				raw[dice.IntN(min(len(raw), 30))] = byte(dice.Uint32())
			}
		}
		b.deliver(0, raw)
	}
	before := b.worker.forwarded.Load()
	good()
	if b.worker.forwarded.Load() != before+1 {
		t.Error("another source is no longer forwarded")
	}
	e := b.worker.engine
	if e.dropped[forward.Malformed].Load() < 30_000 || e.dropped[forward.UnknownCodec].Load() == 0 || e.received.Load() != 100_002 {
		t.Errorf("%d of %d packets were malformed", e.dropped[forward.Malformed].Load(), e.received.Load())
	}
}

// Bytes from the network never crash the plane.
func FuzzPacket(f *testing.F) {
	fresh := func() *bench {
		b := newBench(1, 1, &sealer{})
		b.layers[0].stream.AudioLevel = 1
		b.next[0] = 0
		b.slots[0].assign(assignment{layer: b.layers[0], generation: 1}, 0)
		return b
	}
	f.Add(fresh().packet(0, true, true, make([]byte, 1500)))
	f.Add([]byte{0x90, 96, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0, 0x90, 0xf0, 0x81, 0, 7, 0x45, 0})
	f.Add([]byte{0xb0, 96, 0, 1})
	f.Fuzz(func(_ *testing.T, packet []byte) {
		b := fresh()
		b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
		b.deliver(0, packet)
		nack(b.slots[0], b.slots[0].header.SequenceNumber)
	})
}

func BenchmarkForward(b *testing.B) {
	for _, slots := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("%dslots", slots), func(b *testing.B) {
			bench := newBench(1, slots, &sealer{})
			for _, s := range bench.slots {
				s.assign(assignment{layer: bench.layers[0], generation: 1}, 0)
			}
			raw := make([]byte, 1500)
			bench.deliver(0, bench.packet(0, true, true, raw))
			b.ReportAllocs()
			for b.Loop() {
				bench.deliver(0, bench.packet(0, false, false, raw))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(slots), "ns/slot")
		})
	}
}

// BenchmarkNACK answers a request for one packet that is in the ring.
func BenchmarkNACK(b *testing.B) {
	bench := newBench(1, 1, &sealer{})
	s := bench.slots[0]
	s.assign(assignment{layer: bench.layers[0], generation: 1}, 0)
	raw := make([]byte, 1500)
	bench.deliver(0, bench.packet(0, true, true, raw))
	request := []rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: []rtcp.NackPair{{PacketID: s.header.SequenceNumber}}}}
	b.ReportAllocs()
	for now := int64(0); b.Loop(); now += 1e9 {
		s.repairs.sent = 0
		s.feedback(request, now)
	}
	if n := bench.worker.retransmitted.Load(); n < uint64(b.N) {
		b.Fatalf("%d of %d were sent again", n, b.N)
	}
}

func TestFramesAreMadeEven(t *testing.T) {
	frame := func(timestamp uint32, lengths ...int) (all []*packets.Packet) {
		for _, n := range lengths {
			all = append(all, &packets.Packet{Timestamp: timestamp, Payload: make([]byte, n)})
		}
		return all
	}
	for name, c := range map[string]struct {
		taken []*packets.Packet
		want  []uint8
	}{
		"as browsers cut them":       {frame(1, 1000, 1000, 1001, 1001), []uint8{1, 1, 0, 0}},
		"even already":               {frame(1, 1000, 1000, 900), []uint8{0, 0, 0}},
		"two frames":                 {append(frame(1, 500, 501), frame(2, 700, 701, 300)...), []uint8{1, 0, 1, 0, 0}},
		"sound":                      {append(frame(1, 80), frame(2, 81)...), []uint8{0, 0}},
		"a frame that is one packet": {frame(1, 1200), []uint8{0}},
		"nothing":                    {nil, nil},
	} {
		got := bytes.Repeat([]byte{9}, len(c.taken)) // of the batch before
		evenOut(c.taken, got)
		if !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
