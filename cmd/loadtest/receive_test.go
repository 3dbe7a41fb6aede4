package main

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"diemcau/cmd/loadtest/internal/media"
)

// receiver is an inbox that packets are given to by hand.
type receiver struct {
	inbox
	now      time.Duration
	sequence map[*slot]uint16
	showed   []time.Duration
}

func newReceiver(videoSlots, audioSlots int) *receiver {
	r := &receiver{now: time.Second, sequence: map[*slot]uint16{}}
	r.inbox.showed = func(took time.Duration) { r.showed = append(r.showed, took) }
	r.open(videoSlots, audioSlots, r.now)
	return r
}

// packet gives slot i a packet that was sent 5 ms ago, with the next sequence number.
func (r *receiver) packet(i int, publisher, number uint32) {
	s := r.slots[i]
	r.sequence[s]++
	r.take(s, media.Stamp{Publisher: publisher, Layer: 1, Number: number, Sent: r.now - 5*time.Millisecond},
		&rtp.Header{SequenceNumber: r.sequence[s], Marker: true}, 100, r.now)
}

func TestInboxFollowsTheSpeaker(t *testing.T) {
	r := newReceiver(2, 1)
	programme, mosaic, sound := 0, 1, 2
	r.now += 40 * time.Millisecond
	r.packet(sound, 1, 1)
	if r.programme() != 0 {
		t.Error("sound is taken for the picture of the programme")
	}
	r.now += 10 * time.Millisecond
	r.packet(programme, 1, 1)
	r.packet(mosaic, 2, 1)
	r.packet(programme, 1, 2)
	if r.programme() != 50*time.Millisecond || len(r.showed) != 1 {
		t.Errorf("the programme came after %v: told %v", r.programme(), r.showed)
	}
	r.expect(&change{speaker: 1, at: r.now})
	if r.waits() {
		t.Error("who is shown already is waited for")
	}
	r.expect(&change{speaker: 2, at: r.now})
	r.now += 30 * time.Millisecond
	r.packet(mosaic, 2, 2)
	r.packet(programme, 1, 3)
	r.packet(sound, 1, 2)
	if !r.waits() {
		t.Error("another slot, or another publisher, is taken for the new speaker")
	}
	r.packet(programme, 2, 900)
	r.now += 10 * time.Millisecond
	r.packet(sound, 2, 70)
	if r.waits() {
		t.Error("the new speaker is not seen")
	}
	var sum tally
	r.add(&sum, r.now)
	if sum.due != [kinds]int{1, 1} || sum.switched[video].Max() != 30*time.Millisecond || sum.switched[audio].Max() != 40*time.Millisecond {
		t.Errorf("%v due; %v and %v", sum.due, sum.switched[video].Max(), sum.switched[audio].Max())
	}
	if sum.lost != [kinds]int64{} || sum.withheld != [kinds]int64{} || sum.packets != [kinds]uint64{6, 3} || sum.pictures != 2 {
		t.Errorf("lost %v, withheld %v, packets %v, pictures %d", sum.lost, sum.withheld, sum.packets, sum.pictures)
	}
	if sum.latency[video].Count() != 6 || sum.latency[video].Max() != 5*time.Millisecond {
		t.Errorf("latency of %d: %v", sum.latency[video].Count(), sum.latency[video].Max())
	}
}

// Who leaves is not waited for, and what it still receives counts for nothing.
func TestInboxOfWhoLeaves(t *testing.T) {
	r := newReceiver(1, 0)
	r.packet(0, 1, 1)
	r.expect(&change{speaker: 2, at: r.now})
	left := r.slots[0]
	r.close()
	r.take(left, media.Stamp{Publisher: 2, Number: 1}, &rtp.Header{SequenceNumber: 9}, 100, r.now)
	var sum tally
	r.add(&sum, r.now)
	if r.waits() || sum.due != [kinds]int{} || sum.packets[video] != 1 || sum.pictures != 0 {
		t.Errorf("%+v", sum.due)
	}
	r.now += time.Second
	r.open(1, 0, r.now)
	r.packet(0, 1, 500)
	if sum = (tally{}); r.programme() == 0 {
		t.Error("the programme is not there again")
	}
	if r.add(&sum, r.now); sum.lost[video] != 0 {
		t.Error("what came while it was away is lost")
	}
	if len(r.showed) != 2 {
		t.Errorf("the programme came %d times, want once for each join", len(r.showed))
	}
}

// A picture that stands still when the measurement ends is a freeze, though no frame has ended it.
func TestAPictureThatStandsStillAtTheEnd(t *testing.T) {
	r := newReceiver(1, 0)
	for n := range uint32(20) {
		r.packet(0, 1, n+1)
		r.now += 33 * time.Millisecond
	}
	var sum tally
	r.add(&sum, r.now+2*time.Second)
	if sum.freezes != 1 || sum.frozen < 2*time.Second {
		t.Errorf("%d freezes, %v", sum.freezes, sum.frozen)
	}
	r.reset()
	sum = tally{}
	if r.add(&sum, r.now); sum.freezes != 0 || sum.packets[video] != 0 {
		t.Errorf("%d packets are left of the measurement before", sum.packets[video])
	}
}

func BenchmarkTake(b *testing.B) {
	r := newReceiver(1, 0)
	var n uint32
	b.ReportAllocs()
	for b.Loop() {
		n++
		r.packet(0, 1, n)
	}
}
