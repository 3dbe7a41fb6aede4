package forward

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// scalability is a mode of an encoder: the structure as Chromium 156 sends it with a key frame, and which of its templates frames name, by
// spatial layer five each.
type scalability struct {
	structure string
	spatial   int
	key, base uint8 // templates of a key frame and of other frames of temporal layer 0
	whole     bool  // layers refer to those below them in every picture, not in key frames only
}

var scalabilities = []scalability{
	{"c00001800214eaa860414d1410208427013f00b3", 1, 0, 1, false},
	{"c10001c0081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf1f80", 3, 1, 0, true},
	{"c00001c0081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf1f80", 3, 0, 1, false},
}

// temporalPattern is the temporal layer of each picture and its template, beginning with a key frame or one of layer 0.
var temporalPattern = [4]struct{ layer, template uint8 }{{0, 0}, {2, 3}, {1, 2}, {2, 4}}

// scalable is a source with spatial and temporal layers.
type scalable struct {
	scalability
	sequence  uint64
	timestamp uint32
	picture   uint16
	number    uint16 // of the newest frame
	at        int    // in the pattern
	known     [2]*codec.Structure
	active    uint16
	newest    [3][3]uint16 // by spatial and temporal layer: the newest frame
	refers    map[uint16][]uint16
	sizes     func() int
}

func newScalable(dice *rand.Rand, mode scalability) *scalable {
	return &scalable{
		scalability: mode, sequence: 1<<16 | uint64(dice.Uint32N(1<<16)), timestamp: dice.Uint32(), picture: uint16(dice.Uint32N(1 << 15)), number: uint16(dice.Uint32()),
		refers: map[uint16][]uint16{}, sizes: func() int { return 1 + dice.IntN(3) },
	}
}

// next makes the packets of the next picture.
func (s *scalable) next(t *testing.T, key bool) (all []*packets.Packet) {
	t.Helper()
	if key {
		s.at = 0
	}
	step := temporalPattern[s.at%4]
	s.at++
	s.timestamp += 3000
	s.picture = (s.picture + 1) & 0x7fff
	for spatial := range s.spatial {
		s.number++
		template := step.template
		var refers []uint16
		switch {
		case key:
			template = s.key
		case step.layer == 0:
			template = s.base
			refers = append(refers, s.newest[spatial][0])
		case template == 4:
			refers = append(refers, s.newest[spatial][1])
		default:
			refers = append(refers, s.newest[spatial][0])
		}
		if spatial > 0 && (key || s.whole) {
			refers = append(refers, s.number-1)
		}
		s.newest[spatial][step.layer] = s.number
		s.refers[s.number] = refers
		size := s.sizes()
		for i := range size {
			s.sequence++
			p := &packets.Packet{Sequence: s.sequence, Timestamp: s.timestamp, Codec: codec.AV1, Marker: i == size-1 && spatial == s.spatial-1}
			p.Descriptor = []byte{template + uint8(5*spatial), 0, 0}
			if key && spatial == 0 && i == 0 {
				p.Descriptor, _ = hex.DecodeString(s.structure)
				p.Descriptor[0] &= 0x3f
			}
			if i == 0 {
				p.Descriptor[0] |= 0x80
			}
			if i == size-1 {
				p.Descriptor[0] |= 0x40
			}
			binary.BigEndian.PutUint16(p.Descriptor[1:], s.number)
			attached, ok := codec.ParseDependency(p.Descriptor, s.known, s.active, &p.Facts)
			if !ok || p.Facts.Dependency.Structure == nil || int(p.Facts.Spatial) != spatial || p.Facts.Temporal != step.layer {
				t.Fatalf("%x: %+v", p.Descriptor, p.Facts)
			}
			if attached != nil {
				s.known = [2]*codec.Structure{attached, s.known[0]}
				s.active = 1<<len(attached.Targets) - 1 // Chromium begins with fewer
				p.Facts.Dependency.Active, p.Facts.KeyFrame = s.active, true
			}
			p.Facts.VP9 = codec.VP9Descriptor{PictureIDAt: 1, PictureID15Bit: true, PictureID: s.picture}
			all = append(all, p)
		}
	}
	return all
}

// Over random limits and sources: every frame that goes out has those that it refers to; numbers go on without a gap, frame numbers ascend, and
// descriptors can be read by who reads nothing else; every picture ends; nothing above the limit goes out for long, and a key frame is
// wished for where only that leads on.
func TestLayersOfOneStream(t *testing.T) {
	layers := map[[2]uint8]int{}
	limits := []Limit{{0, 0}, {0, All}, {1, 0}, {1, 1}, {2, All}, {2, 0}, Unlimited}
	for seed := range uint64(60) {
		dice := rand.New(rand.NewPCG(seed, 12))
		r := NewRewriter(90000, uint16(dice.Uint32N(1<<15)), dice.Uint32())
		var s *scalable
		sent := map[uint16]bool{} // frames of s, by their numbers
		var structures [2]*codec.Structure
		var lastNumber, lastFrame uint16
		var openPicture bool
		var lastTimestamp uint32
		limit, since, stuck, began := Unlimited, 0, 0, false
		for n := range 2000 {
			change := s == nil || dice.IntN(150) == 0
			if change {
				s = newScalable(dice, scalabilities[dice.IntN(len(scalabilities))])
				clear(sent)
			}
			if r.Stuck() {
				stuck++
			} else {
				stuck = 0
			}
			key := change || dice.IntN(80) == 0 || stuck > 3
			picture := s.next(t, key)
			if change {
				r.Switch(picture[0], int64(n)*33e6)
			}
			if dice.IntN(30) == 0 {
				limit, since = limits[dice.IntN(len(limits))], n
				r.SetLimit(limit)
			}
			went := false
			for _, p := range picture {
				d := &p.Facts.Dependency
				o, v := r.Place(p)
				if v == LeftOut {
					if sent[d.Number] {
						t.Fatalf("seed %d, picture %d: half of a frame goes out", seed, n)
					}
					continue
				}
				if v != Forward {
					t.Fatalf("seed %d: verdict %d", seed, v)
				}
				if openPicture && p.Timestamp+o.Timestamp != lastTimestamp {
					t.Fatalf("seed %d, picture %d: the one before has no end", seed, n)
				}
				number := uint16(p.Sequence) + o.Sequence
				if began && number != lastNumber+1 {
					t.Fatalf("seed %d, picture %d: number %d after %d", seed, n, number, lastNumber)
				}
				if p.Facts.FrameStart {
					for _, other := range s.refers[d.Number] {
						if !sent[other] {
							t.Fatalf("seed %d, picture %d: frame %d of layer %d.%d refers to %d, which was left out", seed, n, d.Number, p.Facts.Spatial, p.Facts.Temporal, other)
						}
					}
					sent[d.Number] = true
					layers[[2]uint8{p.Facts.Spatial, p.Facts.Temporal}]++
				} else if !sent[d.Number] {
					t.Fatalf("seed %d, picture %d: a frame without its beginning", seed, n)
				}
				if n > since+12 && (p.Facts.Temporal > limit.Temporal || p.Facts.Spatial > limit.Spatial) {
					t.Fatalf("seed %d, picture %d: layer %d.%d goes out, the limit is %+v since %d; stuck %v, target %d %v %d %v", seed, n, p.Facts.Spatial, p.Facts.Temporal, limit, since, r.Stuck(), o.Target, s.scalability.whole, s.scalability.spatial, d.Structure == r.goal.structure)
				}
				// What a receiver reads.
				var read codec.Payload
				attached, ok := codec.ParseDependency(o.Describe(nil, p), structures, 0, &read)
				if attached != nil {
					from, free := attached.Templates()
					if was := structures[0]; was != nil && change {
						if _, before := was.Templates(); from != before || free == before {
							t.Fatalf("seed %d: templates from %d on after those up to %d", seed, from, before)
						}
					}
					structures = [2]*codec.Structure{attached, structures[0]}
				}
				got := &read.Dependency
				switch {
				case !ok || got.Structure != structures[0] || read.Spatial != p.Facts.Spatial || read.Temporal != p.Facts.Temporal || got.In != d.In:
					t.Fatalf("seed %d, picture %d: %x is read as %+v", seed, n, o.Describe(nil, p), read)
				case began && int16(got.Number-lastFrame) < 0, began && p.Facts.FrameStart && got.Number == lastFrame:
					t.Fatalf("seed %d, picture %d: frame %d after %d", seed, n, got.Number, lastFrame)
				case int(o.Target) < len(got.Structure.Targets) && p.Facts.FrameStart && got.Active>>o.Target&1 == 0:
					t.Fatalf("seed %d, picture %d: target %d goes out, %x are said to be active", seed, n, o.Target, got.Active)
				}
				source, under, ok := r.Origin(number)
				if !ok || source != p.Sequence || under != o {
					t.Fatalf("seed %d: %d comes from %d %v", seed, number, source, ok)
				}
				lastNumber, lastFrame, lastTimestamp, began, went = number, got.Number, p.Timestamp+o.Timestamp, true, true
				openPicture = !o.Marker(p)
			}
			if key && !went {
				t.Fatalf("seed %d, picture %d: nothing of a key frame goes out", seed, n)
			}
		}
	}
	if len(layers) != 9 {
		t.Errorf("frames of each layer: %v", layers)
	}
}

// Who takes less goes there at once where layers refer to those below them in every picture, and with a key frame elsewhere; more frames need none.
func TestWhereAKeyFrameIsNeeded(t *testing.T) {
	for _, c := range []struct {
		name     string
		mode     int
		from, to Limit
		stuck    bool
	}{
		{"a smaller picture", 1, Unlimited, Limit{0, All}, false},
		{"a larger picture", 1, Limit{0, All}, Limit{1, All}, true},
		{"a smaller picture, of layers that stand alone", 2, Limit{2, All}, Limit{1, All}, true},
		{"a larger picture, of layers that stand alone", 2, Limit{0, All}, Limit{2, All}, true},
		{"fewer frames", 2, Limit{2, All}, Limit{2, 0}, false},
		{"more frames", 2, Limit{1, 0}, Limit{1, All}, false},
		{"more frames of one layer", 0, Limit{0, 0}, Limit{0, 1}, false},
	} {
		s := newScalable(rand.New(rand.NewPCG(1, 1)), scalabilities[c.mode])
		r := NewRewriter(90000, 1, 0)
		r.SetLimit(c.from)
		best := func(p *packets.Packet, l Limit) uint8 {
			return p.Facts.Dependency.Structure.Best(l.Spatial, l.Temporal, p.Facts.Dependency.Active)
		}
		var last Offsets
		picture := func(key bool) *packets.Packet {
			all := s.next(t, key)
			if key && last.Switch == 0 {
				r.Switch(all[0], 0)
			}
			for _, p := range all {
				if o, v := r.Place(p); v == Forward {
					last = o
				}
			}
			return all[0]
		}
		p := picture(true)
		for range 8 {
			p = picture(false)
		}
		if last.Target != All && last.Target != best(p, c.from) {
			t.Errorf("%s: target %d at first", c.name, last.Target)
		}
		r.SetLimit(c.to)
		for range 8 {
			p = picture(false)
		}
		if r.Stuck() != c.stuck || (last.Target == best(p, c.to)) == c.stuck {
			t.Errorf("%s: stuck %v with target %d", c.name, r.Stuck(), last.Target)
		}
		if p = picture(true); r.Stuck() || last.Target != best(p, c.to) {
			t.Errorf("%s: stuck %v with target %d after a key frame", c.name, r.Stuck(), last.Target)
		}
	}
}

// With loss, reordering and repair no number is used twice, and whatever went out is found again.
func TestLayersOnALossyWay(t *testing.T) {
	for seed := range uint64(40) {
		dice := rand.New(rand.NewPCG(seed, 13))
		r := NewRewriter(90000, uint16(dice.Uint32N(1<<15)), dice.Uint32())
		var s *scalable
		sent := map[uint64]uint64{} // numbers in the slot, extended, to those of the source
		var highest uint64
		var late []*packets.Packet
		take := func(p *packets.Packet) {
			o, v := r.Place(p)
			if v == Early || v == LeftOut {
				return
			}
			if (v == Filler) == p.Facts.Of(o.Target) {
				t.Fatalf("seed %d: verdict %d for what belongs to target %d: %v", seed, v, o.Target, p.Facts.Of(o.Target))
			}
			number := uint16(p.Sequence) + o.Sequence
			extended := highest + uint64(int64(int16(number-uint16(highest))))
			if len(sent) == 0 {
				extended = 1<<20 | uint64(number)
			}
			if _, twice := sent[extended]; twice {
				t.Fatalf("seed %d: number %d is used twice", seed, number)
			}
			sent[extended] = p.Sequence
			highest = max(highest, extended)
			if source, _, ok := r.Origin(number); !ok || source != p.Sequence {
				t.Fatalf("seed %d: %d comes from %d, not from %d", seed, number, source, p.Sequence)
			}
		}
		for n := range 2000 {
			if dice.IntN(40) == 0 {
				r.SetLimit(Limit{uint8(dice.IntN(3)), uint8(dice.IntN(3))})
			}
			change := s == nil || dice.IntN(200) == 0
			if change {
				s = newScalable(dice, scalabilities[dice.IntN(len(scalabilities))])
				late = nil
			}
			for i, p := range s.next(t, change || dice.IntN(40) == 0) {
				switch {
				case change && i == 0:
					r.Switch(p, int64(n)*33e6)
					take(p)
				case dice.IntN(12) == 0: // lost
				case dice.IntN(12) == 0:
					late = append(late, p)
				default:
					take(p)
				}
			}
			for len(late) > dice.IntN(8) {
				take(late[0])
				late = late[1:]
			}
		}
	}
}
