package transport

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"
	"go.uber.org/goleak"

	"diemcau/sfu/codec"
)

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
		first := established(t, conn, s, c)
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

// Each simulcast layer is a stream of its own.
func TestSimulcast(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.sends(webrtc.MimeTypeVP8, 90000, "q", "h", "f")
		a := offered(t, conn, c.offer(nil))
		if !strings.Contains(a.SDP, "a=simulcast:recv q;h;f") {
			t.Error("the answer takes no layers")
		}
		c.accept(a.SDP)
		until(t, "three layers with packets", s.look(func() bool {
			layers := map[string]bool{}
			for _, stream := range s.streams {
				if stream.Video && stream.Mid == "0" && stream.Codecs[96] == codec.VP8 && s.packets[stream.SSRC] > 5 {
					layers[stream.RID] = true
				}
			}
			return len(layers) == 3 && layers["q"] && layers["h"] && layers["f"]
		}))
	})
}

// What is sent in RED and as plain Opus by turns arrives as one stream, both ways.
func TestRedundancyIsNegotiated(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.sends("audio/red", 48000)
		c.slots(0, 1)
		a := established(t, conn, s, c)
		for _, want := range []string{"a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "useinbandfec=1"} {
			if strings.Count(a.SDP, want) != 2 {
				t.Errorf("the answer lacks %s:\n%s", want, a.SDP)
			}
		}
		until(t, "a stream of RED", s.look(func() bool {
			return len(s.streams) == 1 && s.streams[0].Codecs[63] == codec.RED && s.streams[0].Codecs[111] == codec.Opus && s.packets[s.streams[0].SSRC] > 5
		}))
		slot := a.Slots[0]
		header := rtp.Header{Version: 2, SSRC: slot.SSRC, SequenceNumber: 100}
		for n, k := range []codec.Codec{codec.Opus, codec.RED, codec.Opus} {
			header.PayloadType = slot.Payload[k].Media
			until(t, "packets of "+k.String(), func() bool {
				header.SequenceNumber++
				must(t, slot.Out.WriteRTP(&header, make([]byte, 50)))
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.newest != nil && c.newest.PayloadType == header.PayloadType && c.received["audio0"] > 10*n
			})
		}
		if header.PayloadType != 111 || slot.Payload[codec.RED].Media != 63 {
			t.Errorf("slot %+v", slot)
		}
	})
}

// sniffer is a client's network that keeps the lengths of the RTP packets that arrive.
type sniffer struct {
	*stdnet.Net
	mu      sync.Mutex
	lengths map[int]bool
}

func (n *sniffer) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := n.Net.ListenUDP(network, address)
	return sniffed{conn, n}, err
}

type sniffed struct {
	transport.UDPConn
	net *sniffer
}

func (c sniffed) ReadFrom(b []byte) (int, net.Addr, error) {
	n, from, err := c.UDPConn.ReadFrom(b)
	if n > 1 && b[0] >= 128 && b[0] < 192 && (b[1]&0x7f < 64 || b[1]&0x7f > 95) { // RFC 7983 and RFC 5761, section 4
		c.net.mu.Lock()
		c.net.lengths[n] = true
		c.net.mu.Unlock()
	}
	return n, from, err
}

// AES-GCM is chosen even where the client would rather have another cipher: its tag has 16 bytes, that of HMAC-SHA1-80 10.
func TestGCMIsChosen(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		host, err := stdnet.NewNet()
		must(t, err)
		network := &sniffer{Net: host, lengths: map[int]bool{}}
		s, c := newServer(), newClient(t, func(s *webrtc.SettingEngine) {
			s.SetNet(network)
			s.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM)
		})
		conn := connect(t, tr, s)
		c.slots(0, 1)
		a := established(t, conn, s, c)
		slot := a.Slots[0]
		header := rtp.Header{Version: 2, PayloadType: slot.Payload[codec.Opus].Media, SSRC: slot.SSRC}
		until(t, "packet", func() bool {
			header.SequenceNumber++
			must(t, slot.Out.WriteRTP(&header, make([]byte, 100)))
			network.mu.Lock()
			defer network.mu.Unlock()
			return len(network.lengths) > 0
		})
		network.mu.Lock()
		defer network.mu.Unlock()
		if !network.lengths[12+100+16] {
			t.Errorf("packets of %v bytes", network.lengths)
		}
	})
}

// Padding makes packets equally long; it is no part of what they carry (RFC 3550, section 5.1).
func TestPaddingIsNoPayload(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.slots(0, 1)
		a := established(t, conn, s, c)
		slot := a.Slots[0]
		header := rtp.Header{Version: 2, PayloadType: slot.Payload[codec.Opus].Media, SSRC: slot.SSRC, Padding: true, PaddingSize: 3}
		until(t, "packet", func() bool {
			header.SequenceNumber++
			must(t, slot.Out.WriteRTP(&header, []byte("sound")))
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.newest != nil
		})
		c.mu.Lock()
		defer c.mu.Unlock()
		if string(c.newest.Payload) != "sound" || c.newest.PaddingSize != 3 {
			t.Errorf("arrived as %+v", c.newest)
		}
	})
}

func TestCloseLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		before := goleak.IgnoreCurrent()
		for i := range 5 {
			s, c := newServer(), newClient(t)
			conn, err := tr.Connect(s, 0)
			must(t, err)
			c.sends(webrtc.MimeTypeVP8, 90000, "q", "h", "f")
			c.sends(webrtc.MimeTypeOpus, 48000)
			c.slots(3, 1)
			c.accept(offered(t, conn, c.offer(nil)).SDP)
			if i > 0 { // once right after the offer
				until(t, "streams", s.look(func() bool { return len(s.streams) == 4 }))
			}
			if i%2 == 0 {
				c.end()
			}
			must(t, conn.Close())
			must(t, conn.Close())
			if _, err := conn.Offer(t.Context(), "v=0"); err == nil {
				t.Error("an offer was taken after the end")
			}
			if err := conn.WriteRTCP(nil); !errors.Is(err, ErrClosed) {
				t.Errorf("feedback after the end: %v", err)
			}
			c.end()
		}
		goleak.VerifyNone(t, before)
	})
}
