// Package measure turns what arrives in a load test into figures: distributions of times, packets that are missing, pictures that freeze.
package measure

import (
	"math/bits"
	"time"
)

// Histogram counts durations. It needs no memory for each of them; a quantile is exact to 1.6 %.
type Histogram struct {
	counts [buckets]uint32
	total  uint64
	max    time.Duration
}

// Up to 2⁷ µs each microsecond has a bucket; above that each power of two has 2⁶. The last one is for all above 134 s.
const (
	fineBits = 6
	topBits  = 27
	buckets  = (topBits - fineBits + 1) << fineBits
)

// bucketOf gives the bucket of so many microseconds.
func bucketOf(us uint64) int {
	shift := max(bits.Len64(us)-fineBits-1, 0)
	return min(shift<<fineBits+int(us>>shift), buckets-1)
}

// upperEdge is the largest duration of a bucket.
func upperEdge(bucket int) time.Duration {
	shift := max(bucket>>fineBits-1, 0)
	return time.Duration((bucket-shift<<fineBits+1)<<shift-1) * time.Microsecond
}

// Add counts a duration.
func (h *Histogram) Add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(uint64(d.Microseconds()))]++
	h.total++
	h.max = max(h.max, d)
}

// Merge counts what another histogram has counted.
func (h *Histogram) Merge(o *Histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// Count is the number of durations.
func (h *Histogram) Count() uint64 { return h.total }

// Max is the longest duration.
func (h *Histogram) Max() time.Duration { return h.max }

// Quantile is a duration that the share q of all does not exceed; 0 when there are none.
func (h *Histogram) Quantile(q float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	// The rank is that of the nearest-rank method, counted from 0.
	rank := min(uint64(q*float64(h.total)), h.total-1)
	for i, n := range h.counts {
		if rank < uint64(n) {
			return min(upperEdge(i), h.max)
		}
		rank -= uint64(n)
	}
	return h.max
}
