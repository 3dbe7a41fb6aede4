package codec

// NAL unit types of RFC 6184, section 5.4, and ITU-T H.264, table 7-1.
const (
	nalSlice   = 1
	nalIDR     = 5
	nalSPS     = 7
	nalPPS     = 8
	nalSTAPA   = 24
	nalFUA     = 28
	nalTypeSet = 0x1f
)

// parseH264 finds the start of a picture that decodes on its own: browsers send the parameter sets in front of every
// IDR picture, so the packet that holds the sequence parameter set is where a receiver can begin.
func parseH264(b []byte) (p Payload, ok bool) {
	if len(b) < 1 {
		return p, false
	}
	switch t := b[0] & nalTypeSet; t {
	case nalSTAPA:
		for rest := b[1:]; len(rest) > 0; {
			if len(rest) < 3 {
				return p, false
			}
			size := int(rest[0])<<8 | int(rest[1])
			if size == 0 || len(rest) < 2+size {
				return p, false
			}
			note(&p, rest[2]&nalTypeSet, rest[3:2+size])
			rest = rest[2+size:]
		}
	case nalFUA:
		if len(b) < 2 {
			return p, false
		}
		if b[1]&0x80 != 0 { // the first fragment
			note(&p, b[1]&nalTypeSet, b[2:])
		}
	default:
		if t == 0 || t > nalSTAPA {
			return p, false
		}
		note(&p, t, b[1:])
	}
	return p, true
}

// note takes one NAL unit into p; rest is its bytes after the header.
func note(p *Payload, nal byte, rest []byte) {
	switch nal {
	case nalSPS:
		p.FrameStart, p.KeyFrame = true, true
	case nalSlice, nalIDR:
		// first_mb_in_slice is 0, which Exp-Golomb writes as a single 1 bit, on the first slice of a picture.
		if len(rest) > 0 && rest[0]&0x80 != 0 {
			p.FrameStart = true
		}
	case nalPPS:
	}
}
