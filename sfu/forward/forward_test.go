package forward

import (
	"math/rand/v2"
	"testing"

	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// source is a synthetic source that reorders, loses and wraps.
type source struct {
	sequence  uint64
	timestamp uint32
	picture   uint16
	tl0, key  uint8
	epoch     uint32
}

func newSource(dice *rand.Rand) *source {
	return &source{sequence: 1<<16 | uint64(dice.Uint32N(1<<16)), timestamp: dice.Uint32(), picture: uint16(dice.Uint32N(1 << 15)), tl0: uint8(dice.Uint32()), key: uint8(dice.Uint32N(32))}
}

func (s *source) frame(key bool) []*packets.Packet {
	s.timestamp += 3600
	s.picture = (s.picture + 1) & 0x7fff
	s.tl0++
	if key {
		s.key++
	}
	var all []*packets.Packet
	for i := range 3 {
		s.sequence++
		p := &packets.Packet{Sequence: s.sequence, Timestamp: s.timestamp, Codec: codec.VP8, Epoch: s.epoch}
		p.Facts.FrameStart, p.Facts.KeyFrame = i == 0, i == 0 && key
		p.Facts.VP8 = codec.VP8Descriptor{Size: 6, PictureIDAt: 2, PictureID15Bit: true, PictureID: s.picture, TL0PicIdxAt: 4, TL0PicIdx: s.tl0, KeyIdxAt: 5, KeyIdx: s.key & 0x1f}
		all = append(all, p)
	}
	return all
}

// place tells whether a packet goes out.
func place(r *Rewriter, p *packets.Packet) bool {
	_, v := r.Place(p)
	return v == Forward
}

// Over random switches, losses, reordering and wraps no output number is used twice, a new source's numbers begin right after the
// last one's, and timestamps follow the clock.
func TestRewriterNeverRepeatsANumber(t *testing.T) {
	for seed := range uint64(30) {
		dice := rand.New(rand.NewPCG(seed, 3))
		r := NewRewriter(90000, uint16(dice.Uint32N(1<<15)), dice.Uint32())
		sources := []*source{newSource(dice), newSource(dice), newSource(dice)}
		used := map[uint64]bool{} // by extended output number
		var highest uint64
		var now int64
		var lastTS uint32
		var lastPicture uint16
		current := -1
		for range 4000 {
			now += 40e6
			next := current
			if current < 0 || dice.IntN(10) == 0 {
				next = dice.IntN(len(sources))
			}
			s := sources[next]
			if dice.IntN(50) == 0 {
				s.epoch++
				next = -2 // interrupted: a switch to the same source
			}
			switched := next != current
			frame := s.frame(switched)
			if !switched && dice.IntN(5) == 0 {
				frame[1], frame[2] = frame[2], frame[1]
			}
			for i, p := range frame {
				if i > 0 && dice.IntN(20) == 0 {
					continue // lost
				}
				if i == 0 && switched {
					r.Switch(p, now)
					if lastTS != 0 && int32(p.Timestamp+r.Current().Timestamp-lastTS) <= 0 {
						t.Fatalf("seed %d: timestamp goes back at a switch", seed)
					}
					if lastTS != 0 && p.Facts.VP8.PictureID+r.Current().PictureID&0x7fff == lastPicture {
						t.Fatalf("seed %d: picture id is repeated", seed)
					}
				}
				if !place(r, p) {
					t.Fatalf("seed %d: a packet of the source is refused", seed)
				}
				o := r.Current()
				out := uint16(p.Sequence) + o.Sequence
				extended := highest + uint64(int64(int16(out-uint16(highest))))
				if len(used) == 0 {
					extended = 1<<20 | uint64(out)
				}
				if used[extended] {
					t.Fatalf("seed %d: number %d is used twice", seed, out)
				}
				used[extended] = true
				if extended > highest+1 && i == 0 && switched && highest != 0 {
					t.Fatalf("seed %d: a gap of %d at a switch", seed, extended-highest)
				}
				highest = max(highest, extended)
				lastTS = p.Timestamp + o.Timestamp
				lastPicture = (p.Facts.VP8.PictureID + o.PictureID) & 0x7fff
			}
			current = max(next, -1)
		}
	}
}

func TestRewriterRefusesWhatCameBeforeTheSwitch(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	s := newSource(dice)
	early := s.frame(false)
	key := s.frame(true)
	r := NewRewriter(90000, 100, 0)
	if !r.Interrupted(key[0]) {
		t.Error("a slot without a source is interrupted")
	}
	r.Switch(key[0], 0)
	if !place(r, key[0]) || place(r, early[2]) {
		t.Error("what came before the switch is let through")
	}
	if first := uint16(key[0].Sequence) + r.Current().Sequence; first != 100 {
		t.Errorf("numbers begin with %d", first)
	}
}

// Whatever went out is found again by its number, and what should have gone out too.
func TestOrigin(t *testing.T) {
	dice := rand.New(rand.NewPCG(5, 5))
	a, b := newSource(dice), newSource(dice)
	r := NewRewriter(90000, 100, 0)
	if _, _, ok := r.Origin(99); ok {
		t.Error("a number is known before the first packet")
	}
	type sent struct {
		out    uint16
		source uint64
		under  uint32
	}
	var all []sent
	for i := range 12 {
		s := []*source{a, b}[i%2]
		for n := range 1 + i*4000 { // a source may stay for more than half the numbers
			p := s.frame(n == 0)[0]
			if n == 0 {
				r.Switch(p, int64(i)*1e9)
			}
			if !place(r, p) {
				t.Fatal("refused")
			}
			o := r.Current()
			all = append(all, sent{uint16(p.Sequence) + o.Sequence, p.Sequence, o.Switch})
			s.sequence -= 2 // a packet for each frame
		}
		last := all[len(all)-1]
		for _, behind := range []int{0, 1, 30, 3000, 30_000} {
			if behind >= len(all) {
				continue
			}
			want := all[len(all)-1-behind]
			source, o, ok := r.Origin(want.out)
			if known := last.under-want.under < History; ok != known || ok && (source != want.source || o.Switch != want.under) {
				t.Fatalf("switch %d, %d behind: %d under %d, %v; want %+v", i, behind, source, o.Switch, ok, want)
			}
		}
		if _, _, ok := r.Origin(last.out + 1); ok {
			t.Error("a number is known that is still to come")
		}
	}
}

// The clock of a server that runs for weeks still gives a slot's timestamps.
func TestTimestampsFollowTheClockForever(t *testing.T) {
	s := newSource(rand.New(rand.NewPCG(1, 1)))
	const day = 86400e9
	for _, at := range []int64{1, 2.4 * day, 400 * day} {
		r := NewRewriter(90000, 1, 7)
		for _, later := range []int64{0, 5e9} {
			p := s.frame(true)[0]
			r.Switch(p, at+later)
			place(r, p)
			want := 7 + uint32((at+later)/1e9%(1<<32)*90000) + uint32((at+later)%1e9*90000/1e9)
			if got := p.Timestamp + r.Current().Timestamp; got != want {
				t.Errorf("after %d ns: %d, want %d", at+later, got, want)
			}
		}
	}
}

// A source whose picture ids have 7 bits comes round every 128 pictures; the slot's ids go on all the same.
func TestShortPictureIDsComeRound(t *testing.T) {
	s := newSource(rand.New(rand.NewPCG(2, 2)))
	r := NewRewriter(90000, 1, 0)
	picture := func(long bool) *packets.Packet {
		p := s.frame(false)[0]
		p.Facts.VP8.PictureID15Bit = long
		if !long {
			p.Facts.VP8.PictureID &= 0x7f
		}
		return p
	}
	first := picture(true)
	r.Switch(first, 0)
	place(r, first)
	begin := (first.Facts.VP8.PictureID + r.Current().PictureID) & 0x7fff
	const pictures = 300
	for i := range pictures {
		p := picture(false)
		if i == 0 {
			r.Switch(p, 1e9)
		}
		place(r, p)
		if out := p.Facts.VP8.PictureID + r.Current().PictureID; (out-begin-uint16(i)-1)&0x7f != 0 {
			t.Fatalf("picture %d is %d", i, out)
		}
	}
	p := picture(true)
	r.Switch(p, 2e9)
	if out := (p.Facts.VP8.PictureID + r.Current().PictureID) & 0x7fff; out != (begin+pictures+1)&0x7fff {
		t.Errorf("the next source begins with %d, after %d", out, begin)
	}
}

func TestEveryDropHasAName(t *testing.T) {
	seen := map[string]bool{}
	for d := range DropCount {
		if name := d.String(); name == "" || seen[name] {
			t.Errorf("reason %d is called %q", d, name)
		} else {
			seen[name] = true
		}
	}
}
