package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"diemcau/sfu/codec"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// implementations are all that must behave alike.
var implementations = map[string]func() (Transport, error){
	"pion": func() (Transport, error) {
		start := time.Now()
		return NewPion(PionConfig{Listen: "127.0.0.1:0", Now: func() int64 { return int64(time.Since(start)) }, Log: slog.New(slog.DiscardHandler)})
	},
}

// each runs a test against every implementation.
func each(t *testing.T, test func(*testing.T, Transport)) {
	for name, open := range implementations {
		t.Run(name, func(t *testing.T) {
			tr, err := open()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := tr.Close(); err != nil {
					t.Error(err)
				}
				if tr.Ready() == nil {
					t.Error("ready after the end")
				}
			})
			test(t, tr)
		})
	}
}

// server is the handler of one connection: it records what it is told.
type server struct {
	mu       sync.Mutex
	states   []State
	streams  []Stream
	packets  map[uint32]int // by SSRC
	reports  map[uint32]int
	feedback []rtcp.Packet
}

func newServer() *server { return &server{packets: map[uint32]int{}, reports: map[uint32]int{}} }

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

func (s *server) Feedback(_ bool, _ int, packets []rtcp.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feedback = append(s.feedback, packets...)
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

func until(t *testing.T, what string, condition func() bool) {
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
	t    *testing.T
	pc   *webrtc.PeerConnection
	stop chan struct{}
	wait sync.WaitGroup

	mu       sync.Mutex
	received map[string]int // packets by track id
}

func newClient(t *testing.T) *client {
	t.Helper()
	var settings webrtc.SettingEngine
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	media, registry := &webrtc.MediaEngine{}, &interceptor.Registry{}
	must(t, media.RegisterDefaultCodecs())
	must(t, webrtc.RegisterDefaultInterceptors(media, registry))
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry)).
		NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	c := &client{t: t, pc: pc, stop: make(chan struct{}), received: map[string]int{}}
	pc.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		for {
			if _, _, err := track.ReadRTP(); err != nil {
				return
			}
			c.mu.Lock()
			c.received[track.ID()]++
			c.mu.Unlock()
		}
	})
	t.Cleanup(func() {
		close(c.stop)
		c.wait.Wait()
		_ = pc.GracefulClose()
	})
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sends adds a track that is sent from then on.
func (c *client) sends(mime string, rate uint32) {
	c.t.Helper()
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: mime, ClockRate: rate}, mime, "client")
	must(c.t, err)
	_, err = c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	must(c.t, err)
	c.wait.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for n := uint16(1); ; n++ {
			select {
			case <-c.stop:
				return
			case <-tick.C:
				_ = track.WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 900}, Payload: make([]byte, 100)})
			}
		}
	})
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

func connect(t *testing.T, tr Transport, s *server) Conn {
	t.Helper()
	conn, err := tr.Connect(s)
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })
	return conn
}

func offered(t *testing.T, conn Conn, sdp string) Answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	a, err := conn.Offer(ctx, sdp)
	must(t, err)
	return a
}

func TestMediaBothWays(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.sends(webrtc.MimeTypeVP8, 90000)
		c.sends(webrtc.MimeTypeOpus, 48000)
		c.slots(2, 2)
		a := offered(t, conn, c.offer(nil))
		for _, want := range []string{"a=ice-lite", "a=setup:passive", "a=ssrc-group:FID", "a=msid:programme video0", "a=msid:programme audio0", "a=msid:video1 video1", "a=msid:audio1 audio1", "a=rtcp-mux"} {
			if !strings.Contains(a.SDP, want) {
				t.Errorf("the answer lacks %s", want)
			}
		}
		if len(a.Slots) != 4 || len(a.Sending) != 2 {
			t.Fatalf("%d slots and %d sources", len(a.Slots), len(a.Sending))
		}
		c.accept(a.SDP)
		until(t, "connection", s.look(s.connected))
		until(t, "two streams with packets and reports", s.look(func() bool {
			complete := 0
			for _, stream := range s.streams {
				if s.packets[stream.SSRC] > 5 && s.reports[stream.SSRC] > 0 {
					complete++
				}
			}
			return complete == 2
		}))
		for _, stream := range s.streams {
			known := false
			for _, k := range stream.Codecs {
				known = known || k == codec.VP8 && stream.Video || k == codec.Opus && !stream.Video
			}
			if !known || a.Sending[stream.Mid].Video != stream.Video {
				t.Errorf("stream %+v", stream)
			}
		}
		for i, slot := range a.Slots {
			k := codec.Opus
			if slot.Video {
				k = codec.VP8
				if slot.RTX == 0 || slot.Payload[k].RTX == 0 || slot.Payload[codec.H264].Media == 0 {
					t.Errorf("slot %+v", slot)
				}
			}
			if slot.SSRC == 0 || slot.Payload[k].Media == 0 {
				t.Fatalf("slot %+v", slot)
			}
			name := fmt.Sprintf("%s%d", map[bool]string{true: "video", false: "audio"}[slot.Video], slot.Index)
			header := rtp.Header{Version: 2, PayloadType: slot.Payload[k].Media, SSRC: slot.SSRC, SequenceNumber: uint16(65530 + i)}
			until(t, "packets in "+name, func() bool {
				header.SequenceNumber++
				if err := slot.Out.WriteRTP(&header, make([]byte, 50)); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.received[name] > 10
			})
			if err := slot.Out.WriteRTP(&header, make([]byte, 50)); !errors.Is(err, ErrIndexUsed) {
				t.Errorf("%s: one number twice: %v", name, err)
			}
		}
		must(t, c.pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: a.Slots[0].SSRC}}))
		until(t, "feedback", s.look(func() bool {
			for _, p := range s.feedback {
				if pli, ok := p.(*rtcp.PictureLossIndication); ok && pli.MediaSSRC == a.Slots[0].SSRC {
					return true
				}
			}
			return false
		}))
	})
}

func TestMoreSlotsAndICERestart(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.slots(1, 1)
		first := offered(t, conn, c.offer(nil))
		c.accept(first.SDP)
		until(t, "connection", s.look(s.connected))
		c.slots(3, 0)
		more := offered(t, conn, c.offer(nil))
		c.accept(more.SDP)
		if len(more.Slots) != 5 || more.Slots[0].SSRC != first.Slots[0].SSRC {
			t.Fatalf("%d slots", len(more.Slots))
		}
		restarted := offered(t, conn, c.offer(&webrtc.OfferOptions{ICERestart: true}))
		c.accept(restarted.SDP)
		ufrag := func(sdp string) string {
			_, rest, _ := strings.Cut(sdp, "a=ice-ufrag:")
			return strings.Fields(rest)[0]
		}
		if ufrag(restarted.SDP) == ufrag(first.SDP) || ufrag(more.SDP) != ufrag(first.SDP) {
			t.Error("the restart has the credentials of before, or the offer of more slots has new ones")
		}
		for _, slot := range restarted.Slots {
			if !slot.Video {
				continue
			}
			header := rtp.Header{Version: 2, PayloadType: slot.Payload[codec.VP8].Media, SSRC: slot.SSRC, SequenceNumber: 100}
			until(t, fmt.Sprintf("packets in slot %d after the restart", slot.Index), func() bool {
				header.SequenceNumber++
				_ = slot.Out.WriteRTP(&header, make([]byte, 50)) // while the path is found anew
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.received[fmt.Sprintf("video%d", slot.Index)] > 5
			})
		}
	})
}

func TestOffersThatCannotBeUsed(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.slots(1, 1)
		good := c.offer(nil)
		section := good[strings.Index(good, "m=video"):]
		section = section[:strings.Index(section, "m=audio")]
		many := &strings.Builder{}
		many.WriteString(good)
		for i := range 1000 {
			many.WriteString(strings.Replace(section, "a=mid:0", fmt.Sprintf("a=mid:x%d", i), 1))
		}
		for name, c := range map[string]struct {
			sdp  string
			want error
		}{
			"empty":               {"", ErrBadSDP},
			"garbage":             {"hello", ErrBadSDP},
			"no sections":         {"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", ErrBadSDP},
			"no fingerprint":      {strings.ReplaceAll(good, "a=fingerprint", "a=finger"), ErrBadSDP},
			"a=crypto":            {strings.Replace(good, "a=mid:0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\na=mid:0", 1), ErrBadSDP},
			"no mid":              {strings.Replace(good, "a=mid:0\r\n", "", 1), ErrBadSDP},
			"one mid twice":       {strings.Replace(good, "a=mid:1", "a=mid:0", 1), ErrBadSDP},
			"a thousand sections": {many.String(), ErrLimit},
			"a megabyte":          {good + strings.Repeat("a=x:y\r\n", 1<<17), ErrLimit},
			"data":                {strings.Replace(good, "m=audio", "m=application", 1), ErrBadSDP},
			"no ice credentials":  {strings.ReplaceAll(strings.ReplaceAll(good, "a=ice-ufrag", "a=x"), "a=ice-pwd", "a=y"), ErrBadSDP},
			"a codec of no use":   {strings.ReplaceAll(good, "a=rtpmap:", "a=x:"), ErrBadSDP},
		} {
			if _, err := conn.Offer(t.Context(), c.sdp); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		c.accept(offered(t, conn, good).SDP)
		until(t, "connection after all that", s.look(s.connected))

		// A connection that is up outlives a bad offer for more slots, and the slots of the next one are right.
		c.slots(2, 0)
		more := c.offer(nil)
		if _, err := conn.Offer(t.Context(), strings.Replace(more, "/SAVPF ", "/SAVPF x ", 1)); !errors.Is(err, ErrBadSDP) {
			t.Errorf("more slots with a payload type that is no number: %v", err)
		}
		a := offered(t, conn, more)
		c.accept(a.SDP)
		for i, slot := range a.Slots {
			if slot.Video && !strings.Contains(a.SDP, fmt.Sprintf("a=ssrc:%d msid:%s video%d", slot.SSRC, map[bool]string{true: "programme", false: fmt.Sprint("video", slot.Index)}[slot.Index == 0], slot.Index)) {
				t.Errorf("slot %d of the answer is not %+v", i, slot)
			}
		}
	})
}

func TestAWrongFingerprintGetsNoMedia(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.sends(webrtc.MimeTypeVP8, 90000)
		offer := c.offer(nil)
		at := strings.Index(offer, "sha-256 ") + len("sha-256 ")
		wrong := "00"
		if offer[at:at+2] == wrong {
			wrong = "01"
		}
		offer = strings.ReplaceAll(offer, offer[at:at+95], wrong+offer[at+2:at+95])
		c.accept(offered(t, conn, offer).SDP)
		until(t, "end of the handshake", s.look(func() bool { return len(s.states) > 0 && s.states[len(s.states)-1] == Failed }))
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.connected() || len(s.streams) > 0 {
			t.Error("a client with another certificate was let in")
		}
	})
}

func TestCandidates(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		conn := connect(t, tr, newServer())
		for _, good := range []string{
			"", "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host", "candidate:1 1 UDP 2130706431 fd00::1 50000 typ host",
			"candidate:1 1 udp 2113937151 4f2e3a0c-1b5d-4c0e-9a37-7c6d8e9f0a1b.local 50000 typ host generation 0 ufrag abcd",
			"candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
		} {
			if err := conn.AddCandidate(good); err != nil {
				t.Errorf("%q: %v", good, err)
			}
		}
		for _, bad := range []string{
			"x", "candidate:", "candidate:1 1 udp 1 192.0.2.1 0 typ host", "candidate:1 1 udp 1 redis.internal 6379 typ host", "candidate:1 1 udp 1 192.0.2.1 70000 typ host",
			"candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host " + strings.Repeat("x", 10_000),
		} {
			if err := conn.AddCandidate(bad); !errors.Is(err, ErrBadCandidate) {
				t.Errorf("%.60q: %v", bad, err)
			}
		}
	})
}

func TestTheGuardFollowsTheRollOver(t *testing.T) {
	var g guard
	for round := range 3 {
		for n := range 1 << 16 {
			if !g.admit(uint16(n)) {
				t.Fatalf("round %d: %d is refused", round, n)
			}
			if n%1000 == 0 && g.admit(uint16(n)) {
				t.Fatalf("round %d: %d is admitted twice", round, n)
			}
		}
	}
	if !g.admit(5) || g.admit(65530) {
		t.Error("a late packet that was sent before is admitted again")
	}
}

// An answer to a hall with 49 tiles.
func BenchmarkAnswer(b *testing.B) {
	for _, video := range []int{10, 49} {
		b.Run(fmt.Sprintf("%dslots", video), func(b *testing.B) {
			tr, err := implementations["pion"]()
			must(b, err)
			defer tr.Close()
			pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
			must(b, err)
			defer pc.Close()
			for i := range video + 5 {
				kind := webrtc.RTPCodecTypeVideo
				if i >= video {
					kind = webrtc.RTPCodecTypeAudio
				}
				tr, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
				must(b, err)
				if kind == webrtc.RTPCodecTypeVideo { // as browsers narrow their sections
					must(b, tr.SetCodecPreferences([]webrtc.RTPCodecParameters{{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96}}))
				}
			}
			offer, err := pc.CreateOffer(nil)
			must(b, err)
			for b.Loop() {
				conn, err := tr.Connect(newServer())
				must(b, err)
				if _, err := conn.Offer(b.Context(), offer.SDP); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				_ = conn.Close()
				b.StartTimer()
			}
		})
	}
}
