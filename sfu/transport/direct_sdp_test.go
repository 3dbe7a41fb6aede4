package transport

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pion/sdp/v3"

	"diemcau/sfu/codec"
)

// recorded is the offer of a real browser (Chromium 156, Firefox 153): a camera with three layers, a microphone, a screen, and a slot of each kind.
func recorded(t testing.TB, browser string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + browser + ".sdp")
	must(t, err)
	return strings.ReplaceAll(string(b), "\n", "\r\n")
}

// sectionsOf are the sections of an SDP, in their order.
func sectionsOf(sdp string) (all []string) {
	_, rest, _ := strings.Cut(sdp, "\r\nm=")
	for _, s := range strings.Split(rest, "\r\nm=") {
		all = append(all, "m="+strings.TrimSuffix(s, "\r\n")+"\r\n")
	}
	return all
}

// wantLines has a text contain lines; of those with a "!" before them, none that begins so.
func wantLines(t *testing.T, name, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		unwanted, not := strings.CutPrefix(line, "!")
		if not && strings.Contains(text, unwanted) || !not && !strings.Contains(text, line+"\r\n") {
			t.Errorf("%s: want %s in\n%s", name, line, text)
		}
	}
}

func TestAnswersToBrowsers(t *testing.T) {
	d := open(t, "direct").(*Direct)
	const sequence = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
	for browser, want := range map[string][][]string{
		"chromium": {
			{
				"m=video 9 UDP/TLS/RTP/SAVPF 96 97 108 109 45 46 98 99", "a=recvonly", "a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", "a=rtpmap:108 H264/90000",
				"a=fmtp:108 " + h264Answer, "a=fmtp:109 apt=108", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 ccm fir", "a=rtcp-fb:96 transport-cc",
				"!a=rtcp-fb:96 goog-remb", "a=extmap:9 " + sdp.SDESMidURI, "a=extmap:10 " + sdp.SDESRTPStreamIDURI, "a=extmap:11 " + repairedStreamURI, "a=extmap:4 " + sequence,
				"a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f", "a=rtcp-rsize", "a=end-of-candidates",
				"a=rtpmap:98 VP9/90000", "a=fmtp:98 profile-id=0", "a=rtpmap:45 AV1/90000", "a=fmtp:45 level-idx=5;profile=0;tier=0", "a=extmap:13 " + codec.DependencyURI, "a=extmap-allow-mixed",
			},
			{"m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "a=recvonly", "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1", "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "a=extmap:12 " + sdp.AudioLevelURI, "a=extmap:4 " + sequence, "a=rtcp-fb:111 transport-cc"},
			{"m=video 9 UDP/TLS/RTP/SAVPF 96 97 108 109 45 46 98 99", "a=recvonly", "!a=simulcast:recv q;h;f"},
			{"m=video 9 UDP/TLS/RTP/SAVPF 96 97 98 99 108 109 45 46", "a=sendonly", "a=extmap:13 " + codec.DependencyURI, "a=extmap-allow-mixed", "a=msid:programme video0", "a=rtcp-fb:96 transport-cc", "a=extmap:4 " + sequence, "!a=extmap:9 " + sdp.SDESMidURI},
			{"m=audio 9 UDP/TLS/RTP/SAVPF 111 63", "a=sendonly", "a=fmtp:111 minptime=10;useinbandfec=1", "a=fmtp:63 111/111", "a=msid:programme audio0"},
		},
		"firefox": {
			{
				"m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100", "a=recvonly", "a=extmap:8 " + codec.DependencyURI, "a=rtpmap:120 VP8/90000", "a=fmtp:124 apt=120", "a=extmap:3 " + sdp.SDESMidURI, "a=extmap:9 " + sdp.SDESRTPStreamIDURI,
				"a=extmap:10 " + repairedStreamURI, "a=extmap:7 " + sequence, "a=rid:q recv", "a=simulcast:recv q;h;f",
			},
			// These have port 0 and are bundled all the same.
			{"m=audio 9 UDP/TLS/RTP/SAVPF 109", "a=recvonly", "a=extmap:1 " + sdp.AudioLevelURI, "!a=extmap:2 urn:ietf:params:rtp-hdrext:csrc-audio-level", "a=rtcp-fb:109 transport-cc"},
			{"m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100", "a=recvonly", "!a=simulcast:recv q;h;f"},
			// It says that it sends dependency descriptors and reads none.
			{"m=video 9 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100", "a=sendonly", "!a=extmap:8 ", "a=msid:programme video0"},
			{"m=audio 9 UDP/TLS/RTP/SAVPF 109", "a=sendonly", "a=msid:programme audio0"},
		},
	} {
		r := newRaw(t, d)
		a, err := r.conn.Offer(t.Context(), recorded(t, browser))
		must(t, err)
		sections := sectionsOf(a.SDP)
		if len(sections) != len(want) {
			t.Fatalf("%s: %d sections", browser, len(sections))
		}
		wantLines(t, browser, a.SDP, "a=group:BUNDLE 0 1 2 3 4", "a=ice-lite")
		for i, s := range sections {
			wantLines(t, fmt.Sprint(browser, " ", i), s, append(want[i], "a=mid:"+fmt.Sprint(i), "a=setup:passive", "a=rtcp-mux", "a=fingerprint:sha-256 "+d.fingerprint)...)
			if i > 0 {
				wantLines(t, fmt.Sprint(browser, " ", i), s, "!a=end-of-candidates")
			}
		}
		if len(a.Slots) != 2 || len(a.Sending) != 3 || !a.Sending["0"].Video || a.Sending["1"].Video || !a.Sending["2"].Video {
			t.Errorf("%s: slots %+v, sending %v", browser, a.Slots, a.Sending)
		}
		conn := r.conn.(*directConn)
		// Firefox names the SSRCs of layers, Chromium does not.
		camera, screen := conn.sections["0"], conn.sections["2"]
		if layers := len(camera.repairs); layers != map[string]int{"chromium": 0, "firefox": 3}[browser] || len(camera.declared) != 2*layers || len(screen.repairs) != 1 || len(screen.declared) != 2 {
			t.Errorf("%s: the camera has %v and %v, the screen %v and %v", browser, camera.declared, camera.repairs, screen.declared, screen.repairs)
		}
	}
}

// formats are the lines of a section that receives video in some formats.
func formats(lines ...string) string {
	s, types := "a=mid:v0\r\na=recvonly\r\n", ""
	for i, line := range lines {
		name, fmtp, _ := strings.Cut(line, " ")
		s += fmt.Sprintf("a=rtpmap:%d %s\r\n", 100+i, name)
		if fmtp != "" {
			s += fmt.Sprintf("a=fmtp:%d %s\r\n", 100+i, fmtp)
		}
		types += fmt.Sprint(" ", 100+i)
	}
	return "m=video 9 UDP/TLS/RTP/SAVPF" + types + "\r\n" + s
}

func TestChoiceOfFormats(t *testing.T) {
	const (
		constrained = "H264/90000 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
		baseline    = "H264/90000 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"
		single      = "H264/90000 packetization-mode=0;profile-level-id=42e01f"
		high        = "H264/90000 packetization-mode=1; profile-level-id=64001F"
		plain       = "H264/90000"
	)
	for _, c := range []struct {
		name    string
		offered []string
		types   string
		lines   []string
	}{
		{"constrained baseline, whatever comes first", []string{high, baseline, single, constrained}, "103", []string{"a=fmtp:103 " + h264Answer}},
		{"upper case and spaces", []string{high, "h264/90000 profile-level-id=42E01F; packetization-mode=1"}, "101", []string{"a=rtpmap:101 H264/90000", "a=fmtp:101 " + h264Answer}},
		{"constrained baseline of a higher level", []string{baseline, "H264/90000 profile-level-id=42c033;packetization-mode=1"}, "101", []string{"a=fmtp:101 " + h264Answer}},
		{"baseline rather than another profile", []string{high, baseline}, "101", []string{"a=fmtp:101 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f"}},
		{"another profile rather than single units", []string{single, high}, "101", []string{"a=fmtp:101 packetization-mode=1; profile-level-id=64001F"}},
		{"single units rather than nothing", []string{single}, "100", []string{"a=fmtp:100 packetization-mode=0;profile-level-id=42e01f"}},
		{"no parameters rather than nothing", []string{plain}, "100", []string{"a=rtpmap:100 H264/90000", "!a=fmtp:100 "}},
		{"the first of equals", []string{constrained, constrained}, "100", nil},
		{"a profile that is cut", []string{"H264/90000 packetization-mode=1;profile-level-id=4", "H264/90000 packetization-mode=1;profile-level-id=42"}, "101", nil},
		{"the order of the client", []string{constrained, "VP8/90000"}, "100 101", nil},
		{"each with its repairs", []string{"VP8/90000", "rtx/90000 apt=102", high, constrained, "rtx/90000 apt=100", "rtx/90000 apt=103"}, "100 104 103 105", []string{"a=fmtp:104 apt=100", "a=fmtp:105 apt=103", "!a=fmtp:101 apt=102"}},
		{"the first repairs of several", []string{"VP8/90000", "RTX/90000 apt=100;rtx-time=3000", "rtx/90000 apt=100"}, "100 101", []string{"a=fmtp:101 apt=100"}},
		{"repairs of another clock", []string{"VP8/90000", "rtx/8000 apt=100"}, "100", nil},
		{"repairs of themselves, and of nothing", []string{"VP8/90000", "rtx/90000 apt=101", "rtx/90000", "rtx/90000 apt="}, "100", nil},
		{"what is not forwarded", []string{"H265/90000", "VP9/90000 profile-id=2", "red/90000", "ulpfec/90000", "VP8/90000", "flexfec-03/90000", "opus/48000/2", "AV1/90000 level-idx=5;profile=1;tier=0"}, "104", nil},
		{"the first profile", []string{"VP9/90000 profile-id=1", "VP9/90000 profile-id=0", "VP9/90000", "AV1/90000 profile=2", "AV1/90000"}, "101 104", []string{"a=fmtp:101 profile-id=0", "!a=fmtp:104"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRaw(t, open(t, "direct"))
			r.offer(formats(c.offered...))
			wantLines(t, c.name, r.answer.SDP, append(c.lines, "m=video 9 UDP/TLS/RTP/SAVPF "+c.types)...)
			var types []string
			for _, k := range []codec.Codec{codec.VP8, codec.H264, codec.VP9, codec.AV1} {
				if p := r.answer.Slots[0].Payload[k]; p.Media != 0 {
					types = append(types, fmt.Sprint(p.Media))
					if p.RTX != 0 {
						types = append(types, fmt.Sprint(p.RTX))
					}
				}
			}
			want := strings.Fields(c.types)
			slices.Sort(types)
			slices.Sort(want)
			if !slices.Equal(types, want) || (r.answer.Slots[0].RTX != 0) != strings.Contains(r.answer.SDP, "rtx") {
				t.Errorf("the slot has %+v, want %s", r.answer.Slots[0], c.types)
			}
		})
	}
	r := newRaw(t, open(t, "direct"))
	if _, err := r.conn.Offer(t.Context(), r.text(formats("H265/90000", "rtx/90000 apt=100"))); !errors.Is(err, ErrBadSDP) {
		t.Errorf("a section without a codec that is forwarded: %v", err)
	}
}

// RED is taken where all its blocks are the Opus that is taken.
func TestChoiceOfRedundancy(t *testing.T) {
	const section = "m=audio 9 UDP/TLS/RTP/SAVPF 63 111 112\r\na=mid:s0\r\na=recvonly\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=rtpmap:112 PCMU/8000\r\na=rtcp-fb:111 nack\r\na=rtcp-fb:63 nack\r\n"
	for _, c := range []struct {
		name   string
		change []string
		lines  []string
		red    uint8
	}{
		{"as browsers offer it", nil, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 63 111", "a=rtpmap:63 red/48000/2", "a=fmtp:63 111/111", "!a=rtcp-fb"}, 63},
		{"of a publisher", []string{"recvonly", "sendonly"}, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 63 111", "a=rtcp-fb:111 nack", "!a=rtcp-fb:63"}, 0},
		{"of three blocks", []string{"111/111", "111/111/111"}, []string{"a=fmtp:63 111/111/111"}, 63},
		{"of another codec", []string{"111/111", "112/112"}, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 111", "!a=rtpmap:63"}, 0},
		{"of several codecs", []string{"111/111", "111/112"}, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 111"}, 0},
		{"without parameters", []string{"a=fmtp:63 111/111\r\n", ""}, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 111"}, 0},
		{"of nothing", []string{"111/111", "/"}, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 111"}, 0},
		{"twice", []string{"SAVPF 63", "SAVPF 63 64", "a=rtpmap:112", "a=rtpmap:64 red/48000/2\r\na=fmtp:64 111/111\r\na=rtpmap:112"}, []string{"m=audio 9 UDP/TLS/RTP/SAVPF 63 111"}, 63},
	} {
		r := newRaw(t, open(t, "direct"))
		r.offer(with(section, c.change...))
		wantLines(t, c.name, r.answer.SDP, c.lines...)
		for _, s := range r.answer.Slots {
			if got := s.Payload[codec.RED].Media; got != c.red || s.Payload[codec.Opus].Media != 111 {
				t.Errorf("%s: the slot has %+v", c.name, s.Payload)
			}
		}
	}
	r := newRaw(t, open(t, "direct"))
	if _, err := r.conn.Offer(t.Context(), r.text(with(section, "opus/48000/2", "PCMA/8000"))); !errors.Is(err, ErrBadSDP) {
		t.Errorf("RED without Opus: %v", err)
	}
}

// with changes a section.
func with(section string, change ...string) string {
	return strings.NewReplacer(change...).Replace(section)
}

func TestAnswersToOddSections(t *testing.T) {
	const sent = "a=sendonly"
	for _, c := range []struct {
		name    string
		section string
		lines   []string
	}{
		{"rejected", with(camera, "m=video 9", "m=video 0"), []string{"m=video 0 UDP/TLS/RTP/SAVPF 0", "a=inactive", "!a=rtcp-mux"}},
		{"rejected, without a codec", "m=video 0 UDP/TLS/RTP/SAVPF 120\r\na=mid:cam\r\na=inactive\r\n", []string{"m=video 0 UDP/TLS/RTP/SAVPF 0", "a=inactive"}},
		{"bundle-only", with(camera, "m=video 9", "m=video 0", sent, "a=bundle-only\r\n"+sent), []string{"m=video 9 UDP/TLS/RTP/SAVPF 96 97", "a=recvonly"}},
		{"inactive", with(camera, sent, "a=inactive"), []string{"a=inactive", "m=video 9 UDP/TLS/RTP/SAVPF 96 97"}},
		{"both ways", with(camera, sent, "a=sendrecv"), []string{"a=recvonly"}},
		{"both ways, by default", with(camera, sent+"\r\n", ""), []string{"a=recvonly"}},
		{"an extension with a direction", with(camera, "extmap:1 ", "extmap:1/sendonly "), []string{"a=extmap:1 " + sdp.SDESMidURI}},
		{"an extension with parameters", with(camera, "sdes:mid", "sdes:mid x=y"), []string{"a=extmap:1 " + sdp.SDESMidURI}},
		{"an extension of two-byte headers", with(camera, "extmap:1 ", "extmap:200 "), []string{"a=extmap:200 " + sdp.SDESMidURI}},
		{"an extension without a number", with(camera, "extmap:1 ", "extmap:x "), []string{"!a=extmap:1 " + sdp.SDESMidURI}},
		{"an extension numbered 0", with(camera, "extmap:1 ", "extmap:0 "), []string{"!a=extmap:0 " + sdp.SDESMidURI}},
		{"an extension numbered too high", with(camera, "extmap:1 ", "extmap:257 "), []string{"!a=extmap:257 " + sdp.SDESMidURI, "!a=extmap:1 " + sdp.SDESMidURI}},
		{"an extension of no use", with(camera, "sdes:mid", "toffset"), []string{"!a=extmap:1 urn:ietf:params:rtp-hdrext:toffset"}},
		{"feedback on all formats", with(camera, "rtcp-fb:96 nack pli", "rtcp-fb:* ccm fir"), []string{"a=rtcp-fb:96 ccm fir", "!a=rtcp-fb:96 nack pli"}},
		{"feedback of no use", with(camera, "nack pli", "goog-remb"), []string{"!a=rtcp-fb:96 goog-remb", "!a=rtcp-fb:96 nack pli"}},
		{"a format in other digits", with(camera, "SAVPF 96", "SAVPF 096", "rtpmap:96", "rtpmap:0096"), []string{"m=video 9 UDP/TLS/RTP/SAVPF 96 97", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack"}},
		{"a format twice", with(camera, "SAVPF 96", "SAVPF 96 96"), []string{"m=video 9 UDP/TLS/RTP/SAVPF 96 97"}},
		{"lines without values", camera + "a=ssrc\r\na=ssrc:\r\na=ssrc-group:FID\r\na=ssrc-group:FID 1\r\na=extmap\r\na=rid\r\na=rid:\r\na=simulcast\r\na=simulcast:\r\na=simulcast:send\r\na=rtpmap\r\na=fmtp:96\r\na=rtcp-fb\r\na=fingerprint:\r\n", []string{"a=recvonly", "!a=simulcast:recv "}},
		{"simulcast", with(layered, "mid:sim", "mid:cam"), []string{"a=rid:q recv", "a=rid:h recv", "a=simulcast:recv q;h"}},
		{"simulcast with a paused layer", with(layered, "mid:sim", "mid:cam", "send q;h", "send q;~h"), []string{"a=simulcast:recv q;~h"}},
		{"layers without simulcast", with(layered, "mid:sim", "mid:cam", "a=simulcast:send q;h\r\n", ""), []string{"!a=rid:q recv"}},
		{"layers that are received", with(layered, "mid:sim", "mid:cam", " send\r\n", " recv\r\n"), []string{"!a=rid:q recv"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRaw(t, open(t, "direct"))
			r.offer(microphone, c.section, soundSlot)
			sections := sectionsOf(r.answer.SDP)
			if len(sections) != 3 || len(r.answer.Slots) != 1 {
				t.Fatalf("%d sections and %d slots", len(sections), len(r.answer.Slots))
			}
			wantLines(t, c.name, sections[1], append(c.lines, "a=mid:cam")...)
			active := !strings.Contains(sections[1], "a=inactive")
			if _, sends := r.answer.Sending["cam"]; sends != active {
				t.Errorf("sending on %v", r.answer.Sending)
			}
			bundled := "a=group:BUNDLE mic cam s0"
			if strings.HasPrefix(sections[1], "m=video 0 ") {
				bundled = "a=group:BUNDLE mic s0"
			}
			wantLines(t, c.name, r.answer.SDP, bundled)
		})
	}
}

// Sections change what they are for from offer to offer; the slots stay as they were.
func TestSectionsThatChange(t *testing.T) {
	r := newRaw(t, open(t, "direct"))
	slots := func() (all []string) {
		for _, s := range r.answer.Slots {
			all = append(all, fmt.Sprint(s.Video, s.Index, s.SSRC, s.RTX))
		}
		return all
	}
	r.offer(microphone, camera, videoSlot, soundSlot)
	first := slots()
	if len(first) != 2 {
		t.Fatalf("%d slots", len(first))
	}
	v1 := with(videoSlot, "mid:v0", "mid:v1")
	off := func(s string) string { return with(s, "a=sendonly", "a=inactive", "a=recvonly", "a=inactive") }
	rejected := func(s string) string { return with(off(s), "m=video 9", "m=video 0", "m=audio 9", "m=audio 0") }
	for _, c := range []struct {
		name     string
		sections []string
		sending  int
		slots    int
		lines    []string
	}{
		{"one stops to send", []string{microphone, off(camera), videoSlot, soundSlot}, 1, 2, []string{"a=group:BUNDLE mic cam v0 s0"}},
		{"and sends again, and there is another slot", []string{microphone, camera, videoSlot, soundSlot, v1}, 2, 3, []string{"a=msid:video1 video1"}},
		{"a slot is off", []string{microphone, camera, off(videoSlot), soundSlot, v1}, 2, 3, []string{"!a=msid:programme video0", "a=msid:video1 video1"}},
		{"and on", []string{microphone, camera, videoSlot, soundSlot, v1}, 2, 3, []string{"a=msid:programme video0"}},
		{"all is off", []string{off(microphone), off(camera), off(videoSlot), off(soundSlot), off(v1)}, 0, 3, []string{"!a=sendonly", "!a=recvonly"}},
		{"all is rejected", []string{rejected(microphone), rejected(camera), rejected(videoSlot), rejected(soundSlot), rejected(v1)}, 0, 3, []string{"a=group:BUNDLE"}},
		{"all is as it was", []string{microphone, camera, videoSlot, soundSlot, v1}, 2, 3, []string{"a=msid:programme video0", "a=msid:programme audio0", "a=msid:video1 video1"}},
	} {
		r.offer(c.sections...)
		wantLines(t, c.name, r.answer.SDP, c.lines...)
		if got := slots(); len(r.answer.Sending) != c.sending || len(got) != c.slots || got[0] != first[0] || got[1] != first[1] {
			t.Errorf("%s: sending on %v, slots %v", c.name, r.answer.Sending, got)
		}
		for _, s := range r.answer.Slots {
			if on := strings.Contains(r.answer.SDP, fmt.Sprintf("a=msid:%s %s\r\n", slotStream(s.Video, s.Index), slotName(s.Video, s.Index))); on &&
				!strings.Contains(r.answer.SDP, fmt.Sprintf("a=ssrc:%d msid:%s %s\r\n", s.SSRC, slotStream(s.Video, s.Index), slotName(s.Video, s.Index))) {
				t.Errorf("%s: slot %+v has another SSRC in\n%s", c.name, s, r.answer.SDP)
			}
		}
	}
	if _, err := r.conn.Offer(t.Context(), r.text(with(soundSlot, "mid:s0", "mid:v0"))); !errors.Is(err, ErrBadSDP) {
		t.Errorf("a section of another kind: %v", err)
	}
}

// What an answer repeats of an offer makes no further lines in it, and no further names in its group.
func TestOffersThatWouldSmuggleLines(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		r := newRaw(t, tr)
		for name, text := range map[string]string{
			"a return in a mid":     r.text(microphone, with(videoSlot, "mid:v0", "mid:v0\ra=x")),
			"a return in a format":  r.text(microphone, with(videoSlot, "apt=96", "apt=96\ra=x")),
			"a return at the start": "\r" + r.text(microphone),
			"a space in a mid":      r.text(microphone, with(videoSlot, "mid:v0", "mid:v0 v1")),
			"a tab in a mid":        r.text(microphone, with(videoSlot, "mid:v0", "mid:v0\tv1")),
		} {
			if _, err := r.conn.Offer(t.Context(), text); !errors.Is(err, ErrBadSDP) {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.offer(microphone, videoSlot)
	})
}

// A hundred slots are all that a connection has, however many offers it makes; one offer too many leaves it as it was.
func TestSlotsAreBoundedOverAllOffers(t *testing.T) {
	r := newRaw(t, open(t, "direct"))
	sections := func(name string, n int) (all []string) {
		for i := range n {
			all = append(all, with(videoSlot, "mid:v0", fmt.Sprintf("mid:%s%d", name, i)))
		}
		return all
	}
	r.offer(sections("a", 60)...)
	first := r.answer
	for _, n := range []int{41, 100} {
		if _, err := r.conn.Offer(t.Context(), r.text(sections("b", n)...)); !errors.Is(err, ErrLimit) || !errors.Is(err, ErrBadSDP) {
			t.Errorf("%d slots more: %v", n, err)
		}
	}
	r.offer(sections("a", 60)...)
	if !slices.Equal(r.answer.Slots, first.Slots) {
		t.Error("the slots changed")
	}
	r.offer(append(sections("a", 60), sections("b", 40)...)...)
	for i := range 50 {
		_, err := r.conn.Offer(t.Context(), r.text(sections(fmt.Sprint("c", i, "-"), 1)...))
		if !errors.Is(err, ErrLimit) {
			t.Fatal(err)
		}
	}
	// Nor does it remember sections that come and go.
	for i := range 50 {
		r.offer(append(sections("a", 60), with(camera, "mid:cam", fmt.Sprint("mid:cam", i)))...)
	}
	if n := len(r.conn.(*directConn).sections); n != 61 || len(r.answer.Slots) != 100 {
		t.Errorf("%d sections and %d slots", n, len(r.answer.Slots))
	}
}

// An offer as large as is taken, in which each line is as much work as can be, is little work.
func TestALaboriousOffer(t *testing.T) {
	r := newRaw(t, open(t, "direct"))
	var types, lines strings.Builder
	for zeros := range 40 { // each payload type in many spellings
		for pt := range 128 {
			fmt.Fprintf(&types, " %s%d", strings.Repeat("0", zeros), pt)
		}
	}
	for i := range 7000 {
		fmt.Fprintf(&lines, "a=rtcp-fb:* %d\r\n", i)
	}
	offer := r.text(microphone, with(camera, "SAVPF 96 97", "SAVPF 96 97"+types.String(), midLine, midLine+lines.String()))
	if len(offer) > maxOfferBytes || len(offer) < maxOfferBytes*3/4 {
		t.Fatalf("the offer has %d bytes", len(offer))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a, err := r.conn.Offer(t.Context(), offer)
	runtime.ReadMemStats(&after)
	must(t, err)
	wantLines(t, "the camera", a.SDP, "m=video 9 UDP/TLS/RTP/SAVPF 96 97")
	if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
		t.Errorf("%d MB were used", used>>20)
	}
}
