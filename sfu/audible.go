package sfu

import (
	"cmp"
	"slices"
)

// voice is a source of sound that may be heard, as the ranking sees it.
type voice struct {
	publication *publication
	holder      bool // of the floor
	chair       bool
	content     bool // the sound of the shared screen
	level       float64
	heard       bool // it was among the heard before
	order       int
}

// stickiness is how much louder than one who is heard another must be to take the place, in dB.
const stickiness = 6

// rankVoices orders voices by their claim to be heard: the floor-holder, the chair, the shared screen, then the loudest, with an
// advantage for those who are heard already; those who are silent in the order of the protocol.
func rankVoices(voices []voice) {
	rank := func(v voice) int {
		switch {
		case v.holder:
			return 0
		case v.chair:
			return 1
		case v.content:
			return 2
		}
		return 3
	}
	loudness := func(v voice) float64 {
		l := min(v.level, speaksBelow) // below that nobody is louder than another
		if v.heard {
			l -= stickiness
		}
		return l
	}
	slices.SortStableFunc(voices, func(a, b voice) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(loudness(a), loudness(b)), cmp.Compare(a.order, b.order))
	})
}

// placeVoices puts the wanted publications into slots: first goes into slot 0, the others stay where they are, and the new ones fill
// what is free. occupants is what the slots hold now.
func placeVoices(occupants []*publication, first *publication, wanted []*publication) []*publication {
	placed := make([]*publication, len(occupants))
	if len(placed) == 0 {
		return placed
	}
	placed[0] = first
	var homeless []*publication
	for _, w := range wanted {
		if w == first {
			continue
		}
		if i := slices.Index(occupants, w); i > 0 || i == 0 && first == nil {
			placed[i] = w
		} else {
			homeless = append(homeless, w)
		}
	}
	// Slot 0 is filled last: it is the programme's.
	for n := range placed {
		if i := (n + 1) % len(placed); placed[i] == nil && len(homeless) > 0 {
			placed[i], homeless = homeless[0], homeless[1:]
		}
	}
	return placed
}
