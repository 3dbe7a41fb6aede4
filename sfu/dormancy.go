package sfu

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
)

const (
	// sleepAfter is how long nobody may want a layer before its publisher is told: paging back and forth costs nothing.
	sleepAfter = 5e9 // nanoseconds
	// wakePatience is how long a layer may take to come after its publisher was told that it is wanted.
	wakePatience = 2e9 // nanoseconds
)

// dormancy is what a publisher was told of one of its layers. The room's goroutine owns it.
type dormancy struct {
	wanted int64 // when a slot last had the layer or waited for it
	vain   int64 // since when it comes and nobody wants it
	asleep bool  // the publisher was told that nobody receives the layer
	woken  int64 // when it was told that somebody does
}

func newDormancy(now int64) dormancy {
	return dormancy{wanted: now, vain: now, woken: now - wakePatience}
}

// spatialDormancy is what a publisher was told of the spatial layers of one stream. What nobody receives can only be left out from above, since
// the others may need those below. The room's goroutine owns it.
type spatialDormancy struct {
	full    int   // spatial layers of the stream when all are sent; 0 where its source does not describe them
	idle    int   // how many of the highest the publisher was told that nobody receives
	wanted  int   // how many the slots take, since the room last looked
	vain    int64 // since when higher ones come than are taken
	told    int64 // when the publisher was told
	ignored int   // how often more came than it was told to send
	costs   [codec.MaxSpatial]cost
}

// cost is what a stream took when a spatial layer was its highest: what sleeps is not cheaper than it was.
type cost struct{ height, bitrate int }

// mostIgnored is after how many times a publisher that sends what nobody receives is not told any more.
const mostIgnored = 2

// follow takes how many spatial layers come, puts those to sleep that have come in vain for a while, wakes those that are wanted now, and
// tells whether there were any.
func (d *spatialDormancy) follow(come int, now int64) (changed bool) {
	wanted, asked := d.wanted, d.full-d.idle
	d.wanted = 0
	switch settled := now-d.told > wakePatience; {
	case come == 0:
		changed = d.idle > 0
		*d = spatialDormancy{}
		return changed
	case d.idle == 0 && settled:
		d.full = come
	case d.idle == 0: // what was woken is on its way
		d.full = max(d.full, come)
	case come > asked && now-d.told > sleepAfter: // the source has become larger, or goes by nothing that it is told
		d.full, d.idle, d.told, d.vain = come, 0, now, now
		d.ignored++
		return true
	case settled: // what was asked for and does not come is not there: the source has become smaller
		d.full = min(d.full, come+d.idle)
	}
	wanted, asked = min(wanted, d.full), d.full-d.idle
	switch {
	case wanted > asked:
		changed = true
	case wanted == 0 || wanted >= min(asked, come): // a stream that nobody has sleeps as a whole
		d.vain = now
	case now-d.vain > sleepAfter && d.ignored < mostIgnored:
		changed = true
	}
	if changed {
		d.idle, d.told, d.vain = d.full-wanted, now, now
	}
	return changed
}

// noteCosts remembers what the stream takes with each of the layers that come as its highest.
func (l *layer) noteCosts() {
	s, active := l.targets()
	if s == nil {
		return
	}
	for spatial := range l.spatialLayers() {
		top := s.Best(uint8(spatial), forward.All, active)
		if rate := l.bitrate[top]; rate > 0 && int(s.Targets[top].Spatial) == spatial {
			l.spatial.costs[spatial] = cost{s.Height[spatial], rate}
		}
	}
}

// expectedOf is what a stream will cost with a spatial layer of a height as its highest, in bit/s, before that is measured.
func (d *spatialDormancy) expectedOf(spatial, height int) int {
	usual := usualBitrate(height)
	if c := d.costs[spatial]; c.height == height {
		return max(usual, c.bitrate)
	}
	return usual
}

// excused tells whether it is the room's doing that the layer sends nothing.
func (d *dormancy) excused(now int64) bool { return d.asleep || now-d.woken < wakePatience }

// followWants tells publishers which of their layers nobody receives: those that are wanted again at once, the others after a while.
func (r *Room) followWants(now int64) {
	for _, p := range r.ordered {
		for _, pl := range p.slots[Video] {
			if pl.layer != nil {
				pl.layer.wanted = now
				pl.layer.spatial.wanted = max(pl.layer.spatial.wanted, int(pl.limit.Spatial)+1)
			}
		}
	}
	for _, p := range r.ordered {
		for _, pub := range p.publications {
			if pub.source.IsVideo() && pub.rest(now) {
				r.tellIdle(pub)
			}
		}
	}
}

// rest puts the layers that have not been wanted for a while to sleep, wakes those that are wanted now, and tells whether there were any.
func (p *publication) rest(now int64) (changed bool) {
	wanted, live := false, p.live(now)
	for _, l := range p.layers {
		wanted = wanted || l.wanted == now
	}
	for _, l := range p.layers {
		// All layers are wanted while it is not known how large they are, or while none of those comes that should.
		if wanted && (l.stream.RID != "" && l.height.Load() == 0 || !live) {
			l.wanted = now
		}
		// One that does not come, for the publisher's own reasons, is never told to sleep, lest it be taken for one that will wake.
		if l.wanted == now || !l.live(now) {
			l.vain = now
		}
		if l.spatial.follow(l.spatialLayers(), now) {
			changed = true
		}
		switch {
		case l.asleep && l.wanted == now:
			l.asleep, l.woken = false, now
			changed = true
		case !l.asleep && now-l.vain > sleepAfter:
			l.asleep = true
			changed = true
		}
	}
	return changed
}

// tellIdle tells a publisher which layers of a source nobody receives.
func (r *Room) tellIdle(pub *publication) {
	idle := Idle{Layers: []string{}}
	for _, l := range pub.layers {
		if l.asleep {
			idle.Layers = append(idle.Layers, l.stream.RID)
		}
		idle.Spatial = max(idle.Spatial, l.spatial.idle)
	}
	pub.peer.observer.LayersIdle(pub.source, idle)
}
