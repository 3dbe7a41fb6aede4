// Package signaling is how clients hold a meeting: the WebSocket of diemcau.v1, WHIP (RFC 9725) to publish and WHEP to
// receive. It joins the procedure of rooms/meeting with the media of sfu, and is the only package that knows both.
package signaling

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/sfu"
)

// Config configures a Server. Zero values mean the defaults.
type Config struct {
	// Origins are the origins that browsers may connect from, exactly as they send them: "https://hop.example". The
	// server's own origin is always allowed.
	Origins []string
	// MaxPerAddress is the number of sockets that one IP address may have open. 256 by default: a whole hall or office
	// can share an address.
	MaxPerAddress int
	// ResumeWindow is how long a lost seat is kept. 30 s by default.
	ResumeWindow time.Duration
	Log          *slog.Logger
}

// Stats are figures for metrics. Counters count since the start.
type Stats struct {
	Sockets  int               // open now
	Meetings int               // live now
	Media    int               // WHIP and WHEP resources now
	Messages map[string]uint64 // received, by type
	Errors   map[string]uint64 // sent, by code
	Closes   map[int]uint64    // sockets closed by the server, by close code
}

// Server serves the clients of all meetings of this process.
type Server struct{}

// New makes a Server. It is used by Register and ended by Shutdown.
func New(cfg Config, engine *sfu.Engine, cal *calendar.Calendar, acc *access.Access, log *meeting.Log) *Server {
	return &Server{}
}

// Register adds /ws, /whip/ and /whep/ to a mux.
func (s *Server) Register(mux *http.ServeMux) {}

// Shutdown tells every client that the server restarts, closes their sockets with 1012 and waits until all is written
// to the store, or until ctx ends. Seats stay taken: their clients resume them at the next server.
func (s *Server) Shutdown(ctx context.Context) error { return nil }

// Stats reads the figures.
func (s *Server) Stats() Stats { return Stats{} }
