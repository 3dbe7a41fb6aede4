package measure

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreExactToAFewPercent(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var h, first, second Histogram
	var all []time.Duration
	for i := range 20_000 {
		d := time.Duration(dice.ExpFloat64() * float64(20*time.Millisecond))
		all = append(all, d)
		h.Add(d)
		if i%3 == 0 {
			first.Add(d)
		} else {
			second.Add(d)
		}
	}
	first.Merge(&second)
	if first != h {
		t.Error("two histograms that were merged differ from one")
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.5, 0.95, 0.99, 0.999, 1} {
		want := all[min(int(q*float64(len(all))), len(all)-1)]
		got := h.Quantile(q)
		if got < want.Truncate(time.Microsecond) || got > want+want/60+time.Microsecond {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if h.Count() != uint64(len(all)) || h.Max() != all[len(all)-1] {
		t.Errorf("%d, %v", h.Count(), h.Max())
	}
}

func TestBucketsFollowEachOther(t *testing.T) {
	for i := range buckets - 1 {
		edge := uint64(upperEdge(i).Microseconds())
		if bucketOf(edge) != i || bucketOf(edge+1) != i+1 {
			t.Fatalf("bucket %d ends with %d µs, which is in %d; the next is in %d", i, edge, bucketOf(edge), bucketOf(edge+1))
		}
	}
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("of nothing")
	}
	h.Add(-time.Second)
	h.Add(time.Hour)
	if h.Quantile(0) != 0 || h.Quantile(1) != upperEdge(buckets-1) || h.Max() != time.Hour {
		t.Errorf("%v to %v", h.Quantile(0), h.Quantile(1))
	}
}

func TestGaps(t *testing.T) {
	a, b, small := Origin{1, 3}, Origin{2, 3}, Origin{1, 1}
	type packet struct {
		Origin
		number   uint32
		sequence uint16
		want     Arrival
	}
	fresh, began := Arrival{Fresh: true}, Arrival{Fresh: true, New: true}
	for name, packets := range map[string][]packet{
		"in order":           {{a, 10, 65535, began}, {a, 11, 0, fresh}, {a, 12, 1, fresh}},
		"a gap":              {{a, 10, 1, began}, {a, 14, 5, Arrival{Fresh: true, Lost: 3}}},
		"late":               {{a, 10, 1, began}, {a, 12, 3, Arrival{Fresh: true, Lost: 1}}, {a, 11, 2, Arrival{Fresh: true, Lost: -1}}, {a, 11, 2, Arrival{}}},
		"twice":              {{a, 10, 1, began}, {a, 10, 1, Arrival{}}, {a, 11, 2, fresh}, {a, 10, 1, Arrival{}}},
		"another occupant":   {{a, 10, 1, began}, {b, 700, 2, began}, {b, 701, 3, fresh}, {a, 90, 4, began}, {a, 92, 6, Arrival{Fresh: true, Lost: 1}}},
		"another layer":      {{a, 10, 1, began}, {small, 5, 2, began}, {small, 6, 3, fresh}},
		"withheld":           {{a, 10, 1, began}, {a, 500, 2, Arrival{Fresh: true, Withheld: 489}}},
		"withheld and lost":  {{a, 10, 1, began}, {a, 500, 4, Arrival{Fresh: true, Lost: 2, Withheld: 487}}},
		"more numbers":       {{a, 10, 1, began}, {a, 12, 9, Arrival{Fresh: true, Lost: 1}}},
		"too late to tell":   {{a, 10, 1, began}, {a, 100, 91, Arrival{Fresh: true, Lost: 89}}, {a, 36, 27, Arrival{}}, {a, 37, 28, Arrival{Fresh: true, Lost: -1}}},
		"far ahead, a start": {{a, 1, 1, began}, {a, 66, 66, Arrival{Fresh: true, Lost: 64}}, {a, 65, 65, Arrival{Fresh: true, Lost: -1}}},
	} {
		t.Run(name, func(t *testing.T) {
			var g Gaps
			for i, p := range packets {
				if got := g.Packet(p.Origin, p.number, p.sequence); got != p.want {
					t.Errorf("packet %d: %+v, want %+v", i, got, p.want)
				}
			}
		})
	}
}

// Whatever is lost, doubled and late by a little, lost packets are those that never came.
func TestGapsCountEachMissingPacketOnce(t *testing.T) {
	for seed := range uint64(50) {
		dice := rand.New(rand.NewPCG(seed, 0))
		type packet struct {
			at     float64
			number uint32
		}
		var arriving []packet
		came := map[uint32]bool{}
		last := uint32(3000)
		for n := uint32(1); n <= last; n++ {
			if n > 1 && n < last && dice.IntN(10) == 0 {
				continue
			}
			came[n] = true
			for range 1 + dice.IntN(2) {
				arriving = append(arriving, packet{float64(n) + 20*dice.Float64(), n})
			}
		}
		arriving = append(arriving, packet{0, 1})
		slices.SortFunc(arriving, func(a, b packet) int { return int(1e6 * (a.at - b.at)) })
		var g Gaps
		lost, fresh := 0, 0
		for _, p := range arriving {
			a := g.Packet(Origin{}, p.number, uint16(p.number))
			lost += a.Lost
			if a.Fresh {
				fresh++
			}
		}
		if fresh != len(came) || lost != int(last)-len(came) {
			t.Fatalf("seed %d: %d came and %d are lost, want %d and %d", seed, fresh, lost, len(came), int(last)-len(came))
		}
	}
}

func TestFreezes(t *testing.T) {
	const interval = 33 * time.Millisecond
	var f Freezes
	now := time.Second
	if f.Until(now) != 0 {
		t.Error("nothing came yet")
	}
	frames := func(n int) (frozen time.Duration) {
		for range n {
			frozen += f.Frame(now)
			now += interval
		}
		return frozen
	}
	if frozen := frames(5); frozen != 0 {
		t.Errorf("frozen for %v at the beginning", frozen)
	}
	now += 5 * time.Second
	if f.Frame(now) != 0 {
		t.Error("four durations are too few to tell by")
	}
	now += interval
	if frozen := frames(40); frozen != 0 { // the long one is no longer part of the average
		t.Errorf("frozen for %v while frames come evenly", frozen)
	}
	now += 149 * time.Millisecond
	if frozen := f.Frame(now); frozen != 0 {
		t.Errorf("%v: less than 150 ms longer than the others", frozen)
	}
	now += interval
	frames(40)
	now += 150 * time.Millisecond
	if frozen := f.Until(now); frozen != interval+150*time.Millisecond {
		t.Errorf("still frozen for %v", frozen)
	}
	if frozen := f.Frame(now); frozen != interval+150*time.Millisecond {
		t.Errorf("frozen for %v", frozen)
	}
}

// With few frames a second three times the average is the greater.
func TestFreezesOfASlowPicture(t *testing.T) {
	var f Freezes
	now := time.Duration(0)
	for range 20 {
		f.Frame(now)
		now += 200 * time.Millisecond
	}
	if frozen := f.Frame(now + 399*time.Millisecond); frozen != 0 {
		t.Errorf("frozen for %v", frozen)
	}
}

func BenchmarkPacket(b *testing.B) {
	var g Gaps
	var h Histogram
	var n uint32
	b.ReportAllocs()
	for b.Loop() {
		n++
		g.Packet(Origin{1, 3}, n, uint16(n))
		h.Add(time.Duration(n&0xffff) * time.Microsecond)
	}
}
