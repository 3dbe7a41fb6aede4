package bandwidth

import (
	"math"
	"time"
)

// crowd finds out that others fill the link's queue: it does not drain although the estimate yielded. A flow that goes on yielding to one
// that only heeds losses ends with nothing (Arun and Balakrishnan, "Copa: Practical Delay-Based Congestion Control for the Internet",
// 2018, section 4). In a crowd the estimate goes by losses, as theirs does. A probe at half of what was sent before tests it: a crowd
// makes room for it, a link that lost its rate does not.
type crowd struct {
	here    bool
	tested  bool
	began   int64 // when the first of the estimate's falls in a row was, or when the crowd came
	falls   int
	from    float64 // what was sent before them, at most the estimate
	ended   int64   // when the last row ended
	deepest int64   // the longest queue since
	usual   float64 // the estimate, smoothed over the last hundred reports
}

type crowdChange uint8

const (
	noChange     crowdChange = iota
	crowdCame                // others fill the queue
	crowdDoubted             // it is full, but nobody else takes a part: the way itself may have become longer
)

const (
	crowdTime   = int64(2 * time.Second)
	crowdYield  = 0.8 // of the estimate before, or less, and the queue has not drained
	crowdDrain  = 0.1 // seconds in a second: so fast a queue drains at least that nobody else fills
	crowdQueue  = 0.3 // of the longest queue: less, and it has drained
	crowdLeast  = int64(25 * time.Millisecond)
	crowdStay   = int64(30 * time.Second) // and the estimate as high as before: nobody else takes a part, the way has become longer
	crowdShare  = 0.5                     // of what was sent before, beside one other flow
	crowdRoom   = 0.3                     // of the probe at that rate: so much goes through at least
	crowdShrink = 0.8                     // of the estimate at a loss; 0.7 is CUBIC's (RFC 9438), 0.5 Reno's
)

// watch takes the queue that stands, and when the newest packet in it was sent.
func (c *crowd) watch(now, sent, standing int64, estimate float64) crowdChange {
	if c.falls == 0 {
		return noChange
	}
	c.deepest = max(c.deepest, standing)
	c.usual += (estimate - c.usual) / 100
	since := sent - c.began
	switch {
	case standing < crowdLeast || float64(standing) < crowdQueue*float64(c.deepest):
		*c = crowd{from: c.from, ended: now}
	case c.here && now-c.began > crowdStay && c.usual > crowdYield*c.from:
		*c = crowd{from: c.from, ended: now}
		return crowdDoubted
	case !c.here && c.falls > 1 && since > crowdTime && float64(standing) > float64(c.deepest)-crowdDrain*float64(since) && estimate < crowdYield*c.from:
		c.here, c.began, c.usual = true, now, estimate
		return crowdCame
	}
	return noChange
}

// fell takes note that the estimate fell for a queue.
func (c *crowd) fell(now int64, from float64) {
	if c.falls == 0 {
		c.began = now
		if now-c.ended > crowdTime || from > c.from {
			c.from = from
		}
	}
	c.falls++
}

// test takes what the probe found of its rate.
func (c *crowd) test(now int64, found, rate float64) {
	if !c.here || c.tested {
		return
	}
	if c.tested = true; found < crowdRoom*rate {
		*c = crowd{from: found, ended: now}
	}
}

// congested tells whether so many losses among so many packets are more than the link's own.
func congested(lost, packets int, inherent float64) bool {
	n := float64(packets)
	return float64(lost) > n*inherent+2*math.Sqrt(n*inherent*(1-inherent))+0.5
}
