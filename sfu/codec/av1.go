package codec

// Bits of the aggregation header of an AV1 payload (AV1 RTP specification, section 4.4).
const (
	av1Continues = 0x80 // Z: the first unit began in the packet before
	av1Sequence  = 0x08 // N: a new coded video sequence begins
)

// parseAV1 finds where a receiver can begin; all else is said by the dependency descriptor, where there is one.
func parseAV1(b []byte) (p Payload, ok bool) {
	if len(b) < 2 {
		return p, false
	}
	p.FrameStart = b[0]&av1Continues == 0
	p.KeyFrame = p.FrameStart && b[0]&av1Sequence != 0
	return p, true
}
