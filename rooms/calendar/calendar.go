// Package calendar keeps the planned meetings in Redis. Every change is one script that checks the version and the
// idempotency key, writes the meeting and its journal entry.
package calendar

import (
	"errors"
	"fmt"
	"time"

	"diemcau/rooms/meeting"
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
	ID      string `json:"id"`
	Version int64  `json:"-"` // grows by one with each change; kept beside the rest
	State   State  `json:"state"`
	Plan
	Created time.Time `json:"created"`
	Changed time.Time `json:"changed"`
}

// EarlyEntry is how long before its start a meeting lets people in.
const EarlyEntry = 15 * time.Minute

// Admits reports whether people may be in the meeting at a moment.
func (m Meeting) Admits(at time.Time) bool {
	switch m.State {
	case StateEnded, StateCancelled:
		return false
	case StateOpen:
		return true
	case StateScheduled:
	}
	return m.AlwaysOn || !at.Before(m.Start.Add(-EarlyEntry)) && at.Before(m.End)
}

// Plan is what planners decide about a meeting.
type Plan struct {
	Subject   string           `json:"subject"`
	Start     time.Time        `json:"start"`
	End       time.Time        `json:"end,omitzero"` // zero with AlwaysOn
	Chair     Person           `json:"chair"`
	Secretary Person           `json:"secretary,omitzero"`
	Sites     []Site           `json:"sites"`
	Resources []Resource       `json:"resources,omitempty"` // that it holds while it is planned and runs
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
