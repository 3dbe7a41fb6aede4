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

// Presence tells whether a participant is in the meeting.
type Presence string

// The presences. Only sites are in the roster without being in the meeting: their places on the screens stay.
const (
	PresenceHere     Presence = "here"
	PresenceLost     Presence = "lost"     // the connection broke; it may come back
	PresenceLeft     Presence = "left"     // a site that was here and left
	PresenceExpected Presence = "expected" // a site of the plan that was not here yet
)

// Participant is one seat, or one site of the plan, as everybody in the meeting sees it.
type Participant struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`           // first line of the name plate: the title
	Unit          string     `json:"unit,omitempty"` // second line
	ShortName     string     `json:"short_name,omitempty"`
	Role          Role       `json:"role"`
	ProtocolOrder int        `json:"protocol_order"` // ascending; ties by id
	Presence      Presence   `json:"presence"`
	Since         string     `json:"since,omitempty"` // of a presence that is lost or left, RFC 3339 in UTC
	Microphone    MediaState `json:"microphone"`
	Camera        MediaState `json:"camera"`
	Screen        MediaState `json:"screen"`
	Withheld      bool       `json:"withheld,omitempty"` // the microphone is closed by who manages the meeting
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
	Holder string         `json:"holder,omitempty"`  // participant id
	Since  string         `json:"since,omitempty"`   // when the holder was given the floor, RFC 3339 in UTC
	LimitS int            `json:"limit_s,omitempty"` // seconds of the holder's turn; absent without a limit
	Queue  []FloorRequest `json:"queue"`
	Locked bool           `json:"locked,omitempty"` // to new requests
}

// FloorRequest is one entry of the floor queue.
type FloorRequest struct {
	Participant string `json:"participant"`
	Since       string `json:"since"` // RFC 3339 in UTC
}

// Session is where the live session stands.
type Session string

// A session is gathering → in_session ⇄ recess, until the meeting ends.
const (
	SessionGathering Session = "gathering"
	SessionOpen      Session = "in_session"
	SessionRecess    Session = "recess"
)

// Valid reports whether s is one of the three.
func (s Session) Valid() bool {
	return s == SessionGathering || s == SessionOpen || s == SessionRecess
}

// StageShow is what everybody sees large.
type StageShow string

// What everybody can see. The chair's picture is beside it in any case.
const (
	StageProgramme   StageShow = "programme"   // the speaker, and the content beside when some is shared
	StageContent     StageShow = "content"     // the content alone
	StageMosaic      StageShow = "mosaic"      // the sites in protocol order
	StageParticipant StageShow = "participant" // one participant, whoever speaks
)

// Valid reports whether s is one of the four.
func (s StageShow) Valid() bool {
	return s == StageProgramme || s == StageContent || s == StageMosaic || s == StageParticipant
}

// Stage is what who presides has chosen for all screens.
type Stage struct {
	Show        StageShow `json:"show"`
	Participant string    `json:"participant,omitempty"` // with StageParticipant only
	Page        int       `json:"page,omitempty"`        // of the mosaic, from 1; absent where the pages turn by the clock
}

// Procedure is how the meeting is run now.
type Procedure struct {
	Session       Session `json:"session"`
	Stage         Stage   `json:"stage"`
	SpeakingTimeS int     `json:"speaking_time_s"` // seconds of each turn; 0 is no limit
	Locked        bool    `json:"locked"`          // newcomers wait until they are admitted
}

// Waiting is somebody in the waiting room.
type Waiting struct {
	Participant string `json:"participant"` // id
	Name        string `json:"name"`
	Unit        string `json:"unit,omitempty"`
	Role        Role   `json:"role"`
	Since       string `json:"since"` // RFC 3339 in UTC
}

// Quality is how well a participant's link carries media.
type Quality string

// The qualities of a link.
const (
	QualityGood Quality = "good"
	QualityPoor Quality = "poor"
)

// Link is the state of one participant's link with the figures behind it.
type Link struct {
	Participant string  `json:"participant"`
	Quality     Quality `json:"quality"`
	RTTMs       int     `json:"rtt_ms"`       // round trip to the server
	LossPercent float64 `json:"loss_percent"` // of packets, in the worse direction
	Kbps        int     `json:"kbps"`         // that the participant receives
	// EstimateKbps is what the server believes the way down carries; absent while it does not know.
	EstimateKbps int `json:"estimate_kbps,omitempty"`
	// Paused counts the pictures that the way down has no room for.
	Paused int `json:"paused,omitempty"`
}

// LinkChange is what happened to a participant's link.
type LinkChange string

// The changes of a link. A link that was poor or good for a moment has not changed.
const (
	LinkDegraded  LinkChange = "degraded"  // it has been poor for a while
	LinkLost      LinkChange = "lost"      // the connection broke; it may come back
	LinkRecovered LinkChange = "recovered" // it has been good again for a while, or is there again
)

// DeviceKind is a kind of device of a terminal.
type DeviceKind string

// The kinds of devices.
const (
	DeviceCamera      DeviceKind = "camera"
	DeviceMicrophone  DeviceKind = "microphone"
	DeviceLoudspeaker DeviceKind = "loudspeaker"
)

// Valid reports whether k is one of the three.
func (k DeviceKind) Valid() bool {
	return k == DeviceCamera || k == DeviceMicrophone || k == DeviceLoudspeaker
}

// Device is one device of a terminal.
type Device struct {
	Kind   DeviceKind `json:"kind"`
	ID     string     `json:"id"` // the terminal's own name for it
	Label  string     `json:"label"`
	Chosen bool       `json:"chosen,omitempty"`
}

// ChatMessage is one message of the meeting's chat.
type ChatMessage struct {
	From string `json:"from"` // participant id
	Name string `json:"name"` // the sender's name when it was sent
	Text string `json:"text"` // NFC, 1 to 2,000 characters
	At   string `json:"at"`   // RFC 3339 in UTC
}
