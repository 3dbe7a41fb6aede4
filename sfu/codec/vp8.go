package codec

import "encoding/binary"

// VP8Descriptor is the payload descriptor of RFC 7741, section 4.2, with the offsets of the fields that must stay
// continuous when a receiver's source changes. An offset of 0 says that the field is absent.
type VP8Descriptor struct {
	Size           uint8 // bytes before the VP8 payload
	PictureIDAt    uint8
	PictureID15Bit bool
	TL0PicIdxAt    uint8
	KeyIdxAt       uint8
	PictureID      uint16
	TL0PicIdx      uint8
	KeyIdx         uint8 // 5 bits
}

func parseVP8(b []byte) (p Payload, ok bool) {
	if len(b) < 2 {
		return p, false
	}
	d := &p.VP8
	start, partition := b[0]&0x10 != 0, b[0]&0x07
	at := 1
	if b[0]&0x80 != 0 {
		ext := b[1]
		at = 2
		if ext&0x80 != 0 { // I: picture id, 7 or 15 bits
			if len(b) <= at {
				return p, false
			}
			d.PictureIDAt = uint8(at)
			if b[at]&0x80 != 0 {
				if len(b) < at+2 {
					return p, false
				}
				d.PictureID15Bit = true
				d.PictureID = binary.BigEndian.Uint16(b[at:]) & 0x7fff
				at += 2
			} else {
				d.PictureID = uint16(b[at])
				at++
			}
		}
		if ext&0x40 != 0 { // L: TL0PICIDX
			if len(b) <= at {
				return p, false
			}
			d.TL0PicIdxAt, d.TL0PicIdx = uint8(at), b[at]
			at++
		}
		if ext&0x30 != 0 { // T, K: TID, Y and KEYIDX share a byte
			if len(b) <= at {
				return p, false
			}
			if ext&0x20 != 0 {
				p.Temporal, p.Sync = b[at]>>6, b[at]&0x20 != 0
			}
			if ext&0x10 != 0 {
				d.KeyIdxAt, d.KeyIdx = uint8(at), b[at]&0x1f
			}
			at++
		}
	}
	if len(b) <= at {
		return p, false
	}
	d.Size = uint8(at)
	p.FrameStart = start && partition == 0
	// RFC 6386, section 9.1: bit 0 of a frame's first byte is 0 for a key frame, which then holds a start code and 14 bits
	// each of width and height.
	if p.FrameStart && b[at]&0x01 == 0 {
		p.KeyFrame = true
		if f := b[at:]; len(f) >= 10 && f[3] == 0x9d && f[4] == 0x01 && f[5] == 0x2a {
			p.Width = int(binary.LittleEndian.Uint16(f[6:]) & 0x3fff)
			p.Height = int(binary.LittleEndian.Uint16(f[8:]) & 0x3fff)
		}
	}
	return p, true
}

// PatchVP8 writes a picture id, TL0PICIDX and KEYIDX over those of a payload that d describes. Absent fields stay absent.
// A picture id of 7 bits takes the low 7 bits.
func PatchVP8(payload []byte, d VP8Descriptor, pictureID uint16, tl0PicIdx, keyIdx uint8) {
	patchPictureID(payload, d.PictureIDAt, d.PictureID15Bit, pictureID)
	if at := d.TL0PicIdxAt; at != 0 {
		payload[at] = tl0PicIdx
	}
	if at := d.KeyIdxAt; at != 0 {
		payload[at] = payload[at]&^0x1f | keyIdx&0x1f
	}
}

// patchPictureID writes a picture id of 15 bits, or its lower 7, at a place; 0 is none.
func patchPictureID(payload []byte, at uint8, long bool, id uint16) {
	switch {
	case at == 0:
	case long:
		binary.BigEndian.PutUint16(payload[at:], 0x8000|id&0x7fff)
	default:
		payload[at] = byte(id & 0x7f)
	}
}
