package transport

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// listener takes what arrives on a socket of its own.
type listener struct {
	conn     *net.UDPConn
	received [][]byte
}

func listen(t testing.TB, network, address string) *listener {
	t.Helper()
	a, err := net.ResolveUDPAddr(network, address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenUDP(network, a)
	if err != nil {
		t.Skip(err) // a machine without IPv6
	}
	_ = conn.SetReadBuffer(8 << 20)
	t.Cleanup(func() { _ = conn.Close() })
	return &listener{conn: conn}
}

func (l *listener) address() netip.AddrPort {
	a := l.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func (l *listener) take(t testing.TB, n int) {
	t.Helper()
	buffer := make([]byte, 4096)
	_ = l.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for len(l.received) < n {
		k, err := l.conn.Read(buffer)
		if err != nil {
			t.Fatalf("%d of %d packets: %v", len(l.received), n, err)
		}
		l.received = append(l.received, bytes.Clone(buffer[:k]))
	}
}

// Every packet arrives whole, once and in order, whatever its length, to IPv4 and IPv6, cut by the kernel or not.
func TestBatchesArriveAsTheyWereSent(t *testing.T) {
	for name, address := range map[string]string{"both families": ":0", "IPv4": "127.0.0.1:0"} {
		for _, cut := range []bool{true, false} {
			t.Run(fmt.Sprint(name, cut), func(t *testing.T) {
				socket := newBatchSocket(listen(t, "udp", address).conn)
				socket.segments.Store(cut)
				listeners := []*listener{listen(t, "udp4", "127.0.0.1:0"), listen(t, "udp4", "127.0.0.1:0")}
				if name == "both families" {
					listeners = append(listeners, listen(t, "udp6", "[::1]:0"))
				}
				sent := make([][][]byte, len(listeners))
				random := rand.New(rand.NewPCG(1, 2))
				for range 20 {
					socket.Begin()
					for range 40 {
						to := random.IntN(len(listeners))
						size := []int{1150, 1151, 1150, 90, 1200, 1 + random.IntN(1400)}[random.IntN(6)]
						packet := bytes.Repeat([]byte{byte(len(sent[to]))}, size)
						sent[to] = append(sent[to], packet)
						if n, err := socket.WriteToAddrPort(packet, listeners[to].address()); n != size || err != nil {
							t.Fatal(n, err)
						}
					}
					socket.Flush()
					for i, l := range listeners {
						l.take(t, len(sent[i]))
					}
				}
				for i, l := range listeners {
					for j, p := range sent[i] {
						if !bytes.Equal(l.received[j], p) {
							t.Fatalf("packet %d of %d bytes arrived with %d", j, len(p), len(l.received[j]))
						}
					}
				}
			})
		}
	}
}

func TestOutsideABatchAPacketIsSentAtOnce(t *testing.T) {
	socket, l := newBatchSocket(listen(t, "udp", ":0").conn), listen(t, "udp4", "127.0.0.1:0")
	if _, err := socket.WriteToAddrPort([]byte("x"), l.address()); err != nil {
		t.Fatal(err)
	}
	l.take(t, 1)
}

// Several workers share a socket; nothing is left when the last has flushed, and what each sent to one address stays in order.
func TestWorkersShareABatch(t *testing.T) {
	const workers, rounds, each = 4, 100, 20
	socket := newBatchSocket(listen(t, "udp", ":0").conn)
	var listeners []*listener
	var all sync.WaitGroup
	for range workers {
		l := listen(t, "udp4", "127.0.0.1:0")
		listeners = append(listeners, l)
		all.Go(func() {
			for round := range rounds {
				socket.Begin()
				for i := range each {
					_, _ = socket.WriteToAddrPort([]byte{byte(round), byte(i)}, l.address())
				}
				socket.Flush()
			}
		})
		all.Go(func() { l.take(t, rounds*each) })
	}
	all.Wait()
	for _, l := range listeners {
		for i, p := range l.received {
			if int(p[0]) != i/each || int(p[1]) != i%each {
				t.Fatalf("packet %d is %v", i, p)
			}
		}
	}
}

func TestABatchWithoutEndIsSentWhenItIsFull(t *testing.T) {
	socket, l := newBatchSocket(listen(t, "udp", ":0").conn), listen(t, "udp4", "127.0.0.1:0")
	socket.Begin()
	n := batchArena/1200 + 10
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.take(t, batchArena/1200)
	}()
	for range n {
		if _, err := socket.WriteToAddrPort(make([]byte, 1200), l.address()); err != nil {
			t.Fatal(err)
		}
	}
	<-done
	socket.Flush()
	l.take(t, n)
}

// BenchmarkBatchSend sends frames of eight packets to a hundred addresses.
func BenchmarkBatchSend(b *testing.B) {
	for _, batched := range []bool{true, false} {
		b.Run(map[bool]string{true: "batched", false: "each"}[batched], func(b *testing.B) {
			socket, l := newBatchSocket(listen(b, "udp", ":0").conn), listen(b, "udp4", "127.0.0.1:0")
			packet, to := make([]byte, 1150), l.address()
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if batched && i%8 == 0 {
					socket.Begin()
				}
				_, _ = socket.WriteToAddrPort(packet, to)
				if batched && i%8 == 7 {
					socket.Flush()
				}
			}
		})
	}
}
