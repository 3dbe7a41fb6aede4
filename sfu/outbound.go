package sfu

import (
	"diemcau/sfu/bandwidth"
	"diemcau/sfu/forward"
)

// outbound is what a worker sends to one peer, and what it knows of the way there. The worker owns it.
type outbound struct {
	peer       *Peer
	slots      []*slot
	lastReport int64
	loss       forward.Loss // on the way to the peer
	arrivals   arrivals

	path   *path // nil while the client gives no feedback on it
	pacer  pacer
	looked int64 // when the path was last looked at
}

// path is the way to a peer whose client tells by transport-wide numbers what arrives when.
type path struct {
	history   *bandwidth.History
	estimator *bandwidth.Estimator
	probe     probe
}

// probe is a cluster of packets that is being sent to learn whether the path bears more.
type probe struct {
	bandwidth.Probe
	began int64
	sent  int64 // bytes
	count int   // packets
}

func (p *probe) done() bool { return p.count >= p.Packets && p.sent >= int64(p.Bytes) }

const (
	// overhead is what IPv4, UDP and the SRTP tag of AES-GCM add to a packet, in bytes.
	overhead = 20 + 8 + 16
	// restingTick is the time between two looks at a path that takes all that is wanted, in nanoseconds.
	restingTick = 90e6
	// maxProbeStep bounds what a probe sends at once, in bytes.
	maxProbeStep = 16 << 10
	// probeDeadline is the time after which a cluster is given up, in nanoseconds: it is meant to last 20 ms, and what comes so late tells nothing.
	probeDeadline = 500e6
)

// begins makes what is needed to know the path, once there is a slot whose packets are reported on.
func (o *outbound) begins(now int64) {
	if o.path != nil {
		return
	}
	for _, s := range o.slots {
		if s.out.TransportSequence != 0 {
			history := bandwidth.NewHistory()
			o.path = &path{history: history, estimator: bandwidth.NewEstimator(now, history)}
			o.learn(now)
			return
		}
	}
}

// number gives a packet of some bytes its transport-wide number.
func (o *outbound) number(now int64, size int) uint16 {
	id := 0
	if p := &o.path.probe; p.ID != 0 {
		id = p.ID
		p.sent += int64(size)
		p.count++
	}
	return o.path.history.Sent(now, size, id)
}

// feedback takes the client's report on the path.
func (o *outbound) feedback(report []byte, now int64) {
	if o.path == nil {
		return
	}
	all := o.path.history.Acknowledge(report, now)
	for fault, n := range o.path.history.TakeFaults() {
		if n > 0 {
			o.peer.worker.faults[fault].Add(n)
		}
	}
	if packets, share := o.arrivals.take(all, now); packets > 0 {
		o.lost(packets, share)
	}
	o.path.estimator.Acknowledged(now, all)
	o.learn(now)
}

// lost takes note of the share of some packets that was lost.
func (o *outbound) lost(packets int, share float64) {
	o.loss.Report(packets, share)
	o.peer.repeats.Store(int32(o.loss.Redundancy()))
}

// learn goes by the newest estimate.
func (o *outbound) learn(now int64) {
	e := o.path.estimator
	o.peer.estimate.Store(e.Estimate())
	o.peer.budget.Store(e.Budget())
	o.pacer.setRate(e.PacingRate(), now)
}

// onTick lets the estimate age, and begins a probe that is due.
func (o *outbound) onTick(now int64) {
	if o.path == nil || !o.peer.reachable.Load() {
		return
	}
	wanted := o.peer.wanted.Load()
	if o.path.estimator.Estimate() >= wanted && now-o.looked < restingTick {
		return
	}
	o.looked = now
	o.path.estimator.OnTick(now, wanted)
	o.learn(now)
	if o.path.probe.ID == 0 && o.canProbe() {
		if p, due := o.path.estimator.Probe(now); due {
			o.path.probe = probe{Probe: p, began: now}
		}
	}
}

// canProbe tells whether there is a stream that may carry what nobody needs.
func (o *outbound) canProbe() bool { return o.prober() != nil }

// prober is the slot that probes go through: one with retransmissions (RFC 4588), on whose packets the receiver reports.
func (o *outbound) prober() (found *slot) {
	for _, s := range o.slots {
		if s.out.RTX != 0 && s.out.TransportSequence != 0 && (found == nil || found.newest == nil && s.newest != nil) {
			found = s
		}
	}
	return found
}

// free tells whether pictures may go at once: nothing that came before waits, and the link takes more.
func (o *outbound) free(now int64) bool { return len(o.pacer.waiting) == 0 && o.pacer.clear(now) }

// busy tells whether packets wait to be sent or to be made.
func (o *outbound) busy() bool {
	return len(o.pacer.waiting) > 0 || o.path != nil && o.path.probe.ID != 0
}

// pace sends what may go now.
func (o *outbound) pace(now int64) {
	for len(o.pacer.waiting) > 0 && o.pacer.clear(now) {
		p := o.pacer.next()
		p.slot.take(p.feed, p.packet, p.padding, now)
	}
	if o.path != nil && o.path.probe.ID != 0 {
		o.pursue(now)
	}
}

// pursue goes on with the probe under way, beside the media that is its part too.
func (o *outbound) pursue(now int64) {
	p := &o.path.probe
	by := o.prober()
	due := min(p.Rate*(now-p.began+workerPace.Nanoseconds())/8e9-p.sent, maxProbeStep)
	for due > 0 && by != nil && !p.done() {
		n := by.pad()
		if n == 0 {
			by = nil
			break
		}
		due -= int64(n)
	}
	if by == nil || p.done() || now-p.began > probeDeadline {
		o.path.probe = probe{}
	}
}
