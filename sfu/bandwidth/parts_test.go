package bandwidth

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestTrend(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for name, c := range map[string]struct {
		delay func(i int64) int64 // ns of the i-th packet, one each 10 ms
		want  usage
	}{
		"steady":        {func(i int64) int64 { return 20 * ms }, normal},
		"noise":         {func(i int64) int64 { return 20*ms + dice.Int64N(3*ms) }, normal},
		"grows":         {func(i int64) int64 { return 20*ms + i*ms }, overused},
		"grows, noise":  {func(i int64) int64 { return 20*ms + i*ms + dice.Int64N(5*ms) }, overused},
		"drains":        {func(i int64) int64 { return max(20*ms, 400*ms-i*2*ms) }, underused},
		"clocks differ": {func(i int64) int64 { return 20*ms + i*ms/2000 }, normal},
	} {
		var tr trend
		over := false
		for i := range int64(150) {
			tr.add(i*10*ms, i*10*ms+c.delay(i))
			over = over || tr.usage == overused
		}
		if tr.usage != c.want || over != (c.want == overused) {
			t.Errorf("%s: %d, weighted %.1f, threshold %.1f", name, tr.usage, tr.weighted, tr.threshold)
		}
	}
}

func TestTrain(t *testing.T) {
	// Bursts of ten packets of 1,250 bytes, every 200 ms, over 1 Mbit/s: 10 ms each.
	for name, c := range map[string]struct {
		lost int // every so manieth
		own  float64
	}{"all arrive": {0, 0}, "some are lost behind the queue": {5, 1}} {
		var tr train
		for burst := range int64(5) {
			for i := range int64(10) {
				sent := burst * 200 * ms
				a := Acknowledgement{Size: 1250, Sent: sent, Arrived: sent + 20*ms + (i+1)*10*ms}
				if c.lost > 0 && int(i)%c.lost == 1 {
					tr.miss(&a)
				} else {
					tr.add(&a, 30*ms)
				}
			}
		}
		for _, window := range []int64{100 * ms, 500 * ms} {
			if rate, ok := tr.rate(window, c.own); !ok || math.Abs(rate-1e6) > 1e4 {
				t.Errorf("%s: %.0f bit/s over %d ms, %v", name, rate, window/ms, ok)
			}
		}
		if rate, ok := tr.last(50*ms, c.own); !ok || math.Abs(rate-1e6) > 1e4 {
			t.Errorf("%s: last %.0f bit/s, %v", name, rate, ok)
		}
	}
	// Some are overtaken.
	var late train
	for i := range int64(30) {
		a := Acknowledgement{Size: 1250, Sent: 0, Arrived: (i + 3) * 10 * ms}
		if i%6 == 0 {
			a.Arrived += 30 * ms
		}
		late.add(&a, ms)
	}
	if rate, ok := late.rate(400*ms, 0); !ok || math.Abs(rate-1e6) > 1.5e5 {
		t.Errorf("some overtaken: %.0f bit/s, %v", rate, ok)
	}
	// No packet waits for another: nothing is measured.
	var tr train
	for i := range int64(100) {
		tr.add(&Acknowledgement{Size: 1250, Sent: i * 50 * ms, Arrived: i*50*ms + 30*ms}, 30*ms)
	}
	if rate, ok := tr.rate(1000*ms, 1); ok {
		t.Errorf("%.0f bit/s of an idle link", rate)
	}
}

// observed feeds losses with what a link of some rate, which loses a share whatever is sent, makes of sending rates.
func observed(rate, share float64, seconds int, sending func(second int) float64) *losses {
	l := newLosses()
	dice := rand.New(rand.NewPCG(1, 1))
	now, number := int64(0), uint64(0)
	for s := range seconds {
		sent := sending(s)
		each := int64(1200 * 8 * 1e9 / sent)
		for end := now + 1000*ms; now < end; now += each {
			lost := dice.Float64() < share || dice.Float64() < 1-rate/sent
			l.add(&Acknowledgement{Number: number, Size: 1200, Sent: now, Lost: lost}, 4e6)
			number++
		}
	}
	return &l
}

func TestLosses(t *testing.T) {
	varied := func(s int) float64 { return 1e6 + 5e5*float64(s%3) }
	for name, c := range map[string]struct {
		rate, share float64
		from, to    float64 // of the rate that is found
	}{
		"nothing is lost":       {1e9, 0, math.Inf(1), math.Inf(1)},
		"10 % whatever is sent": {1e9, 0.1, math.Inf(1), math.Inf(1)},
		"30 % whatever is sent": {1e9, 0.3, math.Inf(1), math.Inf(1)},
		"above 1.5 Mbit/s":      {1.5e6, 0, 1.3e6, 1.7e6},
		"above 1.2, and 5 %":    {1.2e6, 0.05, 1e6, 1.5e6},
	} {
		l := observed(c.rate, c.share, 20, varied)
		if l.rate < c.from || l.rate > c.to {
			t.Errorf("%s: %.0f bit/s, inherent %.3f", name, l.rate, l.inherent)
		}
		if l.inherent < c.share-0.05 || l.inherent > c.share+0.08 {
			t.Errorf("%s: inherent %.3f", name, l.inherent)
		}
	}
	l := observed(1e9, 0.2, 20, varied)
	if l.own() < 0.8 {
		t.Errorf("20 %%: own %.2f", l.own())
	}
	// Those that come late were not lost.
	before := l.partial
	l.partial.lost++
	l.add(&Acknowledgement{Sent: l.partial.first, Late: true}, 4e6)
	if l.partial.lost != before.lost || l.partial.received != before.received+1 {
		t.Errorf("%+v, before %+v", l.partial, before)
	}
}

func TestProbe(t *testing.T) {
	const rate = 1_000_000
	for name, c := range map[string]struct {
		carries int64 // bit/s
		lost    int   // every so manieth
		held    int64 // ns until which all arrive together
		from    float64
		to      float64
		enough  bool
	}{
		"more":                 {100_000_000, 0, 0, 0.95e6, 1e6, true},
		"half":                 {500_000, 0, 0, 0.45e6, 0.5e6, false},
		"half, with losses":    {500_000, 4, 0, 0.35e6, 0.55e6, false},
		"held up and bunched":  {100_000_000, 0, 100 * ms, 0, 0, false},
		"nearly all were lost": {100_000_000, 1, 0, 0, 0, false},
	} {
		var p prober
		cluster := p.start(0, rate, 50*ms)
		free := int64(0)
		for i := range int64(12) {
			sent := i * 300 * 8e9 / rate
			free = max(free, sent) + 300*8e9/c.carries
			a := Acknowledgement{Number: uint64(i), Size: 300, Sent: sent, Arrived: max(c.held, free+20*ms), Probe: cluster.ID}
			if c.lost > 0 && int(i)%c.lost == 0 {
				a.Lost = true
			}
			p.add(&a)
		}
		got, enough, done := p.result(200*ms, 0)
		if !done || got < c.from || got > c.to || enough != c.enough {
			t.Errorf("%s: %.0f bit/s, enough %v, done %v", name, got, enough, done)
		}
	}
	// Nobody tells of it.
	var p prober
	p.start(0, rate, 50*ms)
	if _, _, done := p.result(1000*ms, 0); done {
		t.Error("given up too early")
	}
	if got, _, done := p.result(1100*ms, 0); !done || got != 0 || p.waiting {
		t.Errorf("%.0f bit/s of nothing, done %v", got, done)
	}
	if p.start(0, rate, 0).ID == 0 {
		t.Error("no ID")
	}
}

func TestCrowd(t *testing.T) {
	// The estimate fell twice, from 2 Mbit/s to 1, for a queue that does as it does.
	for name, c := range map[string]struct {
		queue func(at int64) int64
		want  bool
	}{
		"stays":         {func(int64) int64 { return 300 * ms }, true},
		"swings":        {func(at int64) int64 { return 300*ms - at%(500*ms)/4 }, true},
		"drains":        {func(at int64) int64 { return max(0, 1000*ms-at/3) }, false},
		"drains slowly": {func(at int64) int64 { return 3000*ms - at/3 }, false},
	} {
		var cr crowd
		cr.fell(0, 2e6)
		cr.fell(500*ms, 1.5e6)
		came := false
		for at := int64(0); at < 3000*ms; at += 100 * ms {
			came = cr.watch(at, at, c.queue(at), 1e6) == crowdCame || came
		}
		if came != c.want || cr.here != c.want {
			t.Errorf("%s: %+v", name, cr)
		}
	}
}

func TestFloor(t *testing.T) {
	f := floor{period: 1000 * ms}
	for i, c := range []struct{ at, value, want int64 }{
		{0, 50, 50}, {100, 70, 50}, {200, 40, 40}, {900, 60, 40}, {1100, 60, 40}, {2000, 65, 40}, {2200, 70, 60}, {9000, 80, 80},
	} {
		f.add(c.at*ms, c.value)
		if got := f.value(); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
}

func TestCapacity(t *testing.T) {
	var c capacity
	if c.near(1e6) || !math.IsInf(c.limit(0), 1) {
		t.Error("something is known of nothing")
	}
	for i := range int64(10) {
		c.add(i, 1e6+float64(i%3)*1e4)
	}
	if !c.near(1e6) || c.near(0.5e6) || math.Abs(c.limit(0)-1e6) > 3e4 {
		t.Errorf("%+v", c)
	}
	if c.confirm(14000*ms, 1.05e6); math.IsInf(c.limit(28000*ms), 1) {
		t.Error("forgotten although confirmed")
	}
	if !math.IsInf(c.limit(30000*ms), 1) {
		t.Error("not forgotten")
	}
	if c.add(0, 3e5); math.Abs(c.limit(0)-3e5) > 1e3 {
		t.Errorf("the link lost rate: %+v", c)
	}
	if c.near(2e6) || c.mean != 0 {
		t.Errorf("the link has gained: %+v", c)
	}
}
