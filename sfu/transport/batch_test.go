package transport

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"diemcau/sfu/transport/udp"
)

// batchPeer is who a batchSocket talks to.
type batchPeer struct {
	*net.UDPConn
	address netip.AddrPort
}

func newBatchPeer(t testing.TB, network, address string) batchPeer {
	t.Helper()
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		t.Skip(err) // a machine without IPv6
	}
	t.Cleanup(func() { _ = conn.Close() })
	udp := conn.(*net.UDPConn)
	_ = udp.SetReadBuffer(8 << 20) // the tests send no more at once than the default holds
	a := udp.LocalAddr().(*net.UDPAddr).AddrPort()
	return batchPeer{udp, netip.AddrPortFrom(a.Addr().Unmap(), a.Port())}
}

// foreignConn is a connection that is not known for one of the kernel's.
type foreignConn struct{ net.PacketConn }

// eachBatch runs a test with a socket of each kind.
func eachBatch(t *testing.T, test func(*testing.T, *batchSocket)) {
	t.Run("both families", func(t *testing.T) { test(t, newBatchSocket(newBatchPeer(t, "udp", ":0").UDPConn)) })
	t.Run("IPv4", func(t *testing.T) { test(t, newBatchSocket(newBatchPeer(t, "udp4", "127.0.0.1:0").UDPConn)) })
	t.Run("foreign", func(t *testing.T) { test(t, newBatchSocket(foreignConn{newBatchPeer(t, "udp", ":0")})) })
}

// take gives the next n packets.
func (p batchPeer) take(t testing.TB, n int) [][]byte {
	t.Helper()
	var taken [][]byte
	buffer := make([]byte, 1<<16)
	_ = p.SetReadDeadline(time.Now().Add(20 * time.Second))
	for len(taken) < n {
		size, err := p.Read(buffer)
		if err != nil {
			t.Errorf("%d of %d packets: %v", len(taken), n, err)
			return taken
		}
		taken = append(taken, bytes.Clone(buffer[:size]))
	}
	return taken
}

// empty fails where a packet has come. What was sent over loopback is there when the call returns.
func (p batchPeer) empty(t testing.TB) {
	t.Helper()
	_ = p.SetReadDeadline(time.Now().Add(time.Millisecond))
	if n, err := p.Read(make([]byte, 1<<16)); err == nil {
		t.Errorf("a packet of %d bytes too many", n)
	}
}

func same(t testing.TB, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d packets, not %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("packet %d of %d bytes arrived with %d, or others", i, len(want[i]), len(got[i]))
		}
	}
}

// Pion's mux does not say which stream a packet belongs to: all packets to one address keep their order.
func TestBatchesArriveAsTheyWereWritten(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		peers := []batchPeer{newBatchPeer(t, "udp4", "127.0.0.1:0"), newBatchPeer(t, "udp4", "127.0.0.1:0")}
		if socket.socket.LocalAddr().Addr().Is6() {
			peers = append(peers, newBatchPeer(t, "udp6", "[::1]:0"))
		}
		random := rand.New(rand.NewPCG(1, 2))
		for range 20 {
			sent := make([][][]byte, len(peers))
			socket.Begin()
			for range 40 {
				to := random.IntN(len(peers))
				size := []int{1150, 1151, 1150, 90, 1200, 1 + random.IntN(1400)}[random.IntN(6)]
				packet := bytes.Repeat([]byte{byte(random.Uint32())}, size)
				sent[to] = append(sent[to], packet)
				if n, err := socket.WriteToAddrPort(packet, peers[to].address); n != size || err != nil {
					t.Fatal(n, err)
				}
			}
			for _, p := range peers {
				p.empty(t)
			}
			socket.Flush()
			for i, p := range peers {
				same(t, p.take(t, len(sent[i])), sent[i])
			}
		}
	})
}

func TestOutsideABatchAPacketIsSentAtOnce(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		peer := newBatchPeer(t, "udp4", "127.0.0.1:0")
		write := func(text string) {
			t.Helper()
			if n, err := socket.WriteTo([]byte(text), peer.LocalAddr()); n != len(text) || err != nil {
				t.Fatal(n, err)
			}
		}
		write("before")
		same(t, peer.take(t, 1), [][]byte{[]byte("before")})
		socket.Begin()
		write("held")
		peer.empty(t)
		socket.Flush()
		same(t, peer.take(t, 1), [][]byte{[]byte("held")})
		write("after")
		same(t, peer.take(t, 1), [][]byte{[]byte("after")})
		if _, err := socket.WriteTo([]byte("x"), &net.TCPAddr{}); err == nil {
			t.Error("a packet to an address of TCP was sent")
		}
	})
}

// A packet that no queue takes is sent all the same, and one of nothing harms none.
func TestABatchTakesPacketsOfAnySize(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		peer := newBatchPeer(t, "udp4", "127.0.0.1:0")
		socket.Begin()
		for _, size := range []int{0, udp.MaxPacket + 1, udp.MaxPacket, 0} {
			if n, err := socket.WriteToAddrPort(make([]byte, size), peer.address); n != size || err != nil {
				t.Fatal(n, err)
			}
		}
		socket.Flush()
		same(t, peer.take(t, 2), [][]byte{make([]byte, udp.MaxPacket+1), make([]byte, udp.MaxPacket)})
		peer.empty(t)
	})
}

// Several workers share a socket; nothing is left when the last has flushed, and what each sent to one address stays in order.
func TestWorkersShareABatch(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		const workers, rounds, each = 4, 25, 5
		var peers []batchPeer
		var all sync.WaitGroup
		for range workers {
			peer := newBatchPeer(t, "udp4", "127.0.0.1:0")
			peers = append(peers, peer)
			all.Go(func() {
				for round := range rounds {
					socket.Begin()
					for i := range each {
						_, _ = socket.WriteToAddrPort([]byte{byte(round), byte(i)}, peer.address)
					}
					socket.Flush()
					for i, packet := range peer.take(t, each) {
						if int(packet[0]) != round || int(packet[1]) != i {
							t.Errorf("packet %d of round %d is %v", i, round, packet)
						}
					}
				}
			})
		}
		all.Wait()
		for _, p := range peers {
			p.empty(t)
		}
	})
}

// One worker's Flush sends what all have written; the others still hold what they write then.
func TestAFlushLeavesOtherWorkersTheirBatch(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		peer := newBatchPeer(t, "udp4", "127.0.0.1:0")
		socket.Begin()
		socket.Begin()
		_, _ = socket.WriteToAddrPort([]byte("one"), peer.address)
		socket.Flush()
		same(t, peer.take(t, 1), [][]byte{[]byte("one")})
		_, _ = socket.WriteToAddrPort([]byte("two"), peer.address)
		peer.empty(t)
		socket.Flush()
		same(t, peer.take(t, 1), [][]byte{[]byte("two")})
	})
}

// Addresses come and go by the thousand: what is remembered of them is bounded, and forgetting disturbs no batch that is under way.
func TestABatchSocketForgetsAddresses(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		peer, nobody := newBatchPeer(t, "udp4", "127.0.0.1:0"), netip.MustParseAddr("127.0.0.1")
		socket.Begin()
		_, _ = socket.WriteToAddrPort([]byte("first"), peer.address)
		for i := range knownDestinations {
			d := socket.socket.NewDestination(udp.Path{Remote: netip.AddrPortFrom(nobody, uint16(i+1))})
			socket.destinations[d.Remote] = d
		}
		delete(socket.destinations, netip.AddrPortFrom(nobody, peer.address.Port()))
		_, _ = socket.WriteToAddrPort([]byte("second"), peer.address)
		if n := len(socket.destinations); n > 2 {
			t.Errorf("%d addresses are known", n)
		}
		socket.Flush()
		same(t, peer.take(t, 2), [][]byte{[]byte("first"), []byte("second")})
	})
}

// The mux reads one packet at a time, also where many came together.
func TestPacketsAreHandedOverOneAtATime(t *testing.T) {
	eachBatch(t, func(t *testing.T, socket *batchSocket) {
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), socket.socket.LocalAddr().Port())
		if socket.LocalAddr().(*net.UDPAddr).Port != int(to.Port()) {
			t.Fatal("another address")
		}
		// What these send leaves as one message each, and comes as one.
		senders := []*batchSocket{newBatchSocket(newBatchPeer(t, "udp4", "127.0.0.1:0").UDPConn), newBatchSocket(newBatchPeer(t, "udp4", "127.0.0.1:0").UDPConn)}
		must(t, socket.SetDeadline(time.Now().Add(20*time.Second)))
		buffer := make([]byte, 2000)
		for round := range 20 {
			want := map[string][][]byte{}
			for i, s := range senders {
				s.Begin()
				for n := range 5 {
					packet := bytes.Repeat([]byte{byte(round), byte(i), byte(n)}, 200+round)
					want[s.LocalAddr().String()] = append(want[s.LocalAddr().String()], packet)
					_, _ = s.WriteToAddrPort(packet, to)
				}
				s.Flush()
			}
			got := map[string][][]byte{}
			for range 5 * len(senders) {
				n, from, err := socket.ReadFrom(buffer)
				must(t, err)
				got[from.String()] = append(got[from.String()], bytes.Clone(buffer[:n]))
			}
			for sender := range want {
				same(t, got[sender], want[sender])
			}
		}
		must(t, socket.Close())
		if _, _, err := socket.ReadFrom(buffer); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestReadingFromABatchSocketAllocatesNothing(t *testing.T) {
	socket, sender := newBatchSocket(newBatchPeer(t, "udp4", "127.0.0.1:0").UDPConn), newBatchSocket(newBatchPeer(t, "udp4", "127.0.0.1:0").UDPConn)
	packet, buffer := make([]byte, 1000), make([]byte, 2000)
	to := socket.socket.LocalAddr()
	n := testing.AllocsPerRun(100, func() {
		sender.Begin()
		for range 20 {
			_, _ = sender.WriteToAddrPort(packet, to)
		}
		sender.Flush()
		for range 20 {
			if _, _, err := socket.ReadFromAddrPort(buffer); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n > 0 {
		t.Errorf("%v allocations for 20 packets", n)
	}
}
