package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

// from tells whether the newest packet in a slot is somebody's.
func from(c *sfutest.Client, kind sfu.Kind, slot int, id string) func() bool {
	return func() bool { return c.Newest(kind, slot).From == id }
}

// phase tells whether the server says that the first video slot is in a phase, for a reason.
func phase(c *sfutest.Client, want sfu.SlotPhase, reason sfu.SlotReason) func() bool {
	return func() bool {
		s := c.Slot(sfu.Video, 0)
		return s.Phase == want && s.Reason == reason
	}
}

func continuous(t *testing.T, packets []sfutest.Packet) {
	t.Helper()
	if err := sfutest.Continuous(packets); err != nil {
		t.Error(err)
	}
}

// decodable checks that every picture of a slot can be shown, but for the last one and those that a switch cut off.
func decodable(t *testing.T, packets []sfutest.Packet) {
	t.Helper()
	frames := sfutest.Frames(packets)
	for i, f := range frames[:max(0, len(frames)-1)] {
		if cut := frames[i+1].From != f.From || frames[i+1].Layer != f.Layer; !f.Decodable && !cut {
			t.Fatalf("frame %d of %d cannot be shown: %+v", i, len(frames), f)
		}
	}
}

func TestASlotGoesOnWhileItsSourcesFollowEachOther(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	sources := []string{"a", "b", "c", "d", "e"}
	for i, id := range sources {
		w.Join(id, sfutest.Options{Order: i, Camera: sfutest.OneLayer})
	}
	viewer := w.Join("viewer", sfutest.Options{Order: 9, VideoSlots: 1})
	for i := range 50 {
		id := sources[i%len(sources)]
		w.Room.SetProgramme(sfu.Programme{Holder: id})
		w.Until(fmt.Sprintf("picture of %s, switch %d", id, i), from(viewer, sfu.Video, 0, id))
		var state sfu.SlotState
		w.Until("word of "+id, func() bool {
			state = viewer.Slot(sfu.Video, 0)
			return state.Peer == id && state.Phase == sfu.SlotLive
		})
		// The plate's timestamp is that of the first frame.
		first := false
		for _, p := range viewer.Received(sfu.Video, 0) {
			first = first || p.From == id && p.Timestamp == state.Timestamp && p.Facts.KeyFrame
		}
		if !first {
			t.Fatalf("no key frame of %s with the timestamp %d", id, state.Timestamp)
		}
	}
	packets := viewer.Received(sfu.Video, 0)
	continuous(t, packets)
	decodable(t, packets)
	if s := w.Engine.Stats(); s.Dropped["index_used"] != 0 || s.Switches < 50 {
		t.Errorf("%d packets under a number that was used, %d switches", s.Dropped["index_used"], s.Switches)
	}
}

func TestLayersFollowTheSizeOfTheTile(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("a", sfutest.Options{Camera: sfutest.Simulcast})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	for _, c := range []struct{ tile, layer int }{{720, 720}, {180, 180}, {0, 720}, {300, 360}, {150, 180}, {1080, 720}} {
		viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: c.tile}}, 0)
		w.Until(fmt.Sprintf("layer of %d lines for a tile of %d", c.layer, c.tile), func() bool { return viewer.Newest(sfu.Video, 0).Layer == c.layer })
	}
	continuous(t, viewer.Received(sfu.Video, 0))
	decodable(t, viewer.Received(sfu.Video, 0))
}

// Of a camera whose first key frames were withheld every layer is known all the same.
func TestLayersOfACameraThatWasMuted(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	none := sfu.Rights{}
	source := w.Join("source", sfutest.Options{Camera: sfutest.Simulcast, Rights: &none})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	w.Until("media that are withheld", func() bool { return w.Engine.Stats().Dropped["not_permitted"] > 30 })
	source.Peer.SetRights(sfutest.AllRights)
	w.Until("the largest layer", func() bool { return viewer.Newest(sfu.Video, 0).Layer == 720 })
	viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: 180}}, 0)
	w.Until("the smallest layer", func() bool { return viewer.Newest(sfu.Video, 0).Layer == 180 })
}

func TestASourceThatCannotBeShownSaysWhy(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.OneLayer})
	w.Until("media of the source", func() bool { return w.Engine.Stats().PacketsReceived > 0 })
	source.Deaf.Store(true)
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	w.Until("word that no key frame comes", phase(viewer, sfu.SlotUnavailable, sfu.ReasonNoKeyFrame))
	source.Deaf.Store(false)
	w.Until("the picture", phase(viewer, sfu.SlotLive, sfu.ReasonNone))

	source.Paused.Store(true)
	w.Until("word that nothing comes", phase(viewer, sfu.SlotUnavailable, sfu.ReasonStalled))
	source.Paused.Store(false)
	w.Until("the picture again", phase(viewer, sfu.SlotLive, sfu.ReasonNone))
	continuous(t, viewer.Received(sfu.Video, 0))
}

func TestACodecThatTheReceiverLacks(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.H264})
	able := w.Join("able", sfutest.Options{Order: 1, VideoSlots: 1})
	unable := w.Join("unable", sfutest.Options{Order: 2, VideoSlots: 1, OnlyVP8: true})
	w.Until("picture", from(able, sfu.Video, 0, "source"))
	w.Until("word of the codec", phase(unable, sfu.SlotUnavailable, sfu.ReasonCodec))
	first := able.Received(sfu.Video, 0)[0]
	if first.Payload[0] != 24 || first.Payload[3]&0x1f != 7 {
		t.Errorf("the slot begins with % x rather than parameter sets", first.Payload[:8])
	}
	// A source that both decode comes in the same slot.
	w.Join("other", sfutest.Options{Order: 3, Camera: sfutest.OneLayer})
	w.Room.SetProgramme(sfu.Programme{Holder: "other"})
	w.Until("picture of the other", from(unable, sfu.Video, 0, "other"))
	w.Until("picture of the other", from(able, sfu.Video, 0, "other"))
	w.Room.SetProgramme(sfu.Programme{Holder: "source"})
	w.Until("picture of the first again", from(able, sfu.Video, 0, "source"))
	w.Until("word of the codec again", phase(unable, sfu.SlotUnavailable, sfu.ReasonCodec))
	continuous(t, able.Received(sfu.Video, 0))
	for _, p := range unable.Received(sfu.Video, 0) {
		if p.From == "source" {
			t.Fatal("a packet came that the receiver cannot decode")
		}
	}
}

// A source is asked for at most one key frame in half a second for each layer, however many receivers come and ask.
func TestKeyFramesAreAskedForSparingly(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.Simulcast})
	w.Until("media", func() bool { return w.Engine.Stats().PacketsReceived > 0 })
	began := time.Now()
	var viewers []*sfutest.Client
	for i := range 8 {
		viewers = append(viewers, w.Join(fmt.Sprint("viewer", i), sfutest.Options{Order: 1 + i, VideoSlots: 1}))
	}
	for round := range 6 {
		for i, v := range viewers {
			height := []int{180, 360, 720}[(round+i)%3]
			v.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: height}}, 0)
		}
		for i, v := range viewers {
			height := []int{180, 360, 720}[(round+i)%3]
			w.Until("layer", func() bool { return v.Newest(sfu.Video, 0).Layer == height })
		}
	}
	for _, lines := range []int{180, 360, 720} {
		n, most := 0, 2+int(time.Since(began)/(500*time.Millisecond))
		for _, at := range source.KeyAsks(lines) {
			if at.After(began) {
				n++
			}
		}
		if n == 0 || n > most {
			t.Errorf("%d key frames of %d lines were asked for in %v", n, lines, time.Since(began))
		}
	}
	for _, v := range viewers {
		continuous(t, v.Received(sfu.Video, 0))
	}
}

func TestMoreSlotsByAnotherOffer(t *testing.T) {
	t.Parallel()
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
