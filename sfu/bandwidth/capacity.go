package bandwidth

import (
	"math"
	"time"
)

// capacity remembers at which rates the link was full lately: their mean and how far they are apart.
// See libwebrtc's LinkCapacityEstimator.
type capacity struct {
	at              int64   // when it was last found
	mean, deviation float64 // kbit/s; mean 0 is unknown. deviation is the variance divided by the mean
}

const (
	capacityGain   = 0.05
	leastDeviation = 0.4
	mostDeviation  = 2.5
	capacityAge    = int64(15 * time.Second)
	capacitySame   = 0.15 // a probe that finds the link full at no other rate confirms what is known
)

func (c *capacity) add(now int64, rate float64) {
	c.at = now
	rate /= 1000
	if c.mean == 0 {
		c.mean, c.deviation = rate, leastDeviation
		return
	}
	if rate < c.mean-c.spread() {
		c.mean = rate // the link lost rate
	}
	c.mean += capacityGain * (rate - c.mean)
	off := c.mean - rate
	c.deviation += capacityGain * (off*off/max(c.mean, 1) - c.deviation)
	c.deviation = min(mostDeviation, max(leastDeviation, c.deviation))
}

func (c *capacity) spread() float64 { return 3 * math.Sqrt(c.deviation*c.mean) }

// near tells whether a rate is about where the link was full. One far above shows that the link has gained.
func (c *capacity) near(rate float64) bool {
	rate /= 1000
	if c.mean > 0 && rate > c.mean+c.spread() {
		*c = capacity{}
	}
	return c.mean > 0 && rate > c.mean-c.spread()
}

// confirm takes a rate at which a probe filled the link.
func (c *capacity) confirm(now int64, rate float64) {
	if math.Abs(rate/1000-c.mean) < capacitySame*c.mean {
		c.at = now
	}
}

// limit is the rate that was found lately, in bit/s. It is not exceeded without a reason: a probe that found more, or age.
func (c *capacity) limit(now int64) float64 {
	if c.mean == 0 || now-c.at > capacityAge {
		return math.Inf(1)
	}
	return 1000 * c.mean
}
