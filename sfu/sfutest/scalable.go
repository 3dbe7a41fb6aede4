package sfutest

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"diemcau/sfu/codec"
)

// scalable is the state of an encoder of VP9 or AV1 with three spatial and three temporal layers, which refer to lower ones in key frames only
// (L3T3_KEY).
type scalable struct {
	codec codec.Codec
	at    int    // in the temporal pattern
	frame uint16 // the newest one's number
}

// scalableKey is the dependency descriptor that Chromium 156 sends with a key frame, with all layers active. Each spatial layer has five
// templates: of a key frame, of temporal layers 0 and 1, and of the first and the second frame of layer 2.
const scalableKey = "c0000180081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf00"

// scalablePattern are the pictures in their order: temporal layer, template, and how many pictures back is the one that they refer to.
var scalablePattern = [...]struct{ layer, template, back byte }{{0, 1, 4}, {2, 3, 1}, {1, 2, 2}, {2, 4, 1}}

// scalableLines and scalableSizes are the heights of the layers, and the bytes of their frames.
var (
	scalableLines = [...]int{180, 360, 720}
	scalableSizes = [...]int{200, 450, 1000}
)

// layers sends a picture with all its layers, one packet each.
func (e *encoder) layers(captured time.Time, key bool) {
	s := e.scalable
	if key {
		s.at = 0
	}
	step := scalablePattern[s.at%len(scalablePattern)]
	s.at++
	e.picture = (e.picture + 1) & 0x7fff
	for spatial, lines := range scalableLines {
		s.frame++
		descriptor := make([]byte, 3)
		template := step.template
		if key {
			template = 0
		}
		if key && spatial == 0 {
			descriptor, _ = hex.DecodeString(scalableKey)
		}
		descriptor[0] = 0xc0 | template + byte(5*spatial)
		binary.BigEndian.PutUint16(descriptor[1:], s.frame)
		payload := make([]byte, scalableSizes[spatial])
		payload[0] = 0x10 // of AV1: one unit
		switch {
		case s.codec == codec.VP9:
			e.vp9Descriptor(payload, spatial, step.layer, step.back, key)
		case key && spatial == 0:
			payload[0] |= 0x08 // a new sequence
		}
		e.write(payload, captured, lines, spatial == len(scalableLines)-1, map[string][]byte{codec.DependencyURI: descriptor})
	}
}

// vp9Descriptor writes a payload descriptor of RFC 9628 in flexible mode.
func (e *encoder) vp9Descriptor(b []byte, spatial int, temporal, back byte, key bool) {
	b[0] = 0x80 | 0x20 | 0x10 | 0x08 | 0x04 // I, L, F, B and E
	binary.BigEndian.PutUint16(b[1:], 0x8000|e.picture)
	b[3] = temporal<<5 | byte(spatial)<<1
	switch {
	case !key:
		b[0] |= 0x40 // P
		b[4] = back << 1
	case spatial > 0:
		b[3] |= 0x01 // D: it refers to the layer below
	}
}

// Layered checks what a receiver needs of the packets of one slot, whatever codecs follow each other, where nothing was lost: numbers without a
// gap, timestamps that never go back, and of VP9 and AV1 with layers an end of each picture and every frame that another refers to.
func Layered(packets []Packet) error {
	r := reader{}
	for i, p := range inOrder(packets) {
		if err := r.take(p, i == 0); err != nil {
			return fmt.Errorf("packet %d, %d of %s in %v with %d lines: %w", i, p.Number, p.From, p.Codec, p.Layer, err)
		}
	}
	return nil
}

// reader is a receiver of layers.
type reader struct {
	last   numbered
	known  [2]*codec.Structure
	frames map[int]bool // of VP9 by picture id and layer, of AV1 by number
}

func (r *reader) take(p numbered, first bool) error {
	last := r.last
	r.last = p
	scalable := func(c codec.Codec) bool { return c == codec.VP9 || c == codec.AV1 }
	switch {
	case first:
	case p.extended != last.extended+1:
		return fmt.Errorf("number %d after %d", p.Sequence, last.Sequence)
	case int32(p.Timestamp-last.Timestamp) < 0:
		return fmt.Errorf("timestamp %d after %d", p.Timestamp, last.Timestamp)
	case scalable(last.Codec) && p.Timestamp != last.Timestamp && !last.Marker:
		return fmt.Errorf("the picture before it has no end")
	}
	if !scalable(p.Codec) {
		return nil
	}
	change := first || p.From != last.From || p.Codec != last.Codec
	if change {
		r.frames = map[int]bool{}
	}
	if p.Codec == codec.VP9 {
		return r.takeVP9(p, change)
	}
	return r.takeAV1(p, change)
}

func (r *reader) takeVP9(p numbered, change bool) error {
	f := &p.Facts
	if change && !f.KeyFrame {
		return fmt.Errorf("it begins without a key frame")
	}
	id := func(back byte, spatial uint8) int {
		return int((f.VP9.PictureID-uint16(back))&0x7fff)<<2 | int(spatial)
	}
	predicted, below := p.Payload[0]&0x40 != 0, p.Payload[3]&0x01 != 0
	switch {
	case predicted && !r.frames[id(p.Payload[4]>>1, f.Spatial)], below && !r.frames[id(0, f.Spatial-1)]:
		return fmt.Errorf("picture %d, layer %d.%d, refers to what did not come", f.VP9.PictureID, f.Spatial, f.Temporal)
	case !change && !f.KeyFrame && r.frames[id(0, f.Spatial)]:
		return fmt.Errorf("picture %d comes twice", f.VP9.PictureID)
	}
	r.frames[id(0, f.Spatial)] = true
	return nil
}

func (r *reader) takeAV1(p numbered, change bool) error {
	attached, ok := codec.ParseDependency(p.Descriptor, r.known, 0, &p.Facts)
	d := &p.Facts.Dependency
	switch {
	case !ok || d.Structure == nil:
		return fmt.Errorf("descriptor %x", p.Descriptor)
	case change && attached == nil:
		return fmt.Errorf("it begins without a structure")
	case attached != nil:
		r.known = [2]*codec.Structure{attached, r.known[0]}
	}
	own := d.Structure.Best(p.Facts.Spatial, p.Facts.Temporal, 1<<len(d.Structure.Targets)-1)
	if back, chained := d.Protection(own); chained && back != 0 && !r.frames[int(d.Number-uint16(back))] {
		return fmt.Errorf("frame %d, layer %d.%d, belongs to a chain of which the one before did not come", d.Number, p.Facts.Spatial, p.Facts.Temporal)
	}
	if d.Masked() && d.Active&d.In == 0 {
		return fmt.Errorf("frame %d, layer %d.%d, is said to be of no active target: %x", d.Number, p.Facts.Spatial, p.Facts.Temporal, d.Active)
	}
	r.frames[int(d.Number)] = true
	return nil
}
