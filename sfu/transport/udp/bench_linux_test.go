package udp

import (
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// benchSize is that of a usual video packet.
const benchSize = 1200

// sinks are addresses whose packets nobody takes.
func sinks(b *testing.B, n int) []Path {
	b.Helper()
	var all []Path
	for range n {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		must(b, err)
		b.Cleanup(func() { _ = conn.Close() })
		must(b, conn.SetReadBuffer(1))
		all = append(all, Path{Remote: addressOf(conn)})
	}
	return all
}

// perPacket reports the time that one packet took.
func perPacket(b *testing.B, took time.Duration, packets int) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took.Nanoseconds())/float64(b.N*packets), "ns/packet")
}

// A frame of some packets to each destination, which is one Flush.
func BenchmarkSend(b *testing.B) {
	for _, length := range []int{1, 2, 6, 16} {
		for _, destinations := range []int{1, 100} {
			b.Run(fmt.Sprintf("train=%d/to=%d", length, destinations), func(b *testing.B) {
				s := New(bind(b, "udp4", "127.0.0.1:0"))
				queue := NewQueue(s)
				var to []*Destination
				for _, p := range sinks(b, destinations) {
					to = append(to, s.NewDestination(p))
				}
				for b.Loop() {
					for _, d := range to {
						for range length {
							queue.Add(d, 1, len(queue.Reserve(benchSize)))
						}
					}
					queue.Flush()
				}
				perPacket(b, b.Elapsed(), length*destinations)
			})
		}
	}
}

// The same packets by one call each, which is what Send and the standard library do, and as messages of one packet.
func BenchmarkSendEach(b *testing.B) {
	const destinations = 100
	packet := make([]byte, benchSize)
	b.Run("Send", func(b *testing.B) {
		s, to := New(bind(b, "udp4", "127.0.0.1:0")), sinks(b, destinations)
		for b.Loop() {
			for _, p := range to {
				_ = s.Send(packet, p)
			}
		}
		perPacket(b, b.Elapsed(), destinations)
	})
	b.Run("UDPConn", func(b *testing.B) {
		conn, to := bind(b, "udp4", "127.0.0.1:0"), sinks(b, destinations)
		for b.Loop() {
			for _, p := range to {
				_, _ = conn.WriteToUDPAddrPort(packet, p.Remote)
			}
		}
		perPacket(b, b.Elapsed(), destinations)
	})
	b.Run("uncut", func(b *testing.B) {
		s := New(bind(b, "udp4", "127.0.0.1:0"))
		s.kernel.segments.Store(false)
		queue := NewQueue(s)
		var to []*Destination
		for _, p := range sinks(b, destinations) {
			to = append(to, s.NewDestination(p))
		}
		for b.Loop() {
			for _, d := range to {
				queue.Add(d, 1, len(queue.Reserve(benchSize)))
			}
			queue.Flush()
		}
		perPacket(b, b.Elapsed(), destinations)
	})
}

// What comes, with and without the kernel joining it. Only reading counts.
func BenchmarkReceive(b *testing.B) {
	for _, length := range []int{1, 6, 16} {
		for _, joined := range []bool{true, false} {
			b.Run(fmt.Sprintf("train=%d/joined=%v", length, joined), func(b *testing.B) {
				conn := bind(b, "udp4", "127.0.0.1:0")
				s, sender := New(conn), New(bind(b, "udp4", "127.0.0.1:0"))
				if !joined {
					must(b, s.kernel.raw.Control(func(fd uintptr) {
						must(b, unix.SetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_GRO, 0))
					}))
				}
				const trains = 4
				queue, to := NewQueue(sender), sender.NewDestination(Path{Remote: addressOf(conn)})
				taken, reading := 0, time.Duration(0)
				for b.Loop() {
					for range trains {
						for range length {
							queue.Add(to, 1, len(queue.Reserve(benchSize)))
						}
						queue.Flush()
					}
					start := time.Now()
					for taken = 0; taken < trains*length; {
						must(b, s.Wait(time.Minute, func([]byte, Path) { taken++ }))
					}
					reading += time.Since(start)
				}
				perPacket(b, reading, trains*length)
			})
		}
	}
	b.Run("UDPConn", func(b *testing.B) {
		conn, sender := bind(b, "udp4", "127.0.0.1:0"), bind(b, "udp4", "127.0.0.1:0")
		const each = 24
		packet, buffer, reading := make([]byte, benchSize), make([]byte, MaxPacket), time.Duration(0)
		for b.Loop() {
			for range each {
				_, _ = sender.WriteToUDPAddrPort(packet, addressOf(conn))
			}
			start := time.Now()
			for range each {
				_, _, err := conn.ReadFromUDPAddrPort(buffer)
				must(b, err)
			}
			reading += time.Since(start)
		}
		perPacket(b, reading, each)
	})
}
