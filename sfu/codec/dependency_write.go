package codec

import "encoding/binary"

// Bits of the flags of a descriptor, which say what else there is; the structure begins with the offset of its templates right after.
const (
	flagBits      = 5
	flagMask      = 0b01000
	structureFlag = 0x80 // of the byte that the flags are in
)

// AppendDescriptor appends a dependency descriptor, with so much added to the number of its frame and to the ids of
// templates.
func AppendDescriptor(b, descriptor []byte, number uint16, template uint8) []byte {
	at := len(b)
	b = append(b, descriptor...)
	own := b[at:]
	own[0] = own[0]&^(templateIDs-1) | (own[0]+template)%templateIDs
	binary.BigEndian.PutUint16(own[1:], binary.BigEndian.Uint16(own[1:])+number)
	if len(own) > descriptorFixed+1 && own[3]&structureFlag != 0 {
		// Six bits, which are split over two bytes.
		two := binary.BigEndian.Uint16(own[3:])
		offset := (two>>5 + uint16(template)) % templateIDs
		binary.BigEndian.PutUint16(own[3:], two&^((templateIDs-1)<<5)|offset<<5)
	}
	return b
}

// AppendActive is AppendDescriptor with word of which targets are active. It leaves that out where there is no room for it.
func AppendActive(b, descriptor []byte, d *Dependency, number uint16, template uint8, active uint16) []byte {
	from := len(b)
	b = AppendDescriptor(b, descriptor, number, template)
	if d.Structure == nil || len(descriptor)+4 > maxDescriptor {
		return b
	}
	r := bits{b: b[from:]}
	begin := len(b)
	at := 8 * begin
	carry := func(to int) {
		for r.at < to {
			n := min(to-r.at, 32)
			b, at = put(b, at, r.take(n), n)
		}
	}
	targets := len(d.Structure.Targets)
	carry(8 * descriptorFixed)
	flags := uint32(0)
	if len(descriptor) > descriptorFixed {
		flags = r.take(flagBits)
	}
	b, at = put(b, at, flags|flagMask, flagBits)
	carry(int(d.tail))
	b, at = put(b, at, uint32(active), targets)
	if d.masked {
		r.take(targets)
	}
	carry(8 * len(descriptor))
	return append(b[:from], b[begin:]...)
}
