package bandwidth

import "time"

// train measures what the link carried while it was busy: a packet that was sent before the one ahead of it had arrived waited behind it, and
// the time between their arrivals is what the link took for it. Beside other flows that is the share that the link gives to this one.
type train struct {
	wagons  [trainLength]wagon // by count modulo their number
	count   int
	arrived int64 // the newest arrival
	started bool
}

type wagon struct {
	at, took int64 // when it arrived; since the one ahead of it
	bytes    int
}

const (
	trainLength = 64
	trainLeast  = 5 // packets that make a measurement
	trainTime   = int64(25 * time.Millisecond)
)

// add takes an arrived packet. least is the least delay of late, the difference of the clocks included.
func (t *train) add(a *Acknowledgement, least int64) {
	took := a.Arrived - t.arrived
	if t.started && a.Sent+least < t.arrived && took >= 0 {
		t.wagons[t.count%trainLength] = wagon{a.Arrived, took, a.Size}
		t.count++
	}
	if !t.started || took > 0 || took < -maxGap {
		t.arrived, t.started = a.Arrived, true
	}
}

// rate is that of the busy link in the window before the newest arrival, in bit/s; ok is false when there is too little to tell.
func (t *train) rate(window int64) (rate float64, ok bool) {
	var bytes, packets int
	var took int64
	for n := t.count - 1; n >= max(0, t.count-trainLength); n-- {
		w := &t.wagons[n%trainLength]
		if w.at <= t.arrived-window || w.at > t.arrived {
			break
		}
		bytes += w.bytes
		took += w.took
		packets++
	}
	if packets < trainLeast || took < trainTime {
		return 0, false
	}
	return float64(bytes) * 8e9 / float64(took), true
}
