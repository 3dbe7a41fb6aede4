package sfu

import (
	"context"
	"encoding/binary"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
	"diemcau/sfu/forward"
	"diemcau/sfu/transport"
)

func nack(s *slot, number uint16) { nackAt(s, number, 0) }

func nackAt(s *slot, number uint16, now int64) {
	s.feedback([]rtcp.Packet{&rtcp.TransportLayerNack{MediaSSRC: s.out.SSRC, Nacks: []rtcp.NackPair{{PacketID: number}}}}, now)
}

// A link was cut for longer than a ring keeps packets: pictures go on from a key frame. What is still to come from the source needs none.
func TestAKeyFrameIsAskedForWhatCannotBeRepaired(t *testing.T) {
	var first uint16
	b := newBench(1, 1, &sealer{taken: func(h *rtp.Header, _ []byte) {
		if first == 0 {
			first = h.SequenceNumber
		}
	}})
	s, asked := b.slots[0], &b.worker.engine.keyFrameRequests
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	late := b.packet(0, true, false, make([]byte, 1500))
	b.deliver(0, b.packet(0, true, false, make([]byte, 1500)))
	before := asked.Load()
	nackAt(s, first, 1e9)
	nackAt(s, first+1, 1e9)
	if n := asked.Load() - before; n != 0 {
		t.Errorf("asked %d times for what is there or is late", n)
	}
	b.deliver(0, late)
	for range videoRing {
		b.deliver(0, b.packet(0, true, false, make([]byte, 1500)))
	}
	for i := range uint16(3) {
		nackAt(s, first+i, 2e9)
	}
	if n := asked.Load() - before; n != 1 {
		t.Errorf("asked %d times for what is gone", n)
	}
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

// A key frame is asked for at most once in half a second for one layer, however many slots wait for it.
func TestOneKeyFrameIsAskedForInHalfASecond(t *testing.T) {
	b := newBench(1, 20, &sealer{})
	asked := &b.worker.engine.keyFrameRequests
	for _, s := range b.slots {
		s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	}
	for now := int64(0); now < 10e9; now += 50e6 {
		for _, s := range b.slots {
			s.onTick(now)
			s.feedback([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: s.out.SSRC}, &rtcp.FullIntraRequest{}}, now)
		}
	}
	if n := asked.Load(); n != 20 {
		t.Errorf("%d key frames were asked for in 10 s", n)
	}
}

// What the receiver cannot decode is not sent, is no reason to ask for key frames, and is shown again when the source has another codec.
func TestASourceMayChangeItsCodec(t *testing.T) {
	b := newBench(1, 1, &sealer{})
	s, l := b.slots[0], b.layers[0]
	l.stream.Codecs[102] = codec.H264
	b.peer.slots[Video] = []*place{{slot: s, generation: 1}}
	b.peer.room.peers["p"] = b.peer
	state := func() SlotState {
		b.peer.room.mailbox.drain()
		return b.peer.slots[Video][0].state
	}
	h264 := func(nal byte) {
		raw := b.packet(0, false, false, make([]byte, 1500))
		raw[1] = 102
		raw[12] = nal
		b.deliver(0, raw)
	}
	s.assign(assignment{layer: l, generation: 1}, 0)
	h264(7)
	if st := state(); b.out.count != 0 || st.Phase != SlotUnavailable || st.Reason != ReasonCodec {
		t.Fatalf("%d packets, %+v", b.out.count, st)
	}
	before := b.worker.engine.keyFrameRequests.Load()
	for now := int64(1e9); now < 10e9; now += 50e6 {
		s.onTick(now)
	}
	if st := state(); b.worker.engine.keyFrameRequests.Load() != before || st.Reason != ReasonCodec {
		t.Errorf("key frames were asked for in vain, or the reason is no more: %+v", st)
	}
	raw := make([]byte, 1500)
	b.deliver(0, b.packet(0, false, false, raw))
	b.deliver(0, b.packet(0, true, true, raw))
	b.deliver(0, b.packet(0, false, false, raw))
	if st := state(); b.out.count != 2 || st.Phase != SlotLive {
		t.Fatalf("%d packets, %+v", b.out.count, st)
	}
	h264(7)
	h264(1)
	if st := state(); b.out.count != 2 || st.Phase != SlotUnavailable || st.Reason != ReasonCodec {
		t.Fatalf("%d packets, %+v", b.out.count, st)
	}
	b.deliver(0, b.packet(0, true, true, raw))
	if st := state(); b.out.count != 3 || st.Phase != SlotLive || st.Reason != ReasonNone {
		t.Fatalf("%d packets, %+v", b.out.count, st)
	}
	if d := b.worker.dropped[forward.Undecodable].Load(); d != 3 {
		t.Errorf("%d drops", d)
	}
}

// A source that the receiver cannot decode leaves nothing behind when it is withdrawn before it was shown: the slot's wishes are passed on.
func TestASourceThatCannotBeDecodedIsWithdrawn(t *testing.T) {
	b := newBench(2, 1, &sealer{})
	s, shown, other := b.slots[0], b.layers[0], b.layers[1]
	other.stream.Codecs[102] = codec.H264
	s.assign(assignment{layer: shown, generation: 1}, 0)
	b.deliver(0, b.packet(0, true, true, make([]byte, 1500)))
	s.assign(assignment{layer: other, generation: 2}, 0)
	raw := b.packet(1, false, false, make([]byte, 1500))
	raw[1], raw[12] = 102, 7
	b.deliver(1, raw)
	s.assign(assignment{layer: shown, generation: 3}, 0)
	now := b.worker.engine.clock.now() + 10e9
	before := b.worker.engine.keyFrameRequests.Load()
	s.repairs.last = now // for which the wish waits
	s.wishKeyFrame(now + 20e6)
	s.onTick(now + 2e9)
	if n := b.worker.engine.keyFrameRequests.Load() - before; n != 1 {
		t.Errorf("%d key frames were asked for", n)
	}
}

// A layer whose first key frame was withheld is asked for another: the choice among layers goes by their heights.
func TestTheHeightOfALayerIsLearned(t *testing.T) {
	b := newBench(1, 0, &sealer{})
	l := b.layers[0]
	l.stream.RID = "h"
	asked := &b.worker.engine.keyFrameRequests
	raw := make([]byte, 1500)
	l.publication.withheld.Store(1 + uint32(forward.Muted))
	b.deliver(0, b.packet(0, true, true, raw))
	b.deliver(0, b.packet(0, false, false, raw))
	if asked.Load() != 0 {
		t.Error("a key frame was asked for of a source that is muted")
	}
	l.publication.withheld.Store(0)
	b.deliver(0, b.packet(0, false, false, raw))
	b.deliver(0, b.packet(0, false, false, raw))
	if asked.Load() != 1 {
		t.Errorf("%d key frames were asked for", asked.Load())
	}
	key := b.packet(0, true, true, raw)
	copy(key[12+7:], []byte{0x9d, 0x01, 0x2a, 0, 0, 0x68, 1})
	b.deliver(0, key)
	if l.height.Load() != 360 {
		t.Errorf("height %d", l.height.Load())
	}
}

func TestWhoLeftIsSentNothing(t *testing.T) {
	b := newBench(1, 1, &sealer{})
	s := b.slots[0]
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	raw := make([]byte, 1500)
	b.deliver(0, b.packet(0, true, true, raw))
	number := s.header.SequenceNumber
	nack(s, number)
	if b.out.count != 2 {
		t.Fatalf("%d packets before", b.out.count)
	}
	b.worker.disown(b.peer)
	nack(s, number)
	b.deliver(0, b.packet(0, true, true, raw))
	b.worker.onTick(5e9)
	if b.out.count != 2 {
		t.Errorf("%d packets after", b.out.count)
	}
	// An offer that was under way when it left.
	b.peer.room.addSlots(b.peer, b.slots)
	b.worker.mailbox.drain()
	if len(b.worker.peers) != 0 {
		t.Error("the worker keeps who left")
	}
}

// unconnected makes connections without a network.
type unconnected struct{ offline }

func (unconnected) Connect(transport.Handler, int) (transport.Conn, error) { return silent{}, nil }

type silent struct{ transport.Conn }

func (silent) Close() error { return nil }

func (m *mailbox) waits(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.posted) >= n
}

func TestNobodyJoinsARoomThatCloses(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	b.worker.engine.transport = unconnected{}
	room := newRoom(b.worker.engine, RoomOptions{})
	go room.run()
	p, err := room.Join(PeerOptions{ID: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := room.Join(PeerOptions{ID: "a"}); !errors.Is(err, ErrPeerExists) {
		t.Errorf("one id twice: %v", err)
	}
	held, hold := make(chan struct{}), make(chan struct{})
	room.mailbox.post(func() { close(held); <-hold })
	<-held
	var ends sync.WaitGroup
	ends.Go(room.Close)
	for !room.mailbox.waits(1) {
		runtime.Gosched()
	}
	ends.Go(func() {
		if _, err := room.Join(PeerOptions{ID: "b"}); !errors.Is(err, ErrClosed) {
			t.Errorf("while it closes: %v", err)
		}
	})
	for !room.mailbox.waits(2) {
		runtime.Gosched()
	}
	close(hold)
	ends.Wait()
	if _, err := room.Join(PeerOptions{ID: "c"}); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
	if len(room.peers) != 0 {
		t.Errorf("%d members are left", len(room.peers))
	}
	p.Close()
	b.worker.engine.background.Wait()
}

// A client that makes up ever new streams is given a bounded number.
func TestStreamsAreBounded(t *testing.T) {
	b := newBench(0, 0, &sealer{})
	p := b.peer
	p.publications[Camera] = newPublication(p, Camera)
	p.sections.Store(&map[string]*publication{"0": p.publications[Camera]})
	taken := 0
	for i := range 10_000 {
		if p.Stream(transport.Stream{Mid: "0", SSRC: uint32(i), Video: true}) != nil {
			taken++
		}
	}
	if taken != maxStreams {
		t.Errorf("%d streams", taken)
	}
	p.room.mailbox.drain()
	if n := len(p.publications[Camera].layers); n != 1 {
		t.Errorf("%d layers", n)
	}
	if p.Stream(transport.Stream{Mid: "1", SSRC: 1}) != nil {
		t.Error("a stream of a section that nobody named")
	}
}

// refusing is a connection that refuses every offer, and on which something happens meanwhile.
type refusing struct {
	nobody
	meanwhile func()
}

func (r refusing) Offer(context.Context, string) (transport.Answer, error) {
	r.meanwhile()
	return transport.Answer{}, transport.ErrBadSDP
}

// A stream that begins while an offer is tried is taken as the section says that is in force: it may be refused.
func TestARefusedOfferTakesNoStream(t *testing.T) {
	p := newBench(0, 0, &sealer{}).peer
	for source := range sourceCount {
		p.publications[source] = newPublication(p, source)
	}
	p.sections.Store(&map[string]*publication{"0": p.publications[Camera], "1": p.publications[Microphone]})
	p.conn = refusing{meanwhile: func() {
		if p.Stream(transport.Stream{Mid: "0", SSRC: 1, Video: true}) == nil || p.Stream(transport.Stream{Mid: "1", SSRC: 2}) == nil {
			t.Error("a stream is not taken")
		}
		p.room.mailbox.drain()
	}}
	if _, err := p.Offer(t.Context(), Offer{Sources: map[string]Source{"0": Screen}}); !errors.Is(err, ErrBadSDP) {
		t.Error(err)
	}
	if len(p.publications[Camera].layers) != 1 || len(p.publications[Microphone].layers) != 1 || len(p.publications[Screen].layers) != 0 {
		t.Error("a stream is another source's")
	}
}

// Of a layer that the slot does not take nothing is sent, not even on request; a packet that was late leaves an empty one in its place.
func TestWhatIsLeftOutIsNeverSent(t *testing.T) {
	type sending struct {
		header rtp.Header
		size   int
	}
	var all []sending
	b := newBench(1, 1, &sealer{taken: func(h *rtp.Header, payload []byte) { all = append(all, sending{*h, len(payload)}) }})
	s := b.slots[0]
	s.assign(assignment{layer: b.layers[0], generation: 1}, 0)
	frame := func(layer byte, key bool) []byte {
		raw := b.packet(0, true, key, make([]byte, 1500))
		payload := raw[12:]
		payload[1] = 0x80 | 0x20 // picture id and temporal layer
		payload[4] = layer << 6
		payload[5] = 1
		if key {
			payload[5] = 0
		}
		return raw
	}
	b.deliver(0, frame(0, true))
	b.deliver(0, frame(1, false))
	late := frame(1, false)
	b.deliver(0, frame(0, false))
	b.deliver(0, late)
	b.deliver(0, frame(0, false))
	numbers := []uint16{0, 2, 1, 3}
	if len(all) != len(numbers) {
		t.Fatalf("%d packets went out", len(all))
	}
	for i, s := range all {
		if s.header.SequenceNumber != all[0].header.SequenceNumber+numbers[i] || (s.size == 0) != (i == 2) || s.size == 0 && s.header.PaddingSize == 0 {
			t.Errorf("packet %d: %+v with %d bytes", i, s.header, s.size)
		}
	}
	nack(s, all[2].header.SequenceNumber)
	nack(s, all[3].header.SequenceNumber)
	if len(all) != 6 || all[4].size != 2 || all[5].size <= 1000 {
		t.Errorf("sent again: %+v", all[4:])
	}
	if n := b.worker.dropped[forward.Thinned].Load(); n != 2 {
		t.Errorf("%d are counted", n)
	}
}
