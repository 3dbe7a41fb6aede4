package sfu_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
	"diemcau/sfu/sfutest/link"
)

// numbers are the packets of a publisher that came in a slot, in which way ever.
func numbers(packets []sfutest.Packet, from string) map[uint32]bool {
	came := map[uint32]bool{}
	for _, p := range packets {
		if p.From == from {
			came[p.Number] = true
		}
	}
	return came
}

// A third of the packets is lost on one way, 200 ms long both ways: with redundancy little of a voice has to be concealed, without it FEC has the
// next packet to do it from. Whoever loses none is sent no packet twice. So few packets have luck: the figures that are to be reached are those of
// TestConcealedSoundAtHighLoss.
func TestAVoiceOverALinkThatLosesAThird(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	speaker := w.Join("speaker", sfutest.Options{Microphone: true, Level: 20, RED: true})
	viewers := map[string]*sfutest.Client{
		"near":  w.Join("near", sfutest.Options{AudioSlots: 1, Order: 1, RED: true}),
		"far":   w.Join("far", sfutest.Options{AudioSlots: 1, Order: 2, RED: true}),
		"plain": w.Join("plain", sfutest.Options{AudioSlots: 1, Order: 3}),
	}
	slow := sfutest.Impairment{Delay: 100 * time.Millisecond}
	lossy := sfutest.Impairment{Delay: 100 * time.Millisecond, Loss: 0.3}
	for id, v := range viewers {
		w.Until("voice at "+id, from(v, sfu.Audio, 0, "speaker"))
		if id != "near" {
			v.Up.Set(slow)
			v.Down.Set(lossy)
		}
	}
	repeats := func() (n int) {
		for _, p := range viewers["far"].Received(sfu.Audio, 0) {
			if p.Repaired {
				n++
			}
		}
		return n
	}
	w.Until("redundancy", func() bool { return repeats() > 20 })
	// concealed is the share of so many packets from one on that a viewer has to conceal: with FEC those whose next did not come either.
	concealed := func(id string, first, n uint32, fec bool) float64 {
		came, lost := numbers(viewers[id].Received(sfu.Audio, 0), "speaker"), 0
		for i := first; i < first+n; i++ {
			if !came[i] && !(fec && came[i+1]) {
				lost++
			}
		}
		return float64(lost) / float64(n)
	}
	const packets = 250
	listen := func() (first uint32) {
		first = viewers["near"].Newest(sfu.Audio, 0).Number + 20
		w.Until("sound for a while", func() bool { return viewers["near"].Newest(sfu.Audio, 0).Number > first+packets+50 })
		return first
	}
	first := listen()
	for _, c := range []struct {
		id   string
		fec  bool
		most float64
	}{{"near", false, 0}, {"far", false, 0.1}, {"plain", true, 0.16}} {
		if got := concealed(c.id, first, packets, c.fec); got > c.most {
			t.Errorf("%s conceals %.1f %%, at most %.0f %% are bearable", c.id, 100*got, 100*c.most)
		} else {
			t.Logf("%s conceals %.1f %%", c.id, 100*got)
		}
	}
	for _, p := range viewers["near"].Received(sfu.Audio, 0) {
		if p.Repaired {
			t.Fatal("who loses nothing is sent redundancy")
		}
	}
	// And on the way to the server.
	viewers["far"].Down.Set(slow)
	viewers["plain"].Down.Set(slow)
	speaker.Up.Set(lossy)
	first = listen()
	if got := concealed("near", first, packets, true); got > 0.1 {
		t.Errorf("%.1f %% of what is lost on the way to the server are concealed", 100*got)
	}
	if n := w.Engine.Stats().PacketsRecovered; n < packets/10 {
		t.Errorf("%d packets were recovered", n)
	}
	inStep(t, viewers["near"].Received(sfu.Audio, 0))
}

// One of twenty viewers loses a tenth of its packets in bursts. It is sent them again, and what it asks for beyond that costs the others nothing.
func TestOneBadLinkOfTwenty(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	source := w.Join("source", sfutest.Options{Camera: sfutest.OneLayer})
	var viewers []*sfutest.Client
	for i := range 20 {
		viewers = append(viewers, w.Join(fmt.Sprint("viewer", i), sfutest.Options{VideoSlots: 1, Order: i + 1}))
	}
	for _, v := range viewers {
		w.Until("picture at "+v.ID, from(v, sfu.Video, 0, "source"))
	}
	bad, others := viewers[0], viewers[1:]
	const packets = 200
	// watch gives the bytes that each of the others was sent of so many packets, and how long that took. The bad one asks for a key frame as
	// browsers do: when there is no picture to be shown for a while.
	watch := func(asks bool) (bytes []int, took time.Duration, asked int) {
		began, first := time.Now(), others[0].Newest(sfu.Video, 0).Number+10
		looked := began
		w.Until("pictures for a while", func() bool {
			if asks && time.Since(looked) > 40*time.Millisecond {
				looked = time.Now()
				if brokenFor(sfutest.Frames(bad.Received(sfu.Video, 0))) > 5 { // frames: 200 ms
					asked++
					_ = bad.PC.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: bad.Newest(sfu.Video, 0).SSRC}})
				}
			}
			for _, v := range others {
				if v.Newest(sfu.Video, 0).Number < first+packets+30 {
					return false
				}
			}
			return true
		})
		for _, v := range others {
			n := 0
			for _, p := range v.Received(sfu.Video, 0) {
				if p.Number >= first && p.Number < first+packets {
					n += len(p.Payload)
				}
			}
			bytes = append(bytes, n)
		}
		return bytes, time.Since(began), asked
	}
	before, _, _ := watch(false)
	keyFrames := len(source.KeyAsks(720))
	bad.Down.Set(sfutest.Impairment{Delay: 20 * time.Millisecond, Burst: link.Bursts(0.1, 5)})
	bad.Up.Set(sfutest.Impairment{Delay: 20 * time.Millisecond})
	during, took, asked := watch(true)
	for i := range others {
		if share := float64(during[i]) / float64(before[i]); share < 0.95 || share > 1.05 {
			t.Errorf("%s was sent %.2f of what it was sent before", others[i].ID, share)
		}
	}
	if n := len(source.KeyAsks(720)) - keyFrames; float64(n) > took.Seconds()+1 {
		t.Errorf("%d key frames were asked for in %v", n, took)
	} else {
		t.Logf("%d wishes, %d key frames asked for in %v", asked, n, took)
	}
	if s := w.Engine.Stats(); s.Retransmissions == 0 || s.Dropped["index_used"] != 0 {
		t.Errorf("%d sent again, %d under a used number", s.Retransmissions, s.Dropped["index_used"])
	}
	bad.Down.Set(sfutest.Impairment{})
	w.Until("whole pictures at the bad one", func() bool {
		frames := sfutest.Frames(bad.Received(sfu.Video, 0))
		return len(frames) > 0 && brokenFor(frames) < 3
	})
}

// brokenFor is how many of the newest frames cannot be shown.
func brokenFor(frames []sfutest.Frame) (n int) {
	for i := len(frames) - 1; i >= 0 && !frames[i].Decodable; i-- {
		n++
	}
	return n
}
