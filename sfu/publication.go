package sfu

import (
	"math"
	"sync/atomic"

	"diemcau/sfu/forward"
)

// publication is one source of a peer. The room's goroutine owns the fields without another note.
type publication struct {
	peer   *Peer
	source Source
	layers []*layer
	active bool // the peer says that it sends
	ranked bool // it is among the room's voices

	// withheld is 0, or 1 + the forward.Drop for which its packets are not forwarded.
	withheld atomic.Uint32

	loudest   atomic.Int32 // the loudest level since the last look, in -dBov; noLevel when none came
	hasLevels atomic.Bool
	level     float64 // smoothed, in -dBov
	seen      []forward.Layer
	activated int64 // when it became active
}

const (
	noLevel      = math.MaxInt32
	silence      = 127 // -dBov
	speaksBelow  = 55  // -dBov: louder than this is speech
	withoutLevel = 40  // -dBov: what a source without levels counts as while it sends
)

func newPublication(p *Peer, source Source) *publication {
	pub := &publication{peer: p, source: source, level: silence}
	pub.loudest.Store(noLevel)
	pub.withheld.Store(1 + uint32(forward.NotPermitted))
	return pub
}

func (p *publication) engine() *Engine { return p.peer.room.engine }

// gate tells whether the packets of the publication are forwarded, and why not.
func (p *publication) gate() (reason forward.Drop, permitted bool) {
	w := p.withheld.Load()
	return forward.Drop(w - 1), w == 0
}

// noteLevel takes the audio level of a packet. One goroutine calls it.
func (p *publication) noteLevel(level int) {
	if !p.hasLevels.Load() {
		p.hasLevels.Store(true)
	}
	if int32(level) < p.loudest.Load() {
		p.loudest.Store(int32(level))
	}
}

// smoothLevel takes the levels since the last call into the smoothed one, quick to rise and slow to fall.
func (p *publication) smoothLevel(now int64) {
	level := float64(silence)
	if loudest := p.loudest.Swap(noLevel); loudest != noLevel {
		level = float64(loudest)
	} else if !p.hasLevels.Load() && p.live(now) {
		level = withoutLevel
	}
	if level < p.level {
		p.level += (level - p.level) / 2
	} else {
		p.level += (level - p.level) / 8
	}
}

func (p *publication) speaks() bool { return p.level < speaksBelow }

// live tells whether packets arrive on any layer, or none is asked for any.
func (p *publication) live(now int64) bool {
	missed := len(p.layers) == 0
	for _, l := range p.layers {
		if l.live(now) {
			return true
		}
		missed = missed || !l.excused(now)
	}
	return !missed
}

// takeable tells whether others may be given the publication.
func (p *publication) takeable() bool {
	_, permitted := p.gate()
	return p.active && permitted
}

// look takes a fresh view of the layers and tells whether it changed. A layer that sleeps can be had.
func (p *publication) look(now int64) bool {
	live := p.live(now)
	changed := len(p.seen) != len(p.layers)
	if changed {
		p.seen = make([]forward.Layer, len(p.layers))
	}
	for i, l := range p.layers {
		if l.live(now) {
			l.measure(l.parts())
			l.noteCosts()
		}
		is := forward.Layer{Height: int(l.height.Load()), Live: l.live(now) || live && l.excused(now)}
		changed = changed || is != p.seen[i]
		p.seen[i] = is
	}
	return changed
}
