package codec

// NAL unit types of RFC 6184, section 5.4, and ITU-T H.264, table 7-1.
const (
	nalSlice   = 1
	nalIDR     = 5
	nalSPS     = 7
	nalSTAPA   = 24
	nalFUA     = 28
	nalTypeSet = 0x1f
	nalRefIDC  = 0x60 // 0 in what no other picture refers to
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
			note(&p, rest[2], rest[3:2+size])
			rest = rest[2+size:]
		}
	case nalFUA:
		if len(b) < 2 {
			return p, false
		}
		rest := b[2:]
		if b[1]&0x80 == 0 { // not the first fragment
			rest = nil
		}
		note(&p, b[0]&nalRefIDC|b[1]&nalTypeSet, rest)
	default:
		if t == 0 || t > nalSTAPA {
			return p, false
		}
		note(&p, b[0], b[1:])
	}
	return p, true
}

// note takes one NAL unit into p by its header; rest is what follows the header where the unit begins here. Pictures that no other refers
// to make up temporal layer 1, whether the encoder calls it that or not.
func note(p *Payload, header byte, rest []byte) {
	nal := header & nalTypeSet
	if nal == nalSlice && header&nalRefIDC == 0 {
		p.Temporal, p.Sync = 1, true
	}
	switch nal {
	case nalSPS:
		if rest != nil {
			p.FrameStart, p.KeyFrame, p.Height = true, true, h264Height(rest)
		}
	case nalSlice, nalIDR:
		// first_mb_in_slice is 0, which Exp-Golomb writes as a single 1 bit, on the first slice of a picture.
		if len(rest) > 0 && rest[0]&0x80 != 0 {
			p.FrameStart = true
		}
	}
}
