package udp

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
)

// coupled gives the trains that a destination's packets leave in.
func coupled(waiting []segment, cut bool) []train {
	var q Queue
	q.couple(&Destination{waiting: slices.Clone(waiting)}, cut)
	return q.trains
}

// video are packets of one stream.
func video(stream uint32, sizes ...int32) []segment {
	var all []segment
	for _, size := range sizes {
		all = append(all, segment{stream: stream, size: size})
	}
	return all
}

func repeated(size int32, n int) []int32 { return slices.Repeat([]int32{size}, n) }

func TestPacketsLeaveInFewMessages(t *testing.T) {
	sound := func(stream uint32) []segment { return video(stream, 90+int32(stream)) }
	for name, c := range map[string]struct {
		waiting  [][]segment
		messages int
	}{
		"nothing":                                    {nil, 0},
		"one packet":                                 {[][]segment{video(1, 1150)}, 1},
		"a frame":                                    {[][]segment{video(1, repeated(1150, 6)...)}, 1},
		"a frame and sound":                          {[][]segment{video(1, repeated(1150, 6)...), sound(2)}, 1},
		"sound and a frame":                          {[][]segment{sound(2), video(1, repeated(1150, 6)...)}, 1},
		"a frame whose last packet is smaller":       {[][]segment{video(1, 1150, 1150, 300)}, 1},
		"a frame whose last packet is larger":        {[][]segment{video(1, 1150, 1150, 1151)}, 2},
		"the frames of two sources of one size":      {[][]segment{video(1, 1150, 1150), video(2, 1150, 1150)}, 1},
		"two sources of one size, sound of both":     {[][]segment{video(1, 1150, 1150), sound(2), video(3, 1150, 1150), sound(4)}, 2},
		"two sources of two sizes":                   {[][]segment{video(1, 1150, 1150), video(2, 1100, 1100)}, 2},
		"two sources of two sizes, sound of both":    {[][]segment{video(1, 1150, 1150), video(3, 1100, 1100), sound(2), sound(4)}, 2},
		"two sources of two sizes, sound first":      {[][]segment{sound(2), sound(4), video(1, 1150, 1150), video(3, 1100, 1100)}, 2},
		"three sources, sound of all":                {[][]segment{video(1, 1150, 1150), video(3, 1100, 1100), video(5, 1120, 1120), sound(2), sound(4), sound(6)}, 3},
		"ten audio packets of one size":              {slices.Repeat([][]segment{video(1, 90)}, 10), 1},
		"more packets than a message has room for":   {[][]segment{video(1, repeated(100, trainSegments+1)...)}, 2},
		"more bytes than a message has room for":     {[][]segment{video(1, repeated(1450, trainBytes/1450+1)...)}, 2},
		"a stream that grows, which has to be alone": {[][]segment{video(1, 100, 200, 300)}, 3},
		"a stream that shrinks":                      {[][]segment{video(1, 300, 200, 100)}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			waiting := slices.Concat(c.waiting...)
			if n := len(coupled(waiting, true)); n != c.messages {
				t.Errorf("%d messages, not %d", n, c.messages)
			}
			if n := len(coupled(waiting, false)); n != len(waiting) {
				t.Errorf("%d messages of %d packets where the kernel does not cut", n, len(waiting))
			}
		})
	}
}

// Whatever waits, every packet leaves once, those of a stream in their order, in messages that the kernel takes (UDP_SEGMENT).
func TestMessagesKeepEveryPacketAndTheOrderOfStreams(t *testing.T) {
	for seed := range uint64(2000) {
		dice := rand.New(rand.NewPCG(seed, 3))
		count, spread, kinds := 1+dice.IntN(300), 1+dice.IntN(40), 1+dice.IntN(6)
		sizes := make([]int32, kinds)
		for i := range sizes {
			sizes[i] = 1 + dice.Int32N(MaxPacket)
		}
		waiting := make([]segment, count)
		for i := range waiting {
			waiting[i] = segment{stream: uint32(dice.IntN(spread)), at: int32(i), size: sizes[dice.IntN(kinds)]}
		}
		last, taken := map[uint32]int32{}, make([]bool, count)
		for i, train := range coupled(waiting, true) {
			bytes := int32(0)
			for j, p := range train.packets {
				if taken[p.at] || p != waiting[p.at] {
					t.Fatalf("seed %d: packet %d leaves twice or changed", seed, p.at)
				}
				taken[p.at] = true
				if before, ok := last[p.stream]; ok && before > p.at {
					t.Fatalf("seed %d: packet %d of stream %d leaves after %d", seed, p.at, p.stream, before)
				}
				last[p.stream] = p.at
				if size := train.packets[0].size; p.size > size || p.size < size && j < len(train.packets)-1 {
					t.Fatalf("seed %d: message %d has packets of %d and %d bytes", seed, i, size, p.size)
				}
				bytes += p.size
			}
			if n := len(train.packets); n == 0 || n > trainSegments || n > 1 && bytes > trainBytes {
				t.Fatalf("seed %d: message %d has %d packets of %d bytes", seed, i, n, bytes)
			}
		}
		if missing := slices.Index(taken, false); missing >= 0 {
			t.Fatalf("seed %d: packet %d does not leave", seed, missing)
		}
	}
}

// Every packet arrives whole and once, those of a stream in their order, whatever their lengths, over IPv4 and IPv6, cut by the kernel or not.
func TestWhatIsQueuedArrivesAsItWasAdded(t *testing.T) {
	for name, open := range senders {
		for _, cut := range []bool{true, false} {
			t.Run(fmt.Sprint(name, " cut ", cut), func(t *testing.T) {
				socket := open(t)
				if socket.kernel != nil {
					socket.kernel.segments.Store(cut)
				} else if cut {
					t.Skip("it never cuts")
				}
				conns := []*net.UDPConn{bind(t, "udp4", "127.0.0.1:0"), bind(t, "udp4", "127.0.0.1:0")}
				if name != "IPv4" {
					conns = append(conns, bind(t, "udp6", "[::1]:0"))
				}
				checkArrival(t, socket, conns)
			})
		}
	}
}

// checkArrival sends random packets, of which the first byte says the stream, and compares what comes of each.
func checkArrival(t *testing.T, socket *Socket, conns []*net.UDPConn) {
	const streams, rounds, each = 5, 30, 40
	dice, queue := rand.New(rand.NewPCG(1, 2)), NewQueue(socket)
	var to []*Destination
	for _, c := range conns {
		to = append(to, socket.NewDestination(Path{Remote: addressOf(c)}))
	}
	for range rounds {
		sent := make([][streams][][]byte, len(conns))
		counts := make([]int, len(conns))
		for range each {
			i, stream := dice.IntN(len(conns)), dice.IntN(streams)
			size := []int{1150, 1151, 1150, 90, 1 + dice.IntN(1450), 1 + dice.IntN(1450)}[dice.IntN(6)]
			packet := bytes.Repeat([]byte{byte(dice.Uint32())}, size)
			packet[0] = byte(stream)
			sent[i][stream] = append(sent[i][stream], packet)
			counts[i]++
			room := queue.Reserve(min(MaxPacket, size+dice.IntN(100)))
			queue.Add(to[i], uint32(stream), copy(room, packet))
		}
		queue.Flush()
		for i, c := range conns {
			var got [streams][][]byte
			for _, p := range receive(t, c, counts[i]) {
				if p[0] >= streams {
					t.Fatalf("a packet of stream %d", p[0])
				}
				got[p[0]] = append(got[p[0]], p)
			}
			for stream := range got {
				equal(t, got[stream], sent[i][stream])
			}
		}
	}
	for _, c := range conns {
		nothing(t, c)
	}
}

// More than a queue holds is sent on the way, and nothing of it is lost or mixed up.
func TestAFullQueueIsSent(t *testing.T) {
	for name, open := range senders {
		t.Run(name, func(t *testing.T) {
			// Several receivers: none has to hold much.
			socket := open(t)
			queue := NewQueue(socket)
			var conns []*net.UDPConn
			var to []*Destination
			for range 32 {
				c := bind(t, "udp4", "127.0.0.1:0")
				conns, to = append(conns, c), append(to, socket.NewDestination(Path{Remote: addressOf(c)}))
			}
			const size = 1201 // no number of packets fills the queue
			fit := arenaBytes / size
			sent := make([][][]byte, len(conns))
			for i := range fit {
				packet := append(fmt.Appendf(nil, "%6d", i), make([]byte, size-6)...)
				queued(queue, to[i%len(to)], 1, packet)
				sent[i%len(to)] = append(sent[i%len(to)], packet)
			}
			for _, c := range conns {
				nothing(t, c)
			}
			one := bytes.Repeat([]byte("!"), size)
			queued(queue, to[0], 1, one)
			if len(queue.arena) != size {
				t.Fatalf("%d bytes wait", len(queue.arena))
			}
			for i, c := range conns {
				// On a busy machine what one call sent may overtake what an earlier one did.
				equal(t, slices.SortedFunc(slices.Values(receive(t, c, len(sent[i]))), bytes.Compare), sent[i])
			}
			queue.Flush()
			equal(t, receive(t, conns[0], 1), [][]byte{one})
			queue.Flush()
			for _, c := range conns {
				nothing(t, c)
			}
		})
	}
}

// A packet of the largest size fits in whatever the queue holds.
func TestTheLargestPacketIsSent(t *testing.T) {
	for name, open := range senders {
		t.Run(name, func(t *testing.T) {
			socket, conn := open(t), bind(t, "udp4", "127.0.0.1:0")
			queue, to := NewQueue(socket), socket.NewDestination(Path{Remote: addressOf(conn)})
			want := packets(31, MaxPacket)
			queued(queue, to, 1, want...)
			queue.Flush()
			equal(t, receive(t, conn, len(want)), want)
		})
	}
}

// An empty packet carries nothing, and is not worth a message.
func TestAnEmptyPacketIsLeftOut(t *testing.T) {
	for name, open := range senders {
		t.Run(name, func(t *testing.T) {
			socket, conn := open(t), bind(t, "udp4", "127.0.0.1:0")
			queue, to := NewQueue(socket), socket.NewDestination(Path{Remote: addressOf(conn)})
			queued(queue, to, 1, nil)
			queue.Flush()
			queued(queue, to, 1, []byte("one"), nil, []byte("two"), nil)
			queue.Flush()
			must(t, socket.Send(nil, to.Path))
			equal(t, receive(t, conn, 2), [][]byte{[]byte("one"), []byte("two")})
			nothing(t, conn)
		})
	}
}

// Some destinations cannot be reached: what goes to the others is sent all the same.
func TestAPacketThatCannotBeSentDisturbsNoOther(t *testing.T) {
	for name, open := range senders {
		t.Run(name, func(t *testing.T) {
			socket, conn := open(t), bind(t, "udp4", "127.0.0.1:0")
			queue, good := NewQueue(socket), socket.NewDestination(Path{Remote: addressOf(conn)})
			var want [][]byte
			for _, p := range packets(100, 500) {
				queued(queue, socket.NewDestination(Path{}), 1, p, p)
				queued(queue, good, 1, p)
				want = append(want, p)
			}
			queue.Flush()
			equal(t, receive(t, conn, len(want)), want)
			if socket.Send([]byte("x"), Path{}) == nil {
				t.Error("a packet to nowhere was sent")
			}
		})
	}
}

// Several goroutines may send on one socket, each with a queue of its own.
func TestQueuesShareASocket(t *testing.T) {
	for name, open := range senders {
		t.Run(name, func(t *testing.T) {
			socket := open(t)
			const senders, rounds, each = 4, 20, 5
			var conns [senders]*net.UDPConn
			var all sync.WaitGroup
			for i := range conns {
				conns[i] = bind(t, "udp4", "127.0.0.1:0")
				all.Go(func() {
					queue, to := NewQueue(socket), socket.NewDestination(Path{Remote: addressOf(conns[i])})
					for range rounds {
						queued(queue, to, 1, packets(each, 100+i)...)
						queue.Flush()
					}
				})
			}
			all.Wait()
			for i, c := range conns {
				// On a busy machine what one call sent may overtake what an earlier one did.
				want := slices.SortedFunc(slices.Values(slices.Repeat(packets(each, 100+i), rounds)), bytes.Compare)
				equal(t, slices.SortedFunc(slices.Values(receive(t, c, len(want))), bytes.Compare), want)
				nothing(t, c)
			}
		})
	}
}

func TestSendingAllocatesNothing(t *testing.T) {
	socket := New(bind(t, "udp", ":0"))
	if socket.kernel == nil {
		t.Skip("the kernel takes no messages")
	}
	queue := NewQueue(socket)
	var to []*Destination
	for range 3 {
		to = append(to, socket.NewDestination(Path{Remote: addressOf(bind(t, "udp4", "127.0.0.1:0"))}))
	}
	n := testing.AllocsPerRun(200, func() {
		for i := range 90 {
			size := 1000 - i/30
			clear(queue.Reserve(size + 16)[:size])
			queue.Add(to[i%3], uint32(i%2), size)
		}
		queue.Flush()
	})
	if n > 0 {
		t.Errorf("%v allocations for 90 packets", n)
	}
}

// carried keeps what it is given.
type carried struct{ packets []string }

func (c *carried) Send(packet []byte) error {
	c.packets = append(c.packets, string(packet))
	return nil
}

// A path that is not the socket's has its packets from who carries it, in their order and each by itself.
func TestQueueOfACarrier(t *testing.T) {
	s, peer := New(bind(t, "udp4", "127.0.0.1:0")), bind(t, "udp4", "127.0.0.1:0")
	remote := addressOf(peer)
	c := &carried{}
	q := NewQueue(s)
	over, beside := s.NewDestination(Path{Remote: remote, Carrier: c}), s.NewDestination(Path{Remote: remote})
	for i := range 4 {
		q.Add(over, 1, copy(q.Reserve(8), fmt.Sprint("over ", i)))
		q.Add(beside, 1, copy(q.Reserve(8), fmt.Sprint("beside", i)))
	}
	q.Flush()
	if err := s.Send([]byte("at once"), over.Path); err != nil {
		t.Error(err)
	}
	if want := "[over 0 over 1 over 2 over 3 at once]"; fmt.Sprint(c.packets) != want {
		t.Errorf("%v, want %s", c.packets, want)
	}
	b := make([]byte, 100)
	for i := range 4 {
		if n, _, err := peer.ReadFrom(b); err != nil || string(b[:n]) != fmt.Sprint("beside", i) {
			t.Errorf("%q, %v", b[:n], err)
		}
	}
}
