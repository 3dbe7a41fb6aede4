package udp

import (
	"bytes"
	"net"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/pion/transport/v4/vnet"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// soon is longer than anything here takes: only what hangs comes to it. An hour stands for a wait that must be ended.
const soon = 20 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// foreign is a connection that the package does not know for one of the kernel's.
type foreign struct{ net.PacketConn }

// bind binds a connection that ends with its test.
func bind(t testing.TB, network, address string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenPacket(network, address)
	if err != nil {
		t.Skip(err) // a machine without IPv6
	}
	t.Cleanup(func() { _ = conn.Close() })
	udp := conn.(*net.UDPConn)
	_ = udp.SetReadBuffer(bufferSize) // the tests send no more at once than the default holds
	return udp
}

func addressOf(conn net.PacketConn) netip.AddrPort {
	a := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// senders are the kinds of sockets that must send alike.
var senders = map[string]func(testing.TB) *Socket{
	"dual-stack": func(t testing.TB) *Socket { return New(bind(t, "udp", ":0")) },
	"IPv4":       func(t testing.TB) *Socket { return New(bind(t, "udp4", "127.0.0.1:0")) },
	"foreign":    func(t testing.TB) *Socket { return New(foreign{bind(t, "udp", ":0")}) },
}

// readers are the kinds of sockets that must read alike, each with a way to send it a packet.
var readers = map[string]func(testing.TB) (*Socket, func([]byte)){
	"kernel": func(t testing.TB) (*Socket, func([]byte)) {
		conn := bind(t, "udp4", "127.0.0.1:0")
		return New(conn), toward(t, bind(t, "udp4", "127.0.0.1:0"), conn)
	},
	"foreign": func(t testing.TB) (*Socket, func([]byte)) {
		conn := bind(t, "udp4", "127.0.0.1:0")
		return New(foreign{conn}), toward(t, bind(t, "udp4", "127.0.0.1:0"), conn)
	},
	"virtual": func(t testing.TB) (*Socket, func([]byte)) {
		network, err := vnet.NewNet(&vnet.NetConfig{})
		must(t, err)
		conn, err := network.ListenPacket("udp4", "127.0.0.1:0")
		must(t, err)
		sender, err := network.ListenPacket("udp4", "127.0.0.1:0")
		must(t, err)
		t.Cleanup(func() { _, _ = conn.Close(), sender.Close() })
		return New(conn), toward(t, sender, conn)
	},
}

func toward(t testing.TB, from, to net.PacketConn) func([]byte) {
	return func(packet []byte) {
		if _, err := from.WriteTo(packet, to.LocalAddr()); err != nil {
			t.Error(err)
		}
	}
}

// receive takes n packets from a connection.
func receive(t testing.TB, conn *net.UDPConn, n int) [][]byte {
	t.Helper()
	packets := make([][]byte, 0, n)
	buffer := make([]byte, 1<<16)
	must(t, conn.SetReadDeadline(time.Now().Add(soon)))
	for len(packets) < n {
		size, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("%d of %d packets: %v", len(packets), n, err)
		}
		packets = append(packets, bytes.Clone(buffer[:size]))
	}
	return packets
}

// nothing fails where a connection has a packet. What was sent over loopback is there when the call returns.
func nothing(t testing.TB, conn *net.UDPConn) {
	t.Helper()
	must(t, conn.SetReadDeadline(time.Now().Add(time.Millisecond)))
	if n, err := conn.Read(make([]byte, 1<<16)); err == nil {
		t.Fatalf("a packet of %d bytes too many", n)
	}
}

// watch closes a socket that is still waited at when the test should long be over, and gives a check for that.
func watch(t testing.TB, s *Socket) (hung func() bool) {
	fired := make(chan struct{})
	timer := time.AfterFunc(soon, func() {
		close(fired)
		_ = s.Close()
	})
	t.Cleanup(func() { timer.Stop() })
	return func() bool {
		select {
		case <-fired:
			return true
		default:
			return false
		}
	}
}

// waitFor lets other goroutines run until a condition holds.
func waitFor(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(soon); !condition(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("no %s", what)
		}
	}
}

// queued puts packets of one stream into a queue.
func queued(q *Queue, to *Destination, stream uint32, packets ...[]byte) {
	for _, p := range packets {
		q.Add(to, stream, copy(q.Reserve(len(p)), p))
	}
}

// packets are n packets of a size that differ from one another.
func packets(n, size int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = bytes.Repeat([]byte{byte(i)}, size)
	}
	return all
}

func equal(t testing.TB, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d packets, not %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("packet %d of %d bytes is not that of %d bytes which was sent", i, len(got[i]), len(want[i]))
		}
	}
}
