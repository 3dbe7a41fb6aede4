package transport

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"

	"diemcau/sfu/codec"
)

// ingress is what a connection knows of what its client sends.
type ingress struct {
	closed  bool
	context *srtp.Context // of RTP; nil before the handshake is done
	opener  *opener       // of RTCP
	tag     int
	header  rtp.Header
	plain   []byte

	sections []*negotiated // that the client sends on
	bySSRC   map[uint32]*directSlot
	streams  map[uint32]*incoming // by SSRC of authentic packets; nil for those of no section
	// The ids of the header extensions, which are alike in all bundled sections (RFC 8843, section 9.1.1).
	mid, rid, repaired, sequence uint8
	recorder                     *twcc.Recorder
}

// incoming is one stream of the client's.
type incoming struct {
	section   *negotiated
	rid       string
	ssrc      uint32
	sink      Sink      // nil when nobody takes it
	repairs   *incoming // that this one carries retransmissions of (RFC 4588)
	reception reception
}

// maxIncoming bounds the SSRCs of one client: its sources with their layers and retransmissions, and those anew.
const maxIncoming = 200

// negotiated takes what an offer says of the sections that the client sends on.
func (i *ingress) negotiated(sections []*negotiated) {
	i.sections = i.sections[:0]
	for _, n := range sections {
		if !n.sends() || n.rejected {
			continue
		}
		i.sections = append(i.sections, n)
		for _, x := range n.extensions {
			switch x.uri {
			case sdp.SDESMidURI:
				i.mid = x.id
			case sdp.SDESRTPStreamIDURI:
				i.rid = x.id
			case repairedStreamURI:
				i.repaired = x.id
			case sdp.TransportCCURI:
				i.sequence = x.id
			}
		}
	}
	if i.streams == nil {
		i.streams = map[uint32]*incoming{}
	}
	if i.recorder == nil && i.sequence != 0 {
		i.recorder = twcc.NewRecorder(reporterSSRC)
	}
	// A stream whose section is not sent on any more is over, and one that nobody took may find a taker. Their SSRCs still count: the SRTP
	// context never forgets one.
	for ssrc, s := range i.streams {
		switch {
		case s == nil:
		case i.over(s), s.repairs != nil && i.over(s.repairs):
			i.streams[ssrc] = nil
		default:
			s.section = i.named(s.section.mid)
		}
	}
}

func (i *ingress) over(s *incoming) bool {
	return i.named(s.section.mid) == nil || s.repairs == nil && s.sink == nil
}

// named is the section with a mid; nil if the client sends on no such section.
func (i *ingress) named(mid string) *negotiated {
	for _, n := range i.sections {
		if n.mid == mid {
			return n
		}
	}
	return nil
}

// reporterSSRC is who reports to clients: the server's RTCP of each connection is its own.
const reporterSSRC = 1

// media takes an RTP or RTCP packet that came from a bound address at a moment, and gives who took it.
func (c *directConn) media(packet []byte, b *binding, now int64) Sink {
	c.ingressMu.Lock()
	defer c.ingressMu.Unlock()
	i := &c.ingress
	switch {
	case i.closed:
		return nil
	case i.context == nil:
		c.direct.drops.count(TooEarly)
		return nil
	}
	var sink Sink
	reason := DropCount
	if len(packet) > 1 && packet[1] >= 192 && packet[1] <= 223 { // RFC 5761, section 4
		reason = c.takeRTCP(packet, b, now)
	} else {
		sink, reason = c.takeRTP(packet, b, now)
	}
	if reason != DropCount {
		c.direct.drops.count(reason)
		return nil
	}
	return sink
}

// openDrop is the reason for which a packet could not be opened.
func openDrop(err error) Drop {
	if errors.Is(err, srtp.ErrFailedToVerifyAuthTag) {
		return Forged
	}
	return Replayed // what is too short or malformed is dropped before
}

// takeRTP takes a packet and gives its sink, or the reason of its drop.
func (c *directConn) takeRTP(packet []byte, b *binding, now int64) (Sink, Drop) {
	i, h := &c.ingress, &c.ingress.header
	n, err := h.Unmarshal(packet)
	switch {
	case err != nil || h.Version != 2:
		return nil, BadHeader
	case h.SSRC == 0:
		return nil, NoSource
	case len(packet) < n+i.tag:
		return nil, Truncated
	case h.Extension && (h.ExtensionProfile == rtp.CryptexProfileOneByte || h.ExtensionProfile == rtp.CryptexProfileTwoByte):
		return nil, BadHeader // RFC 9335, which no answer agrees to
	}
	stream, known := i.streams[h.SSRC]
	if !known && len(i.streams) >= maxIncoming {
		return nil, TooManySources
	}
	plain, err := i.context.DecryptRTP(i.plain, packet, h)
	if err != nil {
		reason := openDrop(err)
		if reason == Replayed && stream != nil {
			stream.reception.duplicates++
		}
		return nil, reason
	}
	i.plain = plain
	c.authentic(b, now)
	padding := 0
	if h.Padding {
		if padding = int(plain[len(plain)-1]); padding == 0 || padding > len(plain)-n {
			return nil, BadHeader
		}
	}
	if number := h.GetExtension(i.sequence); i.sequence != 0 && len(number) == 2 && i.recorder != nil {
		i.recorder.Record(h.SSRC, binary.BigEndian.Uint16(number), now/1e3)
	}
	if !known || stream == nil {
		stream = c.begin(h)
		i.streams[h.SSRC] = stream
	}
	switch {
	case stream == nil:
		return nil, Unbound
	case i.contradicts(stream, h):
		return nil, StolenSource
	case stream.repairs != nil:
		return c.takeRepair(stream, n, padding, now)
	case stream.sink == nil:
		return nil, Unbound
	}
	stream.reception.take(h.SequenceNumber, h.Timestamp, now)
	if len(stream.reception.missing) > 0 {
		c.noteMissing(stream, i.plain[n:len(i.plain)-padding])
	}
	stream.sink.Packet(i.plain, now)
	return stream.sink, DropCount
}

// takeRepair takes a retransmission for the packet that it repeats: the number of that is in front of the payload (RFC 4588, section 4).
func (c *directConn) takeRepair(stream *incoming, header, padding int, now int64) (Sink, Drop) {
	i, of := &c.ingress, stream.repairs
	media := stream.section.repairOf[i.header.PayloadType&0x7f]
	switch payload := len(i.plain) - header - padding; {
	case payload == 0:
		return nil, DropCount // a probe of the path
	case payload == 1:
		return nil, BadHeader
	case media == 0 || of.sink == nil:
		return nil, Unbound
	}
	number := binary.BigEndian.Uint16(i.plain[header:])
	copy(i.plain[2:], i.plain[:header])
	packet := i.plain[2:]
	packet[1] = packet[1]&0x80 | media
	binary.BigEndian.PutUint16(packet[2:], number)
	binary.BigEndian.PutUint32(packet[8:], of.ssrc)
	of.reception.repaired(number)
	of.sink.Packet(packet, now)
	return of.sink, DropCount
}

// begin finds the section and the layer of a new stream: by what the packet says of them, by what the offer said, or by a payload type of
// one section only (RFC 8843, section 9.2). It is nil for a stream of none.
func (c *directConn) begin(h *rtp.Header) *incoming {
	i := &c.ingress
	n, rid, repair := i.find(h)
	if n == nil {
		return nil
	}
	stream := &incoming{section: n, rid: rid, ssrc: h.SSRC}
	if repair {
		stream.repairs = i.repairedBy(n, rid, h.SSRC)
		if stream.repairs == nil {
			return nil
		}
		return stream
	}
	if len(n.layers) > 0 && n.simulcast != "" && !slices.Contains(n.layers, rid) {
		return nil
	}
	if n.codecs[h.PayloadType&0x7f] == codec.Unknown {
		return nil
	}
	stream.reception = reception{rate: n.codecs[h.PayloadType&0x7f].ClockRate(), asks: n.asks()}
	stream.sink = c.handler.Stream(Stream{
		Mid: n.mid, RID: rid, Rank: slices.Index(n.layers, rid), SSRC: h.SSRC, Video: n.video, Codecs: n.codecs, AudioLevel: n.extensionID(sdp.AudioLevelURI), Dependency: n.extensionID(codec.DependencyURI),
	})
	return stream
}

func (i *ingress) find(h *rtp.Header) (n *negotiated, rid string, repair bool) {
	for _, s := range i.sections {
		if media, ok := s.repairs[h.SSRC]; ok && media != h.SSRC {
			n, repair = s, true
		} else if slices.Contains(s.declared, h.SSRC) {
			n = s
		}
	}
	if mid := extensionOf(h, i.mid); len(mid) > 0 {
		if n = i.named(string(mid)); n == nil {
			return nil, "", false
		}
	}
	if n == nil {
		for _, s := range i.sections {
			if s.codecs[h.PayloadType&0x7f] != codec.Unknown || s.repairOf[h.PayloadType&0x7f] != 0 {
				if n != nil {
					return nil, "", false
				}
				n = s
			}
		}
	}
	if n == nil {
		return nil, "", false
	}
	rid = string(extensionOf(h, i.rid))
	if repaired := extensionOf(h, i.repaired); len(repaired) > 0 {
		rid, repair = string(repaired), true
	}
	return n, rid, repair || n.repairOf[h.PayloadType&0x7f] != 0
}

func extensionOf(h *rtp.Header, id uint8) []byte {
	if id == 0 || !h.Extension {
		return nil
	}
	return h.GetExtension(id)
}

// repairedBy is the stream that a repair stream belongs to.
func (i *ingress) repairedBy(n *negotiated, rid string, ssrc uint32) *incoming {
	if media, ok := n.repairs[ssrc]; ok {
		return i.streams[media]
	}
	var found *incoming
	for _, s := range i.streams {
		if s != nil && s.section.mid == n.mid && s.rid == rid && s.repairs == nil {
			found = s
		}
	}
	return found
}

// contradicts tells whether a packet names another section or layer than its stream's.
func (i *ingress) contradicts(s *incoming, h *rtp.Header) bool {
	if mid := extensionOf(h, i.mid); len(mid) > 0 && s.section.mid != string(mid) {
		return true
	}
	rid := extensionOf(h, i.rid)
	if s.repairs != nil {
		rid = extensionOf(h, i.repaired)
	}
	return len(rid) > 0 && s.rid != string(rid)
}

// takeRTCP takes a compound packet; see RFC 3550, section 6.1.
func (c *directConn) takeRTCP(packet []byte, b *binding, now int64) Drop {
	i := &c.ingress
	if len(packet) < reportHeader+i.tag+reportIndex {
		return Truncated
	}
	plain, reason := i.opener.open(packet)
	if reason != DropCount {
		return reason
	}
	c.authentic(b, now)
	all, err := otherReports(plain)
	if err != nil {
		return BadHeader
	}
	for report := range pathReports(plain) {
		c.handler.PathFeedback(report)
	}
	for _, p := range all {
		switch p := p.(type) {
		case *rtcp.SenderReport:
			if s := i.streams[p.SSRC]; s != nil && s.sink != nil {
				s.reception.heardReport(p.NTPTime, now)
				s.sink.SenderReport(p.NTPTime, p.RTPTime, now)
			}
			c.takeReports(p.Reports, now)
		case *rtcp.ReceiverReport:
			c.takeReports(p.Reports, now)
		case *rtcp.TransportLayerNack:
			c.feedback(p.MediaSSRC, p, now)
		case *rtcp.PictureLossIndication:
			c.feedback(p.MediaSSRC, p, now)
		case *rtcp.FullIntraRequest:
			for _, f := range p.FIR {
				c.feedback(f.SSRC, p, now)
			}
		case *rtcp.SourceDescription, *rtcp.Goodbye: // a part of every compound packet, and of the end of a stream, which its silence tells
		default:
			c.direct.drops.count(UnusedFeedback)
		}
	}
	return DropCount
}

func (c *directConn) feedback(ssrc uint32, p rtcp.Packet, now int64) {
	if s := c.ingress.bySSRC[ssrc]; s != nil {
		c.handler.Feedback(s.video, s.index, []rtcp.Packet{p}, now)
	}
}
