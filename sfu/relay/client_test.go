package relay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("no %s", what)
}

// bench is a relay and what stands for the media port: it sends back all that comes.
type bench struct {
	*Server
	t      *testing.T
	media  *net.UDPConn
	secure *tls.Config // of clients
}

// mediaHost is an address of this host that is not the first of loopback, which stands for the inner ones.
const mediaHost = "127.0.0.2"

func open(t *testing.T, change ...func(*Config)) *bench {
	t.Helper()
	media, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(mediaHost)})
	must(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	certificate, err := selfsign.SelfSign(key)
	must(t, err)
	b := &bench{t: t, media: media, secure: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // its own certificate
	c := Config{
		Listen: "127.0.0.1:0", ListenTLS: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{certificate}},
		Media: func() []netip.AddrPort { return []netip.AddrPort{b.port()} }, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	b.Server, err = New(c)
	must(t, err)
	echoed := make(chan struct{})
	go func() {
		defer close(echoed)
		packet := make([]byte, 2000)
		for {
			n, from, err := media.ReadFromUDPAddrPort(packet)
			if err != nil {
				return
			}
			_, _ = media.WriteToUDPAddrPort(packet[:n], from)
		}
	}()
	t.Cleanup(func() {
		must(t, b.Close())
		_ = media.Close()
		<-echoed
		until(t, "end of all allocations", func() bool { return b.Stats().Allocations == 0 })
	})
	return b
}

func (b *bench) port() netip.AddrPort { return b.media.LocalAddr().(*net.UDPAddr).AddrPort() }

// ways are the ways to the server.
var ways = []string{"udp", "tcp", "tls"}

// visitor is a client of the relay's under the test's control: it asks for what no browser would.
type visitor struct {
	t                  *testing.T
	conn               net.Conn
	stream             bool
	username, password string
	nonce              stun.Nonce
	relayed            netip.AddrPort
}

func (b *bench) visit(way, seat string) *visitor {
	b.t.Helper()
	v := &visitor{t: b.t, stream: way != "udp"}
	v.username, v.password = b.Credential(seat)
	var err error
	switch way {
	case "udp":
		v.conn, err = net.Dial("udp", b.udp.String())
	case "tcp":
		v.conn, err = net.Dial("tcp", b.udp.String())
	default:
		v.conn, err = tls.Dial("tcp", b.tls.String(), b.secure)
	}
	must(b.t, err)
	b.t.Cleanup(func() { _ = v.conn.Close() })
	return v
}

// read takes the next message; ok is false when there is none soon, or the server has hung up.
func (v *visitor) read(patience time.Duration) (packet []byte, ok bool) {
	v.t.Helper()
	_ = v.conn.SetReadDeadline(time.Now().Add(patience))
	packet = make([]byte, 2048)
	if !v.stream {
		n, err := v.conn.Read(packet)
		return packet[:n], err == nil
	}
	if _, err := io.ReadFull(v.conn, packet[:4]); err != nil {
		return nil, false
	}
	n := int(binary.BigEndian.Uint16(packet[2:]))
	if packet[0] < 0x40 {
		n += 20
	} else {
		n = 4 + (n+3)&^3
	}
	_, err := io.ReadFull(v.conn, packet[4:n])
	return packet[:n], err == nil
}

const soon = 10 * time.Second

// ask makes a request as a client that has to show its password, and gives the answer.
func (v *visitor) ask(kind stun.MessageType, change ...stun.Setter) *stun.Message {
	v.t.Helper()
	for {
		setters := append([]stun.Setter{stun.TransactionID, kind}, change...)
		if v.nonce != nil {
			setters = append(setters, stun.NewUsername(v.username), stun.NewRealm(realm), v.nonce,
				stun.MessageIntegrity(turn.GenerateAuthKey(v.username, realm, v.password)))
		}
		m, err := stun.Build(setters...)
		must(v.t, err)
		_, err = v.conn.Write(m.Raw)
		must(v.t, err)
		raw, ok := v.read(soon)
		if !ok {
			v.t.Fatal("no answer")
		}
		answer := &stun.Message{Raw: raw}
		must(v.t, answer.Decode())
		if answer.TransactionID != m.TransactionID {
			v.t.Fatalf("an answer to something else: %s", answer)
		}
		if code(answer) != int(stun.CodeUnauthorized) || v.nonce != nil {
			return answer
		}
		must(v.t, v.nonce.GetFrom(answer))
	}
}

// code is the error of an answer, or 0.
func code(m *stun.Message) int {
	var e stun.ErrorCodeAttribute
	if e.GetFrom(m) != nil {
		return 0
	}
	return int(e.Code)
}

func request(m stun.Method) stun.MessageType { return stun.NewType(m, stun.ClassRequest) }

// transport is a REQUESTED-TRANSPORT attribute (RFC 8656, section 18.7).
type transport byte

func (p transport) AddTo(m *stun.Message) error {
	m.Add(stun.AttrRequestedTransport, []byte{byte(p), 0, 0, 0})
	return nil
}

const (
	overUDP transport = 17
	overTCP transport = 6
)

// peer is an XOR-PEER-ADDRESS attribute.
type peer netip.AddrPort

func (p peer) AddTo(m *stun.Message) error {
	a := netip.AddrPort(p)
	ip := a.Addr().AsSlice()
	if a.Addr().Is4In6() { // as it is, and not as IPv4
		attribute := make([]byte, 20)
		attribute[1] = 2
		binary.BigEndian.PutUint16(attribute[2:], a.Port()^0x2112)
		mask := append([]byte{0x21, 0x12, 0xa4, 0x42}, m.TransactionID[:]...)
		for i, octet := range ip {
			attribute[4+i] = octet ^ mask[i]
		}
		m.Add(stun.AttrXORPeerAddress, attribute)
		return nil
	}
	return stun.XORMappedAddress{IP: ip, Port: int(a.Port())}.AddToAs(m, stun.AttrXORPeerAddress)
}

// number is a CHANNEL-NUMBER attribute.
type number uint16

func (n number) AddTo(m *stun.Message) error {
	m.Add(stun.AttrChannelNumber, []byte{byte(n >> 8), byte(n), 0, 0})
	return nil
}

// raw is an attribute with any value.
type raw struct {
	kind  stun.AttrType
	value []byte
}

func (r raw) AddTo(m *stun.Message) error {
	m.Add(r.kind, r.value)
	return nil
}

// allocate asks for an allocation and gives the error, or 0.
func (v *visitor) allocate() int {
	v.t.Helper()
	answer := v.ask(request(stun.MethodAllocate), overUDP)
	var relayed stun.XORMappedAddress
	if relayed.GetFromAs(answer, stun.AttrXORRelayedAddress) == nil {
		address, _ := netip.AddrFromSlice(relayed.IP)
		v.relayed = netip.AddrPortFrom(address.Unmap(), uint16(relayed.Port))
	}
	return code(answer)
}

// allocated is a visitor with an allocation.
func (b *bench) allocated(way, seat string) *visitor {
	b.t.Helper()
	v := b.visit(way, seat)
	if c := v.allocate(); c != 0 || !v.relayed.IsValid() {
		b.t.Fatalf("%s: %d, %s", way, c, v.relayed)
	}
	return v
}

// echo binds a channel to the media port and waits for what it sends back.
func (v *visitor) echo(b *bench) {
	v.t.Helper()
	if c := code(v.ask(request(stun.MethodChannelBind), number(0x4000), peer(b.port()))); c != 0 {
		v.t.Fatalf("no channel to the media port: %d", c)
	}
	v.channel(0x4000, "media")
	if got, ok := v.read(soon); !ok || string(got[:9]) != "\x40\x00\x00\x05media" {
		v.t.Fatalf("%q, %v", got, ok)
	}
}

// channel sends data on a channel.
func (v *visitor) channel(n uint16, data string) {
	v.t.Helper()
	b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, n), uint16(len(data)))
	b = append(b, data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	_, err := v.conn.Write(b)
	must(v.t, err)
}

// hungUp waits until the server has closed the connection.
func (v *visitor) hungUp() {
	v.t.Helper()
	_ = v.conn.SetReadDeadline(time.Now().Add(soon))
	_, err := io.Copy(io.Discard, v.conn)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		v.t.Fatal("the connection is still open")
	}
}

// refusals are what is counted while f runs.
func (b *bench) refusals(f func()) map[string]uint64 {
	before := b.Stats().Refused
	f()
	counted := map[string]uint64{}
	for reason, n := range b.Stats().Refused {
		if n -= before[reason]; n > 0 {
			counted[reason] = n
		}
	}
	return counted
}
