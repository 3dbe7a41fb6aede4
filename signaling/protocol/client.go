package protocol

// Offer carries the client's SDP offer (RFC 8829): the first one, one with more slots, or an ICE restart. Only the
// client offers. Every section that the client sends on is named in Sources; every receive-only section is a slot,
// numbered from 0 within its kind in the order of the sections. Answered by Answer.
type Offer struct {
	SDP     string        `json:"sdp"`
	Sources []OfferSource `json:"sources"`
}

// OfferSource says what the client sends on one section.
type OfferSource struct {
	Mid    string `json:"mid"`
	Source Source `json:"source"`
}

// Candidate is one trickled ICE candidate of the client (RFC 8838). An empty candidate ends the generation.
type Candidate struct {
	Candidate string `json:"candidate"`
	Mid       string `json:"mid,omitempty"`
}

// Show says what a video slot is for.
type Show string

// What a video slot can show. Slot 0 is always ShowProgramme.
const (
	ShowProgramme   Show = "programme"   // who speaks
	ShowContent     Show = "content"     // the screen that is shared
	ShowChair       Show = "chair"       // the chair's camera
	ShowMosaic      Show = "mosaic"      // the next participant in protocol order that no other slot shows
	ShowParticipant Show = "participant" // the camera of the participant that the slot names
	ShowNothing     Show = "nothing"     // the client does not display the slot now
)

// Valid reports whether s is one of the values above.
func (s Show) Valid() bool {
	switch s {
	case ShowProgramme, ShowContent, ShowChair, ShowMosaic, ShowParticipant, ShowNothing:
		return true
	}
	return false
}

// View tells what the client displays in its video slots, how large, and which page of the mosaic. Slots that are not
// named keep what they had. A page holds as many participants as there are slots that show the mosaic.
type View struct {
	Slots []ViewSlot `json:"slots"`
	Page  int        `json:"page"` // from 0; a page past the last shows the last
}

// ViewSlot is one video slot of a View.
type ViewSlot struct {
	Slot        int    `json:"slot"`
	Show        Show   `json:"show"`
	Participant string `json:"participant,omitempty"` // with ShowParticipant only
	Height      int    `json:"height"`                // of the picture on the screen, in device pixels; 0 with ShowNothing
}

// Mute changes whether one of the sender's own sources is muted. The server stops forwarding a muted source.
type Mute struct {
	Source Source `json:"source"`
	Muted  bool   `json:"muted"`
}

// Publish tells that the sender starts or stops sending on one of its sources, for example a screen.
type Publish struct {
	Source Source `json:"source"`
	Active bool   `json:"active"`
}

// RequestFloor puts the sender into the floor queue; chair and secretary may enter somebody else.
type RequestFloor struct {
	Participant string `json:"participant,omitempty"` // absent for the sender
}

// WithdrawFloor takes the sender out of the floor queue, or gives the floor back when it holds it.
type WithdrawFloor struct{}

// GrantFloor gives a participant the floor. Chair and secretary only. Who held it before loses it.
type GrantFloor struct {
	Participant string `json:"participant"`
}

// RevokeFloor takes the floor from a participant, or strikes it from the queue. Chair and secretary only.
type RevokeFloor struct {
	Participant string `json:"participant"`
}

// ExtendFloor gives the floor-holder more time. Chair and secretary only.
type ExtendFloor struct {
	Seconds int `json:"seconds"`
}

// MoveRequest moves a participant to another place of the floor queue. Chair and secretary only.
type MoveRequest struct {
	Participant string `json:"participant"`
	Place       int    `json:"place"` // from 0
}

// LockFloor closes the floor queue to new requests, or opens it. Chair and secretary only.
type LockFloor struct {
	Locked bool `json:"locked"`
}

// SetSpeakingTime sets how long each turn is from now on. Chair and secretary only.
type SetSpeakingTime struct {
	Seconds int `json:"seconds"` // 0 is no limit
}

// SetSession opens the session, calls a recess, or goes on after it. Chair and secretary only.
type SetSession struct {
	Session Session `json:"session"`
}

// SetStage chooses what everybody sees. Chair and secretary only.
type SetStage struct {
	Stage Stage `json:"stage"`
}

// WithholdMicrophone closes the microphone of a participant, or of all who only take part and do not have the floor, whatever their
// clients do; or opens it again. Chair and secretary only; a technician may do it to a site.
type WithholdMicrophone struct {
	Participant string `json:"participant,omitempty"` // absent for all
	Withheld    bool   `json:"withheld"`
}

// LockMeeting has newcomers wait until they are admitted, or lets them in. Chair and secretary only.
type LockMeeting struct {
	Locked bool `json:"locked"`
}

// Admit lets somebody in from the waiting room. Chair and secretary only.
type Admit struct {
	Participant string `json:"participant"`
}

// Remove takes a participant out of the meeting or of the waiting room. Whoever was taken out of the meeting comes back by the waiting
// room only. Chair and secretary only.
type Remove struct {
	Participant string `json:"participant"`
}

// ReportLink tells how the sender's own link is, at most once a second.
type ReportLink struct {
	RTTMs       int     `json:"rtt_ms"`
	LossPercent float64 `json:"loss_percent"` // of packets, in the worse direction
	Kbps        int     `json:"kbps"`         // received
}

// GetDiagnostics asks what the server knows of the sender's own connection. Answered by Diagnostics.
type GetDiagnostics struct{}

// ReportDevices tells which devices an unattended terminal has. Sites only.
type ReportDevices struct {
	Devices []Device `json:"devices"`
}

// ListDevices asks for the devices of a site. Technician, chair and secretary only. Answered by Devices.
type ListDevices struct {
	Participant string `json:"participant"`
}

// ChooseDevice has a site use another of its devices. Technician, chair and secretary only.
type ChooseDevice struct {
	Participant string     `json:"participant"`
	Kind        DeviceKind `json:"kind"`
	ID          string     `json:"id"`
}

// SendChat says something in the meeting's chat.
type SendChat struct {
	Text string `json:"text"` // 1 to 2,000 characters
}

// EndMeeting ends the meeting for all. Chair and secretary only.
type EndMeeting struct{}

// Leave gives the sender's seat up; the server then closes the socket with 1000.
type Leave struct{}

// Ping asks for the server's clock. Answered by Pong.
type Ping struct{}
