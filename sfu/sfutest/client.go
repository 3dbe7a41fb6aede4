package sfutest

import (
	"context"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu"
)

// Client is a Pion client that offers as a browser does.
type Client struct {
	world   *World
	ID      string
	address string
	options Options
	Peer    *sfu.Peer
	PC      *webrtc.PeerConnection
	stop    chan struct{}
	senders sync.WaitGroup
	sources map[string]sfu.Source

	Level   atomic.Int32 // of the microphone
	Paused  atomic.Bool  // the camera sends nothing
	Deaf    atomic.Bool  // the camera ignores requests for key frames
	KeyAsks atomic.Int32 // requests for key frames so far, on all layers

	mu        sync.Mutex
	states    []sfu.ConnectionState
	slots     map[[2]int]sfu.SlotState
	page      int
	pages     int
	received  map[[2]int][]Packet
	reports   map[uint32]rtcp.SenderReport // by SSRC
	connected bool
}

// Packet is a packet that arrived in a slot.
type Packet struct {
	SSRC      uint32
	Sequence  uint16
	Timestamp uint32
	Payload   []byte
	From      string // id of the publisher
	Number    uint32 // of the packet at its publisher
	KeyFrame  bool
	Height    int
	At        time.Time
}

func newClient(w *World, id, address string, o Options) *Client {
	c := &Client{
		world: w, ID: id, address: address, options: o, stop: make(chan struct{}), sources: map[string]sfu.Source{},
		slots: map[[2]int]sfu.SlotState{}, received: map[[2]int][]Packet{}, reports: map[uint32]rtcp.SenderReport{},
	}
	c.Level.Store(int32(o.Level))
	var settings webrtc.SettingEngine
	settings.SetNet(w.attach(address))
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(5*time.Second, 10*time.Second, time.Second)
	media := &webrtc.MediaEngine{}
	must(w.t, media.RegisterDefaultCodecs())
	if !o.NoLevels {
		must(w.t, media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio))
	}
	registry := &interceptor.Registry{}
	must(w.t, webrtc.RegisterDefaultInterceptors(media, registry))
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry)).
		NewPeerConnection(webrtc.Configuration{})
	must(w.t, err)
	c.PC = pc
	pc.OnTrack(c.receive)
	w.t.Cleanup(c.Hang)
	c.publish()
	c.AddSlots(o.VideoSlots, o.AudioSlots)
	return c
}

// AddSlots adds receive-only sections to the next offer.
func (c *Client) AddSlots(video, audio int) {
	for kind, n := range map[webrtc.RTPCodecType]int{webrtc.RTPCodecTypeVideo: video, webrtc.RTPCodecTypeAudio: audio} {
		for range n {
			_, err := c.PC.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
			must(c.world.t, err)
		}
	}
}

func (c *Client) offer(ctx context.Context) error {
	return c.negotiate(ctx, nil)
}

// Renegotiate makes another offer, for more slots or with options for an ICE restart.
func (c *Client) Renegotiate(options *webrtc.OfferOptions) {
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	must(c.world.t, c.negotiate(ctx, options))
}

func (c *Client) negotiate(ctx context.Context, options *webrtc.OfferOptions) error {
	offer, err := c.PC.CreateOffer(options)
	if err != nil {
		return err
	}
	if err := c.PC.SetLocalDescription(offer); err != nil {
		return err
	}
	sources := map[string]sfu.Source{}
	for _, tr := range c.PC.GetTransceivers() {
		if s := tr.Sender(); s != nil && s.Track() != nil {
			sources[tr.Mid()] = sfu.Camera
			if tr.Kind() == webrtc.RTPCodecTypeAudio {
				sources[tr.Mid()] = sfu.Microphone
			}
		}
	}
	answer, err := c.Peer.Offer(ctx, sfu.Offer{SDP: c.PC.LocalDescription().SDP, Sources: sources})
	if err != nil {
		return err
	}
	return c.PC.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer})
}

// Connected waits until the media connection is up.
func (c *Client) Connected() {
	c.world.t.Helper()
	c.world.Until("media connection of "+c.ID, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.connected
	})
}

// Hang ends the client without a word to the server.
func (c *Client) Hang() {
	select {
	case <-c.stop:
		return
	default:
	}
	close(c.stop)
	c.senders.Wait()
	_ = c.PC.GracefulClose() // nothing is left to be told
}

// SlotsChanged records what the server says of the slots (sfu.Observer).
func (c *Client) SlotsChanged(changed []sfu.SlotState, page, pages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range changed {
		c.slots[[2]int{int(s.Kind), s.Slot}] = s
	}
	c.page, c.pages = page, pages
}

// ConnectionChanged records the state of the connection (sfu.Observer).
func (c *Client) ConnectionChanged(s sfu.ConnectionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connected = s == sfu.Connected
	c.states = append(c.states, s)
}

// Slot is what the server said of a slot.
func (c *Client) Slot(kind sfu.Kind, index int) sfu.SlotState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slots[[2]int{int(kind), index}]
}

// Pages are the page that is shown and how many there are.
func (c *Client) Pages() (page, pages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.page, c.pages
}

// Received are the packets of a slot so far.
func (c *Client) Received(kind sfu.Kind, index int) []Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Packet(nil), c.received[[2]int{int(kind), index}]...)
}

// Newest is the newest packet of a slot; its From is empty while there is none.
func (c *Client) Newest(kind sfu.Kind, index int) Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.received[[2]int{int(kind), index}]
	if len(all) == 0 {
		return Packet{}
	}
	return all[len(all)-1]
}

// Hears tells who is heard in any slot from now on, after a packet from everybody who sends had time to come.
func (c *Client) Hears(options Options, within time.Duration) map[string]int {
	before := map[int]int{}
	for i := range options.AudioSlots {
		before[i] = len(c.Received(sfu.Audio, i))
	}
	time.Sleep(within)
	heard := map[string]int{}
	for i := range options.AudioSlots {
		for _, p := range c.Received(sfu.Audio, i)[before[i]:] {
			heard[p.From]++
		}
	}
	return heard
}

// Report is the newest sender report of a slot's stream.
func (c *Client) Report(ssrc uint32) (rtcp.SenderReport, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.reports[ssrc]
	return r, ok
}

func (c *Client) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	kind := sfu.Audio
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		kind = sfu.Video
	}
	index, err := strconv.Atoi(strings.TrimPrefix(strings.TrimPrefix(track.ID(), "video"), "audio"))
	if err != nil {
		return
	}
	go func() {
		for {
			packets, _, err := receiver.ReadRTCP()
			if err != nil {
				return
			}
			for _, p := range packets {
				if r, ok := p.(*rtcp.SenderReport); ok {
					c.mu.Lock()
					c.reports[r.SSRC] = *r
					c.mu.Unlock()
				}
			}
		}
	}()
	for {
		p, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		if got, ok := open(p, kind); ok {
			c.mu.Lock()
			key := [2]int{int(kind), index}
			c.received[key] = append(c.received[key], got)
			c.mu.Unlock()
		}
	}
}

// stampSize is the length of a packet's stamp: its publisher's id, padded, and its number there.
const stampSize = 20

func stamp(payload []byte, id string, number uint32) {
	s := payload[len(payload)-stampSize:]
	copy(s[:16], id+strings.Repeat("\x00", 16))
	binary.BigEndian.PutUint32(s[16:], number)
}

func open(p *rtp.Packet, kind sfu.Kind) (Packet, bool) {
	if len(p.Payload) < stampSize {
		return Packet{}, false
	}
	s := p.Payload[len(p.Payload)-stampSize:]
	got := Packet{
		SSRC: p.SSRC, Sequence: p.SequenceNumber, Timestamp: p.Timestamp, Payload: p.Payload,
		From: strings.TrimRight(string(s[:16]), "\x00"), Number: binary.BigEndian.Uint32(s[16:]), At: time.Now(),
	}
	if kind == sfu.Video {
		got.KeyFrame, got.Height = pictureOf(p.Payload)
	}
	return got, true
}
