package transport

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/codec"
)

func overTCP(c *Config) { c.ListenTCP = SamePort }

// stream is one more line of a raw client's, over TCP.
func (r *raw) stream(d *Direct) *line {
	r.t.Helper()
	return r.begun(streamTo(r.t, d))
}

// streamTo is a TCP connection to the media port, which nobody reads.
func streamTo(t testing.TB, d *Direct) *line {
	t.Helper()
	conn, err := net.Dial("tcp", d.streams.Addr().String())
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &line{stream: conn, to: netip.MustParseAddrPort(d.streams.Addr().String())}
}

// hungUp waits until the server has closed a connection that nobody reads.
func (l *line) hungUp(t testing.TB) {
	t.Helper()
	_ = l.stream.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(io.Discard, l.stream); errors.Is(err, errTimeout(err)) {
		t.Fatal("the connection is still open")
	}
}

// errTimeout is err where it is that of a deadline.
func errTimeout(err error) error {
	if e, ok := err.(net.Error); ok && e.Timeout() {
		return err
	}
	return io.EOF
}

// A client that no UDP reaches has its meeting over one TCP connection.
func TestMediaOverTCP(t *testing.T) {
	for name := range implementations {
		t.Run(name, func(t *testing.T) {
			tr := open(t, name, overTCP)
			s, c := newServer(), newClient(t, func(s *webrtc.SettingEngine) { s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeTCP4}) })
			conn := connect(t, tr, s)
			c.sends(webrtc.MimeTypeOpus, 48000)
			c.slots(1, 0)
			a := offered(t, conn, c.offer(nil))
			if !strings.Contains(a.SDP, " typ host tcptype passive") {
				t.Fatalf("the answer has no TCP candidate: %s", a.SDP)
			}
			c.accept(a.SDP)
			until(t, "connection", s.look(s.connected))
			until(t, "packets at the server", s.look(func() bool {
				return len(s.streams) == 1 && s.packets[s.streams[0].SSRC] > 5
			}))
			header := rtp.Header{Version: 2, PayloadType: a.Slots[0].Payload[codec.VP8].Media, SSRC: a.Slots[0].SSRC}
			until(t, "packets at the client", func() bool {
				header.SequenceNumber++
				must(t, a.Slots[0].Out.WriteRTP(&header, make([]byte, 1000)))
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.received["video0"] > 5
			})
		})
	}
}

// Without a TCP socket no candidate speaks of one.
func TestNoTCP(t *testing.T) {
	for name := range implementations {
		t.Run(name, func(t *testing.T) {
			s, c := newServer(), newClient(t)
			conn := connect(t, open(t, name), s)
			c.slots(1, 0)
			if a := offered(t, conn, c.offer(nil)); strings.Contains(a.SDP, "tcptype") {
				t.Error(a.SDP)
			}
		})
	}
}

// Clients connect to all candidates for TCP at once: loopback is one where there is no other only.
func TestStreamCandidates(t *testing.T) {
	d := open(t, "direct", overTCP, func(c *Config) { c.Listen = ":0" }).(*Direct)
	d.mu.Lock()
	d.addressesAt = time.Now()
	d.addresses = []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}
	d.mu.Unlock()
	var got []string
	for _, line := range d.candidates() {
		if fields := strings.Fields(line); fields[2] == "tcp" {
			got = append(got, fields[4])
		}
	}
	if want := []string{"192.0.2.7", "2001:db8::7"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// onTCP is a raw client whose connection stands on a TCP connection alone.
func onTCP(t *testing.T, d *Direct, sections ...string) *raw {
	t.Helper()
	r := newRaw(t, d)
	r.offer(sections...)
	r.line = r.stream(d)
	r.check(r.line)
	must(t, r.shake(dtls.SRTP_AEAD_AES_128_GCM))
	r.connected()
	return r
}

// All that goes over UDP goes over TCP: checks, the handshake, media and reports; the client learns the address that it is seen under.
func TestStreamIsAPath(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	r := onTCP(t, d, microphone, soundSlot)
	answer := r.check(r.line)
	var seen stun.XORMappedAddress
	must(t, seen.GetFrom(answer))
	if seen.String() != r.line.stream.LocalAddr().String() {
		t.Errorf("seen as %s from %s", seen, r.line.stream.LocalAddr())
	}
	r.good()
	r.hears(r.answer.Slots[0], r.line)
	next(t, "report on what arrived", r.line.reports)
}

// A client that changes from UDP to TCP and back is followed, as with any change of path.
func TestStreamAndSocket(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	r := up(t, d, microphone, soundSlot)
	socket := r.line
	r.hears(r.answer.Slots[0], socket)
	r.line = r.stream(d)
	r.checkWith(r.line) // as good as UDP no TCP is: the check alone changes nothing
	r.hears(r.answer.Slots[0], socket)
	r.good() // but the media that follows does
	r.hears(r.answer.Slots[0], r.line)
	stream := r.line
	r.line = socket
	stream.close()
	until(t, "end of the path", func() bool { return stateOf(d).bindings == 1 })
	r.check(socket) // nothing is left of the path, so that the check is enough
	r.hears(r.answer.Slots[0], socket)
}

// An ICE restart may go on with the connection that there is.
func TestRestartOnAStream(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	r := onTCP(t, d, microphone, soundSlot)
	r.restart(microphone, soundSlot)
	r.check(r.line)
	r.good()
	r.hears(r.answer.Slots[0], r.line)
}

// One address and port is two paths, of UDP and of TCP: who has passed a check on one has nothing on the other.
func TestStreamAndSocketOfOneAddress(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	r := onTCP(t, d, microphone)
	same, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(r.line.stream.LocalAddr().String())))
	must(t, err)
	defer same.Close()
	r.number++
	packet := r.sealed(rtp.Header{PayloadType: 111, SSRC: microphoneSSRC, SequenceNumber: r.number}, []byte("sound"))
	wantDrops(t, d, map[Drop]uint64{UnknownSource: 1}, func() {
		_, err = same.WriteToUDPAddrPort(packet, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(d.Port())))
		must(t, err)
		until(t, "drop", func() bool { return d.Dropped()[UnknownSource.String()] > 0 })
	})
	r.good()
}

// The connection of a client that is gone is hung up, after the goodbye.
func TestCloseHangsUp(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	r := onTCP(t, d, microphone)
	must(t, r.conn.Close())
	if _, err := r.secure.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("no goodbye: %v", err)
	}
	select {
	case <-r.line.ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the connection is still open")
	}
	if n := stateOf(d).bindings; n != 0 {
		t.Errorf("%d paths are left", n)
	}
}

// Who does not make a check that passes is hung up on: after some frames, after a while, at once for one that no packet needs.
func TestStrangeStreams(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	r := up(t, d, microphone)
	wrong := r.theirs
	wrong.pwd = newCredentials().pwd
	hello := append([]byte{22, 254, 253}, make([]byte, 60)...)
	forged := func() []byte {
		right := r.theirs
		r.theirs = wrong
		defer func() { r.theirs = right }()
		return r.request(nominated(1)...)
	}
	for name, c := range map[string]struct {
		bytes []byte
		want  map[Drop]uint64
	}{
		"handshakes":        {bytes.Repeat(framed(hello), strangerFrames), map[Drop]uint64{UnknownSource: strangerFrames}},
		"media":             {bytes.Repeat(framed(r.sealed(rtp.Header{SSRC: microphoneSSRC}, nil)), strangerFrames), map[Drop]uint64{UnknownSource: strangerFrames}},
		"nothing in frames": {make([]byte, 2*strangerFrames), map[Drop]uint64{Truncated: strangerFrames}},
		"wrong password":    {bytes.Repeat(framed(forged()), strangerFrames), map[Drop]uint64{BadCheck: strangerFrames}},
		"long frame":        {[]byte{0xff, 0xff, 0, 1}, map[Drop]uint64{Oversized: 1}},
		"web":               {[]byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), map[Drop]uint64{Oversized: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			wantDrops(t, d, c.want, func() {
				l := streamTo(t, d)
				_, err := l.stream.Write(c.bytes)
				must(t, err)
				l.hungUp(t)
			})
		})
	}
	r.good()
}

func TestSilentStreams(t *testing.T) {
	d := open(t, "direct", overTCP, func(c *Config) { c.patience = time.Millisecond }).(*Direct)
	wantDrops(t, d, map[Drop]uint64{StreamSilent: 1}, func() { streamTo(t, d).hungUp(t) })
	wantDrops(t, d, map[Drop]uint64{StreamSilent: 1}, func() {
		l := streamTo(t, d)
		_, err := l.stream.Write([]byte{0}) // half of a length
		must(t, err)
		l.hungUp(t)
	})
}

// One address has so many connections and no more, whatever it does with them; those that end make room.
func TestTooManyStreams(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	first := streamTo(t, d)
	for range streamLimits.PerAddress - 1 {
		streamTo(t, d)
	}
	wantDrops(t, d, map[Drop]uint64{StreamRefused: 1}, func() { streamTo(t, d).hungUp(t) })
	r := up(t, d, microphone)
	r.good()
	_, err := first.stream.Write([]byte{0xff, 0xff})
	must(t, err)
	first.hungUp(t)
	r.line = r.stream(d)
	r.check(r.line)
	r.good()
}

// A client that does not read loses packets; the worker does not wait for it, and others hear as ever.
func TestSlowReader(t *testing.T) {
	d := open(t, "direct", overTCP).(*Direct)
	fast := up(t, d, soundSlot)
	slow := newRaw(t, d)
	slow.offer(videoSlot)
	slow.line = slow.stream(d)
	slow.check(slow.line)
	must(t, slow.shake(dtls.SRTP_AEAD_AES_128_GCM))
	slow.connected()
	slow.line.stalled.Lock()
	defer slow.line.stalled.Unlock()
	slot := slow.answer.Slots[0]
	header := rtp.Header{Version: 2, SSRC: slot.SSRC}
	full := func() bool { return d.Dropped()[StreamFull.String()] > 0 }
	for range 50_000 {
		header.SequenceNumber++
		must(t, slot.Out.WriteRTP(&header, make([]byte, 1200)))
		if full() {
			break
		}
	}
	if !full() {
		t.Error("60 MB wait for a client that reads nothing")
	}
	fast.hears(fast.answer.Slots[0], fast.line)
}
