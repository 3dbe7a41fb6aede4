package udp

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// one waits for a packet.
func one(t *testing.T, s *Socket) (packet string, from Path) {
	t.Helper()
	for packet == "" {
		must(t, s.Wait(time.Hour, func(p []byte, f Path) { packet, from = string(p), f }))
	}
	return packet, from
}

// A socket that is bound to no address says which one a packet came to, and answers from there: a client takes an answer from no other.
func TestAnswersLeaveFromTheAddressThatWasAsked(t *testing.T) {
	for name, c := range map[string]struct {
		network, address string
		asked            []string
	}{
		"both families": {"udp", ":0", []string{"127.0.0.1", "127.0.0.2", "::1"}},
		"IPv4":          {"udp4", "0.0.0.0:0", []string{"127.0.0.1", "127.0.0.2", "127.1.2.3"}},
		"IPv6":          {"udp6", "[::]:0", []string{"::1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(bind(t, c.network, c.address))
			if s.kernel == nil {
				t.Skip("the kernel chooses")
			}
			hung := watch(t, s)
			queue := NewQueue(s)
			for _, address := range c.asked {
				asked := netip.AddrPortFrom(netip.MustParseAddr(address), s.LocalAddr().Port())
				unspecified := map[bool]string{true: "0.0.0.0:0", false: "[::]:0"}[asked.Addr().Is4()]
				client := bind(t, map[bool]string{true: "udp4", false: "udp6"}[asked.Addr().Is4()], unspecified)
				if _, err := client.WriteToUDPAddrPort([]byte("hello"), asked); err != nil {
					t.Fatal(err)
				}
				packet, from := one(t, s)
				if packet != "hello" || from.Local != asked.Addr() || from.Remote.Port() != addressOf(client).Port() || from.Remote.Addr().Is4In6() {
					t.Fatalf("%q came on %v", packet, from)
				}
				must(t, s.Send([]byte("single"), from))
				to := s.NewDestination(from)
				queued(queue, to, 1, []byte("train"), []byte("train"), []byte("end"))
				queue.Flush()
				s.kernel.segments.Store(false)
				queued(queue, to, 1, []byte("alone"), []byte("alone"))
				queue.Flush()
				s.kernel.segments.Store(true)
				must(t, client.SetReadDeadline(time.Now().Add(soon)))
				for _, want := range []string{"single", "train", "train", "end", "alone", "alone"} {
					var b [100]byte
					n, source, err := client.ReadFromUDPAddrPort(b[:])
					must(t, err)
					if source = netip.AddrPortFrom(source.Addr().Unmap(), source.Port()); string(b[:n]) != want || source != asked {
						t.Fatalf("%q came from %v, not %q from %v", b[:n], source, want, asked)
					}
				}
			}
			if hung() {
				t.Fatal("a packet did not come")
			}
		})
	}
}

// Where a socket is bound to an address there is nothing to choose.
func TestAnAddressOfItsOwnIsNotSaid(t *testing.T) {
	for name, open := range readers {
		t.Run(name, func(t *testing.T) {
			s, send := open(t)
			send([]byte("x"))
			if _, from := one(t, s); from.Local.IsValid() || from.Remote.Addr() != netip.MustParseAddr("127.0.0.1") || from.Remote.Port() == 0 {
				t.Errorf("from %v", from)
			}
		})
	}
}

// A local address of the other family cannot be sent from: the kernel chooses.
func TestALocalAddressOfTheOtherFamilyIsNoReasonToFail(t *testing.T) {
	s, conn := New(bind(t, "udp4", "0.0.0.0:0")), bind(t, "udp4", "127.0.0.1:0")
	must(t, s.Send([]byte("x"), Path{Remote: addressOf(conn), Local: netip.MustParseAddr("::1")}))
	receive(t, conn, 1)
}

// shared opens n sockets on one port of loopback.
func shared(t *testing.T, n int) Group {
	t.Helper()
	g, err := Listen("127.0.0.1:0", n)
	must(t, err)
	t.Cleanup(func() { _ = g.Close() })
	if len(g.Sockets) != n {
		t.Skip("sockets cannot share a port here")
	}
	for _, s := range g.Sockets {
		if s.LocalAddr() != g.Sockets[0].LocalAddr() {
			t.Fatalf("%v and %v", s.LocalAddr(), g.Sockets[0].LocalAddr())
		}
	}
	return g
}

// owners sends packets of every client and gives the socket that each client's come to.
func owners(t *testing.T, sockets []*Socket, clients []*net.UDPConn) []int {
	t.Helper()
	const each = 3
	number := map[netip.AddrPort]int{}
	for i, c := range clients {
		number[addressOf(c)] = i
		for range each {
			if _, err := c.WriteToUDPAddrPort([]byte("packet"), sockets[0].LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
	}
	owner, taken := make([]int, len(clients)), make([]int, len(clients))
	for i := range owner {
		owner[i] = -1
	}
	total := 0
	waitFor(t, "packets", func() bool {
		for at, s := range sockets {
			must(t, s.poll(func(_ []byte, from Path) {
				i := number[from.Remote]
				if owner[i] >= 0 && owner[i] != at {
					t.Fatalf("client %d's packets come to sockets %d and %d", i, owner[i], at)
				}
				owner[i], taken[i] = at, taken[i]+1
				total++
			}))
		}
		return total >= each*len(clients)
	})
	for i, n := range taken {
		if n != each {
			t.Fatalf("client %d: %d packets", i, n)
		}
	}
	return owner
}

func TestAClientStaysWithOneSocketUntilAllAreGathered(t *testing.T) {
	g := shared(t, 3)
	sockets := g.Sockets
	var clients []*net.UDPConn
	for range 60 {
		clients = append(clients, bind(t, "udp4", "127.0.0.1:0"))
	}
	spread := owners(t, sockets, clients)
	used := map[int]bool{}
	for _, at := range spread {
		used[at] = true
	}
	if len(used) < 2 {
		t.Error("all clients come to one socket")
	}
	same := func(what string, want []int) {
		t.Helper()
		for i, at := range owners(t, sockets, clients) {
			if at != want[i] {
				t.Fatalf("%s: client %d comes to socket %d, not %d", what, i, at, want[i])
			}
		}
	}
	same("again", spread)
	for at := range sockets {
		g.Gather(at)
		gathered := make([]int, len(clients))
		for i := range gathered {
			gathered[i] = at
		}
		same("gathered", gathered)
	}
	g.Spread()
	same("spread", spread)
	g.Spread() // changes nothing
	same("spread again", spread)
}

// A socket alone has nothing to share: both are without effect.
func TestGatherNeedsNoCompany(t *testing.T) {
	for name, open := range readers {
		t.Run(name, func(t *testing.T) {
			s, send := open(t)
			g := Group{Sockets: []*Socket{s}}
			g.Gather(0)
			send([]byte("gathered"))
			if p, _ := one(t, s); p != "gathered" {
				t.Errorf("%q came", p)
			}
			g.Spread()
			send([]byte("spread"))
			if p, _ := one(t, s); p != "spread" {
				t.Errorf("%q came", p)
			}
		})
	}
}

// Two servers on one port would each get some of the clients: the second one must fail, however many sockets either has.
func TestAPortInUseIsNotShared(t *testing.T) {
	for _, first := range []int{1, 2, 4} {
		for _, second := range []int{1, 2, 4} {
			more, err := Listen(shared(t, first).Sockets[0].LocalAddr().String(), second)
			if !errors.Is(err, syscall.EADDRINUSE) || more.Sockets != nil || more.Reports != nil {
				t.Errorf("%d sockets, then %d: %v", first, second, err)
			}
		}
	}
	g := shared(t, 2)
	address := g.Sockets[0].LocalAddr().String()
	must(t, g.Close())
	again, err := Listen(address, 2)
	must(t, err)
	must(t, again.Close())
}

func TestSharedSocketsServeBothFamilies(t *testing.T) {
	g, err := Listen(":0", 2)
	must(t, err)
	defer g.Close()
	sockets := g.Sockets
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		client := bind(t, "udp", address)
		to := netip.AddrPortFrom(addressOf(client).Addr(), sockets[0].LocalAddr().Port())
		if _, err := client.WriteToUDPAddrPort([]byte("x"), to); err != nil {
			t.Fatal(err)
		}
		taken := 0
		waitFor(t, "packet", func() bool {
			for _, s := range sockets {
				must(t, s.poll(func(_ []byte, from Path) {
					if taken++; from.Remote != addressOf(client) {
						t.Errorf("from %v", from)
					}
				}))
			}
			return taken > 0
		})
	}
}

func TestListenSaysWhatIsWrong(t *testing.T) {
	for _, n := range []int{1, 2} {
		if _, err := Listen("nowhere", n); err == nil {
			t.Error("an address without a port will do")
		}
		if _, err := Listen("192.0.2.77:0", n); err == nil {
			t.Error("another host's address will do")
		}
	}
}
