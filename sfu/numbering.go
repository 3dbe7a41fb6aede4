package sfu

import (
	"encoding/binary"

	"github.com/pion/rtp"
)

// numbering is the header extension with a packet's transport-wide number (draft-holmer-rmcat-transport-wide-cc-extensions-01, section 2).
// The slots of a worker share it: each packet would otherwise fetch its slot's own from memory. Its zero value is ready.
type numbering struct {
	number [2]byte
	byID   [maxExtension + 1][]rtp.Extension // which point to the number
}

// maxExtension is the highest id of a header extension in one byte (RFC 8285, section 4.2).
const maxExtension = 14

// maxShortExtension is the bytes of the longest one that has its id and length in one byte.
const maxShortExtension = 16

// extend gives a header the extension of an id, beside those that it has; it is false for one that is higher than maxExtension.
func (n *numbering) extend(h *rtp.Header, id uint8) bool {
	if id > maxExtension {
		return false
	}
	if h.Extension {
		return h.SetExtension(id, n.number[:]) == nil
	}
	if n.byID[id] == nil {
		var made rtp.Header
		_ = made.SetExtension(id, n.number[:]) // it fails for no such id and length
		n.byID[id] = made.Extensions
	}
	h.Extension, h.ExtensionProfile, h.Extensions = true, rtp.ExtensionProfileOneByte, n.byID[id]
	return true
}

// set sets the number in all headers that have the extension.
func (n *numbering) set(number uint16) { binary.BigEndian.PutUint16(n.number[:], number) }
