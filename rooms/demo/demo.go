// Package demo fills an empty server with the fictional province's week.
package demo

import (
	"context"
	"log/slog"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/store"
)

// Config is what Load needs.
type Config struct {
	Store  *store.Store
	Access *access.Access
	Now    time.Time // the demo fills the week of this moment in Asia/Ho_Chi_Minh
	Log    *slog.Logger
}

// Demo is what was loaded.
type Demo struct {
	Practice calendar.Meeting // Phòng họp thử
	Meetings []calendar.Meeting
	Links    []Link // for the practice meeting: leader, terminal, secretary
}

// Link is one ready link.
type Link struct {
	Label string // Vietnamese
	Path  string // /join#<token>
}

// Load makes what is not there yet; it can be called at every start.
func Load(ctx context.Context, cfg Config) (Demo, error) { return Demo{}, nil }
