// Package calendar keeps the planned meetings in Redis. Every change is one script that checks the version and the
// idempotency key, writes the meeting and its journal entry.
package calendar

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
)

// Errors of this package beside FieldError and those of package store. They are wrapped: compare with errors.Is.
var (
	ErrNotFound            = errors.New("calendar: no such meeting")
	ErrStaleVersion        = errors.New("calendar: the meeting has changed since")
	ErrWrongState          = errors.New("calendar: not possible in the meeting's state")
	ErrIdempotencyMismatch = errors.New("calendar: the idempotency key was used for another request")
)

// FieldError says which field of a plan cannot be accepted and why.
type FieldError struct {
	Field string // as in JSON, for example "sites[2].name"
	Code  string // one of the Code constants
}

func (e *FieldError) Error() string { return fmt.Sprintf("calendar: field %s: %s", e.Field, e.Code) }

// State is where a meeting stands.
type State string

// The states of a meeting: scheduled → open → ended, or scheduled → cancelled.
const (
	StateScheduled State = "scheduled"
	StateOpen      State = "open"
	StateEnded     State = "ended"
	StateCancelled State = "cancelled"
)

// Meeting is one meeting of the calendar. Times are UTC.
type Meeting struct {
	ID      string
	Version int64 // grows by one with each change
	State   State
	Plan
	Created time.Time
	Changed time.Time
}

// Plan is what planners decide about a meeting.
type Plan struct {
	Subject   string           `json:"subject"`
	Start     time.Time        `json:"start"`
	End       time.Time        `json:"end,omitzero"` // zero with AlwaysOn
	Chair     Person           `json:"chair"`
	Secretary Person           `json:"secretary,omitzero"`
	Sites     []Site           `json:"sites"`
	Speaking  meeting.Speaking `json:"speaking"`
	Secrecy   string           `json:"secrecy,omitempty"` // anything but none is refused
	AlwaysOn  bool             `json:"always_on,omitempty"`
}

// Person is somebody by position, as name plates show it.
type Person struct {
	Name string `json:"name"` // title first
	Unit string `json:"unit,omitempty"`
}

// Site is one place that takes part.
type Site struct {
	Name          string `json:"name"`
	Unit          string `json:"unit,omitempty"`
	ShortName     string `json:"short_name,omitempty"`
	ProtocolOrder int    `json:"protocol_order"`
}

// Calendar reads and changes meetings. It is safe for concurrent use.
type Calendar struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
}

// New makes a Calendar on an open store.
func New(s *store.Store, log *slog.Logger) *Calendar {
	return &Calendar{store: s, log: log, now: time.Now}
}

// Get reads a meeting, or returns ErrNotFound.
func (c *Calendar) Get(ctx context.Context, id string) (Meeting, error) {
	return Meeting{}, ErrNotFound
}

// Open marks a scheduled meeting as running; opening an open meeting changes nothing.
func (c *Calendar) Open(ctx context.Context, id string) (Meeting, error) {
	return Meeting{}, ErrNotFound
}

// End marks an open meeting as over; ending an ended meeting, or one that is always on, changes nothing.
func (c *Calendar) End(ctx context.Context, id string) (Meeting, error) {
	return Meeting{}, ErrNotFound
}
