package codec

import "encoding/binary"

// DependencyURI names the header extension that carries the dependency descriptor, which encoders send with AV1 and with VP9.
const DependencyURI = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

// Limits of what is read of a structure; the format would have room for 32 decode targets, as many chains and 64 templates.
const (
	// MaxTargets is how many decode targets a structure may have.
	MaxTargets = 16
	maxChains  = 8
	// MaxSpatial and MaxTemporal are how many layers of each kind are told apart.
	MaxSpatial, MaxTemporal = 4, 4
	maxTemplates            = 64

	// Layers is how many layers of one stream are told apart.
	Layers = MaxSpatial * MaxTemporal
)

// Layer numbers the layers of one stream: a spatial and a temporal one.
type Layer uint8

// LayerOf gives the number of a layer.
func LayerOf(spatial, temporal uint8) Layer {
	return Layer(min(spatial, MaxSpatial-1)*MaxTemporal + min(temporal, MaxTemporal-1))
}

// Structure says which frames of a stream belong together (AV1 RTP specification, appendix A: template_dependency_structure). It comes with a
// key frame and never changes.
type Structure struct {
	Targets []Target
	// Height of the picture in pixels, by spatial layer; 0 where the structure does not say it.
	Height [MaxSpatial]int

	offset    uint8
	chains    uint8
	templates []template
	layers    uint8 // spatial ones
}

// Target is a decode target: what a receiver can be given of a stream.
type Target struct {
	Spatial, Temporal uint8
	// Layers are those that it is made of beside key frames, by their numbers.
	Layers uint16
	// Includes are the targets of which all frames are its own too, itself among them, by their indices.
	Includes uint16
	chain    uint8
}

// template is what frames have in common that name it.
type template struct {
	spatial, temporal uint8
	in, change        uint16
	chains            [maxChains]uint8
}

// Dependency is what a dependency descriptor says of a packet's frame. The masks are of decode targets by their indices.
type Dependency struct {
	Structure *Structure       // nil where none came that the descriptor goes by: it is known of the frame no more than its number
	Number    uint16           // of the frame
	In        uint16           // targets that the frame belongs to
	Switch    uint16           // targets that a receiver can go on with from here, if it can decode the frame
	Active    uint16           // targets that the source sends
	chains    [maxChains]uint8 // how many frames before this one the newest of each chain is; 0 is none
	attached  bool             // the structure begins here
	masked    bool             // the descriptor says which targets are active
	tail      uint16           // bits before where it says so, or would
}

// Protection says which frame must have been there for a target's frames from here on to be decodable: the one so many before this one. 0 is
// none before this one. ok is false for a target without a chain.
func (d *Dependency) Protection(target uint8) (back uint8, ok bool) {
	s := d.Structure
	if s.chains == 0 {
		return 0, false
	}
	return d.chains[s.Targets[target].chain], true
}

// Best gives the best target with at most these layers, of those that are active: the largest picture, and then the most frames. Where
// none is as small it is the smallest.
func (s *Structure) Best(spatial, temporal uint8, active uint16) uint8 {
	if active &= s.all(); active == 0 {
		active = s.all()
	}
	best, smallest := -1, -1
	for i, t := range s.Targets {
		if active>>i&1 == 0 {
			continue
		}
		layer := LayerOf(t.Spatial, t.Temporal)
		if smallest < 0 || layer < s.layerOf(smallest) {
			smallest = i
		}
		if t.Spatial <= spatial && t.Temporal <= temporal && (best < 0 || layer > s.layerOf(best)) {
			best = i
		}
	}
	if best < 0 {
		best = smallest
	}
	return uint8(best)
}

func (s *Structure) layerOf(target int) Layer {
	return LayerOf(s.Targets[target].Spatial, s.Targets[target].Temporal)
}

// Whole tells whether all frames belong to a target.
func (s *Structure) Whole(target uint8) bool { return s.Targets[target].Includes == s.all() }

// Templates are the ids that frames name templates by: from one up to the next one that is free.
func (s *Structure) Templates() (from, free uint8) {
	return s.offset, (s.offset + uint8(len(s.templates))) % templateIDs
}

// Described tells whether the source says something of the frame.
func (d *Dependency) Described() bool { return d.tail != 0 }

// Masked tells whether the packet's descriptor says which targets are active.
func (d *Dependency) Masked() bool { return d.masked }

// SpatialLayers is how many spatial layers there are.
func (s *Structure) SpatialLayers() int { return int(s.layers) }

// Every is the target of which all frames are a part.
const Every = 255

// Of tells whether the packet belongs to a target: a decode target's index where the source describes its frames, otherwise the highest
// temporal layer. Frames of which it is not known are of all.
func (p *Payload) Of(target uint8) bool {
	switch d := &p.Dependency; {
	case target == Every || d.Structure == nil && d.Described():
		return true
	case d.Structure != nil:
		return d.In>>target&1 != 0
	}
	return p.Temporal <= target
}

// Ends tells whether a picture ends with the packet for a receiver of a target, although its source's ends later.
func (p *Payload) Ends(target uint8) bool {
	s := p.Dependency.Structure
	return p.FrameEnd && s != nil && int(target) < len(s.Targets) && p.Spatial == s.Targets[target].Spatial
}

// Start and end of a frame, in a descriptor's first byte.
const (
	descriptorStart = 0x80
	descriptorEnd   = 0x40
	// descriptorFixed is the length of what every descriptor has.
	descriptorFixed = 3
	templateIDs     = 64
	maxDescriptor   = 255 // bytes: what a header extension holds
)

// ParseDependency reads a dependency descriptor and puts what it says into the facts of its packet. known are the structures that came
// before, the newest first; each may be nil. active are the targets that the source sent until now. It gives the structure that comes with
// the descriptor, if one does. ok is false for a malformed one.
func ParseDependency(b []byte, known [2]*Structure, active uint16, p *Payload) (attached *Structure, ok bool) {
	if len(b) < descriptorFixed || len(b) > maxDescriptor {
		return nil, false
	}
	d := &p.Dependency
	*d = Dependency{Number: binary.BigEndian.Uint16(b[1:]), Active: active, tail: 8 * descriptorFixed}
	p.FrameStart, p.FrameEnd = b[0]&descriptorStart != 0, b[0]&descriptorEnd != 0
	r := bits{b: b, at: 8 * descriptorFixed}
	var customTargets, customDifferences, customChains bool
	if len(b) > descriptorFixed {
		d.attached, d.masked = r.flag(), r.flag()
		customTargets, customDifferences, customChains = r.flag(), r.flag(), r.flag()
		if d.attached {
			if attached = readStructure(&r); attached == nil {
				return nil, false
			}
			known = [2]*Structure{attached}
			d.Active = attached.all()
		}
		d.tail = uint16(r.at)
	}
	t := find(known, b[0]%templateIDs, d)
	if t == nil {
		return nil, !d.attached
	}
	s := d.Structure
	if d.masked {
		d.Active = uint16(r.take(len(s.Targets)))
	}
	d.In, d.Switch, d.chains = t.in, t.change, t.chains
	if customTargets {
		d.In, d.Switch = readTargets(&r, len(s.Targets))
	}
	if customDifferences {
		for size := r.take(2); size != 0 && !r.over; size = r.take(2) {
			r.take(4 * int(size))
		}
	}
	if customChains {
		for c := range s.chains {
			d.chains[c] = uint8(r.take(8))
		}
	}
	p.Spatial, p.Temporal = t.spatial, t.temporal
	return attached, !r.over
}

// find gives the template that an id names in one of the structures, and notes the structure.
func find(known [2]*Structure, id uint8, d *Dependency) *template {
	for _, s := range known {
		if s == nil {
			continue
		}
		if i := int(id+templateIDs-s.offset) % templateIDs; i < len(s.templates) {
			d.Structure = s
			return &s.templates[i]
		}
	}
	return nil
}

func (s *Structure) all() uint16 { return uint16(1<<len(s.Targets) - 1) }

// readTargets reads how a frame relates to each target: to be left out, of no use to others (discardable), one to switch at, or required.
func readTargets(r *bits, n int) (in, change uint16) {
	for i := range n {
		v := r.take(2)
		if v != 0 {
			in |= 1 << i
		}
		if v == 2 {
			change |= 1 << i
		}
	}
	return in, change
}

// readStructure reads a template_dependency_structure; nil for a malformed one, or one that has more than is read.
func readStructure(r *bits) *Structure {
	s := &Structure{offset: uint8(r.take(6))}
	n := int(r.take(5)) + 1
	if n > MaxTargets {
		return nil
	}
	var t template
	for next := uint32(0); next != 3; {
		if s.templates = append(s.templates, t); len(s.templates) > maxTemplates || r.over {
			return nil
		}
		switch next = r.take(2); next {
		case 1:
			t.temporal++
		case 2:
			t.temporal, t.spatial = 0, t.spatial+1
		}
	}
	s.layers = t.spatial + 1
	if s.layers > MaxSpatial {
		return nil
	}
	for i := range s.templates {
		s.templates[i].in, s.templates[i].change = readTargets(r, n)
	}
	for range s.templates {
		for r.flag() {
			r.take(4) // to which frames it refers: chains and targets say all that is needed
		}
	}
	s.Targets = make([]Target, n)
	if !s.readChains(r) {
		return nil
	}
	if r.flag() {
		for i := range s.layers {
			r.take(16)
			s.Height[i] = int(r.take(16)) + 1
		}
	}
	if r.over {
		return nil
	}
	s.relate()
	return s
}

func (s *Structure) readChains(r *bits) bool {
	chains := r.below(uint32(len(s.Targets)) + 1)
	if chains > maxChains {
		return false
	}
	s.chains = uint8(chains)
	if chains == 0 {
		return true
	}
	for i := range s.Targets {
		s.Targets[i].chain = uint8(r.below(chains))
	}
	for i := range s.templates {
		for c := range chains {
			s.templates[i].chains[c] = uint8(r.take(4))
		}
	}
	return true
}

// relate works out the layers of each target, and which targets are part of others.
func (s *Structure) relate() {
	for i := range s.Targets {
		t := &s.Targets[i]
		t.Includes = s.all()
		var without uint16
		for _, m := range s.templates {
			layer := uint16(1) << LayerOf(m.spatial, m.temporal)
			if m.in>>i&1 == 0 {
				t.Includes &^= m.in
				without |= layer
				continue
			}
			t.Layers |= layer
			t.Spatial, t.Temporal = max(t.Spatial, m.spatial), max(t.Temporal, min(m.temporal, MaxTemporal-1))
		}
		t.Layers &^= without // key frames need lower layers of which nothing else belongs to the target
	}
}
