package bandwidth

import (
	"math"
	"time"
)

// losses tells loss that comes with the link from loss that comes with sending too much. It fits a model to what was observed lately: the
// link loses a share of the packets whatever is sent, and of what exceeds its rate all. The likeliest pair of share and rate wins, as in
// the loss-based estimator of browsers (libwebrtc, LossBasedBweV2): loss at every rate does not lower the estimate, loss that ends
// when less is sent does.
type losses struct {
	observations [observations]observation // by count modulo their number
	count        int                       // observations that ever were
	partial      observation

	rate     float64 // bit/s that the link carries by its losses; +Inf: no limit is seen
	inherent float64 // share that is lost whatever is sent
	average  float64 // share that was lost lately
}

type observation struct {
	first, last    int64 // when its packets were sent
	bytes          int
	received, lost float64 // packets
	rate           float64 // bit/s that was sent
}

const (
	observations       = 30
	observationSpan    = int64(250 * time.Millisecond)
	observationPackets = 8
	observationDecay   = 0.92 // of the weight with each younger observation

	leastInherent = 0.001
	mostInherent  = 0.45
	outage        = 0.95 // of an observation's packets lost: the link was away, which says nothing of its rate
	rateBias      = 0.01 // for the higher of two rates that explain as much, per packet and doubling
	releaseMargin = 1.5  // a limit that is so far above what is sent is none
	releaseLoss   = 0.08 // unless so much is lost
)

func newLosses() losses { return losses{rate: math.Inf(1), inherent: 0.01} }

// forget begins anew, after the link was away.
func (l *losses) forget() {
	inherent := l.inherent
	*l = newLosses()
	l.inherent = inherent
}

// add takes a packet that was acknowledged or lost. limit is the estimate of others, bit/s.
func (l *losses) add(a *Acknowledgement, limit float64) {
	if a.Late {
		l.found(a.Sent)
		return
	}
	p := &l.partial
	if p.received+p.lost > 0 && a.Sent-p.first >= observationSpan && p.received+p.lost >= observationPackets {
		p.rate = float64(p.bytes) * 8 * 1e9 / float64(a.Sent-p.first)
		if p.lost/(p.received+p.lost) < outage {
			l.observations[l.count%observations] = *p
			l.count++
			l.fit(limit)
		}
		*p = observation{}
	}
	if p.received+p.lost == 0 {
		p.first = a.Sent
	}
	p.last = max(p.last, a.Sent)
	p.bytes += a.Size
	if a.Lost {
		p.lost++
	} else {
		p.received++
	}
}

// found takes back a loss.
func (l *losses) found(sent int64) {
	take := func(o *observation) bool {
		if sent < o.first || sent > o.last || o.lost == 0 {
			return false
		}
		o.lost--
		o.received++
		return true
	}
	if take(&l.partial) {
		return
	}
	for i := range l.observations {
		if take(&l.observations[i]) {
			return
		}
	}
}

// fit finds the likeliest model among few near the last one.
func (l *losses) fit(limit float64) {
	var lost, packets, carried float64
	for o, w := range l.weighted {
		lost += w * o.lost
		packets += w * (o.lost + o.received)
		carried = max(carried, o.rate*(1-o.lost/(o.lost+o.received)))
	}
	if l.average = lost / packets; lost == 0 {
		l.rate, l.inherent = math.Inf(1), leastInherent
		return
	}
	from := min(l.rate, limit)
	best, rate, inherent := math.Inf(-1), l.rate, l.inherent
	newest := &l.observations[(l.count-1)%observations]
	goodput := newest.rate * newest.received / (newest.received + newest.lost)
	for _, candidate := range [...]float64{math.Inf(1), limit, 1.05 * from, from, 0.95 * from, 0.85 * from, goodput, goodput / (1 - l.inherent), carried} {
		share := l.share(candidate)
		fitness := l.likelihood(candidate, share) + rateBias*packets*math.Log2(min(candidate, limit))
		if fitness > best {
			best, rate, inherent = fitness, candidate, share
		}
	}
	if rate >= limit || rate > releaseMargin*newest.rate && l.average < releaseLoss {
		rate = math.Inf(1)
	}
	l.rate, l.inherent = rate, inherent
}

// weighted gives the observations with their weights, the newest first.
func (l *losses) weighted(yield func(o *observation, weight float64) bool) {
	weight := 1.0
	for n := l.count - 1; n >= max(0, l.count-observations); n-- {
		if !yield(&l.observations[n%observations], weight) {
			return
		}
		weight *= observationDecay
	}
}

// loses is the share of the packets of an observation that are lost by the model.
func (o *observation) loses(rate, inherent float64) float64 {
	if o.rate <= rate {
		return inherent
	}
	return inherent + (1-inherent)*(o.rate-rate)/o.rate
}

func (l *losses) likelihood(rate, inherent float64) (sum float64) {
	for o, w := range l.weighted {
		share := min(0.999, o.loses(rate, inherent))
		sum += w * (o.lost*math.Log(share) + o.received*math.Log(1-share))
	}
	return sum
}

// share is the likeliest inherent loss at a rate, by Newton's method.
func (l *losses) share(rate float64) float64 {
	inherent := min(mostInherent, max(leastInherent, l.inherent))
	for range 4 {
		var first, second float64
		for o, w := range l.weighted {
			// d share / d inherent
			steep := 1.0
			if o.rate > rate {
				steep = rate / o.rate
			}
			share := min(0.999, o.loses(rate, inherent))
			first += w * steep * (o.lost/share - o.received/(1-share))
			second -= w * steep * steep * (o.lost/(share*share) + o.received/((1-share)*(1-share)))
		}
		if second >= 0 {
			break
		}
		inherent = min(mostInherent, max(leastInherent, inherent-first/second))
	}
	return inherent
}

// own is the part of the late losses that is the link's own.
func (l *losses) own() float64 {
	if l.average <= l.inherent {
		return 1
	}
	return l.inherent / l.average
}
