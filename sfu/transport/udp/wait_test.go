package udp

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func nobody([]byte, Path) {}

// eachReader runs a test with every kind of socket, and fails where a wait does not end.
func eachReader(t *testing.T, test func(t *testing.T, s *Socket, send func([]byte))) {
	for name, open := range readers {
		t.Run(name, func(t *testing.T) {
			s, send := open(t)
			hung := watch(t, s)
			test(t, s, send)
			if hung() {
				t.Fatal("a wait did not end")
			}
		})
	}
}

// waiting begins a Wait in the background, and gives its end.
func waiting(t *testing.T, s *Socket, take func([]byte, Path)) <-chan error {
	t.Helper()
	end := make(chan error, 1)
	go func() { end <- s.Wait(time.Hour, take) }()
	waitFor(t, "wait", func() bool { return s.sleeping.Load() || len(end) > 0 })
	return end
}

func TestAWakeBeforeAWaitEndsIt(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, _ func([]byte)) {
		for range 3 {
			s.Wake()
			s.Wake() // counts no more than one
			must(t, s.Wait(time.Hour, nobody))
		}
		// None is left over.
		end := waiting(t, s, nobody)
		s.Wake()
		must(t, <-end)
	})
}

func TestAWakeEndsTheWaitThatIsUnderWayAndNoFurtherOnes(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		for range 100 {
			end := waiting(t, s, nobody)
			s.Wake()
			must(t, <-end)
			// One that met the wait before it slept may end the next wait, too.
			taken := 0
			send([]byte("x"))
			for waits := 0; taken == 0 && waits < 2; waits++ {
				must(t, s.Wait(time.Hour, func([]byte, Path) { taken++ }))
			}
			if taken != 1 {
				t.Fatalf("%d packets after a wake", taken)
			}
		}
	})
}

func TestAPacketEndsAWait(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		for i := range 20 {
			taken := 0
			take := func(p []byte, _ Path) {
				if taken++; !bytes.Equal(p, []byte{byte(i)}) {
					t.Errorf("%v came", p)
				}
			}
			if i%2 == 0 {
				send([]byte{byte(i)})
				must(t, s.Wait(time.Hour, take))
			} else {
				end := waiting(t, s, take)
				send([]byte{byte(i)})
				must(t, <-end)
			}
			if taken != 1 {
				t.Fatalf("%d packets", taken)
			}
		}
	})
}

func TestAWaitEndsWhenItsTimeHasPassed(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		// A longer one that a packet ended leaves its deadline behind.
		for range 3 {
			send([]byte("x"))
			must(t, s.Wait(time.Hour, nobody))
			must(t, s.Wait(time.Millisecond, nobody))
			must(t, s.Wait(2*time.Millisecond, nobody))
			must(t, s.Wait(2*time.Millisecond, nobody))
			s.Wake()
			must(t, s.Wait(time.Hour, nobody))
			must(t, s.Wait(time.Millisecond, nobody))
		}
	})
}

// A short wait does not shorten a longer one that follows it.
func TestAWaitLastsAsLongAsItsPatience(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		for i := range 10 {
			must(t, s.Wait(time.Millisecond, nobody))
			if i%2 == 0 {
				s.Wake() // changes the deadline
				must(t, s.Wait(time.Hour, nobody))
			}
			taken := 0
			end := waiting(t, s, func([]byte, Path) { taken++ })
			send([]byte("x"))
			must(t, <-end)
			if taken != 1 || time.Until(s.deadline) < 30*time.Minute {
				t.Fatalf("%d packets by %v", taken, s.deadline)
			}
		}
	})
}

// However many wake a reader, whatever it is doing, it sees after each of them what they told it before.
func TestNoWakeIsLost(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		const wakers, rounds = 3, 1500
		var told atomic.Int64
		var all sync.WaitGroup
		begin := make([]chan struct{}, wakers)
		for i := range begin {
			begin[i] = make(chan struct{}, 1)
			all.Go(func() {
				for range begin[i] {
					told.Add(1)
					s.Wake()
				}
			})
		}
		dice, taken := rand.New(rand.NewPCG(4, 5)), 0
		for round := range rounds {
			for _, c := range begin {
				c <- struct{}{}
			}
			for told.Load() < int64((round+1)*wakers) {
				if dice.IntN(8) == 0 {
					send([]byte("x"))
				}
				patience := time.Hour + time.Duration(dice.IntN(3))
				if err := s.Wait(patience, func([]byte, Path) { taken++ }); err != nil {
					t.Errorf("round %d: %v", round, err)
					break
				}
			}
			if t.Failed() {
				break
			}
		}
		for _, c := range begin {
			close(c)
		}
		all.Wait()
		if taken == 0 && !t.Failed() {
			t.Error("no packet was taken")
		}
	})
}

// A reader that is woken again and again takes what comes all the same.
func TestWakesDoNotKeepPacketsOut(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		send([]byte("x"))
		taken := false
		for range 100 {
			s.Wake()
			must(t, s.Wait(time.Hour, func([]byte, Path) { taken = true }))
		}
		if !taken {
			t.Error("the packet was not taken")
		}
	})
}

func TestCloseEndsAWait(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, _ func([]byte)) {
		end := waiting(t, s, nobody)
		must(t, s.Close())
		s.Wake()
		for i, err := range []error{<-end, s.Wait(time.Hour, nobody), s.Wait(time.Millisecond, nobody), s.Read(nobody)} {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("wait %d after the end: %v", i, err)
			}
		}
	})
	for name, open := range senders {
		s := open(t)
		must(t, s.Close())
		if err := s.Send([]byte("x"), Path{Remote: s.LocalAddr()}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: a packet on a closed socket: %v", name, err)
		}
		queue := NewQueue(s)
		queued(queue, s.NewDestination(Path{Remote: s.LocalAddr()}), 1, packets(3, 100)...)
		queue.Flush()
	}
}

// A packet that is too large for a reader comes cut; those around it come whole.
func TestATooLargePacketIsCut(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		var got [][]byte
		for _, size := range []int{10, MaxPacket, MaxPacket + 1, 5000, 9000, 20} {
			send(bytes.Repeat([]byte{byte(size)}, size))
		}
		for len(got) < 6 {
			must(t, s.Wait(time.Hour, func(p []byte, _ Path) { got = append(got, bytes.Clone(p)) }))
		}
		for i, size := range []int{10, MaxPacket, MaxPacket + 1, 5000, 9000, 20} {
			if want := bytes.Repeat([]byte{byte(size)}, min(size, MaxPacket)); !bytes.Equal(got[i], want) {
				t.Errorf("of %d bytes %d came, or others", size, len(got[i]))
			}
		}
	})
}

// An empty packet is a packet: who counts what comes counts it.
func TestAnEmptyPacketIsHandedOver(t *testing.T) {
	eachReader(t, func(t *testing.T, s *Socket, send func([]byte)) {
		send(nil)
		send([]byte("x"))
		var sizes []int
		for len(sizes) < 2 {
			must(t, s.Wait(time.Hour, func(p []byte, _ Path) { sizes = append(sizes, len(p)) }))
		}
		if fmt.Sprint(sizes) != "[0 1]" {
			t.Errorf("packets of %v bytes", sizes)
		}
	})
}

func TestReadingAllocatesNothing(t *testing.T) {
	for name, network := range map[string][2]string{"one family": {"udp4", "127.0.0.1:0"}, "both families": {"udp", ":0"}} {
		t.Run(name, func(t *testing.T) {
			conn := bind(t, network[0], network[1])
			s, sender := New(conn), New(bind(t, "udp4", "127.0.0.1:0"))
			if s.kernel == nil {
				t.Skip("the kernel gives no messages")
			}
			remote := net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(addressOf(conn).Port())}
			queue, to := NewQueue(sender), sender.NewDestination(Path{Remote: remote.AddrPort()})
			taken := 0
			take := func([]byte, Path) { taken++ }
			n := testing.AllocsPerRun(200, func() {
				for i := range 20 {
					queue.Add(to, 1, len(queue.Reserve(500+i/10)))
				}
				queue.Flush()
				for taken = 0; taken < 20; {
					must(t, s.Wait(time.Hour, take))
				}
			})
			if n > 0 {
				t.Errorf("%v allocations for 20 packets", n)
			}
		})
	}
}
