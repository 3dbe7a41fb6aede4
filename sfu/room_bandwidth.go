package sfu

import (
	"math"
	"slices"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
)

const (
	// quietVoice is what is set aside for a source of sound that sends next to nothing now, in bit/s: it may speak at any moment.
	quietVoice = 16_000
	// soundHeaders is what of a source's sound is not repeated with it, in bit/s: the headers of packets of 20 ms, less those of RED.
	soundHeaders = (overhead + 12 - codec.REDHeader) * 8 * 50
	// unlimited is the budget on a path of which nothing is known, in bit/s: such clients give no feedback on it.
	unlimited = math.MaxInt32
	// settlingIn is how long a path is being found out about at first, in nanoseconds.
	settlingIn = 1e9
	// ample is how much more than wanted a path should be known to take: slots rise only where a part stays free, and what a source sends
	// varies. So much is probed for.
	ample = 1.3
)

// allocation is how a peer's link is shared among its slots.
type allocation struct {
	demands   []bandwidth.Demand // of the audio slots, then of the video slots
	choices   []bandwidth.Choice // of all demands
	decisions []bandwidth.Decision
	budget    int64 // that the decisions were made for
	limited   bool  // it was less than what is wanted
}

// allocate chooses for each of a peer's video slots the layer that its link has room for, and pauses those for which there is none.
func (r *Room) allocate(p *Peer, now int64) {
	a := &p.allocation
	a.collect(p)
	wanted := bandwidth.Wanted(a.demands)
	p.wanted.Store(int64(ample * float64(wanted)))
	a.budget = p.budget.Load()
	budget := int(a.budget)
	if a.budget == 0 {
		budget = unlimited
		clear(a.decisions) // nor is there a reason to raise slowly
	}
	a.limited = a.budget != 0 && float64(a.budget) < ample*float64(wanted)
	a.decisions = bandwidth.Allocate(a.decisions, a.demands, budget, now)
	voices := len(p.slots[Audio])
	for i, pl := range p.slots[Video] {
		if pl.occupant != nil {
			r.grant(p, pl, &a.demands[voices+i], &a.decisions[voices+i], now)
		}
	}
}

// grant gives a slot what was decided.
func (r *Room) grant(p *Peer, pl *place, demand *bandwidth.Demand, d *bandwidth.Decision, now int64) {
	paused := pl.state.Phase == SlotUnavailable && pl.state.Reason == ReasonBandwidth
	switch {
	case !p.connected:
		r.supply(p, pl, nil, forward.Unlimited)
	case len(demand.Choices) == 0:
		// None of its layers is live: stay, or wait for one.
		l := pl.layer
		if l != nil && l.publication != pl.occupant {
			l = nil
		}
		r.supply(p, pl, l, pl.limit)
	case d.Paused:
		// At the beginning it is only that nothing is known yet.
		if !paused && now-p.connectedAt > settlingIn {
			pl.state.Phase, pl.state.Reason = SlotUnavailable, ReasonBandwidth
			r.touch(p, pl)
		}
		r.supply(p, pl, nil, forward.Unlimited)
	default:
		if paused {
			// As if the occupant were new: the picture is there when its next key frame is.
			r.renew(p, pl)
		}
		l, limit := pl.occupant.chosen(d.Choice)
		r.supply(p, pl, l, limit)
	}
}

// renew has a slot's occupant shown anew.
func (r *Room) renew(p *Peer, pl *place) {
	pl.generation++
	pl.due = true
	pl.state.Phase, pl.state.Reason = SlotWaiting, ReasonNone
	r.touch(p, pl)
}

// supply gives a slot a layer up to a limit, unless it has that.
func (r *Room) supply(p *Peer, pl *place, l *layer, limit forward.Limit) {
	if pl.due || l != pl.layer || limit != pl.limit {
		cut := pl.cut
		pl.due, pl.cut, pl.limit = false, false, limit
		r.send(p, pl, l, cut)
	}
}

// collect draws up what each slot could take.
func (a *allocation) collect(p *Peer) {
	a.demands, a.choices = a.demands[:0], a.choices[:0]
	most := len(p.slots[Audio])
	for _, pl := range p.slots[Video] {
		if pl.occupant != nil {
			most += len(pl.occupant.layers) * codec.MaxTargets
		}
	}
	a.choices = slices.Grow(a.choices, most) // the demands keep parts of it
	for _, pl := range p.slots[Audio] {
		d := bandwidth.Demand{Importance: bandwidth.Sound, Occupant: 1}
		if pl.layer != nil {
			d.Choices = a.add(bandwidth.Choice{Bitrate: p.soundBitrate(pl)})
		}
		a.demands = append(a.demands, d)
	}
	for _, pl := range p.slots[Video] {
		d := bandwidth.Demand{Importance: importanceOf(pl.state.Show), Occupant: pl.visit, Height: pl.height}
		if pl.occupant != nil {
			d.Choices = a.addLayers(pl.occupant)
		}
		a.demands = append(a.demands, d)
	}
}

// soundBitrate is what a slot of sound takes of the peer's link, in bit/s: what is said, and again what repeats it.
func (p *Peer) soundBitrate(pl *place) int {
	rate := pl.layer.bitrate[0]
	if pl.slot.out.Payload[codec.RED].Media != 0 {
		rate += int(p.repeats.Load()) * max(0, rate-soundHeaders)
	}
	return max(rate, quietVoice)
}

func (a *allocation) add(c bandwidth.Choice) []bandwidth.Choice {
	a.choices = append(a.choices, c)
	return a.choices[len(a.choices)-1:]
}

// addLayers adds a choice for each layer of a publication that flows.
func (a *allocation) addLayers(pub *publication) []bandwidth.Choice {
	from := len(a.choices)
	for i, seen := range pub.seen[:min(len(pub.seen), len(pub.layers))] {
		if !seen.Live {
			continue
		}
		l := pub.layers[i]
		if s, active := l.targets(); s != nil {
			a.addTargets(l, s, active)
			continue
		}
		top := l.topTemporal()
		c := bandwidth.Choice{Layer: choiceLayer(l, 0), Height: seen.Height}
		for t := range top {
			c.Temporal, c.Bitrate, c.FrameRate = t, l.bitrate[t], l.frameRate[t]
			a.add(c)
		}
		c.Temporal, c.Bitrate, c.FrameRate = forward.All, l.expectedBitrate(), l.frameRate[top]
		a.add(c)
	}
	return a.choices[from:]
}

// addTargets adds a choice for each target of a stream that its source sends. Before anything is measured only those that differ in their
// picture are worth a guess.
func (a *allocation) addTargets(l *layer, s *codec.Structure, active uint16) {
	for i, t := range s.Targets {
		if active>>i&1 == 0 || l.bitrate[i] == 0 && int(s.Best(t.Spatial, forward.All, active)) != i {
			continue
		}
		c := bandwidth.Choice{
			Layer: choiceLayer(l, t.Spatial), Temporal: int(t.Temporal), Bitrate: l.bitrate[i], Height: s.Height[t.Spatial], FrameRate: l.frameRate[i],
		}
		if c.Bitrate == 0 {
			c.Bitrate = l.spatial.expectedOf(int(t.Spatial), c.Height)
		}
		a.add(c)
	}
	// Spatial layers that sleep can be had: each has twice the lines of the one below.
	top := s.Targets[s.Best(forward.All, forward.All, active)]
	for up := 1; int(top.Spatial)+up < l.spatial.full; up++ {
		spatial, height := int(top.Spatial)+up, s.Height[top.Spatial]<<up
		a.add(bandwidth.Choice{
			Layer: choiceLayer(l, uint8(spatial)), Temporal: int(top.Temporal), Bitrate: l.spatial.expectedOf(spatial, height), Height: height,
		})
	}
}

// choiceLayer numbers the spatial layers of all streams of a publication for the allocator: they ascend with the quality.
func choiceLayer(l *layer, spatial uint8) int {
	return (l.stream.Rank+1)*codec.MaxSpatial + int(spatial) // the rank of a stream without layers is -1
}

// chosen gives the stream of a choice, and what of it is to go out.
func (p *publication) chosen(c bandwidth.Choice) (*layer, forward.Limit) {
	rank := c.Layer/codec.MaxSpatial - 1
	l := p.layers[slices.IndexFunc(p.layers, func(l *layer) bool { return l.stream.Rank == rank })]
	limit := forward.Limit{Spatial: forward.All, Temporal: uint8(c.Temporal)}
	if s, _ := l.targets(); s != nil {
		limit.Spatial = uint8(c.Layer % codec.MaxSpatial)
	}
	return l, limit
}

func importanceOf(s Show) bandwidth.Importance {
	switch s {
	case ShowContent:
		return bandwidth.Content
	case ShowProgramme:
		return bandwidth.Programme
	case ShowChair:
		return bandwidth.Chair
	case ShowNothing, ShowMosaic, ShowParticipant:
	}
	return bandwidth.Tile
}

// followLinks shares the links anew whose estimates have changed, or which cannot take all that is wanted.
func (r *Room) followLinks(now int64) {
	for _, p := range r.ordered {
		a := &p.allocation
		if p.connected && (a.limited || p.budget.Load() < a.budget || a.budget == 0 && p.budget.Load() != 0 || r.ticks%rateTicks == 0) {
			r.allocate(p, now)
		}
	}
}
