package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/signaling/protocol"
)

// Conn is a participant's WebSocket. What the server tells without being asked is read and dropped, but for the welcome.
type Conn struct {
	ws      *websocket.Conn
	done    chan struct{} // closed when the socket has ended
	failure error         // why; after done

	mu       sync.Mutex // guards what follows, and makes writes one at a time
	requests int
	waiting  map[string]chan protocol.Envelope // for answers, by id
}

// firstMessage stands for the id of the message that comes without being asked for.
const firstMessage = ""

func newConn(ws *websocket.Conn) *Conn {
	c := &Conn{ws: ws, done: make(chan struct{}), waiting: map[string]chan protocol.Envelope{}}
	c.waiting[firstMessage] = make(chan protocol.Envelope, 1)
	return c
}

// Welcome starts to read and waits for the server's welcome.
func (c *Conn) Welcome(ctx context.Context) (w protocol.Welcome, err error) {
	first := c.waiting[firstMessage]
	go c.read()
	e, err := c.await(ctx, first)
	if err != nil {
		return w, err
	}
	switch e.Type {
	case "welcome":
		return w, json.Unmarshal(e.Body, &w)
	case "in_waiting_room":
		return w, &Error{Text: "the meeting is locked", Hint: "Unlock it at its desk, or let the load test make meetings of its own: leave out --meeting."}
	}
	return w, fault(e)
}

// Ask sends a request and waits for its answer. An answer that is an error is returned as one.
func (c *Conn) Ask(ctx context.Context, name string, body any) (protocol.Envelope, error) {
	answer := make(chan protocol.Envelope, 1)
	if err := c.send(name, body, answer); err != nil {
		return protocol.Envelope{}, err
	}
	e, err := c.await(ctx, answer)
	if err == nil && e.Type == "error" {
		err = fmt.Errorf("%s: %w", name, fault(e))
	}
	return e, err
}

func (c *Conn) send(name string, body any, answer chan protocol.Envelope) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests++
	id := strconv.Itoa(c.requests)
	frame, err := protocol.Encode(name, id, body)
	if err != nil {
		return err
	}
	c.waiting[id] = answer
	_ = c.ws.SetWriteDeadline(time.Now().Add(timeout))
	return c.ws.WriteMessage(websocket.TextMessage, frame)
}

func (c *Conn) await(ctx context.Context, answer chan protocol.Envelope) (protocol.Envelope, error) {
	select {
	case e := <-answer:
		return e, nil
	case <-ctx.Done():
		return protocol.Envelope{}, ctx.Err()
	case <-c.done:
	}
	select {
	case e := <-answer: // it came right before the end
		return e, nil
	default:
		return protocol.Envelope{}, fmt.Errorf("the server closed the socket: %w", c.failure)
	}
}

// read gives answers to who waits for them, until the socket ends.
func (c *Conn) read() {
	defer close(c.done)
	for {
		_, frame, err := c.ws.ReadMessage()
		if err != nil {
			c.failure = err
			return
		}
		var e protocol.Envelope
		if err := json.Unmarshal(frame, &e); err != nil {
			continue // the server's own tests see to that
		}
		c.mu.Lock()
		answer := c.waiting[e.ID]
		delete(c.waiting, e.ID)
		c.mu.Unlock()
		if answer != nil {
			answer <- e
		}
	}
}

// Done is closed when the socket has ended.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err is why the socket has ended: nil while it has not, and when a close of the participant's own was answered.
func (c *Conn) Err() error {
	select {
	case <-c.done:
	default:
		return nil
	}
	if websocket.IsCloseError(c.failure, websocket.CloseNormalClosure) {
		return nil
	}
	return c.failure
}

// Close ends the socket without a word.
func (c *Conn) Close() { _ = c.ws.Close() }

// fault is what an error message says.
func fault(e protocol.Envelope) error {
	var body protocol.Error
	if e.Type != "error" || json.Unmarshal(e.Body, &body) != nil {
		return fmt.Errorf("the server sent %s", e.Type)
	}
	text := fmt.Sprintf("the server answered %s: %s", body.Code, body.MessageEn)
	if body.Field != "" {
		text += " (" + body.Field + ")"
	}
	return &Error{Text: text}
}
