package sfu

import (
	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
)

// unwrap takes the payload of RED (RFC 2198) in l.parsed apart: it fills the ring with those packets before it that never came, and gives
// codec and payload of the packet itself; codec.Unknown when it was dropped for a named reason.
//
// A block says only its timestamp. Encoders repeat the packets that came right before, so that the number follows from a block's place.
func (l *layer) unwrap(number uint64, now int64) (codec.Codec, []byte) {
	e, p := l.publication.engine(), &l.parsed
	var blocks [codec.MaxREDBlocks]codec.REDBlock
	n, ok := codec.SplitRED(p.Payload, &blocks)
	if !ok {
		e.dropped[forward.Malformed].Add(1)
		return codec.Unknown, nil
	}
	primary := blocks[n-1]
	c := l.stream.Codecs[primary.PayloadType]
	if c != codec.Opus {
		e.dropped[forward.UnknownCodec].Add(1)
		return codec.Unknown, nil
	}
	if l.gap || l.codec == codec.Unknown {
		return c, primary.Data // what is repeated was said while the source was not let through, or before it began
	}
	for i, b := range blocks[:n-1] {
		l.recover(b, number-uint64(n-1-i), p.Timestamp-b.Offset, now)
	}
	return c, primary.Data
}

// recover takes a packet that another one repeats, unless it came.
func (l *layer) recover(b codec.REDBlock, number uint64, timestamp uint32, now int64) {
	if number < l.floor || len(b.Data) == 0 || l.stream.Codecs[b.PayloadType] != codec.Opus {
		return
	}
	if p := l.ring.Get(number - 1); p != nil && int32(timestamp-p.Timestamp) <= 0 {
		return // it would be older than the one before it
	}
	if !l.arrived.Admit(number) {
		return
	}
	facts, _ := codec.Parse(codec.Opus, b.Data) // which is not empty
	l.put(packets.Packet{
		Sequence: number, Timestamp: timestamp, Codec: codec.Opus, Payload: b.Data, Facts: facts, Arrival: now, Epoch: l.epoch,
	})
	l.publication.engine().recovered.Add(1)
}
