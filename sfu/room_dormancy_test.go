package sfu_test

import (
	"slices"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

// idle tells whether a source's publisher was told that just these layers are received by nobody.
func idle(c *sfutest.Client, source sfu.Source, rids ...string) func() bool {
	return func() bool {
		all := slices.Clone(c.Idle(source))
		slices.Sort(all)
		slices.Sort(rids)
		return slices.Equal(all, rids)
	}
}

// layers counts the packets of each layer that a slot got.
func layers(c *sfutest.Client) map[int]int {
	count := map[int]int{}
	for _, p := range c.Received(sfu.Video, 0) {
		count[p.Layer]++
	}
	return count
}

// A layer that nobody receives is not sent, and is sent again when somebody wants it; meanwhile a slot goes on with what it has.
func TestALayerThatNobodyReceivesSleeps(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.Simulcast, Screen: true})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	show := func(c *sfutest.Client, height int) {
		c.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: height}}, 0)
	}
	show(viewer, 180)
	w.Until("the smallest layer", func() bool { return viewer.Newest(sfu.Video, 0).Layer == 180 })
	w.Until("word that the larger ones are idle", idle(source, sfu.Camera, "h", "f"))
	w.Until("word that the screen is idle", idle(source, sfu.Screen, ""))
	for _, height := range []int{720, 360} {
		show(viewer, height)
		began, before := time.Now(), len(viewer.Received(sfu.Video, 0))
		w.Until("a layer that slept", func() bool {
			if s := viewer.Slot(sfu.Video, 0); s.Phase != sfu.SlotLive {
				t.Fatalf("meanwhile the slot is in phase %d for reason %d", s.Phase, s.Reason)
			}
			return viewer.Newest(sfu.Video, 0).Layer == height
		})
		t.Logf("%d lines are back after %v and %d packets of others", height, time.Since(began).Round(time.Millisecond), len(viewer.Received(sfu.Video, 0))-before)
	}
	w.Until("word that the others are idle", idle(source, sfu.Camera, "q", "f"))
	continuous(t, viewer.Received(sfu.Video, 0))
	decodable(t, viewer.Received(sfu.Video, 0))
	viewer.Peer.Close()
	w.Until("word that the camera is idle", idle(source, sfu.Camera, "q", "h", "f"))
	again := w.Join("again", sfutest.Options{Order: 2, VideoSlots: 1})
	show(again, 720)
	w.Until("the largest layer", func() bool { return again.Newest(sfu.Video, 0).Layer == 720 })
	w.Until("word that it is live", phase(again, sfu.SlotLive, sfu.ReasonNone))
	if n := layers(again); n[180]+n[360] > 0 {
		t.Errorf("packets of each layer: %v", n)
	}
	continuous(t, again.Received(sfu.Video, 0))
}

// Paging back and forth puts nothing to sleep, and a client that knows nothing of idle layers goes on sending.
func TestWhoKnowsNothingOfIdleLayersGoesOn(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.Simulcast})
	source.Stubborn.Store(true)
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	show := func(s sfu.Show) {
		viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: s, Height: 720}}, 0)
	}
	w.Until("the picture", from(viewer, sfu.Video, 0, "source"))
	for range 10 {
		show(sfu.ShowNothing)
		w.Until("nothing", phase(viewer, sfu.SlotEmpty, sfu.ReasonNone))
		show(sfu.ShowProgramme)
		w.Until("the picture", phase(viewer, sfu.SlotLive, sfu.ReasonNone))
		if n := source.Idle(sfu.Camera); slices.Contains(n, "f") {
			t.Fatalf("%q are idle", n)
		}
	}
	show(sfu.ShowNothing)
	w.Until("word that all are idle", idle(source, sfu.Camera, "q", "h", "f"))
	show(sfu.ShowProgramme)
	w.Until("the picture", phase(viewer, sfu.SlotLive, sfu.ReasonNone))
	continuous(t, viewer.Received(sfu.Video, 0))
}

// A publisher that does not send what it was asked for again is passed over for what it does send, and is said to be silent when it sends
// nothing at all.
func TestALayerThatDoesNotWake(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.Simulcast})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: 180}}, 0)
	w.Until("word that the larger layers are idle", idle(source, sfu.Camera, "h", "f"))
	source.Paused.Store(true)
	w.Until("word that all are wanted", idle(source, sfu.Camera))
	w.Until("word that nothing comes", phase(viewer, sfu.SlotUnavailable, sfu.ReasonStalled))
	source.Paused.Store(false)
	w.Until("the picture", phase(viewer, sfu.SlotLive, sfu.ReasonNone))
}
