package sfu

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/packets"
)

// sound gives the payload type and the payload of a packet of sound that goes out under s.header. A receiver that takes RED and loses packets
// is sent those before it once more (RFC 2198): they are those of the slot, whoever was in it then.
func (s *slot) sound(p *packets.Packet) (payloadType uint8, payload []byte) {
	opus, red := s.out.Payload[p.Codec].Media, s.out.Payload[codec.RED].Media
	wanted := 0
	if red != 0 {
		wanted = s.outbound.loss.Redundancy()
	}
	if wanted == 0 {
		return opus, p.Payload
	}
	number, timestamp := s.header.SequenceNumber, s.header.Timestamp
	var blocks [1 + maxRedundancy]codec.REDBlock
	first := maxRedundancy
	blocks[first] = codec.REDBlock{PayloadType: opus, Data: p.Payload}
	for size := len(p.Payload); wanted > 0; wanted-- {
		number--
		before, o := s.origin(number)
		// Receivers count blocks back from the packet: there must be no gap.
		if before == nil || before.Codec != codec.Opus {
			break
		}
		b := codec.REDBlock{PayloadType: opus, Offset: timestamp - before.Timestamp - o.Timestamp, Data: before.Payload}
		if !codec.FitsRED(b, size) || b.Offset <= blocks[first].Offset {
			break
		}
		size += len(b.Data) + codec.REDHeader
		first--
		blocks[first] = b
	}
	if first == maxRedundancy {
		return opus, p.Payload
	}
	return red, codec.AppendRED(s.worker.scratch[:0], blocks[first:])
}

// maxRedundancy is the most packets that are repeated in one.
const maxRedundancy = 2

// tellListenerLoss tells the source how much is lost on the way to a receiver for whom its own encoder must make up.
func (s *slot) tellListenerLoss() {
	if share := s.outbound.loss.Share(); share > 0 && s.current != nil && s.out.Payload[codec.RED].Media == 0 {
		s.current.layer.listeners.note(share)
	}
}
