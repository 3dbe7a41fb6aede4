package measure

// Origin is where a packet comes from: one layer of one publisher.
type Origin struct {
	Publisher uint32
	Layer     uint8
}

// Gaps finds what is missing in one slot. A slot carries one origin after another; what counts is the numbers between the first and the
// last packet that came of an origin in a row, by the stamps of the publisher. What all publishers sent says nothing: of most of it the
// slot is meant to carry nothing.
//
// Between two packets of one origin there can be numbers that the server left out on purpose, as those of a microphone while it must
// not be heard. It then lets the sequence numbers of the slot go on without a gap; what is lost leaves one.
type Gaps struct {
	origin   Origin
	begun    bool
	highest  uint32
	seen     uint64 // bit i: highest-i came
	sequence uint16 // of the packet with the highest number
}

// Arrival is what a packet says of those before it.
type Arrival struct {
	Fresh bool // it came for the first time
	New   bool // another origin than that of the packet before, or the first
	// Lost is how many packets before it are missing, or -1 where it was counted as missing before.
	Lost     int
	Withheld int // numbers before it that the server left out
}

// Packet takes a packet with its number in its layer and its sequence number in the slot (RFC 3550).
func (g *Gaps) Packet(origin Origin, number uint32, sequence uint16) Arrival {
	if !g.begun || origin != g.origin {
		*g = Gaps{origin: origin, begun: true, highest: number, seen: 1, sequence: sequence}
		return Arrival{Fresh: true, New: true}
	}
	if number > g.highest {
		ahead := number - g.highest
		missing := int(ahead) - 1
		lost := min(missing, max(int(int16(sequence-g.sequence))-1, 0))
		g.seen = g.seen<<ahead | 1 // a shift by 64 or more leaves nothing
		g.highest, g.sequence = number, sequence
		return Arrival{Fresh: true, Lost: lost, Withheld: missing - lost}
	}
	behind := g.highest - number
	if behind >= 64 || g.seen&(1<<behind) != 0 {
		return Arrival{}
	}
	g.seen |= 1 << behind
	return Arrival{Fresh: true, Lost: -1}
}
