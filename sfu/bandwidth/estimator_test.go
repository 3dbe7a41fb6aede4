package bandwidth

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/pion/interceptor/pkg/twcc"

	"diemcau/sfu/sfutest/link"
)

// wire is a sender at a constant rate over a link, with a receiver that reports every 100 ms.
type wire struct {
	history   *History
	estimator *Estimator
	down      *link.Link
	recorder  *twcc.Recorder
	now       int64
	sent      int64            // bits since the start
	arrivals  []arrival        // in order
	deaf      bool             // no feedback comes
	lie       func(all []byte) // changes feedback on its way
	probes    int
}

type arrival struct {
	number uint16
	at     int64
}

func newWire(c link.Conditions) *wire {
	h := NewHistory()
	return &wire{history: h, estimator: NewEstimator(0, h), down: link.New(c, 1), recorder: twcc.NewRecorder(1)}
}

func (w *wire) send(size, probe int) {
	number := w.history.Sent(w.now, size, probe)
	w.sent += int64(size) * 8
	for _, at := range w.down.Send(w.now, size) {
		w.arrivals = append(w.arrivals, arrival{number, at})
	}
}

// run sends at a rate in bit/s for so many milliseconds; 0 is at the estimate. wanted is as for OnTick.
func (w *wire) run(t testing.TB, rate, wanted int64, milliseconds int) {
	t.Helper()
	due := 0.0
	for range milliseconds {
		w.now += ms
		paced := rate
		if paced == 0 {
			paced = w.estimator.Estimate()
		}
		for due += float64(paced) / 1000; due > 0; due -= 500 * 8 {
			w.send(500, 0)
		}
		if w.now%(50*ms) == 0 {
			w.estimator.OnTick(w.now, wanted)
			if p, ok := w.estimator.Probe(w.now); ok {
				w.probes++
				for range max(p.Packets, p.Bytes/250+1) {
					w.send(250, p.ID)
				}
			}
		}
		for len(w.arrivals) > 0 && w.arrivals[0].at <= w.now {
			w.recorder.Record(2, w.arrivals[0].number, w.arrivals[0].at/1000)
			w.arrivals = w.arrivals[1:]
		}
		if w.now%(100*ms) == 0 {
			w.report(t)
		}
	}
}

func (w *wire) report(t testing.TB) {
	t.Helper()
	for _, p := range w.recorder.BuildFeedbackPacket() {
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if w.lie != nil {
			w.lie(raw)
		}
		if !w.deaf {
			w.estimator.Acknowledged(w.now, w.history.Acknowledge(raw, w.now))
		}
	}
}

// What was not tried does not raise the estimate, however long it goes well.
func TestEstimatorUntried(t *testing.T) {
	w := newWire(link.Conditions{Rate: 10_000_000, Delay: 20e6})
	w.run(t, 100_000, 0, 60_000)
	if got := w.estimator.Estimate(); got != startRate || w.probes > 0 {
		t.Errorf("%d bit/s, %d probes", got, w.probes)
	}
	w.run(t, 0, 0, 10_000)
	if got := w.estimator.Estimate(); got <= startRate {
		t.Errorf("%d bit/s when it was tried", got)
	}
}

// Probes find what is wanted, and no more.
func TestEstimatorProbes(t *testing.T) {
	w := newWire(link.Conditions{Rate: 10_000_000, Delay: 20e6})
	w.run(t, 100_000, 3_000_000, 3000)
	if got := w.estimator.Estimate(); got < 2_800_000 || got > 3_400_000 {
		t.Errorf("%d bit/s of 3,000,000 that are wanted", got)
	}
	before := w.probes
	w.run(t, 100_000, 3_000_000, 30_000)
	if w.probes > before+1 {
		t.Errorf("%d probes for what is known", w.probes-before)
	}
}

// A link on which a machine dawdles as the first probe comes is known a second later all the same.
func TestEstimatorDoubtsTheFirstProbe(t *testing.T) {
	w := newWire(link.Conditions{Rate: 1_200_000, Delay: 20e6})
	w.run(t, 100_000, 6_000_000, 150)
	if got := w.estimator.Estimate(); w.probes == 0 || got > 1_300_000 {
		t.Fatalf("%d bit/s after %d probes", got, w.probes)
	}
	w.down.Set(w.now, link.Conditions{Rate: 20_000_000, Delay: 20e6})
	w.run(t, 100_000, 6_000_000, 1500)
	if got := w.estimator.Estimate(); got < 5_500_000 {
		t.Errorf("%d bit/s after %d probes", got, w.probes)
	}
}

// A link that is thin from the start is not probed more often for it.
func TestEstimatorBelievesAThinLink(t *testing.T) {
	w := newWire(link.Conditions{Rate: 300_000, Delay: 20e6, QueueTime: 300e6})
	w.run(t, 100_000, 6_000_000, 4500)
	if got := w.estimator.Estimate(); got > startRate || w.probes != 1 {
		t.Errorf("%d bit/s after %d probes", got, w.probes)
	}
}

// Silence lowers the estimate down to the least; feedback brings it back.
func TestEstimatorSilence(t *testing.T) {
	for name, heard := range map[string]int{"from the start": 0, "after a while": 10_000} {
		w := newWire(link.Conditions{Rate: 2_000_000, Delay: 20e6, QueueTime: 300e6})
		w.run(t, 0, 2_000_000, heard)
		w.deaf = true
		w.run(t, 0, 2_000_000, 15_000)
		if s := w.estimator.State(); s.Estimate != leastRate || s.Reason != Silent {
			t.Errorf("%s: %+v", name, s)
		}
		w.deaf = false
		w.run(t, 0, 2_000_000, 3000)
		if got := w.estimator.Estimate(); heard > 0 && got < 1_500_000 || got < 3*leastRate {
			t.Errorf("%s: %d bit/s after it", name, got)
		}
	}
	// Nothing is sent: nothing is missed.
	w := newWire(link.Conditions{Delay: 20e6})
	w.run(t, 500_000, 0, 2000)
	before := w.estimator.Estimate()
	w.now += 60_000 * ms
	w.estimator.OnTick(w.now, 0)
	if got := w.estimator.Estimate(); got != before {
		t.Errorf("%d bit/s after a pause, %d before", got, before)
	}
}

// Where a queue is too short to show, losses tell the rate.
func TestEstimatorShortQueue(t *testing.T) {
	w := newWire(link.Conditions{Rate: 1_000_000, Delay: 20e6, QueueBytes: 1250})
	w.run(t, 0, 4_000_000, 60_000)
	s, before := w.estimator.State(), w.down.Counts()
	w.run(t, 0, 4_000_000, 10_000)
	after := w.down.Counts()
	if lost := float64(after.Overflowed-before.Overflowed) / float64(after.Sent-before.Sent); s.Estimate < 850_000 || s.Estimate > 1_100_000 || lost > 0.05 {
		t.Errorf("%+v, lost %.3f", s, lost)
	}
}

// A queue that grows very slowly does not grow long.
func TestEstimatorSlowQueue(t *testing.T) {
	w := newWire(link.Conditions{Rate: 600_000, Delay: 50e6, QueueTime: 500e6})
	w.run(t, 0, 4_000_000, 10_000)
	for range 300 {
		w.run(t, min(612_000, w.estimator.Estimate()), 4_000_000, 100)
		if q := w.down.Queue(w.now); q > 200e6 {
			t.Fatalf("a queue of %v: %+v", q, w.estimator.State())
		}
	}
}

// The way becomes longer: an address changed, not a queue.
func TestEstimatorLongerWay(t *testing.T) {
	w := newWire(link.Conditions{Rate: 2_000_000, Delay: 20e6, QueueTime: 300e6})
	w.run(t, 0, 2_000_000, 20_000)
	w.down.Set(w.now, link.Conditions{Rate: 2_000_000, Delay: 200e6, QueueTime: 300e6})
	w.run(t, 0, 2_000_000, 60_000)
	if s := w.estimator.State(); s.Estimate < 1_400_000 {
		t.Errorf("%+v", s)
	}
}

// Lies do not raise the estimate above what was sent in probes.
func TestEstimatorHostile(t *testing.T) {
	const rate = 250_000
	dice := rand.New(rand.NewPCG(1, 1))
	for name, lie := range map[string]func(f []byte){
		"unsent packets": func(f []byte) { f[12] += 0x40 },
		"all of it":      func(f []byte) { copy(f[14:], []byte{0xff, 0xff}); copy(f[20:], []byte{0x3f, 0xff}) },
		"times back":     func(f []byte) { f[16] ^= 0x80 },
		"times anywhere": func(f []byte) { f[17], f[18] = byte(dice.Uint32()), byte(dice.Uint32()) },
		"times that run": func(f []byte) { f[17] = byte(int(f[17]) << 1) },
		"noise": func(f []byte) {
			for range 8 {
				f[12+dice.IntN(len(f)-12)] = byte(dice.Uint32())
			}
		},
	} {
		w := newWire(link.Conditions{Rate: 400_000, Delay: 20e6, QueueTime: 300e6})
		w.lie = lie
		for range 20 {
			w.run(t, rate, 100_000_000, 1000)
			if s := w.estimator.State(); s.Estimate > 4*firstRate || s.Estimate < leastRate {
				t.Errorf("%s: %+v", name, s)
				break
			}
		}
	}
}

// Whatever is acknowledged, in whatever order and at whatever times, the estimate stays a number within its bounds.
func TestEstimatorAnything(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	number := func() int64 { return dice.Int64() >> dice.IntN(64) * int64(1-2*dice.IntN(2)) }
	for range 200 {
		h := NewHistory()
		e := NewEstimator(number()/4, h)
		for range 300 {
			switch dice.IntN(4) {
			case 0:
				h.Sent(number()/4, dice.IntN(70_000), dice.IntN(4))
			case 1:
				e.OnTick(number()/4, number())
			case 2:
				if p, due := e.Probe(number() / 4); due && (p.ID == 0 || p.Rate <= 0 || p.Bytes < 0) {
					t.Fatalf("%+v", p)
				}
			case 3:
				all := make([]Acknowledgement, dice.IntN(50))
				for i := range all {
					all[i] = Acknowledgement{
						Number: dice.Uint64(), Size: dice.IntN(65_536), Sent: number() / 4, Arrived: number() / 4, Lost: dice.IntN(3) == 0,
						Late: dice.IntN(9) == 0, Probe: dice.IntN(4),
					}
				}
				e.Acknowledged(number()/4, all)
			}
			s := e.State()
			for _, f := range []float64{s.Trend, s.Threshold, s.Loss, s.InherentLoss} {
				if math.IsNaN(f) || math.IsInf(f, 0) {
					t.Fatalf("%+v", s)
				}
			}
			if s.Estimate < leastRate || s.Estimate > mostRate || e.PacingRate() < s.Estimate || s.Loss < 0 || s.Loss > 1 || s.InherentLoss > mostInherent {
				t.Fatalf("%+v, pacing %d", s, e.PacingRate())
			}
		}
	}
}

func TestEstimatorAllocatesNothing(t *testing.T) {
	w := newWire(link.Conditions{Rate: 2_000_000, Delay: 20e6, QueueTime: 300e6, Loss: 0.05})
	w.run(t, 0, 5_000_000, 5000)
	all := acknowledged(w)
	if n := testing.AllocsPerRun(100, func() {
		w.now += 50 * ms
		w.estimator.Acknowledged(w.now, all)
		w.estimator.OnTick(w.now, 5_000_000)
		w.estimator.Probe(w.now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// acknowledged makes a hundred packets as of 50 ms at 20 Mbit/s.
func acknowledged(w *wire) []Acknowledgement {
	all := make([]Acknowledgement, 100)
	for i := range all {
		at := w.now + int64(i)*ms/2
		all[i] = Acknowledgement{Number: uint64(i), Size: 1200, Sent: at, Arrived: at + 20*ms, Lost: i%20 == 0}
	}
	return all
}

func BenchmarkEstimator(b *testing.B) {
	w := newWire(link.Conditions{})
	all := acknowledged(w)
	b.ReportAllocs()
	for b.Loop() {
		for i := range all {
			all[i].Sent += 50 * ms
			all[i].Arrived += 50 * ms
		}
		w.now += 50 * ms
		w.estimator.Acknowledged(w.now, all)
		w.estimator.OnTick(w.now, 0)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(all)), "ns/packet")
}

func BenchmarkHistory(b *testing.B) {
	h := NewHistory()
	b.ReportAllocs()
	for now := int64(0); b.Loop(); now += ms {
		h.Sent(now, 1200, 0)
	}
}
