package main

import (
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/cmd/loadtest/internal/media"
	"diemcau/signaling/protocol"
)

// layers are the encodings of a camera with simulcast, the smallest first, with their share of the bit rate: that of the targets for
// 1280 × 720, 640 × 360 and 320 × 180 in libwebrtc (kSimulcastFormats: 2500, 500 and 150 kbit/s).
var layers = [...]struct {
	rid    string
	height int
	share  float64
}{{"q", 180, 0.06}, {"h", 360, 0.2}, {"f", 720, 1}}

// stream is one outgoing RTP stream of a publisher. Its goroutine owns it.
type stream struct {
	test   *test
	track  *webrtc.TrackLocalStaticRTP
	stamp  media.Stamp
	packet rtp.Packet // used again for each packet
	base   uint32     // of its timestamps
}

func (t *test) newStream(mime string, clock uint32, publisher uint32, layer int, source protocol.Source, rid string) (*stream, error) {
	capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: clock}
	if mime == webrtc.MimeTypeOpus {
		capability.Channels = 2
	}
	var options []func(*webrtc.TrackLocalStaticRTP)
	if rid != "" {
		options = append(options, webrtc.WithRTPStreamID(rid))
	}
	track, err := webrtc.NewTrackLocalStaticRTP(capability, string(source), string(source), options...)
	s := &stream{test: t, track: track, stamp: media.Stamp{Publisher: publisher, Layer: uint8(layer)}, base: rand.Uint32()}
	// A beginning in the lower half of the numbers keeps clear of a doubt about the roll-over counter (RFC 3711, section 3.3.1).
	s.packet.Header = rtp.Header{Version: 2, SequenceNumber: uint16(rand.Uint32N(1 << 15))}
	return s, err
}

// extend has each packet carry header extensions, of those that were negotiated.
func (s *stream) extend(sender *webrtc.RTPSender, values map[string][]byte) {
	for _, x := range sender.GetParameters().HeaderExtensions {
		if value := values[x.URI]; value != nil {
			_ = s.packet.SetExtension(uint8(x.ID), value) // short enough
		}
	}
}

// send stamps a payload and sends it. captured is the moment that the packet's timestamp stands for.
func (s *stream) send(payload []byte, captured time.Duration, last bool) {
	s.stamp.Number++
	s.packet.SequenceNumber++
	s.packet.Timestamp = s.base + uint32(captured.Seconds()*float64(s.track.Codec().ClockRate))
	s.packet.Marker = last
	s.packet.Payload = payload
	s.stamp.Sent = s.test.now()
	s.stamp.Put(payload, s.test.id)
	if err := s.track.WriteRTP(&s.packet); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		s.test.unsent.Add(1) // what could not be sent is missing at all who receive it
	}
}

// encoder is one encoding of a camera.
type encoder struct {
	*stream
	rid     string
	picture *media.Picture
	wantKey atomic.Bool
}

// camera is a publisher's camera with its encodings.
type camera struct {
	encoders    []*encoder
	transceiver *webrtc.RTPTransceiver
}

func (t *test) newCamera(pc *webrtc.PeerConnection, publisher uint32) (*camera, error) {
	c := &camera{}
	for i, l := range layers {
		rid := l.rid
		if !t.Simulcast {
			if i < len(layers)-1 {
				continue
			}
			rid = ""
		}
		s, err := t.newStream(webrtc.MimeTypeVP8, 90_000, publisher, i+1, protocol.SourceCamera, rid)
		if err != nil {
			return nil, err
		}
		e := &encoder{stream: s, rid: rid, picture: media.NewPicture(l.height, int(float64(t.VideoKbps)*l.share))}
		if c.transceiver == nil {
			c.transceiver, err = pc.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		} else {
			err = c.transceiver.Sender().AddEncoding(s.track)
		}
		if err != nil {
			return nil, err
		}
		c.encoders = append(c.encoders, e)
	}
	return c, nil
}

// film sends frames until stop is closed. Cameras do not run in step: each begins somewhere within a frame.
func (c *camera) film(t *test, stop <-chan struct{}) {
	sender := c.transceiver.Sender()
	for _, e := range c.encoders {
		e.wantKey.Store(true)
		if e.rid != "" {
			e.extend(sender, map[string][]byte{sdp.SDESMidURI: []byte(c.transceiver.Mid()), sdp.SDESRTPStreamIDURI: []byte(e.rid)})
		}
		go e.heed(sender)
	}
	every(time.Second/media.FrameRate, stop, func() {
		captured := t.now()
		for _, e := range c.encoders {
			key := e.wantKey.Swap(false)
			e.picture.Begin(key)
			for i := range e.picture.Packets() {
				e.send(e.picture.Payload(i, key), captured, i == e.picture.Packets()-1)
			}
		}
		t.frames.Add(1)
	})
}

// heed has the next frame be a key frame when the server asks for one.
func (e *encoder) heed(sender *webrtc.RTPSender) {
	for {
		var packets []rtcp.Packet
		var err error
		if e.rid != "" {
			packets, _, err = sender.ReadSimulcastRTCP(e.rid)
		} else {
			packets, _, err = sender.ReadRTCP()
		}
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				e.wantKey.Store(true)
			}
		}
	}
}

// microphone is a publisher's microphone.
type microphone struct {
	*stream
	transceiver *webrtc.RTPTransceiver
}

func (t *test) newMicrophone(pc *webrtc.PeerConnection, publisher uint32) (*microphone, error) {
	s, err := t.newStream(webrtc.MimeTypeOpus, 48_000, publisher, 0, protocol.SourceMicrophone, "")
	if err != nil {
		return nil, err
	}
	m := &microphone{stream: s}
	m.transceiver, err = pc.AddTransceiverFromTrack(s.track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	return m, err
}

// speak sends sound until stop is closed.
func (m *microphone) speak(t *test, stop <-chan struct{}) {
	sender := m.transceiver.Sender()
	m.extend(sender, map[string][]byte{sdp.AudioLevelURI: {media.VoiceLevel}})
	go drain(sender.Read)
	payload := media.NewSound()
	every(media.SoundInterval, stop, func() { m.send(payload, t.now(), false) })
}

// every calls f at each interval until stop is closed, first after a part of one. Ticks that come too late are left out.
func every(interval time.Duration, stop <-chan struct{}, f func()) {
	select {
	case <-stop:
		return
	case <-time.After(rand.N(interval)):
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		f()
		select {
		case <-stop:
			return
		case <-tick.C:
		}
	}
}
