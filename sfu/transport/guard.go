package transport

import "diemcau/sfu/packets"

// guard refuses to seal one index of one SSRC twice. It follows the roll-over counter as the sealer does (RFC 3711, section 3.3.1).
type guard struct {
	started bool
	highest uint64
	window  packets.Window
}

// admit gives the index of a packet, which begins with the roll-over counter 0, and whether it may be sealed.
func (g *guard) admit(sequence uint16) (index uint64, ok bool) {
	// One roll-over is added so that a packet from before the first has an index too.
	const first = 1 << 16
	index = first | uint64(sequence)
	if !g.started {
		g.started = true
		g.highest = index
	} else {
		index = g.highest + uint64(int64(int16(sequence-uint16(g.highest))))
		g.highest = max(g.highest, index)
	}
	return index - first, index >= first && g.window.Admit(index)
}
