package link

import (
	"math"
	"slices"
	"testing"
	"time"
)

const ms = int64(time.Millisecond)

// run sends packets of 1,250 bytes, one every interval, and gives when each arrived: 0 is never.
func run(l *Link, from int64, packets int, interval int64) (arrived []int64) {
	for i := range packets {
		at := int64(0)
		if a := l.Send(from+int64(i)*interval, 1250); len(a) > 0 {
			at = a[0]
		}
		arrived = append(arrived, at)
	}
	return arrived
}

func TestPerfect(t *testing.T) {
	for i, at := range run(New(Conditions{}, 1), ms, 100, ms) {
		if at != ms+int64(i)*ms {
			t.Fatalf("packet %d arrives at %d", i, at)
		}
	}
}

func TestRateAndQueue(t *testing.T) {
	// 10,000 bits each: 10 ms at 1 Mbit/s, sent every 5 ms.
	for name, c := range map[string]Conditions{
		"time":  {Rate: 1_000_000, QueueTime: 200 * time.Millisecond, Delay: 30 * time.Millisecond},
		"bytes": {Rate: 1_000_000, QueueBytes: 25_000, Delay: 30 * time.Millisecond},
	} {
		l := New(c, 1)
		worst, bits := int64(0), 0
		for i, at := range run(l, 0, 2000, 5*ms) {
			if at > 0 {
				worst = max(worst, at-int64(i)*5*ms)
				bits += 10_000
			}
		}
		if worst < 225*ms || worst > 245*ms {
			t.Errorf("%s: the longest way took %d ms", name, worst/ms)
		}
		if rate := float64(bits) / 10; rate < 0.99e6 || rate > 1.03e6 {
			t.Errorf("%s: carried %.0f bit/s", name, rate)
		}
		if n := l.Counts(); n.Sent != 2000 || n.Arrived+n.Overflowed != 2000 {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

func TestRateChanges(t *testing.T) {
	l := New(Conditions{Rate: 1_000_000}, 1)
	run(l, 0, 20, 0) // 200 ms of it
	l.Set(0, Conditions{Rate: 500_000})
	if q := l.Queue(0); q != 400*time.Millisecond {
		t.Errorf("at half the rate the queue lasts %v", q)
	}
	l.Set(0, Conditions{Rate: 4_000_000})
	if q := l.Queue(0); q != 50*time.Millisecond {
		t.Errorf("at eight times that rate the queue lasts %v", q)
	}
	// What was told 200 ms is not overtaken.
	if at := run(l, 0, 1, 0); at[0] != 200*ms {
		t.Errorf("the next arrives at %d ms", at[0]/ms)
	}
	l.Set(0, Conditions{})
	if q := l.Queue(0); q != 0 {
		t.Errorf("without a limit the queue lasts %v", q)
	}
}

func TestPlan(t *testing.T) {
	l := New(Conditions{Rate: 1_000_000, QueueBytes: 50_000}, 1)
	l.Plan(100*ms, Conditions{Rate: 100_000, QueueBytes: 50_000})
	l.Plan(300*ms, Conditions{})
	at := run(l, 0, 15, 0) // 10 each 10 ms, 2 each 100 ms, the rest at once
	want := []int64{10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 300, 300, 300}
	for i := range want {
		if at[i] != want[i]*ms {
			t.Errorf("packet %d arrives at %d ms, not %d", i, at[i]/ms, want[i])
		}
	}
	if l.waiting(0) != 15_000 || l.waiting(50*ms) != 8_750 || l.waiting(150*ms) != 1_875 {
		t.Errorf("%v, %v, %v bytes wait", l.waiting(0), l.waiting(50*ms), l.waiting(150*ms))
	}
	if l.Queue(200*ms) != 100*time.Millisecond || l.Conditions().Rate != 100_000 {
		t.Errorf("at 200 ms a queue of %v, %+v", l.Queue(200*ms), l.Conditions())
	}
}

func TestLoss(t *testing.T) {
	lost := func(c Conditions, seed uint64) (share, runs float64, at []int64) {
		at = run(New(c, seed), ms, 50_000, ms)
		n, starts := 0, 0
		for i, a := range at {
			if a == 0 {
				n++
				if i == 0 || at[i-1] != 0 {
					starts++
				}
			}
		}
		return float64(n) / float64(len(at)), float64(n) / float64(max(1, starts)), at
	}
	share, length, at := lost(Conditions{Loss: 0.05}, 1)
	if math.Abs(share-0.05) > 0.005 || length > 1.2 {
		t.Errorf("random: %.3f in runs of %.1f", share, length)
	}
	share, length, _ = lost(Conditions{Burst: Bursts(0.1, 8)}, 1)
	if math.Abs(share-0.1) > 0.02 || length < 6 || length > 10 {
		t.Errorf("bursts: %.3f in runs of %.1f", share, length)
	}
	if share, _, _ = lost(Conditions{Cut: true}, 1); share != 1 {
		t.Errorf("cut: %.3f", share)
	}
	_, _, again := lost(Conditions{Loss: 0.05}, 1)
	_, _, other := lost(Conditions{Loss: 0.05}, 2)
	if !slices.Equal(at, again) || slices.Equal(at, other) {
		t.Error("a seed does not decide who is lost")
	}
	// Other conditions change no packet's luck.
	_, _, slower := lost(Conditions{Loss: 0.05, Delay: 100 * time.Millisecond, Jitter: 20 * time.Millisecond, Duplicate: 0.5}, 1)
	for i := range at {
		if (at[i] == 0) != (slower[i] == 0) {
			t.Fatalf("packet %d has other luck", i)
		}
	}
}

func TestOrder(t *testing.T) {
	jitter := Conditions{Delay: 10 * time.Millisecond, Jitter: 50 * time.Millisecond}
	if at := run(New(jitter, 1), 0, 1000, ms); !slices.IsSorted(at) || at[999]-999*ms < 10*ms {
		t.Error("jitter alone reorders")
	}
	jitter.Reorder = true
	if at := run(New(jitter, 1), 0, 1000, ms); slices.IsSorted(at) {
		t.Error("nothing is reordered")
	}
	at := run(New(Conditions{Late: 0.1, LateBy: 20 * time.Millisecond}, 1), 0, 1000, ms)
	late := 0
	for i := range at {
		switch at[i] - int64(i)*ms {
		case 0:
		case 20 * ms:
			late++
		default:
			t.Fatalf("packet %d takes %d ns", i, at[i]-int64(i)*ms)
		}
	}
	if late < 70 || late > 130 {
		t.Errorf("%d of 1000 are late", late)
	}
}

func TestDuplicates(t *testing.T) {
	l := New(Conditions{Duplicate: 0.1}, 1)
	twice := 0
	for i := range int64(1000) {
		if len(l.Send(i, 100)) == 2 {
			twice++
		}
	}
	if twice < 70 || twice > 130 || l.Counts().Duplicated != twice {
		t.Errorf("%d of 1000 arrive twice", twice)
	}
}
