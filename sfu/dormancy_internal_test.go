package sfu

import (
	"slices"
	"testing"

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

func (*idleNews) SlotsChanged([]SlotState, int, int)   {}
func (*idleNews) ConnectionChanged(ConnectionState)    {}
func (n *idleNews) LayersIdle(_ Source, idle []string) { *n = append(*n, idle) }
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
