package forward

import "diemcau/sfu/codec"

// Layer is one simulcast layer of a publication as the choice sees it.
type Layer struct {
	Height int  // pixels; 0 while no key frame told it
	Live   bool // packets arrive
}

// All is no limit.
const All = codec.Every

// Limit says which layers of one stream a slot takes at most: none above these.
type Limit struct{ Spatial, Temporal uint8 }

// Unlimited takes every layer.
var Unlimited = Limit{All, All}
