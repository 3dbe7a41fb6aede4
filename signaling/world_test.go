package signaling

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
	"diemcau/sfu"
)

// world is a whole server: a real Redis, a real media engine on loopback, real sockets.
type world struct {
	*testing.T
	store    *store.Store
	calendar *calendar.Calendar
	access   *access.Access
	timing   timing
	config   Config
	logs     *logBuffer

	// What a restart replaces.
	engine *sfu.Engine
	server *Server
	http   *httptest.Server
}

// logBuffer is what the server logged at any level.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// testTiming keeps what tests wait for short.
var testTiming = timing{
	ping: time.Second, pongWait: 10 * time.Second, write: 5 * time.Second, farewell: 500 * time.Millisecond, silence: 100 * time.Millisecond,
	resume: 30 * time.Second, floor: time.Minute, links: 50 * time.Millisecond, ack: 200 * time.Millisecond, offer: 10 * time.Second, test: 15 * time.Second, restart: time.Second,
	rate: 40, burst: 120,
}

func newWorld(t *testing.T, change ...func(*world)) *world {
	t.Helper()
	w := &world{T: t, store: storetest.New(t), timing: testTiming, logs: &logBuffer{}}
	for _, f := range change {
		f(w)
	}
	log := slog.New(slog.NewJSONHandler(w.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	w.config.Log = log
	w.calendar = calendar.New(w.store, log)
	var err error
	if w.access, err = access.New(t.Context(), w.store); err != nil {
		t.Fatal(err)
	}
	w.start()
	t.Cleanup(func() {
		w.stop()
		if t.Failed() {
			t.Log(w.logs.String())
		}
	})
	return w
}

func (w *world) start() {
	w.Helper()
	var err error
	w.engine, err = sfu.NewEngine(sfu.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.Fatal(err)
	}
	w.server = newServer(w.config, w.timing, w.engine, w.calendar, w.access, meeting.NewLog(w.store, w.config.Log))
	mux := http.NewServeMux()
	w.server.Register(mux)
	w.http = httptest.NewServer(mux)
}

// stop ends the server gracefully.
func (w *world) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		w.Errorf("shutdown: %v", err)
	}
	w.http.Close()
	if err := w.engine.Close(); err != nil {
		w.Errorf("close the engine: %v", err)
	}
}

// restart ends the server gracefully and starts the next.
func (w *world) restart() {
	w.Helper()
	w.stop()
	w.start()
}

// crash ends the server so that nothing of its end reaches the store, as kill -9 does, and starts the next.
func (w *world) crash() {
	w.Helper()
	w.server.giveUp()
	w.http.CloseClientConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = w.server.Shutdown(ctx)
	w.http.Close()
	_ = w.engine.Close()
	w.start()
}

// plan makes a meeting that is on now.
func (w *world) plan(speaking meeting.Speaking, change ...func(*calendar.Plan)) string {
	w.Helper()
	p := calendar.Plan{
		Subject: "Phiên họp thường kỳ", Start: time.Now().Add(time.Minute), End: time.Now().Add(time.Hour),
		Chair: calendar.Person{Name: "Chủ tịch", Unit: "UBND tỉnh"}, Speaking: speaking,
	}
	for _, f := range change {
		f(&p)
	}
	m, err := w.calendar.Create(w.Context(), p, calendar.Change{Actor: "test"})
	if err != nil {
		w.Fatal(err)
	}
	return m.ID
}

func startsIn(d time.Duration) func(*calendar.Plan) {
	return func(p *calendar.Plan) { p.Start = time.Now().Add(d) }
}

func alwaysOn(p *calendar.Plan) { p.AlwaysOn, p.End = true, time.Time{} }

// claims are those of an invitation.
func (w *world) claims(meetingID string, role meeting.Role, name string) access.Claims {
	return access.Claims{
		Meeting: meetingID, Seat: access.NewID(), Role: role, Name: name, Unit: "Sở Y tế", Expires: time.Now().Add(time.Hour),
	}
}

func (w *world) ticket(c access.Claims) string {
	w.Helper()
	ticket, err := w.access.IssueTicket(w.Context(), c)
	if err != nil {
		w.Fatal(err)
	}
	return ticket
}

func (w *world) bearer(c access.Claims) string {
	w.Helper()
	token, err := w.access.Bearer(c)
	if err != nil {
		w.Fatal(err)
	}
	return token
}

func (w *world) wsURL() string { return "ws" + strings.TrimPrefix(w.http.URL, "http") + "/ws" }

// eventually waits for a condition.
func (w *world) eventually(what string, condition func() bool) {
	w.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("in vain waited for %s", what)
		}
	}
}
