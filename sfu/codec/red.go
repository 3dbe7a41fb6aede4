package codec

import "encoding/binary"

// Limits of RFC 2198, section 3, and of what is read.
const (
	maxREDOffset  = 1<<14 - 1 // timestamp units: 341 ms of Opus, so that nothing from before a pause is repeated after it
	maxREDBlock   = 1<<10 - 1 // bytes of a redundant block
	maxREDPayload = 1200      // bytes that redundancy may fill a payload up to

	// REDHeader is the bytes in front of the data for each redundant block.
	REDHeader = 4
	// MaxREDBlocks is how many blocks of a payload are read, the primary one among them. Browsers send two.
	MaxREDBlocks = 10
)

// REDBlock is one block of a payload of RFC 2198: what one packet without redundancy would carry.
type REDBlock struct {
	PayloadType uint8
	Offset      uint32 // timestamp units that it is older than the packet's timestamp; 0 for the primary block
	Data        []byte // within the payload that it was read from
}

// SplitRED takes a payload apart into its n blocks, the oldest first: the last one is the primary. ok is false for a payload that is
// malformed: lengths beyond it, more than MaxREDBlocks, no primary data, or blocks that are not in the order of their timestamps.
func SplitRED(payload []byte, blocks *[MaxREDBlocks]REDBlock) (n int, ok bool) {
	var sizes [MaxREDBlocks]int
	rest, last := payload, uint32(maxREDOffset+1)
	for ; len(rest) > 0 && rest[0]&0x80 != 0; n++ {
		if len(rest) < REDHeader || n == MaxREDBlocks-1 {
			return 0, false
		}
		h := binary.BigEndian.Uint32(rest)
		offset := h >> 10 & maxREDOffset
		if offset == 0 || offset >= last {
			return 0, false
		}
		last = offset
		blocks[n] = REDBlock{PayloadType: rest[0] & 0x7f, Offset: offset}
		sizes[n] = int(h & maxREDBlock)
		rest = rest[REDHeader:]
	}
	if len(rest) == 0 {
		return 0, false
	}
	blocks[n] = REDBlock{PayloadType: rest[0]}
	rest = rest[1:]
	for i := range n {
		if sizes[i] > len(rest) {
			return 0, false
		}
		blocks[i].Data, rest = rest[:sizes[i]], rest[sizes[i]:]
	}
	blocks[n].Data = rest
	return n + 1, len(rest) > 0
}

// FitsRED tells whether a block may go in front of the others of a payload, which have a number of bytes together.
func FitsRED(b REDBlock, others int) bool {
	return b.Offset > 0 && b.Offset <= maxREDOffset && len(b.Data) <= maxREDBlock && len(b.Data)+REDHeader+1+others <= maxREDPayload
}

// AppendRED appends the payload that blocks make, the oldest first and the primary last. Each redundant one must fit (FitsRED).
func AppendRED(payload []byte, blocks []REDBlock) []byte {
	last := len(blocks) - 1
	for _, b := range blocks[:last] {
		payload = binary.BigEndian.AppendUint32(payload, uint32(b.PayloadType|0x80)<<24|b.Offset<<10|uint32(len(b.Data)))
	}
	payload = append(payload, blocks[last].PayloadType)
	for _, b := range blocks {
		payload = append(payload, b.Data...)
	}
	return payload
}
