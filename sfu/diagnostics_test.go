package sfu_test

import (
	"testing"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

func TestDiagnostics(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("a", sfutest.Options{Camera: sfutest.Simulcast})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 2, AudioSlots: 1})
	viewer.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: 360}}, 0)
	w.Until("the layer of 360 lines", func() bool { return viewer.Newest(sfu.Video, 0).Layer == 360 })
	d := viewer.Peer.Diagnostics()
	if len(d.Slots) != 3 {
		t.Fatalf("%d slots", len(d.Slots))
	}
	for _, s := range d.Slots {
		switch shown := s.Kind == sfu.Video && s.Slot == 0; {
		case shown && (s.Peer != "a" || s.Layer == "" || s.Height != 360 || s.Packets == 0 || s.Bytes <= s.Packets):
			t.Errorf("the slot that is shown: %+v", s)
		case !shown && (s.Height != 0 || s.Packets != 0):
			t.Errorf("an empty slot: %+v", s)
		}
	}
	viewer.Peer.Close()
	if d := viewer.Peer.Diagnostics(); d.RoundTrip != 0 || d.Loss != 0 {
		t.Errorf("of a peer that has left: %+v", d)
	}
}
