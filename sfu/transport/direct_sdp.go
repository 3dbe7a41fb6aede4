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

// offeredFormat is a payload type of an offer.
type offeredFormat struct {
	payloadType uint8
	name        string // media type without its kind, in lower case
	fmtp        string
	feedback    map[string]bool
}

func readFormats(m *sdp.MediaDescription) []offeredFormat {
	var all []offeredFormat
	index := map[uint64]int{} // by payload type, which may be written in many ways
	for _, f := range m.MediaName.Formats {
		pt, err := strconv.ParseUint(f, 10, 8)
		if err != nil || pt > 127 {
			continue // readSection has checked
		}
		if _, twice := index[pt]; !twice {
			index[pt] = len(all)
			all = append(all, offeredFormat{payloadType: uint8(pt), feedback: map[string]bool{}})
		}
	}
	for _, a := range m.Attributes {
		if a.Key != "rtpmap" && a.Key != "fmtp" && a.Key != "rtcp-fb" {
			continue
		}
		pt, value, _ := strings.Cut(a.Value, " ")
		number, err := strconv.ParseUint(pt, 10, 8)
		i, ok := index[number]
		ok = ok && err == nil
		switch {
		case a.Key == "rtcp-fb" && !slices.Contains(feedbackKinds, value):
		case a.Key == "rtcp-fb" && pt == "*":
			for j := range all {
				all[j].feedback[value] = true
			}
		case !ok:
		case a.Key == "rtpmap":
			all[i].name = strings.ToLower(value)
		case a.Key == "fmtp":
			all[i].fmtp = value
		default:
			all[i].feedback[value] = true
		}
	}
	return all
}

// feedbackOfPath is the feedback on the path, which both sides give; the other kinds are about video, requests for packets about sound too.
const feedbackOfPath = "transport-cc"

var feedbackKinds = []string{"nack", "nack pli", "ccm fir", feedbackOfPath}

// opusParameters ask for Opus whose packets carry what is needed to conceal the one before (RFC 7587, section 7).
const opusParameters = "minptime=10;useinbandfec=1"

const h264Answer = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

// choose settles the payload types: one for each codec, with its retransmissions.
func (n *negotiated) choose(offered []offeredFormat) {
	chosen := map[codec.Codec]int{}
	for i, f := range offered {
		k, ok := n.codecOf(f)
		if !ok {
			continue
		}
		if before, twice := chosen[k]; !twice || k == codec.H264 && h264Rank(f.fmtp) > h264Rank(offered[before].fmtp) {
			chosen[k] = i
		}
	}
	if at, ok := chosen[codec.RED]; ok && !wraps(offered[at], offered, chosen) {
		delete(chosen, codec.RED)
	}
	for i, f := range offered {
		k, ok := n.codecOf(f)
		if at, taken := chosen[k]; !ok || !taken || at != i {
			continue
		}
		answer := format{payloadType: f.payloadType}
		switch k {
		case codec.Opus:
			answer.rtpmap, answer.fmtp = "opus/48000/2", opusParameters
			if n.sends() {
				answer.fmtp += ";usedtx=1" // who is silent costs next to nothing on the way to the server
			}
		case codec.RED:
			answer.rtpmap, answer.fmtp = "red/48000/2", f.fmtp
		case codec.VP8:
			answer.rtpmap = "VP8/90000"
		case codec.H264:
			answer.rtpmap, answer.fmtp = "H264/90000", h264Answer
			if h264Rank(f.fmtp) < 3 {
				answer.fmtp = f.fmtp
			}
		case codec.VP9:
			answer.rtpmap, answer.fmtp = "VP9/90000", f.fmtp
		case codec.AV1:
			answer.rtpmap, answer.fmtp = "AV1/90000", f.fmtp
		}
		for _, fb := range feedbackKinds {
			wanted := n.video || fb == feedbackOfPath
			if n.sends() { // sound is asked for again, but never sent again: redundancy is for that
				wanted = wanted || fb == "nack" && k == codec.Opus
			}
			if wanted && f.feedback[fb] {
				answer.feedback = append(answer.feedback, fb)
			}
		}
		n.codecs[f.payloadType] = k
		n.formats = append(n.formats, answer)
		for _, r := range offered {
			if r.name == "rtx/90000" && apt(r.fmtp) == strconv.Itoa(int(f.payloadType)) {
				n.formats = append(n.formats, format{payloadType: r.payloadType, rtpmap: "rtx/90000", fmtp: "apt=" + apt(r.fmtp)})
				n.repairOf[r.payloadType] = f.payloadType
				break
			}
		}
	}
}

// wraps tells whether a format of RED carries the Opus that was chosen, as all its blocks (RFC 2198, section 5).
func wraps(red offeredFormat, offered []offeredFormat, chosen map[codec.Codec]int) bool {
	at, ok := chosen[codec.Opus]
	if !ok || red.fmtp == "" {
		return false
	}
	opus := strconv.Itoa(int(offered[at].payloadType))
	for block := range strings.SplitSeq(red.fmtp, "/") {
		if block != opus {
			return false
		}
	}
	return true
}

// asks tells how what is missing of the section is asked for.
func (n *negotiated) asks() asking {
	if n.video {
		return asksForVideo
	}
	for _, f := range n.formats {
		if slices.Contains(f.feedback, "nack") {
			return asksForSound
		}
	}
	return asking{}
}

func (n *negotiated) codecOf(f offeredFormat) (codec.Codec, bool) {
	kind := "audio/"
	if n.video {
		kind = "video/"
	}
	name, _, _ := strings.Cut(f.name, "/")
	k := codec.FromMime(kind + name)
	return k, k != codec.Unknown && k.IsVideo() == n.video && firstProfile(k, f.fmtp)
}

// firstProfile tells whether a format of VP9 or AV1 is of profile 0, which every decoder has (RFC 9628, section 6.1; AV1 RTP specification,
// section 7.2.1). Where none is named it is that.
func firstProfile(k codec.Codec, fmtp string) bool {
	name := map[codec.Codec]string{codec.VP9: "profile-id", codec.AV1: "profile"}[k]
	profile := parameter(fmtp, name)
	return name == "" || profile == "" || profile == "0"
}

// h264Rank says how well a format suits: 3 is constrained baseline in packetization mode 1, which every browser decodes.
func h264Rank(fmtp string) int {
	var profile string
	rank := 0
	for p := range strings.SplitSeq(fmtp, ";") {
		switch key, value, _ := strings.Cut(strings.TrimSpace(p), "="); key {
		case "profile-level-id":
			profile = strings.ToLower(value)
		case "packetization-mode":
			if value == "1" {
				rank = 1
			}
		}
	}
	if rank == 1 && strings.HasPrefix(profile, "42") {
		rank = 2
		if flags, err := strconv.ParseUint(profile[2:min(4, len(profile))], 16, 8); err == nil && flags&0x40 != 0 { // constraint_set1_flag
			rank = 3
		}
	}
	return rank
}

func apt(fmtp string) string { return parameter(fmtp, "apt") }

// parameter is the value of one of a format's parameters, or empty.
func parameter(fmtp, name string) string {
	for p := range strings.SplitSeq(fmtp, ";") {
		if value, ok := strings.CutPrefix(strings.TrimSpace(p), name+"="); ok {
			return value
		}
	}
	return ""
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
