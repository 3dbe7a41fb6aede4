// Package signaling is how clients hold a meeting: the WebSocket of diemcau.v1, WHIP (RFC 9725) to publish and WHEP to
// receive. It joins the procedure of rooms/meeting with the media of sfu, and is the only package that knows both.
//
// A coordinator runs each live meeting. A session is one socket that holds a seat, a resource one WHIP or WHEP session.
// PROTOCOL.md is the description for clients.
package signaling

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/sfu"
)

// Config configures a Server. Zero values mean the defaults.
type Config struct {
	// Origins are the only origins that browsers may connect from, exactly as they send them: "https://hop.example". Without
	// any it is the one under which the browser reached the server.
	Origins []string
	// MaxPerAddress is the number of sockets that one IPv4 address, or one IPv6 network of 64 bits, may have open. 256 by
	// default: a whole office can share an address.
	MaxPerAddress int
	// ResumeWindow is how long a lost seat is kept. A minute by default.
	ResumeWindow time.Duration
	// Relay is told to clients; nil is none.
	Relay Relay
	Log   *slog.Logger
}

// Server serves the clients of all meetings of this process.
type Server struct {
	log      *slog.Logger
	origins  []string
	perAddr  int
	relay    Relay
	timing   timing
	engine   *sfu.Engine
	calendar *calendar.Calendar
	access   *access.Access
	events   *meeting.Log
	upgrader websocket.Upgrader
	started  time.Time
	counters counters
	tests    *linkTests
	sessions atomic.Uint64 // so far

	serving context.Context // ends when Shutdown begins
	stop    context.CancelFunc
	writing context.Context // ends when Shutdown gives up waiting for the store
	giveUp  context.CancelFunc
	// goroutines counts coordinators and sockets.
	goroutines sync.WaitGroup

	mu        sync.Mutex // guards what follows
	stopping  bool
	meetings  map[string]*coordinator
	closing   map[string]<-chan struct{} // by meeting that nobody is in any more: closed when all its events are stored
	resources map[string]*resource
	addresses map[netip.Prefix]int
}

// New makes a Server. It is used by Register and ended by Shutdown.
func New(cfg Config, engine *sfu.Engine, cal *calendar.Calendar, acc *access.Access, log *meeting.Log) *Server {
	t := defaultTiming
	t.resume = cmp.Or(cfg.ResumeWindow, t.resume)
	return newServer(cfg, t, engine, cal, acc, log)
}

func newServer(
	cfg Config, t timing, engine *sfu.Engine, cal *calendar.Calendar, acc *access.Access, log *meeting.Log,
) *Server {
	s := &Server{
		log: cfg.Log, origins: cfg.Origins, perAddr: cmp.Or(cfg.MaxPerAddress, 256), relay: cfg.Relay, timing: t,
		engine: engine, calendar: cal, access: acc, events: log, started: time.Now(), counters: newCounters(),
		tests:    newLinkTests(t.test),
		meetings: map[string]*coordinator{}, closing: map[string]<-chan struct{}{}, resources: map[string]*resource{}, addresses: map[netip.Prefix]int{},
	}
	s.upgrader = websocket.Upgrader{
		// A small reader for each socket, as most are quiet; the request's, of 4 KiB, goes. Writers share theirs.
		HandshakeTimeout: 5 * time.Second, ReadBufferSize: 1024, WriteBufferSize: 4096, WriteBufferPool: &sync.Pool{},
		CheckOrigin: func(*http.Request) bool { return true }, // serveSocket has checked it
	}
	cal.Watch(s.changed)
	s.serving, s.stop = context.WithCancel(context.Background())
	s.writing, s.giveUp = context.WithCancel(context.Background())
	return s
}

// Register adds /ws, /linktest, /whip/ and /whep/ to a mux.
func (s *Server) Register(mux *http.ServeMux) {
	mux.HandleFunc("/ws", s.serveSocket)
	mux.HandleFunc("/linktest", s.serveLinkTests)
	mux.HandleFunc("/linktest/{test}", s.serveLinkTest)
	for _, e := range [...]endpoint{whip, whep} {
		mux.HandleFunc("/"+string(e)+"/{meeting}", s.serveEndpoint(e))
		mux.HandleFunc("/"+string(e)+"/{meeting}/{resource}", s.serveResource(e))
	}
}

// Shutdown tells every client that the server restarts, closes their sockets with 1012 and waits until all is written
// to the store, or until ctx ends. Seats stay taken: their clients resume them at the next server.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.stop()
	s.tests.endAll()
	defer s.giveUp()
	finished := make(chan struct{})
	go func() {
		s.goroutines.Wait()
		close(finished)
	}()
	select {
	case <-finished:
		return nil
	case <-ctx.Done():
		s.giveUp()
		<-finished
		return ctx.Err()
	}
}

// acquire finds the coordinator of a meeting, or starts it. It stays until release.
func (s *Server) acquire(ctx context.Context, id string) (*coordinator, error) {
	s.mu.Lock()
	if s.stopping {
		s.mu.Unlock()
		return nil, errRestarting
	}
	c := s.meetings[id]
	if c == nil {
		c = newCoordinator(s, id)
		c.previous = s.closing[id]
		s.meetings[id] = c
		s.goroutines.Go(func() { c.run(s.serving) })
	}
	c.users++
	s.mu.Unlock()
	select {
	case <-c.ready:
	case <-ctx.Done():
		s.release(c)
		return nil, ctx.Err()
	}
	if c.failure != nil {
		s.release(c)
		return nil, c.failure
	}
	return c, nil
}

// changed has live meetings follow what was changed in the calendar.
func (s *Server) changed(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if c := s.meetings[id]; c != nil {
			c.follow()
		}
	}
}

// release gives back what acquire gave.
func (s *Server) release(c *coordinator) {
	s.mu.Lock()
	c.users--
	s.mu.Unlock()
	c.poke()
}

// retire forgets a coordinator that nobody uses, or any when the server stops. It is false when somebody is about to join. The next one of
// the meeting waits until closed.
func (s *Server) retire(c *coordinator, stopping bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.users > 0 && !stopping {
		return false
	}
	delete(s.meetings, c.id)
	s.closing[c.id] = c.journal.stopped
	return true
}

// closed notes that the last event of a coordinator is stored.
func (s *Server) closed(c *coordinator) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing[c.id] == (<-chan struct{})(c.journal.stopped) {
		delete(s.closing, c.id)
	}
}

// forget takes a coordinator out that could not be loaded.
func (s *Server) forget(c *coordinator) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.meetings, c.id)
}

// admit reads a meeting, checks that it can be entered now, and opens it if its start has come. A meeting that does not exist is refused like one
// that is not open.
func (s *Server) admit(ctx context.Context, id string) (calendar.Meeting, error) {
	plan, err := s.calendar.Get(ctx, id)
	switch {
	case err != nil:
		return plan, err
	case !s.calendar.Settings().Admits(plan, time.Now()):
		return plan, errNotOpen
	case plan.State == calendar.StateHeld:
		return plan, nil
	}
	return s.calendar.Open(ctx, id)
}

// newID is an unguessable name of 128 random bits.
func newID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:]) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(raw[:]))
}
