// Package calendar keeps the planned meetings in Redis. Every change is one script that checks versions, bookings and the
// idempotency key, and writes the meetings and their journal entries.
package calendar

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"diemcau/rooms/meeting"
)

// Errors of this package beside FieldError, ClashError and those of package store. They are wrapped: compare with errors.Is.
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

// Meeting is one meeting of the calendar. Times are UTC.
type Meeting struct {
	ID       string `json:"id"`
	Version  int64  `json:"-"` // grows by one with each change; kept beside the rest
	State    State  `json:"state"`
	Revision int    `json:"revision,omitempty"` // how often it was changed after it was approved
	Reason   string `json:"reason,omitempty"`   // why it was returned, postponed, rescheduled or called off
	Plan
	Series     string      `json:"series,omitempty"`     // id that it shares with the others of a recurrence
	Occurrence time.Time   `json:"occurrence,omitzero"`  // its start by the rule
	Displaced  []Displaced `json:"displaced,omitempty"`  // what meetings of higher priority have taken and it does without
	CreatedBy  string      `json:"created_by,omitempty"` // account
	Created    time.Time   `json:"created"`
	Changed    time.Time   `json:"changed"`
}

// OpensAt is from when an issued meeting lets people in.
func (s Settings) OpensAt(m Meeting) time.Time { return m.Start.Add(-s.JoinBefore) }

// Admits reports whether people may be in a meeting at a moment.
func (s Settings) Admits(m Meeting, at time.Time) bool {
	switch m.State {
	case StateHeld:
		return true
	case StateIssued:
		return m.AlwaysOn || !at.Before(s.OpensAt(m)) && at.Before(m.End)
	case StateDraft, StateSubmitted, StateReturned, StateApproved, StateConcluded, StatePostponed, StateCancelled:
	}
	return false
}

// begins reports whether the meeting is to begin: its start has come.
func (m Meeting) begins(at time.Time) bool {
	return m.State == StateIssued && !m.AlwaysOn && !at.Before(m.Start)
}

// Over reports whether the meeting will not take place any more.
func (m Meeting) Over() bool { return m.State == StateConcluded || m.State == StateCancelled }

// Plan is what planners decide about a meeting.
type Plan struct {
	Subject       string           `json:"subject"`
	Type          string           `json:"type,omitempty"` // id of a Type
	Format        Format           `json:"format,omitempty"`
	Start         time.Time        `json:"start"`
	End           time.Time        `json:"end,omitzero"` // zero with AlwaysOn
	Chair         Person           `json:"chair"`
	CoChairs      []Person         `json:"co_chairs,omitempty"`
	Secretary     Person           `json:"secretary,omitzero"`
	PreparingUnit string           `json:"preparing_unit,omitempty"` // id; rights are asked for there
	Halls         []Venue          `json:"halls,omitempty"`
	Sites         []Site           `json:"sites,omitempty"`
	Delegates     []Delegate       `json:"delegates,omitempty"`
	Agenda        []Item           `json:"agenda,omitempty"`
	Leaders       []string         `json:"leaders,omitempty"`   // ids of those among secretary and delegates whom the directory knows as leaders
	Resources     []Resource       `json:"resources,omitempty"` // that it holds beside those of its halls, sites and leaders
	Recurrence    *Recurrence      `json:"recurrence,omitempty"`
	Speaking      meeting.Speaking `json:"speaking"`
	Secrecy       string           `json:"secrecy,omitempty"` // anything but none is refused
	AlwaysOn      bool             `json:"always_on,omitempty"`
}

// Format says how people take part.
type Format string

// The formats: trực tiếp, trực tuyến, kết hợp.
const (
	InPerson Format = "in_person"
	Online   Format = "online"
	Hybrid   Format = "hybrid"
)

// Person is somebody by position, as name plates show it.
type Person struct {
	ID   string `json:"person,omitempty"` // of the directory; one who presides or is a leader is held
	Name string `json:"name"`             // title first
	Unit string `json:"unit,omitempty"`
}

// Venue is a hall of the directory.
type Venue struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Site is one place that takes part.
type Site struct {
	UnitID        string `json:"unit_id,omitempty"` // of the directory
	Name          string `json:"name"`
	Unit          string `json:"unit,omitempty"`
	ShortName     string `json:"short_name,omitempty"`
	ProtocolOrder int    `json:"protocol_order"`
	Hall          string `json:"hall,omitempty"`     // id
	Terminal      string `json:"terminal,omitempty"` // id
}

// Delegate is a person or a unit that is invited.
type Delegate struct {
	Person string `json:"person,omitempty"`  // id
	UnitID string `json:"unit_id,omitempty"` // id
	Name   string `json:"name"`
	Unit   string `json:"unit,omitempty"`
}

// Item is one item of the agenda.
type Item struct {
	Title   string `json:"title"`
	Owner   string `json:"owner,omitempty"` // who speaks to it
	Minutes int    `json:"minutes,omitempty"`
}

// Involves reports whether a person or a unit of the directory presides, prepares, or is invited; a unit is not where one of its people is. Empty ids
// are nobody's.
func (p Plan) Involves(person, unit string) bool {
	is := func(p, u string) bool { return p != "" && p == person || u != "" && u == unit }
	return is(p.Chair.ID, p.PreparingUnit) || is(p.Secretary.ID, "") ||
		slices.ContainsFunc(p.CoChairs, func(c Person) bool { return is(c.ID, "") }) ||
		slices.ContainsFunc(p.Sites, func(s Site) bool { return is("", s.UnitID) }) ||
		slices.ContainsFunc(p.Delegates, func(d Delegate) bool {
			if d.Person != "" {
				return is(d.Person, "")
			}
			return is("", d.UnitID)
		})
}
