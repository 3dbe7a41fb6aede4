package sfu

import (
	"fmt"
	"time"

	"github.com/pion/rtcp"
)

// Diagnostics are figures of one peer's connection, for who looks for the cause of a bad picture.
type Diagnostics struct {
	// Estimate is what the link carries towards the peer, in bits per second; 0 is not known yet.
	Estimate int64
	// RoundTrip is the newest that the peer's reports tell; 0 is not known yet.
	RoundTrip time.Duration
	// Loss is the share of packets that the peer missed, by its newest reports, from 0 to 1: that of the slot that misses most.
	Loss  float64
	Slots []SlotDiagnostics
}

// SlotDiagnostics are the figures of one slot. Packets and Bytes count what was sent in it since it was made, retransmissions not
// included; they begin anew after 2³².
type SlotDiagnostics struct {
	SlotState
	// Layer is what is sent of the source: the RID of a simulcast layer (RFC 8852), or the highest layers of a stream of several, such as S1T2;
	// empty where there is but one, or nothing is sent.
	Layer          string
	Height         int // of the layer that is sent, in pixels; 0 while nothing is, or not known
	Packets, Bytes uint32
	Loss           float64 // from 0 to 1
}

// arrival is what a receiver reports of a slot. The worker owns it.
type arrival struct {
	at        int64         // of the newest report, by the engine's clock; 0 is none
	loss      float64       // share of packets since the report before
	roundTrip time.Duration // 0 is unknown
}

const (
	// arrivalKept is how old a report may be that says how the link is, in nanoseconds: receivers report at least once in five seconds.
	arrivalKept = 10e9
	// maxRoundTrip is the longest that is believed: what is longer is a clock that lies.
	maxRoundTrip = 30 * time.Second
)

// take notes a report (RFC 3550, section 6.4.1). now is by the clock that the sender reports were made with, as are their NTP times.
func (a *arrival) take(r rtcp.ReceptionReport, ntp uint64, now int64) {
	a.at, a.loss = now, float64(r.FractionLost)/256
	if r.LastSenderReport == 0 {
		return // none has come yet
	}
	// In units of 1/65,536 s; what is negative is none.
	trip := time.Duration(int32(uint32(ntp>>16)-r.LastSenderReport-r.Delay)) * time.Second / 65536
	if trip > 0 && trip < maxRoundTrip {
		a.roundTrip = trip
	}
}

// Estimate is what the link carries towards the peer, in bits per second; 0 is not known yet.
func (p *Peer) Estimate() int64 { return p.estimate.Load() }

// Diagnostics gives the figures as they are now; those of a peer that has left are empty.
func (p *Peer) Diagnostics() Diagnostics {
	d := Diagnostics{Estimate: p.Estimate()}
	for _, s := range p.Slots() {
		d.Slots = append(d.Slots, SlotDiagnostics{SlotState: s})
	}
	p.worker.call(func() { p.worker.diagnose(p, &d) })
	return d
}

// diagnose adds what the worker knows. Slots that it has not taken yet keep their zeros.
func (w *worker) diagnose(p *Peer, d *Diagnostics) {
	out := w.peers[p]
	if out == nil {
		return
	}
	now := w.engine.clock.now()
	var newest int64
	for _, s := range out.slots {
		recent := s.arrival.at != 0 && now-s.arrival.at < arrivalKept
		if recent {
			d.Loss = max(d.Loss, s.arrival.loss)
			if s.arrival.roundTrip > 0 && s.arrival.at > newest {
				newest, d.RoundTrip = s.arrival.at, s.arrival.roundTrip
			}
		}
		for i := range d.Slots {
			if d.Slots[i].Kind != s.kind || d.Slots[i].Slot != s.index {
				continue
			}
			f := &d.Slots[i]
			f.Packets, f.Bytes = s.sentPackets, s.sentBytes
			if recent {
				f.Loss = s.arrival.loss
			}
			f.Layer, f.Height = s.sending()
		}
	}
}

// sending is the layer that the slot sends, and its height in pixels.
func (s *slot) sending() (layer string, height int) {
	if s.current == nil {
		return "", 0
	}
	l := s.current.layer
	if structure, _ := l.targets(); structure != nil {
		if target, ok := s.rewriter.Target(structure); ok {
			t := structure.Targets[target]
			return fmt.Sprintf("S%dT%d", t.Spatial, t.Temporal), structure.Height[t.Spatial]
		}
	}
	return l.stream.RID, int(l.height.Load())
}

// call runs f on the worker's goroutine and waits for it. It does nothing once the worker has stopped.
func (w *worker) call(f func()) {
	finished := make(chan struct{})
	if !w.mailbox.post(func() { f(); close(finished) }) {
		return
	}
	<-finished // what was posted before the mailbox closed is still run
}
