package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

func TestTheProgrammeIsHolderThenChairThenLoudestThenFirst(t *testing.T) {
	t.Parallel()
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
	w.Until("another, for the loudest itself", func() bool { return b.Newest(sfu.Video, 0).From != "b" && b.Newest(sfu.Video, 0).From != "" })
	w.Room.SetProgramme(sfu.Programme{Chair: "c"})
	w.Until("the chair", from(a, sfu.Video, 0, "c"))
	w.Until("the chair's sound", from(a, sfu.Audio, 0, "c"))
	w.Until("the loudest, for the chair itself", from(c, sfu.Video, 0, "b"))
	w.Room.SetProgramme(sfu.Programme{Holder: "a", Chair: "c"})
	w.Until("the floor-holder", from(b, sfu.Video, 0, "a"))
	w.Until("the chair, for the floor-holder itself", from(a, sfu.Video, 0, "c"))
	for _, viewer := range []*sfutest.Client{a, b, c} {
		for _, p := range append(viewer.Received(sfu.Video, 0), viewer.Received(sfu.Audio, 0)...) {
			if p.From == viewer.ID {
				t.Fatalf("%s was given its own media", viewer.ID)
			}
		}
		continuous(t, viewer.Received(sfu.Video, 0))
	}
}

func TestTheMosaicIsInProtocolOrderAndPaged(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	for i := range 6 {
		w.Join(fmt.Sprintf("p%d", i), sfutest.Options{Order: 10 - i, Camera: sfutest.OneLayer})
	}
	w.Room.SetProgramme(sfu.Programme{Chair: "p3"})
	viewer := w.Join("viewer", sfutest.Options{Order: 0, VideoSlots: 4, Camera: sfutest.OneLayer})
	view := []sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme}, {Slot: 1, Show: sfu.ShowChair}, {Slot: 2, Show: sfu.ShowMosaic}, {Slot: 3, Show: sfu.ShowMosaic}}
	viewer.Peer.SetView(view, 0)
	// p3 is in the programme and the chair's tile; the mosaic is p5 p4 | p2 p1 | p0, without the viewer itself.
	for page, want := range [][]string{{"p5", "p4"}, {"p2", "p1"}, {"p0", ""}} {
		viewer.Peer.SetView(nil, page)
		for i, id := range want {
			if id == "" {
				w.Until("an empty tile", func() bool { return viewer.Slot(sfu.Video, 2+i).Phase == sfu.SlotEmpty })
				continue
			}
			w.Until(fmt.Sprintf("%s in tile %d of page %d", id, i, page), from(viewer, sfu.Video, 2+i, id))
		}
		w.Until("word of the page", func() bool {
			p, pages := viewer.Pages()
			return p == page && pages == 3
		})
	}
	viewer.Peer.SetView(nil, 99)
	w.Until("the last page for one beyond", func() bool { p, _ := viewer.Pages(); return p == 2 })
	w.Until("the chair", from(viewer, sfu.Video, 0, "p3"))
	w.Until("the chair in its own tile", from(viewer, sfu.Video, 1, "p3"))
	viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 2, Show: sfu.ShowParticipant, Peer: "p1"}, {Slot: 3, Show: sfu.ShowNothing}}, 0)
	w.Until("the participant that was asked for", from(viewer, sfu.Video, 2, "p1"))
	w.Until("an empty tile", func() bool { return viewer.Slot(sfu.Video, 3).Phase == sfu.SlotEmpty })
	for slot := range 4 {
		continuous(t, viewer.Received(sfu.Video, slot))
	}
}

// Whoever is in the mosaic without a picture keeps a place there, and the reason follows what happens.
func TestTheMosaicKeepsThePlacesOfThoseWithoutAPicture(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("a", sfutest.Options{Order: 1, Camera: sfutest.OneLayer})
	viewer := w.Join("viewer", sfutest.Options{Order: 9, VideoSlots: 4})
	view := []sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme}, {Slot: 1, Show: sfu.ShowMosaic}, {Slot: 2, Show: sfu.ShowMosaic}, {Slot: 3, Show: sfu.ShowMosaic}}
	w.Room.SetProgramme(sfu.Programme{Chair: "viewer"})
	w.Room.SetMosaic([]string{"b", "a", "c"})
	viewer.Peer.SetView(view, 0)
	place := func(slot int, id string, phase sfu.SlotPhase, reason sfu.SlotReason) func() bool {
		return func() bool {
			s := viewer.Slot(sfu.Video, slot)
			return s.Peer == id && s.Phase == phase && s.Reason == reason
		}
	}
	w.Until("a in the programme", from(viewer, sfu.Video, 0, "a"))
	w.Until("b's place", place(1, "b", sfu.SlotUnavailable, sfu.ReasonAbsent))
	w.Until("c's place", place(2, "c", sfu.SlotUnavailable, sfu.ReasonAbsent))
	b := w.Join("b", sfutest.Options{Order: 2, AudioSlots: 1})
	w.Until("b without a camera", place(1, "b", sfu.SlotUnavailable, sfu.ReasonNoCamera))
	b.Peer.Close()
	w.Until("b away", place(1, "b", sfu.SlotUnavailable, sfu.ReasonAbsent))
	c := w.Join("c", sfutest.Options{Order: 3, Camera: sfutest.OneLayer})
	w.Until("c's picture", from(viewer, sfu.Video, 2, "c"))
	c.Peer.SetActive(sfu.Camera, false)
	w.Until("c's place again", place(2, "c", sfu.SlotUnavailable, sfu.ReasonNoCamera))
	w.Room.SetMosaic([]string{"a"})
	w.Until("an empty tile", place(1, "", sfu.SlotEmpty, sfu.ReasonNone))
}

func TestTheSharedScreenIsTheNewest(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	options := sfutest.Options{VideoSlots: 2, AudioSlots: 2, Camera: sfutest.OneLayer, Screen: true}
	a := w.Join("a", options)
	options.Order = 1
	b := w.Join("b", options)
	viewer := w.Join("viewer", sfutest.Options{Order: 2, VideoSlots: 2, AudioSlots: 2})
	content := []sfu.ViewSlot{{Slot: 0, Show: sfu.ShowContent}, {Slot: 1, Show: sfu.ShowMosaic}}
	for _, c := range []*sfutest.Client{a, b, viewer} {
		c.Peer.SetView(content, 0)
	}
	screen := func(c *sfutest.Client, id string) func() bool {
		return func() bool {
			p, s := c.Newest(sfu.Video, 0), c.Slot(sfu.Video, 0)
			return p.From == id && p.Layer == 1080 && s.Peer == id && s.Source == sfu.Screen && s.Phase == sfu.SlotLive
		}
	}
	w.Until("the newer screen", screen(viewer, "b"))
	w.Until("its sound", func() bool { return viewer.Hears(60 * time.Millisecond)["b"] > 0 })
	w.Until("the newer screen at the other", screen(a, "b"))
	w.Until("nobody's, where it comes from", func() bool { return b.Slot(sfu.Video, 0).Phase == sfu.SlotEmpty })
	if p := b.Newest(sfu.Video, 0); p.From == "b" {
		t.Error("a screen was shown to its owner")
	}
	b.Peer.SetActive(sfu.Screen, false)
	w.Until("the older screen", screen(viewer, "a"))
	a.Peer.SetRights(sfu.Rights{Camera: true, Microphone: true})
	w.Until("no screen", func() bool { return viewer.Slot(sfu.Video, 0).Phase == sfu.SlotEmpty })
	w.Until("the first camera still", from(viewer, sfu.Video, 1, "a"))
	continuous(t, viewer.Received(sfu.Video, 0))
}
