package sfu

import (
	"slices"
	"testing"
	"time"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/transport"
)

// simulcast is a camera of three layers whose time a test drives itself.
type simulcast struct {
	*publication
	now   int64
	sends [3]bool // the client sends the layer if it is asked to
}

func newSimulcast() *simulcast { return newSimulcastOf(Camera) }

func newSimulcastOf(source Source) *simulcast {
	b := newBench(0, 0, &sealer{})
	s := &simulcast{publication: newPublication(b.peer, source), sends: [3]bool{true, true, true}}
	for i, rid := range []string{"q", "h", "f"} {
		l := newLayer(s.publication, transport.Stream{RID: rid, Rank: i, Video: true})
		l.dormancy = newDormancy(0)
		l.height.Store(int32(180 << i))
		s.layers = append(s.layers, l)
	}
	return s
}

// pass lets time pass while a slot has a layer; -1 is none.
func (s *simulcast) pass(seconds float64, wanted int) {
	for end := s.now + int64(seconds*1e9); s.now < end; s.now += roomTick.Nanoseconds() {
		for i, l := range s.layers {
			if s.sends[i] && !l.asleep {
				l.lastPacket.Store(s.now)
			}
		}
		if wanted >= 0 {
			s.layers[wanted].wanted = s.now
		}
		s.rest(s.now)
		s.look(s.now)
	}
}

func (s *simulcast) asleep() (all string) {
	for _, l := range s.layers {
		if l.asleep {
			all += l.stream.RID
		}
	}
	return all
}

// choosable are the layers that a slot may be given.
func (s *simulcast) choosable() (all string) {
	for i, l := range s.layers {
		if s.seen[i].Live {
			all += l.stream.RID
		}
	}
	return all
}

func TestDormancy(t *testing.T) {
	s := newSimulcast()
	expect := func(what, asleep, choosable string) {
		t.Helper()
		if s.asleep() != asleep || s.choosable() != choosable {
			t.Errorf("%s: %q sleep and %q can be had, want %q and %q", what, s.asleep(), s.choosable(), asleep, choosable)
		}
	}
	s.pass(4.9, 1)
	expect("at first", "", "qhf")
	s.pass(1, 1)
	expect("when one was wanted for a while", "qf", "qhf")
	s.sends[2] = false
	s.pass(0.2, 2)
	expect("when another is wanted", "q", "qhf")
	s.pass(2, 2)
	expect("when it does not come", "q", "qh")
	s.pass(10, 1)
	expect("when it does not come for long", "q", "qh")
	s.sends[2] = true
	s.pass(1, 1)
	expect("when it comes", "q", "qhf")
	s.pass(5, 1)
	expect("when it came in vain", "qf", "qhf")
	s.pass(20, -1)
	expect("when nobody looks", "qhf", "qhf")
	if !s.live(s.now) {
		t.Error("a camera that sleeps is taken for silent")
	}
	s.sends = [3]bool{}
	s.pass(2.5, 1)
	expect("when nothing comes", "", "")
	if s.live(s.now) {
		t.Error("a camera that does not wake is not taken for silent")
	}
	s.sends[0] = true
	s.pass(2, 1)
	expect("when another comes", "", "q")
}

// While it is not known how large the layers are, none of them sleeps if one is wanted.
func TestLayersOfUnknownSizeAreWantedTogether(t *testing.T) {
	s := newSimulcast()
	for _, l := range s.layers {
		l.height.Store(0)
	}
	s.pass(10, 0)
	if s.asleep() != "" {
		t.Errorf("%q sleep", s.asleep())
	}
	s.pass(10, -1)
	if s.asleep() != "qhf" {
		t.Errorf("%q sleep when none is wanted", s.asleep())
	}
	s.pass(0.1, 0)
	if s.asleep() != "" {
		t.Errorf("%q sleep when one is wanted again", s.asleep())
	}
}

// idleNews is what a publisher was told of its idle layers, the newest last (Observer).
type idleNews [][]string

func (*idleNews) SlotsChanged([]SlotState, int, int) {}
func (*idleNews) ConnectionChanged(ConnectionState)  {}
func (n *idleNews) LayersIdle(_ Source, idle Idle)   { *n = append(*n, idle.Layers) }
func (n *idleNews) newest() (idle []string, times int) {
	return slices.Concat((*n)[len(*n)-1:]...), len(*n)
}

// What sleeps is asked for together with what wants it, before the room next looks round: of the time in which it is to be back, all is left
// for the way to the publisher and for its encoder.
func TestALayerIsWokenAtOnce(t *testing.T) {
	r := stage("a:c b")
	b := newBench(0, 0, &sealer{})
	source, viewer := r.ordered[0], r.ordered[1]
	news := &idleNews{}
	for _, p := range r.ordered {
		p.observer, p.worker, p.conn, p.connected = news, b.worker, nobody{}, true
	}
	s := newSimulcast()
	now := r.engine.clock.now()
	for _, l := range s.layers {
		l.publication, l.dormancy = source.publications[Camera], newDormancy(now)
		l.asleep = true
	}
	source.publications[Camera].layers = s.layers
	source.publications[Camera].look(now)
	r.addSlots(viewer, []*slot{newSlot(b.worker, viewer, transport.Slot{Video: true, Out: b.out})})
	view := func(show Show, height int) {
		r.setView(viewer, []ViewSlot{{Show: show, Peer: "a", Height: height}}, 0)
		r.settle()
	}
	view(ShowNothing, 0)
	if len(*news) != 0 {
		t.Fatalf("told %q while nobody looks", *news)
	}
	for i, want := range []struct {
		height int
		idle   []string
	}{{180, []string{"h", "f"}}, {720, []string{"h"}}, {360, []string{}}} {
		view(ShowParticipant, want.height)
		if idle, times := news.newest(); times != i+1 || !slices.Equal(idle, want.idle) {
			t.Fatalf("of %d lines the publisher is told %d times, at last that %q are idle", want.height, times, idle)
		}
	}
	if r.ticks != 0 {
		t.Errorf("that took %d ticks", r.ticks)
	}
}

// On a link that takes a lower spatial layer and not the highest, the publisher is told of that once: what the highest cost is remembered while it
// sleeps.
func TestALinkBetweenTwoSpatialLayers(t *testing.T) {
	for _, budget := range []int64{500_000, 700_000, 1_000_000, 1_300_000, 2_500_000} {
		r := stage("a:c b")
		b := newBench(0, 0, &sealer{})
		source, viewer := r.ordered[0], r.ordered[1]
		told := 0
		for _, p := range r.ordered {
			p.observer, p.worker, p.conn, p.connected = &idleNews{}, b.worker, nobody{}, true
		}
		pub := source.publications[Camera]
		l := newLayer(pub, transport.Stream{Rank: -1, Video: true})
		pub.layers = []*layer{l}
		r.addSlots(viewer, []*slot{newSlot(b.worker, viewer, transport.Slot{Video: true, Out: b.out})})
		viewer.budget.Store(budget)
		r.setView(viewer, []ViewSlot{{Show: ShowParticipant, Peer: "a", Height: 720}}, 0)
		rates := [...]uint64{100_000, 300_000, 1_500_000} // bit/s of each layer
		idle, sent := -1, forward.Limit{}
		changes := 0
		for now := roomTick.Nanoseconds(); now < 120e9; now += roomTick.Nanoseconds() {
			r.engine.clock = clock{time.Now().Add(-time.Duration(now))}
			if l.spatial.idle != idle {
				idle = l.spatial.idle
				told++
				l.structure.Store(spatialStructure(len(rates) - idle))
				l.sends.Store(1<<(len(rates)-idle) - 1)
			}
			for i, rate := range rates[:len(rates)-idle] {
				l.taken[codec.LayerOf(uint8(i), 2)].bytes.Add(rate / 8 / uint64(time.Second/roomTick))
			}
			l.lastPacket.Store(now)
			r.onTick(now)
			r.settle()
			if limit := viewer.slots[Video][0].limit; limit != sent {
				sent = limit
				changes++
			}
		}
		if told > 3 || changes > 4 {
			t.Errorf("at %d bit/s the publisher was told %d times, and the slot changed %d times", budget, told, changes)
		}
	}
}

// spatialStructure describes a stream of so many spatial layers of 180, 360 and 720 lines.
func spatialStructure(layers int) *codec.Structure {
	s := &codec.Structure{Height: [codec.MaxSpatial]int{180, 360, 720}}
	for i := range layers {
		s.Targets = append(s.Targets, codec.Target{Spatial: uint8(i), Temporal: 2, Layers: 1 << codec.LayerOf(uint8(i), 2), Includes: 1 << i})
	}
	return s
}

// A screen on which nothing moves is sent again about once a second: it stays live, and what nobody wants of it stays asleep.
func TestAScreenThatStandsStillStaysLive(t *testing.T) {
	s := newSimulcastOf(Screen)
	s.pass(6, 0)
	if s.asleep() != "hf" {
		t.Fatalf("%q sleep", s.asleep())
	}
	s.sends = [3]bool{}
	for i := range 100 {
		s.layers[0].lastPacket.Store(s.now)
		if s.pass(1.02+float64(i%9)/10, 0); !s.layers[0].live(s.now) || s.asleep() != "hf" {
			t.Fatalf("after picture %d it is live: %v, and %q sleep", i, s.layers[0].live(s.now), s.asleep())
		}
	}
	if s.pass(3, 0); s.layers[0].live(s.now) {
		t.Error("without a picture for 3 s it is still live")
	}
}

// stacked is a stream of spatial layers whose time a test drives itself.
type stacked struct {
	spatialDormancy
	now  int64
	has  int  // layers when nothing is left out
	deaf bool // the client sends all the same
}

// pass lets time pass while a slot takes so many layers, and gives how often the publisher was told.
func (s *stacked) pass(seconds float64, most int) (told int) {
	for end := s.now + int64(seconds*1e9); s.now < end; s.now += roomTick.Nanoseconds() {
		come := s.has
		if !s.deaf && s.has > 0 {
			come = max(1, s.has-s.idle)
		}
		s.wanted = most
		if s.follow(come, s.now) {
			told++
		}
	}
	return told
}

func TestSpatialDormancy(t *testing.T) {
	s := &stacked{has: 3}
	expect := func(what string, told, times, idle int) {
		t.Helper()
		if told != times || s.idle != idle {
			t.Errorf("%s: told %d times, %d are idle, want %d and %d", what, told, s.idle, times, idle)
		}
	}
	expect("at first", s.pass(4.9, 1), 0, 0)
	expect("when the lowest was enough for a while", s.pass(1, 1), 1, 2)
	expect("when it goes on being enough", s.pass(60, 1), 0, 2)
	expect("when nobody has the stream", s.pass(60, 0), 0, 2)
	expect("when another is wanted", s.pass(0.1, 2), 1, 1)
	expect("when it is enough", s.pass(60, 2), 0, 1)
	expect("when all that there is is wanted", s.pass(0.1, 256), 1, 0)
	expect("when fewer are wanted for a moment", s.pass(4, 1)+s.pass(0.1, 3)+s.pass(4, 2)+s.pass(0.1, 3), 0, 0)

	expect("when the lowest is enough for a while", s.pass(6, 1), 1, 2)
	s.has = 5 // another camera, of which a quarter are three layers
	expect("when more come than are asked for", s.pass(5, 1), 1, 0)
	expect("when the lowest is enough of those", s.pass(6, 1), 1, 4)
	s.has = 0
	expect("when they are not described for a moment", s.pass(0.1, 1), 1, 0)
	s.has = 3

	s.deaf = true
	expect("when the client goes on sending all", s.pass(60, 1), 4, 0)
	expect("when that is wanted", s.pass(60, 3), 0, 0)
	s.deaf = false
	s.has = 0
	expect("when the client has begun anew", s.pass(0.1, 1), 0, 0)
	s.has = 3

	expect("when the lowest is enough", s.pass(6, 1), 1, 2)
	s.has = 2 // another camera, of which a half is the lowest layer already
	expect("when the one above does not come", s.pass(0.1, 2)+s.pass(3, 2), 2, 0)
	if s.full != 2 {
		t.Errorf("%d layers are known", s.full)
	}
	s.has = 0
	expect("when they are not described any more", s.pass(0.1, 1), 0, 0)
}

// Layers that sleep can be had, and are asked for at once.
func TestSpatialLayersThatSleepCanBeHad(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	p := newPublication(b.peer, Camera)
	l := newLayer(p, transport.Stream{Rank: -1, Video: true})
	p.layers = append(p.layers, l)
	structure := func(layers int) {
		l.structure.Store(spatialStructure(layers))
		l.sends.Store(1<<layers - 1)
	}
	choices := func() (heights []int) {
		p.look(0)
		for _, c := range new(allocation).addLayers(p) {
			got, limit := p.chosen(c)
			if got != l || c.Bitrate != usualBitrate(c.Height) || 180<<limit.Spatial != c.Height || limit.Temporal != 2 {
				t.Errorf("%+v is %+v", c, limit)
			}
			heights = append(heights, c.Height)
		}
		return heights
	}
	structure(3)
	l.spatial.follow(l.spatialLayers(), 0)
	if got := choices(); !slices.Equal(got, []int{180, 360, 720}) {
		t.Errorf("of all there are %d", got)
	}
	l.spatial.idle = 2
	structure(1)
	if got := choices(); !slices.Equal(got, []int{180, 360, 720}) {
		t.Errorf("of one of three there are %d", got)
	}
	l.spatial.wanted = 3
	if !l.spatial.follow(l.spatialLayers(), 1) || l.spatial.idle != 0 {
		t.Errorf("all are wanted, and %d are said to be idle", l.spatial.idle)
	}
	if got := choices(); !slices.Equal(got, []int{180, 360, 720}) {
		t.Errorf("while two of three are on their way there are %d", got)
	}
	l.spatial.follow(l.spatialLayers(), 2)
	if got := choices(); !slices.Equal(got, []int{180, 360, 720}) {
		t.Errorf("while two of three are still on their way there are %d", got)
	}
	// They have not come.
	l.spatial.follow(l.spatialLayers(), wakePatience+2)
	if got := choices(); !slices.Equal(got, []int{180}) {
		t.Errorf("there are %d", got)
	}
}
