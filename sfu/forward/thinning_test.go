package forward

import (
	"math/rand/v2"
	"slices"
	"testing"

	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// patterns are temporal layers as libvpx makes them. A frame refers to the last one of its own and of each lower layer, but a sync frame to
// the last one of layer 0 alone.
var patterns = [...][]struct {
	layer uint8
	sync  bool
}{
	{{0, false}, {1, true}, {0, false}, {1, false}, {0, false}, {1, false}},
	{{0, false}, {2, true}, {1, true}, {2, false}, {0, false}, {2, false}, {1, false}, {2, false}},
}

// layered is a source with temporal layers, one frame after the other.
type layered struct {
	*source
	dice    *rand.Rand
	pattern int
	at      int
	last    [3]int         // the newest frame of each layer
	refers  map[int][]int  // by frame: what it refers to
	frames  map[uint64]int // by sequence number
	count   int
	large   bool // frames have up to four packets
}

func newLayered(dice *rand.Rand) *layered {
	return &layered{source: newSource(dice), dice: dice, pattern: dice.IntN(len(patterns)), refers: map[int][]int{}, frames: map[uint64]int{}}
}

func (l *layered) next(key bool) (frame []*packets.Packet) {
	if key {
		l.at = 0
	}
	step := patterns[l.pattern][l.at%len(patterns[l.pattern])]
	l.at++
	l.count++
	switch {
	case key:
		l.refers[l.count] = nil
		l.last = [3]int{l.count, l.count, l.count}
		l.key++
	case step.sync || step.layer == 0:
		l.refers[l.count] = []int{l.last[0]}
	default:
		l.refers[l.count] = slices.Clone(l.last[:step.layer+1])
	}
	l.last[step.layer] = l.count
	l.timestamp += 3000
	l.picture = (l.picture + 1) & 0x7fff
	if step.layer == 0 {
		l.tl0++
	}
	size := 1
	if l.large {
		size += l.dice.IntN(4)
	}
	for i := range size {
		l.sequence++
		l.frames[l.sequence] = l.count
		p := &packets.Packet{Sequence: l.sequence, Timestamp: l.timestamp, Codec: codec.VP8, Marker: i == size-1}
		p.Facts = codec.Payload{FrameStart: i == 0, KeyFrame: i == 0 && key, Temporal: step.layer, Sync: step.sync}
		p.Facts.VP8 = codec.VP8Descriptor{Size: 6, PictureIDAt: 2, PictureID15Bit: true, PictureID: l.picture, TL0PicIdxAt: 4, TL0PicIdx: l.tl0, KeyIdxAt: 5, KeyIdx: l.key & 0x1f}
		frame = append(frame, p)
	}
	return frame
}

// Without loss: the numbers and picture ids of what goes out have no gap, no frame above the limit begins, every frame has what it refers
// to, and the limit is followed.
func TestThinningLeavesNoGap(t *testing.T) {
	for seed := range uint64(40) {
		dice := rand.New(rand.NewPCG(seed, 7))
		r := NewRewriter(90000, uint16(dice.Uint32N(1<<15)), dice.Uint32())
		var l *layered
		sent := map[int]bool{} // frames of l
		limit := uint8(All)
		var lastNumber, lastPicture uint16
		began := false
		counts := [3]int{}
		for n := range 3000 {
			change := l == nil || dice.IntN(200) == 0
			if change {
				l = newLayered(dice)
				l.large = dice.IntN(2) == 0
				clear(sent)
			}
			frame := l.next(change || dice.IntN(100) == 0)
			if change {
				r.Switch(frame[0], int64(n)*33e6)
			}
			for i, p := range frame {
				if dice.IntN(40) == 0 { // even in the middle of a frame
					limit = []uint8{0, 1, 2, All}[dice.IntN(4)]
					r.SetLimit(Limit{All, limit})
				}
				o, v := r.Place(p)
				if v == Early || v == Filler {
					t.Fatalf("seed %d: verdict %d", seed, v)
				}
				if v == LeftOut {
					if i > 0 && sent[l.count] {
						t.Fatalf("seed %d, frame %d: it has no end", seed, n)
					}
					continue
				}
				if i == 0 && p.Facts.Temporal > limit {
					t.Fatalf("seed %d: layer %d goes out, the limit is %d", seed, p.Facts.Temporal, limit)
				}
				number, picture := uint16(p.Sequence)+o.Sequence, (p.Facts.VP8.PictureID+o.PictureID)&0x7fff
				if began && (number != lastNumber+1 || picture != lastPicture && picture != (lastPicture+1)&0x7fff || (i == 0) == (picture == lastPicture)) {
					t.Fatalf("seed %d, frame %d: number %d after %d, picture %d after %d", seed, n, number, lastNumber, picture, lastPicture)
				}
				lastNumber, lastPicture, began = number, picture, true
				if i == 0 {
					counts[p.Facts.Temporal]++
					for _, other := range l.refers[l.count] {
						if !sent[other] {
							t.Fatalf("seed %d, frame %d: it refers to what was left out", seed, n)
						}
					}
					sent[l.count] = true
				} else if !sent[l.count] {
					t.Fatalf("seed %d, frame %d: half of it goes out", seed, n)
				}
				source, under, ok := r.Origin(number)
				if !ok || source != p.Sequence || under != o {
					t.Fatalf("seed %d: %d comes from %d %v", seed, number, source, ok)
				}
			}
		}
		if counts[1] == 0 || counts[2] == 0 && l.pattern == 1 {
			t.Fatalf("seed %d: frames of each layer: %v", seed, counts)
		}
	}
}

// The limit rises within one round of the pattern, without a key frame.
func TestThinningRisesWithoutAKeyFrame(t *testing.T) {
	for pattern, layers := range []uint8{1, 2} {
		l := newLayered(rand.New(rand.NewPCG(1, 1)))
		l.pattern = pattern
		r := NewRewriter(90000, 1, 0)
		r.SetLimit(Limit{All, 0})
		for i := range 100 {
			if i == 50 {
				r.SetLimit(Limit{All, layers})
			}
			p := l.next(i == 0)[0]
			if i == 0 {
				r.Switch(p, 0)
			}
			settled := i < 50 || i >= 50+2*len(patterns[pattern])
			if goes := place(r, p); goes != (p.Facts.Temporal == 0 || i >= 50) && (settled || !goes && p.Facts.Temporal == 0) {
				t.Fatalf("%d layers: frame %d of layer %d goes out: %v", layers+1, i, p.Facts.Temporal, goes)
			}
		}
	}
}

// With loss, reordering and repair: no number is used twice; a number that did not go out belongs to a packet that never came; whatever went
// out is found again; and no frame of a layer that was left out is found.
func TestThinningOnALossyWay(t *testing.T) {
	for seed := range uint64(60) {
		dice := rand.New(rand.NewPCG(seed, 8))
		r := NewRewriter(90000, uint16(dice.Uint32N(1<<15)), dice.Uint32())
		type sending struct {
			source uint64
			under  Offsets
			filler bool
		}
		sent := map[uint64]sending{} // by extended number
		var first, highest uint64
		var arrived map[uint64]*packets.Packet
		var l *layered
		type delayed struct {
			p   *packets.Packet
			due int
		}
		var late []delayed
		fillers := 0
		checked := func(n int) {
			for number := max(first, highest-min(highest, 400)); number < highest; number++ {
				s, went := sent[number]
				source, under, ok := r.Origin(uint16(number))
				switch {
				case went && ok && (source != s.source || under.Sequence != s.under.Sequence || under.PictureID != s.under.PictureID):
					t.Fatalf("seed %d, frame %d: %d comes from %d, not from %d", seed, n, number, s.source, source)
				case went && !ok && under.Switch == r.Current().Switch:
					t.Fatalf("seed %d: %d is forgotten", seed, number)
				case !went && ok && under.Switch == r.Current().Switch && arrived[source] != nil:
					t.Fatalf("seed %d, frame %d: %d never went out, but %d came", seed, n, number, source)
				case went && ok && s.filler != (under.Switch == r.Current().Switch && arrived[source] != nil && arrived[source].Facts.Temporal > under.Target) && under.Switch == r.Current().Switch:
					t.Fatalf("seed %d: a filler is taken for a frame, or the other way round", seed)
				}
			}
		}
		take := func(p *packets.Packet, n int) {
			o, v := r.Place(p)
			if v == Early || v == LeftOut {
				if v == LeftOut && p.Facts.Temporal == 0 && n >= 0 {
					t.Fatalf("seed %d, frame %d: a frame of layer 0 is left out", seed, n)
				}
				return
			}
			arrived[p.Sequence] = p
			number := uint16(p.Sequence) + o.Sequence
			extended := highest + uint64(int64(int16(number-uint16(highest))))
			if len(sent) == 0 {
				extended = 1<<20 | uint64(number)
				first = extended
			}
			if _, twice := sent[extended]; twice {
				t.Fatalf("seed %d, frame %d: number %d is used twice", seed, n, number)
			}
			if (v == Filler) != (p.Facts.Temporal > o.Target) {
				t.Fatalf("seed %d: verdict %d for layer %d below %d", seed, v, p.Facts.Temporal, o.Target)
			}
			if v == Filler {
				fillers++
			}
			sent[extended] = sending{source: p.Sequence, under: o, filler: v == Filler}
			highest = max(highest, extended)
		}
		for n := range 3000 {
			if dice.IntN(40) == 0 {
				r.SetLimit(Limit{All, []uint8{0, 1, 2, All}[dice.IntN(4)]})
			}
			change := l == nil || dice.IntN(300) == 0
			if change {
				l = newLayered(dice)
				l.large = dice.IntN(3) > 0
				late = nil
				arrived = map[uint64]*packets.Packet{}
			}
			frame := l.next(change)
			if change {
				r.Switch(frame[0], int64(n)*33e6)
				take(frame[0], n)
				frame = frame[1:]
			}
			for _, p := range frame {
				switch dice.IntN(12) {
				case 0: // lost
				case 1: // late by some frames, as a repaired one
					late = append(late, delayed{p, n + dice.IntN(20)})
				default:
					take(p, n)
				}
			}
			late = slices.DeleteFunc(late, func(d delayed) bool {
				if d.due > n {
					return false
				}
				take(d.p, n)
				return true
			})
			if n%20 == 0 {
				checked(n)
			}
		}
		if fillers == 0 {
			t.Errorf("seed %d: no packet was late", seed)
		}
	}
}

// What is missing in the middle of a frame that is left out is of that frame; and a number that stays free at a switch is used by the next
// source.
func TestThinningKeepsNoNumberFreeWithoutNeed(t *testing.T) {
	dice := rand.New(rand.NewPCG(9, 9))
	l := newLayered(dice)
	l.pattern = 0
	r := NewRewriter(90000, 100, 0)
	r.SetLimit(Limit{All, 0})
	key := l.next(true)[0]
	r.Switch(key, 0)
	place(r, key)
	frame := func(size int) (all []*packets.Packet) {
		p := l.next(false)[0]
		for range size {
			c := *p
			all = append(all, &c)
			p.Sequence++
			p.Facts.FrameStart = false
		}
		l.sequence = p.Sequence - 1
		return all
	}
	above := frame(5)
	place(r, above[0])
	place(r, above[4]) // three are lost
	base := frame(1)[0]
	if o, v := r.Place(base); v != Forward || uint16(base.Sequence)+o.Sequence != 101 {
		t.Errorf("verdict %d, number %d", v, uint16(base.Sequence)+o.Sequence)
	}
	if _, v := r.Place(above[2]); v != LeftOut {
		t.Errorf("verdict %d", v)
	}
	place(r, frame(3)[2]) // the beginning is lost: of which layer it is nobody knows
	another := newLayered(dice).next(true)[0]
	r.Switch(another, 1e9)
	if o, v := r.Place(another); v != Forward || uint16(another.Sequence)+o.Sequence != 102 {
		t.Errorf("verdict %d, number %d", v, uint16(another.Sequence)+o.Sequence)
	}
}

// A slot from which nothing is left out keeps no memory of numbers.
func TestThinningCostsNothingWithoutNeed(t *testing.T) {
	l := newLayered(rand.New(rand.NewPCG(1, 9)))
	r := NewRewriter(90000, 1, 0)
	r.SetLimit(Limit{All, 2})
	for i := range 100 {
		p := l.next(i == 0)[0]
		if i == 0 {
			r.Switch(p, 0)
		}
		place(r, p)
	}
	if r.thinning != nil {
		t.Error("it does")
	}
}
