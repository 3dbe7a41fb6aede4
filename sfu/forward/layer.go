package forward

// Layer is one simulcast layer of a publication as the choice sees it.
type Layer struct {
	Height int  // pixels; 0 while no key frame told it
	Live   bool // packets arrive
}
