package sfu

import (
	"sync/atomic"

	"diemcau/sfu/codec"
)

const (
	// temporalLayers is how many temporal layers of one stream are told apart.
	temporalLayers = 4
	// rateTicks is over how many of the room's ticks a layer's rate is taken.
	rateTicks = 10
	// rateDecay is what is left after a tick of a rate that was higher: a slide or a pause in speech does not make what comes after it
	// unexpected.
	rateDecay = 0.98
)

// rates is what a layer sends, by its temporal layers: up to each, those below it included. The room's goroutine owns the fields without
// another note.
type rates struct {
	bitrate   [temporalLayers]int     // bit/s with headers, quick to rise and slow to fall; 0 while unknown
	frameRate [temporalLayers]float64 // frames a second, alike; 0 while unknown

	taken [temporalLayers]struct{ bytes, frames atomic.Uint64 } // of each temporal layer alone; the transport's goroutine counts
	past  [rateTicks]sample                                     // at the last ticks
	ticks int
}

type sample [temporalLayers]struct{ bytes, frames uint64 }

// count takes note of a packet of some bytes on the wire.
func (r *rates) count(facts codec.Payload, size int, lastOfFrame bool) {
	t := &r.taken[min(facts.Temporal, temporalLayers-1)]
	t.bytes.Add(uint64(size))
	if lastOfFrame {
		t.frames.Add(1)
	}
}

// measure takes the rates over the last rateTicks. The room calls it at each of its ticks.
func (r *rates) measure() {
	var now sample
	for i := range now {
		now[i].bytes, now[i].frames = r.taken[i].bytes.Load(), r.taken[i].frames.Load()
	}
	at := r.ticks % rateTicks
	was, seconds := r.past[at], roomTick.Seconds()*rateTicks
	r.past[at] = now
	if r.ticks++; r.ticks <= rateTicks {
		if r.ticks < rateTicks/2 {
			return
		}
		// Since the layer began.
		was, seconds = r.past[0], roomTick.Seconds()*float64(r.ticks-1)
	}
	bytes, frames := 0.0, 0.0
	for i := range now {
		bytes += float64(now[i].bytes - was[i].bytes)
		frames += float64(now[i].frames - was[i].frames)
		r.bitrate[i] = max(int(bytes*8/seconds), int(float64(r.bitrate[i])*rateDecay))
		r.frameRate[i] = max(frames/seconds, r.frameRate[i]*rateDecay)
	}
}

// topTemporal is the highest temporal layer that came; 0 while nothing is measured.
func (r *rates) topTemporal() int {
	if r.bitrate[temporalLayers-1] == 0 {
		return 0
	}
	for t := temporalLayers - 1; t > 0; t-- {
		if r.past[(max(r.ticks, 1)-1)%rateTicks][t].bytes > 0 {
			return t
		}
	}
	return 0
}

// expectedBitrate is what all of a layer will cost in bit/s: what it was measured at, or what browsers begin with at its height.
func (l *layer) expectedBitrate() int {
	if measured := l.bitrate[temporalLayers-1]; measured > 0 {
		return measured
	}
	switch height := l.height.Load(); {
	case height == 0:
		return 300_000
	case height <= 180:
		return 100_000
	case height <= 360:
		return 300_000
	}
	return 600_000
}
