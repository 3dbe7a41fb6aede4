package bandwidth

import (
	"encoding/binary"
	"time"
)

// report is a transport-wide report as it is on the wire (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1). It is read in
// place: rtcp.Unmarshal would make an object for each arrival, and room for as many as are announced before it looks.
type report struct {
	base      uint16 // number of the first packet
	count     int    // packets that it tells of
	reference uint32 // 24 bits, in units of referenceUnit
	chunks    []byte // two bytes each
	deltas    []byte // when packets arrived, each after the one before
}

// symbol is what is said of a packet.
type symbol uint8

const (
	notReceived symbol = iota
	smallDelta         // arrived; one byte tells when
	largeDelta         // two bytes
)

const deltaUnit = int64(250 * time.Microsecond)

// Announced is how many packets a report says that it tells of: what it costs to read.
func Announced(report []byte) int {
	r, _ := readReport(report)
	return r.count
}

// readReport finds the parts of an RTCP packet; ok is false where they do not fit.
func readReport(raw []byte) (r report, ok bool) {
	const fixed = 20
	if len(raw) < fixed {
		return report{}, false
	}
	r.base, r.count = binary.BigEndian.Uint16(raw[12:]), int(binary.BigEndian.Uint16(raw[14:]))
	r.reference = binary.BigEndian.Uint32(raw[16:]) >> 8
	end := fixed
	for left := r.count; left > 0 && end+2 <= len(raw); end += 2 {
		left -= chunk(binary.BigEndian.Uint16(raw[end:])).length()
	}
	r.chunks, r.deltas = raw[fixed:end], raw[end:]
	return r, true
}

// delta takes the time between two arrivals; ok is false where none is left.
func (r *report) delta(s symbol) (nanoseconds int64, ok bool) {
	switch {
	case s == smallDelta && len(r.deltas) >= 1:
		nanoseconds = int64(r.deltas[0]) * deltaUnit
	case s == largeDelta && len(r.deltas) >= 2:
		nanoseconds = int64(int16(binary.BigEndian.Uint16(r.deltas))) * deltaUnit
	default:
		return 0, false
	}
	r.deltas = r.deltas[s:]
	return nanoseconds, true
}

// chunk holds the symbols of several packets: a run of one, fourteen of one bit or seven of two.
type chunk uint16

func (c chunk) length() int {
	switch {
	case c>>15 == 0:
		return int(c & 0x1fff)
	case c>>14 == 2:
		return 14
	}
	return 7
}

// symbol is that of the i-th packet.
func (c chunk) symbol(i int) symbol {
	switch {
	case c>>15 == 0:
		return symbol(c >> 13 & 3)
	case c>>14 == 2:
		return symbol(c >> (13 - i) & 1)
	}
	return symbol(c >> (12 - 2*i) & 3)
}
