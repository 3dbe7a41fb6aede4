package transport

import (
	"encoding/binary"
	"errors"
	"iter"

	"github.com/pion/rtcp"
)

var errTruncated = errors.New("an RTCP packet is longer than what came")

// pathReports gives the transport-wide reports of a compound RTCP packet as they came.
func pathReports(compound []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for packet, rest := cutReport(compound); packet != nil; packet, rest = cutReport(rest) {
			if isPathReport(packet) && !yield(packet) {
				return
			}
		}
	}
}

// otherReports reads all that is not a transport-wide report. Those are left to who goes by them: they come ten times a second, and
// rtcp.Unmarshal makes room for all that they announce.
func otherReports(compound []byte) (all []rtcp.Packet, err error) {
	for len(compound) > 0 {
		packet, rest := cutReport(compound)
		if packet == nil {
			return nil, errTruncated
		}
		if compound = rest; isPathReport(packet) {
			continue
		}
		read, err := rtcp.Unmarshal(packet)
		if err != nil {
			return nil, err
		}
		all = append(all, read...)
	}
	return all, nil
}

// cutReport cuts the first packet off a compound one (RFC 3550, section 6.4.1); it is nil where none is whole.
func cutReport(compound []byte) (packet, rest []byte) {
	const header = 4
	if len(compound) < header {
		return nil, nil
	}
	size := header + 4*int(binary.BigEndian.Uint16(compound[2:]))
	if size > len(compound) {
		return nil, nil
	}
	return compound[:size:size], compound[size:]
}

func isPathReport(packet []byte) bool {
	return packet[0]>>6 == 2 && packet[0]&0x1f == rtcp.FormatTCC && packet[1] == uint8(rtcp.TypeTransportSpecificFeedback)
}
