package media

import (
	"encoding/binary"
	"math/rand/v2"
)

// FrameRate is the number of frames a second of every picture.
const FrameRate = 30

const (
	// largestPayload of a video packet, in bytes: a browser's packets of 1,200 bytes less header, extensions and authentication tag.
	largestPayload = 1100
	// descriptorSize is that of the descriptor which browsers send (RFC 7741, section 4.2): picture id of 15 bits, TL0PICIDX, TID and KEYIDX.
	descriptorSize = 6
	// headerSize is that of a key frame's header (RFC 6386, section 9.1): frame tag, start code, width and height.
	headerSize = 10
	smallest   = descriptorSize + headerSize + StampSize
)

// Picture makes the frames of one encoding of a synthetic camera. Every frame has the same size, key frames too, so that the bit rate is
// the one that was asked for.
type Picture struct {
	Height int // in pixels; the width is that of 16:9
	sizes  []int
	buffer []byte

	id        uint16 // 15 bits
	tl0, keys uint8
}

// NewPicture makes an encoding of so many lines and kilobits a second. Its counters begin anywhere, as those of an encoder do.
func NewPicture(height, kbps int) *Picture {
	return &Picture{
		Height: height, sizes: split(max(kbps*1000/8/FrameRate, smallest), largestPayload), buffer: make([]byte, largestPayload+1),
		id: uint16(rand.Uint32N(1 << 15)), tl0: uint8(rand.Uint32()), keys: uint8(rand.Uint32N(32)),
	}
}

// Packets is the number of packets of a frame.
func (p *Picture) Packets() int { return len(p.sizes) }

// Begin begins the next frame.
func (p *Picture) Begin(key bool) {
	p.id = (p.id + 1) & 0x7fff
	p.tl0++
	if key {
		p.keys = (p.keys + 1) & 0x1f
	}
}

// Payload is that of packet i of the frame that was begun. It is overwritten by the next call.
func (p *Picture) Payload(i int, key bool) []byte {
	b := p.buffer[:p.sizes[i]]
	b[0], b[1] = 0x80, 0xf0 // X; I, L, T and K
	binary.BigEndian.PutUint16(b[2:], 0x8000|p.id)
	b[4], b[5] = p.tl0, p.keys
	header := b[descriptorSize : descriptorSize+headerSize]
	clear(header)
	if i > 0 {
		return b
	}
	b[0] |= 0x10 // S: the beginning of the first partition
	if !key {
		header[0] = 0x01
		return b
	}
	copy(header[3:], []byte{0x9d, 0x01, 0x2a})
	binary.LittleEndian.PutUint16(header[6:], uint16(p.Height*16/9))
	binary.LittleEndian.PutUint16(header[8:], uint16(p.Height))
	return b
}

// split cuts a frame as browsers do (SplitAboutEqually of libwebrtc): into as few packets as fit, about equal, the last ones a byte larger.
func split(frame, limit int) []int {
	n := (frame + limit - 1) / limit
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = frame / n
		if i >= n-frame%n {
			sizes[i]++
		}
	}
	return sizes
}
