package signaling

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"diemcau/signaling/protocol"
)

// peer is a client's side of the media: what a browser or an encoder has.
type peer struct {
	*world
	pc     *webrtc.PeerConnection
	cut    atomic.Bool // nothing it sends arrives
	audio  inbox
	video  inbox
	answer string
}

// inbox is what was received of one kind.
type inbox struct {
	packets atomic.Int64
	late    atomic.Int64 // the longest that a packet took longer than the one before, in nanoseconds
	lost    atomic.Int64

	mu   sync.Mutex // guards what is known of the packet before
	took time.Duration
	next uint16
}

// newPeer makes a connection that sends what is named and has as many slots.
func (w *world) newPeer(sends []protocol.Source, videoSlots, audioSlots int) (*peer, []protocol.OfferSource) {
	w.Helper()
	var settings webrtc.SettingEngine
	p := &peer{world: w}
	network, err := stdnet.NewNet()
	if err != nil {
		w.Fatal(err)
	}
	settings.SetNet(cuttable{network, &p.cut})
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	var media webrtc.MediaEngine
	if err := media.RegisterDefaultCodecs(); err != nil {
		w.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(&media)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		w.Fatal(err)
	}
	p.pc = pc
	stop := make(chan struct{})
	var senders sync.WaitGroup
	w.Cleanup(func() {
		close(stop)
		senders.Wait()
		_ = pc.GracefulClose()
	})
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			p.audio.read(track)
		} else {
			p.video.read(track)
		}
	})
	for _, source := range sends {
		track := p.add(source)
		senders.Go(func() { sendTrack(track, stop) })
	}
	for kind, n := range map[webrtc.RTPCodecType]int{webrtc.RTPCodecTypeVideo: videoSlots, webrtc.RTPCodecTypeAudio: audioSlots} {
		for range n {
			p.must(pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}))
		}
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		w.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(pc)
	if err := pc.SetLocalDescription(offer); err != nil {
		w.Fatal(err)
	}
	<-gathered
	var named []protocol.OfferSource
	for i, source := range sends {
		named = append(named, protocol.OfferSource{Mid: pc.GetTransceivers()[i].Mid(), Source: source})
	}
	return p, named
}

// cuttable is the host's network, less what is sent while it is cut.
type cuttable struct {
	transport.Net
	cut *atomic.Bool
}

func (n cuttable) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, address)
	return cuttableConn{conn, n.cut}, err
}

type cuttableConn struct {
	transport.UDPConn
	cut *atomic.Bool
}

func (c cuttableConn) WriteTo(b []byte, to net.Addr) (int, error) {
	if c.cut.Load() {
		return len(b), nil
	}
	return c.UDPConn.WriteTo(b, to)
}

func (p *peer) must(_ *webrtc.RTPTransceiver, err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

func (p *peer) add(source protocol.Source) *webrtc.TrackLocalStaticRTP {
	p.Helper()
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	if source == protocol.SourceCamera || source == protocol.SourceScreen {
		codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
	}
	track, err := webrtc.NewTrackLocalStaticRTP(codec, string(source), string(source))
	if err != nil {
		p.Fatal(err)
	}
	p.must(p.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly}))
	return track
}

// begin is what payloads count their time from.
var begin = time.Now()

// sendTrack sends 50 packets a second, each with the moment that it was sent at. Each video packet is a whole key frame.
func sendTrack(track *webrtc.TrackLocalStaticRTP, stop <-chan struct{}) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	header := []byte{0xfc} // an Opus frame of 20 ms
	step := uint32(960)
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		header = []byte{0x10, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xf0, 0x00}
		step = 1800
	}
	for n := uint16(0); ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		packet := rtp.Packet{
			Header:  rtp.Header{Version: 2, Marker: true, SequenceNumber: n, Timestamp: uint32(n) * step},
			Payload: binary.BigEndian.AppendUint64(header[:len(header):len(header)], uint64(time.Since(begin))),
		}
		if err := track.WriteRTP(&packet); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			return
		}
	}
}

// read counts the packets of a track until it ends.
func (in *inbox) read(track *webrtc.TrackRemote) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if len(packet.Payload) < 9 {
			continue
		}
		sent := time.Duration(binary.BigEndian.Uint64(packet.Payload[len(packet.Payload)-8:]))
		took := time.Since(begin) - sent
		in.packets.Add(1)
		in.mu.Lock()
		if in.took != 0 {
			in.late.Store(max(in.late.Load(), int64(took-in.took)))
			in.lost.Add(int64(packet.SequenceNumber - in.next))
		}
		in.took, in.next = took, packet.SequenceNumber+1
		in.mu.Unlock()
	}
}

// flows waits until more packets come.
func (p *peer) flows(what string, in *inbox) {
	p.Helper()
	before := in.packets.Load()
	p.eventually(what, func() bool { return in.packets.Load() > before+5 })
}

// silent holds that nothing comes for a while.
func (p *peer) silent(what string, in *inbox) {
	p.Helper()
	time.Sleep(100 * time.Millisecond) // what is under way may still come
	before := in.packets.Load()
	time.Sleep(300 * time.Millisecond)
	if n := in.packets.Load() - before; n > 0 {
		p.Errorf("%s: %d packets", what, n)
	}
}

// accept takes an answer.
func (p *peer) accept(sdp string) {
	p.Helper()
	p.answer = sdp
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: sdp}); err != nil {
		p.Fatal(err)
	}
}

// media connects a participant: it sends what is named, says so, and has as many slots.
func (c *client) media(sends []protocol.Source, videoSlots, audioSlots int) *peer {
	c.Helper()
	p, named := c.newPeer(sends, videoSlots, audioSlots)
	if named == nil {
		named = []protocol.OfferSource{}
	}
	e := c.ask("offer", protocol.Offer{SDP: p.pc.LocalDescription().SDP, Sources: named})
	if e.Type != "answer" {
		c.Fatalf("the offer was answered by %s %s", e.Type, e.Body)
	}
	var answer protocol.Answer
	c.decode(e, &answer)
	p.accept(answer.SDP)
	for _, source := range sends {
		c.do("publish", protocol.Publish{Source: source, Active: true})
	}
	return p
}
