package sfu

import (
	"sync/atomic"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
)

// described is what the source of a stream says of its layers. The goroutine of the transport that reads the stream owns the fields without
// another note.
type described struct {
	known  [2]*codec.Structure // the newest first: what is late belongs to the one before
	since  uint16              // the frame with which the newest began
	active uint16              // targets that the source sends
	newest uint16              // the frame that said so

	structure atomic.Pointer[codec.Structure] // the newest
	sends     atomic.Uint32                   // active
	measured  struct {                        // of the room: the parts of the structure that rates were last taken of
		of    *codec.Structure
		parts []part
	}
}

// begin forgets what was said of a stream that has another codec now.
func (d *described) begin() {
	if d.known[0] != nil {
		d.known = [2]*codec.Structure{}
		d.structure.Store(nil)
	}
}

// targets are those of the stream, and which of them its source sends. Any goroutine may ask. Without a description the structure is nil.
func (d *described) targets() (s *codec.Structure, active uint16) {
	return d.structure.Load(), uint16(d.sends.Load())
}

// spatialLayers is how many spatial layers the source sends; 0 where it does not say it.
func (d *described) spatialLayers() int {
	s, active := d.targets()
	if s == nil {
		return 0
	}
	return int(s.Targets[s.Best(forward.All, forward.All, active)].Spatial) + 1
}

// parts are what a slot can be given of the stream.
func (d *described) parts() []part {
	s := d.structure.Load()
	if s == nil {
		return byTemporal
	}
	if d.measured.of != s {
		d.measured.of, d.measured.parts = s, partsOf(s)
	}
	return d.measured.parts
}

// describe adds to the facts of a packet what its dependency descriptor says, and gives that where it is to go out too. ok is false for a
// malformed one.
func (l *layer) describe(c codec.Codec, facts *codec.Payload) (descriptor []byte, ok bool) {
	if l.stream.Dependency == 0 || c != codec.VP9 && c != codec.AV1 {
		return nil, true
	}
	b := l.parsed.GetExtension(l.stream.Dependency)
	if len(b) == 0 {
		return nil, true
	}
	attached, ok := codec.ParseDependency(b, l.known, l.active, facts)
	if !ok {
		return nil, false
	}
	d := &facts.Dependency
	if attached != nil {
		l.attach(attached, d.Number)
		facts.Height = attached.Height[attached.SpatialLayers()-1]
	}
	if d.Structure != nil && d.Structure == l.known[0] && (attached != nil || d.Masked() && int16(d.Number-l.newest) > 0) {
		l.active, l.newest = d.Active, d.Number
		l.sends.Store(uint32(d.Active))
	}
	if c == codec.VP9 {
		return nil, true
	}
	facts.KeyFrame = attached != nil && facts.FrameStart
	return b, true
}

// attach takes a structure that begins with a frame, unless a newer one came before it.
func (d *described) attach(s *codec.Structure, number uint16) {
	if d.known[0] != nil && int16(number-d.since) < 0 {
		d.known[1] = s
		return
	}
	d.known = [2]*codec.Structure{s, d.known[0]}
	d.since = number
	d.structure.Store(s)
}
