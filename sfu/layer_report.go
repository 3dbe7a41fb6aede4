package sfu

import (
	"math"
	"sync/atomic"

	"diemcau/sfu/transport"
)

// listeners is the share of a layer's packets that its worst listener loses, among those whom only the source's own encoder can help.
type listeners struct {
	worst    atomic.Uint64 // bits of a float64 from 0 to 1: the highest since the last look
	smoothed float64       // of the goroutine that reads the stream
}

// maxListenerLoss bounds what one listener can have an encoder believe: at more than that it would have few bits left for the sound.
const maxListenerLoss = 0.3

func (l *listeners) note(share float64) {
	for {
		// The bits of numbers that are not negative are in the order of the numbers.
		old, now := l.worst.Load(), math.Float64bits(share)
		if now <= old || l.worst.CompareAndSwap(old, now) {
			return
		}
	}
}

// look gives the smoothed share, quick to rise and slow to fall.
func (l *listeners) look() float64 {
	now := min(math.Float64frombits(l.worst.Swap(0)), maxListenerLoss)
	if now > l.smoothed {
		l.smoothed += (now - l.smoothed) / 2
	} else {
		l.smoothed += (now - l.smoothed) / 4
	}
	return l.smoothed
}

// Reception takes how the stream arrives, and tells the source what its listeners lose (transport.Sink).
func (l *layer) Reception(r transport.Reception) float64 {
	e, last := l.publication.engine(), l.reception.Swap(&r)
	if last == nil {
		last = &transport.Reception{}
	}
	e.lost.Add(r.Lost - min(r.Lost, last.Lost)) // what was late counts no more
	e.reordered.Add(r.Reordered - last.Reordered)
	e.repeated.Add(r.Duplicates - last.Duplicates)
	e.jitter.Add(uint64(r.Jitter))
	e.receptions.Add(1)
	return l.listeners.look()
}
