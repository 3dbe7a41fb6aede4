package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/codec"
	"diemcau/sfu/sfutest"
)

// continuous checks what a decoder needs of the packets of one slot: numbers without a gap or a repetition, timestamps that never
// go back, and picture ids, TL0PICIDX and KEYIDX that go on, whoever sent them.
func continuous(t *testing.T, packets []sfutest.Packet) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		a, b := packets[i-1], packets[i]
		if b.Sequence != a.Sequence+1 {
			t.Fatalf("packet %d: number %d after %d (%s after %s)", i, b.Sequence, a.Sequence, b.From, a.From)
		}
		newFrame := b.Timestamp != a.Timestamp
		if newFrame && int32(b.Timestamp-a.Timestamp) < 0 {
			t.Fatalf("packet %d: timestamp %d after %d", i, b.Timestamp, a.Timestamp)
		}
		da, db := descriptor(t, a), descriptor(t, b)
		step := uint16(0)
		if newFrame {
			step = 1
		}
		if db.PictureID != (da.PictureID+step)&0x7fff || db.TL0PicIdx != da.TL0PicIdx+uint8(step) {
			t.Fatalf("packet %d: picture %d, TL0 %d after %d, %d (new frame %v, %s after %s)", i, db.PictureID, db.TL0PicIdx, da.PictureID, da.TL0PicIdx, newFrame, b.From, a.From)
		}
		if a.From != b.From && !b.KeyFrame {
			t.Fatalf("packet %d: %s begins without a key frame", i, b.From)
		}
		if b.KeyFrame && db.KeyIdx != (da.KeyIdx+1)&0x1f {
			t.Fatalf("packet %d: KEYIDX %d after %d", i, db.KeyIdx, da.KeyIdx)
		}
	}
}

func descriptor(t *testing.T, p sfutest.Packet) codec.VP8Descriptor {
	t.Helper()
	facts, ok := codec.Parse(codec.VP8, p.Payload)
	if !ok {
		t.Fatal("not VP8")
	}
	return facts.VP8
}

func from(c *sfutest.Client, kind sfu.Kind, slot int, id string) func() bool {
	return func() bool { return c.Newest(kind, slot).From == id }
}

func TestASlotGoesOnWhileItsSourcesFollowEachOther(t *testing.T) {
	w := sfutest.New(t)
	for i, id := range []string{"a", "b"} {
		w.Join(id, sfutest.Options{Order: i, Camera: sfutest.OneLayer})
	}
	viewer := w.Join("viewer", sfutest.Options{Order: 9, VideoSlots: 1})
	const switches = 24
	for i := range switches {
		id := string(rune('a' + i%2))
		w.Room.SetProgramme(id, "")
		w.Until(fmt.Sprintf("picture of %s, switch %d", id, i), from(viewer, sfu.Video, 0, id))
		state := viewer.Slot(sfu.Video, 0)
		w.Until("word of "+id, func() bool {
			state = viewer.Slot(sfu.Video, 0)
			return state.Peer == id && state.Phase == sfu.SlotLive
		})
		// The plate's timestamp is that of the first frame.
		for _, p := range viewer.Received(sfu.Video, 0) {
			if p.From == id && p.Timestamp == state.Timestamp && p.KeyFrame {
				state.Timestamp = 0
			}
		}
		if state.Timestamp != 0 {
			t.Fatalf("no key frame of %s with the timestamp %d", id, state.Timestamp)
		}
	}
	packets := viewer.Received(sfu.Video, 0)
	continuous(t, packets)
	if dropped := w.Engine.Stats().Dropped["index_used"]; dropped != 0 {
		t.Errorf("%d packets under a number that was used", dropped)
	}
}

func TestLayersFollowTheSizeOfTheTile(t *testing.T) {
	w := sfutest.New(t)
	w.Join("a", sfutest.Options{Camera: sfutest.Simulcast})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	for _, c := range []struct{ tile, layer int }{{720, 720}, {180, 180}, {0, 720}, {300, 360}, {150, 180}, {1080, 720}} {
		viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: c.tile}}, 0)
		w.Until(fmt.Sprintf("layer of %d lines for a tile of %d", c.layer, c.tile), func() bool {
			for _, p := range viewer.Received(sfu.Video, 0) {
				if p.KeyFrame && p.Height == c.layer && p.Sequence == lastKey(viewer).Sequence {
					return true
				}
			}
			return false
		})
	}
	continuous(t, viewer.Received(sfu.Video, 0))
}

func lastKey(c *sfutest.Client) (key sfutest.Packet) {
	for _, p := range c.Received(sfu.Video, 0) {
		if p.KeyFrame {
			key = p
		}
	}
	return key
}

func TestTheProgrammeIsHolderThenChairThenLoudestThenFirst(t *testing.T) {
	w := sfutest.New(t)
	join := func(id string, order, level int) *sfutest.Client {
		return w.Join(id, sfutest.Options{Order: order, VideoSlots: 1, AudioSlots: 1, Camera: sfutest.OneLayer, Microphone: true, Level: level})
	}
	a, b, c := join("a", 1, 127), join("b", 2, 127), join("c", 3, 127)
	w.Until("first camera", from(c, sfu.Video, 0, "a"))
	w.Until("first camera but one's own", from(a, sfu.Video, 0, "b"))
	b.Level.Store(20)
	w.Until("the loudest", from(c, sfu.Video, 0, "b"))
	w.Until("its sound in the same slot", from(c, sfu.Audio, 0, "b"))
	w.Until("who spoke before, for the loudest itself", func() bool { return b.Newest(sfu.Video, 0).From != "b" && b.Newest(sfu.Video, 0).From != "" })
	w.Room.SetProgramme("", "c")
	w.Until("the chair", from(a, sfu.Video, 0, "c"))
	w.Until("the loudest, for the chair itself", from(c, sfu.Video, 0, "b"))
	w.Room.SetProgramme("a", "c")
	w.Until("the floor-holder", from(b, sfu.Video, 0, "a"))
	w.Until("the chair, for the floor-holder itself", from(a, sfu.Video, 0, "c"))
	for _, viewer := range []*sfutest.Client{a, b, c} {
		for _, p := range append(viewer.Received(sfu.Video, 0), viewer.Received(sfu.Audio, 0)...) {
			if p.From == viewer.ID {
				t.Fatalf("%s was given its own media", viewer.ID)
			}
		}
	}
}

func TestTheMosaicIsInProtocolOrderAndPaged(t *testing.T) {
	w := sfutest.New(t)
	for i := range 6 {
		w.Join(fmt.Sprintf("p%d", i), sfutest.Options{Order: 10 - i, Camera: sfutest.OneLayer})
	}
	w.Room.SetProgramme("", "p3")
	viewer := w.Join("viewer", sfutest.Options{Order: 0, VideoSlots: 4})
	view := []sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme}, {Slot: 1, Show: sfu.ShowChair}, {Slot: 2, Show: sfu.ShowMosaic}, {Slot: 3, Show: sfu.ShowMosaic}}
	for page, want := range [][2]string{{"p5", "p4"}, {"p2", "p1"}, {"p0", ""}, {"p0", ""}} {
		viewer.Peer.SetView(view, page)
		for i, id := range want {
			w.Until(fmt.Sprintf("%q in tile %d of page %d", id, i, page), func() bool { return viewer.Slot(sfu.Video, 2+i).Peer == id })
			if id != "" {
				w.Until("its picture", from(viewer, sfu.Video, 2+i, id))
			}
		}
		if shown, pages := viewer.Pages(); shown != min(page, 2) || pages != 3 {
			t.Errorf("page %d of %d", shown, pages)
		}
	}
	w.Until("the chair in its own tile", from(viewer, sfu.Video, 1, "p3"))
	viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 2, Show: sfu.ShowParticipant, Peer: "p1"}, {Slot: 3, Show: sfu.ShowNothing}}, 0)
	w.Until("the participant that was asked for", from(viewer, sfu.Video, 2, "p1"))
	w.Until("an empty tile", func() bool { return viewer.Slot(sfu.Video, 3).Phase == sfu.SlotEmpty })
}

func TestAudioSlotsHoldTheLoudestAndNeverOneself(t *testing.T) {
	w := sfutest.New(t)
	options := sfutest.Options{AudioSlots: 3, Microphone: true, Level: 127}
	var all []*sfutest.Client
	for i := range 6 {
		options.Order = i
		all = append(all, w.Join(fmt.Sprintf("p%d", i), options))
	}
	for _, i := range []int{1, 3, 5} {
		all[i].Level.Store(20)
	}
	for _, c := range all {
		speakers := []string{"p1", "p3", "p5"}
		w.Until("the three loudest at "+c.ID, func() bool {
			heard := c.Hears(options, 100*time.Millisecond)
			for _, s := range speakers {
				if s != c.ID && heard[s] == 0 {
					return false
				}
			}
			return true
		})
		if heard := c.Hears(options, 200*time.Millisecond); heard[c.ID] > 0 || len(heard) > 3 {
			t.Errorf("%s hears %v", c.ID, heard)
		}
	}
	w.Until("word of who is heard", func() bool {
		s := w.Speakers()
		return len(s) == 3 && s[0].Level < 30
	})
}

func TestWhatMayNotBeHeardIsNotForwarded(t *testing.T) {
	w := sfutest.New(t)
	silent := sfu.Rights{Camera: true}
	speaker := w.Join("speaker", sfutest.Options{Microphone: true, Camera: sfutest.OneLayer, Level: 20, Rights: &silent})
	options := sfutest.Options{AudioSlots: 2, VideoSlots: 1, Order: 1}
	listener := w.Join("listener", options)
	w.Until("picture", from(listener, sfu.Video, 0, "speaker"))
	if heard := listener.Hears(options, 300*time.Millisecond); heard["speaker"] > 0 {
		t.Fatalf("%d packets were heard without the right", heard["speaker"])
	}
	heard := func() bool { return listener.Hears(options, 60*time.Millisecond)["speaker"] > 0 }
	for round := range 3 {
		granted := time.Now()
		speaker.Peer.SetRights(sfutest.AllRights)
		w.Until("sound after the grant", heard)
		t.Logf("round %d: heard %v after the grant", round, time.Since(granted))
		speaker.Peer.SetMuted(sfu.Microphone, true)
		w.Until("silence when muted", func() bool { return !heard() })
		speaker.Peer.SetMuted(sfu.Microphone, false)
		w.Until("sound again", heard)
		speaker.Peer.SetRights(silent)
		w.Until("silence after the floor was taken", func() bool { return !heard() })
		if again := listener.Hears(options, 200*time.Millisecond); again["speaker"] > 0 {
			t.Fatalf("%d packets were heard after the right ended", again["speaker"])
		}
	}
	// An interruption leaves no gap in the numbers: it is no loss.
	packets := listener.Received(sfu.Audio, 0)
	for i := 1; i < len(packets); i++ {
		if packets[i].Sequence != packets[i-1].Sequence+1 {
			t.Fatalf("number %d after %d", packets[i].Sequence, packets[i-1].Sequence)
		}
	}
	if w.Engine.Stats().Dropped["not_permitted"] == 0 || w.Engine.Stats().Dropped["muted"] == 0 {
		t.Errorf("the drops have no name: %v", w.Engine.Stats().Dropped)
	}
}

func TestWhoLeavesIsReceivedByNobody(t *testing.T) {
	w := sfutest.New(t)
	leaver := w.Join("leaver", sfutest.Options{Microphone: true, Camera: sfutest.OneLayer, VideoSlots: 1, AudioSlots: 1})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1, AudioSlots: 1, Camera: sfutest.OneLayer, Microphone: true})
	w.Until("picture", from(viewer, sfu.Video, 0, "leaver"))
	w.Until("picture of the other", from(leaver, sfu.Video, 0, "viewer"))
	leaver.Peer.Close()
	w.Until("an empty slot", func() bool { return viewer.Slot(sfu.Video, 0).Phase == sfu.SlotEmpty })
	seen, taken := len(viewer.Received(sfu.Video, 0)), len(leaver.Received(sfu.Video, 0))
	sfutest.Never(t, "media were forwarded after the end", 300*time.Millisecond, func() bool {
		return len(viewer.Received(sfu.Video, 0)) > seen || len(leaver.Received(sfu.Video, 0)) > taken
	})
	if again, err := w.Room.Join(sfu.PeerOptions{ID: "leaver", Observer: leaver}); err != nil {
		t.Errorf("the seat is not free: %v", err)
	} else {
		again.Close()
	}
}

func TestASourceThatCannotBeShownSaysWhy(t *testing.T) {
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.OneLayer})
	w.Until("media of the source", func() bool { return w.Engine.Stats().PacketsReceived > 0 })

	source.Deaf.Store(true)
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	slot := func() sfu.SlotState { return viewer.Slot(sfu.Video, 0) }
	w.Until("word that no key frame comes", func() bool { return slot().Phase == sfu.SlotUnavailable && slot().Reason == sfu.ReasonNoKeyFrame })
	asked := source.KeyAsks.Load()
	if asked < 3 || asked > 10 {
		t.Errorf("%d key frames were asked for in %v", asked, 3*time.Second)
	}
	source.Deaf.Store(false)
	w.Until("the picture", func() bool { return slot().Phase == sfu.SlotLive && slot().Reason == sfu.ReasonNone })

	source.Paused.Store(true)
	w.Until("word that nothing comes", func() bool { return slot().Phase == sfu.SlotUnavailable && slot().Reason == sfu.ReasonStalled })
	source.Paused.Store(false)
	w.Until("the picture again", func() bool { return slot().Phase == sfu.SlotLive })
}

func TestH264IsForwardedFromItsParameterSets(t *testing.T) {
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.H264})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	w.Until("picture", from(viewer, sfu.Video, 0, "source"))
	if first := viewer.Received(sfu.Video, 0)[0]; first.Payload[0] != 24 || first.Payload[3] != 7 {
		t.Errorf("the slot begins with % x", first.Payload[:8])
	}
}

func TestLostPacketsAreSentAgain(t *testing.T) {
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.OneLayer})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	w.Until("picture", from(viewer, sfu.Video, 0, "source"))
	w.Lose(viewer, 0.05, 7)
	start := viewer.Newest(sfu.Video, 0).Number
	w.Until("four hundred packets", func() bool { return viewer.Newest(sfu.Video, 0).Number > start+400 })
	w.Lose(viewer, 0, 7)
	complete := func() (missing int) {
		have := map[uint32]bool{}
		for _, p := range viewer.Received(sfu.Video, 0) {
			have[p.Number] = true
		}
		for n := start; n < start+400; n++ {
			if !have[n] {
				missing++
			}
		}
		return missing
	}
	w.Until("every packet", func() bool { return complete() == 0 })
	if s := w.Engine.Stats(); s.Retransmissions == 0 || s.Dropped["index_used"] != 0 {
		t.Errorf("%d sent again, %d under a used number", s.Retransmissions, s.Dropped["index_used"])
	}
}

func TestMoreSlotsByAnotherOffer(t *testing.T) {
	w := sfutest.New(t)
	for i := range 3 {
		w.Join(fmt.Sprintf("p%d", i), sfutest.Options{Order: i, Camera: sfutest.OneLayer})
	}
	viewer := w.Join("viewer", sfutest.Options{Order: 9, VideoSlots: 1})
	w.Until("picture", from(viewer, sfu.Video, 0, "p0"))
	viewer.AddSlots(2, 1)
	viewer.Renegotiate(nil)
	w.Until("a second tile", from(viewer, sfu.Video, 1, "p1"))
	w.Until("a third tile", from(viewer, sfu.Video, 2, "p2"))
	continuous(t, viewer.Received(sfu.Video, 0))
}

func TestLipsStayInStep(t *testing.T) {
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true, Level: 20})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1, AudioSlots: 1})
	w.Until("picture", from(viewer, sfu.Video, 0, "source"))
	w.Until("sound", from(viewer, sfu.Audio, 0, "source"))
	// Both streams' newest packets left the source at about the same time: their reports must agree.
	w.Until("agreement within 40 ms", func() bool {
		v, a := viewer.Newest(sfu.Video, 0), viewer.Newest(sfu.Audio, 0)
		rv, okV := viewer.Report(v.SSRC)
		ra, okA := viewer.Report(a.SSRC)
		if !okV || !okA {
			return false
		}
		seconds := func(ntp uint64) float64 { return float64(ntp>>32) + float64(ntp&0xffffffff)/(1<<32) }
		tv := seconds(rv.NTPTime) + float64(int32(v.Timestamp-rv.RTPTime))/90000
		ta := seconds(ra.NTPTime) + float64(int32(a.Timestamp-ra.RTPTime))/48000
		return v.At.Sub(a.At).Abs() < 20*time.Millisecond && tv-ta < 0.04 && ta-tv < 0.04
	})
}

func TestManyComeAndGo(t *testing.T) {
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true})
	for i := range 40 {
		c := w.Dial(fmt.Sprintf("p%d", i), sfutest.Options{Order: i, VideoSlots: 2, AudioSlots: 2, Microphone: true})
		if i%2 == 0 {
			c.Connected()
		}
		if i%4 < 2 {
			c.Hang() // without a word
		}
		c.Peer.Close()
		c.Hang()
	}
	w.Until("one member", func() bool { return w.Engine.Stats().Peers == 1 })
}
