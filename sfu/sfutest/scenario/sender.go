package main

import (
	"diemcau/sfu/bandwidth"
)

type kind uint8

const (
	sound kind = iota
	content
	picture
	padding
)

// packet is what the sender sends.
type packet struct {
	kind  kind
	size  int // bytes on the wire
	tries int // how often it was repaired
}

const (
	soundInterval = 20 * millisecond
	packetSize    = 1200
	paddingSize   = 300 // a retransmission's headers, and 255 bytes of padding at most (RFC 3550, section 5.1)
	keyFrame      = 4   // times as large as another picture
	paceBurst     = 40 * millisecond
	paceQueue     = second
	maxTries      = 3
)

// sender is a server's side of one connection: sound at once, pictures through a pacer, what is lost once more, padding for probes.
type sender struct {
	*simulation
	history   *bandwidth.History
	estimator *bandwidth.Estimator
	demands   []bandwidth.Demand
	decisions []bandwidth.Decision
	sources   []source // by demand
	kinds     [1 << 16]packet

	queue  []packet
	queued int64 // bits
	credit int64 // bits
	probe  bandwidth.Probe
	began  int64
	bytes  int64
	count  int
}

// source is what sends one slot's pictures.
type source struct {
	next int64 // when the next picture comes
	key  bool  // it is a key frame
}

func newSender(s *simulation) *sender {
	h := bandwidth.NewHistory()
	n := &sender{simulation: s, history: h, estimator: bandwidth.NewEstimator(0, h), sources: make([]source, len(s.Demands))}
	n.demands = s.Demands
	return n
}

func (n *sender) step() {
	if n.now%tickInterval == 0 {
		n.tick()
	}
	if n.SoundRate > 0 && n.now%soundInterval == 0 {
		n.send(packet{kind: sound, size: int(n.SoundRate * soundInterval / second / 8)})
	}
	for i := range n.sources {
		n.picture(i)
	}
	rate := n.estimator.PacingRate()
	n.credit = min(rate*paceBurst/second, n.credit+rate*step/second)
	for len(n.queue) > 0 && n.credit > 0 {
		p := n.queue[0]
		n.queue = n.queue[1:]
		n.queued -= int64(p.size) * 8
		n.send(p)
	}
	n.pursue()
}

// pursue goes on with the probe under way, beside the media that is its part too.
func (n *sender) pursue() {
	if n.probe.ID == 0 {
		return
	}
	done := func() bool { return n.count >= n.probe.Packets && n.bytes >= int64(n.probe.Bytes) }
	for due := n.probe.Rate * (n.now - n.began + step) / second / 8; !done() && n.bytes < due; {
		n.send(packet{kind: padding, size: paddingSize})
		n.sample.Padding += paddingSize * 8
	}
	if done() {
		n.probe = bandwidth.Probe{}
	}
}

func (n *sender) tick() {
	wanted := int64(bandwidth.Wanted(n.demands)) + n.SoundRate
	n.estimator.OnTick(n.now, wanted)
	n.allocate()
	if n.probe.ID != 0 {
		return
	}
	if p, due := n.estimator.Probe(n.now); due {
		n.probe, n.began, n.bytes, n.count = p, n.now, 0, 0
	}
}

func (n *sender) allocate() {
	before := make([]bandwidth.Choice, len(n.decisions))
	for i, d := range n.decisions {
		if before[i].Layer = -1; d.Lit {
			before[i] = d.Choice
		}
	}
	n.decisions = bandwidth.Allocate(n.decisions, n.demands, int(n.estimator.Budget()-n.SoundRate), n.now)
	for i, d := range n.decisions {
		switch {
		case !d.Lit:
			n.sources[i].next = 0
		case n.sources[i].next == 0 || before[i].Layer != d.Layer:
			n.sources[i] = source{next: n.now, key: true}
		}
	}
}

// picture sends a source's next picture, once it is time.
func (n *sender) picture(i int) {
	s := &n.sources[i]
	if s.next == 0 || n.now < s.next {
		return
	}
	d := n.decisions[i]
	size := float64(d.Bitrate) / d.FrameRate / 8 * (0.7 + 0.6*n.dice.Float64())
	if s.key {
		size *= keyFrame
		s.key = false
	}
	s.next += int64(1e9 / d.FrameRate)
	k := picture
	if n.demands[i].Importance == bandwidth.Content {
		k = content
	}
	count := int(size)/packetSize + 1
	for range count {
		n.enqueue(packet{kind: k, size: int(size)/count + 1})
	}
}

func (n *sender) enqueue(p packet) {
	if n.queued > n.estimator.PacingRate()*paceQueue/second {
		return // what waits too long is of no use
	}
	n.queue = append(n.queue, p)
	n.queued += int64(p.size) * 8
}

func (n *sender) send(p packet) {
	id := n.probe.ID
	number := n.history.Sent(n.now, p.size, id)
	if id != 0 {
		n.bytes += int64(p.size)
		n.count++
	}
	n.credit -= int64(p.size) * 8
	n.kinds[number] = p
	n.deliver(number, p)
}

func (n *sender) feedback(report []byte) {
	all := n.history.Acknowledge(report, n.now)
	for _, a := range all {
		if p := n.kinds[uint16(a.Number)]; a.Lost && (p.kind == content || p.kind == picture) && p.tries < maxTries {
			p.tries++
			n.enqueue(p)
		}
	}
	n.estimator.Acknowledged(n.now, all)
}
