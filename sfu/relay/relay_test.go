package relay

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
)

// each runs a test with each way to the server.
func each(t *testing.T, test func(t *testing.T, b *bench, way string)) {
	for _, way := range ways {
		t.Run(way, func(t *testing.T) { test(t, open(t), way) })
	}
}

func want(t *testing.T, got map[string]uint64, reasons map[Refusal]uint64) {
	t.Helper()
	named := map[string]uint64{}
	for r, n := range reasons {
		named[r.String()] = n
	}
	if fmt.Sprint(got) != fmt.Sprint(named) {
		t.Errorf("refused %v, want %v", got, named)
	}
}

func TestMediaThroughTheRelay(t *testing.T) {
	each(t, func(t *testing.T, b *bench, way string) {
		v := b.allocated(way, "seat")
		if v.relayed.Addr().String() != mediaHost {
			t.Errorf("relayed at %s", v.relayed)
		}
		v.echo(b)
		// And without a channel, in indications.
		data := raw{stun.AttrData, []byte("indicated")}
		m, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peer(b.port()), data)
		must(t, err)
		_, err = v.conn.Write(m.Raw)
		must(t, err)
		if got, ok := v.read(soon); !ok || !bytes.Contains(got, []byte("indicated")) {
			t.Errorf("%q", got)
		}
		if s := b.Stats(); s.Allocations != 1 || s.Created != 1 || s.PacketsIn != 2 || s.PacketsOut != 2 {
			t.Errorf("%+v", s)
		}
		if c := code(v.ask(request(stun.MethodRefresh), raw{stun.AttrLifetime, make([]byte, 4)})); c != 0 || b.Stats().Allocations != 0 {
			t.Errorf("after its end: %d, %+v", c, b.Stats())
		}
	})
}

// forbidden are addresses that nobody may reach through the server.
var forbidden = []string{
	"127.0.0.1", "127.0.0.3", "127.255.255.254", "0.0.0.0", "::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::ffff:169.254.169.254", "169.254.169.254",
	"169.254.0.1", "fe80::1", "224.0.0.1", "239.255.255.255", "ff02::1", "255.255.255.255", "10.0.0.1", "172.16.0.1", "192.168.1.1", "fd00::1",
	"100.64.0.1", "8.8.8.8", "2001:4860:4860::8888", "64:ff9b::7f00:1", "2002:7f00:1::",
}

// Of all addresses that a client may ask for, none but the media's is granted, whatever the way that it came by.
func TestNothingButMediaIsGranted(t *testing.T) {
	each(t, func(t *testing.T, b *bench, way string) {
		v := b.allocated(way, "seat")
		for i, address := range forbidden {
			to := peer(netip.AddrPortFrom(netip.MustParseAddr(address), b.port().Port()))
			if c := code(v.ask(request(stun.MethodCreatePermission), to)); c == 0 {
				t.Errorf("%s is permitted", address)
			}
			m := v.try(request(stun.MethodChannelBind), number(0x4001+uint16(i)), to)
			if m != nil && code(m) == 0 {
				t.Errorf("%s has a channel", address)
			}
			if c := code(v.ask(request(stun.MethodConnect), to)); c == 0 {
				t.Errorf("%s is connected to", address)
			}
		}
		// One that is forbidden spoils the whole request.
		if c := code(v.ask(request(stun.MethodCreatePermission), peer(b.port()), peer(netip.MustParseAddrPort("127.0.0.1:6379")))); c == 0 {
			t.Error("a forbidden address is permitted beside a permitted one")
		}
		if n := b.Stats().Refused[PeerDenied.String()]; n < uint64(len(forbidden)) {
			t.Errorf("%d are counted", n)
		}
		v.echo(b)
	})
}

// try is ask, for what may be dropped without an answer: the next request then has one.
func (v *visitor) try(kind stun.MessageType, change ...stun.Setter) *stun.Message {
	v.t.Helper()
	setters := append([]stun.Setter{stun.TransactionID, kind}, change...)
	setters = append(setters, stun.NewUsername(v.username), stun.NewRealm(realm), v.nonce, stun.NewLongTermIntegrity(v.username, realm, v.password))
	m, err := stun.Build(setters...)
	must(v.t, err)
	_, err = v.conn.Write(m.Raw)
	must(v.t, err)
	after, err := stun.Build(stun.TransactionID, stun.BindingRequest)
	must(v.t, err)
	_, err = v.conn.Write(after.Raw)
	must(v.t, err)
	var answer *stun.Message
	for {
		got, ok := v.read(soon)
		if !ok {
			v.t.Fatal("no answer")
		}
		a := &stun.Message{Raw: got}
		must(v.t, a.Decode())
		if a.TransactionID == after.TransactionID {
			return answer
		}
		answer = a
	}
}

// At the address of the media, too, only its port is reached: not Redis, be it where media is.
func TestNoPortButTheMedias(t *testing.T) {
	each(t, func(t *testing.T, b *bench, way string) {
		redis, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(mediaHost)})
		must(t, err)
		defer redis.Close()
		listener, err := net.Listen("tcp4", redis.LocalAddr().String())
		must(t, err)
		defer listener.Close()
		port := peer(redis.LocalAddr().(*net.UDPAddr).AddrPort())
		v := b.allocated(way, "seat")
		if c := code(v.ask(request(stun.MethodCreatePermission), peer(b.port()))); c != 0 {
			t.Fatalf("no permission for media: %d", c)
		}
		want(t, b.refusals(func() {
			if m := v.try(request(stun.MethodChannelBind), number(0x4001), port); m != nil {
				t.Errorf("a channel was answered: %s", m)
			}
			disguised := request(stun.MethodChannelBind)
			m, err := stun.Build(stun.TransactionID, disguised, number(0x4002), port)
			must(t, err)
			m.Raw[0] |= 0xc0 // bits that some parsers ignore
			if way == "udp" {
				_, err = v.conn.Write(m.Raw)
				must(t, err)
			}
			for _, data := range []string{"PING", "SHUTDOWN NOSAVE"} {
				m, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), port, raw{stun.AttrData, []byte(data)})
				must(t, err)
				_, err = v.conn.Write(m.Raw)
				must(t, err)
			}
			v.echo(b)
		}), map[Refusal]uint64{PeerDenied: map[bool]uint64{true: 4, false: 3}[way == "udp"]})
		want(t, b.refusals(func() {
			if c := code(v.ask(request(stun.MethodConnect), port)); c == 0 {
				t.Error("connected")
			}
		}), map[Refusal]uint64{TCPDenied: 1})
		_ = redis.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if n, err := redis.Read(make([]byte, 100)); err == nil {
			t.Errorf("%d bytes arrived", n)
		}
		_ = listener.(*net.TCPListener).SetDeadline(time.Now().Add(20 * time.Millisecond))
		if c, err := listener.Accept(); err == nil {
			_ = c.Close()
			t.Error("a connection arrived")
		}
	})
}

// Where media is taken at outer addresses, loopback is none of them.
func TestLoopbackIsNoPeerOfAServer(t *testing.T) {
	all := []netip.AddrPort{netip.MustParseAddrPort("192.0.2.7:7890"), netip.MustParseAddrPort("[2001:db8::7]:7890"), netip.MustParseAddrPort("127.0.0.1:7890"), netip.MustParseAddrPort("[::1]:7890")}
	s := &Server{config: Config{Media: func() []netip.AddrPort { return all }}}
	if got := s.peers(); !slices.Equal(got, all[:2]) {
		t.Errorf("%v", got)
	}
	if s.permits(nil, net.ParseIP("127.0.0.1")) || !s.permits(nil, net.ParseIP("192.0.2.7")) || s.permits(nil, nil) {
		t.Error("the wrong are permitted")
	}
}

// Nobody but the media port reaches a client through its allocation.
func TestStrangersAtAnAllocation(t *testing.T) {
	b := open(t)
	v := b.allocated("udp", "seat")
	v.echo(b)
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(mediaHost)}) // of the address that is permitted
	must(t, err)
	defer stranger.Close()
	want(t, b.refusals(func() {
		_, err = stranger.WriteToUDPAddrPort([]byte("hello"), v.relayed)
		must(t, err)
		v.echo(b) // and nothing came before that
	}), map[Refusal]uint64{Stranger: 1})
}

// No TCP connection is made for a client or taken for it (RFC 6062), and no ports are chosen by it.
func TestOnlyPlainAllocations(t *testing.T) {
	each(t, func(t *testing.T, b *bench, way string) {
		v := b.visit(way, "seat")
		want(t, b.refusals(func() {
			if c := code(v.ask(request(stun.MethodAllocate), overTCP)); c != int(stun.CodeInsufficientCapacity) {
				t.Errorf("over TCP: %d", c)
			}
		}), map[Refusal]uint64{TCPDenied: 1})
		for name, attribute := range map[string]stun.Setter{
			"a pair of ports": raw{stun.AttrEvenPort, []byte{0x80}}, "a reserved port": raw{stun.AttrReservationToken, make([]byte, 8)},
			"IPv6": raw{stun.AttrRequestedAddressFamily, []byte{2, 0, 0, 0}},
		} {
			if c := code(v.ask(request(stun.MethodAllocate), overUDP, attribute)); c != int(stun.CodeInsufficientCapacity) {
				t.Errorf("%s: %d", name, c)
			}
		}
		if n := b.Stats().Allocations; n != 0 {
			t.Errorf("%d allocations", n)
		}
	})
}

func TestCredentials(t *testing.T) {
	b := open(t)
	for name, c := range map[string]struct {
		change func(*visitor)
		want   map[Refusal]uint64
	}{
		"wrong password":      {func(v *visitor) { v.password += "x" }, map[Refusal]uint64{BadPassword: 1}},
		"another's password":  {func(v *visitor) { _, v.password = b.Credential("other") }, map[Refusal]uint64{BadPassword: 1}},
		"another seat":        {func(v *visitor) { v.username += "x" }, map[Refusal]uint64{BadPassword: 1}},
		"a later end":         {func(v *visitor) { v.username = "9" + v.username }, map[Refusal]uint64{BadPassword: 1}},
		"no end":              {func(v *visitor) { v.username = "seat" }, map[Refusal]uint64{BadUsername: 1}},
		"no seat":             {func(v *visitor) { v.username = "99999999999:" }, map[Refusal]uint64{BadUsername: 1}},
		"an end that is none": {func(v *visitor) { v.username = "soon:seat" }, map[Refusal]uint64{BadUsername: 1}},
		"an end long ago":     {func(v *visitor) { v.username = "1:seat"; v.password = b.password(v.username) }, map[Refusal]uint64{Expired: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			v := b.visit("udp", "seat")
			c.change(v)
			want(t, b.refusals(func() {
				if v.allocate() == 0 {
					t.Error("granted")
				}
			}), c.want)
		})
	}
	other := open(t)
	v := b.visit("udp", "seat")
	v.username, v.password = other.Credential("seat")
	if v.allocate() == 0 {
		t.Error("a credential of another process is granted")
	}
}

// An allocation that was granted in time goes on after its credential's end; a new one needs a new credential.
func TestCredentialsExpire(t *testing.T) {
	now := time.Now()
	clock := make(chan time.Time, 1)
	clock <- now
	b := open(t, func(c *Config) {
		c.Now = func() time.Time {
			at := <-clock
			clock <- at
			return at
		}
	})
	v, late := b.allocated("tcp", "seat"), b.visit("tcp", "seat")
	<-clock
	clock <- now.Add(credentialLifetime + time.Second)
	v.echo(b)
	if c := code(v.ask(request(stun.MethodRefresh))); c != 0 {
		t.Errorf("refresh: %d", c)
	}
	if late.allocate() == 0 {
		t.Error("granted after the end")
	}
	if c := b.visit("tcp", "seat").allocate(); c != 0 {
		t.Errorf("a new credential: %d", c)
	}
}

// A seat has so many allocations and no more, with all of its credentials together; other seats have theirs.
func TestQuota(t *testing.T) {
	b := open(t)
	first := b.allocated("udp", "seat")
	for i := range perSeat - 1 {
		b.allocated(ways[i%len(ways)], "seat")
	}
	want(t, b.refusals(func() {
		if c := b.visit("udp", "seat").allocate(); c != int(stun.CodeAllocQuotaReached) {
			t.Errorf("one too many: %d", c)
		}
	}), map[Refusal]uint64{SeatQuota: 1})
	b.allocated("udp", "other").echo(b)
	if c := code(first.ask(request(stun.MethodRefresh), raw{stun.AttrLifetime, make([]byte, 4)})); c != 0 {
		t.Fatal(c)
	}
	b.allocated("udp", "seat")
	b.mu.Lock()
	b.total += inTotal
	b.mu.Unlock()
	want(t, b.refusals(func() {
		if c := b.visit("udp", "third").allocate(); c != int(stun.CodeAllocQuotaReached) {
			t.Errorf("more than all: %d", c)
		}
	}), map[Refusal]uint64{TotalQuota: 1})
	b.mu.Lock()
	b.total -= inTotal
	b.mu.Unlock()
}

// The end of a connection is the end of its allocation.
func TestHangingUpEndsTheAllocation(t *testing.T) {
	b := open(t)
	for _, way := range ways[1:] {
		v := b.allocated(way, "seat")
		_ = v.conn.Close()
		until(t, "end of the allocation", func() bool { return b.Stats().Allocations == 0 })
	}
}

// Over TCP, what is no message ends the connection: one whose length is made up must not be waited for, or read again and again.
func TestStrangeConnections(t *testing.T) {
	b := open(t)
	header := func(length uint16) []byte {
		m := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
		m.Raw[2], m.Raw[3] = byte(length>>8), byte(length)
		return m.Raw
	}
	for name, c := range map[string]struct {
		bytes []byte
		want  map[Refusal]uint64
	}{
		"length that wraps": {header(65516), map[Refusal]uint64{BadMessage: 1}},
		"length of all":     {header(65532), map[Refusal]uint64{BadMessage: 1}},
		"crooked length":    {header(2), map[Refusal]uint64{BadMessage: 1}},
		"no cookie":         {make([]byte, 20), map[Refusal]uint64{BadMessage: 1}},
		"channel of all":    {[]byte{0x40, 0, 0xff, 0xfd, 0, 0, 0, 0, 0}, map[Refusal]uint64{BadMessage: 1}},
		"web":               {[]byte("GET / HTTP/1.1\r\n\r\n"), map[Refusal]uint64{BadMessage: 1}},
		"media":             {[]byte{0x80, 111, 0, 1}, map[Refusal]uint64{BadMessage: 1}},
	} {
		for _, way := range ways[1:] {
			t.Run(name+" over "+way, func(t *testing.T) {
				want(t, b.refusals(func() {
					v := b.visit(way, "seat")
					_, err := v.conn.Write(c.bytes)
					must(t, err)
					v.hungUp()
				}), c.want)
			})
		}
	}
	b.allocated("tcp", "seat").echo(b)
}

func TestSilentConnections(t *testing.T) {
	b := open(t, func(c *Config) { c.patience = 50 * time.Millisecond })
	want(t, b.refusals(func() {
		v := b.visit("tcp", "seat")
		v.hungUp()
	}), map[Refusal]uint64{Silent: 1})
	conn, err := net.Dial("tcp", b.tls.String()) // that makes no handshake
	must(t, err)
	defer conn.Close()
	want(t, b.refusals(func() {
		v := &visitor{t: t, conn: conn}
		v.hungUp()
	}), map[Refusal]uint64{Silent: 1})
}

// A client has its answers from the address that it has sent to, whichever of the host's that is.
func TestAnswersComeFromWhereRequestsGo(t *testing.T) {
	b := open(t, func(c *Config) { c.Listen = ":0" })
	for _, address := range []string{"127.0.0.1", "127.0.0.3"} { // other sources than the kernel's choice
		local := &net.UDPAddr{IP: net.ParseIP("127.0.0.4")}
		conn, err := net.DialUDP("udp4", local, &net.UDPAddr{IP: net.ParseIP(address), Port: int(b.udp.Port())}) // it takes from there only
		must(t, err)
		defer conn.Close()
		v := &visitor{t: t, conn: conn}
		v.username, v.password = b.Credential("seat")
		if c := v.allocate(); c != 0 {
			t.Fatal(c)
		}
		v.echo(b)
	}
}

func TestURLs(t *testing.T) {
	b := open(t)
	plain, secure := b.udp.Port(), b.tls.Port()
	want := fmt.Sprintf("turn:192.0.2.7:%d?transport=udp turn:192.0.2.7:%d?transport=tcp turns:192.0.2.7:%d?transport=tcp", plain, plain, secure)
	if got := strings.Join(b.URLs("192.0.2.7"), " "); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := b.URLs("2001:db8::7")[0]; got != fmt.Sprintf("turn:[2001:db8::7]:%d?transport=udp", plain) {
		t.Error(got)
	}
	off := open(t, func(c *Config) { c.Listen, c.TLS = "", nil })
	if got := off.URLs("192.0.2.7"); len(got) != 0 {
		t.Errorf("a server without sockets: %v", got)
	}
}
