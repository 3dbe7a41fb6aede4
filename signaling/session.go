package signaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/signaling/protocol"
)

const (
	closeRestart  = websocket.CloseServiceRestart
	closeTryAgain = websocket.CloseTryAgainLater
)

// phase is where a session stands: connecting → joined → leaving. Messages are handled while it is joined; while it leaves
// they are read and dropped.
type phase uint8

const (
	connecting phase = iota
	joined
	leaving
)

// session is one socket that holds a seat, or waits for one. Its goroutine is the socket's reader, which handles one message after
// another and owns the fields without another note.
type session struct {
	id      string
	number  uint64 // of the server's sessions, in the order of their requests
	host    string // under which the client reached the server
	server  *Server
	conn    *conn
	log     *slog.Logger
	meeting *coordinator
	placed  atomic.Pointer[placement] // by the coordinator; nil in the waiting room
	seat    string                    // as placed
	media   *media                    // as placed

	hold       holding // by which it enters
	settled    func()  // told when it has entered, or never will
	proven     bool    // its client has shown that it is there
	phase      phase
	confirmed  bool      // the client has the newest resume token
	offered    bool      // an offer was answered, or the media of before were kept
	candidates int       // since the newest offer
	requests   int       // messages so far
	refusals   int       // messages in a row that came too fast
	farewell   *farewell // to close with after the answer
}

// placement is what the coordinator gives a session.
type placement struct {
	seat  string
	media *media
}

// sit takes what the coordinator has given.
func (s *session) sit() {
	if p := s.placed.Load(); p != nil {
		s.seat, s.media = p.seat, p.media
	}
}

// enter gives the session its seat. One that is somebody's already it gets when its client has shown that it is there: a request may come long
// after its client gave it up, and must not take the seat from what the client did instead.
func (s *session) enter(ctx context.Context) {
	err := s.hold(ctx, s)
	if errors.Is(err, errUnproven) {
		s.conn.ping()
		return
	}
	s.settled()
	if err != nil {
		s.fail("", err, s.id)
		s.leave(closeTryAgain, "not joined")
		return
	}
	s.phase = joined
	s.sit()
	s.log.Info("joined", "seat", s.seat)
}

// prove is told that the client is there.
func (s *session) prove(ctx context.Context) {
	if s.phase == connecting {
		s.proven = true
		s.enter(ctx)
	}
}

// run handles messages until the socket ends, and then leaves the seat to its client for a while.
func (s *session) run(ctx context.Context) {
	defer s.meeting.lost(ctx, s)
	s.conn.read(func(frame []byte, err error, wait time.Duration) { s.receive(ctx, frame, err, wait) }, func() { s.prove(ctx) })
	s.phase = leaving
	if s.seat != "" {
		s.log.Info("socket ended", "seat", s.seat)
	}
}

// receive answers one frame. A panic closes this socket and no other.
func (s *session) receive(ctx context.Context, frame []byte, err error, wait time.Duration) {
	if s.prove(ctx); s.phase != joined {
		return
	}
	s.sit()
	s.requests++
	requestID := fmt.Sprintf("%s-%d", s.id, s.requests)
	defer func() {
		if fault := recover(); fault != nil {
			s.log.Error("panic in a message", "request", requestID, "panic", fault, "stack", string(debug.Stack()))
			s.fail("", errPanic, requestID)
			s.leave(websocket.CloseInternalServerErr, "internal error")
		}
	}()
	envelope, decodeErr := protocol.Envelope{}, err
	if decodeErr == nil {
		envelope, decodeErr = protocol.Decode(frame)
	}
	// A ping may have been sent before the welcome came.
	if !s.confirmed && s.seat != "" && envelope.Type != "ping" {
		s.confirmed = true
		s.meeting.confirm(ctx, s)
	}
	if wait > 0 {
		s.slowDown(envelope.ID, wait, requestID)
		return
	}
	s.refusals = 0
	if decodeErr == nil {
		var body any
		if body, decodeErr = s.dispatch(ctx, envelope, len(frame)); decodeErr == nil {
			s.reply(envelope, body)
		}
	}
	if decodeErr != nil {
		s.fail(envelope.ID, decodeErr, requestID)
	}
	switch {
	case s.farewell != nil:
		s.leave(s.farewell.code, s.farewell.reason)
	case errors.Is(decodeErr, protocol.ErrNotUTF8):
		s.leave(websocket.CloseInvalidFramePayloadData, "not UTF-8")
	case errors.Is(decodeErr, protocol.ErrNotJSON), errors.Is(decodeErr, errBinary):
		s.leave(websocket.CloseUnsupportedData, "not a message")
	case errors.Is(decodeErr, errTooLarge):
		s.leave(websocket.CloseMessageTooBig, "message too big")
	case errors.Is(decodeErr, errPanic):
		s.leave(websocket.CloseInternalServerErr, "internal error")
	}
}

// dispatch gives a message to its handler.
func (s *session) dispatch(ctx context.Context, envelope protocol.Envelope, size int) (any, error) {
	message, ok := protocol.Lookup(protocol.ToServer, envelope.Type)
	if !ok {
		s.server.counters.message("unknown")
		return nil, &protocol.FieldError{Field: "type", Reason: "unknown"}
	}
	s.server.counters.message(message.Name)
	if size > protocol.MaxSmallFrame && message.Name != "offer" {
		return nil, errTooLarge
	}
	body, err := message.DecodeBody(envelope.Body)
	if err != nil {
		return nil, err
	}
	if s.seat == "" && message.Name != "ping" && message.Name != "leave" {
		return nil, errWaiting
	}
	return handlers[message.Name](ctx, s, body)
}

// reply answers a request that wants to know.
func (s *session) reply(request protocol.Envelope, body any) {
	if request.ID == "" && body == nil {
		return
	}
	message, _ := protocol.Lookup(protocol.ToServer, request.Type)
	if body == nil {
		body = protocol.Ok{}
	}
	s.conn.out.send(encode(message.Answer, request.ID, body))
}

// fail answers with an error.
func (s *session) fail(id string, err error, requestID string) {
	a, field := answerTo(err)
	s.server.counters.error(a.code)
	level := slog.LevelDebug
	if a.code == protocol.CodeInternal {
		level = slog.LevelError
	}
	s.log.Log(context.Background(), level, "message refused", "request", requestID, "code", a.code, "error", err)
	s.conn.out.send(encode("error", id, a.wire(field, requestID)))
}

// slowDown refuses a message of a client that sends too many, and in the end its socket.
func (s *session) slowDown(id string, wait time.Duration, requestID string) {
	s.server.counters.error(tooFast.code)
	body := tooFast.wire("", requestID)
	body.WaitMs = int(wait.Milliseconds())
	s.conn.out.send(encode("error", id, body))
	if s.refusals++; s.refusals > maxRefusals {
		s.log.Warn("a client sends too many messages")
		s.leave(websocket.ClosePolicyViolation, "too many messages")
	}
}

// leave closes the socket after all that was sent.
func (s *session) leave(code int, reason string) {
	s.phase = leaving
	s.conn.out.close(code, reason)
}
