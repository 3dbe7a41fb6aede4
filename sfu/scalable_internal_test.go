package sfu

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"github.com/pion/rtp"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/transport"
)

// keyDescriptor is what Chromium 156 sends with a key frame of three spatial and three temporal layers that refer to lower ones in key frames
// only (L3T3_KEY); here all of them are active.
var keyDescriptor = func() []byte {
	b, _ := hex.DecodeString("c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf00")
	return b
}()

const describedBy = 5 // id of the header extension

// scalableBench is a bench with one camera in VP9 or AV1.
type scalableBench struct {
	*bench
	codec          codec.Codec
	number         uint16 // of the newest frame
	picture        uint16
	raw            [1500]byte
	key, followers []byte
}

func newScalableBench(c codec.Codec, slots int, out *sealer) *scalableBench {
	b := &scalableBench{bench: newBench(1, slots, out), codec: c, key: slices.Clone(keyDescriptor), followers: make([]byte, 3)}
	b.layers[0].stream.Codecs[98] = c
	b.layers[0].stream.Dependency = describedBy
	for _, s := range b.slots {
		s.out.Payload[c] = transport.PayloadTypes{Media: 98, RTX: 99}
		s.out.Dependency = describedBy
	}
	return b
}

// frame makes a packet that is a whole frame: of the next picture with spatial layer 0. The temporal pattern has one layer; keys may come anywhere.
func (b *scalableBench) frame(spatial int, key bool) []byte {
	b.next[0]++
	b.number++
	if spatial == 0 {
		b.picture++
	}
	descriptor := b.followers
	template := byte(5*spatial + 1)
	if key {
		template--
		if spatial == 0 {
			descriptor = b.key
		}
	}
	descriptor[0] = 0xc0 | template
	binary.BigEndian.PutUint16(descriptor[1:], b.number)
	raw := b.raw[:]
	raw[0], raw[1] = 0x90, 98
	if spatial == 2 {
		raw[1] |= 0x80
	}
	binary.BigEndian.PutUint16(raw[2:], b.next[0])
	binary.BigEndian.PutUint32(raw[4:], uint32(b.picture)*3000)
	binary.BigEndian.PutUint32(raw[8:], b.layers[0].stream.SSRC)
	words := (2 + len(descriptor) + 3) / 4
	binary.BigEndian.PutUint16(raw[12:], rtp.ExtensionProfileTwoByte)
	binary.BigEndian.PutUint16(raw[14:], uint16(words))
	clear(raw[16 : 16+4*words])
	raw[16], raw[17] = describedBy, byte(len(descriptor))
	copy(raw[18:], descriptor)
	payload := raw[16+4*words : 16+4*words+1000]
	if b.codec == codec.VP9 {
		payload[0] = 0x80 | 0x20 | 0x10 | 0x08 | 0x04
		binary.BigEndian.PutUint16(payload[1:], 0x8000|b.picture)
		payload[3] = byte(spatial << 1)
		payload[4] = 4 << 1 // refers to the picture four before
		if !key {
			payload[0] |= 0x40
		}
	} else {
		payload[0] = 0x10
		if key && spatial == 0 {
			payload[0] |= 0x08
		}
	}
	return raw[:16+4*words+1000]
}

func (b *scalableBench) show(key bool) {
	for spatial := range 3 {
		b.deliver(0, b.frame(spatial, key))
	}
}

// A forwarded packet allocates nothing, whatever of its stream is left out; an incoming one its share of a block.
func TestForwardingLayersAllocatesNothing(t *testing.T) {
	const slots = 30
	for _, c := range []codec.Codec{codec.VP9, codec.AV1} {
		b := newScalableBench(c, slots, &sealer{})
		for i, s := range b.slots {
			s.assign(assignment{layer: b.layers[0], generation: 1, limit: forward.Limit{Spatial: uint8(i % 3), Temporal: forward.All}}, 0)
		}
		b.show(true)
		if b.out.count != slots*2 { // one layer, two and three
			t.Fatalf("%v: %d packets of a key frame went out", c, b.out.count)
		}
		b.show(false)
		before := b.out.count
		perPicture := testing.AllocsPerRun(1000, func() { b.show(false) })
		if perPicture > 1.5 {
			t.Errorf("%v: %.2f allocations for a picture to %d slots", c, perPicture, slots)
		}
		if n := b.out.count - before; n != 1001*slots {
			t.Errorf("%v: %d packets went out", c, n)
		}
	}
}

// A link that takes the layer that a slot is to have is not full of those that it leaves out.
func TestLayersThatAreLeftOutTakeNothingOfTheLink(t *testing.T) {
	for _, c := range []codec.Codec{codec.VP9, codec.AV1} {
		for spatial, full := range map[uint8]bool{0: false, 2: true} {
			var numbers []uint16
			b := newScalableBench(c, 1, &sealer{taken: func(h *rtp.Header, _ []byte) { numbers = append(numbers, h.SequenceNumber) }})
			s := b.slots[0]
			s.assign(assignment{layer: b.layers[0], generation: 1, limit: forward.Limit{Spatial: spatial, Temporal: forward.All}}, 0)
			s.outbound.pacer.setRate(200_000, b.worker.engine.clock.now())
			for i := range 20 { // 160 kbit of each layer: of the lowest alone less than waits for its turn
				if b.show(i == 0); spatial == 2 && i > 0 {
					b.show(true)
				}
			}
			if got := b.worker.dropped[forward.Congested].Load() > 0; got != full {
				t.Errorf("%v, layer %d: the link is full: %v", c, spatial, got)
			}
			s.outbound.pacer.setRate(0, b.worker.engine.clock.now())
			s.outbound.pace(b.worker.engine.clock.now())
			if want := 20; spatial == 0 && len(numbers) != want {
				t.Errorf("%v: %d packets went out of %d", c, len(numbers), want)
			}
			for i, n := range numbers {
				if n != numbers[0]+uint16(i) {
					t.Fatalf("%v: packet %d has number %d after %d", c, i, n, numbers[i-1])
				}
			}
		}
	}
}

// sending is a packet that went out.
type sending struct {
	header     rtp.Header
	descriptor []byte
	payload    []byte
}

// A receiver of one layer is sent nothing else, and told so; what it asks for again comes as it went out.
func TestALayerForEachReceiver(t *testing.T) {
	for _, c := range []codec.Codec{codec.VP9, codec.AV1} {
		var all []sending
		b := newScalableBench(c, 3, &sealer{taken: func(h *rtp.Header, payload []byte) {
			all = append(all, sending{*h, slices.Clone(h.GetExtension(describedBy)), slices.Clone(payload)})
		}})
		for i, s := range b.slots {
			s.assign(assignment{layer: b.layers[0], generation: 1, limit: forward.Limit{Spatial: uint8(i), Temporal: forward.All}}, 0)
		}
		b.show(true)
		b.show(false)
		b.show(false)
		for i, s := range b.slots {
			if layer, height := s.sending(); layer != fmt.Sprintf("S%dT2", i) || height != 180<<i {
				t.Errorf("%v, layer %d: said to be %s of %d lines", c, i, layer, height)
			}
		}
		went := all
		for i, s := range b.slots {
			var own []sending
			for _, p := range went {
				if p.header.SSRC == s.out.SSRC {
					own = append(own, p)
				}
			}
			// A key frame has all layers up to the receiver's, other pictures that one alone.
			if len(own) != i+1+2 {
				t.Fatalf("%v, layer %d: %d packets", c, i, len(own))
			}
			var known [2]*codec.Structure
			for n, p := range own {
				if p.header.SequenceNumber != own[0].header.SequenceNumber+uint16(n) || p.header.Marker != (n >= i) {
					t.Errorf("%v, layer %d: packet %d is %+v", c, i, n, p.header)
				}
				if c == codec.VP9 {
					if p.descriptor != nil {
						t.Errorf("VP9, layer %d: a descriptor", i)
					}
					continue
				}
				var read codec.Payload
				attached, ok := codec.ParseDependency(p.descriptor, known, 0, &read)
				if attached != nil {
					known[0] = attached
				}
				if d := &read.Dependency; !ok || d.Structure == nil || d.Active != 7<<(3*i) || (attached != nil) != (n == 0) {
					t.Errorf("AV1, layer %d: packet %d says %+v", i, n, read.Dependency)
				}
			}
			all = nil
			last := own[len(own)-1]
			nack(s, last.header.SequenceNumber)
			if len(all) != 1 || !slices.Equal(all[0].payload[2:], last.payload) || !slices.Equal(all[0].descriptor, last.descriptor) || all[0].header.Marker != last.header.Marker {
				t.Errorf("%v, layer %d: sent again as %+v", c, i, all)
			}
			s.pad() // which repeats the newest, under its own number
			if again := all[len(all)-1].payload; binary.BigEndian.Uint16(again) != last.header.SequenceNumber || !slices.Equal(again[2:], last.payload) {
				t.Errorf("%v, layer %d: repeated as %x", c, i, again[:2])
			}
		}
	}
}

// A receiver that wants a larger picture keeps what it has until the key frame that is asked for.
func TestALargerPictureComesWithAKeyFrame(t *testing.T) {
	b := newScalableBench(codec.AV1, 1, &sealer{})
	s, l, asked := b.slots[0], b.layers[0], &b.worker.engine.keyFrameRequests
	s.assign(assignment{layer: l, generation: 1}, 0)
	b.show(true)
	b.show(false)
	first := asked.Load()
	s.assign(assignment{layer: l, generation: 1, limit: forward.Unlimited}, 1e9)
	before := b.out.count
	b.show(false)
	s.onTick(2e9)
	if asked.Load() != first+1 || b.out.count != before+1 {
		t.Errorf("%d key frames were asked for, %d packets went out", asked.Load()-first, b.out.count-before)
	}
	b.show(true)
	s.onTick(9e9)
	if asked.Load() != first+1 || b.out.count != before+4 {
		t.Errorf("%d key frames were asked for, %d packets went out", asked.Load()-first, b.out.count-before)
	}
}

// Of one stream a slot is offered each target that its source sends, by what that costs.
func TestTargetsAreOffered(t *testing.T) {
	b := newScalableBench(codec.VP9, 0, &sealer{})
	l := b.layers[0]
	l.stream.Rank = -1
	pub := l.publication
	pub.layers = []*layer{l}
	now := b.worker.engine.clock.now()
	offered := func() (all []string) {
		var a allocation
		pub.look(now)
		for _, c := range a.addLayers(pub) {
			chosen, limit := pub.chosen(c)
			if chosen != l {
				t.Error("another stream")
			}
			all = append(all, fmt.Sprintf("%d.%d %d %t", limit.Spatial, limit.Temporal, c.Height, c.Bitrate > 0))
		}
		return all
	}
	if got := offered(); !slices.Equal(got, []string{"255.255 0 true"}) {
		t.Errorf("before anything came: %v", got)
	}
	b.show(true)
	if got := offered(); !slices.Equal(got, []string{"0.2 180 true", "1.2 360 true", "2.2 720 true"}) {
		t.Errorf("before anything was measured: %v", got)
	}
	for range 10 {
		for range 3 {
			b.show(false)
		}
		pub.look(now)
	}
	var a allocation
	choices := a.addLayers(pub)
	// All frames are of temporal layer 0, and each layer costs as much.
	if len(choices) != 9 || !slices.IsSortedFunc(choices, func(x, y bandwidth.Choice) int { return x.Layer*10 + x.Temporal - y.Layer*10 - y.Temporal }) {
		t.Fatalf("%+v", choices)
	}
	for _, c := range choices {
		if c.Bitrate != choices[0].Bitrate || c.FrameRate < 20 || c.FrameRate > 40 {
			t.Errorf("%+v", c)
		}
	}
	l.sends.Store(0x7)
	if got := offered(); len(got) != 3 {
		t.Errorf("with one layer that is sent: %v", got)
	}
	// In another codec it is a stream like others.
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	if got := offered(); !slices.Equal(got, []string{"255.255 720 true"}) {
		t.Errorf("in another codec: %v", got)
	}
}

// Descriptors that are cut or changed harm nobody.
func TestMalformedDescriptorsHarmNobody(t *testing.T) {
	b := newScalableBench(codec.AV1, 1, &sealer{})
	s := b.slots[0]
	s.assign(assignment{layer: b.layers[0], generation: 1, limit: forward.Limit{Spatial: 1, Temporal: 1}}, 0)
	b.show(true)
	for i := range 20_000 {
		raw := b.frame(i%3, i%7 == 0)
		raw[18+i%(len(raw)-20)%90] ^= byte(i >> 3)
		if i%5 == 0 {
			raw[17] = byte(i)
		}
		b.deliver(0, raw)
		nack(s, s.header.SequenceNumber)
	}
	if b.worker.engine.dropped[forward.Malformed].Load() == 0 {
		t.Error("nothing was malformed")
	}
	before := b.worker.forwarded.Load()
	b.number += 1000
	b.show(true)
	b.show(true)
	if b.worker.forwarded.Load() == before {
		t.Error("nothing is forwarded any more")
	}
}

// BenchmarkForwardLayers forwards pictures of three layers to slots that take one, two or all of them.
func BenchmarkForwardLayers(b *testing.B) {
	for _, c := range []codec.Codec{codec.VP9, codec.AV1} {
		b.Run(c.String(), func(b *testing.B) {
			const slots = 99
			bench := newScalableBench(c, slots, &sealer{})
			for i, s := range bench.slots {
				s.assign(assignment{layer: bench.layers[0], generation: 1, limit: forward.Limit{Spatial: uint8(i % 3), Temporal: forward.All}}, 0)
			}
			bench.show(true)
			b.ReportAllocs()
			for b.Loop() {
				bench.show(false)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/slots, "ns/forwarded") // one layer of each picture for each slot
		})
	}
}

// A packet has its descriptor and its transport-wide number, in whichever form of header extensions both fit.
func TestADescriptorBesideANumber(t *testing.T) {
	const numberedBy = 3
	var all []rtp.Header
	b := newScalableBench(codec.AV1, 1, &sealer{taken: func(h *rtp.Header, _ []byte) {
		raw, err := h.Marshal()
		var read rtp.Header
		if _, failed := read.Unmarshal(raw); err != nil || failed != nil {
			t.Error(err, failed)
		}
		all = append(all, read)
	}})
	s := b.slots[0]
	s.out.TransportSequence = numberedBy
	s.outbound.begins(0)
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	b.deliver(0, b.frame(0, true))
	b.deliver(0, b.frame(0, false))
	nack(s, s.header.SequenceNumber)
	s.begin(s.out.SSRC, 98, 1, 1)
	s.transmit(nil) // one without a descriptor
	for i, h := range all {
		form := uint16(rtp.ExtensionProfileOneByte)
		if len(h.GetExtension(describedBy)) > maxShortExtension { // it has the structure
			form = rtp.ExtensionProfileTwoByte
		}
		last := i == len(all)-1
		if h.ExtensionProfile != form || len(h.GetExtension(numberedBy)) != 2 || (len(h.GetExtension(describedBy)) > 0) == last {
			t.Errorf("packet %d: %+v", i, h)
		}
		if n := binary.BigEndian.Uint16(h.GetExtension(numberedBy)); int(n-binary.BigEndian.Uint16(all[0].GetExtension(numberedBy))) != i {
			t.Errorf("packet %d has number %d", i, n)
		}
	}
	if len(all) < 3 || all[0].ExtensionProfile != rtp.ExtensionProfileTwoByte {
		t.Errorf("%d packets", len(all))
	}
}
