package transport

import (
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"diemcau/sfu/transport/udp"
)

// sealedSlot is a slot of a connection that is up, whose packets go to an address. The first worker owns it.
func sealedSlot(tb testing.TB, d *Direct, profile srtp.ProtectionProfile, to netip.AddrPort) *directSlot {
	tb.Helper()
	keys := &srtp.Config{Profile: profile}
	n, err := profile.KeyLen()
	must(tb, err)
	salt, err := profile.SaltLen()
	must(tb, err)
	keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt = make([]byte, n), make([]byte, salt)
	s, err := newSealer(keys)
	must(tb, err)
	c := newDirectConn(d, newServer(), d.workers[0])
	c.sealer.Store(s)
	c.path.Store(c.worker.socket.NewDestination(udp.Path{Remote: to}))
	return &directSlot{conn: c, video: true, ssrc: 1, rtx: 2}
}

// nobody is an address where everything arrives and nothing is read.
func nobody(tb testing.TB) netip.AddrPort {
	tb.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(tb, err)
	tb.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// BenchmarkSeal is the cryptography of one packet of 1,200 bytes.
func BenchmarkSeal(b *testing.B) {
	for name, profile := range map[string]srtp.ProtectionProfile{
		"AES128GCM": srtp.ProtectionProfileAeadAes128Gcm, "AES256GCM": srtp.ProtectionProfileAeadAes256Gcm, "AESCMSHA1": srtp.ProtectionProfileAes128CmHmacSha1_80,
	} {
		b.Run(name, func(b *testing.B) {
			d := open(b, "direct").(*Direct)
			sealer := sealedSlot(b, d, profile, nobody(b)).conn.sealer.Load()
			packet := make([]byte, 1200, 1300)
			packet[0] = 0x80
			b.ReportAllocs()
			for index := uint64(0); b.Loop(); index++ {
				packet[2], packet[3] = byte(index>>8), byte(index)
				if _, err := sealer.seal(packet, 12, 0, index); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSend seals and sends frames of six packets to a hundred peers, as one message to each.
func BenchmarkSend(b *testing.B) {
	for _, frame := range []int{1, 2, 6, 16} {
		b.Run(fmt.Sprintf("%dpackets", frame), func(b *testing.B) {
			d, to := open(b, "direct").(*Direct), nobody(b)
			var slots []*directSlot
			for range 100 {
				slots = append(slots, sealedSlot(b, d, srtp.ProtectionProfileAeadAes128Gcm, to))
			}
			payload := make([]byte, 1100)
			var number uint16
			b.ReportAllocs()
			for b.Loop() {
				d.Begin(0)
				for _, s := range slots {
					for i := range frame {
						header := rtp.Header{Version: 2, PayloadType: 96, SSRC: s.ssrc, SequenceNumber: number + uint16(i)}
						if err := s.WriteRTP(&header, payload); err != nil {
							b.Fatal(err)
						}
					}
				}
				d.Flush(0)
				number += uint16(frame)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*frame*len(slots)), "ns/packet")
		})
	}
}
