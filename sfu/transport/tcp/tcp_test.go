package tcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// connected gives both ends of a connection through a listener with limits.
func connected(t *testing.T, l *Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	t.Cleanup(func() { _ = client.Close() })
	server, err = l.Accept()
	must(t, err)
	return client, server
}

func listening(t *testing.T, limits Limits) *Listener {
	t.Helper()
	l, err := Listen("127.0.0.1:0", limits)
	must(t, err)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// Packets of all lengths come out as they went in, however the connection cuts them, both ways.
func TestStreamKeepsPackets(t *testing.T) {
	client, conn := connected(t, listening(t, Limits{1, 1}))
	s := NewStream(conn, time.Minute)
	defer s.Close()
	dice := rand.New(rand.NewPCG(1, 1))
	var packets [][]byte
	var wire []byte
	for n := range MaxPacket + 1 {
		packet := make([]byte, n)
		for i := range packet {
			packet[i] = byte(dice.Uint32())
		}
		packets = append(packets, packet)
		wire = append(binary.BigEndian.AppendUint16(wire, uint16(n)), packet...)
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for rest := wire; len(rest) > 0; {
			n := min(1+dice.IntN(4000), len(rest))
			if _, err := client.Write(rest[:n]); err != nil {
				t.Error(err)
			}
			rest = rest[n:]
		}
	})
	for _, want := range packets {
		got, err := s.Read()
		must(t, err)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes came as %d", len(want), len(got))
		}
	}
	writer.Wait()
	if s.Buffered() {
		t.Error("more than was sent")
	}
	heard := make(chan []byte)
	go func() {
		all := make([]byte, len(wire))
		_, _ = io.ReadFull(client, all)
		heard <- all
	}()
	for _, p := range packets {
		for errors.Is(s.Send(p), ErrFull) {
			time.Sleep(time.Millisecond)
		}
	}
	if !bytes.Equal(<-heard, wire) {
		t.Error("what was sent is not what arrived")
	}
	if err := s.Send(make([]byte, MaxPacket+1)); !errors.Is(err, ErrTooLong) {
		t.Errorf("a packet that is too long: %v", err)
	}
}

// What was queued before the end arrives; nothing is taken after it.
func TestStreamEndsAfterWhatWaits(t *testing.T) {
	client, conn := connected(t, listening(t, Limits{1, 1}))
	s := NewStream(conn, time.Minute)
	must(t, s.Send([]byte("goodbye")))
	must(t, s.Close())
	if err := s.Send([]byte("more")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("sent after the end: %v", err)
	}
	if all, err := io.ReadAll(client); err != nil || string(all) != "\x00\x07goodbye" {
		t.Errorf("%q, %v", all, err)
	}
	if _, err := s.Read(); err == nil {
		t.Error("read after the end")
	}
}

func TestStreamPatience(t *testing.T) {
	l := listening(t, Limits{2, 2})
	_, conn := connected(t, l)
	s := NewStream(conn, time.Millisecond)
	defer s.Close()
	if _, err := s.Read(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a silent stream: %v", err)
	}
	client, conn := connected(t, l)
	admitted := NewStream(conn, time.Millisecond)
	defer admitted.Close()
	admitted.Admit()
	time.Sleep(2 * time.Millisecond) // it is over then for who was not admitted
	_, err := client.Write([]byte{0, 1, 7})
	must(t, err)
	if packet, err := admitted.Read(); err != nil || !bytes.Equal(packet, []byte{7}) {
		t.Errorf("%v, %v", packet, err)
	}
}

func TestStreamOfLongFrames(t *testing.T) {
	client, conn := connected(t, listening(t, Limits{1, 1}))
	s := NewStream(conn, time.Minute)
	defer s.Close()
	_, err := client.Write(binary.BigEndian.AppendUint16(nil, MaxPacket+1))
	must(t, err)
	if _, err := s.Read(); !errors.Is(err, ErrTooLong) {
		t.Errorf("a frame that is too long: %v", err)
	}
}

// What waits is bounded, and sending never waits.
func TestStreamThatIsNotRead(t *testing.T) {
	_, conn := connected(t, listening(t, Limits{1, 1}))
	s := NewStream(conn, time.Minute)
	defer s.Close()
	sent := 0
	for ; s.Send(make([]byte, 1000)) == nil; sent += 1000 {
		if sent > 64<<20 {
			t.Fatal("64 MB wait for who reads nothing")
		}
	}
	if sent < maxWaiting/2 {
		t.Errorf("full after %d bytes", sent)
	}
	if n := cap(s.waiting); n > 2*maxWaiting {
		t.Errorf("room for %d bytes", n)
	}
}

// Connections over the limits are closed at once; each that ends makes room for one, once.
func TestListenerLimits(t *testing.T) {
	l := listening(t, Limits{Total: 10, PerAddress: 2})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", l.Addr().String())
		must(t, err)
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	first, second := make(chan net.Conn), make(chan net.Conn)
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for _, c := range []chan net.Conn{first, second, first} {
			conn, err := l.Accept()
			if err != nil {
				t.Error(err)
			}
			c <- conn
		}
	})
	dial()
	held := <-first
	dial()
	<-second
	if _, err := dial().Read(make([]byte, 1)); err == nil {
		t.Error("a third connection is open")
	}
	if n := l.Refused(); n != 1 {
		t.Errorf("%d refused", n)
	}
	_ = held.Close()
	_ = held.Close()
	dial()
	<-first
	accepting.Wait()
	must(t, l.Close())
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accepted after the end: %v", err)
	}
	if n := len(l.open) + len(l.from); n != 0 {
		t.Errorf("%d connections are counted after the end", n)
	}
}

func TestSources(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7/32", "::ffff:192.0.2.7": "192.0.2.7/32", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		a, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(address, "1"))
		must(t, err)
		if got := sourceOf(a).String(); got != want {
			t.Errorf("%s counts for %s, want %s", address, got, want)
		}
	}
}
