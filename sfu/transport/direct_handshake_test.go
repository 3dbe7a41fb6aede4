package transport

import (
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtp"
)

func TestOnlyTheOffersCertificateIsLetIn(t *testing.T) {
	d := open(t, "direct").(*Direct)
	for i := range 20 {
		r := newRaw(t, d)
		// Each differs from the right one in another place.
		at := i * 3 % len(r.print)
		wrong := "0"
		if r.print[at] == '0' {
			wrong = "1"
		}
		r.print = r.print[:at] + wrong + r.print[at+1:]
		r.offer(microphone, soundSlot)
		r.check(r.line)
		if err := r.shake(dtls.SRTP_AEAD_AES_128_GCM); err == nil {
			t.Fatal("the handshake went well")
		}
		until(t, "failure", r.server.look(func() bool { return len(r.server.states) > 0 && r.server.states[len(r.server.states)-1] == Failed }))
		wantDrops(t, d, map[Drop]uint64{TooEarly: 2}, func() {
			r.send([]byte{0x80, 111, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4})
			r.send([]byte{0x80, 200, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4})
			r.check(r.line)
		})
		slot := r.answer.Slots[0]
		if err := slot.Out.WriteRTP(&rtp.Header{Version: 2, SSRC: slot.SSRC}, nil); !errors.Is(err, ErrClosed) {
			t.Errorf("media to the client: %v", err)
		}
		r.server.mu.Lock()
		if r.server.connected() || len(r.server.streams) > 0 {
			t.Errorf("states %v, streams %v", r.server.states, r.server.streams)
		}
		r.server.mu.Unlock()
	}
}

// An offer may name its certificate by another hash, and several of them.
func TestFingerprintsOfOtherHashes(t *testing.T) {
	d := open(t, "direct").(*Direct)
	for name, print := range map[string]func(certificate []byte) string{
		"sha-512": func(c []byte) string { s := sha512.Sum512(c); return colons(s[:]) },
		"sha-384": func(c []byte) string { s := sha512.Sum384(c); return colons(s[:]) },
	} {
		r := newRaw(t, d)
		right := "a=fingerprint:" + name + " " + print(r.certificate.Certificate[0])
		text := strings.Replace(r.text(microphone), "a=fingerprint:sha-256 "+r.print, "a=fingerprint:md5 00\r\na=fingerprint:sha-256 "+colons(make([]byte, 32))+"\r\n"+right, 1)
		var err error
		r.answer, err = r.conn.Offer(t.Context(), text)
		must(t, err)
		r.theirs = iceCredentials{attributeOf(r.answer.SDP, "ice-ufrag"), attributeOf(r.answer.SDP, "ice-pwd")}
		r.check(r.line)
		must(t, r.shake(dtls.SRTP_AEAD_AES_128_GCM))
		r.connected()
		r.good()
	}
}

func colons(b []byte) string {
	var parts []string
	for _, octet := range b {
		parts = append(parts, hex.EncodeToString([]byte{octet}))
	}
	return strings.Join(parts, ":")
}

// record is a DTLS record in the clear.
func record(kind byte, number uint32, content ...byte) []byte {
	b := []byte{kind, 0xfe, 0xfd, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint32(b, number)
	b = binary.BigEndian.AppendUint16(b, uint16(len(content)))
	return append(b, content...)
}

// Whoever can forge a client's address, or is the client, cannot bring a connection down that stands: neither a handshake anew nor an alert that
// nobody signed means anything.
func TestAHandshakeIsMadeOnce(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, soundSlot)
	const alert, data = 21, 23
	closeNotify, fatal := record(alert, 1000, 1, 0), record(alert, 1001, 2, 40)
	for _, c := range []struct {
		name   string
		packet []byte
		reason Drop
	}{
		{"the ClientHello again", r.hello, SecondHello},
		{"the end in the clear", closeNotify, Forged},
		{"an alert in the clear", fatal, Forged},
		{"data in the clear", record(data, 1002, 1, 2, 3), Forged},
		{"an unknown record", record(63, 1003, 1, 2, 3), Forged},
		{"the end behind a change of ciphers", append(record(recordChangeCipher, 1004, 1), closeNotify...), Forged},
		{"the end behind a piece of a handshake", append(record(recordHandshake, 1005, make([]byte, 12)...), closeNotify...), Forged},
		{"a sealed record that is forged", func() []byte { b := record(alert, 1006, make([]byte, 40)...); b[4] = 1; return b }(), DropCount},
		{"a piece of a record", closeNotify[:12], DropCount},
	} {
		r.run(c.name, func(t *testing.T) {
			want := map[Drop]uint64{c.reason: 100}
			if c.reason == DropCount {
				want = nil // of no use to anyone, and seen by pion/dtls only
			}
			wantDrops(t, d, want, func() {
				for range 100 {
					r.send(c.packet)
				}
				r.good()
			})
			r.hears(r.answer.Slots[0], r.line)
		})
	}
	got := dropped(d, func() {
		done := make(chan error, 1)
		go func() { done <- r.shake(dtls.SRTP_AEAD_AES_128_GCM) }()
		until(t, "second ClientHello, and that again", func() bool { return d.Dropped()[SecondHello.String()] >= 103 })
		must(t, r.flights.Close())
		if <-done == nil {
			t.Error("a second handshake went well")
		}
	})
	if len(got) != 1 {
		t.Errorf("dropped %v", got)
	}
	r.good()
	r.hears(r.answer.Slots[0], r.line)
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if fmt.Sprint(r.server.states) != fmt.Sprint([]State{Connected}) {
		t.Errorf("states %v", r.server.states)
	}
}

// A client whose last word of the handshake is not answered says it again, part of it in the clear.
func TestTheEndOfAHandshakeIsLost(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := newRaw(t, d)
	var ends atomic.Int32
	r.loses = func(packet []byte) bool { return packet[0] == recordChangeCipher && ends.Add(1) <= 2 }
	r.offer(microphone, soundSlot)
	r.check(r.line)
	wantDrops(t, d, nil, func() {
		must(t, r.shake(dtls.SRTP_AEAD_AES_128_GCM))
		r.connected()
		r.good()
	})
	r.hears(r.answer.Slots[0], r.line)
	if n := ends.Load(); n < 3 {
		t.Errorf("the end came %d times", n)
	}
	must(t, r.secure.Close())
	until(t, "news of the client's end", r.server.look(func() bool { return r.server.states[len(r.server.states)-1] == Failed }))
}

// Handshakes that never end hold a few goroutines each, however much is sent, until their connections are closed or their time is up.
func TestEndlessHandshakes(t *testing.T) {
	const clients, hellos, each = 40, 200, 6
	d := open(t, "direct").(*Direct)
	honest := up(t, d, microphone)
	before := runtime.NumGoroutine()
	var all []*raw
	for range clients {
		r := newRaw(t, d)
		r.offer(microphone)
		r.check(r.line)
		all = append(all, r)
	}
	begun := runtime.NumGoroutine()
	if begun > before+clients+few { // each raw client has one
		t.Errorf("%d goroutines before the handshakes", begun-before)
	}
	for range hellos {
		for _, r := range all {
			r.send(honest.hello)
		}
		honest.good()
	}
	if n := runtime.NumGoroutine(); n > begun+each*clients {
		t.Errorf("%d goroutines for %d handshakes", n-begun, clients)
	}
	for _, r := range all {
		must(t, r.conn.Close())
	}
	until(t, "end of the handshakes", func() bool { return runtime.NumGoroutine() <= begun+few })
	honest.good()
}

func TestAHandshakeHasItsTime(t *testing.T) {
	d := open(t, "direct").(*Direct)
	honest := up(t, d, microphone)
	d.patience = 100 * time.Millisecond // from here on
	before := runtime.NumGoroutine()
	r := newRaw(t, d)
	r.offer(microphone)
	r.check(r.line)
	r.send(honest.hello)
	until(t, "failure", r.server.look(func() bool { return len(r.server.states) > 0 && r.server.states[0] == Failed }))
	until(t, "end of the handshake", func() bool { return runtime.NumGoroutine() <= before+1+few })
	// There is no second one.
	r.send(honest.hello)
	r.check(r.line)
	if n := runtime.NumGoroutine(); n > before+1+few {
		t.Errorf("%d goroutines", n-before)
	}
	honest.good()
}

// pion/dtls keeps each handshake message that comes in its turn: what is taken of a client is bounded before the handshake and after it.
func TestAFloodOfHandshakeMessages(t *testing.T) {
	d := open(t, "direct").(*Direct)
	honest := up(t, d, microphone)
	const messages, size = 2000, 1300
	flood := func(r *raw) {
		t.Helper()
		certificate := byte(11)
		taken := r.conn.(*directConn).takenOfHandshake()
		want := map[Drop]uint64{HandshakeOverflow: messages - uint64((flightBytes-taken)/(recordHeader+12+size))}
		wantDrops(t, d, want, func() {
			for i := range messages {
				message := []byte{certificate, 0, size >> 8, size & 255, byte(i >> 8), byte(i), 0, 0, 0, 0, size >> 8, size & 255}
				r.send(record(recordHandshake, 5000+uint32(i), append(message, make([]byte, size)...)...))
				if i%50 == 49 {
					honest.good()
				}
			}
			honest.good()
		})
	}
	before := newRaw(t, d)
	before.offer(microphone)
	before.check(before.line)
	flood(before)

	after := up(t, d, microphone, soundSlot)
	flood(after)
	after.good()
	after.hears(after.answer.Slots[0], after.line)
}

func (c *directConn) takenOfHandshake() int {
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	return c.taken
}

// Pieces of handshake messages that say of themselves what cannot be end nothing but their own handshake. The first of them brought down servers
// with pion/dtls 3.1.8.
func TestImpossiblePiecesOfAHandshake(t *testing.T) {
	d := open(t, "direct").(*Direct)
	honest := up(t, d, microphone)
	for name, piece := range map[string][]byte{
		"nothing behind the end of nothing": {1, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0},
		"behind the end":                    {1, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 2, 9, 9},
		"over the end":                      {1, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 2, 9, 9},
		"longer than the packet":            {1, 0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 200, 9},
		"as long as can be":                 {1, 255, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255},
		"a ClientHello of nothing":          {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"no whole header":                   {1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRaw(t, d)
			r.offer(microphone)
			r.check(r.line)
			for i := range uint32(3) {
				r.send(record(recordHandshake, i, piece...))
			}
			r.check(r.line)
			must(t, r.conn.Close()) // which waits until they are taken
		})
	}
	honest.good()
}

// There is no use for data on a DTLS connection. A client may send some all the same: it holds nothing up, neither the client's end nor sleep.
func TestDataOnTheHandshakesConnection(t *testing.T) {
	for name, sleep := range map[string]time.Duration{"awake": time.Hour, "asleep": 0} {
		t.Run(name, func(t *testing.T) {
			d := open(t, "direct").(*Direct)
			d.sleepAfter = sleep
			before := runtime.NumGoroutine()
			r := up(t, d, microphone, soundSlot)
			for range 3 {
				wantDrops(t, d, nil, func() {
					for range 30 {
						_, err := r.secure.Write([]byte("hello"))
						must(t, err)
					}
					r.good()
				})
				if sleep == 0 {
					until(t, "sleep", func() bool { return r.conn.(*directConn).sleeps() })
				}
			}
			r.hears(r.answer.Slots[0], r.line)
			must(t, r.secure.Close())
			until(t, "news of the client's end", r.server.look(func() bool { return r.server.states[len(r.server.states)-1] == Failed }))
			r.end()
			must(t, r.conn.Close())
			until(t, "end of what the connection began", func() bool { return runtime.NumGoroutine() <= before })
		})
	}
}

func (c *directConn) sleeps() bool {
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	return c.asleep != nil
}

func TestProfilesThatAreNotTaken(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := newRaw(t, d)
	r.offer(microphone)
	r.check(r.line)
	if err := r.shake(dtls.SRTP_AES128_CM_HMAC_SHA1_32); err == nil {
		t.Error("the handshake went well")
	}
	until(t, "failure", r.server.look(func() bool { return len(r.server.states) > 0 && r.server.states[0] == Failed }))
}
