package bandwidth

import "encoding/binary"

// Plausible tells whether the transport-wide reports in a compound RTCP packet hold as many arrivals as they announce.
//
// rtcp.Unmarshal makes room for what is announced before it looks: a report of 36 bytes that announces 65,535 arrivals costs it 2 MB.
// What is broken in other ways is left to it.
func Plausible(compound []byte) bool {
	const header, transportFeedback, transportWide = 4, 205, 15
	for len(compound) >= header {
		size := header + 4*int(binary.BigEndian.Uint16(compound[2:]))
		if size > len(compound) {
			return true // refused for that
		}
		if compound[1] == transportFeedback && compound[0]&0x1f == transportWide && !plausible(compound[:size]) {
			return false
		}
		compound = compound[size:]
	}
	return true
}

// plausible judges one report (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1).
func plausible(report []byte) bool {
	const chunks = 20
	if len(report) < chunks {
		return true
	}
	left, at, bytes := int(binary.BigEndian.Uint16(report[14:])), chunks, 0
	for left > 0 && at+2 <= len(report) {
		chunk := binary.BigEndian.Uint16(report[at:])
		at += 2
		switch {
		case chunk>>15 == 0: // a run
			n := min(left, int(chunk&0x1fff))
			bytes += n * deltaSize(chunk>>13&3)
			left -= n
		case chunk>>14 == 2: // fourteen of one bit
			for i := range 14 {
				bytes += deltaSize(chunk >> (13 - i) & 1)
			}
			left -= 14
		default: // seven of two
			for i := range 7 {
				bytes += deltaSize(chunk >> (12 - 2*i) & 3)
			}
			left -= 7
		}
	}
	return at+bytes <= len(report)
}

// deltaSize is how many bytes tell when a packet of some status arrived.
func deltaSize(symbol uint16) int {
	if symbol == 3 {
		return 0 // reserved
	}
	return int(symbol)
}
