package transport

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"

	"diemcau/sfu/codec"
)

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
