//go:generate go test -run "^(TestTypeScript|TestDocument)$" -update

// Package protocol holds the messages of the sub-protocol diemcau.v1: one struct for each message and one registry
// that names them. The registry is the single source: the client's types, the fixtures that both sides test against
// and the examples of PROTOCOL.md come from it.
package protocol

import "encoding/json"

// Version is the WebSocket sub-protocol (RFC 6455, section 1.9) that client and server must agree on.
const Version = "diemcau.v1"

// Prefixes of the second sub-protocol token, which carries the credential so that it never stands in a URL.
const (
	TicketPrefix = "ticket."
	ResumePrefix = "resume."
)

// Envelope wraps every message. A request that carries an ID is answered by exactly one message with the same ID:
// its own answer where it has one (Answer, Pong), Ok, or Error.
type Envelope struct {
	Type string          `json:"type"`
	ID   string          `json:"id,omitempty"`
	Body json.RawMessage `json:"body,omitempty"`
}

// Role is what a participant may do in a meeting.
type Role string

// The roles of a meeting.
const (
	RoleChair       Role = "chair"
	RoleCoChair     Role = "co_chair"
	RoleActingChair Role = "acting_chair"
	RoleSecretary   Role = "secretary"
	RoleDelegate    Role = "delegate"
	RoleSite        Role = "site"
	RoleOperator    Role = "operator"
	RoleDisplay     Role = "display"
)

// Source is one of the things that a participant can publish.
type Source string

// The sources of a participant.
const (
	SourceMicrophone  Source = "microphone"
	SourceCamera      Source = "camera"
	SourceScreen      Source = "screen"
	SourceScreenAudio Source = "screen_audio"
)

// Valid reports whether s is one of the four.
func (s Source) Valid() bool {
	switch s {
	case SourceMicrophone, SourceCamera, SourceScreen, SourceScreenAudio:
		return true
	}
	return false
}

// MediaState tells what others may expect of a source.
type MediaState string

// The states of a source: not published at all, published but muted, published and sending.
const (
	MediaOff   MediaState = "off"
	MediaMuted MediaState = "muted"
	MediaLive  MediaState = "live"
)

// Participant is one seat as everybody in the meeting sees it. Connected is false while a lost connection may still
// come back to the seat.
type Participant struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`           // first line of the name plate: the title
	Unit          string     `json:"unit,omitempty"` // second line
	ShortName     string     `json:"short_name,omitempty"`
	Role          Role       `json:"role"`
	ProtocolOrder int        `json:"protocol_order"` // ascending; ties by id
	Connected     bool       `json:"connected"`
	Microphone    MediaState `json:"microphone"`
	Camera        MediaState `json:"camera"`
	Screen        MediaState `json:"screen"`
}

// Meeting is what a participant may know of the meeting that it is in. Times are RFC 3339 in UTC.
type Meeting struct {
	ID       string   `json:"id"`
	Subject  string   `json:"subject"`
	Start    string   `json:"start"`
	End      string   `json:"end,omitempty"` // absent where the meeting is always on
	Speaking Speaking `json:"speaking"`
}

// Speaking says who decides whose microphone is heard.
type Speaking string

// With SpeakingOpen every microphone may be heard; with SpeakingFloor only the chair's and the floor-holder's.
const (
	SpeakingOpen  Speaking = "open"
	SpeakingFloor Speaking = "floor"
)

// Floor is the state of the floor: who holds it and who waits for it, first come first.
type Floor struct {
	Holder string         `json:"holder,omitempty"` // participant id
	Since  string         `json:"since,omitempty"`  // when the holder was given the floor, RFC 3339 in UTC
	Queue  []FloorRequest `json:"queue"`
}

// FloorRequest is one entry of the floor queue.
type FloorRequest struct {
	Participant string `json:"participant"`
	Since       string `json:"since"` // RFC 3339 in UTC
}

// ChatMessage is one message of the meeting's chat.
type ChatMessage struct {
	From string `json:"from"` // participant id
	Name string `json:"name"` // the sender's name when it was sent
	Text string `json:"text"` // NFC, 1 to 2,000 characters
	At   string `json:"at"`   // RFC 3339 in UTC
}
