package signaling

import "sync/atomic"

// Histogram counts values by bounds. Counts has one entry for each bound, of the values up to it and above the one before, and one for the rest.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// histogram is safe for concurrent use.
type histogram struct {
	bounds []float64
	counts []atomic.Uint64
	sum    atomic.Uint64 // in thousandths
}

func newHistogram(bounds ...float64) *histogram {
	return &histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// observe counts a value that is not negative.
func (h *histogram) observe(v float64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(uint64(v * 1000))
}

func (h *histogram) read() Histogram {
	out := Histogram{Bounds: h.bounds, Sum: float64(h.sum.Load()) / 1000}
	for i := range h.counts {
		out.Counts = append(out.Counts, h.counts[i].Load())
	}
	return out
}
