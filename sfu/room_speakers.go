package sfu

import (
	"cmp"
	"slices"
)

const (
	// patience is for how many ticks a challenger must be louder before the programme follows.
	patience = 10
	// advantage is by how much, in dB.
	advantage = 3
	// remembered is how many loudest speakers are remembered: the programme of the newest shows the one before.
	remembered = 4
)

// chooseDominant follows who speaks loudest: slowly, so that a cough does not change the picture.
func (r *Room) chooseDominant() {
	var loudest *publication
	for _, p := range r.ordered {
		if mic := p.publications[Microphone]; mic.takeable() && mic.speaks() && (loudest == nil || mic.level < loudest.level) {
			loudest = mic
		}
	}
	if loudest == nil || len(r.dominant) > 0 && r.dominant[0] == loudest.peer {
		r.challenger = nil
		return
	}
	if len(r.dominant) > 0 {
		now := r.dominant[0].publications[Microphone]
		if now.takeable() && now.speaks() && loudest.level > now.level-advantage {
			r.challenger = nil
			return
		}
		if r.challenger != loudest.peer {
			r.challenger, r.challenged = loudest.peer, 0
		}
		if r.challenged++; r.challenged < patience {
			return
		}
	}
	r.challenger = nil
	r.dominant = slices.DeleteFunc(r.dominant, func(p *Peer) bool { return p == loudest.peer })
	r.dominant = slices.Insert(r.dominant, 0, loudest.peer)
	r.dominant = r.dominant[:min(len(r.dominant), remembered)]
	r.layoutDue, r.voicesDue = true, true
}

func (r *Room) tellSpeakers() {
	if r.options.Speakers == nil {
		return
	}
	var speakers []Speaker
	for _, h := range r.heard {
		if h.source == Microphone && h.takeable() && h.speaks() {
			speakers = append(speakers, Speaker{Peer: h.peer.id, Level: int(h.level)})
		}
	}
	slices.SortFunc(speakers, func(a, b Speaker) int { return cmp.Or(cmp.Compare(a.Level, b.Level), cmp.Compare(a.Peer, b.Peer)) })
	if slices.Equal(speakers, r.speakers) {
		return
	}
	r.speakers = speakers
	r.options.Speakers(slices.Clone(speakers))
}
