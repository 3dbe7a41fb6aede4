package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

func TestAudioSlotsHoldTheLoudestAndNeverOneself(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	var all []*sfutest.Client
	for i := range 10 {
		all = append(all, w.Join(fmt.Sprintf("p%d", i), sfutest.Options{AudioSlots: 3, Microphone: true, Level: 127, Order: i}))
	}
	speak := func(level int, who ...int) {
		for _, i := range who {
			all[i].Level.Store(int32(level))
		}
	}
	hear := func(c *sfutest.Client, who ...int) {
		t.Helper()
		w.Until(fmt.Sprintf("sound of %v at %s", who, c.ID), func() bool {
			heard := c.Hears(100 * time.Millisecond)
			for _, i := range who {
				if id := all[i].ID; id != c.ID && heard[id] == 0 {
					return false
				}
			}
			return true
		})
	}
	speak(30, 3, 6, 9)
	for _, c := range all {
		hear(c, 3, 6, 9)
	}
	w.Until("word of who is heard", func() bool {
		s := w.Speakers()
		return len(s) == 3 && s[0].Level < 40
	})
	// One who is much louder takes a place, even if a hall with more slots hears that one anyhow.
	hall := w.Join("hall", sfutest.Options{AudioSlots: 6, Order: 99})
	w.Room.SetProgramme(sfu.Programme{Holder: "p3"})
	speak(45, 0)
	hear(hall, 0, 3, 6, 9)
	speak(10, 0)
	hear(all[1], 0, 3)
	for _, c := range all {
		for slot := range 3 {
			packets := c.Received(sfu.Audio, slot)
			inStep(t, packets)
			for _, p := range packets {
				if p.From == c.ID {
					t.Fatalf("%s heard itself", c.ID)
				}
			}
		}
	}
}

func TestAllAreHeardWhereSlotsSuffice(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	for i := range 5 {
		w.Join(fmt.Sprintf("p%d", i), sfutest.Options{Microphone: true, Level: 127, Order: i})
	}
	w.Join("unmarked", sfutest.Options{Microphone: true, NoLevels: true, Order: 9})
	listener := w.Join("listener", sfutest.Options{AudioSlots: 6, Order: 10})
	w.Until("everybody", func() bool { return len(listener.Hears(100*time.Millisecond)) == 6 })
	w.Until("the one without levels as the speaker", func() bool {
		s := w.Speakers()
		return len(s) == 1 && s[0].Peer == "unmarked"
	})
}

// inStep checks the numbers of a slot with sound, which nobody repairs: another source, or the same one after an interruption, goes on
// with the next number; a gap is as large as what was lost on the way to the server.
func inStep(t *testing.T, packets []sfutest.Packet) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		a, b := packets[i-1], packets[i]
		lost := a.From == b.From && uint32(b.Sequence-a.Sequence) == b.Number-a.Number
		if b.Sequence != a.Sequence+1 && !lost || int32(b.Timestamp-a.Timestamp) <= 0 {
			t.Fatalf("number %d, timestamp %d of %s after %d, %d of %s", b.Sequence, b.Timestamp, b.From, a.Sequence, a.Timestamp, a.From)
		}
	}
}

// capturedIn counts the packets of a slot that were captured between two moments.
func capturedIn(c *sfutest.Client, kind sfu.Kind, from, to time.Time) (n int) {
	for _, p := range c.Received(kind, 0) {
		if p.Captured.After(from) && p.Captured.Before(to) {
			n++
		}
	}
	return n
}

func TestWhatMayNotBeHeardIsNotForwarded(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	silent := sfu.Rights{Camera: true}
	speaker := w.Join("speaker", sfutest.Options{Microphone: true, Camera: sfutest.OneLayer, Level: 20, Rights: &silent})
	listener := w.Join("listener", sfutest.Options{AudioSlots: 2, VideoSlots: 1, Order: 1})
	w.Until("picture", from(listener, sfu.Video, 0, "speaker"))
	is := func(kind sfu.Kind, phase sfu.SlotPhase) func() bool {
		return func() bool { return listener.Slot(kind, 0).Phase == phase }
	}
	// withheld looks at what was captured after the room has said that the slot is empty, until the source is opened again.
	withheld := func(reason string, kind sfu.Kind, open func()) {
		t.Helper()
		// The programme goes on naming who speaks.
		w.Until("a slot without media: "+reason, func() bool {
			s := listener.Slot(kind, 0)
			return s.Phase == sfu.SlotEmpty || s.Phase == sfu.SlotUnavailable && s.Reason == sfu.ReasonNoCamera
		})
		ended := time.Now()
		dropped := func() uint64 { return w.Engine.Stats().Dropped[reason] }
		before := dropped()
		w.Until("packets that are dropped: "+reason, func() bool { return dropped() > before+10 })
		if n := capturedIn(listener, kind, ended, time.Now()); n > 0 {
			t.Errorf("%d packets came although %s", n, reason)
		}
		again := time.Now()
		open()
		w.Until("the source again", func() bool { return is(kind, sfu.SlotLive)() && listener.Newest(kind, 0).Captured.After(again) })
	}
	microphone := func(muted bool) func() { return func() { speaker.Peer.SetMuted(sfu.Microphone, muted) } }
	for range 3 {
		withheld("not_permitted", sfu.Audio, func() { speaker.Peer.SetRights(sfutest.AllRights) })
		microphone(true)()
		withheld("muted", sfu.Audio, microphone(false))
		speaker.Peer.SetRights(silent)
	}
	inStep(t, listener.Received(sfu.Audio, 0))
	speaker.Peer.SetMuted(sfu.Camera, true)
	withheld("muted", sfu.Video, func() { speaker.Peer.SetMuted(sfu.Camera, false) })
	continuous(t, listener.Received(sfu.Video, 0))
	decodable(t, listener.Received(sfu.Video, 0))
}

func TestWhoLeavesIsReceivedByNobody(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	leaver := w.Join("leaver", sfutest.Options{Microphone: true, Camera: sfutest.OneLayer, VideoSlots: 1, AudioSlots: 1})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1, AudioSlots: 1, Camera: sfutest.OneLayer, Microphone: true})
	w.Until("picture", from(viewer, sfu.Video, 0, "leaver"))
	w.Until("sound", from(viewer, sfu.Audio, 0, "leaver"))
	w.Until("picture of the other", from(leaver, sfu.Video, 0, "viewer"))
	leaver.Peer.Close()
	closed := time.Now()
	w.Until("empty slots", func() bool {
		return viewer.Slot(sfu.Video, 0).Phase == sfu.SlotEmpty && viewer.Slot(sfu.Audio, 0).Phase == sfu.SlotEmpty
	})
	time.Sleep(800 * time.Millisecond)
	for _, kind := range []sfu.Kind{sfu.Audio, sfu.Video} {
		if n := capturedIn(viewer, kind, closed, time.Now()); n > 0 {
			t.Errorf("%d packets of kind %d came from who had left", n, kind)
		}
		if n := capturedIn(leaver, kind, closed.Add(400*time.Millisecond), time.Now()); n > 0 {
			t.Errorf("%d packets of kind %d came to who had left", n, kind)
		}
	}
	again, err := w.Room.Join(sfu.PeerOptions{ID: "leaver", Observer: leaver})
	if err != nil {
		t.Fatalf("the seat is not free: %v", err)
	}
	again.Close()
}
