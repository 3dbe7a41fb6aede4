package transport

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// implementations are all that must behave alike.
var implementations = map[string]func(Config) (Transport, error){
	"pion":   func(c Config) (Transport, error) { return NewPion(c) },
	"direct": func(c Config) (Transport, error) { return NewDirect(c) },
}

// open makes an implementation on loopback, with two workers that take what arrives. It ends with its test.
func open(t testing.TB, name string, change ...func(*Config)) Transport {
	t.Helper()
	start := time.Now()
	c := Config{Listen: "127.0.0.1:0", Workers: 2, Now: func() int64 { return int64(time.Since(start)) }, NTP: ntpOf, Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(&c)
	}
	tr, err := implementations[name](c)
	must(t, err)
	var workers sync.WaitGroup
	for i := range c.Workers {
		workers.Go(func() {
			for tr.Ready() == nil {
				tr.Wait(i, 50*time.Millisecond)
				tr.TakeReports(i)
			}
		})
	}
	t.Cleanup(func() {
		if err := tr.Close(); err != nil {
			t.Error(err)
		}
		if tr.Ready() == nil {
			t.Error("ready after the end")
		}
		workers.Wait()
	})
	return tr
}

// ntpOf is NTP time of a clock that began in 2026.
func ntpOf(now int64) uint64 {
	return 3_992_544_000<<32 + uint64(now/1e9)<<32 + uint64(now%1e9)<<32/1e9
}

// each runs a test against every implementation.
func each(t *testing.T, test func(*testing.T, Transport)) {
	for name := range implementations {
		t.Run(name, func(t *testing.T) { test(t, open(t, name)) })
	}
}

// server is the handler of one connection: it records what it is told.
type server struct {
	mu           sync.Mutex
	states       []State
	streams      []Stream
	packets      map[uint32]int // by SSRC
	reports      map[uint32]int
	pathFeedback int
	feedback     []rtcp.Packet
	// listeners is what all of them are said to lose.
	listeners  float64
	receptions map[uint32]Reception // the newest by SSRC
}

func newServer() *server {
	return &server{packets: map[uint32]int{}, reports: map[uint32]int{}, receptions: map[uint32]Reception{}}
}

type sink struct {
	server *server
	ssrc   uint32
}

func (s *server) Stream(stream Stream) Sink {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.streams = append(s.streams, stream)
	return &sink{s, stream.SSRC}
}

func (s *server) State(state State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states = append(s.states, state)
}

func (s *server) Feedback(_ bool, _ int, packets []rtcp.Packet, _ int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feedback = append(s.feedback, packets...)
}

func (s *server) PathFeedback([]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pathFeedback++
}

func (k *sink) Packet([]byte, int64) {
	k.server.mu.Lock()
	defer k.server.mu.Unlock()
	k.server.packets[k.ssrc]++
}

func (k *sink) Flush() {}

func (k *sink) SenderReport(uint64, uint32, int64) {
	k.server.mu.Lock()
	defer k.server.mu.Unlock()
	k.server.reports[k.ssrc]++
}

func (k *sink) Reception(r Reception) float64 {
	k.server.mu.Lock()
	defer k.server.mu.Unlock()
	k.server.receptions[k.ssrc] = r
	return k.server.listeners
}

func (s *server) look(f func() bool) func() bool {
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return f()
	}
}

func (s *server) connected() bool {
	for _, state := range s.states {
		if state == Connected {
			return true
		}
	}
	return false
}

func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("no %s", what)
}

// client is a browser's stand-in.
type client struct {
	t    testing.TB
	pc   *webrtc.PeerConnection
	stop chan struct{}
	wait sync.WaitGroup

	mu       sync.Mutex
	received map[string]int // packets by track id
	newest   *rtp.Packet    // of any track
}

func newClient(t testing.TB, change ...func(*webrtc.SettingEngine)) *client {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	for _, c := range change {
		c(&settings)
	}
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	must(t, media.RegisterDefaultCodecs())
	must(t, media.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "audio/red", ClockRate: 48000, Channels: 2, SDPFmtpLine: "111/111"}, PayloadType: 63,
	}, webrtc.RTPCodecTypeAudio))
	must(t, webrtc.RegisterDefaultInterceptors(media, registry))
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry)).
		NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	c := &client{t: t, pc: pc, stop: make(chan struct{}), received: map[string]int{}}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.newest = packet
			c.received[track.ID()]++
			c.mu.Unlock()
		}
	})
	t.Cleanup(c.end)
	return c
}

// end hangs up.
func (c *client) end() {
	select {
	case <-c.stop:
		return
	default:
	}
	close(c.stop)
	c.wait.Wait()
	_ = c.pc.GracefulClose()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sends adds a track that is sent from then on, or one for each rid.
func (c *client) sends(mime string, rate uint32, rids ...string) {
	c.t.Helper()
	if len(rids) == 0 {
		rids = []string{""}
	}
	var tr *webrtc.RTPTransceiver
	for _, rid := range rids {
		var options []func(*webrtc.TrackLocalStaticRTP)
		if rid != "" {
			options = append(options, webrtc.WithRTPStreamID(rid))
		}
		capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate}
		if strings.HasPrefix(mime, "audio/") {
			capability.Channels = 2
		}
		track, err := webrtc.NewTrackLocalStaticRTP(capability, mime, "client", options...)
		must(c.t, err)
		if tr == nil {
			tr, err = c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		} else {
			err = tr.Sender().AddEncoding(track)
		}
		must(c.t, err)
		c.wait.Go(func() { c.send(tr, track) })
	}
}

func (c *client) send(tr *webrtc.RTPTransceiver, track *webrtc.TrackLocalStaticRTP) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(1); ; n++ {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 900}, Payload: make([]byte, 100)}
		if track.RID() != "" {
			for _, x := range tr.Sender().GetParameters().HeaderExtensions {
				switch x.URI {
				case sdp.SDESMidURI:
					_ = p.SetExtension(uint8(x.ID), []byte(tr.Mid()))
				case sdp.SDESRTPStreamIDURI:
					_ = p.SetExtension(uint8(x.ID), []byte(track.RID()))
				}
			}
		}
		_ = track.WriteRTP(p) // nobody takes it before the connection is up
	}
}

func (c *client) slots(video, audio int) {
	c.t.Helper()
	for range video {
		_, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(c.t, err)
	}
	for range audio {
		_, err := c.pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		must(c.t, err)
	}
}

func (c *client) offer(options *webrtc.OfferOptions) string {
	c.t.Helper()
	offer, err := c.pc.CreateOffer(options)
	must(c.t, err)
	must(c.t, c.pc.SetLocalDescription(offer))
	return c.pc.LocalDescription().SDP
}

func (c *client) accept(answer string) {
	c.t.Helper()
	must(c.t, c.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
}

func connect(t testing.TB, tr Transport, s *server) Conn {
	t.Helper()
	conn, err := tr.Connect(s, 0)
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })
	return conn
}

func offered(t testing.TB, conn Conn, sdp string) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a, err := conn.Offer(ctx, sdp)
	must(t, err)
	return a
}

// established answers the client's first offer and waits until packets can flow.
func established(t testing.TB, conn Conn, s *server, c *client) Answer {
	t.Helper()
	a := offered(t, conn, c.offer(nil))
	c.accept(a.SDP)
	until(t, "connection", s.look(s.connected))
	return a
}
