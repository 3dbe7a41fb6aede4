package transport

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/transport/udp"
)

// someone is who offers without a socket.
var someone = &raw{own: iceCredentials{"ufrag", "password"}, print: colons(make([]byte, 32))}

// FuzzStrangers has the server take any bytes, from an address that passed a check and from one that did not: it goes on, and has learnt nothing.
func FuzzStrangers(f *testing.F) {
	d := open(f, "direct").(*Direct)
	reader := newReader(d, d.readers[0].socket)
	known := udp.Path{Remote: nobody(f)}
	unknown := udp.Path{Remote: netip.AddrPortFrom(known.Remote.Addr(), 9)}
	check, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername("a:b"), stun.NewShortTermIntegrity("c"), stun.Fingerprint)
	must(f, err)
	for _, seed := range [][]byte{
		nil, {0}, {4}, {0x80, 111}, {0x80, 200, 0, 1}, check.Raw, check.Raw[:20], record(recordHandshake, 0, 1, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0),
		record(21, 0, 1, 0), record(recordChangeCipher, 0, 1), make([]byte, maxPacket+1), {64, 0, 0, 4, 1, 2, 3, 4},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		conn, err := d.Connect(newServer(), 0)
		must(t, err)
		defer conn.Close()
		a, err := conn.Offer(t.Context(), someone.text(microphone))
		must(t, err)
		own, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(attributeOf(a.SDP, "ice-ufrag")+":ufrag"),
			stun.NewShortTermIntegrity(attributeOf(a.SDP, "ice-pwd")), stun.Fingerprint)
		must(t, err)
		passes := func() {
			if drops := dropped(d, func() { reader.take(own.Raw, known) }); len(drops) > 0 {
				t.Fatalf("a good check was dropped: %v", drops)
			}
		}
		passes()
		reader.take(packet, unknown)
		reader.take(packet, known)
		passes()
		if s := stateOf(d); s != (state{1, 1, 1}) {
			t.Fatalf("%+v is remembered", s)
		}
	})
}

// watcher is a handler that looks at what it is given.
type watcher struct{ t *testing.T }

type watched struct {
	t    *testing.T
	ssrc uint32
}

func (w watcher) Stream(s Stream) Sink {
	if s.SSRC == 0 || s.Mid == "" {
		w.t.Fatalf("stream %+v", s)
	}
	return &watched{w.t, s.SSRC}
}
func (w watcher) State(State)                              {}
func (w watcher) Feedback(bool, int, []rtcp.Packet, int64) {}
func (w watcher) PathFeedback([]byte)                      {}
func (w *watched) Flush()                                  {}
func (w *watched) SenderReport(uint64, uint32, int64)      {}
func (w *watched) Reception(Reception) float64             { return 0 }
func (w *watched) Packet(b []byte, _ int64) {
	var p rtp.Packet
	if err := p.Unmarshal(b); err != nil || p.SSRC != w.ssrc {
		w.t.Fatalf("%x came through to %d: %v", b, w.ssrc, err)
	}
}

// FuzzMedia seals any bytes with a client's keys, behind a packet that begins a stream: what comes through is RTP of its stream.
func FuzzMedia(f *testing.F) {
	d := open(f, "direct").(*Direct)
	to := nobody(f)
	first, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 1}, Payload: []byte("picture")}).Marshal()
	must(f, err)
	for _, h := range []rtp.Header{
		{PayloadType: 111, SSRC: microphoneSSRC}, {PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 5}, {PayloadType: 97, SSRC: repairSSRC, Padding: true, PaddingSize: 2},
		{PayloadType: 96, SSRC: 1, CSRC: []uint32{1, 2}},
	} {
		h.Version = 2
		for id, value := range map[uint8]string{midID: "sim", sequenceID: "\x00\x01", ridID: "q", repairedID: "q"} {
			must(f, h.SetExtension(id, []byte(value)))
		}
		b, err := (&rtp.Packet{Header: h, Payload: []byte("\x00\x02 payload"), PaddingSize: h.PaddingSize}).Marshal()
		must(f, err)
		f.Add(b)
		b[1] ^= 0x80
		f.Add(b[:len(b)-8])
	}
	for _, p := range []rtcp.Packet{
		&rtcp.SenderReport{SSRC: cameraSSRC, Reports: []rtcp.ReceptionReport{{SSRC: 1}}}, &rtcp.ReceiverReport{SSRC: 1}, &rtcp.PictureLossIndication{MediaSSRC: 1},
		&rtcp.TransportLayerNack{MediaSSRC: 1, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 3}}}, &rtcp.FullIntraRequest{FIR: []rtcp.FIREntry{{SSRC: 1}}},
		&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 1e6, SSRCs: []uint32{1}}, &rtcp.Goodbye{Sources: []uint32{1}, Reason: "bye"},
		&rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 1, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "c"}}}}},
		&rtcp.TransportLayerCC{PacketStatusCount: 2, PacketChunks: []rtcp.PacketStatusChunk{&rtcp.RunLengthChunk{PacketStatusSymbol: 1, RunLength: 2}}, RecvDeltas: []*rtcp.RecvDelta{{Type: 1}, {Type: 1}}},
		&rtcp.ExtendedReport{SenderSSRC: 1, Reports: []rtcp.ReportBlock{&rtcp.ReceiverReferenceTimeReportBlock{NTPTimestamp: 1}}},
	} {
		b, err := p.Marshal()
		must(f, err)
		f.Add(b)
		f.Add(append(b, b...))
	}
	description, sections, err := readOffer(someone.text(microphone, camera, layered, videoSlot))
	must(f, err)
	settled := make([]*negotiated, len(sections))
	for i, s := range sections {
		settled[i], err = negotiate(description, description.MediaDescriptions[i], s)
		must(f, err)
	}
	f.Fuzz(func(t *testing.T, plain []byte) {
		slot := sealedSlot(t, d, srtp.ProtectionProfileAeadAes128Gcm, to)
		c := slot.conn
		c.handler = watcher{t}
		seal := func() *srtp.Context {
			context, err := srtp.CreateContext(make([]byte, 16), make([]byte, 12), srtp.ProtectionProfileAeadAes128Gcm, srtp.SRTPReplayProtection(replayWindow))
			must(t, err)
			return context
		}
		client := seal()
		c.ingress.context, c.ingress.tag, c.reports = seal(), c.sealer.Load().tag, seal()
		keys := &srtp.Config{Profile: srtp.ProtectionProfileAeadAes128Gcm}
		keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt = make([]byte, 16), make([]byte, 12)
		c.ingress.opener, err = newOpener(keys, c.ingress.context)
		must(t, err)
		c.ingress.negotiated(settled)
		c.ingress.bySSRC = map[uint32]*directSlot{1: slot}
		b := &binding{conn: c, destination: c.path.Load()}
		begin, err := client.EncryptRTP(nil, first, nil)
		must(t, err)
		if c.media(begin, b, 0) == nil {
			t.Fatal("the first packet did not come through")
		}
		var sealed []byte
		if len(plain) > 1 && plain[1] >= 192 && plain[1] <= 223 {
			sealed, err = client.EncryptRTCP(nil, plain, nil)
		} else {
			sealed, err = client.EncryptRTP(nil, plain, nil)
		}
		if err != nil {
			sealed = append(plain[:len(plain):len(plain)], make([]byte, 16)...)
		}
		if len(sealed) <= maxPacket { // which take sees to
			c.media(sealed, b, 0)
		}
		c.sendFeedback(reportInterval)
		next := append([]byte(nil), first...)
		binary.BigEndian.PutUint16(next[2:], 2)
		if len(plain) < 12 || binary.BigEndian.Uint32(plain[8:]) != cameraSSRC { // else its numbers may have gone on
			sealed, err := client.EncryptRTP(nil, next, nil)
			must(t, err)
			if c.media(sealed, b, 0) == nil {
				t.Fatal("a good packet did not come through afterwards")
			}
		}
	})
}

// FuzzOffer answers any text: the answer has a section for each of the offer's, and nothing that the offer smuggled in.
func FuzzOffer(f *testing.F) {
	d := open(f, "direct").(*Direct)
	f.Add(recorded(f, "chromium"))
	f.Add(recorded(f, "firefox"))
	f.Add(someone.text(microphone, camera, screen, layered, soundSlot, videoSlot))
	f.Add(someone.text(with(microphone, "m=audio 9", "m=audio 0"), with(camera, "a=sendonly", "a=bundle-only\r\na=inactive")))
	f.Add("v=0\r\n")
	f.Add(pionOffer(f))
	f.Fuzz(func(t *testing.T, text string) {
		conn, err := d.Connect(newServer(), 0)
		must(t, err)
		defer conn.Close()
		a, err := conn.Offer(t.Context(), text)
		if err != nil {
			return
		}
		var offer, answer sdp.SessionDescription
		must(t, offer.UnmarshalString(text))
		if err := answer.UnmarshalString(a.SDP); err != nil {
			t.Fatalf("the answer cannot be read: %v\n%s", err, a.SDP)
		}
		if len(answer.MediaDescriptions) != len(offer.MediaDescriptions) || len(a.Slots) > maxSlots || len(a.Sending) > maxSendSections {
			t.Fatalf("%d sections, %d slots, %d sources in\n%s", len(answer.MediaDescriptions), len(a.Slots), len(a.Sending), a.SDP)
		}
		for i, m := range answer.MediaDescriptions {
			mid, _ := m.Attribute("mid")
			if asked, _ := offer.MediaDescriptions[i].Attribute("mid"); mid != asked || m.MediaName.Media != offer.MediaDescriptions[i].MediaName.Media {
				t.Fatalf("section %d is %q and not %q", i, mid, asked)
			}
			for _, attribute := range m.Attributes {
				if slices.Contains([]string{"ice-ufrag", "ice-pwd", "fingerprint", "setup"}, attribute.Key) && strings.Count(a.SDP, "a="+attribute.String()+"\r\n") != active(&answer) {
					t.Fatalf("%s is not in all sections of\n%s", attribute.Key, a.SDP)
				}
			}
		}
		again, err := conn.Offer(t.Context(), text)
		if err != nil || !slices.Equal(again.Slots, a.Slots) {
			t.Fatalf("the same offer again: %v, %d slots", err, len(again.Slots))
		}
	})
}

// active is the number of sections that are not rejected.
func active(d *sdp.SessionDescription) (n int) {
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Port.Value != 0 {
			n++
		}
	}
	return n
}

// pionOffer is an offer of Pion's.
func pionOffer(t testing.TB) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	must(t, err)
	defer pc.Close()
	for _, direction := range []webrtc.RTPTransceiverDirection{webrtc.RTPTransceiverDirectionSendonly, webrtc.RTPTransceiverDirectionRecvonly} {
		for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio} {
			_, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: direction})
			must(t, err)
		}
	}
	offer, err := pc.CreateOffer(nil)
	must(t, err)
	return offer.SDP
}
