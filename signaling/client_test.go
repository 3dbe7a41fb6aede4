package signaling

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/rooms/access"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// patience bounds what a test waits for.
const patience = 10 * time.Second

// client is a participant's socket.
type client struct {
	*world
	ws       *websocket.Conn
	welcome  protocol.Welcome
	received chan protocol.Envelope // closed at the end
	closed   error                  // why it ended; after received is closed
	passed   []protocol.Envelope    // came before an answer and were not looked at yet
	requests int
	mu       sync.Mutex // makes writes one at a time
}

// dial opens a socket with a credential and returns the response where it is refused.
func (w *world) dial(credential string, header http.Header) (*websocket.Conn, *http.Response, error) {
	dialer := websocket.Dialer{Subprotocols: []string{protocol.Version, credential}, HandshakeTimeout: patience}
	return dialer.DialContext(w.Context(), w.wsURL(), header)
}

// open opens a socket that must be let in.
func (w *world) open(credential string) *client {
	w.Helper()
	ws, _, err := w.dial(credential, nil)
	if err != nil {
		w.Fatalf("connect: %v", err)
	}
	if ws.Subprotocol() != protocol.Version {
		w.Fatalf("sub-protocol is %q", ws.Subprotocol())
	}
	c := &client{world: w, ws: ws, received: make(chan protocol.Envelope, 10_000)}
	w.Cleanup(func() { _ = ws.Close() })
	go c.read()
	return c
}

// connect opens a socket that must be let in and reads its welcome.
func (w *world) connect(credential string) *client {
	w.Helper()
	c := w.open(credential)
	first := c.next()
	if first.Type != "welcome" {
		w.Fatalf("the first message is %s: %s", first.Type, first.Body)
	}
	c.decode(first, &c.welcome)
	return c
}

func (w *world) join(meetingID string, role meeting.Role, name string) *client {
	w.Helper()
	return w.joinAs(w.claims(meetingID, role, name))
}

func (w *world) joinAs(claims access.Claims) *client {
	w.Helper()
	return w.connect(protocol.TicketPrefix + w.ticket(claims))
}

// resume takes the seat of a client up again.
func (c *client) resume() *client {
	c.Helper()
	return c.connect(protocol.ResumePrefix + c.welcome.ResumeToken)
}

func (c *client) id() string { return c.welcome.Participant }

func (c *client) read() {
	defer close(c.received)
	for {
		var e protocol.Envelope
		if c.closed = c.ws.ReadJSON(&e); c.closed != nil {
			return
		}
		c.received <- e
	}
}

// next is the next message.
func (c *client) next() protocol.Envelope {
	c.Helper()
	if len(c.passed) > 0 {
		e := c.passed[0]
		c.passed = c.passed[1:]
		return e
	}
	return c.newest()
}

func (c *client) newest() protocol.Envelope {
	c.Helper()
	select {
	case e, ok := <-c.received:
		if !ok {
			c.Fatalf("the socket ended: %v", c.closed)
		}
		return e
	case <-time.After(patience):
		c.Fatal("no message came")
	}
	panic("not reached")
}

// expect skips to the next message of a name, decodes it strictly and returns its body.
func expect[T any](c *client, name string) T {
	c.Helper()
	for {
		if e := c.next(); e.Type == name {
			var body T
			c.decode(e, &body)
			return body
		}
	}
}

// decode reads a body as strictly as the registry says.
func (c *client) decode(e protocol.Envelope, body any) {
	c.Helper()
	m, ok := protocol.Lookup(protocol.ToClient, e.Type)
	if !ok {
		c.Fatalf("no message %q", e.Type)
	}
	if _, err := m.DecodeBody(e.Body); err != nil {
		c.Fatalf("%s: %v: %s", e.Type, err, e.Body)
	}
	if err := json.Unmarshal(e.Body, body); err != nil {
		c.Fatal(err)
	}
}

// sendRaw writes a text frame.
func (c *client) sendRaw(frame string) {
	c.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ws.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		c.Fatalf("send: %v", err)
	}
}

// ask sends a request and waits for its answer; what comes before it is kept for next.
func (c *client) ask(name string, body any) protocol.Envelope {
	c.Helper()
	c.requests++
	id := strconv.Itoa(c.requests)
	c.sendRaw(string(encode(name, id, body)))
	for {
		e := c.newest()
		if e.ID == id {
			return e
		}
		c.passed = append(c.passed, e)
	}
}

// do sends a request that must succeed.
func (c *client) do(name string, body any) {
	c.Helper()
	if e := c.ask(name, body); e.Type != "ok" {
		c.Fatalf("%s was answered by %s %s", name, e.Type, e.Body)
	}
}

// refused sends a request that must be refused and returns the error.
func (c *client) refused(name string, body any, code protocol.ErrorCode) protocol.Error {
	c.Helper()
	e := c.ask(name, body)
	if e.Type != "error" {
		c.Fatalf("%s was answered by %s", name, e.Type)
	}
	var fault protocol.Error
	c.decode(e, &fault)
	if fault.Code != code || fault.Message == "" || fault.MessageEn == "" || fault.RequestID == "" {
		c.Fatalf("%s was answered by %+v, want %s", name, fault, code)
	}
	return fault
}

// closeCode waits for the end of the socket.
func (c *client) closeCode() int {
	c.Helper()
	for {
		select {
		case _, ok := <-c.received:
			if ok {
				continue
			}
			if closed, ok := errors.AsType[*websocket.CloseError](c.closed); ok {
				return closed.Code
			}
			return 0
		case <-time.After(patience):
			c.Fatal("the socket does not end")
		}
	}
}

// cut breaks the link without a word.
func (c *client) cut() {
	_ = c.ws.UnderlyingConn().Close()
	for range c.received { // until the reader has ended
	}
}

// participant waits for a change of a participant.
func (c *client) participant(id string, ok func(protocol.Participant) bool) protocol.Participant {
	c.Helper()
	for {
		if p := expect[protocol.ParticipantChanged](c, "participant_changed").Participant; p.ID == id && ok(p) {
			return p
		}
	}
}

// seen counts the messages of a name that came before the newest answer and were not looked at.
func (c *client) seen(name string) int {
	n := 0
	for _, e := range c.passed {
		if e.Type == name {
			n++
		}
	}
	return n
}
