package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/signaling/protocol"
)

// fake is a server whose sockets do what a test says.
type fake struct {
	*testing.T
	server *Server

	mu    sync.Mutex
	peers []string // addresses that sockets came from
}

func newFake(t *testing.T, serve func(*websocket.Conn)) *fake {
	t.Helper()
	f := &fake{T: t}
	upgrader := websocket.Upgrader{Subprotocols: []string{protocol.Version}}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		f.mu.Lock()
		f.peers = append(f.peers, host)
		f.mu.Unlock()
		if offered := websocket.Subprotocols(r); len(offered) != 2 || offered[0] != protocol.Version || offered[1] != protocol.TicketPrefix+"secret" {
			t.Errorf("sub-protocols %q", offered)
		}
		if serve == nil {
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, `{"code":"rate_limited","title_en":"Too many connections from one address."}`)
			return
		}
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer ws.Close()
		serve(ws)
	}))
	t.Cleanup(web.Close)
	address, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	f.server = New(address, "", nil)
	t.Cleanup(f.server.Close)
	return f
}

func (f *fake) dial() *Conn {
	f.Helper()
	c, err := f.server.Dial(f.Context(), "secret", 0)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(c.Close)
	return c
}

func say(ws *websocket.Conn, name, id string, body any) {
	frame, err := protocol.Encode(name, id, body)
	if err == nil {
		err = ws.WriteMessage(websocket.TextMessage, frame)
	}
	if err != nil {
		panic(err)
	}
}

func goodbye(ws *websocket.Conn, code int) {
	_ = ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, "bye"), time.Now().Add(time.Second))
}

func TestAnswersFindWhoAsked(t *testing.T) {
	f := newFake(t, func(ws *websocket.Conn) {
		say(ws, "welcome", "", protocol.Welcome{Participant: "me"})
		var asked []protocol.Envelope
		for range 3 {
			var e protocol.Envelope
			if ws.ReadJSON(&e) != nil {
				return
			}
			asked = append(asked, e)
		}
		say(ws, "participant_left", "", protocol.ParticipantLeft{Participant: "x"}) // nobody asked for it
		for i := len(asked) - 1; i >= 0; i-- {
			if asked[i].Type == "mute" {
				say(ws, "error", asked[i].ID, protocol.Error{Code: protocol.CodeForbidden, MessageEn: "You may not do this."})
			} else {
				say(ws, "ok", asked[i].ID, protocol.Ok{})
			}
		}
		goodbye(ws, websocket.CloseNormalClosure)
	})
	c := f.dial()
	w, err := c.Welcome(t.Context())
	if err != nil || w.Participant != "me" {
		t.Fatalf("%+v, %v", w, err)
	}
	var asking sync.WaitGroup
	for _, name := range []string{"publish", "mute", "leave"} {
		asking.Go(func() {
			e, err := c.Ask(t.Context(), name, protocol.Ok{})
			if refused := err != nil && strings.Contains(err.Error(), "You may not do this."); refused != (name == "mute") || err == nil && e.Type != "ok" {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
		})
	}
	asking.Wait()
	<-c.Done()
	if c.Err() != nil {
		t.Errorf("an orderly end is an error: %v", c.Err())
	}
	if _, err := c.Ask(t.Context(), "ping", protocol.Ping{}); err == nil {
		t.Error("a socket that has ended answers")
	}
}

func TestWhatCanComeInPlaceOfAWelcome(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(*websocket.Conn)
		want  string
	}{
		"the meeting is full": {func(ws *websocket.Conn) {
			say(ws, "error", "", protocol.Error{Code: protocol.CodeLimit, MessageEn: "The meeting is full."})
			goodbye(ws, websocket.CloseTryAgainLater)
		}, "The meeting is full."},
		"the meeting is locked": {func(ws *websocket.Conn) {
			say(ws, "in_waiting_room", "", protocol.InWaitingRoom{})
			_, _, _ = ws.ReadMessage()
		}, "locked"},
		"an end": {func(ws *websocket.Conn) { goodbye(ws, protocol.CloseOverflow) }, "4004"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, c.serve)
			if _, err := f.dial().Welcome(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestNobodyWaitsForever(t *testing.T) {
	f := newFake(t, func(ws *websocket.Conn) { _, _, _ = ws.ReadMessage() })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.dial().Welcome(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestTooManySocketsSayWhatToDo(t *testing.T) {
	f := newFake(t, nil)
	_, err := f.server.Dial(t.Context(), "secret", 0)
	hinted, ok := errors.AsType[*Error](err)
	if !ok || !strings.Contains(hinted.Hint, "256 sockets from one address") || strings.Contains(err.Error(), "secret") {
		t.Errorf("%v: %+v", err, hinted)
	}
}

// On Linux participants come from many addresses of the loopback network: a server bounds the sockets of one.
func TestSocketsShareAddressesOnlyInPart(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems know one loopback address")
	}
	f := newFake(t, nil)
	perAddress := map[string]int{}
	numbers := []int{0, 1, 199, 200, 399, 400, 49_999, 50_000}
	for _, n := range numbers {
		_, _ = f.server.Dial(t.Context(), "secret", n) // refused, after it was counted
	}
	for _, peer := range f.peers {
		perAddress[peer]++
	}
	for address, want := range map[string]int{"127.0.0.1": 3, "127.0.0.2": 2, "127.0.0.3": 1, "127.0.0.250": 1, "127.0.1.1": 1} {
		if perAddress[address] != want {
			t.Errorf("%d sockets from %s, want %d", perAddress[address], address, want)
		}
	}
}
