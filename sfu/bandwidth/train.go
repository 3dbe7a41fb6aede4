package bandwidth

import "time"

// train measures what the link carried while it was busy: a packet that was sent before the one ahead of it had arrived waited behind it, and
// the time between their arrivals is what the link took for it. Beside other flows that is the share that the link gives to this one.
type train struct {
	wagons  [trainLength]wagon // by count modulo their number
	count   int
	arrived int64  // the newest arrival
	number  uint64 // of the newest packet that was told of
	started bool
	lost    int // bytes since the newest arrival
}

type wagon struct {
	at, took int64 // when it arrived; since the one ahead of it
	bytes    int
	lost     int // bytes between the two that did not arrive
}

const (
	trainLength = 64
	trainLeast  = 5 // packets that make a measurement
	trainTime   = int64(25 * time.Millisecond)
)

// miss takes a lost packet.
func (t *train) miss(a *Acknowledgement) {
	t.follow(a)
	t.lost += a.Size
}

// follow breaks the train where nothing is known of packets between.
func (t *train) follow(a *Acknowledgement) {
	if a.Number > t.number+1 {
		t.started, t.lost = false, 0
	}
	t.number = a.Number
}

// add takes an arrived packet. least is the least delay of late, the difference of the clocks included.
func (t *train) add(a *Acknowledgement, least int64) {
	t.follow(a)
	if !t.started || a.Arrived < t.arrived-maxGap {
		t.arrived, t.started = a.Arrived, true
		return
	}
	waited, newest := a.Sent+least < t.arrived, max(t.arrived, a.Arrived)
	if waited {
		// One that was overtaken counts where it was overtaken.
		t.wagons[t.count%trainLength] = wagon{newest, newest - t.arrived, a.Size, t.lost}
		t.count++
	}
	t.arrived = newest
	t.lost = 0
}

// last is the rate of the last packets that waited, for as long as least at least, in bit/s; ok is false when they are not of the last
// moment. own is the share of the losses that the link makes itself, behind the queue: those took their time.
func (t *train) last(least int64, own float64) (rate float64, ok bool) {
	first, took := t.count, int64(0)
	for ; first > max(0, t.count-trainLength) && (took < least || t.count-first < trainLeast); first-- {
		took += t.wagons[(first-1)%trainLength].took
	}
	if took < least || t.count-first < trainLeast || t.arrived-t.wagons[first%trainLength].at > took+trainTime {
		return 0, false
	}
	rate, _ = t.measure(first, own)
	return rate, true
}

// rate is that of the busy link in the window before the newest arrival, in bit/s; ok is false when there is too little to tell.
func (t *train) rate(window int64, own float64) (rate float64, ok bool) {
	first := t.count
	for ; first > max(0, t.count-trainLength); first-- {
		if at := t.wagons[(first-1)%trainLength].at; at <= t.arrived-window || at > t.arrived {
			break
		}
	}
	rate, took := t.measure(first, own)
	return rate, t.count-first >= trainLeast && took >= trainTime
}

func (t *train) measure(first int, own float64) (rate float64, took int64) {
	var bytes float64
	for n := first; n < t.count; n++ {
		w := &t.wagons[n%trainLength]
		bytes += float64(w.bytes) + own*float64(w.lost)
		took += w.took
	}
	return bytes * 8e9 / float64(max(1, took)), took
}
