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

// prober keeps the cluster on its way and measures it. Its rate counts all packets that were sent between its first and its last, since
// they share the link.
type prober struct {
	cluster  Probe
	waiting  bool
	deadline int64

	found     int  // packets of the cluster that were told of
	bytes     int  // in them
	lost      bool // any of them
	started   bool
	first     Acknowledgement // its first that arrived
	last      Acknowledgement // its last that arrived
	until     int64           // the newest arrival up to it
	arrived   int             // bytes up to the last
	since     int             // bytes of others since the last
	sinceLast int64           // the newest arrival among them
}

const (
	probePatience = int64(time.Second) // beyond the round trip
	probePackets  = 6
	probeDuration = int64(20 * time.Millisecond)
	probeShare    = 0.8  // of a cluster that must be told of
	probeFull     = 0.9  // of its sending rate arrived: less, and the cluster filled the link
	probeUtilised = 0.95 // of the rate of a filled link that is used
	probeBunched  = 2.0  // times its sending rate arrived: more, and it was held up on the way
	probeIDs      = 0xffff
)

// start makes a cluster.
func (p *prober) start(now, rate, roundTrip int64) Probe {
	*p = prober{
		waiting: true, deadline: now + roundTrip + probePatience,
		cluster: Probe{ID: p.cluster.ID%probeIDs + 1, Rate: rate, Packets: probePackets, Bytes: int(rate * probeDuration / 8 / int64(time.Second))},
	}
	return p.cluster
}

// add takes a packet that was told of.
func (p *prober) add(a *Acknowledgement) {
	if !p.waiting || a.Late {
		return
	}
	member := a.Probe == p.cluster.ID
	if member {
		p.found++
		p.bytes += a.Size
		p.lost = p.lost || a.Lost
	}
	switch {
	case a.Lost || !member && !p.started:
	case !member:
		p.since += a.Size
		p.sinceLast = max(p.sinceLast, a.Arrived)
	case !p.started:
		p.started, p.first, p.last, p.until, p.arrived = true, *a, *a, a.Arrived, a.Size
	default:
		p.arrived += p.since + a.Size
		p.until = max(p.until, p.sinceLast, a.Arrived)
		p.last, p.since = *a, 0
	}
}

// result is what the cluster found, in bit/s, once it is known. enough tells that the link took the whole cluster, so that it may carry yet
// more. loss is the share that is lost whatever is sent. A rate of 0 is none.
func (p *prober) result(now int64, loss float64) (rate float64, enough, done bool) {
	if !p.waiting {
		return 0, false, false
	}
	complete := p.found >= p.cluster.Packets && p.bytes >= p.cluster.Bytes
	if !complete && now < p.deadline {
		return 0, false, false
	}
	p.waiting = false
	sendSpan, arriveSpan := p.last.Sent-p.first.Sent, p.until-p.first.Arrived
	if p.last.Number == p.first.Number || float64(p.found) < probeShare*float64(p.cluster.Packets) || float64(p.bytes) < probeShare*float64(p.cluster.Bytes) {
		return 0, false, true
	}
	// What is lost took its share of the link. The packets are of unequal size: over an interval that begins and ends with a packet goes
	// one of the two, and a link that is full is measured by those that arrived at its end.
	bits := 8e9 / (1 - loss)
	sent := float64(p.arrived-(p.first.Size+p.last.Size)/2) * bits / float64(max(1, sendSpan))
	arrived := float64(p.arrived-p.first.Size) * bits / float64(max(1, arriveSpan))
	rate = min(sent, float64(p.cluster.Rate))
	switch {
	case float64(arriveSpan)*probeBunched < float64(sendSpan):
		return 0, false, true
	case float64(arriveSpan)*probeFull > float64(sendSpan) && arrived < rate:
		return min(probeUtilised*arrived, rate), false, true
	}
	return rate, true, true
}
