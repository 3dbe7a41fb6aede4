package transport

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/codec"
)

// pionConn is a connection on a PeerConnection, which the first offer makes: only then is it known whether the client sends.
type pionConn struct {
	pion    *Pion
	handler Handler

	pc     atomic.Pointer[webrtc.PeerConnection]
	slots  []*pionSlot
	layers sync.Map        // RIDs of each section that was offered, by mid
	known  map[string]bool // mids of the offers that were answered
	closed atomic.Bool
	// candidates counts those since the last offer.
	candidates atomic.Int32
	roundTrip  roundTrip
	roundMu    sync.Mutex // held while it learns
	done       chan struct{}
	readers    sync.WaitGroup
}

// Offer applies a client's offer; see Conn.
func (c *pionConn) Offer(ctx context.Context, offer string) (Answer, error) {
	description, sections, err := readOffer(offer)
	if err != nil {
		return Answer{}, err
	}
	clean, err := description.Marshal()
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrBadSDP, err)
	}
	if c.closed.Load() {
		return Answer{}, ErrClosed
	}
	for _, s := range sections {
		c.layers.Store(s.mid, s.layers)
	}
	if c.pc.Load() == nil {
		if err := c.open(sections); err != nil {
			return Answer{}, err
		}
	}
	pc := c.pc.Load()
	added, err := c.addSlots(pc, sections)
	if err != nil {
		return Answer{}, err
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: string(clean)}); err != nil {
		return Answer{}, c.refuse(pc, err)
	}
	answer, err := pc.CreateAnswer(nil)
	if err != nil {
		return Answer{}, c.refuse(pc, err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(answer); err != nil {
		return Answer{}, c.refuse(pc, err)
	}
	// From here on the offer is in force, even if nobody waits for its answer: the next one builds on it.
	for _, s := range sections {
		c.known[s.mid] = true
	}
	for _, s := range added {
		c.slots = append(c.slots, s)
		c.readers.Go(s.readFeedback)
	}
	c.candidates.Store(0)
	select {
	case <-gathered:
		return c.answer(pc, sections), nil
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	case <-c.done:
		return Answer{}, ErrClosed
	}
}

func (c *pionConn) open(sections []section) error {
	api := c.pion.plain
	for _, s := range sections {
		if s.direction == "sendonly" || s.direction == "sendrecv" {
			api = c.pion.full
		}
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{
		Certificates: []webrtc.Certificate{c.pion.certificate}, BundlePolicy: webrtc.BundlePolicyMaxBundle,
	})
	if err != nil {
		return fmt.Errorf("transport: %w", err)
	}
	pc.OnTrack(c.onTrack)
	pc.OnConnectionStateChange(c.onState)
	c.pc.Store(pc)
	return nil
}

// refuse ends the attempt at an offer that Pion could not apply although it passed readOffer. Pion cannot roll back to the offer
// before: the first offer's connection begins anew, another one has failed.
func (c *pionConn) refuse(pc *webrtc.PeerConnection, cause error) error {
	if errors.Is(cause, webrtc.ErrConnectionClosed) {
		return fmt.Errorf("%w: %w", ErrClosed, cause)
	}
	if len(c.known) == 0 {
		c.pc.Store(nil)
		pc.OnConnectionStateChange(func(webrtc.PeerConnectionState) {})
		cause = errors.Join(cause, pc.GracefulClose())
	} else if pc.SignalingState() != webrtc.SignalingStateStable {
		c.handler.State(Failed)
	}
	return fmt.Errorf("%w: %w", ErrBadSDP, cause)
}

// addSlots makes a sender for each new receive-only section. Pion matches them to the sections in the order of both.
func (c *pionConn) addSlots(pc *webrtc.PeerConnection, sections []section) ([]*pionSlot, error) {
	var added []*pionSlot
	counts := map[bool]int{}
	for _, s := range c.slots {
		counts[s.video]++
	}
	for _, s := range sections {
		if s.direction != "recvonly" || c.known[s.mid] {
			continue
		}
		slot := &pionSlot{conn: c, video: s.video, index: counts[s.video]}
		counts[s.video]++
		tr, err := pc.AddTransceiverFromTrack(slot, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		if err != nil {
			return nil, fmt.Errorf("transport: slot: %w", err)
		}
		slot.sender = tr.Sender()
		added = append(added, slot)
	}
	return added, nil
}

func (c *pionConn) answer(pc *webrtc.PeerConnection, sections []section) Answer {
	a := Answer{SDP: pc.LocalDescription().SDP, Sending: map[string]Section{}}
	for _, s := range sections {
		if s.direction == "sendonly" || s.direction == "sendrecv" {
			a.Sending[s.mid] = Section{Video: s.video}
		}
	}
	for _, s := range c.slots {
		a.Slots = append(a.Slots, Slot{
			Video: s.video, Index: s.index, SSRC: s.ssrc, RTX: s.rtx, Payload: s.payload, TransportSequence: s.sequence, Dependency: s.described, Out: s,
		})
	}
	return a
}

// AddCandidate checks a candidate, which an ICE-lite server has no use for; see Conn.
func (c *pionConn) AddCandidate(candidate string) error {
	if n := c.candidates.Add(1); n > maxCandidates {
		return fmt.Errorf("%w: %d candidates", ErrLimit, n)
	}
	return checkCandidate(candidate)
}

// WriteRTCP sends feedback and reports; see Conn.
func (c *pionConn) WriteRTCP(packets []rtcp.Packet) error {
	pc := c.pc.Load()
	if pc == nil || c.closed.Load() {
		return ErrClosed
	}
	return pc.WriteRTCP(packets)
}

// RoundTrip is the time to the client and back; see Conn.
func (c *pionConn) RoundTrip() time.Duration { return c.roundTrip.get() }

// takeReports learns the round trip from what the client says of a slot.
func (c *pionConn) takeReports(ssrc uint32, packets []rtcp.Packet) {
	c.roundMu.Lock()
	defer c.roundMu.Unlock()
	for _, p := range packets {
		r, ok := p.(*rtcp.ReceiverReport)
		for i := 0; ok && i < len(r.Reports); i++ {
			if r.Reports[i].SSRC == ssrc {
				c.roundTrip.note(r.Reports[i], c.pion.config.NTP(c.pion.config.Now()))
			}
		}
	}
}

// Close ends the connection and waits for its goroutines.
func (c *pionConn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	close(c.done)
	var err error
	if pc := c.pc.Load(); pc != nil {
		err = pc.GracefulClose()
	}
	c.readers.Wait()
	return err
}

func (c *pionConn) onState(s webrtc.PeerConnectionState) {
	switch s {
	case webrtc.PeerConnectionStateNew, webrtc.PeerConnectionStateConnecting:
		c.handler.State(Connecting)
	case webrtc.PeerConnectionStateConnected:
		c.handler.State(Connected)
	case webrtc.PeerConnectionStateDisconnected:
		c.handler.State(Disconnected)
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		c.handler.State(Failed)
	case webrtc.PeerConnectionStateUnknown:
	}
}

// onTrack reads one incoming stream until it ends.
func (c *pionConn) onTrack(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	stream := Stream{RID: track.RID(), SSRC: uint32(track.SSRC()), Video: track.Kind() == webrtc.RTPCodecTypeVideo}
	if tr := receiver.RTPTransceiver(); tr != nil {
		stream.Mid = tr.Mid()
	}
	layers, _ := c.layers.Load(stream.Mid)
	rids, _ := layers.([]string)
	stream.Rank = slices.Index(rids, stream.RID)
	parameters := receiver.GetParameters()
	for _, p := range parameters.Codecs {
		if p.PayloadType < 128 {
			stream.Codecs[p.PayloadType] = codec.FromMime(p.MimeType)
		}
	}
	for _, e := range parameters.HeaderExtensions {
		switch {
		case e.ID <= 0 || e.ID > 255:
		case e.URI == audioLevelURI:
			stream.AudioLevel = uint8(e.ID)
		case e.URI == codec.DependencyURI:
			stream.Dependency = uint8(e.ID)
		}
	}
	sink := c.handler.Stream(stream)
	if sink == nil {
		return
	}
	c.readers.Go(func() { c.readReports(track, receiver, sink) })
	buffer := make([]byte, maxPacket)
	for {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		sink.Packet(buffer[:n], c.pion.config.Now())
		sink.Flush()
	}
}

func (c *pionConn) readReports(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver, sink Sink) {
	buffer := make([]byte, maxPacket)
	for {
		var n int
		var err error
		if track.RID() != "" {
			n, _, err = receiver.ReadSimulcast(buffer, track.RID())
		} else {
			n, _, err = receiver.Read(buffer)
		}
		if err != nil {
			return
		}
		now := c.pion.config.Now()
		packets, err := rtcp.Unmarshal(buffer[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == uint32(track.SSRC()) {
				sink.SenderReport(sr.NTPTime, sr.RTPTime, now)
			}
		}
	}
}
