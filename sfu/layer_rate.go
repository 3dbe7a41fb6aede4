package sfu

import (
	"slices"
	"sync/atomic"

	"diemcau/sfu/codec"
)

const (
	// temporalLayers is how many temporal layers of one stream are told apart.
	temporalLayers = codec.MaxTemporal
	// rateTicks is over how many of the room's ticks a layer's rate is taken.
	rateTicks = 10
	// rateDecay is what is left after a tick of a rate that was higher: a slide or a pause in speech does not make what comes after it
	// unexpected.
	rateDecay = 0.98
)

// rates is what a stream sends, by what a slot can be given of it: up to each temporal layer, those below it included, or by the targets that
// its source describes. The room's goroutine owns the fields without another note.
type rates struct {
	bitrate   [codec.MaxTargets]int     // bit/s with headers, quick to rise and slow to fall; 0 while unknown
	frameRate [codec.MaxTargets]float64 // pictures a second, alike; 0 while unknown
	split     []part                    // that these are of

	taken [codec.Layers]struct{ bytes, frames atomic.Uint64 } // of each layer alone; the transport's goroutine counts
	past  [rateTicks]sample                                   // at the last ticks
	ticks int
}

type sample [codec.Layers]struct{ bytes, frames uint64 }

// part is what a slot can be given: the layers whose bytes it costs and those whose frames are its pictures, by their numbers.
type part struct{ bytes, frames uint16 }

// byTemporal are the parts of a stream whose source describes none.
var byTemporal = []part{{0x1, 0x1}, {0x3, 0x3}, {0x7, 0x7}, {0xf, 0xf}}

// partsOf gives the parts of a stream whose source describes its targets.
func partsOf(s *codec.Structure) []part {
	parts := make([]part, len(s.Targets))
	for i, t := range s.Targets {
		own := uint16(byTemporal[t.Temporal].bytes) << codec.LayerOf(t.Spatial, 0)
		parts[i] = part{t.Layers, t.Layers & own}
	}
	return parts
}

// count takes note of a packet of some bytes on the wire.
func (r *rates) count(facts *codec.Payload, size int, marker bool) {
	at, ends := codec.LayerOf(0, facts.Temporal), marker
	if facts.Dependency.Structure != nil {
		at, ends = codec.LayerOf(facts.Spatial, facts.Temporal), facts.FrameEnd
	}
	t := &r.taken[at]
	t.bytes.Add(uint64(size))
	if ends {
		t.frames.Add(1)
	}
}

// measure takes the rates of some parts over the last rateTicks. The room calls it at each of its ticks.
func (r *rates) measure(parts []part) {
	if !slices.Equal(parts, r.split) {
		r.split, r.bitrate, r.frameRate, r.ticks = parts, [codec.MaxTargets]int{}, [codec.MaxTargets]float64{}, 0
	}
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
	for i, part := range parts {
		bytes, frames := 0.0, 0.0
		for l := range now {
			bytes += float64(part.bytes>>l&1) * float64(now[l].bytes-was[l].bytes)
			frames += float64(part.frames>>l&1) * float64(now[l].frames-was[l].frames)
		}
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
	return usualBitrate(int(l.height.Load()))
}

// usualBitrate is what browsers begin with at a height, in bit/s; 0 is an unknown one.
func usualBitrate(height int) int {
	switch {
	case height == 0:
		return 300_000
	case height <= 180:
		return 100_000
	case height <= 360:
		return 300_000
	}
	return 600_000
}
