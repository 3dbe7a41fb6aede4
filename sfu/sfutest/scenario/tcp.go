package main

import "math"

// tcp is a flow that always has something to send, under CUBIC (RFC 9438).
type tcp struct {
	*simulation
	window    float64 // segments
	threshold float64
	flying    int
	rtt       int64
	full      float64 // window at the last loss
	reduced   int64   // when the window was last reduced
}

const (
	segment     = 1500 // bytes on the wire
	cubicScale  = 0.4
	cubicShrink = 0.7
)

func newTCP(s *simulation) *tcp {
	return &tcp{simulation: s, window: 10, threshold: math.Inf(1), rtt: int64(s.Down.Delay + s.Up.Delay)}
}

func (t *tcp) step() {
	for t.flying < int(t.window) {
		t.flying++
		sent := t.now
		t.sample.TCP += segment * 8
		arrivals := t.down.Send(sent, segment)
		if len(arrivals) == 0 {
			// Told by the acknowledgements of those that follow it.
			t.at(sent+t.rtt+10*millisecond, func() { t.lost(sent) })
			continue
		}
		t.at(arrivals[0]+int64(t.Up.Delay), func() { t.acknowledged(sent) })
	}
}

func (t *tcp) acknowledged(sent int64) {
	t.flying--
	t.rtt += (t.now - sent - t.rtt) / 8
	if t.window < t.threshold {
		t.window++
		return
	}
	since := float64(t.now-t.reduced) / 1e9
	turn := math.Cbrt(t.full * (1 - cubicShrink) / cubicScale)
	cubic := cubicScale*math.Pow(since-turn, 3) + t.full
	// As fast as Reno at least (section 4.3).
	reno := t.full*cubicShrink + 3*(1-cubicShrink)/(1+cubicShrink)*since*1e9/float64(t.rtt)
	target := min(max(cubic, reno), 1.5*t.window)
	if target > t.window {
		t.window += (target - t.window) / t.window
	}
}

func (t *tcp) lost(sent int64) {
	t.flying--
	if sent < t.reduced {
		return
	}
	t.full = t.window
	t.window = max(2, t.window*cubicShrink)
	t.threshold, t.reduced = t.window, t.now
}
