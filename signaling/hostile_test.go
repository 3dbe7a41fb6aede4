package signaling

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/rooms/access"
	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
	"diemcau/signaling/protocol"
)

// corpus are the fixtures of what clients send.
func corpus(t *testing.T) [][]byte {
	t.Helper()
	var all [][]byte
	for _, m := range protocol.Messages {
		if m.Direction != protocol.ToServer || m.Name == "leave" || m.Name == "end_meeting" {
			continue
		}
		raw, err := os.ReadFile(filepath.Join("protocol", "fixtures", m.Name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, raw); err != nil {
			t.Fatal(err)
		}
		all = append(all, compact.Bytes())
	}
	return all
}

// spoil changes a frame in one of the ways in which clients and attackers do. Most of its results are still JSON: what is not ends
// the socket, and what comes after is not looked at.
func spoil(dice *rand.Rand, frame []byte) []byte {
	b := bytes.Clone(frame)
	if dice.IntN(20) > 0 {
		return spoilValues(dice, b)
	}
	switch dice.IntN(5) {
	case 0: // cut
		return b[:dice.IntN(len(b))]
	case 1: // a byte that is wrong
		b[dice.IntN(len(b))] = byte(dice.Uint32())
		return b
	case 2: // deep
		return []byte(strings.Repeat("[", 10_000))
	case 3: // a piece twice
		i := dice.IntN(len(b))
		return append(b[:i:i], b[dice.IntN(i+1):]...)
	default: // noise
		noise := make([]byte, dice.IntN(400))
		for i := range noise {
			noise[i] = byte(dice.Uint32())
		}
		return noise
	}
}

func spoilValues(dice *rand.Rand, b []byte) []byte {
	switch dice.IntN(6) {
	case 0: // a field that is not known
		return bytes.Replace(b, []byte(`"body":{`), []byte(`"body":{"unknown":{"a":[1e999,null,true]},`), 1)
	case 1: // a string that is long
		return bytes.Replace(b, []byte(`"type":"`), []byte(`"id":"`+strings.Repeat("x", dice.IntN(9000))+`","type":"`), 1)
	case 2: // numbers that are large
		for _, digit := range "0123456789" {
			b = bytes.ReplaceAll(b, []byte{':', byte(digit)}, []byte(":-9999999999999999999"))
		}
		return b
	case 3: // another type of value
		return bytes.ReplaceAll(b, []byte(`":"`), []byte(`":{"a":1},"b":"`))
	case 4: // another message's body
		return bytes.Replace(b, []byte(`"type":"`), []byte(`"type":"offer`), 1)
	default: // nothing
		return bytes.ReplaceAll(b, []byte(`":"`), []byte(`":null,"b":"`))
	}
}

// 10,000 malformed frames end sockets at worst; another participant's sound goes on meanwhile: no packet is lost, and none comes
// more than 100 ms later than the one before, beside what the machine itself was late.
func TestMalformedFrames(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.rate, w.timing.burst = 1e6, 1e6 })
	id := w.plan(meeting.SpeakingOpen)
	speaker, listener := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	speaker.media(micAndCamera, 1, 1)
	heard := listener.media(nil, 1, 1)
	heard.flows("sound", &heard.audio)

	stop, stalled := make(chan struct{}), make(chan time.Duration, 1)
	go watchStalls(stop, stalled)

	frames := corpus(t)
	dice := rand.New(rand.NewPCG(7, 7))
	attacker := w.claims(id, meeting.RoleDelegate, "B")
	var ws *websocket.Conn
	var pongs chan struct{}
	sockets := 0
	for range 10_000 {
		if ws == nil {
			ws = w.enter(attacker)
			sockets++
			pongs = make(chan struct{}, 1)
			go drain(ws, pongs)
		}
		_ = ws.WriteMessage(websocket.TextMessage, spoil(dice, frames[dice.IntN(len(frames))])) // the pong tells
		_ = ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping","id":"after"}`))
		if _, open := <-pongs; !open {
			ws = nil
		}
	}
	if ws != nil {
		_ = ws.Close()
	}
	close(stop)
	late, stall := time.Duration(heard.audio.late.Load()), <-stalled
	t.Logf("%d sockets; the sound was up to %v late, the machine %v", sockets, late, stall)
	if late > 100*time.Millisecond+stall {
		t.Errorf("a packet came %v later than the one before it", late)
	}
	if lost := heard.audio.lost.Load(); lost > 0 {
		t.Errorf("%d packets were lost", lost)
	}
	heard.flows("sound after all", &heard.audio)
	if strings.Contains(w.logs.String(), "panic") {
		t.Error("something panicked")
	}
	listener.do("send_chat", protocol.SendChat{Text: "Còn nghe rõ."})
}

// enter joins as clients do: a store that is away for a moment, because a disk is slow, is asked again.
func (w *world) enter(claims access.Claims) *websocket.Conn {
	w.Helper()
	var last error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ticket, err := w.access.IssueTicket(w.Context(), claims)
		if err == nil {
			var ws *websocket.Conn
			var response *http.Response
			if ws, response, err = w.dial(protocol.TicketPrefix+ticket, nil); err == nil {
				return ws
			}
			if response == nil || response.StatusCode != http.StatusServiceUnavailable {
				w.Fatalf("nobody can join any more: %v", err)
			}
		} else if !errors.Is(err, store.ErrUnavailable) {
			w.Fatal(err)
		}
		last = err
	}
	w.Fatalf("nobody can join any more: %v", last)
	return nil
}

// drain tells of every pong until the server closes.
func drain(ws *websocket.Conn, pongs chan<- struct{}) {
	defer close(pongs)
	for {
		_, message, err := ws.ReadMessage()
		if err != nil {
			_ = ws.Close()
			return
		}
		if bytes.Contains(message, []byte(`"type":"pong"`)) {
			pongs <- struct{}{}
		}
	}
}

// watchStalls measures how late this process wakes up at most: what the machine takes from everybody.
func watchStalls(stop <-chan struct{}, longest chan<- time.Duration) {
	const pause = 5 * time.Millisecond
	var most time.Duration
	for {
		begin := time.Now()
		select {
		case <-stop:
			longest <- most
			return
		case <-time.After(pause):
			most = max(most, time.Since(begin)-pause)
		}
	}
}

// No credential stands in the log, at any level, whatever is done with it.
func TestNoCredentialIsLogged(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	claims := w.claims(id, meeting.RoleChair, "A")
	invitation, err := w.access.Invite(claims)
	if err != nil {
		t.Fatal(err)
	}
	used, refused := w.ticket(claims), w.ticket(w.claims("nowhere", meeting.RoleSite, "B"))
	bearer := w.manySeats(id, meeting.RoleDelegate)
	forged, _ := newResumeToken(id, claims.Seat)

	c := w.connect(protocol.TicketPrefix + used)
	for _, credential := range []string{
		protocol.TicketPrefix + used, protocol.TicketPrefix + refused, protocol.TicketPrefix + invitation,
		protocol.ResumePrefix + forged, invitation, bearer,
	} {
		if _, _, err := w.dial(credential, http.Header{"Cookie": {"session=" + bearer}}); err == nil {
			t.Errorf("%.10s… was let in", credential)
		}
	}
	c.sendRaw(`{"type":"` + invitation + `","id":"` + used + `"}`)
	c.sendRaw(`{"type":"ping","body":{"` + forged + `":1}}`)
	c.cut()
	back := c.resume()
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	resource, _ := encoder.post("/whip/"+id+"?name=A", bearer)
	w.request(http.MethodPost, "/whip/"+id+"?name=A", bearer, "x", "Content-Type", typeSDP)
	w.request(http.MethodPatch, resource, bearer, "x", "Content-Type", typeFragment)
	w.request(http.MethodDelete, resource, bearer+"x", "")
	back.sendRaw("not JSON: " + back.welcome.ResumeToken)
	back.closeCode()
	w.restart()
	logs := w.logs.String()
	if !strings.Contains(logs, claims.Seat) {
		t.Error("the log is empty")
	}
	for what, secret := range map[string]string{
		"used ticket": used, "refused ticket": refused, "invitation": invitation, "bearer token": bearer, "forged token": forged,
		"resume token": c.welcome.ResumeToken, "next resume token": back.welcome.ResumeToken,
		"hash of the next resume token": hashToken(back.welcome.ResumeToken),
	} {
		if strings.Contains(logs, secret) {
			t.Errorf("the %s is in the log", what)
		}
	}
}
