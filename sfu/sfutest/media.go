package sfutest

import (
	"encoding/binary"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/codec"
)

const (
	frameInterval   = 40 * time.Millisecond
	audioInterval   = 20 * time.Millisecond
	packetsPerFrame = 3
)

// encoder is one synthetic encoding of a camera.
type encoder struct {
	client  *Client
	track   *webrtc.TrackLocalStaticRTP
	rid     string
	height  int
	wantKey atomic.Bool

	sequence            uint16
	timestamp           uint32
	picture             uint16
	tl0, keys           uint8
	packet              uint32
	midID, ridExtension uint8
	mid                 string
}

// publish adds what the client sends.
func (c *Client) publish() {
	switch c.options.Camera {
	case NoCamera:
	case Simulcast:
		c.addCamera(webrtc.MimeTypeVP8, []string{"q", "h", "f"}, []int{180, 360, 720})
	case OneLayer:
		c.addCamera(webrtc.MimeTypeVP8, []string{""}, []int{720})
	case H264:
		c.addCamera(webrtc.MimeTypeH264, []string{""}, []int{720})
	}
	if c.options.Microphone {
		c.addMicrophone()
	}
}

func (c *Client) addCamera(mime string, rids []string, heights []int) {
	t := c.world.t
	var encoders []*encoder
	var sender *webrtc.RTPSender
	var transceiver *webrtc.RTPTransceiver
	for i, rid := range rids {
		capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}
		if mime == webrtc.MimeTypeH264 {
			capability.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
		}
		var options []func(*webrtc.TrackLocalStaticRTP)
		if rid != "" {
			options = append(options, webrtc.WithRTPStreamID(rid))
		}
		track, err := webrtc.NewTrackLocalStaticRTP(capability, "camera", c.ID, options...)
		must(t, err)
		e := &encoder{
			client: c, track: track, rid: rid, height: heights[i], sequence: uint16(rand.Uint32()), timestamp: rand.Uint32(),
			picture: uint16(rand.Uint32() & 0x7fff), tl0: uint8(rand.Uint32()), keys: uint8(rand.Uint32() & 0x1f),
		}
		e.wantKey.Store(true)
		encoders = append(encoders, e)
		if i == 0 {
			transceiver, err = c.PC.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
			must(t, err)
			sender = transceiver.Sender()
			continue
		}
		must(t, sender.AddEncoding(track))
	}
	c.senders.Go(func() { c.film(sender, transceiver, encoders) })
}

// film sends frames on every layer, and key frames when they are asked for.
func (c *Client) film(sender *webrtc.RTPSender, transceiver *webrtc.RTPTransceiver, encoders []*encoder) {
	for _, e := range encoders {
		go e.heed(sender)
	}
	tick := time.NewTicker(frameInterval)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		if c.Paused.Load() || c.PC.ConnectionState() != webrtc.PeerConnectionStateConnected {
			continue
		}
		for _, e := range encoders {
			if e.rid != "" && e.midID == 0 {
				e.mid = transceiver.Mid()
				for _, x := range sender.GetParameters().HeaderExtensions {
					switch x.URI {
					case sdp.SDESMidURI:
						e.midID = uint8(x.ID)
					case sdp.SDESRTPStreamIDURI:
						e.ridExtension = uint8(x.ID)
					}
				}
			}
			e.frame()
		}
	}
}

// heed answers requests for key frames.
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
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				e.client.KeyAsks.Add(1)
				if !e.client.Deaf.Load() {
					e.wantKey.Store(true)
				}
			}
		}
	}
}

func (e *encoder) frame() {
	key := e.wantKey.Swap(false)
	if key {
		e.keys++
	}
	e.picture = (e.picture + 1) & 0x7fff
	e.tl0++
	e.timestamp += uint32(90000 * frameInterval / time.Second)
	for i := range packetsPerFrame {
		e.sequence++
		e.packet++
		var payload []byte
		if e.track.Codec().MimeType == webrtc.MimeTypeH264 {
			payload = h264Payload(i, key)
		} else {
			payload = e.vp8Payload(i, key)
		}
		stamp(payload, e.client.ID, e.packet)
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: e.sequence, Timestamp: e.timestamp, Marker: i == packetsPerFrame-1}, Payload: payload}
		if e.midID != 0 {
			_ = p.SetExtension(e.midID, []byte(e.mid))
			_ = p.SetExtension(e.ridExtension, []byte(e.rid))
		}
		_ = e.track.WriteRTP(p) // a connection that has ended takes no more
	}
}

// vp8Payload is a packet of a frame with a descriptor of RFC 7741: picture id of 15 bits, TL0PICIDX, TID and KEYIDX.
func (e *encoder) vp8Payload(i int, key bool) []byte {
	b := make([]byte, 200)
	b[0], b[1] = 0x80, 0x80|0x40|0x20|0x10
	binary.BigEndian.PutUint16(b[2:], 0x8000|e.picture)
	b[4], b[5] = e.tl0, e.keys&0x1f
	if i == 0 {
		b[0] |= 0x10
		b[6] = 1
		if key {
			b[6] = 0
			copy(b[9:], []byte{0x9d, 0x01, 0x2a})
			binary.LittleEndian.PutUint16(b[12:], uint16(e.height*16/9))
			binary.LittleEndian.PutUint16(b[14:], uint16(e.height))
		}
	}
	return b
}

// h264Payload is a picture in three packets: parameter sets and the first slice, and fragments of it.
func h264Payload(i int, key bool) []byte {
	b := make([]byte, 200)
	nal := byte(1)
	if key {
		nal = 5
	}
	switch {
	case i == 0 && key: // STAP-A with SPS, PPS and the rest as one unit
		b[0] = 24
		binary.BigEndian.PutUint16(b[1:], 4)
		b[3] = 7
		binary.BigEndian.PutUint16(b[7:], 4)
		b[9] = 8
		binary.BigEndian.PutUint16(b[13:], uint16(len(b)-15))
		b[15], b[16] = 6, 0
	case i == 1:
		b[0], b[1], b[2] = 28, 0x80|nal, 0x80 // the start of a fragmented slice
	case i == 2:
		b[0], b[1] = 28, 0x40|nal // its end
	default:
		b[0] = 6 // supplemental information
	}
	return b
}

// pictureOf tells whether a payload begins a key frame, and its height.
func pictureOf(payload []byte) (key bool, height int) {
	if facts, ok := codec.Parse(codec.VP8, payload); ok && facts.Height > 0 {
		return true, facts.Height
	}
	return false, 0
}

func (c *Client) addMicrophone() {
	t := c.world.t
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, "microphone", c.ID)
	must(t, err)
	tr, err := c.PC.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	must(t, err)
	c.senders.Go(func() { c.speak(tr.Sender(), track) })
}

func (c *Client) speak(sender *webrtc.RTPSender, track *webrtc.TrackLocalStaticRTP) {
	tick := time.NewTicker(audioInterval)
	defer tick.Stop()
	sequence, timestamp, number := uint16(rand.Uint32()), rand.Uint32(), uint32(0)
	var level uint8
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		if c.PC.ConnectionState() != webrtc.PeerConnectionStateConnected {
			continue
		}
		if level == 0 {
			for _, x := range sender.GetParameters().HeaderExtensions {
				if x.URI == sdp.AudioLevelURI {
					level = uint8(x.ID)
				}
			}
		}
		sequence++
		number++
		timestamp += uint32(48000 * audioInterval / time.Second)
		payload := make([]byte, 60)
		payload[0] = 0xfc
		stamp(payload, c.ID, number)
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: sequence, Timestamp: timestamp}, Payload: payload}
		if level != 0 {
			_ = p.SetExtension(level, []byte{byte(c.Level.Load()) & 0x7f})
		}
		_ = track.WriteRTP(p) // a connection that has ended takes no more
	}
}
