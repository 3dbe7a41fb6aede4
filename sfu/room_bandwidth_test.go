package sfu_test

import (
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

// thin is a link of a commune: what is too much waits for a third of a second, and then it is lost.
func thin(rate int64) sfutest.Impairment {
	return sfutest.Impairment{Rate: rate, QueueTime: 300 * time.Millisecond, Delay: 20 * time.Millisecond}
}

// missingOf counts the packets that never came between two received ones.
func missingOf(packets []sfutest.Packet) (n int) {
	seen := map[uint32]bool{}
	low, high := ^uint32(0), uint32(0)
	for _, p := range packets {
		seen[p.Number] = true
		low, high = min(low, p.Number), max(high, p.Number)
	}
	for i := low; i < high; i++ {
		if !seen[i] {
			n++
		}
	}
	return n
}

// On a link that carries sound and no more, pictures pause with the reason, sound goes on, and others notice nothing. When the link is
// wide again so are the pictures.
func TestPicturesPauseOnAThinLink(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("speaker", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true, Level: 20})
	viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1, AudioSlots: 1})
	other := w.Join("other", sfutest.Options{Order: 2, VideoSlots: 1, AudioSlots: 1})
	for _, c := range []*sfutest.Client{viewer, other} {
		w.Until("picture", phase(c, sfu.SlotLive, sfu.ReasonNone))
		w.Until("sound", from(c, sfu.Audio, 0, "speaker"))
	}
	viewer.Down.Set(thin(100_000))
	w.Until("word that the link is too thin", phase(viewer, sfu.SlotUnavailable, sfu.ReasonBandwidth))
	pictures, sounds := len(viewer.Received(sfu.Video, 0)), len(viewer.Received(sfu.Audio, 0))
	w.Until("two seconds of sound", func() bool { return len(viewer.Received(sfu.Audio, 0)) > sounds+100 })
	if n := len(viewer.Received(sfu.Video, 0)); n > pictures+100 {
		t.Errorf("%d packets of a paused picture", n-pictures)
	}
	if s := other.Slot(sfu.Video, 0); s.Phase != sfu.SlotLive {
		t.Errorf("the other's picture is in phase %d for reason %d", s.Phase, s.Reason)
	}
	viewer.Down.Set(sfutest.Impairment{Delay: 20 * time.Millisecond})
	w.Until("the picture again", phase(viewer, sfu.SlotLive, sfu.ReasonNone))
	if n := missingOf(other.Received(sfu.Audio, 0)) + missingOf(other.Received(sfu.Video, 0)); n > 0 {
		t.Errorf("the other lacks %d packets", n)
	}
}

// A link that does not take the largest layer has a smaller one, and the larger one when it is wide enough again.
func TestALayerThatFitsTheLink(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	w.Join("a", sfutest.Options{Camera: sfutest.Simulcast})
	w.Join("b", sfutest.Options{Camera: sfutest.Simulcast, Order: 1})
	viewer := w.Join("viewer", sfutest.Options{Order: 2, VideoSlots: 2})
	shown := func(c *sfutest.Client) (n int) {
		for slot := range 2 {
			if c.Slot(sfu.Video, slot).Phase == sfu.SlotLive {
				n++
			}
		}
		return n
	}
	w.Until("both pictures", func() bool { return shown(viewer) == 2 })
	viewer.Down.Set(thin(220_000))
	w.Until("one of them alone", func() bool {
		return viewer.Slot(sfu.Video, 1).Reason == sfu.ReasonBandwidth && viewer.Slot(sfu.Video, 0).Phase == sfu.SlotLive
	})
	viewer.Down.Set(sfutest.Impairment{Delay: 20 * time.Millisecond})
	w.Until("both again", func() bool { return shown(viewer) == 2 })
}
