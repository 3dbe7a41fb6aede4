package transport

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"diemcau/sfu/transport/udp"
)

// clock stands still but for what a test moves it on.
type clock struct{ now atomic.Int64 }

func (c *clock) config(config *Config) { config.Now = c.now.Load }

func (c *clock) forward(d time.Duration) { c.now.Add(int64(d)) }

func TestAChecksAnswerSaysWhereItCameFrom(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := newRaw(t, d)
	r.offer(microphone)
	for _, change := range [][]stun.Setter{nil, nominated(7), {ice.AttrControlling(1)}, {stun.NewSoftware("any")}} {
		m := r.checkWith(r.line, change...)
		var mapped stun.XORMappedAddress
		must(t, mapped.GetFrom(m))
		if m.Type != stun.BindingSuccess || mapped.Port != int(r.line.address().Port()) || !mapped.IP.Equal(net.IPv4(127, 0, 0, 1)) {
			t.Errorf("%v says %v", m.Type, mapped)
		}
	}
}

// A client that takes itself for the controlled side is told of it, and has no path by that.
func TestARoleConflict(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := newRaw(t, d)
	r.offer(microphone)
	m := r.checkWith(r.line, ice.AttrControlled(1), ice.UseCandidate())
	var code stun.ErrorCodeAttribute
	must(t, code.GetFrom(m))
	if m.Type != stun.BindingError || code.Code != stun.CodeRoleConflict {
		t.Errorf("%v, %v", m.Type, code)
	}
	if s := stateOf(d); s.bindings != 0 {
		t.Errorf("%+v", s)
	}
	r.check(r.line)
}

func TestABindingIndicationGetsNoAnswer(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone)
	indication, err := stun.Build(stun.NewType(stun.MethodBinding, stun.ClassIndication), stun.TransactionID, stun.Fingerprint)
	must(t, err)
	wantDrops(t, d, nil, func() {
		r.send(indication.Raw)
		r.check(r.line) // whose answer is the first
		r.good()
	})
}

// The client moves to another network: checks alone change nothing, its media does.
func TestMediaGoesWhereMediaComesFrom(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, soundSlot)
	slot, first := r.answer.Slots[0], r.line
	r.hears(slot, first)
	second := r.opened("127.0.0.1", "127.0.0.1")
	r.checkWith(second, ice.PriorityAttr(2000))
	r.hears(slot, first)
	r.line = second
	r.good()
	r.hears(slot, second)
	// What others send from there, and what is old, does not.
	third := r.opened("127.0.0.1", "127.0.0.1")
	r.checkWith(third, ice.PriorityAttr(3000))
	old := r.sealed(rtp.Header{PayloadType: 111, SSRC: microphoneSSRC, SequenceNumber: r.number + 1}, nil)
	r.number++
	r.send(old)
	wantDrops(t, d, map[Drop]uint64{Forged: 1, Replayed: 1}, func() {
		third.send(append([]byte{0x80, 111, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 40)...))
		r.good()
		third.send(old)
		r.good()
	})
	r.hears(slot, second)
}

func TestAnICERestartMovesTheMedia(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, soundSlot)
	slot, first := r.answer.Slots[0], r.line
	r.hears(slot, first)
	r.restart(microphone, soundSlot)
	if r.answer.Slots[0] != slot {
		t.Error("the restart changed the slot")
	}
	second := r.opened("127.0.0.1", "127.0.0.1")
	r.checkWith(second, ice.PriorityAttr(1))
	r.hears(slot, first)
	r.checkWith(second, nominated(1)...)
	r.hears(slot, second)
	// What was under way on the old path does not bring it back.
	r.good()
	r.hears(slot, second)
	// The restart may as well find the path that was there.
	r.restart(microphone, soundSlot)
	r.check(second)
	r.hears(slot, second)
	r.line = second
	r.good()
}

func TestTwoFragmentsAreValidDuringAnICERestart(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone)
	type side struct{ own, theirs iceCredentials }
	now := func() side { return side{r.own, r.theirs} }
	as := func(s side) { r.own, r.theirs = s.own, s.theirs }
	first := now()
	r.restart(microphone)
	second := now()
	if first.theirs == second.theirs {
		t.Fatal("a restart without new credentials")
	}
	for _, s := range []side{first, second, first} {
		as(s)
		r.check(r.line)
		r.good()
	}
	as(second)
	r.restart(microphone)
	third := now()
	for _, s := range []side{second, third} {
		as(s)
		r.check(r.line)
		r.good()
	}
	wantDrops(t, d, map[Drop]uint64{BadCheck: 1}, func() {
		as(first)
		r.send(r.request(nominated(1)...))
		as(third)
		r.check(r.line) // whose answer is the first
	})
	// The same credentials again are no restart.
	r.offer(microphone)
	if now() != third {
		t.Error("an offer with the credentials of before got new ones")
	}
	if s := stateOf(d); s.names != 2 {
		t.Errorf("%d names", s.names)
	}
}

// A check with a forged sender takes no address away from a client that is heard of.
func TestAnAddressBelongsToOneConnection(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	victim, thief := up(t, d, microphone, soundSlot), up(t, d, microphone)
	victim.good()
	wantDrops(t, d, map[Drop]uint64{AddressInUse: 3}, func() {
		for range 3 {
			victim.line.send(thief.request(nominated(9000)...))
		}
		victim.good()
	})
	victim.hears(victim.answer.Slots[0], victim.line)
	victim.check(victim.line) // whose answer is the first
	thief.good()
	// Once it is silent the address is free: it may be another's by now.
	c.forward(unhurried)
	wantDrops(t, d, map[Drop]uint64{AddressInUse: 1}, func() {
		victim.line.send(thief.request(nominated(9000)...))
		thief.good()
	})
	c.forward(1)
	wantDrops(t, d, nil, func() { thief.checkWith(victim.line, nominated(9000)...) })
}

// Firefox nominates each pair that works. The server sends to the best, until media tells which the client uses.
func TestEveryPairIsNominated(t *testing.T) {
	d := open(t, "direct").(*Direct)
	for _, order := range [][]uint32{{100, 200}, {200, 100}} {
		r := newRaw(t, d)
		r.offer(microphone, soundSlot)
		lines := map[uint32]*line{100: r.line, 200: r.opened("127.0.0.1", "127.0.0.1")}
		again := func() {
			for _, priority := range order {
				r.checkWith(lines[priority], nominated(priority)...)
			}
		}
		again()
		r.line = lines[order[0]]
		must(t, r.shake(profiles["AES128GCM"]))
		r.connected()
		slot := r.answer.Slots[0]
		again()
		r.hears(slot, lines[200])
		r.line = lines[100]
		r.good()
		again()
		r.hears(slot, lines[100])
		r.line = lines[200]
		r.good()
		again()
		r.hears(slot, lines[200])
	}
}

func TestAClientHasFewPaths(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, soundSlot)
	for range 40 {
		r.check(r.opened("127.0.0.1", "127.0.0.1"))
		if s := stateOf(d); s.bindings > maxBindings {
			t.Fatalf("%d bindings", s.bindings)
		}
		r.good()
		r.hears(r.answer.Slots[0], r.line)
	}
	conn := r.conn.(*directConn)
	conn.mu.Lock()
	defer conn.mu.Unlock()
	if len(conn.bindings) != maxBindings {
		t.Errorf("%d bindings", len(conn.bindings))
	}
}

// A client that is not heard of is disconnected, and comes back with a check; after a longer time it has failed.
func TestSilence(t *testing.T) {
	var c clock
	d := open(t, "direct", c.config).(*Direct)
	r := up(t, d, microphone)
	newest := func(s State) func() bool {
		return r.server.look(func() bool { return r.server.states[len(r.server.states)-1] == s })
	}
	c.forward(disconnectedAfter + time.Second)
	until(t, "disconnection", newest(Disconnected))
	r.check(r.line)
	until(t, "return", newest(Connected))
	c.forward(disconnectedAfter + time.Second)
	until(t, "disconnection", newest(Disconnected))
	r.good()
	until(t, "return by media", newest(Connected))
	c.forward(failedAfter + time.Second)
	until(t, "failure", newest(Failed))
}

// A path that is found while its connection closes is forgotten all the same.
func TestAPathThatIsFoundAtTheEnd(t *testing.T) {
	d := open(t, "direct").(*Direct)
	reader := newReader(d, d.readers[0].socket)
	for range 300 {
		r := newRaw(t, d)
		r.offer(microphone)
		check := r.request()
		var checks sync.WaitGroup
		checks.Go(func() {
			for i := range 100 {
				reader.take(check, udp.Path{Remote: netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(1+i))})
			}
		})
		must(t, r.conn.Close())
		checks.Wait()
		r.end()
	}
	if s := stateOf(d); s != (state{}) {
		t.Errorf("%+v is left", s)
	}
}

// A server that listens on all addresses answers from the one that it was reached at, in both families.
func TestTheServerAnswersFromWhereItWasReached(t *testing.T) {
	d := open(t, "direct", func(c *Config) { c.Listen = ":0" }).(*Direct)
	for _, c := range []struct{ on, to string }{{"127.0.0.1", "127.0.0.1"}, {"127.0.0.2", "127.0.0.2"}, {"127.0.0.1", "127.0.0.3"}, {"::1", "::1"}} {
		t.Run(c.on+" to "+c.to, func(t *testing.T) {
			if probe, err := net.ListenPacket("udp", net.JoinHostPort(c.on, "0")); err != nil {
				t.Skip(err)
			} else {
				must(t, probe.Close())
			}
			r := newRaw(t, d)
			r.line = r.opened(c.on, c.to)
			r.offer(microphone, soundSlot)
			r.check(r.line)
			must(t, r.shake(profiles["AES128GCM"]))
			r.connected()
			r.good()
			for range 3 {
				if from := r.hears(r.answer.Slots[0], r.line); from != r.line.to {
					t.Errorf("media came from %v", from)
				}
			}
			if got := next(t, "report", r.line.reports); got.from != r.line.to {
				t.Errorf("a report came from %v", got.from)
			}
		})
	}
}

// A client may reach two addresses of the host from one of its own. Media comes from the one that the client's goes to, whichever was checked
// last.
func TestTwoAddressesOfTheHost(t *testing.T) {
	d := open(t, "direct", func(c *Config) { c.Listen = ":0" }).(*Direct)
	r := up(t, d, microphone, soundSlot)
	other := *r.line
	other.to = netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), other.to.Port())
	for _, use := range []*line{r.line, &other, r.line} {
		for range 2 {
			r.check(r.line)
			r.check(&other)
			r.line = use
			r.good()
			r.check(r.line)
			r.check(&other)
			if from := r.hears(r.answer.Slots[0], r.line); from != use.to {
				t.Errorf("media came from %v and not from %v", from, use.to)
			}
		}
	}
	if s := stateOf(d); s.bindings != 2 {
		t.Errorf("%d bindings", s.bindings)
	}
}

// candidatesOf are the addresses of an answer's candidates, the preferred first.
func candidatesOf(t *testing.T, sdp string) (all []string) {
	t.Helper()
	priority := uint32(1<<32 - 1)
	for line := range strings.SplitSeq(sdp, "\r\n") {
		if value, ok := strings.CutPrefix(line, "a=candidate:"); ok {
			must(t, checkCandidate("candidate:"+value))
			c, err := ice.UnmarshalCandidate(value)
			must(t, err)
			if c.Priority() >= priority {
				t.Errorf("%s is not after what stands before it", value)
			}
			priority = c.Priority()
			all = append(all, c.Address())
		}
	}
	return all
}

// Behind a 1:1 NAT, clients of both of its sides find the server.
func TestBothSidesOfANATAreAdvertised(t *testing.T) {
	host := open(t, "direct", func(c *Config) { c.Listen = ":0" }).(*Direct).hostAddresses(false)
	if i := slices.IndexFunc(host, netip.Addr.IsLoopback); i < 0 || slices.ContainsFunc(host[i:], func(a netip.Addr) bool { return !a.IsLoopback() }) {
		t.Errorf("the host's addresses are %v, want those last that serve this machine only", host)
	}
	outer := []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("::ffff:203.0.113.8"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.7")}
	d := open(t, "direct", func(c *Config) { c.Advertise = outer }).(*Direct)
	r := newRaw(t, d)
	r.offer(microphone)
	if got, want := candidatesOf(t, r.answer.SDP), []string{"127.0.0.1", "203.0.113.7", "203.0.113.8"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("candidates %v, want %v", got, want)
	}
	r.check(r.line)

	d = open(t, "direct", func(c *Config) { c.Listen, c.Advertise = ":0", outer }).(*Direct)
	d.addresses, d.addressesAt = append(make([]netip.Addr, 0, 8), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")), time.Now()
	// Several are answered at a time: they share what is known of the host's addresses.
	var answers sync.WaitGroup
	for range 4 {
		answers.Go(func() {
			for range 100 {
				d.candidates()
			}
		})
	}
	answers.Wait()
	if got, want := candidatesOf(t, strings.Join(d.candidates(), "")), []string{"192.0.2.1", "127.0.0.1", "203.0.113.7", "203.0.113.8"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("candidates %v, want %v", got, want)
	}
}
