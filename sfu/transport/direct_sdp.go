package transport

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"diemcau/sfu/codec"
)

const repairedStreamURI = sdp.SDESRepairRTPStreamIDURI

// negotiated is what one section of an offer comes to.
type negotiated struct {
	section
	rejected   bool
	formats    []format // that are answered, the client's favourite first
	extensions []extension
	simulcast  string   // the client's list of them
	reduced    bool     // feedback may come without a report before it (RFC 5506)
	mixed      bool     // header extensions may be of the longer form (RFC 8285, section 6)
	declared   []uint32 // SSRCs that the client names
	repairs    map[uint32]uint32
	codecs     [128]codec.Codec
	repairOf   [128]uint8 // payload types of retransmissions to those that they repair
	slot       *directSlot
}

// format is a payload type of an answer.
type format struct {
	payloadType uint8
	rtpmap      string
	fmtp        string
	feedback    []string
}

// extension is a header extension of an answer (RFC 8285).
type extension struct {
	id  uint8
	uri string
}

// The extensions that are taken, by kind of section: those that name a packet's section and layer, those that tell how loud it is, the
// number that feedback on the path goes by, and what encoders say of the frames of several layers.
var (
	audioExtensions = []string{sdp.SDESMidURI, sdp.TransportCCURI, sdp.AudioLevelURI}
	videoExtensions = []string{sdp.SDESMidURI, sdp.TransportCCURI, sdp.SDESRTPStreamIDURI, repairedStreamURI, codec.DependencyURI}
	// sentExtensions are those that a slot may carry.
	sentExtensions = []string{sdp.TransportCCURI, codec.DependencyURI}
)

func (n *negotiated) sends() bool    { return n.direction == "sendonly" || n.direction == "sendrecv" }
func (n *negotiated) receives() bool { return n.direction == "recvonly" }

// negotiate settles one checked section.
func negotiate(d *sdp.SessionDescription, m *sdp.MediaDescription, s section) (*negotiated, error) {
	n := &negotiated{section: s}
	_, bundleOnly := m.Attribute("bundle-only")
	n.rejected = m.MediaName.Port.Value == 0 && !bundleOnly // RFC 8843, section 6
	_, n.reduced = m.Attribute("rtcp-rsize")
	_, session := d.Attribute(extmapAllowMixed)
	_, own := m.Attribute(extmapAllowMixed)
	n.mixed = session || own
	offered := readFormats(m)
	n.choose(offered)
	if len(n.formats) == 0 && !n.rejected {
		return nil, fmt.Errorf("section %q offers no codec that is forwarded", s.mid)
	}
	taken := videoExtensions
	if !s.video {
		taken = audioExtensions
	}
	for _, a := range m.Attributes {
		fields := strings.Fields(a.Value)
		switch {
		case len(fields) < 2 && a.Key != "simulcast":
		case a.Key == "extmap" && (n.sends() || n.receives() && slices.Contains(sentExtensions, fields[1])):
			id, direction, _ := strings.Cut(fields[0], "/") // as the client means it
			if n.receives() && (direction == "sendonly" || direction == "inactive") {
				continue
			}
			if v, err := strconv.ParseUint(id, 10, 8); err == nil && v > 0 && slices.Contains(taken, fields[1]) {
				n.extensions = append(n.extensions, extension{uint8(v), fields[1]})
			}
		case a.Key == "simulcast" && len(fields) >= 2 && fields[0] == "send":
			n.simulcast = fields[1]
		case a.Key == "ssrc":
			if v, ok := readSSRC(fields[0]); ok && len(n.declared) < maxLayers*4 && !slices.Contains(n.declared, v) {
				n.declared = append(n.declared, v)
			}
		case a.Key == "ssrc-group" && fields[0] == "FID" && len(fields) == 3:
			media, ok := readSSRC(fields[1])
			repair, ok2 := readSSRC(fields[2])
			if ok && ok2 && len(n.repairs) < maxLayers {
				if n.repairs == nil {
					n.repairs = map[uint32]uint32{}
				}
				n.repairs[repair] = media
			}
		}
	}
	return n, nil
}

// extmapAllowMixed lets header extensions of the longer form come beside those of the shorter one.
const extmapAllowMixed = sdp.AttrKeyExtMapAllowMixed

func readSSRC(s string) (uint32, bool) {
	v, err := strconv.ParseUint(s, 10, 32)
	return uint32(v), err == nil && v != 0
}

// givesPathFeedback tells whether the client reports on the path by the numbers of its packets.
func (n *negotiated) givesPathFeedback() bool {
	return slices.ContainsFunc(n.formats, func(f format) bool { return slices.Contains(f.feedback, feedbackOfPath) })
}

// extensionID is the id of an extension, or 0.
func (n *negotiated) extensionID(uri string) uint8 {
	for _, x := range n.extensions {
		if x.uri == uri {
			return x.id
		}
	}
	return 0
}

// transportLines are the lines of an answer that are alike in every section.
func transportLines(ufrag, pwd, fingerprint string) string {
	return "c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=ice-ufrag:" + ufrag + "\r\na=ice-pwd:" + pwd +
		"\r\na=fingerprint:sha-256 " + fingerprint + "\r\na=setup:passive\r\n"
}

// writeAnswer writes the SDP answer (RFC 9429, section 5.3) to an offer's settled sections. candidates are complete lines.
func writeAnswer(session uint64, version int, sections []*negotiated, transport string, candidates []string) string {
	var b strings.Builder
	b.Grow(1024 + 1024*len(sections))
	fmt.Fprintf(&b, "v=0\r\no=- %d %d IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\na=msid-semantic:WMS *\r\na=group:BUNDLE", session, version)
	for _, n := range sections {
		if !n.rejected {
			b.WriteString(" " + n.mid)
		}
	}
	b.WriteString("\r\n")
	first := true
	for _, n := range sections {
		n.write(&b, transport)
		if first && !n.rejected {
			first = false
			for _, c := range candidates {
				b.WriteString(c)
			}
			b.WriteString("a=end-of-candidates\r\n")
		}
	}
	return b.String()
}

func (n *negotiated) write(b *strings.Builder, transport string) {
	kind := "audio"
	if n.video {
		kind = "video"
	}
	if n.rejected {
		fmt.Fprintf(b, "m=%s 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\na=mid:%s\r\n", kind, n.mid)
		return
	}
	b.WriteString("m=" + kind + " 9 UDP/TLS/RTP/SAVPF")
	for _, f := range n.formats {
		b.WriteString(" " + strconv.Itoa(int(f.payloadType)))
	}
	b.WriteString("\r\n" + transport + "a=mid:" + n.mid + "\r\n")
	if n.reduced {
		b.WriteString("a=rtcp-rsize\r\n")
	}
	if n.mixed {
		b.WriteString("a=" + extmapAllowMixed + "\r\n")
	}
	switch {
	case n.sends():
		b.WriteString("a=recvonly\r\n")
	case n.slot != nil && n.receives():
		b.WriteString("a=sendonly\r\n")
	default:
		b.WriteString("a=inactive\r\n")
	}
	for _, f := range n.formats {
		pt := strconv.Itoa(int(f.payloadType))
		b.WriteString("a=rtpmap:" + pt + " " + f.rtpmap + "\r\n")
		if f.fmtp != "" {
			b.WriteString("a=fmtp:" + pt + " " + f.fmtp + "\r\n")
		}
		for _, fb := range f.feedback {
			b.WriteString("a=rtcp-fb:" + pt + " " + fb + "\r\n")
		}
	}
	for _, x := range n.extensions {
		b.WriteString("a=extmap:" + strconv.Itoa(int(x.id)) + " " + x.uri + "\r\n")
	}
	if n.sends() && n.simulcast != "" {
		for _, rid := range n.layers {
			b.WriteString("a=rid:" + rid + " recv\r\n")
		}
		b.WriteString("a=simulcast:recv " + n.simulcast + "\r\n")
	}
	if s := n.slot; s != nil && n.receives() {
		fmt.Fprintf(b, "a=msid:%s %s\r\n", s.stream(), s.name())
		if s.rtx != 0 {
			fmt.Fprintf(b, "a=ssrc-group:FID %d %d\r\n", s.ssrc, s.rtx)
		}
		for _, ssrc := range [...]uint32{s.ssrc, s.rtx} {
			if ssrc != 0 {
				fmt.Fprintf(b, "a=ssrc:%d cname:%s\r\na=ssrc:%d msid:%s %s\r\n", ssrc, s.stream(), ssrc, s.stream(), s.name())
			}
		}
	}
}
