package bandwidth

import "time"

// Reason is why the estimate is what it is.
type Reason uint8

// The reasons.
const (
	Starting Reason = iota // little is known of the link yet
	Rising                 // the link bears what is sent
	Delayed                // a queue grew
	Lossy                  // more is lost the more is sent
	Probed                 // a probe found it
	Silent                 // no feedback comes
	ReasonCount
)

// String gives the reason as it stands in diagnostics.
func (r Reason) String() string {
	return [...]string{"starting", "rising", "delayed", "lossy", "probed", "silent"}[r]
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

// State tells what the estimator knows.
func (e *Estimator) State() State {
	return State{
		Estimate: e.Estimate(), Acknowledged: e.arrived.rate(e.now, meterSpan), Reason: e.reason, RTT: e.RTT(),
		Queueing: time.Duration(e.queueing), Trend: e.trend.weighted, Threshold: e.trend.threshold,
		Loss: e.losses.average, InherentLoss: e.losses.inherent,
	}
}
