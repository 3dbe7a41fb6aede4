package sfu

import (
	"slices"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
	"diemcau/sfu/transport"
)

const (
	videoRing = 512 // packets: at 4 Mbit/s a second, more than any retransmission is worth
	audioRing = 64
	maxPacket = 1500 // bytes

	keyFrameInterval = 500e6 // nanoseconds between key frame requests for one layer
	// liveFor are the nanoseconds without a packet after which a layer is not live. A screen on which nothing moves is sent again once a second.
	liveFor       = 1e9
	screenLiveFor = 3e9
)

// layer is one incoming stream of a publication: all of a source, or one simulcast encoding of it. The goroutine of the transport that
// reads the stream owns the fields without another note.
type layer struct {
	publication *publication
	stream      transport.Stream
	ring        *packets.Ring
	feeds       []*feed // one for each worker; the slice never changes

	sequence   packets.Sequence
	arrived    packets.Window
	epoch      uint32
	heightless bool // a key frame came that does not say its height
	gap        bool // packets were withheld since the last one in the ring
	codec      codec.Codec
	floor      uint64 // what redundancy repeats of before is of no use
	parsed     rtp.Packet
	bytes      []byte           // the rest of the block that payloads are copied into
	blank      []packets.Packet // the rest of the block that packets are made in

	dormancy
	spatial spatialDormancy
	rates
	described

	unfinished atomic.Bool  // the end of the newest frame is still to come
	height     atomic.Int32 // of the newest key frame, in pixels; 0 while unknown
	lastPacket atomic.Int64 // arrival of the newest packet, even of one that was not permitted
	lastAsked  atomic.Int64 // when a key frame was asked for
	report     atomic.Pointer[clockReport]
	reception  atomic.Pointer[transport.Reception]
	listeners  listeners
}

// clockReport says which RTP timestamp a source had at a moment of the engine's clock.
type clockReport struct {
	timestamp uint32
	at        int64
}

func newLayer(p *publication, stream transport.Stream) *layer {
	size := audioRing
	if stream.Video {
		size = videoRing
	}
	l := &layer{publication: p, stream: stream, ring: packets.NewRing(size)}
	now := p.engine().clock.now()
	l.dormancy = newDormancy(now)
	l.lastPacket.Store(now)
	l.lastAsked.Store(-keyFrameInterval)
	for _, w := range p.engine().workers {
		l.feeds = append(l.feeds, &feed{layer: l, worker: w})
	}
	return l
}

// Packet takes one packet into the ring, or drops it for a named reason (transport.Sink).
func (l *layer) Packet(b []byte, now int64) {
	e := l.publication.engine()
	e.received.Add(1)
	p := &l.parsed
	if err := p.Unmarshal(b); err != nil || p.SSRC != l.stream.SSRC || len(b) > maxPacket {
		e.dropped[forward.Malformed].Add(1)
		return
	}
	e.receivedBytes.Add(uint64(len(p.Payload)))
	l.lastPacket.Store(now)
	number, restarted, ok := l.sequence.Next(p.SequenceNumber, len(p.Payload) == 0)
	if restarted {
		l.floor = number
		l.epoch++
	}
	if !ok {
		e.dropped[skipReason(p)].Add(1)
		return
	}
	if !l.arrived.Admit(number) {
		e.dropped[forward.Duplicate].Add(1)
		return
	}
	if id := l.stream.AudioLevel; id != 0 {
		if level := p.GetExtension(id); len(level) > 0 {
			l.publication.noteLevel(int(level[0] & 0x7f)) // RFC 6464, section 3: V and 7 bits of -dBov
		}
	}
	if reason, permitted := l.publication.gate(); !permitted {
		l.gap = true
		e.dropped[reason].Add(1)
		return
	}
	c := l.stream.Codecs[p.PayloadType&0x7f]
	if c == codec.Unknown {
		e.dropped[forward.UnknownCodec].Add(1)
		return
	}
	payload := p.Payload
	if c == codec.RED {
		if c, payload = l.unwrap(number, now); c == codec.Unknown {
			return
		}
	}
	facts, ok := codec.Parse(c, payload)
	if !ok {
		e.dropped[forward.Malformed].Add(1)
		return
	}
	if c != l.codec {
		l.described.begin()
	}
	descriptor, ok := l.describe(c, &facts)
	if !ok {
		e.dropped[forward.Malformed].Add(1)
		return
	}
	if l.gap || c != l.codec {
		l.floor = number
		if l.codec != codec.Unknown || l.gap {
			l.epoch++
		}
		l.gap = false
	}
	l.codec = c
	l.rates.count(&facts, overhead+len(b)-len(p.Payload)+len(payload), p.Marker) // without what RED repeats: each slot repeats what its receiver needs
	l.learnHeight(&facts, now)
	l.put(packets.Packet{
		Sequence: number, Timestamp: p.Timestamp, Marker: p.Marker, Codec: c, Payload: payload, Descriptor: descriptor, Facts: facts, Arrival: now, Epoch: l.epoch,
	})
	if l.stream.Video {
		l.unfinished.Store(!p.Marker)
	}
}

// put copies a packet into the ring.
func (l *layer) put(p packets.Packet) {
	p.Payload = l.keep(p.Payload)
	if len(p.Descriptor) > 0 {
		p.Descriptor = l.keep(p.Descriptor)
	}
	kept := l.fresh()
	*kept = p
	l.ring.Put(kept)
}

// learnHeight takes the height of a key frame. Without one it asks for a key frame of a simulcast layer whose height is not known: the
// choice among layers goes by it, and the first key frame may have been withheld.
func (l *layer) learnHeight(facts *codec.Payload, now int64) {
	switch {
	case facts.Height > 0:
		l.height.Store(int32(facts.Height))
	case facts.KeyFrame:
		l.heightless = true // another would say no more
	case !l.heightless && l.stream.RID != "" && (l.codec == codec.VP8 || l.codec == codec.H264) && l.height.Load() == 0:
		l.requestKeyFrame(now)
	}
}

func skipReason(p *rtp.Packet) forward.Drop {
	if len(p.Payload) == 0 {
		return forward.Padding
	}
	return forward.TooOld
}

// fresh and keep take memory in blocks: an allocation for dozens of packets, none for a forwarded one. A block is freed when the
// ring has let go of all its packets.
func (l *layer) fresh() *packets.Packet {
	if len(l.blank) == 0 {
		l.blank = make([]packets.Packet, 32)
	}
	p := &l.blank[0]
	l.blank = l.blank[1:]
	return p
}

func (l *layer) keep(payload []byte) []byte {
	n := len(payload)
	if len(l.bytes) < n {
		block := 4 << 10
		if l.stream.Video {
			block = 32 << 10
		}
		l.bytes = make([]byte, max(block, n))
	}
	kept := l.bytes[:n:n]
	l.bytes = l.bytes[n:]
	copy(kept, payload)
	return kept
}

// Flush wakes the workers whose slots take this layer (transport.Sink).
func (l *layer) Flush() {
	for _, f := range l.feeds {
		if f.active.Load() {
			f.schedule()
		}
	}
}

// SenderReport learns the source's clock (transport.Sink).
func (l *layer) SenderReport(ntp uint64, timestamp uint32, now int64) {
	if ntp == 0 {
		return // the source has no clock (RFC 3550, section 6.4.1)
	}
	sent := int64(ntp>>32)*1e9 + int64((ntp&0xffffffff)*1e9>>32)
	l.report.Store(&clockReport{timestamp: timestamp, at: sent + l.publication.peer.clockOffset(sent, now)})
}

// timestampAt estimates the source's RTP timestamp at a moment of the engine's clock. newest is the newest packet, for sources
// that send no reports.
func (l *layer) timestampAt(now int64, newest *packets.Packet) uint32 {
	at, timestamp := newest.Arrival, newest.Timestamp
	if r := l.report.Load(); r != nil {
		at, timestamp = r.at, r.timestamp
	}
	return timestamp + uint32((now-at)*int64(newest.Codec.ClockRate())/1e9)
}

// live tells whether packets arrive. The room's goroutine calls it.
func (l *layer) live(now int64) bool {
	newest := l.lastPacket.Load()
	if silent := now - newest; silent < liveFor || silent >= screenLiveFor || l.publication.source != Screen {
		return silent < liveFor
	}
	// Where another layer goes on, this one has not stood still: its source has left it out.
	return !slices.ContainsFunc(l.publication.layers, func(other *layer) bool { return other.lastPacket.Load()-newest >= liveFor })
}

// requestKeyFrame asks the source for a key frame, at most once in keyFrameInterval. Any goroutine may call it.
// It tells whether it did.
func (l *layer) requestKeyFrame(now int64) bool {
	last := l.lastAsked.Load()
	if now-last < keyFrameInterval || !l.lastAsked.CompareAndSwap(last, now) {
		return false
	}
	l.publication.engine().keyFrameRequests.Add(1)
	// A lost request is made again by the slots that wait for the key frame.
	_ = l.publication.peer.conn.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: l.stream.SSRC}})
	return true
}
