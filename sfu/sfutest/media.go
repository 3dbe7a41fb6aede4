package sfutest

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu"
	"diemcau/sfu/codec"
)

const (
	frameInterval   = 40 * time.Millisecond
	audioInterval   = 20 * time.Millisecond
	packetsPerFrame = 3
	screenLayer     = 1080 // lines
	screenLoudness  = 30   // of a screen's sound, in -dBov
)

// stream is one synthetic RTP stream of a client. All its numbers begin shortly before they come round.
type stream struct {
	client *Client
	track  *webrtc.TrackLocalStaticRTP
	number uint32 // of the newest packet, from 1

	sequence  uint16
	base      uint32 // the timestamp when the stream began
	rate      time.Duration
	began     time.Time
	extension map[string]uint8 // ids of header extensions by URI
	last      []byte           // the newest payload, of sound that is sent twice
	lastAt    time.Time
}

func (c *Client) newStream(track *webrtc.TrackLocalStaticRTP) stream {
	rate := time.Duration(track.Codec().ClockRate)
	return stream{
		client: c, track: track, sequence: -uint16(c.dice.Uint32N(400)), base: -uint32(c.dice.Uint32N(4 * uint32(rate))),
		rate: rate, began: time.Now(),
	}
}

// write sends a packet that was captured at the given moment.
func (s *stream) write(payload []byte, captured time.Time, layer int, marker bool, extensions map[string][]byte) {
	s.number++
	stamp(payload, s.client.ID, s.number, layer, captured)
	s.send(payload, captured, marker, extensions)
}

// redundant is Opus in RED, as Chromium offers it.
var redundant = webrtc.RTPCodecCapability{MimeType: "audio/red", ClockRate: 48000, Channels: 2, SDPFmtpLine: "111/111"}

// writeTwice sends a packet with the one before it (RFC 2198).
func (s *stream) writeTwice(payload []byte, captured time.Time, extensions map[string][]byte) {
	s.number++
	stamp(payload, s.client.ID, s.number, 0, captured)
	blocks := []codec.REDBlock{{PayloadType: 111, Data: payload}}
	if before := (codec.REDBlock{PayloadType: 111, Offset: s.timestamp(captured) - s.timestamp(s.lastAt), Data: s.last}); s.last != nil && codec.FitsRED(before, len(payload)) {
		blocks = []codec.REDBlock{before, blocks[0]}
	}
	s.send(codec.AppendRED(nil, blocks), captured, false, extensions)
	s.last, s.lastAt = payload, captured
}

func (s *stream) timestamp(captured time.Time) uint32 {
	elapsed := captured.Sub(s.began)
	return s.base + uint32(elapsed/time.Second*s.rate+elapsed%time.Second*s.rate/time.Second)
}

func (s *stream) send(payload []byte, captured time.Time, marker bool, extensions map[string][]byte) {
	s.sequence++
	p := &rtp.Packet{Header: rtp.Header{
		Version: 2, SequenceNumber: s.sequence, Marker: marker,
		Timestamp: s.timestamp(captured),
	}, Payload: payload}
	for uri, value := range extensions {
		if id := s.extension[uri]; id != 0 {
			_ = p.SetExtension(id, value) // always short enough
		}
	}
	_ = s.track.WriteRTP(p) // a connection that has ended takes no more
}

// learn notes the ids of the header extensions that were negotiated.
func (s *stream) learn(sender *webrtc.RTPSender) {
	if s.extension != nil {
		return
	}
	s.extension = map[string]uint8{}
	for _, x := range sender.GetParameters().HeaderExtensions {
		s.extension[x.URI] = uint8(x.ID)
	}
}

// publish adds what the client sends.
func (c *Client) publish() {
	switch c.options.Camera {
	case NoCamera:
	case Simulcast:
		c.addVideo(sfu.Camera, webrtc.MimeTypeVP8, map[string]int{"q": 180, "h": 360, "f": 720}, "q", "h", "f")
	case OneLayer:
		c.addVideo(sfu.Camera, webrtc.MimeTypeVP8, map[string]int{"": 720}, "")
	case H264:
		c.addVideo(sfu.Camera, webrtc.MimeTypeH264, map[string]int{"": 720}, "")
	case H264Simulcast:
		c.addVideo(sfu.Camera, webrtc.MimeTypeH264, map[string]int{"q": 180, "h": 360, "f": 720}, "q", "h", "f")
	case VP9:
		c.addVideo(sfu.Camera, webrtc.MimeTypeVP9, map[string]int{"": 720}, "")
	case AV1:
		c.addVideo(sfu.Camera, webrtc.MimeTypeAV1, map[string]int{"": 720}, "")
	}
	if c.options.Microphone {
		c.addAudio(sfu.Microphone)
	}
	if c.options.Screen {
		c.addVideo(sfu.Screen, webrtc.MimeTypeVP8, map[string]int{"": screenLayer}, "")
		c.addAudio(sfu.ScreenAudio)
	}
}

// encoder is one encoding of a camera or a screen.
type encoder struct {
	stream
	lines   int
	wantKey atomic.Bool

	picture   uint16
	tl0, keys uint8
	scalable  *scalable // of VP9 and AV1
}

func (c *Client) addVideo(source sfu.Source, mime string, lines map[string]int, rids ...string) {
	capability := webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000}
	switch mime {
	case webrtc.MimeTypeH264:
		capability.SDPFmtpLine = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
	case webrtc.MimeTypeVP9:
		capability.SDPFmtpLine = "profile-id=0"
	}
	var encoders []*encoder
	for _, rid := range rids {
		var options []func(*webrtc.TrackLocalStaticRTP)
		if rid != "" {
			options = append(options, webrtc.WithRTPStreamID(rid))
		}
		track, err := webrtc.NewTrackLocalStaticRTP(capability, source.String(), c.ID, options...)
		must(c.world.t, err)
		e := &encoder{
			stream: c.newStream(track), lines: lines[rid],
			picture: uint16(0x7fff - c.dice.Uint32N(100)), tl0: uint8(c.dice.Uint32()), keys: uint8(c.dice.Uint32N(32)),
		}
		e.wantKey.Store(true)
		if k := codec.FromMime(mime); k == codec.VP9 || k == codec.AV1 {
			e.scalable = &scalable{codec: k, frame: uint16(c.dice.Uint32())}
		}
		encoders = append(encoders, e)
		if len(encoders) == 1 {
			c.addTrack(source, track)
		} else {
			must(c.world.t, c.tracks[source].Sender().AddEncoding(track))
		}
	}
	transceiver := c.tracks[source]
	c.senders.Go(func() { c.film(transceiver, source, encoders) })
}

func (c *Client) addTrack(source sfu.Source, track *webrtc.TrackLocalStaticRTP) {
	tr, err := c.PC.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	must(c.world.t, err)
	c.tracks[source] = tr
}

// Garbage sends malformed packets under the client's valid keys: n in the stream of its camera, whose only layer stops meanwhile, and n
// packets of RTCP.
func (c *Client) Garbage(n int) {
	c.Paused.Store(true)
	defer c.Paused.Store(false)
	track := c.tracks[sfu.Camera].Sender().Track().(*webrtc.TrackLocalStaticRTP)
	random := func(size int) []byte {
		b := make([]byte, size)
		for i := range b {
			b[i] = byte(c.dice.Uint32())
		}
		return b
	}
	for range n {
		p := &rtp.Packet{Header: rtp.Header{
			Version: 2, Marker: c.dice.IntN(2) == 0, SequenceNumber: uint16(c.dice.Uint32()), Timestamp: c.dice.Uint32(),
		}, Payload: random(c.dice.IntN(60))}
		if c.dice.IntN(3) == 0 {
			p.Extension, p.ExtensionProfile = true, uint16(c.dice.Uint32())
			p.Extensions = nil
			_ = p.SetExtension(0, random(4*c.dice.IntN(8))) // of a profile that nobody knows
		}
		_ = track.WriteRTP(p) // what cannot even be sent harms nobody
		raw := rtcp.RawPacket(append([]byte{0x80 | byte(c.dice.Uint32N(32)), byte(192 + c.dice.Uint32N(24)), 0, 0}, random(4*c.dice.IntN(20))...))
		binary.BigEndian.PutUint16(raw[2:], uint16(len(raw)/4-1))
		_ = c.PC.WriteRTCP([]rtcp.Packet{&raw})
	}
}

// every calls f at each interval while the client is connected.
func (c *Client) every(interval time.Duration, f func()) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-c.stop:
			return
		case <-tick.C:
		}
		if c.PC.ConnectionState() == webrtc.PeerConnectionStateConnected {
			f()
		}
	}
}

// film sends frames on every layer, and key frames when they are asked for.
func (c *Client) film(transceiver *webrtc.RTPTransceiver, source sfu.Source, encoders []*encoder) {
	for _, e := range encoders {
		go e.heed(transceiver.Sender())
	}
	c.every(frameInterval, func() {
		if source == sfu.Camera && c.Paused.Load() {
			return
		}
		captured := time.Now()
		idle := c.Idle(source)
		for _, e := range encoders {
			if slices.Contains(idle, e.track.RID()) && !c.Stubborn.Load() {
				e.wantKey.Store(true) // as browsers begin again
				continue
			}
			e.learn(transceiver.Sender())
			e.frame(transceiver.Mid(), captured)
		}
	})
}

// heed answers requests for key frames.
func (e *encoder) heed(sender *webrtc.RTPSender) {
	for {
		var packets []rtcp.Packet
		var err error
		if rid := e.track.RID(); rid != "" {
			packets, _, err = sender.ReadSimulcastRTCP(rid)
		} else {
			packets, _, err = sender.ReadRTCP()
		}
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); !ok {
				continue
			}
			e.client.mu.Lock()
			e.client.keyAsks[e.lines] = append(e.client.keyAsks[e.lines], time.Now())
			e.client.mu.Unlock()
			if !e.client.Deaf.Load() {
				e.wantKey.Store(true)
			}
		}
	}
}

func (e *encoder) frame(mid string, captured time.Time) {
	key := e.wantKey.Swap(false)
	if e.scalable != nil {
		e.layers(captured, key)
		return
	}
	if key {
		e.keys++
	}
	e.picture = (e.picture + 1) & 0x7fff
	e.tl0++
	var extensions map[string][]byte
	if rid := e.track.RID(); rid != "" {
		extensions = map[string][]byte{sdp.SDESMidURI: []byte(mid), sdp.SDESRTPStreamIDURI: []byte(rid)}
	}
	for i := range packetsPerFrame {
		payload := e.vp8Payload(i, key)
		if e.track.Codec().MimeType == webrtc.MimeTypeH264 {
			payload = h264Payload(i, e.lines, key)
		}
		e.write(payload, captured, e.lines, i == packetsPerFrame-1, extensions)
	}
}

const payloadSize = 200

// vp8Payload is a packet of a frame with a descriptor of RFC 7741: picture id of 15 bits, TL0PICIDX, TID and KEYIDX.
func (e *encoder) vp8Payload(i int, key bool) []byte {
	b := make([]byte, payloadSize)
	b[0], b[1] = 0x80, 0x80|0x40|0x20|0x10
	binary.BigEndian.PutUint16(b[2:], 0x8000|e.picture)
	b[4], b[5] = e.tl0, e.keys&0x1f
	if i == 0 {
		b[0] |= 0x10
		b[6] = 1
		if key {
			b[6] = 0
			copy(b[9:], []byte{0x9d, 0x01, 0x2a})
			binary.LittleEndian.PutUint16(b[12:], uint16(e.lines*16/9))
			binary.LittleEndian.PutUint16(b[14:], uint16(e.lines))
		}
	}
	return b
}

// h264Sets are sequence parameter sets by the height of the picture, as x264 writes them for the constrained baseline profile.
var h264Sets = map[int][]byte{
	180: unhex("6742c00bd901419f9f0110000003001000000300a0f142a480"),
	360: unhex("6742c016d900a02ff970110000030001000003000a0f162e48"),
	720: unhex("6742c01fd9005005bb0110000003001000000300a0f1832480"),
}

func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// h264Payload is a packet of a picture (RFC 6184): of a key frame the parameter sets in a STAP-A, else supplemental information,
// and then a slice in two fragments.
func h264Payload(i, lines int, key bool) []byte {
	b := make([]byte, payloadSize)
	nal := byte(1)
	if key {
		nal = 5
	}
	switch {
	case i == 0 && key: // SPS, PPS and the rest as one unit of supplemental information
		b[0] = 24
		at := 1
		for _, unit := range [][]byte{h264Sets[lines], {8, 0, 0, 0}, append([]byte{6}, make([]byte, len(b)-at-len(h264Sets[lines])-11)...)} {
			binary.BigEndian.PutUint16(b[at:], uint16(len(unit)))
			at += 2 + copy(b[at+2:], unit)
		}
	case i == 0:
		b[0] = 6
	case i == 1:
		b[0], b[1], b[2] = 28, 0x80|nal, 0x80
	default:
		b[0], b[1] = 28, 0x40|nal
	}
	return b
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func (c *Client) addAudio(source sfu.Source) {
	capability := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	if c.options.RED {
		capability = redundant
	}
	track, err := webrtc.NewTrackLocalStaticRTP(capability, source.String(), c.ID)
	must(c.world.t, err)
	c.addTrack(source, track)
	s, sender := c.newStream(track), c.tracks[source].Sender()
	c.senders.Go(func() {
		var captured time.Time
		c.every(audioInterval, func() {
			s.learn(sender)
			// A busy machine may deliver two ticks at once: no encoder has two packets of one moment.
			captured = latest(time.Now(), captured.Add(time.Millisecond))
			level := byte(screenLoudness)
			if source == sfu.Microphone {
				level = byte(c.Level.Load()) & 0x7f
			}
			payload := make([]byte, 60)
			payload[0] = 0xfc
			if c.options.RED {
				s.writeTwice(payload, captured, map[string][]byte{sdp.AudioLevelURI: {level}})
				return
			}
			s.write(payload, captured, 0, false, map[string][]byte{sdp.AudioLevelURI: {level}})
		})
	})
}
