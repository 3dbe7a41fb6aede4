package sfu

import "slices"

// voice is a source of sound that may be heard, as the ranking sees it.
type voice struct {
	publication *publication
	claim       claim
	level       float64 // in -dBov
}

// claim is what a voice is heard for; the first goes before the rest.
type claim uint8

const (
	claimHolder  claim = iota // of the floor
	claimChair                // the chair
	claimContent              // the sound of the shared screen
	claimLoud                 // how loud it is
)

// stickiness is how much louder than one who is ahead another must be to take the place, in dB.
const stickiness = 6

// goesBefore tells whether a voice takes the place of one that was ahead of it. Below the level of speech nobody is louder than another.
func (v voice) goesBefore(ahead voice) bool {
	if v.claim != ahead.claim {
		return v.claim < ahead.claim
	}
	return v.level+stickiness < min(ahead.level, speaksBelow)
}

// rankVoices brings voices, which come in their last order, into the new one. It changes only where somebody is clearly louder, so that
// whoever has few slots and whoever has many are both spared a flutter at their last one; and who spoke last stays ahead in a silence.
func rankVoices(voices []voice) {
	for i := 1; i < len(voices); i++ {
		v := voices[i]
		if at := slices.IndexFunc(voices[:i], v.goesBefore); at >= 0 {
			copy(voices[at+1:i+1], voices[at:i])
			voices[at] = v
		}
	}
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
