// Package media makes what a load test publishes: VP8 frames and Opus-sized sound that a media server takes for real, and that say at
// the end of each packet where they come from and when they were sent.
package media

import (
	"encoding/binary"
	"time"
)

// Stamp is the end of every payload. It outlives a media server that rewrites headers and the VP8 descriptor, and adds padding.
type Stamp struct {
	Publisher uint32
	Layer     uint8         // 0 is the publisher's sound, 1 its smallest picture
	Number    uint32        // of the packet in its layer, from 1
	Sent      time.Duration // by the clock of the run
}

// StampSize is the length of a stamp in bytes, the name of its run included.
const StampSize = 4 + 4 + 1 + 4 + 8

// Put writes the stamp over the end of a payload. run tells the packets of one load test from those of real participants and other tests.
func (s Stamp) Put(payload []byte, run uint32) {
	b := payload[len(payload)-StampSize:]
	binary.BigEndian.PutUint32(b, run)
	binary.BigEndian.PutUint32(b[4:], s.Publisher)
	b[8] = s.Layer
	binary.BigEndian.PutUint32(b[9:], s.Number)
	binary.BigEndian.PutUint64(b[13:], uint64(s.Sent))
}

// ReadStamp reads the stamp of a payload. ok is false for a payload of another run, or with none.
func ReadStamp(payload []byte, run uint32) (s Stamp, ok bool) {
	if len(payload) < StampSize {
		return s, false
	}
	b := payload[len(payload)-StampSize:]
	if binary.BigEndian.Uint32(b) != run {
		return s, false
	}
	return Stamp{
		Publisher: binary.BigEndian.Uint32(b[4:]), Layer: b[8], Number: binary.BigEndian.Uint32(b[9:]),
		Sent: time.Duration(binary.BigEndian.Uint64(b[13:])),
	}, true
}
