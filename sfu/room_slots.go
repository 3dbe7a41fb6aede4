package sfu

import (
	"math"
	"slices"

	"diemcau/sfu/forward"
)

// scene collects what the layouts are drawn from.
func (r *Room) scene() scene {
	var s scene
	for _, p := range r.ordered {
		if c := p.publications[Camera]; c.takeable() {
			s.cameras = append(s.cameras, c)
		}
		if c := p.publications[Screen]; c.takeable() && (s.content == nil || c.activated > s.content.activated) {
			s.content = c
		}
	}
	s.chair = r.peers[r.programme.Chair]
	for _, p := range append([]*Peer{r.peers[r.programme.Pinned], r.peers[r.programme.Holder]}, r.dominant...) {
		if p != nil {
			s.programme = append(s.programme, p)
		}
	}
	// A chair who shows and says nothing does not keep the screens of halls empty.
	if s.chair != nil && s.chair.sends() {
		preferred := len(s.programme) - len(r.dominant)
		s.programme = slices.Insert(s.programme, preferred, s.chair)
	}
	if r.mosaic == nil {
		for _, c := range s.cameras {
			s.mosaic = append(s.mosaic, member{c.peer.id, c})
		}
	}
	for _, id := range r.mosaic {
		s.mosaic = append(s.mosaic, member{id, s.cameraOf(r.peers[id])})
	}
	return s
}

// fillVideo brings every video slot in line with the room.
func (r *Room) fillVideo() {
	s := r.scene()
	for _, p := range r.ordered {
		cells, shown, pages := s.layout(p, p.view[:len(p.slots[Video])], p.page)
		if shown != p.shown || pages != p.pages {
			p.shown, p.pages = shown, pages
			r.touched[p] = true
		}
		for i, pl := range p.slots[Video] {
			c := cells[i]
			if pl.state.Show != c.show {
				pl.state.Show = c.show
				r.touch(p, pl)
			}
			pl.height = c.height
			r.put(p, pl, c.publication, c.member)
		}
		r.allocate(p, r.engine.clock.now())
	}
}

// fillAudio brings every audio slot in line with the room.
func (r *Room) fillAudio() {
	r.rankVoices()
	s := r.scene()
	for _, p := range r.ordered {
		slots := p.slots[Audio]
		if len(slots) == 0 {
			continue
		}
		var first *publication
		if speaker := s.programmeFor(p); speaker != nil {
			if mic := speaker.publications[Microphone]; mic.takeable() {
				first = mic
			}
		}
		wanted := make([]*publication, 0, len(slots)+1)
		for _, h := range r.heard {
			if h.peer != p && h != first && len(wanted) < len(slots) {
				wanted = append(wanted, h)
			}
		}
		if first != nil && len(wanted) == len(slots) {
			wanted = wanted[:len(slots)-1]
		}
		occupants := make([]*publication, len(slots))
		for i, pl := range slots {
			occupants[i] = pl.occupant
		}
		for i, pub := range placeVoices(occupants, first, wanted) {
			r.put(p, slots[i], pub, "")
		}
	}
}

// rankVoices orders those who may be heard; the slots follow when the order of the heard changes.
func (r *Room) rankVoices() {
	limit := 0
	r.voices = slices.DeleteFunc(r.voices, func(v voice) bool {
		v.publication.ranked = v.publication.takeable()
		return !v.publication.ranked
	})
	for _, p := range r.ordered {
		limit = max(limit, len(p.slots[Audio]))
		for _, source := range [...]Source{Microphone, ScreenAudio} {
			if pub := p.publications[source]; pub.takeable() && !pub.ranked {
				pub.ranked = true
				r.voices = append(r.voices, voice{publication: pub})
			}
		}
	}
	for i := range r.voices {
		v := &r.voices[i]
		v.claim, v.level = r.claimOf(v.publication), v.publication.level
	}
	rankVoices(r.voices)
	// One more than the slots: nobody is given their own.
	heard := r.voices[:min(len(r.voices), limit+1)]
	if slices.EqualFunc(heard, r.heard, func(v voice, p *publication) bool { return v.publication == p }) {
		return
	}
	r.heard = r.heard[:0]
	for _, v := range heard {
		r.heard = append(r.heard, v.publication)
	}
	r.voicesDue = true
}

func (r *Room) claimOf(pub *publication) claim {
	switch {
	case pub.source == ScreenAudio:
		return claimContent
	case pub.peer.id == r.programme.Holder:
		return claimHolder
	case pub.peer.id == r.programme.Chair:
		return claimChair
	}
	return claimLoud
}

// put brings one slot in line with who should be in it: pub, or member without a picture.
func (r *Room) put(p *Peer, pl *place, pub *publication, member string) {
	now := r.engine.clock.now()
	missing := r.missing(member)
	if pub == nil && pl.occupant == nil && (member != pl.state.Peer || missing != pl.state.Reason) {
		pl.state = SlotState{Kind: pl.state.Kind, Slot: pl.state.Slot, Show: pl.state.Show}
		r.name(pl, member, missing)
		r.touch(p, pl)
		return
	}
	if pub != pl.occupant {
		old := pl.occupant
		pl.occupant, pl.since = pub, now
		pl.generation++
		pl.visit++
		pl.state = SlotState{Kind: pl.state.Kind, Slot: pl.state.Slot, Show: pl.state.Show}
		if pub != nil {
			pl.state.Phase, pl.state.Peer, pl.state.Source = SlotWaiting, pub.peer.id, pub.source
		} else {
			r.name(pl, member, missing)
		}
		r.touch(p, pl)
		pl.due, pl.cut = true, old != nil && !old.takeable()
	}
	// The rest is a matter of what the link has room for, but there is always room for sound.
	if pub == nil || pl.state.Kind == Audio {
		r.supply(p, pl, r.voiceLayer(p, pl), forward.Unlimited)
	}
}

// missing is why a member of the mosaic has no picture; nobody is missing where nobody should be.
func (r *Room) missing(member string) SlotReason {
	switch {
	case member == "":
		return ReasonNone
	case r.peers[member] == nil:
		return ReasonAbsent
	}
	return ReasonNoCamera
}

// name marks a slot with whom it cannot show.
func (r *Room) name(pl *place, member string, reason SlotReason) {
	if member != "" {
		pl.state.Phase, pl.state.Peer, pl.state.Source, pl.state.Reason = SlotUnavailable, member, Camera, reason
	}
}

// voiceLayer gives the layer that an audio slot should take, or nil.
func (r *Room) voiceLayer(p *Peer, pl *place) *layer {
	pub := pl.occupant
	if pub == nil || !p.connected || len(pub.layers) == 0 {
		return nil
	}
	return pub.layers[len(pub.layers)-1]
}

func (r *Room) send(p *Peer, pl *place, l *layer, cut bool) {
	pl.layer = l
	r.wantsDue = true
	a := assignment{layer: l, generation: pl.generation, cut: cut, limit: pl.limit}
	s, w := pl.slot, p.worker
	w.mailbox.post(func() { s.assign(a, w.engine.clock.now()) })
}

func (r *Room) touch(p *Peer, pl *place) {
	r.touched[p] = true
	if !slices.Contains(p.changed, pl) {
		p.changed = append(p.changed, pl)
	}
}

// slotLive is told by a worker that a slot's occupant is there. Any goroutine may call it.
func (r *Room) slotLive(s *slot, generation, timestamp uint32) {
	r.mailbox.post(func() {
		if pl := r.placeOf(s); pl != nil && pl.generation == generation {
			pl.state.Phase, pl.state.Timestamp, pl.state.Reason = SlotLive, timestamp, ReasonNone
			r.touch(s.peer, pl)
		}
	})
}

// slotUnavailable is told by a worker that a slot's occupant cannot be shown. Any goroutine may call it.
func (r *Room) slotUnavailable(s *slot, generation uint32, reason SlotReason) {
	r.mailbox.post(func() {
		if pl := r.placeOf(s); pl != nil && pl.generation == generation {
			pl.state.Phase, pl.state.Reason = SlotUnavailable, reason
			r.touch(s.peer, pl)
		}
	})
}

func (r *Room) placeOf(s *slot) *place {
	if places := s.peer.slots[s.kind]; s.index < len(places) && places[s.index].slot == s {
		return places[s.index]
	}
	return nil
}

// noteStalled marks the video slots whose occupants send nothing, and those whose occupants send again.
func (r *Room) noteStalled(now int64) {
	for _, p := range r.ordered {
		for _, pl := range p.slots[Video] {
			if pl.occupant == nil || !p.connected {
				continue
			}
			live := pl.occupant.live(now)
			switch stalled := pl.state.Phase == SlotUnavailable && pl.state.Reason == ReasonStalled; {
			case !live && !stalled && now-pl.since > stallPatience && r.silentFor(pl.occupant, now) > stallPatience:
				pl.state.Phase, pl.state.Reason = SlotUnavailable, ReasonStalled
				r.touch(p, pl)
			case live && stalled:
				r.renew(p, pl)
				r.allocate(p, now)
			}
		}
	}
}

func (r *Room) silentFor(pub *publication, now int64) int64 {
	silent := int64(math.MaxInt64)
	for _, l := range pub.layers {
		silent = min(silent, now-max(l.lastPacket.Load(), l.woken))
	}
	return silent
}
