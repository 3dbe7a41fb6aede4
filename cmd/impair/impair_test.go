package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"diemcau/sfu/sfutest/link"
)

// TestConnection holds in virtual time that whatever a link does to segments, the bytes of a connection arrive in order and once.
func TestConnection(t *testing.T) {
	for name, c := range map[string]link.Conditions{
		"perfect":   {},
		"slow":      {Rate: 256_000, QueueTime: 300 * time.Millisecond, Delay: 100 * time.Millisecond},
		"lossy":     {Delay: 50 * time.Millisecond, Loss: 0.3, Jitter: 20 * time.Millisecond, Duplicate: 0.1},
		"reordered": {Delay: 50 * time.Millisecond, Jitter: 50 * time.Millisecond, Reorder: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWire(t, c)
				sent := make([]byte, 200_000)
				for i := range sent {
					sent[i] = byte(rand.IntN(256))
				}
				client, server := w.connect()
				go func() {
					_, _ = client.Write(sent)
					_ = client.Close()
				}()
				received, err := io.ReadAll(server)
				if err != nil || sha256.Sum256(received) != sha256.Sum256(sent) {
					t.Errorf("%d of %d bytes arrived: %v", len(received), len(sent), err)
				}
				if counts := w.site.up.counts(); c.Loss > 0 && counts.Lost == 0 {
					t.Errorf("nothing was lost: %+v", counts)
				}
			})
		})
	}
}

// TestConnectionDelay holds that a handshake and a request take the round trips that they take.
func TestConnectionDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, link.Conditions{Delay: 100 * time.Millisecond})
		begin := time.Now()
		client, server := w.connect()
		go func() { _, _ = client.Write([]byte("?")) }()
		_, _ = io.ReadFull(server, make([]byte, 1))
		if took := time.Since(begin); took != 300*time.Millisecond {
			t.Errorf("the request came after %v", took)
		}
	})
}

// TestConnectionCut holds that what is sent while the link is cut comes when TCP sends it again afterwards.
func TestConnectionCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, link.Conditions{})
		client, server := w.connect()
		w.do(`{"cut":true}`)
		begin := time.Now()
		go func() { _, _ = client.Write([]byte("?")) }()
		time.AfterFunc(10*time.Second, func() { w.do(`{"cut":false}`) })
		_, _ = io.ReadFull(server, make([]byte, 1))
		// After 0.2, 0.6, 1.4, 3, 6.2 and 12.6 s.
		if took := time.Since(begin); took != 12600*time.Millisecond {
			t.Errorf("it came after %v", took)
		}
	})
}

// TestConnectionMove holds that nothing of a connection passes any more after a change of address, and that a new one passes.
func TestConnectionMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWire(t, link.Conditions{})
		client, server := w.connect()
		w.do(`{"move":true}`)
		go func() { _, _ = client.Write([]byte("?")) }()
		arrived := make(chan error, 1)
		go func() {
			_, err := server.Read(make([]byte, 1))
			arrived <- err
		}()
		time.Sleep(time.Hour)
		synctest.Wait()
		select {
		case err := <-arrived:
			t.Errorf("the server was told: %v", err)
		default:
		}
		client, again := w.connect()
		go func() { _, _ = client.Write([]byte("!")) }()
		if _, err := io.ReadFull(again, make([]byte, 1)); err != nil {
			t.Error(err)
		}
	})
}

// wire is a site with one TCP port in memory.
type wire struct {
	t       *testing.T
	site    *site
	clients chan net.Conn
	servers chan net.Conn
}

func newWire(t *testing.T, c link.Conditions) *wire {
	ctx, cancel := context.WithCancel(t.Context())
	w := &wire{t: t, site: newSite(ctx, c, c, 1, slog.New(slog.DiscardHandler)), clients: make(chan net.Conn), servers: make(chan net.Conn)}
	port := w.site.forwardStreams(ctx, w, "", func(context.Context, string) (net.Conn, error) {
		near, far := net.Pipe()
		w.servers <- far
		return near, nil
	})
	w.site.streams = append(w.site.streams, port)
	t.Cleanup(func() {
		cancel()
		close(w.clients)
		w.site.goroutines.Wait()
	})
	return w
}

// connect gives both ends of a new connection.
func (w *wire) connect() (client, server net.Conn) {
	near, far := net.Pipe()
	w.clients <- far
	server = <-w.servers
	w.t.Cleanup(func() {
		_ = near.Close()
		_ = server.Close()
	})
	return near, server
}

func (w *wire) do(command string) {
	if err := w.site.execute([]byte(command)); err != nil {
		w.t.Error(err)
	}
}

// Accept implements net.Listener.
func (w *wire) Accept() (net.Conn, error) {
	c, ok := <-w.clients
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close implements net.Listener.
func (w *wire) Close() error { return nil }

// Addr implements net.Listener.
func (w *wire) Addr() net.Addr { return nil }

// bench is the command on real sockets.
type bench struct {
	*testing.T
	commands *io.PipeWriter
	reports  *json.Decoder
	first    report
}

func newBench(t *testing.T, o options) *bench {
	in, commands := io.Pipe()
	reports, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), o, in, out, slog.New(slog.DiscardHandler)) }()
	b := &bench{T: t, commands: commands, reports: json.NewDecoder(reports)}
	t.Cleanup(func() {
		_ = commands.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	b.first = b.report()
	return b
}

func (b *bench) report() (r report) {
	b.Helper()
	if err := b.reports.Decode(&r); err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) do(command string) report {
	b.Helper()
	_, _ = io.WriteString(b.commands, command+"\n")
	return b.report()
}

// server answers every packet with the address that it came from.
func server(t *testing.T) netip.AddrPort {
	s, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	go func() {
		buffer := make([]byte, 100)
		for {
			_, from, err := s.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			_, _ = s.WriteToUDPAddrPort([]byte(from.String()), from)
		}
	}()
	return s.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestDatagrams(t *testing.T) {
	b := newBench(t, options{UDP: []forward{{netip.MustParseAddrPort("127.0.0.1:0"), server(t)}}, Seed: 1})
	dial := func() func() string {
		c, err := net.Dial("udp4", b.first.UDP[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return func() string {
			buffer := make([]byte, 100)
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, err := c.Write([]byte("?")); err != nil {
				t.Fatal(err)
			}
			n, err := c.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			return string(buffer[:n])
		}
	}
	one, other := dial(), dial()
	seen := one()
	if again := one(); again != seen {
		t.Errorf("one client came from %s and %s", seen, again)
	}
	if other() == seen {
		t.Error("two clients have one address")
	}
	r := b.do(`{"move":true}`)
	if moved := one(); !strings.HasPrefix(seen, "127.0.0.1:") || !strings.HasPrefix(moved, "127.0.0.2:") || r.Moves != 1 || r.Clients != 0 {
		t.Errorf("from %s to %s: %+v", seen, moved, r)
	}
	b.do(`{"cut":true}`)
	c, _ := net.Dial("udp4", b.first.UDP[0])
	defer c.Close()
	for range 10 {
		_, _ = c.Write([]byte("?"))
	}
	for b.do(`{}`).Up.Cut < 10 {
		time.Sleep(time.Millisecond)
	}
	if r := b.do(`{"cut":false}`); r.Clients != 1 || r.Up.Cut != 10 {
		t.Errorf("after the cut: %+v", r)
	}
	one()
}

func TestCommands(t *testing.T) {
	b := newBench(t, options{UDP: []forward{{netip.MustParseAddrPort("127.0.0.1:0"), server(t)}}, Seed: 1})
	for _, wrong := range []string{
		``, `[]`, `{"up":{"loss":2}}`, `{"down":{"rate_bps":-1}}`, `{"down":{"delay_ms":1e9}}`, `{"up":{"burst":{"share":1,"length":1}}}`,
		`{"upp":{}}`, `{} {}`, `{"up":{"loss":"much"}}`, `{"up":{"burst":{"share":0.1}}}`,
	} {
		if r := b.do(wrong); r.Error == "" {
			t.Errorf("%s was obeyed", wrong)
		}
	}
	if r := b.do(`{"up":{"loss":0.5,"burst":{"share":0.1,"length":5}},"down":{"rate_bps":256000,"queue_ms":300,"delay_ms":100}}`); r.Error != "" {
		t.Error(r.Error)
	}
}

func TestForward(t *testing.T) {
	for _, wrong := range []string{"", "127.0.0.1:1", "127.0.0.1:1=127.0.0.1:0", "0.0.0.0:1=127.0.0.1:2", "127.0.0.1:1=10.0.0.1:2", "127.0.0.1:1=localhost:2"} {
		if (&forward{}).UnmarshalText([]byte(wrong)) == nil {
			t.Errorf("%q was taken", wrong)
		}
	}
	var f forward
	if err := f.UnmarshalText([]byte("127.0.0.1:0=127.0.0.1:7890")); err != nil || f.target.Port() != 7890 {
		t.Errorf("%+v %v", f, err)
	}
}

// TestOrder holds that packets of one moment are delivered in the order in which they were sent.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		p := newPath(link.Conditions{Delay: time.Second}, 1)
		done := make(chan struct{})
		go func() {
			defer close(done)
			p.run(ctx)
		}()
		var got bytes.Buffer
		for i := range byte(100) {
			p.send(100, func() { got.WriteByte(i) })
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for i, b := range got.Bytes() {
			if int(b) != i {
				t.Fatalf("packet %d came as number %d", b, i)
			}
		}
		if got.Len() != 100 {
			t.Errorf("%d packets came", got.Len())
		}
		cancel()
		<-done
	})
}
