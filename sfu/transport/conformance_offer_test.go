package transport

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"
)

func TestOffersThatCannotBeUsed(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.slots(1, 1)
		good := c.offer(nil)
		section := good[strings.Index(good, "m=video"):]
		section = section[:strings.Index(section, "m=audio")]
		many := &strings.Builder{}
		many.WriteString(good)
		for i := range 1000 {
			many.WriteString(strings.Replace(section, "a=mid:0", fmt.Sprintf("a=mid:x%d", i), 1))
		}
		for name, c := range map[string]struct {
			sdp  string
			want error
		}{
			"empty":               {"", ErrBadSDP},
			"garbage":             {"hello", ErrBadSDP},
			"no sections":         {"v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", ErrBadSDP},
			"no fingerprint":      {strings.ReplaceAll(good, "a=fingerprint", "a=finger"), ErrBadSDP},
			"a=crypto":            {strings.Replace(good, "a=mid:0", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\na=mid:0", 1), ErrBadSDP},
			"no mid":              {strings.Replace(good, "a=mid:0\r\n", "", 1), ErrBadSDP},
			"one mid twice":       {strings.Replace(good, "a=mid:1", "a=mid:0", 1), ErrBadSDP},
			"a thousand sections": {many.String(), ErrLimit},
			"a megabyte":          {good + strings.Repeat("a=x:y\r\n", 1<<17), ErrLimit},
			"data":                {strings.Replace(good, "m=audio", "m=application", 1), ErrBadSDP},
			"no ice credentials":  {strings.ReplaceAll(strings.ReplaceAll(good, "a=ice-ufrag", "a=x"), "a=ice-pwd", "a=y"), ErrBadSDP},
			"five layers":         {strings.Replace(good, "a=mid:0", strings.Repeat("a=rid:x send\r\n", 5)+"a=mid:0", 1), ErrLimit},
			"a codec of no use":   {strings.ReplaceAll(good, "a=rtpmap:", "a=x:"), ErrBadSDP},
		} {
			if _, err := conn.Offer(t.Context(), c.sdp); !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		c.accept(offered(t, conn, good).SDP)
		until(t, "connection after all that", s.look(s.connected))

		// A connection that is up outlives a bad offer for more slots, and the slots of the next one are right.
		c.slots(2, 0)
		more := c.offer(nil)
		if _, err := conn.Offer(t.Context(), strings.Replace(more, "/SAVPF ", "/SAVPF x ", 1)); !errors.Is(err, ErrBadSDP) {
			t.Errorf("more slots with a payload type that is no number: %v", err)
		}
		a := offered(t, conn, more)
		c.accept(a.SDP)
		for i, slot := range a.Slots {
			if slot.Video && !strings.Contains(a.SDP, fmt.Sprintf("a=ssrc:%d msid:%s video%d", slot.SSRC, map[bool]string{true: "programme", false: fmt.Sprint("video", slot.Index)}[slot.Index == 0], slot.Index)) {
				t.Errorf("slot %d of the answer is not %+v", i, slot)
			}
		}
	})
}

func TestAWrongFingerprintGetsNoMedia(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.sends(webrtc.MimeTypeVP8, 90000)
		offer := c.offer(nil)
		at := strings.Index(offer, "sha-256 ") + len("sha-256 ")
		wrong := "00"
		if offer[at:at+2] == wrong {
			wrong = "01"
		}
		offer = strings.ReplaceAll(offer, offer[at:at+95], wrong+offer[at+2:at+95])
		c.accept(offered(t, conn, offer).SDP)
		until(t, "end of the handshake", s.look(func() bool { return len(s.states) > 0 && s.states[len(s.states)-1] == Failed }))
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.connected() || len(s.streams) > 0 {
			t.Error("a client with another certificate was let in")
		}
	})
}

func TestCandidates(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		conn := connect(t, tr, newServer())
		for _, good := range []string{
			"", "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host", "candidate:1 1 UDP 2130706431 fd00::1 50000 typ host",
			"candidate:1 1 udp 2113937151 4f2e3a0c-1b5d-4c0e-9a37-7c6d8e9f0a1b.local 50000 typ host generation 0 ufrag abcd",
			"candidate:1 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
		} {
			if err := conn.AddCandidate(good); err != nil {
				t.Errorf("%q: %v", good, err)
			}
		}
		for _, bad := range []string{
			"x", "candidate:", "candidate:1 1 udp 1 192.0.2.1 0 typ host", "candidate:1 1 udp 1 redis.internal 6379 typ host", "candidate:1 1 udp 1 192.0.2.1 70000 typ host",
			"candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host " + strings.Repeat("x", 10_000),
		} {
			if err := conn.AddCandidate(bad); !errors.Is(err, ErrBadCandidate) {
				t.Errorf("%.60q: %v", bad, err)
			}
		}
		limited := 0
		for range 10_000 {
			if err := conn.AddCandidate("candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host"); errors.Is(err, ErrLimit) {
				limited++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if limited < 9_900 {
			t.Errorf("only %d of 10,000 candidates were over the limit", limited)
		}
	})
}

// An offer whose answer nobody waits for is in force, and another one builds on it.
func TestAnOfferNobodyWaitsFor(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		s, c := newServer(), newClient(t)
		conn := connect(t, tr, s)
		c.slots(2, 1)
		offer := c.offer(nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := conn.Offer(ctx, offer); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		a := offered(t, conn, offer)
		if len(a.Slots) != 3 {
			t.Fatalf("%d slots", len(a.Slots))
		}
		c.accept(a.SDP)
		until(t, "connection", s.look(s.connected))
	})
}

// Each section of the offer is answered in its place, whatever their number.
func TestEverySectionIsAnswered(t *testing.T) {
	each(t, func(t *testing.T, tr Transport) {
		for _, n := range []struct{ video, audio int }{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {49, 5}} {
			s, c := newServer(), newClient(t)
			conn := connect(t, tr, s)
			c.sends(webrtc.MimeTypeOpus, 48000)
			c.slots(n.video, n.audio)
			a := offered(t, conn, c.offer(nil))
			if len(a.Slots) != n.video+n.audio || len(a.Sending) != 1 {
				t.Fatalf("%+v: %d slots and %d sources", n, len(a.Slots), len(a.Sending))
			}
			_, rest, _ := strings.Cut(a.SDP, "\r\nm=")
			sections := strings.Split(rest, "\r\nm=")
			if len(sections) != 1+n.video+n.audio {
				t.Fatalf("%+v: %d sections", n, len(sections))
			}
			next := map[string]int{}
			for i, section := range sections {
				section += "\r\n"
				kind, direction := strings.Fields(section)[0], "sendonly"
				if i == 0 {
					direction = "recvonly"
				} else {
					id := fmt.Sprint(kind, next[kind])
					stream := id
					if next[kind] == 0 {
						stream = "programme"
					}
					next[kind]++
					if !strings.Contains(section, "a=msid:"+stream+" "+id+"\r\n") {
						t.Errorf("%+v: section %d is not %s:\n%s", n, i, id, section)
					}
				}
				if strings.HasPrefix(section, kind+" 0 ") || !strings.Contains(section, fmt.Sprintf("a=mid:%d\r\n", i)) || !strings.Contains(section, "a="+direction+"\r\n") {
					t.Errorf("%+v: section %d:\n%s", n, i, section)
				}
			}
			seen := map[uint32]bool{0: true}
			for _, slot := range a.Slots {
				if seen[slot.SSRC] || slot.Video && (seen[slot.RTX] || !strings.Contains(a.SDP, fmt.Sprintf("a=ssrc-group:FID %d %d\r\n", slot.SSRC, slot.RTX))) {
					t.Errorf("%+v: slot %+v", n, slot)
				}
				seen[slot.SSRC] = true
				if slot.Video {
					seen[slot.RTX] = true
				}
			}
			c.accept(a.SDP)
			until(t, "connection", s.look(s.connected))
			c.end()
		}
	})
}
