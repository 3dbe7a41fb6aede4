package sfutest

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pion/rtp"

	"diemcau/sfu/codec"
)

// Packet is a packet that arrived in a slot.
type Packet struct {
	SSRC      uint32
	Sequence  uint16
	Timestamp uint32
	Marker    bool
	Codec     codec.Codec
	Payload   []byte
	Facts     codec.Payload
	// Descriptor is the dependency descriptor that came with it.
	Descriptor []byte
	Repaired   bool // it came as a retransmission, or in another packet

	From     string // id of the publisher
	Number   uint32 // of the packet in its stream at the publisher, from 1
	Layer    int    // lines of the encoding it belongs to, of video
	Captured time.Time
	At       time.Time
}

// stampSize is the length of what publishers put at the end of every payload.
const stampSize = 16 + 4 + 2 + 8

// stamp says who sent a payload as what, and when it was captured.
func stamp(payload []byte, id string, number uint32, layer int, captured time.Time) {
	s := payload[len(payload)-stampSize:]
	copy(s[:16], id+strings.Repeat("\x00", 16))
	binary.BigEndian.PutUint32(s[16:], number)
	binary.BigEndian.PutUint16(s[20:], uint16(layer))
	binary.BigEndian.PutUint64(s[22:], uint64(captured.UnixNano()))
}

// open reads a packet's stamp.
func open(p *rtp.Packet, c codec.Codec) (Packet, bool) {
	if len(p.Payload) < stampSize {
		return Packet{}, false
	}
	facts, ok := codec.Parse(c, p.Payload)
	if !ok {
		return Packet{}, false
	}
	s := p.Payload[len(p.Payload)-stampSize:]
	return Packet{
		SSRC: p.SSRC, Sequence: p.SequenceNumber, Timestamp: p.Timestamp, Marker: p.Marker, Codec: c, Payload: p.Payload, Facts: facts,
		From: strings.TrimRight(string(s[:16]), "\x00"), Number: binary.BigEndian.Uint32(s[16:]),
		Layer: int(binary.BigEndian.Uint16(s[20:])), Captured: time.Unix(0, int64(binary.BigEndian.Uint64(s[22:]))), At: time.Now(),
	}, true
}

// unwrap reads the packets that one of RED carries: a block's place tells its number.
func unwrap(p *rtp.Packet) (all []Packet) {
	var blocks [codec.MaxREDBlocks]codec.REDBlock
	n, _ := codec.SplitRED(p.Payload, &blocks)
	for i, b := range blocks[:n] {
		one := &rtp.Packet{Header: p.Header, Payload: b.Data}
		one.SequenceNumber -= uint16(n - 1 - i)
		one.Timestamp -= b.Offset
		if got, ok := open(one, codec.Opus); ok {
			got.Repaired = b.Offset > 0
			all = append(all, got)
		}
	}
	return all
}

// starts tells whether the packet is the first of its frame.
func (p Packet) starts() bool { return !p.Codec.IsVideo() || (p.Number-1)%packetsPerFrame == 0 }

// numbered is a packet with its sequence number extended.
type numbered struct {
	Packet
	extended int64
}

// inOrder gives the packets of one slot in the order of their numbers, whatever the order they came in. Of a packet that came again as
// a retransmission it gives one.
func inOrder(packets []Packet) []numbered {
	all := make([]numbered, len(packets))
	var newest int64
	for i, p := range packets {
		extended := int64(p.Sequence)
		if i > 0 {
			extended = newest + int64(int16(p.Sequence-uint16(newest)))
		}
		newest = max(newest, extended)
		all[i] = numbered{p, extended}
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(a.extended, b.extended) })
	return slices.CompactFunc(all, func(a, b numbered) bool {
		return a.extended == b.extended && a.From == b.From && a.Number == b.Number && (a.Repaired || b.Repaired)
	})
}

// Continuous checks what a receiver needs of the packets of one slot, whoever sent them: numbers without a gap or a repetition,
// timestamps that never go back, every packet of a source in its place, a key frame wherever a source or layer begins, and with VP8
// picture id, TL0PICIDX and KEYIDX that go on. It says where that is not so.
func Continuous(packets []Packet) error {
	all := inOrder(packets)
	for i := 1; i < len(all); i++ {
		a, b := all[i-1], all[i]
		at := fmt.Sprintf("packet %d, %d of %s after %d of %s", i, b.Number, b.From, a.Number, a.From)
		same := a.From == b.From && a.Layer == b.Layer && a.Codec == b.Codec
		switch {
		case b.extended != a.extended+1:
			return fmt.Errorf("%s: number %d after %d", at, b.Sequence, a.Sequence)
		case int32(b.Timestamp-a.Timestamp) < 0:
			return fmt.Errorf("%s: timestamp %d after %d", at, b.Timestamp, a.Timestamp)
		case !same && !b.Facts.KeyFrame:
			return fmt.Errorf("%s: it begins without a key frame", at)
		case same && b.Number != a.Number+1 && !b.Facts.KeyFrame:
			return fmt.Errorf("%s: packets are missing or in the wrong place", at)
		}
		if a.Codec == codec.VP8 && b.Codec == codec.VP8 {
			if err := continuousVP8(a.Facts.VP8, b.Facts.VP8, b.Timestamp != a.Timestamp, b.Facts.KeyFrame); err != nil {
				return fmt.Errorf("%s: %w", at, err)
			}
		}
	}
	return nil
}

func continuousVP8(a, b codec.VP8Descriptor, newFrame, key bool) error {
	step := uint16(0)
	if newFrame {
		step = 1
	}
	switch {
	case b.PictureID != (a.PictureID+step)&0x7fff:
		return fmt.Errorf("picture %d after %d", b.PictureID, a.PictureID)
	case b.TL0PicIdx != a.TL0PicIdx+uint8(step):
		return fmt.Errorf("TL0PICIDX %d after %d", b.TL0PicIdx, a.TL0PicIdx)
	case key && b.KeyIdx != (a.KeyIdx+1)&0x1f:
		return fmt.Errorf("KEYIDX %d after %d", b.KeyIdx, a.KeyIdx)
	}
	return nil
}

// Frame is a picture of one slot.
type Frame struct {
	From      string
	Layer     int
	First     uint32 // number of its first packet at the publisher
	Timestamp uint32
	KeyFrame  bool
	Complete  bool // all its packets are there
	Decodable bool // and so are those of all since its key frame

	follows bool // nothing is missing before it
}

// Frames gives the pictures of one slot in order, and says which of them a decoder can show.
func Frames(packets []Packet) []Frame {
	var frames []Frame
	var last numbered
	whole := false // the newest frame has all its packets so far
	for i, p := range inOrder(packets) {
		follows := i > 0 && p.extended == last.extended+1
		if i == 0 || p.Timestamp != last.Timestamp || p.From != last.From || p.Layer != last.Layer {
			frames = append(frames, Frame{
				From: p.From, Layer: p.Layer, First: p.Number, Timestamp: p.Timestamp, KeyFrame: p.Facts.KeyFrame, follows: follows,
			})
			whole = p.starts()
		} else {
			whole = whole && follows
		}
		frames[len(frames)-1].Complete = whole && p.Marker
		last = p
	}
	for i := range frames {
		f := &frames[i]
		f.Decodable = f.Complete && f.KeyFrame
		if i > 0 && !f.KeyFrame {
			b := frames[i-1]
			f.Decodable = f.Complete && f.follows && b.Decodable && b.From == f.From && b.Layer == f.Layer
		}
	}
	return frames
}
