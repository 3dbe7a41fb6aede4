package udp

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
	"time"
)

// What a client reports on its path wakes nobody and comes to whoever asks; what asks for packets or for key frames comes as all else does.
func TestOnlyReportsComeAside(t *testing.T) {
	receivers := func(blocks byte, more int) []byte { // a sealed receiver's report with more behind it
		words := 1 + 6*blocks
		return append([]byte{0x80 | blocks, 201, 0, words}, make([]byte, 4*int(words)+more)...)
	}
	const least, most = 14, 20 // bytes that SRTCP adds
	reports := [][]byte{{0x8f, 205, 0, 1}, {0xaf, 205, 0, 1}, receivers(0, least), receivers(1, most), receivers(31, least)}
	others := [][]byte{
		{0x81, 205, 0, 1},                             // a request for packets
		{0x81, 206, 0, 1},                             // for a key frame
		{0x8f, 206, 0, 1},                             // a receiver's estimate
		receivers(1, 12+least), receivers(2, 16+most), // a receiver's report, with a request for a key frame or for packets
		{0x81, 200, 0, 1}, // a sender's report
		{0x8f, 96, 0, 1}, {0x0f, 205, 0, 1}, {0x4f, 205}, {0x00, 0x01}, {20, 254}, {0x8f, 204}, {0x8e, 205},
	}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		for _, n := range []int{1, 3} {
			client := bind(t, "udp", address)
			g, err := Listen(address, n)
			must(t, err)
			defer g.Close()
			if g.Reports == nil {
				t.Skip("the kernel cannot tell reports from the rest")
			}
			for name, steer := range map[string]func(){"spread": g.Spread, "gathered": func() { g.Gather(n - 1) }, "spread again": g.Spread} {
				steer()
				for _, p := range append(slices.Clone(others), reports...) {
					if _, err := client.WriteToUDPAddrPort(p, g.Sockets[0].LocalAddr()); err != nil {
						t.Fatal(err)
					}
				}
				var came, aside [][]byte
				waitFor(t, "packets", func() bool {
					for i, s := range g.Sockets {
						must(t, s.poll(func(p []byte, _ Path) {
							came = append(came, bytes.Clone(p))
							if name == "gathered" && i != n-1 {
								t.Errorf("%x came to socket %d", p, i)
							}
						}))
					}
					must(t, g.Reports.Poll(func(p []byte, from Path, waited time.Duration) {
						if waited <= 0 || waited > soon {
							t.Errorf("it waited for %v", waited)
						}
						aside = append(aside, bytes.Clone(p))
						if from.Remote != addressOf(client) {
							t.Errorf("from %v", from)
						}
					}))
					return len(came)+len(aside) >= len(others)+len(reports)
				})
				equal(t, came, others)
				equal(t, aside, reports)
			}
		}
	}
}

func TestAClosedGroupIsClosed(t *testing.T) {
	g, err := Listen("127.0.0.1:0", 2)
	must(t, err)
	must(t, g.Close())
	for _, s := range g.Sockets {
		if err := s.Read(func([]byte, Path) {}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a socket: %v", err)
		}
	}
	if g.Reports != nil {
		if err := g.Reports.Poll(func([]byte, Path, time.Duration) {}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reports: %v", err)
		}
	}
}
