package sfutest

import (
	"slices"
	"testing"

	"diemcau/sfu/codec"
)

// pictures are packets of VP9 as a receiver of the smallest layer has them: a key frame and then frames of all temporal layers.
func pictures(count int) (all []Packet) {
	e := &encoder{scalable: &scalable{codec: codec.VP9}}
	for i := range count {
		step := scalablePattern[i%len(scalablePattern)]
		e.picture++
		payload := make([]byte, 100)
		e.vp9Descriptor(payload, 0, step.layer, step.back, i == 0)
		facts, _ := codec.Parse(codec.VP9, payload)
		all = append(all, Packet{Sequence: uint16(i), Timestamp: uint32(i) * 3000, Marker: true, Codec: codec.VP9, Payload: payload, Facts: facts, From: "a", Number: uint32(1 + 3*i), Layer: 180})
	}
	return all
}

func TestLayered(t *testing.T) {
	for name, c := range map[string]struct {
		change func([]Packet) []Packet
		good   bool
	}{
		"as it was": {func(p []Packet) []Packet { return p }, true},
		"without its highest frames": {func(p []Packet) []Packet {
			p = slices.DeleteFunc(p, func(p Packet) bool { return p.Facts.Temporal == 2 })
			for i := range p {
				p[i].Sequence = uint16(i)
			}
			return p
		}, true},
		"without a frame that others refer to": {func(p []Packet) []Packet {
			p = slices.Delete(p, 4, 5)
			for i := range p {
				p[i].Sequence = uint16(i)
			}
			return p
		}, false},
		"a gap":                  {func(p []Packet) []Packet { return slices.Delete(p, 3, 4) }, false},
		"a picture without end":  {func(p []Packet) []Packet { p[3].Marker = false; return p }, false},
		"time goes back":         {func(p []Packet) []Packet { p[3].Timestamp = 0; return p }, false},
		"no key frame":           {func(p []Packet) []Packet { return p[1:] }, false},
		"another without a key":  {func(p []Packet) []Packet { p[5].From = "b"; return p }, false},
		"AV1 without descriptor": {func(p []Packet) []Packet { p[0].Codec = codec.AV1; return p }, false},
	} {
		if err := Layered(c.change(pictures(12))); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
