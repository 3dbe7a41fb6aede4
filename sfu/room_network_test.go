package sfu_test

import (
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
)

// Five packets of a hundred are lost on the way to the viewer, and some come late: all are repaired, each in its place.
func TestLostPacketsAreSentAgain(t *testing.T) {
	t.Parallel()
	for _, camera := range []sfutest.Camera{sfutest.OneLayer, sfutest.H264} {
		w := sfutest.New(t)
		w.Join("source", sfutest.Options{Camera: camera})
		viewer := w.Join("viewer", sfutest.Options{Order: 1, VideoSlots: 1})
		w.Until("picture", from(viewer, sfu.Video, 0, "source"))
		viewer.Down.Set(sfutest.Impairment{Loss: 0.05, Delay: 10 * time.Millisecond, Late: 0.05, LateBy: 15 * time.Millisecond})
		start := viewer.Newest(sfu.Video, 0).Number
		w.Until("three hundred packets", func() bool { return viewer.Newest(sfu.Video, 0).Number > start+300 })
		viewer.Down.Set(sfutest.Impairment{})
		upTo := func() (packets []sfutest.Packet) {
			for _, p := range viewer.Received(sfu.Video, 0) {
				if p.Number <= start+300 {
					packets = append(packets, p)
				}
			}
			return packets
		}
		w.Until("every packet", func() bool { return sfutest.Continuous(upTo()) == nil })
		repaired := 0
		for _, p := range upTo() {
			if p.Repaired {
				repaired++
			}
		}
		if s := w.Engine.Stats(); repaired == 0 || s.Retransmissions == 0 || s.Dropped["index_used"] != 0 {
			t.Errorf("%d repaired, %d sent again, %d under a used number", repaired, s.Retransmissions, s.Dropped["index_used"])
		}
	}
}

// What is lost on the way to the server is repaired before or after it was forwarded, even at the switch from one source to another.
func TestLossAtThePublishersIsRepaired(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	sources := []string{"a", "b"}
	for i, id := range sources {
		c := w.Join(id, sfutest.Options{Camera: sfutest.OneLayer, Order: i})
		c.Up.Set(sfutest.Impairment{Loss: 0.05, Delay: 10 * time.Millisecond, Late: 0.1, LateBy: 15 * time.Millisecond})
	}
	viewer := w.Join("viewer", sfutest.Options{Order: 2, VideoSlots: 1})
	for i := range 12 {
		w.Room.SetProgramme(sfu.Programme{Holder: sources[i%2]})
		w.Until("picture of "+sources[i%2], from(viewer, sfu.Video, 0, sources[i%2]))
		here := len(viewer.Received(sfu.Video, 0))
		w.Until("more of it", func() bool { return len(viewer.Received(sfu.Video, 0)) > here+30 })
	}
	// A frame that was cut off by a switch may lack its end; nothing else may lack anything, up to a moment ago.
	w.Until("every picture", func() bool {
		frames := sfutest.Frames(viewer.Received(sfu.Video, 0))
		for i := range frames[:max(0, len(frames)-12)] {
			if f := frames[i]; !f.Decodable && frames[i+1].From == f.From {
				return false
			}
		}
		return true
	})
}

// The sound and the picture of one source map to the same moments on the server's clock.
func TestLipsStayInStep(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true, Level: 20})
	other := w.Join("other", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true, Level: 127, Order: 1})
	viewer := w.Join("viewer", sfutest.Options{Order: 2, VideoSlots: 1, AudioSlots: 1})
	source.Up.Set(sfutest.Impairment{Delay: 20 * time.Millisecond})
	seconds := func(ntp uint64) float64 { return float64(ntp>>32) + float64(ntp&0xffffffff)/(1<<32) }
	// lag is how far the server's moment of a slot's newest packet is from its capture.
	lag := func(kind sfu.Kind, id string, rate float64) (float64, bool) {
		p := viewer.Newest(kind, 0)
		r, ok := viewer.Report(p.SSRC)
		at := seconds(r.NTPTime) + float64(int32(p.Timestamp-r.RTPTime))/rate
		return at - 2208988800 - float64(p.Captured.UnixNano())/1e9, ok && p.From == id
	}
	for _, c := range []*sfutest.Client{source, other, source} {
		w.Room.SetProgramme(sfu.Programme{Holder: c.ID})
		var apart float64
		w.Until("agreement of the reports about "+c.ID+" within 5 ms", func() bool {
			video, okV := lag(sfu.Video, c.ID, 90000)
			audio, okA := lag(sfu.Audio, c.ID, 48000)
			apart = video - audio
			return okV && okA && apart > -0.005 && apart < 0.005
		})
	}
}

// Nonsense under valid keys is dropped, and nobody else notices.
func TestGarbageFromAMember(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	rogue := w.Join("rogue", sfutest.Options{Camera: sfutest.OneLayer, VideoSlots: 2})
	w.Join("source", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true, Level: 127, Order: 1})
	viewer := w.Join("viewer", sfutest.Options{VideoSlots: 2, AudioSlots: 1, Order: 2})
	w.Until("picture of the rogue", from(viewer, sfu.Video, 0, "rogue"))
	w.Until("picture", from(viewer, sfu.Video, 1, "source"))
	for range 20 {
		rogue.Garbage(100)
		time.Sleep(10 * time.Millisecond) // no more at once than the virtual sockets hold
	}
	here := len(viewer.Received(sfu.Video, 1))
	w.Until("more pictures", func() bool { return len(viewer.Received(sfu.Video, 1)) > here+30 })
	continuous(t, viewer.Received(sfu.Video, 1))
	decodable(t, viewer.Received(sfu.Video, 1))
	inStep(t, viewer.Received(sfu.Audio, 0))
	if w.Engine.Stats().Dropped["malformed"] == 0 {
		t.Error("nothing was malformed")
	}
}

// Not parallel: it counts goroutines.
func TestManyComeAndGo(t *testing.T) {
	w := sfutest.New(t)
	w.Join("source", sfutest.Options{Camera: sfutest.OneLayer, Microphone: true})
	w.Until("both streams", func() bool { return w.Engine.Stats().PacketsReceived > 100 })
	base := runtime.NumGoroutine()
	for round := range 20 {
		var clients []*sfutest.Client
		for i := range 10 {
			clients = append(clients, w.Dial(fmt.Sprintf("p%d.%d", round, i), sfutest.Options{Order: i, VideoSlots: 1, AudioSlots: 1}))
		}
		for i, c := range clients {
			if i%4 < 2 { // the others while they connect
				c.Connected()
			}
			if i%2 == 0 {
				c.Hang() // without a word
			}
			c.Peer.Close()
			c.Hang()
		}
	}
	w.Until("one member", func() bool { return w.Engine.Stats().Peers == 1 })
	for end := time.Now().Add(sfutest.Patience); runtime.NumGoroutine() > base+5; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			var all strings.Builder
			_ = pprof.Lookup("goroutine").WriteTo(&all, 1) // to memory: it cannot fail
			t.Fatalf("%d goroutines rather than %d:\n%s", runtime.NumGoroutine(), base, all.String())
		}
	}
}
