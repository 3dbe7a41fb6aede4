package udp

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
)

// What a client reports on its path wakes nobody and comes to whoever asks; what asks for packets or for key frames comes as all else does.
func TestOnlyReportsComeAside(t *testing.T) {
	reports := [][]byte{{0x8f, 205, 0, 1}, {0xaf, 205, 0, 1}}
	others := [][]byte{
		{0x81, 205, 0, 1}, // a request for packets
		{0x81, 206, 0, 1}, // for a key frame
		{0x8f, 206, 0, 1}, // a receiver's estimate
		{0x81, 201, 0, 1}, // a receiver's report, alone or with what is urgent
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
					must(t, g.Reports.Poll(func(p []byte, from Path) {
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
		if err := g.Reports.Poll(func([]byte, Path) {}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("reports: %v", err)
		}
	}
}
