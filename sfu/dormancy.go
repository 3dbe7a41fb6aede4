package sfu

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

// peak is what a publisher was told of the spatial layers of one stream. What nobody receives can only be left out from above, since the others
// may need those below. The room's goroutine owns it.
type peak struct {
	full int   // spatial layers of the stream when all are sent; 0 where its source does not describe them
	idle int   // how many of the highest the publisher was told that nobody receives
	most int   // that a slot takes, since the room last looked
	vain int64 // since when higher ones come than are taken
	told int64 // when the publisher was told
}

// follow takes how many spatial layers come, puts those to sleep that have come in vain for a while, wakes those that are wanted now, and
// tells whether there were any.
func (p *peak) follow(come int, now int64) (changed bool) {
	most := p.most
	p.most = 0
	switch settled := now-p.told > wakePatience; {
	case come == 0:
		changed = p.idle > 0
		*p = peak{}
		return changed
	case p.idle == 0 && settled:
		p.full = come
	case p.idle == 0: // what was woken is on its way
		p.full = max(p.full, come)
	case settled: // what was to come and did not is not there: the source has become smaller
		p.full = min(p.full, come+p.idle)
	}
	most = min(most, p.full)
	switch asked := p.full - p.idle; {
	case most > asked:
		changed = true
	case most == 0 || most >= min(asked, come): // a stream that nobody has sleeps as a whole
		p.vain = now
	case now-p.vain > sleepAfter:
		changed = true
	}
	if changed {
		p.idle, p.told, p.vain = p.full-most, now, now
	}
	return changed
}

// excused tells whether it is the room's doing that the layer sends nothing.
func (d *dormancy) excused(now int64) bool { return d.asleep || now-d.woken < wakePatience }

// followWants tells publishers which of their layers nobody receives: those that are wanted again at once, the others after a while.
func (r *Room) followWants(now int64) {
	for _, p := range r.ordered {
		for _, pl := range p.slots[Video] {
			if pl.layer != nil {
				pl.layer.wanted = now
				pl.layer.peak.most = max(pl.layer.peak.most, int(pl.limit.Spatial)+1)
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
		if l.peak.follow(l.spatialLayers(), now) {
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
		idle.Spatial = max(idle.Spatial, l.peak.idle)
	}
	pub.peer.observer.LayersIdle(pub.source, idle)
}
