package transport

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"

	"diemcau/sfu/transport/udp"
)

// state is what a transport remembers of anyone.
type state struct{ connections, names, bindings int }

func stateOf(d *Direct) state {
	d.mu.RLock()
	defer d.mu.RUnlock()
	d.bindings.mu.RLock()
	defer d.bindings.mu.RUnlock()
	return state{len(d.connections), len(d.names), len(d.bindings.by) + len(d.bindings.carried)}
}

// few goroutines of the DTLS connections come and go by themselves.
const few = 5

// Whoever passed no check can make the server neither answer nor remember anything.
func TestStrangersLeaveNoTrace(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone)
	dice := rand.NewChaCha8([32]byte{1})
	random := func(first byte, n int) []byte {
		b := make([]byte, n)
		_, _ = dice.Read(b)
		b[0] = first
		return b
	}
	check := func(ufrag, pwd string, last ...stun.Setter) []byte {
		setters := []stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(ufrag + ":" + r.own.ufrag)}
		if pwd != "" {
			setters = append(setters, stun.NewShortTermIntegrity(pwd))
		}
		m, err := stun.Build(append(setters, last...)...)
		must(t, err)
		return m.Raw
	}
	good := check(r.theirs.ufrag, r.theirs.pwd, stun.Fingerprint)
	wrong := append([]byte(nil), good...)
	wrong[len(wrong)-1]++
	after, err := stun.Build(stun.BindingSuccess, stun.TransactionID, stun.NewUsername(r.theirs.ufrag+":"+r.own.ufrag), stun.NewShortTermIntegrity(r.theirs.pwd), stun.Fingerprint)
	must(t, err)
	for _, c := range []struct {
		name   string
		reason Drop
		packet func(i int) []byte
	}{
		{"random bytes", UnknownSource, func(i int) []byte { return random(byte(4+i%252), 1+i%1400) }},
		{"bytes like a check's", BadCheck, func(i int) []byte { return random(byte(i%4), 1+i%1400) }},
		{"a ClientHello", UnknownSource, func(int) []byte { return r.hello }},
		{"RTP", UnknownSource, func(i int) []byte { return random(0x80, 12+i%1400) }},
		{"RTP of the client", UnknownSource, func(i int) []byte {
			return r.sealed(rtp.Header{PayloadType: 111, SSRC: cameraSSRC, SequenceNumber: uint16(i)}, nil)
		}},
		{"a wrong password", BadCheck, func(int) []byte { return check(r.theirs.ufrag, "wrong"+r.theirs.pwd, stun.Fingerprint) }},
		{"the client's password", BadCheck, func(int) []byte { return check(r.theirs.ufrag, r.own.pwd, stun.Fingerprint) }},
		{"a fragment of nobody", BadCheck, func(int) []byte { return check("nobody", r.theirs.pwd, stun.Fingerprint) }},
		{"an empty fragment", BadCheck, func(int) []byte { return check("", r.theirs.pwd, stun.Fingerprint) }},
		{"another client's fragment", BadCheck, func(int) []byte {
			m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewUsername(r.theirs.ufrag+":other"), stun.NewShortTermIntegrity(r.theirs.pwd), stun.Fingerprint)
			must(t, err)
			return m.Raw
		}},
		{"no integrity", BadCheck, func(int) []byte { return check(r.theirs.ufrag, "", stun.Fingerprint) }},
		{"no user name", BadCheck, func(int) []byte {
			m, err := stun.Build(stun.BindingRequest, stun.TransactionID, stun.NewShortTermIntegrity(r.theirs.pwd), stun.Fingerprint)
			must(t, err)
			return m.Raw
		}},
		{"a wrong fingerprint", BadCheck, func(int) []byte { return wrong }},
		{"a cut check", BadCheck, func(i int) []byte { return good[:1+i%(len(good)-1)] }},
		{"an answer", BadCheck, func(int) []byte { return after.Raw }},
		{"another method", BadCheck, func(int) []byte {
			m, err := stun.Build(stun.NewType(stun.MethodAllocate, stun.ClassRequest), stun.TransactionID, stun.NewUsername(r.theirs.ufrag+":"+r.own.ufrag), stun.NewShortTermIntegrity(r.theirs.pwd))
			must(t, err)
			return m.Raw
		}},
	} {
		r.run(c.name, func(t *testing.T) {
			stranger := r.opened("127.0.0.1", "127.0.0.1")
			before, goroutines := stateOf(d), runtime.NumGoroutine()
			wantDrops(t, d, map[Drop]uint64{c.reason: 10_000}, func() {
				for i := range 10_000 {
					stranger.send(c.packet(i))
					if i%64 == 63 {
						r.good() // no faster than the server takes them
					}
				}
				r.good()
			})
			if after := stateOf(d); after != before {
				t.Errorf("before %+v, after %+v", before, after)
			}
			if n := runtime.NumGoroutine(); n > goroutines+few {
				t.Errorf("%d goroutines before, %d after", goroutines, n)
			}
			// What the server answers first is a check that is one.
			r.checkWith(stranger)
			if len(stranger.media)+len(stranger.reports) > 0 {
				t.Error("the server answered")
			}
		})
	}
}

// Behind a good check an address may send anything, and nothing that is not its client's gets through.
func TestForgedAndReplayedMedia(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera)
	conn := r.conn.(*directConn)
	r.good()
	streams := func() int {
		conn.ingressMu.Lock()
		defer conn.ingressMu.Unlock()
		return len(conn.ingress.streams) + len(conn.ingress.opener.sources)
	}
	before := streams()
	dice := rand.NewChaCha8([32]byte{2})
	forged := func(h rtp.Header) []byte {
		h.Version = 2
		b, err := (&rtp.Packet{Header: h, Payload: make([]byte, 100)}).Marshal()
		must(t, err)
		_, _ = dice.Read(b[12:])
		return b
	}
	wantDrops(t, d, map[Drop]uint64{Forged: 10_000}, func() {
		r.flood(10_000, func(i int) []byte {
			return forged(rtp.Header{PayloadType: 111, SSRC: microphoneSSRC, SequenceNumber: 20_000 + uint16(i)})
		})
	})
	wantDrops(t, d, map[Drop]uint64{Forged: 10_000}, func() {
		r.flood(10_000, func(i int) []byte {
			return forged(rtp.Header{PayloadType: 96, SSRC: 1 + uint32(i), SequenceNumber: uint16(i)})
		})
	})
	wantDrops(t, d, map[Drop]uint64{Forged: 10_000}, func() {
		r.flood(10_000, func(i int) []byte {
			b := make([]byte, 60)
			_, _ = dice.Read(b)
			b[0], b[1] = 0x80, 200+byte(i%8)
			b[len(b)-4] |= 0x80 // encrypted
			return b
		})
	})
	if after := streams(); after != before {
		t.Errorf("%d SSRCs are remembered, before it were %d", after, before)
	}

	picture := r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 1}, []byte("picture"))
	report := r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: cameraSSRC, NTPTime: 1 << 32}))
	r.send(picture)
	r.send(report)
	r.good()
	wantDrops(t, d, map[Drop]uint64{Replayed: 10_000}, func() { r.flood(10_000, func(int) []byte { return picture }) })
	wantDrops(t, d, map[Drop]uint64{Replayed: 10_000}, func() { r.flood(10_000, func(int) []byte { return report }) })
	late := r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 100}, []byte("late"))
	old := r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 101}, []byte("old"))
	r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 101 + replayWindow - 1}, []byte("newest")))
	wantDrops(t, d, map[Drop]uint64{Replayed: 1}, func() {
		r.send(late)
		r.send(old)
		r.good()
	})
	if n := r.server.taken(cameraSSRC); n != 3 {
		t.Errorf("%d packets of the camera were taken, want the first, the newest and the one that is just not too old", n)
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if n := r.server.reports[cameraSSRC]; n != 1 || len(r.server.streams) != 2 {
		t.Errorf("%d reports and %d streams", n, len(r.server.streams))
	}
}

// Who knows one connection's keys has no say in another: the SSRC of somebody else's stream is a stream of one's own.
func TestASourceOfAnotherConnectionIsOnesOwn(t *testing.T) {
	d := open(t, "direct").(*Direct)
	victim, thief := up(t, d, microphone), up(t, d, microphone)
	victim.good()
	taken := victim.server.taken(microphoneSSRC)
	thief.good()
	wantDrops(t, d, map[Drop]uint64{Forged: 1}, func() {
		thief.send(victim.sealed(rtp.Header{PayloadType: 111, SSRC: microphoneSSRC, SequenceNumber: 77}, []byte("stolen")))
		thief.good()
	})
	if n := victim.server.taken(microphoneSSRC); n != taken {
		t.Errorf("%d packets came through to the victim's stream", n-taken)
	}
	victim.good()
}

func TestCutAndOversizedPackets(t *testing.T) {
	d := open(t, "direct").(*Direct)
	for name, profile := range profiles {
		t.Run(name, func(t *testing.T) {
			r := newRaw(t, d)
			r.offer(microphone, camera)
			r.check(r.line)
			must(t, r.shake(profile))
			r.connected()
			r.good()
			tag := r.conn.(*directConn).sealer.Load().tag
			whole := r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 1}, make([]byte, 50))
			wantDrops(t, d, map[Drop]uint64{BadHeader: 11, Truncated: uint64(tag), Forged: 50}, func() {
				r.flood(len(whole)-1, func(i int) []byte { return whole[:i+1] })
			})
			whole = r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: cameraSSRC})) // 28 bytes, the tag and the index
			wantDrops(t, d, map[Drop]uint64{BadHeader: 1, Truncated: uint64(8+tag+4) - 2, Forged: 20}, func() {
				r.flood(len(whole)-1, func(i int) []byte { return whole[:i+1] })
			})
			wantDrops(t, d, map[Drop]uint64{Oversized: 4}, func() {
				for i, n := range []int{maxPacket + 1, udp.MaxPacket, udp.MaxPacket + 1, 9000} {
					r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 10 + uint16(i)}, make([]byte, n-12-tag)))
				}
				r.good()
			})
			if n := r.server.taken(cameraSSRC); n != 0 {
				t.Errorf("%d packets came through", n)
			}
			r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 20}, make([]byte, maxPacket-12-tag)))
			r.good()
			if n := r.server.taken(cameraSSRC); n != 1 {
				t.Errorf("%d packets as long as can be came through", n)
			}
		})
	}
}

// profiles are the SRTP protection profiles that are taken.
var profiles = map[string]dtls.SRTPProtectionProfile{
	"AES128GCM": dtls.SRTP_AEAD_AES_128_GCM, "AES256GCM": dtls.SRTP_AEAD_AES_256_GCM, "AESCMSHA1": dtls.SRTP_AES128_CM_HMAC_SHA1_80,
}

// Each is sealed with the client's own keys, and wrong all the same.
func TestSealedNonsense(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera, screen)
	r.good()
	number := uint16(0)
	header := func(change func(*rtp.Header)) rtp.Header {
		number++
		h := rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: number}
		change(&h)
		return h
	}
	mid := func(name string) func(*rtp.Header) {
		return func(h *rtp.Header) { must(t, h.SetExtension(midID, []byte(name))) }
	}
	r.send(r.sealed(header(mid("cam")), []byte("picture")))
	r.send(r.sealed(header(func(h *rtp.Header) { h.SSRC, h.PayloadType = repairSSRC, 97 }), []byte{0, 1, 'r'}))
	r.good()
	taken := r.server.taken(cameraSSRC)

	// lying is a packet whose header extension says what cannot be: it does not even need a tag.
	lying := func(profile uint16, words int, extension ...byte) []byte {
		b := []byte{0x90, 96, 0, 200, 0, 0, 0, 0, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(b[8:], cameraSSRC)
		b = binary.BigEndian.AppendUint16(b, profile)
		b = binary.BigEndian.AppendUint16(b, uint16(words))
		return append(append(b, extension...), make([]byte, 40)...)
	}
	// padded is a packet whose last byte is not what it should be.
	padded := func(payload int, last byte) []byte {
		plain := make([]byte, 12+payload)
		plain[0], plain[1] = 0xa0, 96
		number++
		binary.BigEndian.PutUint16(plain[2:], number)
		binary.BigEndian.PutUint32(plain[8:], cameraSSRC)
		if payload > 0 {
			plain[len(plain)-1] = last
		}
		b, err := r.seal.EncryptRTP(nil, plain, nil)
		must(t, err)
		return b
	}
	for _, c := range []struct {
		name   string
		reason Drop
		packet []byte
	}{
		{"SSRC 0", NoSource, r.sealed(header(func(h *rtp.Header) { h.SSRC = 0 }), []byte("x"))},
		{"another section's mid", StolenSource, r.sealed(header(mid("scr")), []byte("x"))},
		{"a mid of another kind", StolenSource, r.sealed(header(mid("mic")), []byte("x"))},
		{"a mid of no section, on a stream", StolenSource, r.sealed(header(mid("none")), []byte("x"))},
		{"a mid of no section", Unbound, r.sealed(header(func(h *rtp.Header) { h.SSRC = 5; mid("none")(h) }), []byte("x"))},
		{"a payload type of no section", Unbound, r.sealed(header(func(h *rtp.Header) { h.SSRC, h.PayloadType = 6, 33 }), []byte("x"))},
		{"a payload type of another section", Unbound, r.sealed(header(func(h *rtp.Header) { h.SSRC, h.PayloadType = 7, 111; mid("cam")(h) }), []byte("x"))},
		{"an extension longer than the packet", BadHeader, lying(rtp.ExtensionProfileOneByte, 100)},
		{"a one-byte element longer than the extension", BadHeader, lying(rtp.ExtensionProfileOneByte, 1, 0x1f, 0, 0, 0)},
		{"a two-byte element longer than the extension", BadHeader, lying(rtp.ExtensionProfileTwoByte, 1, 1, 200, 0, 0)},
		{"a two-byte element without its length", BadHeader, lying(rtp.ExtensionProfileTwoByte, 1, 0, 0, 0, 1)},
		{"an unknown extension longer than the packet", BadHeader, lying(0x1234, 50)},
		{"an encrypted header of one-byte elements", BadHeader, lying(rtp.CryptexProfileOneByte, 1, 0x10, 'c', 0, 0)},
		{"an encrypted header of two-byte elements", BadHeader, lying(rtp.CryptexProfileTwoByte, 1, 1, 1, 'c', 0)},
		{"padding longer than the payload", BadHeader, padded(10, 11)},
		{"padding of the largest length", BadHeader, padded(10, 255)},
		{"padding without a length", BadHeader, padded(10, 0)},
		{"padding without room", BadHeader, padded(0, 0)},
		{"a repair of one byte", BadHeader, r.sealed(header(func(h *rtp.Header) { h.SSRC, h.PayloadType = repairSSRC, 97 }), []byte{0})},
		{"a repair of one byte and padding", BadHeader, r.sealed(header(func(h *rtp.Header) {
			h.SSRC, h.PayloadType, h.Padding, h.PaddingSize = repairSSRC, 97, true, 20
		}), []byte{0})},
		{"a repair with another's payload type", Unbound, r.sealed(header(func(h *rtp.Header) { h.SSRC, h.PayloadType = repairSSRC, 98 }), []byte{0, 1, 2})},
		{"TURN channel data", UnknownProtocol, []byte{0x40, 0, 0, 4, 1, 2, 3, 4}},
		{"a first byte of no protocol", UnknownProtocol, []byte{0xff, 0, 0, 0}},
	} {
		r.run(c.name, func(t *testing.T) {
			wantDrops(t, d, map[Drop]uint64{c.reason: 1}, func() {
				r.send(c.packet)
				r.good()
			})
		})
	}
	// Probes of the path are no packets of any stream, and nothing wrong.
	wantDrops(t, d, nil, func() {
		r.send(r.sealed(header(func(h *rtp.Header) { h.SSRC, h.PayloadType = repairSSRC, 97 }), nil))
		r.send(r.sealed(header(func(h *rtp.Header) {
			h.SSRC, h.PayloadType, h.Padding, h.PaddingSize = repairSSRC, 97, true, 200
		}), nil))
		r.good()
	})
	if n := r.server.taken(cameraSSRC); n != taken {
		t.Errorf("%d packets came through", n-taken)
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if len(r.server.streams) != 2 {
		t.Errorf("streams: %+v", r.server.streams)
	}
}

func TestSealedRTCPThatIsMalformed(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera, videoSlot)
	r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: cameraSSRC, SequenceNumber: 1}, []byte("picture")))
	r.good()
	rtcpOf := func(first, kind byte, length uint16, rest ...byte) []byte {
		b := []byte{first, kind, byte(length >> 8), byte(length)}
		return append(b, rest...)
	}
	slot := r.answer.Slots[0].SSRC
	pli := compound(t, &rtcp.PictureLossIndication{SenderSSRC: 1, MediaSSRC: slot})
	for name, plain := range map[string][]byte{
		"a report that is shorter than it says":       rtcpOf(0x80, 200, 20, make([]byte, 24)...),
		"a report with more blocks than it has":       rtcpOf(0x9f, 201, 1, make([]byte, 4)...),
		"feedback without a source":                   rtcpOf(0x81, 206, 1, make([]byte, 4)...),
		"a NACK that names nothing":                   rtcpOf(0x81, 205, 1, make([]byte, 4)...),
		"a description that ends in an item":          rtcpOf(0x81, 202, 2, 0, 0, 0, 1, 1, 200, 'c', 'n'),
		"a goodbye with more sources than it has":     rtcpOf(0x9f, 203, 1, 0, 0, 0, 1),
		"a second packet of another version":          append(pli[:len(pli):len(pli)], 0x01, 200, 0, 1, 0, 0, 0, 0),
		"a second packet that is cut":                 append(pli[:len(pli):len(pli)], 0x80, 200),
		"a second packet that is longer than it says": append(pli[:len(pli):len(pli)], rtcpOf(0x80, 201, 9, 0, 0, 0, 1)...),
		"a bandwidth estimate with more than it has":  rtcpOf(0x8f, 206, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 200, 0, 0, 0),
	} {
		r.run(name, func(t *testing.T) {
			wantDrops(t, d, map[Drop]uint64{BadHeader: 1}, func() {
				r.send(r.sealedRTCP(plain))
				r.good()
			})
		})
	}
	r.server.mu.Lock()
	if len(r.server.feedback) != 0 || len(r.server.reports) != 0 {
		t.Errorf("the server heard of %v and %v", r.server.feedback, r.server.reports)
	}
	r.server.mu.Unlock()
	wantDrops(t, d, nil, func() {
		r.send(r.sealedRTCP(pli))
		r.send(r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: cameraSSRC, NTPTime: 1 << 32})))
		// Of what is not the client's to say nothing is heard.
		r.send(r.sealedRTCP(compound(t, &rtcp.PictureLossIndication{MediaSSRC: cameraSSRC})))
		r.send(r.sealedRTCP(compound(t, &rtcp.SenderReport{SSRC: slot, NTPTime: 1 << 32})))
		r.good()
	})
	// What is authentic and of no use is named: by nobody's own estimate is the server moved.
	wantDrops(t, d, map[Drop]uint64{UnusedFeedback: 2}, func() {
		r.send(r.sealedRTCP(compound(t, &rtcp.ReceiverReport{SSRC: 1}, &rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: 10e9, SSRCs: []uint32{slot}})))
		r.send(r.sealedRTCP(compound(t, &rtcp.RapidResynchronizationRequest{MediaSSRC: slot})))
		r.send(r.sealedRTCP(compound(t, rtcp.NewCNAMESourceDescription(1, "c"), &rtcp.Goodbye{Sources: []uint32{1}})))
		r.good()
	})
	// What a report on the path says is judged by who knows what was sent: here it costs nothing, whatever it announces.
	wantDrops(t, d, nil, func() {
		r.send(r.sealedRTCP(rtcpOf(0x8f, 205, 2, make([]byte, 8)...)))
		r.send(r.sealedRTCP(rtcpOf(0x8f, 205, 8, append(append(make([]byte, 10), 0xff, 0xff, 0, 0, 0, 0), bytes.Repeat([]byte{0x3f, 0xff}, 8)...)...)))
		r.good()
	})
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	if r.server.pathFeedback != 2 {
		t.Errorf("%d reports on the path", r.server.pathFeedback)
	}
	if len(r.server.feedback) != 1 || len(r.server.reports) != 1 || r.server.reports[cameraSSRC] != 1 {
		t.Errorf("the server heard of %v and %v", r.server.feedback, r.server.reports)
	}
}

// What a client may name is bounded, whatever it offers and whether or not anyone takes it.
func TestTooManySources(t *testing.T) {
	for name, c := range map[string]struct {
		sections []string
		bound    uint64
		reason   Drop
	}{
		"of a section":              {[]string{microphone, camera}, maxIncoming - 1, DropCount},
		"of no section":             {[]string{microphone}, maxIncoming - 1, Unbound},
		"of a client that receives": {[]string{soundSlot}, maxIncoming, Unbound},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, "direct").(*Direct)
			r := up(t, d, c.sections...)
			sends := len(c.sections) > 1 || c.sections[0] == microphone
			settle := func() {
				if sends {
					r.good()
					return
				}
				r.check(r.line) // answered after what came before, but for reports, which are taken before the next
				r.check(r.line)
			}
			settle()
			const some = 300
			send := func(base uint32) {
				for i := range uint32(some) {
					r.send(r.sealed(rtp.Header{PayloadType: 96, SSRC: base + i, SequenceNumber: 1}, []byte("x")))
					if i%50 == 49 {
						settle()
					}
				}
			}
			want := map[Drop]uint64{TooManySources: some - c.bound}
			if c.reason != DropCount {
				want[c.reason] = c.bound
			}
			wantDrops(t, d, want, func() { send(1000) })
			// Another offer brings no more.
			r.offer(c.sections...)
			wantDrops(t, d, map[Drop]uint64{TooManySources: some}, func() { send(2000) })
			wantDrops(t, d, map[Drop]uint64{TooManySources: some - maxIncoming}, func() {
				for i := range uint32(some) {
					r.send(r.sealedRTCP(compound(t, &rtcp.ReceiverReport{SSRC: 3000 + i})))
					if i%50 == 49 {
						settle()
					}
				}
			})
			r.server.mu.Lock()
			defer r.server.mu.Unlock()
			if n := len(r.server.streams); n > maxIncoming {
				t.Errorf("%d streams", n)
			}
		})
	}
}

// A hundred thousand packets, each sealed with the client's keys after a few of its bytes were changed: none ends the server, and what comes
// through is RTP of a stream that was announced.
func TestMutatedPackets(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone, camera, videoSlot)
	r.good()
	dice := rand.New(rand.NewPCG(3, 3))
	var seeds [][]byte
	for _, h := range []rtp.Header{
		{PayloadType: 96, SSRC: cameraSSRC},
		{PayloadType: 97, SSRC: repairSSRC, Padding: true, PaddingSize: 4},
		{PayloadType: 96, SSRC: cameraSSRC, CSRC: []uint32{1, 2}, Marker: true},
	} {
		h.Version = 2
		must(t, h.SetExtension(midID, []byte("cam")))
		must(t, h.SetExtension(sequenceID, []byte{1, 2}))
		b, err := (&rtp.Packet{Header: h, Payload: []byte("\x00\x05 picture"), PaddingSize: h.PaddingSize}).Marshal()
		must(t, err)
		seeds = append(seeds, b)
	}
	seeds = append(seeds,
		compound(t, &rtcp.SenderReport{SSRC: cameraSSRC, Reports: []rtcp.ReceptionReport{{SSRC: 1}}}, &rtcp.PictureLossIndication{MediaSSRC: 1}),
		compound(t, &rtcp.ReceiverReport{SSRC: 1}, &rtcp.TransportLayerNack{MediaSSRC: r.answer.Slots[0].SSRC, Nacks: []rtcp.NackPair{{PacketID: 1, LostPackets: 3}}}),
		compound(t, &rtcp.FullIntraRequest{SenderSSRC: 1, FIR: []rtcp.FIREntry{{SSRC: r.answer.Slots[0].SSRC}}}),
		compound(t, &rtcp.SourceDescription{Chunks: []rtcp.SourceDescriptionChunk{{Source: 1, Items: []rtcp.SourceDescriptionItem{{Type: rtcp.SDESCNAME, Text: "c"}}}}}),
	)
	number := uint16(0)
	got := dropped(d, func() {
		r.flood(100_000, func(i int) []byte {
			b := append([]byte(nil), seeds[i%len(seeds)]...)
			isRTP := i%len(seeds) < 3
			if isRTP {
				number++
				binary.BigEndian.PutUint16(b[2:], number)
			}
			for range 1 + dice.IntN(4) {
				b[dice.IntN(len(b))] ^= byte(1 << dice.IntN(8))
			}
			if dice.IntN(8) == 0 {
				b = b[:dice.IntN(len(b)+1)]
			}
			var sealed []byte
			var err error
			if isRTP {
				sealed, err = r.seal.EncryptRTP(nil, b, nil)
			} else {
				sealed, err = r.seal.EncryptRTCP(nil, b, nil)
			}
			if err != nil { // its header cannot be read
				return append(b, make([]byte, 16)...)
			}
			return sealed
		})
	})
	for _, reason := range []Drop{BadHeader, StolenSource, Unbound, TooManySources} {
		if got[reason.String()] == 0 {
			t.Errorf("nothing was dropped as %v: %v", reason, got)
		}
	}
	r.server.mu.Lock()
	defer r.server.mu.Unlock()
	announced := map[uint32]bool{}
	for _, s := range r.server.streams {
		announced[s.SSRC] = true
	}
	through := 0
	for ssrc, packets := range r.server.kept {
		for _, b := range packets {
			var p rtp.Packet
			if err := p.Unmarshal(b); err != nil || p.SSRC != ssrc || !announced[ssrc] {
				t.Fatalf("%x came through: %v", b, err)
			}
			through++
		}
	}
	if through < 1000 {
		t.Errorf("only %d packets came through", through)
	}
}

// A client that is gone takes nobody else with it, and what it still sends is a stranger's.
func TestANeighbourNoticesNothing(t *testing.T) {
	d := open(t, "direct").(*Direct)
	r := up(t, d, microphone)
	for range 20 {
		other := up(t, d, microphone)
		other.good()
		must(t, other.flights.Close()) // it does not answer the server's goodbye
		must(t, other.conn.Close())
		wantDrops(t, d, map[Drop]uint64{UnknownSource: 2, BadCheck: 1}, func() {
			other.send(other.hello)
			other.send(other.sealed(rtp.Header{PayloadType: 111, SSRC: microphoneSSRC, SequenceNumber: 9}, nil))
			other.send(other.request())
			r.good()
		})
	}
	if s := stateOf(d); s != (state{1, 1, 1}) {
		t.Errorf("%+v is left", s)
	}
}
