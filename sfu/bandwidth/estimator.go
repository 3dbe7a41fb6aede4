// Package bandwidth estimates how much a receiver's link carries, from the receiver's transport-wide feedback, and says who gets it. It is
// pure: clocks are passed in as nanoseconds, and nothing runs by itself.
package bandwidth

import "time"

// Probe is a cluster of packets that finds out whether the link carries more than is sent: so many packets and bytes, padding or media,
// evenly at a rate.
type Probe struct {
	ID      int   // for History.Sent; never 0
	Rate    int64 // bit/s
	Packets int   // at least
	Bytes   int   // at least
}

// Reason is why the estimate is what it is.
type Reason uint8

// The reasons.
const (
	Starting   Reason = iota // nothing is known of the link yet
	Rising                   // the link bears what is sent
	Delayed                  // a queue grew
	Lossy                    // more is lost the more is sent
	Probed                   // a probe found it
	Silent                   // no feedback comes
	Untried                  // less is sent than the link would bear
	ReasonCount
)

// String gives the reason as it stands in diagnostics.
func (r Reason) String() string {
	return [...]string{"starting", "rising", "delayed", "lossy", "probed", "silent", "untried"}[r]
}

// State is what an estimator knows, for diagnostics.
type State struct {
	Estimate     int64 // bit/s
	Acknowledged int64 // bit/s that arrived lately
	Reason       Reason
	RTT          time.Duration // to the feedback, with the time that the receiver collects
	Queueing     time.Duration // delay above the least one of late
	Trend        float64       // slope of the queueing delay, weighted as it is compared with Threshold, ms
	Threshold    float64       // ms
	Loss         float64       // share of the packets of late
	InherentLoss float64       // share that is lost whatever is sent
}

const (
	startRate = 300_000 // bit/s
	floorRate = 30_000
)

// Estimator estimates the rate of one receiver's link. One goroutine uses it.
type Estimator struct {
	history  *History
	estimate int64
}

// NewEstimator makes the estimator of a link whose packets a history keeps.
func NewEstimator(now int64, h *History) *Estimator {
	return &Estimator{history: h, estimate: startRate}
}

// Acknowledged takes what History.Acknowledge read.
func (e *Estimator) Acknowledged(now int64, all []Acknowledgement) {}

// OnTick is called every 25 to 100 ms. wanted is the rate that would be sent if the link allowed it, in bit/s: no more is probed for.
func (e *Estimator) OnTick(now, wanted int64) {}

// Probe gives a cluster that is to be sent now, if one is due.
func (e *Estimator) Probe(now int64) (p Probe, due bool) { return Probe{}, false }

// Estimate is the rate that may be sent, in bit/s on the wire.
func (e *Estimator) Estimate() int64 { return e.estimate }

// RTT is the smoothed time from a packet to its feedback.
func (e *Estimator) RTT() time.Duration { return 0 }

// State tells what the estimator knows.
func (e *Estimator) State() State { return State{Estimate: e.estimate} }
