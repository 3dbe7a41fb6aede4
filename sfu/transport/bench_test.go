package transport

import (
	"fmt"
	"testing"

	"github.com/pion/webrtc/v4"
)

// narrowed is what browsers are made to offer in a video slot.
var narrowed = []webrtc.RTPCodecParameters{
	{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, PayloadType: 96},
	{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96"}, PayloadType: 97},
	{RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeH264, ClockRate: 90000, SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
	}, PayloadType: 106},
	{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=106"}, PayloadType: 107},
}

// BenchmarkAnswer answers a phone and a hall, with five of the sections for sound.
func BenchmarkAnswer(b *testing.B) {
	for _, sections := range []int{10, 50} {
		b.Run(fmt.Sprintf("%dsections", sections), func(b *testing.B) {
			video := sections - 5
			tr := open(b, "direct")
			pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
			must(b, err)
			defer pc.Close()
			for i := range sections {
				kind := webrtc.RTPCodecTypeVideo
				if i >= video {
					kind = webrtc.RTPCodecTypeAudio
				}
				tr, err := pc.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
				must(b, err)
				if kind == webrtc.RTPCodecTypeVideo {
					must(b, tr.SetCodecPreferences(narrowed))
				}
			}
			offer, err := pc.CreateOffer(nil)
			must(b, err)
			for b.Loop() {
				conn, err := tr.Connect(newServer(), 0)
				must(b, err)
				if _, err := conn.Offer(b.Context(), offer.SDP); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				_ = conn.Close()
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N), "ms/answer")
		})
	}
}

// BenchmarkJoin connects a client of Pion's: offer, answer, connectivity checks and handshake. The time and most of the cost are the client's,
// so it tells one transport from the other and one version from the next, and no more.
func BenchmarkJoin(b *testing.B) {
	for name := range implementations {
		b.Run(name, func(b *testing.B) {
			tr := open(b, name)
			for b.Loop() {
				s, c := newServer(), newClient(b)
				conn, err := tr.Connect(s, 0)
				must(b, err)
				c.slots(1, 1)
				established(b, conn, s, c)
				c.end()
				must(b, conn.Close())
			}
		})
	}
}
