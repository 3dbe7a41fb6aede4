package transport

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// layered is a section with simulcast, whose layers no SSRC is named of.
const layered = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:sim\r\na=sendonly\r\n" + videoLines + midLine +
	"a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\na=extmap:4 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id\r\n" +
	"a=rid:q send\r\na=rid:h send\r\na=simulcast:send q;h\r\n"

const ridID, repairedID = 3, 4

// repair is a retransmission (RFC 4588).
func repair(number uint16, payload string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, number), payload...)
}

// arrivedAs tells how the packets of an SSRC arrived: number, payload type, marker, timestamp and payload of each.
func (w *witness) arrivedAs(t *testing.T, ssrc uint32) (all []string) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, b := range w.kept[ssrc] {
		var p rtp.Packet
		must(t, p.Unmarshal(b))
		if p.SSRC != ssrc {
			t.Errorf("SSRC %d", p.SSRC)
		}
		all = append(all, fmt.Sprint(p.SequenceNumber, " ", p.PayloadType, " ", p.Marker, " ", p.Timestamp, " ", string(p.Payload)))
	}
	return all
}

// A retransmission becomes the packet that it repeats, whatever its own header carries.
func TestARepairBecomesWhatItRepairs(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera)
	repairs := func(number uint16, change func(*rtp.Header), payload []byte) {
		h := rtp.Header{PayloadType: 97, SSRC: repairSSRC, SequenceNumber: number, Timestamp: 900}
		change(&h)
		r.send(r.sealed(h, payload))
	}
	// Before the stream there is nothing to repair.
	wantDrops(t, d, map[Drop]uint64{Unbound: 1}, func() {
		repairs(1, func(*rtp.Header) {}, repair(9, "early"))
		r.good()
	})
	wantDrops(t, d, nil, func() {
		for _, n := range []uint16{10, 14} {
			r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: n, Timestamp: 900}, []byte("first")))
		}
		repairs(2, func(*rtp.Header) {}, repair(11, "plain"))
		repairs(3, func(h *rtp.Header) { h.Marker, h.CSRC = true, []uint32{1, 2} }, repair(12, "marked"))
		repairs(4, func(h *rtp.Header) {
			h.Padding, h.PaddingSize = true, 7
			must(t, h.SetExtension(sequenceID, []byte{0, 5}))
		}, repair(13, "padded"))
		repairs(5, func(h *rtp.Header) { h.Timestamp = 1800 }, repair(13, ""))
		r.good()
	})
	want := []string{"10 96 false 900 first", "14 96 false 900 first", "11 96 false 900 plain", "12 96 true 900 marked", "13 96 false 900 padded", "13 96 false 1800 "}
	if got := r.server.arrivedAs(t, cameraSSRC); !slices.Equal(got, want) {
		t.Errorf("arrived as %q, want %q", got, want)
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if len(r.server.streams) != 2 {
		t.Errorf("streams %+v", r.server.streams)
	}
}

// Of simulcast layers the repair streams are known by the layer that their packets name, until the client stops to name it.
func TestRepairsOfLayers(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, layered)
	number := uint16(0)
	send := func(ssrc uint32, pt uint8, extensions map[uint8]string, payload []byte) {
		number++
		h := rtp.Header{PayloadType: pt, SSRC: ssrc, SequenceNumber: number}
		for id, value := range extensions {
			must(t, h.SetExtension(id, []byte(value)))
		}
		r.send(r.sealed(h, payload))
	}
	named := func(id uint8, rid string) map[uint8]string { return map[uint8]string{midID: "sim", id: rid} }
	wantDrops(t, d, map[Drop]uint64{Unbound: 4, StolenSource: 2}, func() {
		send(11, 96, named(ridID, "x"), []byte("of no layer"))
		send(1, 96, nil, []byte("of which layer?"))
		send(1, 96, named(ridID, "q"), []byte("q"))
		send(2, 96, named(ridID, "h"), []byte("h"))
		send(12, 97, named(repairedID, "x"), repair(1, "of no layer"))
		send(21, 97, named(repairedID, "q"), repair(100, "repair of q"))
		send(22, 97, named(repairedID, "h"), repair(200, "repair of h"))
		send(21, 97, nil, repair(101, "another of q"))
		send(22, 97, named(repairedID, "q"), repair(201, "stolen"))
		send(2, 96, named(ridID, "q"), []byte("stolen"))
		send(31, 97, nil, repair(1, "of which layer?"))
		r.good()
	})
	// Another offer changes nothing of this.
	r.offer(microphone, layered, videoSlot)
	wantDrops(t, d, nil, func() {
		send(21, 97, nil, repair(102, "still of q"))
		send(1, 96, nil, []byte("still q"))
		r.good()
	})
	for ssrc, want := range map[uint32]string{1: "q, repair of q, another of q, still of q, still q", 2: "h, repair of h"} {
		var payloads []string
		for _, p := range r.server.arrivedAs(t, ssrc) {
			payloads = append(payloads, strings.SplitN(p, " ", 5)[4])
		}
		if got := strings.Join(payloads, ", "); got != want {
			t.Errorf("%d: %s, want %s", ssrc, got, want)
		}
	}
}

// The client stops to send on a section: its streams are over. When it sends again they begin anew, as those do that nobody took at first.
func TestASectionThatComesBack(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera)
	number := uint16(0)
	picture := func() {
		number++
		r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 2 * number}, []byte("picture")))
		r.send(r.sealed(rtp.Header{PayloadType: 97, SSRC: repairSSRC, SequenceNumber: number}, repair(2*number-1, "repair")))
		r.good()
	}
	streams := func() int {
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		return len(r.server.streams)
	}
	off := strings.Replace(camera, "a=sendonly", "a=inactive", 1)
	wantDrops(t, d, nil, picture)
	r.offer(microphone, off)
	if len(r.answer.Sending) != 1 || !strings.Contains(r.answer.SDP, "a=mid:cam\r\na=inactive\r\n") {
		t.Errorf("the client sends on %v", r.answer.Sending)
	}
	wantDrops(t, d, map[Drop]uint64{Unbound: 2}, picture)
	r.offer(microphone, camera)
	wantDrops(t, d, nil, picture)
	if n := streams(); n != 3 {
		t.Errorf("%d streams began", n)
	}
	// Nobody takes it.
	r.server.mu.Lock()
	r.server.deaf = true
	r.server.mu.Unlock()
	r.offer(microphone, off)
	r.offer(microphone, camera)
	r.server.mu.Lock()
	sound := r.server.packets[microphoneSSRC]
	r.server.mu.Unlock()
	wantDrops(t, d, map[Drop]uint64{Unbound: 2}, picture)
	r.server.mu.Lock()
	r.server.deaf = false
	r.server.mu.Unlock()
	r.offer(microphone, camera)
	wantDrops(t, d, nil, picture)
	if n := streams(); n != 5 {
		t.Errorf("%d streams began", n)
	}
	if n := r.server.taken(microphoneSSRC); n != sound+4 { // two packets each time
		t.Error("the microphone was disturbed")
	}
	if n := r.server.taken(cameraSSRC); n != 6 {
		t.Errorf("%d packets of the camera were taken", n)
	}
}

// feedbackUntil collects the server's feedback until a condition holds.
func (r *raw) feedbackUntil(what string, condition func(all []rtcp.Packet) bool) (all []rtcp.Packet) {
	r.t.Helper()
	for !condition(all) {
		got := next(r.t, what, r.line.reports)
		if len(got.packet) > maxPacket {
			r.t.Fatalf("feedback of %d bytes", len(got.packet))
		}
		plain, err := r.open.DecryptRTCP(nil, got.packet, nil)
		must(r.t, err)
		packets, err := rtcp.Unmarshal(plain)
		must(r.t, err)
		all = append(all, packets...)
	}
	return all
}

// requested are the numbers that feedback asks for again, of each SSRC.
func requested(all []rtcp.Packet) map[uint32][]uint16 {
	numbers := map[uint32][]uint16{}
	for _, p := range all {
		if n, ok := p.(*rtcp.TransportLayerNack); ok {
			for _, pair := range n.Nacks {
				numbers[n.MediaSSRC] = append(numbers[n.MediaSSRC], pair.PacketList()...)
			}
		}
	}
	return numbers
}

func TestWhatIsMissingIsAskedFor(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, microphone, camera)
	send := func(n uint16) {
		r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: n}, []byte("picture")))
	}
	for _, n := range []uint16{65_533, 65_534, 1, 2, 4} {
		send(n)
	}
	r.number += 10 // sound is not asked for
	r.good()
	c.forward(reorderMargin)
	all := r.feedbackUntil("request", func(all []rtcp.Packet) bool { return len(requested(all)) > 0 })
	if got := fmt.Sprint(requested(all)); got != fmt.Sprint(map[uint32][]uint16{cameraSSRC: {65_535, 0, 3}}) {
		t.Errorf("%s is asked for", got)
	}
	// One comes late, one as a repair; the last is asked for some times more.
	send(65_535)
	r.send(r.sealed(rtp.Header{PayloadType: 97, SSRC: repairSSRC, SequenceNumber: 1}, repair(0, "repair")))
	r.good()
	for try := 2; try <= asksForVideo.tries; try++ {
		c.forward(time.Duration(repairWait(0)))
		all = r.feedbackUntil("request", func(all []rtcp.Packet) bool { return len(requested(all)) > 0 })
		if got := fmt.Sprint(requested(all)); got != fmt.Sprint(map[uint32][]uint16{cameraSSRC: {3}}) {
			t.Errorf("%s is asked for at try %d", got, try)
		}
	}
	c.forward(reportInterval) // a report is due, but no request
	all = r.feedbackUntil("report", func(all []rtcp.Packet) bool { return len(all) > 0 })
	if got := requested(all); len(got) > 0 {
		t.Errorf("%v is asked for after all tries", got)
	}
}

// Sound is asked for of clients that are near and offer to repeat it, unless redundancy brings it.
func TestMissingSoundIsAskedFor(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, with(microphone, "a=rtpmap", "a=rtcp-fb:111 nack\r\na=rtpmap", "SAVPF 111", "SAVPF 111 63", "a=mid", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=mid"), soundSlot)
	wantLines(t, "the answer", r.answer.SDP, "a=rtcp-fb:111 nack")
	r.send(r.sealedRTCP(compound(t, &rtcp.ReceiverReport{SSRC: 7, Reports: []rtcp.ReceptionReport{{SSRC: r.answer.Slots[0].SSRC, LastSenderReport: uint32(ntpOf(d.config.Now()) >> 16)}}}, prompt)))
	send := func(n uint16) {
		r.send(r.sealed(rtp.Header{PayloadType: 63, SSRC: 5, SequenceNumber: n}, []byte("\xef\x0f\x00\x01\x6fab")))
	}
	send(1)
	send(4) // which brings 3
	r.good()
	c.forward(reorderMargin)
	all := r.feedbackUntil("request", func(all []rtcp.Packet) bool { return len(requested(all)) > 0 })
	if got := fmt.Sprint(requested(all)); got != "map[5:[2]]" {
		t.Errorf("%s is asked for", got)
	}
}

// Who sends hears how much arrives, and when.
func TestReceptionIsReported(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, microphone, camera)
	send := func(n uint16) {
		r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: n}, []byte("picture")))
	}
	report := func(last uint32) (found rtcp.ReceptionReport) {
		r.feedbackUntil("report", func(all []rtcp.Packet) bool {
			for _, p := range all {
				if rr, ok := p.(*rtcp.ReceiverReport); ok {
					for _, found = range rr.Reports {
						if found.SSRC == cameraSSRC && found.LastSequenceNumber == last {
							return true
						}
					}
				}
			}
			return false
		})
		return found
	}
	send(0)
	report(0)
	for n := uint16(1); n <= 100; n++ {
		if n%4 != 0 || n == 100 {
			send(n)
		}
	}
	r.send(r.sealed(rtp.Header{PayloadType: 97, SSRC: repairSSRC, SequenceNumber: 1}, repair(4, "was lost all the same")))
	r.good()
	c.forward(time.Second)
	if got := report(100); got.TotalLost != 24 || got.FractionLost != 24*256/100 || got.LastSenderReport != 0 || got.Delay != 0 {
		t.Errorf("%+v", got)
	}
	r.send(r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: cameraSSRC, NTPTime: 0x11112222_33334444})))
	r.good()
	c.forward(time.Second)
	if got := report(100); got.TotalLost != 24 || got.FractionLost != 0 || got.LastSenderReport != 0x22223333 || got.Delay != 65536 {
		t.Errorf("%+v", got)
	}
}

// How a stream arrives is told once a second: what is late, what came twice, and what did not come.
func TestReceptionIsTold(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, microphone, camera)
	for i, n := range []uint16{1, 2, 4, 3, 6, 7} {
		sealed := r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: n}, []byte("picture"))
		r.send(sealed)
		if i < 2 {
			r.send(sealed)
		}
	}
	r.good()
	c.forward(time.Second)
	want := Reception{Received: 6, Lost: 1, Reordered: 1, Duplicates: 2}
	until(t, "word of it", r.server.look(func() bool {
		got := r.server.receptions[cameraSSRC]
		got.Jitter = 0
		return got == want
	}))
}

func TestFeedbackOnThePath(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera)
	// The numbers are of all streams together, repairs too.
	for i, h := range []rtp.Header{
		{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 1}, {PayloadType: 111, SSRC: 5, SequenceNumber: 1}, {PayloadType: 97, SSRC: repairSSRC, SequenceNumber: 1},
		{}, {PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 2}, {PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 3},
	} {
		if h.SSRC != 0 { // else lost
			must(t, h.SetExtension(sequenceID, binary.BigEndian.AppendUint16(nil, uint16(65_534+i))))
			r.send(r.sealed(h, repair(1, "x")))
		}
	}
	r.good()
	came := map[uint16]bool{}
	r.feedbackUntil("feedback on the path", func(all []rtcp.Packet) bool {
		for _, p := range all {
			cc, ok := p.(*rtcp.TransportLayerCC)
			if !ok {
				continue
			}
			n := cc.BaseSequenceNumber
			for _, chunk := range cc.PacketChunks {
				var symbols []uint16
				switch chunk := chunk.(type) {
				case *rtcp.RunLengthChunk:
					symbols = slices.Repeat([]uint16{chunk.PacketStatusSymbol}, int(chunk.RunLength))
				case *rtcp.StatusVectorChunk:
					symbols = chunk.SymbolList
				}
				for _, symbol := range symbols {
					if symbol != rtcp.TypeTCCPacketNotReceived {
						came[n] = true
					}
					n++
				}
			}
		}
		return came[3]
	})
	if fmt.Sprint(came) != fmt.Sprint(map[uint16]bool{65_534: true, 65_535: true, 0: true, 2: true, 3: true}) {
		t.Errorf("%v came", came)
	}
}

// When much is lost on many streams the requests still fit the path.
func TestMuchFeedback(t *testing.T) {
	const streams = 60
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera)
	for i := range uint32(streams) {
		for _, n := range []uint16{1, maxMissing} {
			r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: 100 + i, SequenceNumber: n}, []byte("picture")))
		}
	}
	r.good()
	r.feedbackUntil("requests for all streams", func(all []rtcp.Packet) bool {
		numbers := requested(all)
		for i := range uint32(streams) {
			if len(numbers[100+i]) < maxMissing-2 {
				return false
			}
		}
		return true
	})
}
