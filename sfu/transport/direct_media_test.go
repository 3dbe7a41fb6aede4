package transport

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// With each protection profile, media goes both ways, each over a roll-over of its numbers and on the repair stream too, and so do reports.
func TestEachProfileCarriesMediaBothWays(t *testing.T) {
	d := open(t, "direct").(*Direct)
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			r := newRaw(t, d)
			r.offer(microphone, camera, videoSlot)
			r.check(r.line)
			must(t, r.shake(profile))
			r.connected()
			wantDrops(t, d, nil, func() {
				for i := range 300 {
					r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: uint16(65_400 + i), Marker: true}, fmt.Appendf(nil, "picture %d", i)))
				}
				r.send(r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: cameraSSRC, NTPTime: 1 << 32}, &rtcp.PictureLossIndication{MediaSSRC: r.answer.Slots[0].SSRC})))
				r.good()
			})
			r.server.mu.Lock()
			for i, b := range r.server.kept[cameraSSRC] {
				var p rtp.Packet
				if err := p.Unmarshal(b); err != nil || p.SequenceNumber != uint16(65_400+i) || string(p.Payload) != fmt.Sprintf("picture %d", i) || !p.Marker {
					t.Fatalf("%d arrived as %v: %v", i, p, err)
				}
			}
			if n := len(r.server.kept[cameraSSRC]); n != 300 || r.server.reports[cameraSSRC] != 1 || len(r.server.feedback) != 1 {
				t.Errorf("%d packets, %d reports, %d requests", n, r.server.reports[cameraSSRC], len(r.server.feedback))
			}
			r.server.mu.Unlock()

			// The first packet is in the upper half of the numbers, as it would be after a long call.
			const packets = 1<<16 + 1000
			slot := r.answer.Slots[0]
			for i := 0; i < packets; {
				const batch = 50
				d.Begin(0)
				for j := range batch {
					header := rtp.Header{Version: 2, PayloadType: 96, SSRC: slot.SSRC, SequenceNumber: uint16(40_000 + i + j)}
					if j == 0 { // and one on the repair stream
						repair := rtp.Header{Version: 2, PayloadType: 97, SSRC: slot.RTX, SequenceNumber: uint16(65_000 + i/batch)}
						must(t, slot.Out.WriteRTP(&repair, []byte("repair")))
					}
					must(t, slot.Out.WriteRTP(&header, binary.BigEndian.AppendUint32([]byte("media"), uint32(i+j))))
				}
				d.Flush(0)
				for range batch + 1 {
					got := next(t, "packet from the server", r.line.media)
					plain, err := r.open.DecryptRTP(nil, got.packet, nil)
					if err != nil {
						t.Fatalf("after %d: %v", i, err)
					}
					if binary.BigEndian.Uint32(plain[8:]) == slot.RTX {
						continue
					}
					if !bytes.Equal(plain[12:], binary.BigEndian.AppendUint32([]byte("media"), uint32(i))) || binary.BigEndian.Uint16(plain[2:]) != uint16(40_000+i) {
						t.Fatalf("%d arrived as %q", i, plain)
					}
					i++
				}
			}
			if roc, _ := r.open.ROC(slot.SSRC); roc != 1 {
				t.Errorf("%d roll-overs", roc)
			}
			if roc, _ := r.open.ROC(slot.RTX); roc != 1 {
				t.Errorf("%d roll-overs of the repairs", roc)
			}

			for range 3 {
				must(t, r.conn.WriteRTCP([]rtcp.Packet{&rtcp.SenderReport{SSRC: slot.SSRC, RTPTime: 77}}))
			}
			for n := 0; n < 3; {
				got := next(t, "report from the server", r.line.reports)
				plain, err := r.open.DecryptRTCP(nil, got.packet, nil)
				must(t, err)
				all, err := rtcp.Unmarshal(plain)
				must(t, err)
				for _, p := range all {
					if sr, ok := p.(*rtcp.SenderReport); ok && sr.SSRC == slot.SSRC && sr.RTPTime == 77 {
						n++
					}
				}
			}
		})
	}
}
