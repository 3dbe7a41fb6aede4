package sfutest

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu"
	"diemcau/sfu/codec"
)

// Client is a Pion client that offers as a browser does. The goroutine of its world calls its methods.
type Client struct {
	world   *World
	ID      string
	options Options
	Peer    *sfu.Peer
	PC      *webrtc.PeerConnection
	// Up and Down are the client's links towards the server and from it.
	Up, Down *Link

	tracks  map[sfu.Source]*webrtc.RTPTransceiver // what is sent
	dice    *rand.Rand
	stop    chan struct{}
	senders sync.WaitGroup

	Level    atomic.Int32 // of the microphone, in -dBov
	Paused   atomic.Bool  // the camera sends nothing
	Deaf     atomic.Bool  // the camera ignores requests for key frames
	Stubborn atomic.Bool  // it sends what nobody receives all the same

	mu        sync.Mutex
	slots     map[slotKey]sfu.SlotState
	page      int
	pages     int
	received  map[slotKey][]Packet
	reports   map[uint32]rtcp.SenderReport // by SSRC
	keyAsks   map[int][]time.Time          // by lines of the layer
	idle      map[sfu.Source][]string      // RIDs of what nobody receives
	connected bool
}

type slotKey struct {
	kind  sfu.Kind
	index int
}

func newClient(w *World, id, address string, o Options) *Client {
	c := &Client{
		world: w, ID: id, options: o, stop: make(chan struct{}), tracks: map[sfu.Source]*webrtc.RTPTransceiver{},
		Up: newLink(w.dice.Uint64()), Down: newLink(w.dice.Uint64()), dice: rand.New(rand.NewPCG(w.dice.Uint64(), 0)),
		slots: map[slotKey]sfu.SlotState{}, received: map[slotKey][]Packet{}, reports: map[uint32]rtcp.SenderReport{}, keyAsks: map[int][]time.Time{}, idle: map[sfu.Source][]string{},
	}
	c.Level.Store(int32(o.Level))
	var settings webrtc.SettingEngine
	settings.SetNet(host{w.attach(address), func(net.Addr) *Link { return c.Up }})
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetICETimeouts(5*time.Second, 10*time.Second, time.Second)
	media, registry := c.media(), &interceptor.Registry{}
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

// media registers what the client encodes and decodes.
func (c *Client) media() *webrtc.MediaEngine {
	m := &webrtc.MediaEngine{}
	if c.options.OnlyVP8 {
		video := func(mime, fmtp string, feedback []webrtc.RTCPFeedback, pt webrtc.PayloadType) {
			capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp, RTCPFeedback: feedback}
			must(c.world.t, m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: capability, PayloadType: pt}, webrtc.RTPCodecTypeVideo))
		}
		video(webrtc.MimeTypeVP8, "", []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}}, 100)
		video(webrtc.MimeTypeRTX, "apt=100", nil, 101)
		must(c.world.t, m.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, PayloadType: 109,
		}, webrtc.RTPCodecTypeAudio))
	} else {
		must(c.world.t, m.RegisterDefaultCodecs())
	}
	if c.options.RED {
		must(c.world.t, m.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: redundant, PayloadType: 63}, webrtc.RTPCodecTypeAudio))
	}
	must(c.world.t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: codec.DependencyURI}, webrtc.RTPCodecTypeVideo))
	if !c.options.NoLevels {
		must(c.world.t, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio))
	}
	return m
}

// AddSlots adds receive-only sections to the next offer.
func (c *Client) AddSlots(video, audio int) {
	for i := range video + audio {
		kind := webrtc.RTPCodecTypeVideo
		if i >= video {
			kind = webrtc.RTPCodecTypeAudio
		}
		_, err := c.PC.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(c.world.t, err)
	}
}

// Renegotiate makes another offer, for more slots or with options for an ICE restart.
func (c *Client) Renegotiate(options *webrtc.OfferOptions) {
	c.world.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	must(c.world.t, c.offer(ctx, options))
}

func (c *Client) offer(ctx context.Context, options *webrtc.OfferOptions) error {
	offer, err := c.PC.CreateOffer(options)
	if err != nil {
		return err
	}
	if err := c.PC.SetLocalDescription(offer); err != nil {
		return err
	}
	sources := map[string]sfu.Source{}
	for source, tr := range c.tracks {
		sources[tr.Mid()] = source
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
	c.Up.close()
	c.senders.Wait()
	_ = c.PC.GracefulClose() // nothing is left to be told
}

// SlotsChanged records what the server says of the slots (sfu.Observer).
func (c *Client) SlotsChanged(changed []sfu.SlotState, page, pages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range changed {
		c.slots[slotKey{s.Kind, s.Slot}] = s
	}
	c.page, c.pages = page, pages
}

// ConnectionChanged records the state of the connection (sfu.Observer).
func (c *Client) ConnectionChanged(s sfu.ConnectionState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.connected = s == sfu.Connected
}

// LayersIdle records which layers nobody receives (sfu.Observer).
func (c *Client) LayersIdle(source sfu.Source, idle sfu.Idle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle[source] = idle.Layers
}

// Idle are the RIDs of a source's layers that the server said nobody receives.
func (c *Client) Idle(source sfu.Source) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.idle[source]
}

// Slot is what the server said of a slot.
func (c *Client) Slot(kind sfu.Kind, index int) sfu.SlotState {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slots[slotKey{kind, index}]
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
	return append([]Packet(nil), c.received[slotKey{kind, index}]...)
}

// Newest is the newest packet of a slot; its From is empty while there is none.
func (c *Client) Newest(kind sfu.Kind, index int) Packet {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.received[slotKey{kind, index}]
	if len(all) == 0 {
		return Packet{}
	}
	return all[len(all)-1]
}

// Hears counts the packets of each publisher that come in any audio slot within a time from now on.
func (c *Client) Hears(within time.Duration) map[string]int {
	before := make([]int, c.options.AudioSlots)
	for i := range before {
		before[i] = len(c.Received(sfu.Audio, i))
	}
	time.Sleep(within)
	heard := map[string]int{}
	for i, n := range before {
		for _, p := range c.Received(sfu.Audio, i)[n:] {
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

// KeyAsks are the moments when a key frame was asked for of the video layer of so many lines.
func (c *Client) KeyAsks(lines int) []time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Time(nil), c.keyAsks[lines]...)
}

// receive records what arrives in one slot, which the answer named by its track.
func (c *Client) receive(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	key := slotKey{kind: sfu.Audio}
	if track.Kind() == webrtc.RTPCodecTypeVideo {
		key.kind = sfu.Video
	}
	index, err := strconv.Atoi(strings.TrimLeft(track.ID(), "adeiouv"))
	if err != nil {
		return
	}
	key.index = index
	var codecs [128]codec.Codec
	var repairs [128]webrtc.PayloadType // by the types of retransmissions, those of what they carry (RFC 4588, section 8)
	for _, p := range receiver.GetParameters().Codecs {
		codecs[p.PayloadType&0x7f] = codec.FromMime(p.MimeType)
		if apt, isRTX := strings.CutPrefix(p.SDPFmtpLine, "apt="); isRTX {
			carried, _ := strconv.Atoi(apt)
			repairs[p.PayloadType&0x7f] = webrtc.PayloadType(carried)
		}
	}
	var described uint8
	for _, x := range receiver.GetParameters().HeaderExtensions {
		if x.URI == codec.DependencyURI {
			described = uint8(x.ID)
		}
	}
	go c.receiveReports(receiver)
	for {
		p, attributes, err := track.ReadRTP()
		if err != nil {
			return
		}
		all := []Packet{}
		repair, repaired := attributes.Get(webrtc.AttributeRtxPayloadType).(uint8)
		if repaired { // Pion gives it the type of what came last in the slot, perhaps of another source
			p.PayloadType = uint8(repairs[repair&0x7f])
		}
		if k := codecs[p.PayloadType&0x7f]; k == codec.RED {
			all = unwrap(p)
		} else if got, ok := open(p, k); ok {
			got.Repaired = repaired
			got.Descriptor = p.GetExtension(described)
			all = append(all, got)
		}
		c.mu.Lock()
		c.received[key] = append(c.received[key], all...)
		c.mu.Unlock()
	}
}

func (c *Client) receiveReports(receiver *webrtc.RTPReceiver) {
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
}
