package sfu_test

import (
	"slices"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/codec"
	"diemcau/sfu/sfutest"
)

// cameras are those that send one stream of layers.
var cameras = map[string]struct {
	camera sfutest.Camera
	codec  codec.Codec
}{"VP9": {sfutest.VP9, codec.VP9}, "AV1": {sfutest.AV1, codec.AV1}}

func layered(t *testing.T, packets []sfutest.Packet) {
	t.Helper()
	if err := sfutest.Layered(packets); err != nil {
		t.Error(err)
	}
}

func lines(c *sfutest.Client, height int) func() bool {
	return func() bool { return c.Newest(sfu.Video, 0).Layer == height }
}

// Of one stream each receiver is given the layer for its tile, and another one when the tile changes.
func TestALayerOfAStreamForEachTile(t *testing.T) {
	t.Parallel()
	for name, k := range cameras {
		t.Run(name, func(t *testing.T) {
			w := sfutest.New(t)
			w.Join("source", sfutest.Options{Camera: k.camera})
			large := w.Join("large", sfutest.Options{Order: 1, VideoSlots: 1})
			small := w.Join("small", sfutest.Options{Order: 2, VideoSlots: 1})
			show := func(c *sfutest.Client, height int) {
				c.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: height}}, 0)
			}
			show(large, 720)
			show(small, 180)
			w.Until("the largest layer", lines(large, 720))
			w.Until("the smallest layer", lines(small, 180))
			for _, height := range []int{720, 360, 180} {
				show(small, height)
				w.Until("another layer", lines(small, height))
				n := len(small.Received(sfu.Video, 0))
				w.Until("a second of it", func() bool { return len(small.Received(sfu.Video, 0)) > n+25 })
				if s := small.Slot(sfu.Video, 0); s.Phase != sfu.SlotLive {
					t.Errorf("the slot is in phase %d for reason %d", s.Phase, s.Reason)
				}
			}
			for _, c := range []*sfutest.Client{large, small} {
				packets := c.Received(sfu.Video, 0)
				layered(t, packets)
				if got := packets[len(packets)-1].Codec; got != k.codec {
					t.Errorf("%v came", got)
				}
			}
		})
	}
}

// Of a simulcast in H.264 each receiver is given the encoding for its tile, and the one that nobody wants sleeps.
func TestAnEncodingOfH264ForEachTile(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.H264Simulcast})
	large := w.Join("large", sfutest.Options{Order: 1, VideoSlots: 1})
	small := w.Join("small", sfutest.Options{Order: 2, VideoSlots: 1})
	for c, height := range map[*sfutest.Client]int{large: 720, small: 180} {
		c.Peer.SetView([]sfu.ViewSlot{{Slot: 0, Show: sfu.ShowProgramme, Height: height}}, 0)
		w.Until("its encoding", lines(c, height))
	}
	w.Until("the other to sleep", func() bool { return slices.Equal(source.Idle(sfu.Camera), []string{"h"}) })
}

// A link that does not take the largest layer has a smaller one or fewer frames, and all again when it is wide enough.
func TestAStreamOfLayersOnAThinLink(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.AV1})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
	w.Until("the largest layer", lines(viewer, 720))
	viewer.Down.Set(thin(130_000))
	w.Until("a smaller one", func() bool {
		p := viewer.Newest(sfu.Video, 0)
		return p.Layer < 720 && time.Since(p.At) < time.Second && viewer.Slot(sfu.Video, 0).Phase == sfu.SlotLive
	})
	viewer.Down.Set(sfutest.Impairment{Delay: 20 * time.Millisecond})
	w.Until("the largest again", lines(viewer, 720))
}

// Sources of all codecs follow each other in a slot.
func TestSourcesOfAllCodecsFollowEachOther(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	ids := []string{"vp8", "vp9", "h264", "av1"}
	for i, camera := range []sfutest.Camera{sfutest.OneLayer, sfutest.VP9, sfutest.H264, sfutest.AV1} {
		w.Join(ids[i], sfutest.Options{Camera: camera, Order: i})
	}
	viewer := w.Join("viewer", sfutest.Options{Order: 9, VideoSlots: 1})
	for turn := range 12 {
		id := ids[(turn*3+turn/4)%len(ids)]
		w.Room.SetProgramme(sfu.Programme{Holder: id})
		w.Until("the next source", from(viewer, sfu.Video, 0, id))
		w.Until("word of it", phase(viewer, sfu.SlotLive, sfu.ReasonNone))
	}
	layered(t, viewer.Received(sfu.Video, 0))
}

// Who cannot decode a source sees why.
func TestWhoCannotDecodeLayersIsTold(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.AV1})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1, OnlyVP8: true})
	w.Until("the reason", phase(viewer, sfu.SlotUnavailable, sfu.ReasonCodec))
	if n := len(viewer.Received(sfu.Video, 0)); n > 0 {
		t.Errorf("%d packets came", n)
	}
}
