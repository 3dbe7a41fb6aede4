// Package meeting is the live procedure of a meeting: a pure state machine, State, that events drive, and the log of
// those events in Redis that a restarted server recovers a running meeting from.
package meeting

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// Errors of State.Apply. They are wrapped: compare with errors.Is.
var (
	ErrForbidden  = errors.New("meeting: not allowed for this role")
	ErrNotFound   = errors.New("meeting: no such seat")
	ErrWrongState = errors.New("meeting: not possible now")
	ErrInvalid    = errors.New("meeting: malformed event")
	ErrSequence   = errors.New("meeting: event out of sequence")
	ErrLimit      = errors.New("meeting: limit reached")
)

var zeroTime time.Time

// Limits of a meeting.
const (
	MaxChat     = 100  // chat messages that State keeps: the newest
	MaxChatText = 2000 // characters of one chat message
	MaxSeats    = 2000 // seats of one meeting
)

// State is a live meeting. Its owner is whoever drives it: it has no lock. It is a plain value for JSON.
type State struct {
	ID       string          `json:"id"`
	Seq      int64           `json:"seq"` // of the last event that was applied
	Speaking Speaking        `json:"speaking"`
	AlwaysOn bool            `json:"always_on,omitempty"`
	Opened   bool            `json:"opened"`
	Ended    bool            `json:"ended"`
	Seats    map[string]Seat `json:"seats"`
	Floor    Floor           `json:"floor"`
	Chat     []ChatMessage   `json:"chat"` // the newest MaxChat, oldest first
}

// Seat is one participant. It outlives its connection until the seat is left.
type Seat struct {
	ID string `json:"id"`
	Person
	Muted      map[Source]bool `json:"muted,omitempty"`
	Active     map[Source]bool `json:"active,omitempty"`
	ResumeHash string          `json:"resume_hash,omitempty"`
	Connected  bool            `json:"connected"`
	LostAt     time.Time       `json:"lost_at,omitzero"`
}

// Floor is who holds the floor and who waits for it, first come first.
type Floor struct {
	Holder string    `json:"holder,omitempty"` // seat id
	Since  time.Time `json:"since,omitzero"`
	Queue  []Request `json:"queue"`
}

// Request is one entry of the floor queue.
type Request struct {
	Seat  string    `json:"seat"`
	Since time.Time `json:"since"`
}

// ChatMessage is one message of the chat. Name is the sender's when it was sent.
type ChatMessage struct {
	From string    `json:"from"` // seat id
	Name string    `json:"name"`
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// NewState is the meeting before its first event.
func NewState(id string) *State { return &State{ID: id, Seats: map[string]Seat{}} }

// MayBeHeard reports whether the seat's microphone may be forwarded now.
func (s *State) MayBeHeard(seat string) bool {
	microphone, _, _ := s.Rights(seat)
	return microphone
}

// Rights reports what of the seat may be forwarded now. The screen's right covers its sound.
func (s *State) Rights(seat string) (microphone, camera, screen bool) {
	held, ok := s.Seats[seat]
	if !ok || s.Ended || !held.Role.Participates() {
		return false, false, false
	}
	if s.Speaking == SpeakingOpen {
		return true, true, true
	}
	speaks := held.Role.Presides() || s.Floor.Holder == seat
	return speaks, true, speaks || held.Role.Manages()
}

// Chair is the seat of who presides: the chair, else the acting chair, else the first co-chair in protocol order. It is
// empty when none is there.
func (s *State) Chair() string {
	best, rank := "", len(Roles)
	for id, seat := range s.Seats {
		r := slices.Index([]Role{RoleChair, RoleActingChair, RoleCoChair}, seat.Role)
		if r < 0 {
			continue
		}
		if best == "" || r < rank || r == rank && before(seat, s.Seats[best]) {
			best, rank = id, r
		}
	}
	return best
}

func before(a, b Seat) bool {
	return cmp.Or(cmp.Compare(a.ProtocolOrder, b.ProtocolOrder), strings.Compare(a.ID, b.ID)) < 0
}
