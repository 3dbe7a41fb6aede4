package codec

import "encoding/binary"

// VP9Descriptor is the payload descriptor of RFC 9628, section 4.2, with the offsets of the fields that must stay continuous when a
// receiver's source changes. An offset of 0 says that the field is absent.
type VP9Descriptor struct {
	Size           uint8 // bytes before the VP9 payload
	PictureIDAt    uint8
	PictureID15Bit bool
	TL0PicIdxAt    uint8
	PictureID      uint16
	TL0PicIdx      uint8
}

// Bits of the first byte of a VP9 payload descriptor.
const (
	vp9PictureID  = 0x80 // I
	vp9Predicted  = 0x40 // P: refers to earlier pictures
	vp9Layers     = 0x20 // L
	vp9Flexible   = 0x10 // F
	vp9FrameStart = 0x08 // B
	vp9FrameEnd   = 0x04 // E
	vp9Structure  = 0x02 // V
)

const maxVP9References = 3

func parseVP9(b []byte) (p Payload, ok bool) {
	if len(b) < 2 {
		return p, false
	}
	d, flags := &p.VP9, b[0]
	at := 1
	if flags&vp9PictureID != 0 {
		d.PictureIDAt, d.PictureID = uint8(at), uint16(b[at]&0x7f)
		if b[at]&0x80 != 0 {
			if len(b) < at+2 {
				return p, false
			}
			d.PictureID15Bit = true
			d.PictureID = binary.BigEndian.Uint16(b[at:]) & 0x7fff
			at++
		}
		at++
	}
	if flags&vp9Layers != 0 {
		if len(b) <= at {
			return p, false
		}
		// TID, U, SID and D: the layers, and whether one can go up to higher temporal layers from here on.
		p.Temporal, p.Sync, p.Spatial = b[at]>>5, b[at]&0x10 != 0, b[at]>>1&0x07
		at++
		if flags&vp9Flexible == 0 {
			if len(b) <= at {
				return p, false
			}
			d.TL0PicIdxAt, d.TL0PicIdx = uint8(at), b[at]
			at++
		}
	}
	if flags&vp9Flexible != 0 && flags&vp9Predicted != 0 {
		for n, more := 0, true; more; n++ {
			if len(b) <= at || n == maxVP9References {
				return p, false
			}
			more = b[at]&0x01 != 0
			at++
		}
	}
	if flags&vp9Structure != 0 {
		if at, p.Width, p.Height, ok = vp9Scalability(b, at); !ok {
			return p, false
		}
	}
	if len(b) <= at || at > 255 {
		return p, false
	}
	d.Size = uint8(at)
	p.FrameStart, p.FrameEnd = flags&vp9FrameStart != 0, flags&vp9FrameEnd != 0
	p.KeyFrame = p.FrameStart && flags&vp9Predicted == 0 && p.Spatial == 0
	return p, true
}

// vp9Scalability reads a scalability structure from a place on: where it ends, and the size of the largest layer in pixels, 0 where it is
// not told.
func vp9Scalability(b []byte, at int) (end, width, height int, ok bool) {
	if len(b) <= at {
		return 0, 0, 0, false
	}
	head := b[at]
	at++
	if head&0x10 != 0 { // Y: each layer's size
		at += 4 * int(head>>5+1)
		if len(b) < at {
			return 0, 0, 0, false
		}
		width, height = int(binary.BigEndian.Uint16(b[at-4:])), int(binary.BigEndian.Uint16(b[at-2:]))
	}
	if head&0x08 != 0 { // G: a group of pictures
		if len(b) <= at {
			return 0, 0, 0, false
		}
		pictures := b[at]
		at++
		for range pictures {
			if len(b) <= at {
				return 0, 0, 0, false
			}
			at += 1 + int(b[at]>>2&0x03)
		}
	}
	return at, width, height, true
}

// PatchVP9 writes a picture id and TL0PICIDX over those of a payload that d describes. Absent fields stay absent. A picture id of 7 bits
// takes the low 7 bits.
func PatchVP9(payload []byte, d VP9Descriptor, pictureID uint16, tl0PicIdx uint8) {
	patchPictureID(payload, d.PictureIDAt, d.PictureID15Bit, pictureID)
	if at := d.TL0PicIdxAt; at != 0 {
		payload[at] = tl0PicIdx
	}
}
