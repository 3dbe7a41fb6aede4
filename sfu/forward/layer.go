package forward

// Layer is one simulcast layer of a publication as the choice sees it.
type Layer struct {
	Height int  // pixels; 0 while no key frame told it
	Live   bool // packets arrive
}

// ChooseLayer gives the index of the layer that a picture of the given height on the screen should take: the smallest live one that is
// not scaled up by more than a fifth, else the largest live one. height 0 asks for the largest. It is -1 when none is live.
func ChooseLayer(layers []Layer, height int) int {
	best := -1
	for i, l := range layers {
		if !l.Live {
			continue
		}
		if best < 0 {
			best = i
			continue
		}
		b := layers[best]
		switch enough := height > 0 && l.Height*6 >= height*5; {
		case enough && b.Height*6 >= height*5:
			if l.Height < b.Height {
				best = i
			}
		case l.Height > b.Height:
			best = i
		}
	}
	return best
}
