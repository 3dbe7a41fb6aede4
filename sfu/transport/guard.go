package transport

import "diemcau/sfu/packets"

// guard refuses to seal one index of one SSRC twice. It follows the roll-over counter as the sealer does (RFC 3711, section 3.3.1).
type guard struct {
	started bool
	highest uint64
	window  packets.Window
}

func (g *guard) admit(sequence uint16) bool {
	index := uint64(sequence)
	if !g.started {
		g.started = true
		index |= 1 << 16 // so that a packet from before the first has an index too
		g.highest = index
	} else {
		index = g.highest + uint64(int64(int16(sequence-uint16(g.highest))))
		g.highest = max(g.highest, index)
	}
	return g.window.Admit(index)
}
