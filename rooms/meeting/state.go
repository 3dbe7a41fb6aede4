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

	MaxSpeakingSeconds = 6 * 60 * 60 // of one turn
)

// Session is where the live session stands.
type Session string

// A session is gathering → in_session ⇄ recess, until the meeting ends. A meeting that is always on is in session from the start.
const (
	SessionGathering Session = "gathering"
	SessionOpen      Session = "in_session"
	SessionRecess    Session = "recess"
)

// StageShow is what everybody sees large.
type StageShow string

// What everybody can see. The chair's picture is beside it in any case.
const (
	StageProgramme   StageShow = "programme"   // the speaker, and the content beside when some is shared
	StageContent     StageShow = "content"     // the content alone
	StageMosaic      StageShow = "mosaic"      // the sites in protocol order
	StageParticipant StageShow = "participant" // one seat, whoever speaks
)

// Stage is what who presides has chosen for all screens.
type Stage struct {
	Show StageShow `json:"show"`
	Seat string    `json:"seat,omitempty"` // with StageParticipant
	Page int       `json:"page,omitempty"` // of the mosaic, from 1; 0 turns the pages by the clock
}

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
	Session  Session         `json:"session"`
	Stage    Stage           `json:"stage"`
	Locked   bool            `json:"locked,omitempty"` // newcomers wait until they are admitted

	SpeakingSeconds int                  `json:"speaking_seconds,omitempty"` // of each turn; 0 is no limit
	Admitted        map[string]bool      `json:"admitted,omitempty"`         // by seat id: let in from the waiting room
	Removed         map[string]bool      `json:"removed,omitempty"`          // by seat id: taken out
	Departed        map[string]Departure `json:"departed,omitempty"`         // by seat id: sites that were here
	Withheld        map[string]bool      `json:"withheld,omitempty"`         // microphones, by seat id: what was decided of each, held or not
	AllWithheld     bool                 `json:"all_withheld,omitempty"`     // the microphones of all others who neither manage nor have the floor
}

// Departure is a site that was in the meeting and is not any more: its place on the screens stays.
type Departure struct {
	Person
	At   time.Time `json:"at"`
	Lost bool      `json:"lost"` // its connection broke, and did not come back
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
	Limit  int       `json:"limit,omitempty"` // seconds of this turn; 0 is no limit
	Queue  []Request `json:"queue"`
	Locked bool      `json:"locked,omitempty"` // to new requests
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

// complete fills in what snapshots from before there were sessions and stages do not have.
func (s *State) complete() {
	if s.Session == "" && s.Opened {
		s.Session = SessionGathering
		if s.AlwaysOn {
			s.Session = SessionOpen
		}
	}
	if s.Stage.Show == "" {
		s.Stage.Show = StageProgramme
	}
}

// NewState is the meeting before its first event.
func NewState(id string) *State { return &State{ID: id, Seats: map[string]Seat{}} }

// MayBeHeard reports whether the seat's microphone may be forwarded now.
func (s *State) MayBeHeard(seat string) bool {
	return s.Rights(seat).Microphone
}

// Rights are what of a seat may be forwarded.
type Rights struct{ Microphone, Camera, Screen, ScreenAudio bool }

// Rights reports what of the seat may be forwarded now. Whoever may not be heard is not heard by way of a screen's sound either.
func (s *State) Rights(seat string) Rights {
	held, ok := s.Seats[seat]
	if !ok || s.Ended || !held.Role.Participates() {
		return Rights{}
	}
	speaks := s.Speaking == SpeakingOpen || held.Role.Presides() || s.Floor.Holder == seat
	quiet := s.MicrophoneWithheld(seat) || s.Session == SessionRecess && !held.Role.Manages()
	screen := speaks || held.Role.Manages()
	return Rights{Microphone: speaks && !quiet, Camera: true, Screen: screen, ScreenAudio: screen && !quiet}
}

// MicrophoneWithheld reports whether the seat's microphone is closed by who manages the meeting.
func (s *State) MicrophoneWithheld(seat string) bool {
	held, ok := s.Seats[seat]
	if !ok || !held.Role.Participates() || held.Role.Presides() {
		return false
	}
	if one, decided := s.Withheld[seat]; decided {
		return one
	}
	return s.AllWithheld && !held.Role.Manages()
}

// MustWait reports whether who comes for a seat waits until it is admitted: a newcomer to a locked meeting, unless it manages the meeting,
// and who was taken out.
func (s *State) MustWait(seat string, role Role) bool {
	_, held := s.Seats[seat]
	return !s.Admitted[seat] && (s.Removed[seat] || s.Locked && !held && !role.Manages())
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
