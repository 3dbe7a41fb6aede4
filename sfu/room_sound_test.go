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
			heard := c.Hears(60 * time.Millisecond)
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
	// One who is a little louder takes nobody's place; one who is much louder does.
	speak(27, 0)
	w.Never("a voice was replaced by one that is hardly louder", 500*time.Millisecond, func() bool { return all[1].Newest(sfu.Audio, 0).From == "" })
	if heard := all[1].Hears(200 * time.Millisecond); heard["p0"] > 0 || heard["p3"] == 0 || heard["p6"] == 0 || heard["p9"] == 0 {
		t.Errorf("after somebody spoke a little louder: %v", heard)
	}
	speak(10, 0)
	hear(all[1], 0)
	for _, c := range all {
		if heard := c.Hears(100 * time.Millisecond); len(heard) > 3 {
			t.Errorf("%s hears %v in three slots", c.ID, heard)
		}
		for slot := range 3 {
			packets := c.Received(sfu.Audio, slot)
			continuous(t, packets)
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

func TestWhatMayNotBeHeardIsNotForwarded(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	silent := sfu.Rights{Camera: true}
	speaker := w.Join("speaker", sfutest.Options{Microphone: true, Camera: sfutest.OneLayer, Level: 20, Rights: &silent})
	listener := w.Join("listener", sfutest.Options{AudioSlots: 2, VideoSlots: 1, Order: 1})
	w.Until("picture", from(listener, sfu.Video, 0, "speaker"))
	heard := func(within time.Duration) bool { return listener.Hears(within)["speaker"] > 0 }
	soon := func() bool { return heard(60 * time.Millisecond) }
	notNow := func() bool { return !soon() }
	if heard(300 * time.Millisecond) {
		t.Fatal("heard without the right")
	}
	for range 3 {
		speaker.Peer.SetRights(sfutest.AllRights)
		w.Until("sound after the grant", soon)
		speaker.Peer.SetMuted(sfu.Microphone, true)
		w.Until("silence when muted", notNow)
		speaker.Peer.SetMuted(sfu.Microphone, false)
		w.Until("sound again", soon)
		speaker.Peer.SetRights(silent)
		w.Until("silence after the floor was taken", notNow)
		if heard(200 * time.Millisecond) {
			t.Fatal("heard after the right had ended")
		}
	}
	// An interruption leaves no gap in the numbers: it is no loss.
	packets := listener.Received(sfu.Audio, 0)
	for i := 1; i < len(packets); i++ {
		if packets[i].Sequence != packets[i-1].Sequence+1 || int32(packets[i].Timestamp-packets[i-1].Timestamp) <= 0 {
			t.Fatalf("number %d, timestamp %d after %d, %d", packets[i].Sequence, packets[i].Timestamp, packets[i-1].Sequence, packets[i-1].Timestamp)
		}
	}
	if d := w.Engine.Stats().Dropped; d["not_permitted"] == 0 || d["muted"] == 0 {
		t.Errorf("the drops have no name: %v", d)
	}
	// The same for the camera.
	speaker.Peer.SetMuted(sfu.Camera, true)
	w.Until("an empty tile", phase(listener, sfu.SlotEmpty, sfu.ReasonNone))
	seen := len(listener.Received(sfu.Video, 0))
	w.Never("a camera was seen that is muted", 200*time.Millisecond, func() bool { return len(listener.Received(sfu.Video, 0)) > seen })
	speaker.Peer.SetMuted(sfu.Camera, false)
	w.Until("the picture again", phase(listener, sfu.SlotLive, sfu.ReasonNone))
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
	w.Until("empty slots", func() bool {
		return viewer.Slot(sfu.Video, 0).Phase == sfu.SlotEmpty && viewer.Slot(sfu.Audio, 0).Phase == sfu.SlotEmpty
	})
	count := func() (n int) {
		for _, c := range []*sfutest.Client{viewer, leaver} {
			n += len(c.Received(sfu.Video, 0)) + len(c.Received(sfu.Audio, 0))
		}
		return n
	}
	w.Until("silence", func() bool {
		before := count()
		time.Sleep(100 * time.Millisecond)
		return count() == before
	})
	settled := count()
	w.Never("media were forwarded after the end", 300*time.Millisecond, func() bool { return count() > settled })
	again, err := w.Room.Join(sfu.PeerOptions{ID: "leaver", Observer: leaver})
	if err != nil {
		t.Fatalf("the seat is not free: %v", err)
	}
	again.Close()
}
