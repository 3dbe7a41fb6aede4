package bandwidth

import "math"

// capacity remembers at which rates the link was full lately: their mean and how far they are apart.
// See libwebrtc's LinkCapacityEstimator.
type capacity struct {
	mean, deviation float64 // kbit/s; mean 0 is unknown. deviation is the variance divided by the mean
}

const (
	capacityGain   = 0.05
	leastDeviation = 0.4
	mostDeviation  = 2.5
)

func (c *capacity) add(rate float64) {
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
