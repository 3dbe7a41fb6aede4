package sfu

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/codec"
	"diemcau/sfu/transport"
)

// discarding is a transport whose packets are sealed and then thrown away; nothing arrives.
type discarding struct {
	transport.Transport
	bells []chan struct{}
}

func newDiscarding(workers int) *discarding {
	d := &discarding{}
	for range workers {
		d.bells = append(d.bells, make(chan struct{}, 1))
	}
	return d
}

func (d *discarding) Wait(worker int, patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-d.bells[worker]:
	case <-timer.C:
	}
}

func (d *discarding) Wake(worker int) {
	select {
	case d.bells[worker] <- struct{}{}:
	default:
	}
}

func (d *discarding) Begin(int)                                              {}
func (d *discarding) TakeReports(int)                                        {}
func (d *discarding) Flush(int)                                              {}
func (d *discarding) Close() error                                           { return nil }
func (d *discarding) Connect(transport.Handler, int) (transport.Conn, error) { return discarded{}, nil }

type discarded struct{ transport.Conn }

func (discarded) RoundTrip() time.Duration      { return 0 }
func (discarded) WriteRTCP([]rtcp.Packet) error { return nil }
func (discarded) Offer(context.Context, string) (transport.Answer, error) {
	return transport.Answer{}, nil
}
func (discarded) Close() error { return nil }

// sealing is a slot's way out that costs what sealing costs (RFC 7714).
type sealing struct {
	gcm    cipher.AEAD
	packet []byte
	nonce  [12]byte
}

func newSealing(tb testing.TB) *sealing {
	tb.Helper()
	block, err := aes.NewCipher(make([]byte, 16))
	if err != nil {
		tb.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		tb.Fatal(err)
	}
	return &sealing{gcm: gcm, packet: make([]byte, 2*maxPacket)}
}

func (s *sealing) WriteRTP(h *rtp.Header, payload []byte) error {
	n, err := h.MarshalTo(s.packet)
	if err != nil {
		return err
	}
	end := n + copy(s.packet[n:], payload)
	binary.BigEndian.PutUint16(s.nonce[10:], h.SequenceNumber)
	s.gcm.Seal(s.packet[:n], s.nonce[:], s.packet[n:end], s.packet[:n])
	return nil
}

// BenchmarkWorkers forwards one source to 600 peers that one or two workers own, and tells how many packets a second they seal. What
// a second worker adds is the ratio of the two.
func BenchmarkWorkers(b *testing.B) {
	const peers, frame = 600, 256 // packets; within three quarters of a ring
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("%dworkers", workers), func(b *testing.B) {
			if runtime.GOMAXPROCS(0) < workers {
				b.Skip("fewer processors than workers")
			}
			e := newEngine(Config{Workers: workers, Log: slog.New(slog.DiscardHandler)}, clock{time.Now()}, newDiscarding(workers))
			defer func() { _ = e.Close() }()
			room := newRoom(e, RoomOptions{})
			source := &Peer{room: room, id: "source", conn: discarded{}, worker: e.workers[0]}
			pub := newPublication(source, Camera)
			pub.withheld.Store(0)
			stream := transport.Stream{SSRC: 1000, Video: true}
			stream.Codecs[96] = codec.VP8
			l := newLayer(pub, stream)
			out := &bench{layers: []*layer{l}, next: []uint16{0}}
			var attached sync.WaitGroup
			for i := range peers {
				w := e.workers[i%workers]
				p := &Peer{room: room, id: fmt.Sprint(i), conn: discarded{}, worker: w}
				s := transport.Slot{Video: true, SSRC: uint32(1 + 2*i), RTX: uint32(2 + 2*i), Out: newSealing(b)}
				s.Payload[codec.VP8] = transport.PayloadTypes{Media: 96, RTX: 97}
				s0 := newSlot(w, p, s)
				attached.Add(1)
				w.mailbox.post(func() {
					defer attached.Done()
					w.own(p, []*slot{s0})
					s0.assign(assignment{layer: l, generation: 1}, 0)
				})
			}
			forwarded := func() (n uint64) {
				for _, w := range e.workers {
					n += w.forwarded.Load()
				}
				return n
			}
			raw := make([]byte, 1500)
			deliver := func(first, last, key bool) {
				packet := out.packet(0, first, key, raw)
				if last {
					packet[1] |= 0x80
				}
				l.Packet(packet, e.clock.now())
			}
			attached.Wait()
			deliver(true, true, true)
			l.Flush()
			want := uint64(peers)
			for forwarded() < want {
				time.Sleep(time.Millisecond)
			}
			start := want
			b.ResetTimer()
			for b.Loop() {
				for i := range frame {
					deliver(i == 0, i == frame-1, false)
				}
				l.Flush()
				want += peers * frame
				for forwarded() < want {
					time.Sleep(200 * time.Microsecond) // not Gosched: the processors are the workers'
				}
			}
			b.ReportMetric(float64(forwarded()-start)/b.Elapsed().Seconds(), "packets/s")
		})
	}
}
