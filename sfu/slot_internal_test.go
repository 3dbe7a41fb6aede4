package sfu

import (
	"encoding/binary"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func nack(s *slot, number uint16) {
	s.feedback([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: []rtcp.NackPair{{PacketID: number}}}}, 0)
}

// A key frame's first packet was late, so that the slot began with it after the others had come: they are sent on request.
func TestTheRestOfAKeyFrameThatCameFirstIsRepaired(t *testing.T) {
	var media, repair []rtp.Header
	var asked []uint16
	b := newBench(1, 1, &sealer{taken: func(h *rtp.Header, payload []byte) {
		if h.SSRC == 2 {
			repair = append(repair, *h)
			asked = append(asked, binary.BigEndian.Uint16(payload))
		} else {
			media = append(media, *h)
		}
	}})
	s := b.slots[0]
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	first := b.packet(0, true, true, make([]byte, 1500))
	b.deliver(0, b.packet(0, false, false, make([]byte, 1500)))
	b.deliver(0, b.packet(0, false, false, make([]byte, 1500)))
	b.deliver(0, first)
	b.deliver(0, b.packet(0, false, false, make([]byte, 1500)))
	if len(media) != 2 || media[1].SequenceNumber != media[0].SequenceNumber+3 {
		t.Fatalf("%d packets went out", len(media))
	}
	for i := range uint16(2) {
		nack(s, media[0].SequenceNumber+1+i)
	}
	if len(repair) != 2 || asked[0] != media[0].SequenceNumber+1 || asked[1] != media[0].SequenceNumber+2 || repair[0].PayloadType != 97 || repair[0].SequenceNumber == repair[1].SequenceNumber {
		t.Errorf("sent again: %v as %+v", asked, repair)
	}
	nack(s, media[1].SequenceNumber+1)
	if len(repair) != 2 {
		t.Error("a packet was sent again that is still to come")
	}
}
