package transport

import (
	"fmt"
	"strconv"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/codec"
)

const audioLevelURI = sdp.AudioLevelURI

// pionSlot is one outgoing stream: a local track of Pion's whose packets come numbered from the worker that owns the slot.
type pionSlot struct {
	conn   *pionConn
	video  bool
	index  int
	sender *webrtc.RTPSender

	// Set by Bind, before the answer is out.
	writer    webrtc.TrackLocalWriter
	ssrc, rtx uint32
	payload   [codec.Count]PayloadTypes
	sequence  uint8 // id of the header extension with the transport-wide number, or 0
	described uint8 // id of the one with the dependency descriptor, or 0

	media, repair guard // of the worker
}

// WriteRTP seals and sends one packet; see Outgoing.
func (s *pionSlot) WriteRTP(header *rtp.Header, payload []byte) error {
	g := &s.media
	if header.SSRC == s.rtx {
		g = &s.repair
	}
	if _, ok := g.admit(header.SequenceNumber); !ok {
		return ErrIndexUsed
	}
	_, err := s.writer.WriteRTP(header, payload)
	return err
}

func (s *pionSlot) readFeedback() {
	buffer := make([]byte, maxPacket)
	for {
		n, _, err := s.sender.Read(buffer)
		if err != nil {
			return
		}
		packets, err := otherReports(buffer[:n])
		if err != nil {
			continue
		}
		for report := range pathReports(buffer[:n]) {
			s.conn.handler.PathFeedback(report)
		}
		s.conn.takeReports(s.ssrc, packets)
		if len(packets) > 0 {
			s.conn.handler.Feedback(s.video, s.index, packets, s.conn.pion.config.Now())
		}
	}
}

// Bind learns the receiver's payload types, once the answer is settled (webrtc.TrackLocal).
func (s *pionSlot) Bind(t webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	var chosen webrtc.RTPCodecParameters
	var payload [codec.Count]PayloadTypes
	codecs := t.CodecParameters()
	for _, p := range codecs {
		k := codec.FromMime(p.MimeType)
		if k == codec.Unknown || payload[k].Media != 0 {
			continue
		}
		payload[k] = PayloadTypes{Media: uint8(p.PayloadType), RTX: repairType(codecs, p.PayloadType)}
		if chosen.PayloadType == 0 && k != codec.RED {
			chosen = p
		}
	}
	if chosen.PayloadType == 0 {
		return chosen, fmt.Errorf("transport: slot %d: %w", s.index, webrtc.ErrUnsupportedCodec)
	}
	if pt := chosen.PayloadType; s.redundancy(codecs) != fmt.Sprintf("%d/%d", pt, pt) {
		payload[codec.RED] = PayloadTypes{}
	}
	s.payload, s.writer = payload, t.WriteStream()
	for _, e := range t.HeaderExtensions() {
		switch {
		case e.ID <= 0 || e.ID > 255:
		case e.URI == sdp.TransportCCURI:
			s.sequence = uint8(e.ID)
		case e.URI == codec.DependencyURI:
			s.described = uint8(e.ID)
		}
	}
	s.ssrc, s.rtx = uint32(t.SSRC()), uint32(t.SSRCRetransmission())
	return chosen, nil
}

// redundancy are the parameters of RED: the payload types of its blocks (RFC 2198, section 5).
func (s *pionSlot) redundancy(codecs []webrtc.RTPCodecParameters) string {
	for _, p := range codecs {
		if codec.FromMime(p.MimeType) == codec.RED {
			return p.SDPFmtpLine
		}
	}
	return ""
}

func repairType(codecs []webrtc.RTPCodecParameters, of webrtc.PayloadType) uint8 {
	for _, p := range codecs {
		if p.MimeType == webrtc.MimeTypeRTX && p.SDPFmtpLine == "apt="+strconv.Itoa(int(of)) {
			return uint8(p.PayloadType)
		}
	}
	return 0
}

// Unbind ends the track (webrtc.TrackLocal).
func (s *pionSlot) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID names the track in the answer's msid (webrtc.TrackLocal).
func (s *pionSlot) ID() string { return slotName(s.video, s.index) }

// RID is empty: a slot has one encoding (webrtc.TrackLocal).
func (s *pionSlot) RID() string { return "" }

// StreamID is the track's media stream (webrtc.TrackLocal).
func (s *pionSlot) StreamID() string { return slotStream(s.video, s.index) }

// Kind tells audio from video (webrtc.TrackLocal).
func (s *pionSlot) Kind() webrtc.RTPCodecType {
	if s.video {
		return webrtc.RTPCodecTypeVideo
	}
	return webrtc.RTPCodecTypeAudio
}
