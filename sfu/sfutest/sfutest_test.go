package sfutest

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"diemcau/sfu/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// film makes the packets of so many frames; keys are key frames.
func film(from string, frames int, keys ...int) (packets []Packet) {
	e := &encoder{}
	for f := range frames {
		key := slices.Contains(keys, f)
		if key {
			e.keys++
		}
		e.picture++
		e.tl0++
		for i := range packetsPerFrame {
			e.number++
			e.sequence++
			payload := e.vp8Payload(i, key)
			stamp(payload, from, e.number, 720, time.Unix(1, 0))
			header := rtp.Header{SequenceNumber: e.sequence + 65530, Timestamp: uint32(f) * 3600, Marker: i == packetsPerFrame-1}
			p, _ := open(&rtp.Packet{Header: header, Payload: payload}, codec.VP8)
			packets = append(packets, p)
		}
	}
	return packets
}

func TestContinuous(t *testing.T) {
	change := func(f func(p []Packet) []Packet) []Packet { return f(film("a", 6, 0)) }
	for name, c := range map[string]struct {
		packets []Packet
		good    bool
	}{
		"nothing":   {nil, true},
		"as it was": {change(func(p []Packet) []Packet { return p }), true},
		"late":      {change(func(p []Packet) []Packet { p[4], p[7] = p[7], p[4]; return p }), true},
		"repaired, and late as well": {change(func(p []Packet) []Packet {
			again := p[4]
			again.Repaired = true
			return append(p, again)
		}), true},
		"a gap":                      {change(func(p []Packet) []Packet { return slices.Delete(p, 4, 5) }), false},
		"a number twice":             {change(func(p []Packet) []Packet { return slices.Insert(p, 4, p[4]) }), false},
		"repaired in a wrong place":  {change(func(p []Packet) []Packet { p[4].Number, p[4].Repaired = 9, true; return p }), false},
		"time goes back":             {change(func(p []Packet) []Packet { p[4].Timestamp -= 9000; return p }), false},
		"another without a key":      {change(func(p []Packet) []Packet { p[6].From = "b"; return p }), false},
		"another picture id":         {change(func(p []Packet) []Packet { p[6].Facts.VP8.PictureID++; return p }), false},
		"another TL0PICIDX":          {change(func(p []Packet) []Packet { p[6].Facts.VP8.TL0PicIdx++; return p }), false},
		"a key frame without KEYIDX": {change(func(p []Packet) []Packet { p[6].Facts.KeyFrame = true; return p }), false},
	} {
		if err := Continuous(c.packets); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFrames(t *testing.T) {
	shown := func(packets []Packet) (all string) {
		for _, f := range Frames(packets) {
			all += map[bool]string{true: "+", false: "-"}[f.Decodable]
		}
		return all
	}
	for name, c := range map[string]struct {
		lost []int
		want string
	}{
		"all":                      {nil, "++++++++"},
		"the start of a frame":     {[]int{6}, "++--++++"},
		"the middle of a frame":    {[]int{7}, "++--++++"},
		"the end of a frame":       {[]int{8}, "++--++++"},
		"a frame":                  {[]int{6, 7, 8}, "++-++++"},
		"the start of a key frame": {[]int{12}, "++++----"},
	} {
		packets := film("a", 8, 0, 4)
		for i := range c.lost {
			packets = slices.Delete(packets, c.lost[i]-i, c.lost[i]-i+1)
		}
		if got := shown(packets); got != c.want {
			t.Errorf("without %s: %s, want %s", name, got, c.want)
		}
	}
}

func TestLink(t *testing.T) {
	deliver := func(seed uint64, i Impairment) []byte {
		l := newLink(seed)
		defer l.close()
		l.Set(i)
		var mu sync.Mutex
		var got []byte
		took := func() int { mu.Lock(); defer mu.Unlock(); return len(got) }
		for n := range byte(100) {
			l.send([]byte{n}, func(p []byte) { mu.Lock(); defer mu.Unlock(); got = append(got, p...) })
		}
		for before := -1; before != took() || took() < 50; time.Sleep(100 * time.Millisecond) {
			before = took()
		}
		return got
	}
	if got := deliver(1, Impairment{}); len(got) != 100 || !slices.IsSorted(got) {
		t.Errorf("a perfect link: %v", got)
	}
	if got := deliver(1, Impairment{Delay: 20 * time.Millisecond}); len(got) != 100 || !slices.IsSorted(got) {
		t.Errorf("a slow link: %v", got)
	}
	lossy := deliver(1, Impairment{Loss: 0.2})
	if len(lossy) == 100 || !slices.IsSorted(lossy) || !slices.Equal(lossy, deliver(1, Impairment{Loss: 0.2})) || slices.Equal(lossy, deliver(2, Impairment{Loss: 0.2})) {
		t.Errorf("a lossy link: %v", lossy)
	}
	if got := deliver(1, Impairment{Late: 0.1, LateBy: 20 * time.Millisecond}); len(got) != 100 || slices.IsSorted(got) {
		t.Errorf("a link with late packets: %v", got)
	}
}
