package sfu

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
	"diemcau/sfu/transport"
)

const (
	opusType = 111
	redType  = 63
	frame    = 960 // timestamp units of 20 ms
)

// microphones gives a bench sources of sound and slots for it, which take RED or not.
func microphones(b *bench, sources int, takesRED ...bool) {
	b.layers, b.slots, b.next = nil, nil, nil
	for i := range sources {
		pub := newPublication(b.peer, Microphone)
		pub.withheld.Store(0)
		stream := transport.Stream{SSRC: uint32(1000 + i)}
		stream.Codecs[opusType], stream.Codecs[redType] = codec.Opus, codec.RED
		b.layers = append(b.layers, newLayer(pub, stream))
	}
	for i, red := range takesRED {
		s := transport.Slot{Index: i, SSRC: uint32(1 + i), Out: b.out}
		s.Payload[codec.Opus].Media = opusType
		if red {
			s.Payload[codec.RED].Media = redType
		}
		b.slots = append(b.slots, newSlot(b.worker, b.peer, s))
	}
	b.worker.own(b.peer, b.slots)
}

// microphone makes the packets of a source, each of which repeats some before it.
type microphone struct {
	ssrc       uint32
	sequence   uint16
	timestamp  uint32
	redundancy int
	pad        int // bytes that are added to each word
	said       [][]byte
	at         []uint32 // their timestamps
}

func newMicrophone(ssrc uint32, redundancy int) *microphone {
	return &microphone{ssrc: ssrc, sequence: 65_500, timestamp: 1<<32 - 40*frame, redundancy: redundancy} // both come round soon
}

// word is what a source says in its n-th packet.
func word(ssrc uint32, n int) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{0xfc}, ssrc), uint32(n))
}

func (m *microphone) next() []byte {
	m.sequence++
	m.timestamp += frame
	m.said = append(m.said, append(word(m.ssrc, len(m.said)), make([]byte, m.pad)...))
	m.at = append(m.at, m.timestamp)
	n := len(m.said)
	h := rtp.Header{Version: 2, PayloadType: opusType, SSRC: m.ssrc, SequenceNumber: m.sequence, Timestamp: m.timestamp}
	payload := m.said[n-1]
	if m.redundancy > 0 {
		h.PayloadType = redType
		blocks := []codec.REDBlock{{PayloadType: opusType, Data: payload}}
		for back := 1; back <= m.redundancy && back < n; back++ {
			b := codec.REDBlock{PayloadType: opusType, Offset: m.timestamp - m.at[n-1-back], Data: m.said[n-1-back]}
			if b.Offset >= 1<<14 {
				break
			}
			blocks = slices.Insert(blocks, 0, b)
		}
		payload = codec.AppendRED(nil, blocks)
	}
	b, _ := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	return b
}

// pause is a time in which nothing is sent (DTX).
func (m *microphone) pause(frames int) { m.timestamp += uint32(frames * frame) }

// ear takes what goes out in one slot as a receiver does, and checks that all of it is in its place.
type ear struct {
	t    *testing.T
	ssrc uint32
	// came are the packets that came, by themselves or in others, and under which timestamp.
	came  map[uint32]uint32 // by what is said
	words int               // packets that arrived
	types map[uint8]int
	seen  uint16 // the newest number
}

func newEar(t *testing.T, ssrc uint32) *ear {
	return &ear{t: t, ssrc: ssrc, came: map[uint32]uint32{}, types: map[uint8]int{}}
}

func (e *ear) take(h *rtp.Header, payload []byte) {
	e.words++
	e.types[h.PayloadType]++
	e.seen = h.SequenceNumber
	blocks := [codec.MaxREDBlocks]codec.REDBlock{{PayloadType: h.PayloadType, Data: payload}}
	n := 1
	if h.PayloadType == redType {
		var ok bool
		if n, ok = codec.SplitRED(payload, &blocks); !ok {
			e.t.Fatalf("malformed redundancy: %x", payload)
		}
	}
	for _, b := range blocks[:n] {
		said := binary.BigEndian.Uint32(b.Data[1:])<<24 | binary.BigEndian.Uint32(b.Data[5:])
		at := h.Timestamp - b.Offset
		if before, twice := e.came[said]; twice && before != at || b.PayloadType != opusType {
			e.t.Fatalf("%x at %d, and before at %d", b.Data, at, before)
		}
		e.came[said] = at
	}
}

// hears tells whether a packet of a source came.
func (e *ear) hears(ssrc uint32, n int) bool {
	_, ok := e.came[ssrc<<24|uint32(n)]
	return ok
}

// concealed is the share of a source's packets from one on that a receiver has to conceal: neither they nor, with FEC in each packet, the next came.
func (e *ear) concealed(m *microphone, from int, fec bool) float64 {
	lost := 0
	for n := from; n < len(m.said)-1; n++ {
		if !e.hears(m.ssrc, n) && !(fec && e.hears(m.ssrc, n+1)) {
			lost++
		}
	}
	return float64(lost) / float64(len(m.said)-1-from)
}

// 30 % random loss on one way. What is concealed is at most 12 % with FEC alone, and at most 5 % with redundancy.
func TestConcealedSoundAtHighLoss(t *testing.T) {
	for _, c := range []struct {
		name     string
		up, down float64 // loss
		red      int     // that the publisher sends
		takes    bool    // RED is taken by the receiver
		fec      bool
		most     float64
	}{
		{"down, with RED", 0, 0.3, 0, true, false, 0.05},
		{"down, with RED and FEC", 0, 0.3, 0, true, true, 0.02},
		{"down, with FEC", 0, 0.3, 0, false, true, 0.12},
		{"up, with FEC", 0.3, 0, 0, false, true, 0.12},
		{"up, with one block and FEC", 0.3, 0, 1, false, true, 0.05},
		{"up, with two blocks", 0.3, 0, 2, false, false, 0.05},
		{"up, to one who takes RED", 0.3, 0, 1, true, true, 0.05},
		{"both ways, with one block, RED and FEC", 0.3, 0.3, 1, true, true, 0.08},
		{"none", 0, 0, 1, true, false, 0},
	} {
		dice := rand.New(rand.NewPCG(30, 200))
		e := newEar(t, 1)
		b := newBench(0, 0, &sealer{taken: func(h *rtp.Header, payload []byte) {
			if dice.Float64() >= c.down {
				e.take(h, payload)
			}
		}})
		microphones(b, 1, c.takes)
		s := b.slots[0]
		s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
		m := newMicrophone(1000, c.red)
		const second, warm, seconds = 50, 5 * 50, 300
		words, seen := 0, uint16(s.reports.last)
		for n := range seconds * second {
			if p := m.next(); dice.Float64() >= c.up || n == 0 {
				b.deliver(0, p)
			}
			if expected := int(e.seen - seen); n%second == second-1 && expected > 0 {
				lost := expected - (e.words - words)
				report := rtcp.ReceptionReport{SSRC: 1, FractionLost: uint8(lost * 255 / expected), LastSequenceNumber: s.reports.last + uint32(expected)}
				s.feedback([]rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{report}}}, 0)
				words, seen = e.words, e.seen
			}
		}
		got := e.concealed(m, warm, c.fec)
		t.Logf("%s: %.1f %% concealed", c.name, 100*got)
		if got > c.most {
			t.Errorf("%s: %.1f %% concealed, at most %.0f %% are bearable", c.name, 100*got, 100*c.most)
		}
		if plain := e.types[redType] == 0; plain != (c.down == 0 || !c.takes) {
			t.Errorf("%s: %d packets with redundancy", c.name, e.types[redType])
		}
	}
}

// lose has a slot's receiver report a share of lost packets until it is believed.
func lose(s *slot, share float64) {
	for range 40 {
		s.reported(rtcp.ReceptionReport{SSRC: s.out.SSRC, FractionLost: uint8(share * 255), LastSequenceNumber: s.reports.last + 100}, 0)
	}
}

// Redundancy is the slot's: after a switch it repeats what the one before said last, on the timestamps that that had.
func TestRedundancyGoesOnOverSwitches(t *testing.T) {
	e := newEar(t, 1)
	whole, losing := newEar(t, 1), false
	b := newBench(0, 0, &sealer{taken: func(h *rtp.Header, payload []byte) {
		whole.take(h, payload)
		if !losing {
			e.take(h, payload)
		}
	}})
	microphones(b, 2, true)
	s := b.slots[0]
	lose(s, 0.3)
	sources := []*microphone{newMicrophone(1000, 0), newMicrophone(1001, 1)}
	for round := range 40 {
		i := round % 2
		s.assign(assignment{layer: b.layers[i], generation: uint32(round)}, int64(round)*1e9)
		for range 5 {
			b.deliver(i, sources[i].next())
		}
		losing = true // the last two of each
		b.deliver(i, sources[i].next())
		b.deliver(i, sources[i].next())
		losing = false
	}
	b.deliver(1, sources[1].next())
	if len(whole.came) != len(e.came) || e.words != 40*5+1 {
		t.Errorf("%d of %d packets came, in %d", len(e.came), len(whole.came), e.words)
	}
}

func TestRedundancyLeavesNoHole(t *testing.T) {
	var newest []byte
	var kind uint8
	b := newBench(0, 0, &sealer{taken: func(h *rtp.Header, payload []byte) { newest, kind = slices.Clone(payload), h.PayloadType }})
	microphones(b, 1, true)
	s := b.slots[0]
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	lose(s, 0.3)
	m := newMicrophone(1000, 0)
	blocks := func() int {
		var all [codec.MaxREDBlocks]codec.REDBlock
		if kind == opusType {
			return 0
		}
		n, _ := codec.SplitRED(newest, &all)
		return n - 1
	}
	want := func(what string, n int) {
		t.Helper()
		if got := blocks(); got != n {
			t.Errorf("%s: %d are repeated, want %d", what, got, n)
		}
	}
	for i, n := range []int{0, 1, 2, 2} {
		b.deliver(0, m.next())
		want(fmt.Sprint("packet ", i), n)
	}
	m.next() // lost on the way to the server
	b.deliver(0, m.next())
	want("after one that did not come", 0)
	b.deliver(0, m.next())
	want("the second after it", 1)
	b.deliver(0, m.next())
	want("the third after it", 2)
	m.pause(20) // DTX: longer than an offset can say
	b.deliver(0, m.next())
	want("after a pause", 0)
	b.deliver(0, m.next())
	want("the second after a pause", 1)
	m.pause(16)
	b.deliver(0, m.next())
	want("after a short pause", 1)
	b.deliver(0, m.next())
	b.deliver(0, m.next())
	late := m.next()
	b.deliver(0, m.next())
	want("before one that is late", 0)
	b.deliver(0, late)
	want("the late one", 2)
	b.deliver(0, m.next())
	want("after the late one", 2)
	lose(s, 0.05)
	lose(s, 0.04)
	b.deliver(0, m.next())
	want("at moderate loss", 1)
	lose(s, 0)
	b.deliver(0, m.next())
	want("without loss", 0)
}

// ringOf are the words that a layer holds, in the order in which they came.
func ringOf(t *testing.T, l *layer) (words []uint32) {
	t.Helper()
	var taken [audioRing]*packets.Packet
	n, _, _ := l.ring.Read(0, taken[:])
	for i, p := range taken[:n] {
		if p.Codec != codec.Opus || i > 0 && p.Sequence-taken[0].Sequence != uint64((p.Timestamp-taken[0].Timestamp)/frame) {
			t.Errorf("%+v, and before it %+v", p, taken[i-1])
		}
		words = append(words, binary.BigEndian.Uint32(p.Payload[5:]))
	}
	return words
}

func TestPacketsThatNeverCameAreRecovered(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	microphones(b, 1)
	l, e, m := b.layers[0], b.worker.engine, newMicrophone(1000, 2)
	for n := range 14 {
		switch p := m.next(); n {
		case 2, 5, 6, 9, 10, 11: // lost
		default:
			b.deliver(0, p)
		}
	}
	if got := fmt.Sprint(ringOf(t, l)); got != "[0 1 2 3 4 5 6 7 8 10 11 12 13]" { // 9 is three before the next
		t.Errorf("the ring holds %s", got)
	}
	if n := e.recovered.Load(); n != 5 {
		t.Errorf("%d packets are said to be recovered", n)
	}
	// The original of one that was recovered is late.
	again := newMicrophone(1000, 2)
	for range 5 {
		again.next()
	}
	b.deliver(0, again.next())
	if d := e.dropped[forward.Duplicate].Load(); d != 1 {
		t.Errorf("%d duplicates", d)
	}
}

// What was said while a source was withheld is not let through by what repeats it afterwards.
func TestRedundancyRepeatsNothingFromBeforeTheGateOpened(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	microphones(b, 1)
	l, m := b.layers[0], newMicrophone(1000, 2)
	m.next()
	m.next()
	b.deliver(0, m.next()) // the first that comes: nothing before it is wanted
	l.publication.withheld.Store(1 + uint32(forward.Muted))
	b.deliver(0, m.next())
	m.next() // lost
	m.next() // lost
	l.publication.withheld.Store(0)
	b.deliver(0, m.next())
	b.deliver(0, m.next())
	if got := fmt.Sprint(ringOf(t, l)); got != "[2 6 7]" {
		t.Errorf("the ring holds %s", got)
	}
}

func TestHostileRedundancy(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	microphones(b, 1)
	l, e, m := b.layers[0], b.worker.engine, newMicrophone(1000, 0)
	send := func(payload ...byte) {
		h := rtp.Header{Version: 2, PayloadType: redType, SSRC: 1000, SequenceNumber: m.sequence + 2, Timestamp: m.timestamp + 2*frame}
		raw, _ := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
		m.sequence += 2
		m.timestamp += 2 * frame
		b.deliver(0, raw)
	}
	b.deliver(0, m.next())
	const red = 0x80 | opusType
	send(red, 0xff, 0xff, 0xff, opusType, 1)              // a length beyond the packet
	send(slices.Repeat([]byte{red, 15, 0, 0}, 255)...)    // 255 blocks
	send(red, 15, 0, 1, red, 30, 0, 1, opusType, 1, 2, 3) // timestamps that go back
	send(opusType)                                        // no data
	send(red, 15, 0, 1, 96, 1, 2)                         // a payload type of nothing
	send(red, 15, 0, 1, redType, 1, 2)                    // of itself
	if d, n := e.dropped[forward.Malformed].Load(), e.dropped[forward.UnknownCodec].Load(); d != 4 || n != 2 || l.ring.Head() != 1 {
		t.Errorf("%d malformed, %d of no codec, %d taken", d, n, l.ring.Head())
	}
	send(0x80|96, 15, 0, 1, opusType, 1, 2) // what is repeated has a payload type of nothing
	send(red, 15, 0, 0, opusType, 1)        // or is empty
	m.sequence -= 2                         // or is older than the one before it, which came
	m.timestamp -= frame
	send(red, 0xff, 0xfc, 1, opusType, 1, 2)
	if n := l.ring.Head(); n != 3 || e.recovered.Load() != 0 {
		t.Errorf("%d taken, %d recovered", n, e.recovered.Load())
	}
}

// Without redundancy sound costs no allocation for a slot; with it neither.
func TestSoundAllocatesNothing(t *testing.T) {
	for _, loss := range []float64{0, 0.3} {
		b := newBench(0, 0, &sealer{})
		microphones(b, 1, slices.Repeat([]bool{true}, 50)...)
		for _, s := range b.slots {
			s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
		}
		lose(b.slots[0], loss)
		raw := newMicrophone(1000, 0).next()
		n := testing.AllocsPerRun(2000, func() {
			binary.BigEndian.PutUint16(raw[2:], binary.BigEndian.Uint16(raw[2:])+1)
			binary.BigEndian.PutUint32(raw[4:], binary.BigEndian.Uint32(raw[4:])+frame)
			b.deliver(0, raw)
		})
		if n > 0.2 {
			t.Errorf("%.2f allocations for a packet to 50 slots at %.0f %% loss", n, 100*loss)
		}
	}
}

// A source is told what the worst of its listeners loses, of those who cannot take RED, up to a bound.
func TestListenersLossIsTold(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	microphones(b, 2, false, false)
	other := newBench(0, 0, &sealer{})
	microphones(other, 0, true)
	l := b.layers[0]
	look := func() (share float64) {
		for range 40 {
			for _, s := range append(slices.Clone(b.slots), other.slots...) {
				s.onTick(0)
			}
			share = l.Reception(transport.Reception{})
		}
		return share
	}
	near := func(what string, want float64) {
		t.Helper()
		if got := look(); got < want-0.01 || got > want+0.01 {
			t.Errorf("%s: %f is told, want %f", what, got, want)
		}
	}
	lose(b.slots[0], 0.2)
	near("nobody listens", 0)
	b.slots[0].assign(assignment{layer: l, generation: 1}, 0)
	b.slots[1].assign(assignment{layer: b.layers[1], generation: 1}, 0)
	b.deliver(0, newMicrophone(1000, 0).next())
	b.deliver(1, newMicrophone(1001, 0).next())
	near("one loses a fifth", 0.2)
	lose(b.slots[0], 0.9)
	near("one loses nearly all", maxListenerLoss)
	lose(b.slots[0], 0)
	near("it loses nothing any more", 0)
	s := other.slots[0]
	s.current = l.feeds[0]
	lose(s, 0.3)
	near("one that takes RED", 0)
}

func TestReceptionsAreTotalled(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	microphones(b, 2)
	b.layers[0].Reception(transport.Reception{Lost: 3, Reordered: 2, Duplicates: 1, Jitter: 5e6})
	b.layers[0].Reception(transport.Reception{Lost: 2, Reordered: 4, Duplicates: 1, Jitter: 7e6}) // one of the lost was late
	b.layers[1].Reception(transport.Reception{Lost: 10, Jitter: 1e6})
	e := b.worker.engine
	if l, o, d, j, n := e.lost.Load(), e.reordered.Load(), e.repeated.Load(), e.jitter.Load(), e.receptions.Load(); l != 13 || o != 4 || d != 1 || j != 13e6 || n != 3 {
		t.Errorf("%d lost, %d reordered, %d repeated, jitter of %d in %d receptions", l, o, d, j, n)
	}
}

// What is set aside for a slot of sound is what it sends, whatever its source repeats and its receiver is to be repeated.
func TestSoundIsReckonedAsItIsSent(t *testing.T) {
	for _, repeated := range []int{0, 2} {
		for _, share := range []float64{0, 0.08, 0.3} {
			for _, takesRED := range []bool{false, true} {
				sent := 0
				b := newBench(0, 0, &sealer{taken: func(_ *rtp.Header, payload []byte) { sent += overhead + 12 + len(payload) }})
				microphones(b, 1, takesRED)
				s, l := b.slots[0], b.layers[0]
				s.assign(assignment{layer: l, generation: 1}, 0)
				for range 20 {
					s.outbound.lost(50, share)
				}
				m := newMicrophone(1000, repeated)
				m.pad = 80 // 32 kbit/s
				const ticks = 100
				for range ticks {
					for range int(roomTick / (20 * time.Millisecond)) {
						b.deliver(0, m.next())
					}
					l.measure(byTemporal)
				}
				want := float64(sent) * 8 / (ticks * roomTick.Seconds())
				got := float64(b.peer.soundBitrate(&place{slot: s, layer: l}))
				if got < want*0.97 || got > want*1.15 {
					t.Errorf("a source that repeats %d, loss %.2f, RED %v: %.0f bit/s are set aside and %.0f sent", repeated, share, takesRED, got, want)
				}
			}
		}
	}
}
