package protocol

// Welcome is the first message on every connection.
type Welcome struct {
	Participant  string        `json:"participant"`  // the receiver's own id
	ResumeToken  string        `json:"resume_token"` // for one resume of this seat; the next Welcome carries the next one
	Resumed      bool          `json:"resumed"`      // the seat was taken up again
	MediaKept    bool          `json:"media_kept"`   // the PeerConnection of before goes on; otherwise the client makes a new one and offers
	Meeting      Meeting       `json:"meeting"`
	Participants []Participant `json:"participants"` // the receiver included
	Floor        Floor         `json:"floor"`
	Procedure    Procedure     `json:"procedure"`
	Waiting      []Waiting     `json:"waiting"`     // the waiting room; empty for all but chair and secretary
	Links        []Link        `json:"links"`       // of those who reported theirs
	Slots        []Slot        `json:"slots"`       // what the slots show now; empty unless media was kept
	Chat         []ChatMessage `json:"chat"`        // the newest 100, oldest first
	ICEServers   []ICEServer   `json:"ice_servers"` // for a client that reaches the server's media neither over UDP nor over TCP
	ServerTime   string        `json:"server_time"`
}

// ICEServer is a TURN server of this server's, in the form of RTCIceServer. Its credential is for the receiver alone and for some hours; each
// Welcome has a new one.
type ICEServer struct {
	URLs       []string `json:"urls"` // RFC 7065, the quickest way first
	Username   string   `json:"username"`
	Credential string   `json:"credential"`
}

// Answer answers an Offer.
type Answer struct {
	SDP string `json:"sdp"`
}

// SlotKind is the kind of media that a slot carries.
type SlotKind string

// The kinds of slots.
const (
	SlotVideo SlotKind = "video"
	SlotAudio SlotKind = "audio"
)

// SlotState is what a receiver should show for a slot.
type SlotState string

// The states of a slot.
const (
	SlotEmpty       SlotState = "empty"       // nobody is in it
	SlotWaiting     SlotState = "waiting"     // its new occupant is known, the first frame is still to come
	SlotLive        SlotState = "live"        // media flows
	SlotUnavailable SlotState = "unavailable" // its occupant cannot be shown, for Reason
)

// SlotReason says why a slot is unavailable.
type SlotReason string

// The reasons of SlotUnavailable.
const (
	ReasonCodec      SlotReason = "codec"        // the receiver cannot decode the source
	ReasonNoKeyFrame SlotReason = "no_key_frame" // the source sends no key frame
	ReasonStalled    SlotReason = "stalled"      // the source sends nothing
	ReasonNoCamera   SlotReason = "no_camera"    // the participant shows no picture
	ReasonAbsent     SlotReason = "absent"       // the participant is not connected; its presence says more
	ReasonBandwidth  SlotReason = "bandwidth"    // the receiver's own link has no room for it: it is paused, and comes back by itself
)

// Slot tells who is in one of the receiver's slots.
type Slot struct {
	Kind        SlotKind   `json:"kind"`
	Slot        int        `json:"slot"` // index within its kind
	State       SlotState  `json:"state"`
	Show        Show       `json:"show,omitempty"`        // what the slot is for; video only
	Participant string     `json:"participant,omitempty"` // absent when empty
	Source      Source     `json:"source,omitempty"`
	Reason      SlotReason `json:"reason,omitempty"`
	// RTPTimestamp is that of the occupant's first frame in this slot, with SlotLive: the name plate changes when that
	// frame is shown (requestVideoFrameCallback's rtpTimestamp).
	RTPTimestamp *uint32 `json:"rtp_timestamp,omitempty"`
}

// Slots carries every slot that changed at once.
type Slots struct {
	Slots []Slot `json:"slots"`
	// Pages is the number of pages that the receiver's mosaic has now, Page the one it shows.
	Page  int `json:"page"`
	Pages int `json:"pages"`
}

// IdleLayers names the layers of one of the receiver's own cameras or screens that nobody receives. The client need not send these, and sends
// the others; each message replaces the last one for the source. A new PeerConnection begins with all layers.
type IdleLayers struct {
	Source Source   `json:"source"`
	Layers []string `json:"layers"` // by RID; a source that is not simulcast has one layer, ""
	// Spatial is how many of the highest spatial layers of a stream of VP9 or AV1 nobody receives. Each has twice the lines of the one below.
	Spatial int `json:"spatial"`
}

// Speakers tells who is heard now, loudest first.
type Speakers struct {
	Speakers []Speaker `json:"speakers"`
}

// Speaker is one participant that is heard. Level is in -dBov (RFC 6464): 0 is the loudest, 127 silence.
type Speaker struct {
	Participant string `json:"participant"`
	Level       int    `json:"level"`
}

// ParticipantChanged tells that a participant joined or that anything about it changed.
type ParticipantChanged struct {
	Participant Participant `json:"participant"`
}

// ParticipantLeft tells that a seat was given up.
type ParticipantLeft struct {
	Participant string `json:"participant"`
}

// FloorChanged carries the whole state of the floor.
type FloorChanged struct {
	Floor Floor `json:"floor"`
}

// ProcedureChanged carries the whole state of the procedure.
type ProcedureChanged struct {
	Procedure Procedure `json:"procedure"`
}

// InWaitingRoom is the first message of a connection that has to wait until it is admitted; then Welcome follows. A refusal closes the
// socket with 4003.
type InWaitingRoom struct {
	Meeting    Meeting `json:"meeting"`
	ServerTime string  `json:"server_time"`
}

// WaitingChanged carries the whole waiting room to chair and secretary.
type WaitingChanged struct {
	Waiting []Waiting `json:"waiting"`
}

// Links tells how links have changed, at most once in two seconds: to everybody where the quality is another, or where delay or loss moved
// clearly and the link was not told of for ten seconds; to chair, secretary and technician with the newest figures of all who reported.
type Links struct {
	Links []Link `json:"links"`
}

// LinkChanged tells chair, secretary and technician, once for each change, that a link has become poor, is lost, or is well again.
type LinkChanged struct {
	Participant string     `json:"participant"`
	Change      LinkChange `json:"change"`
	At          string     `json:"at"`             // RFC 3339 in UTC
	Link        *Link      `json:"link,omitempty"` // the figures behind it, where there are any
}

// Diagnostics answers GetDiagnostics.
type Diagnostics struct {
	EstimateKbps int               `json:"estimate_kbps"` // what the server believes the way down carries; 0 while it does not know
	RTTMs        int               `json:"rtt_ms"`        // by the receiver's reports; 0 while there is none
	LossPercent  float64           `json:"loss_percent"`  // of packets on the way down, by the receiver's newest reports: of the slot that misses most
	Slots        []SlotDiagnostics `json:"slots"`
}

// SlotDiagnostics is what the server knows of one of the receiver's slots. Packets and bytes are counted since the slot was made, without
// retransmissions, and begin anew after 2³².
type SlotDiagnostics struct {
	Kind        SlotKind   `json:"kind"`
	Slot        int        `json:"slot"`
	State       SlotState  `json:"state"`
	Participant string     `json:"participant,omitempty"`
	Source      Source     `json:"source,omitempty"`
	Reason      SlotReason `json:"reason,omitempty"`
	Layer       string     `json:"layer,omitempty"`  // what is sent of the source: RID of a simulcast layer, or the highest layers of a stream of several, such as S1T2
	Height      int        `json:"height,omitempty"` // of that layer, in pixels
	SentPackets uint32     `json:"sent_packets"`
	SentBytes   uint32     `json:"sent_bytes"`
	LossPercent float64    `json:"loss_percent"`
}

// Devices answers ListDevices. It is empty for a site that has reported none.
type Devices struct {
	Devices []Device `json:"devices"`
}

// DeviceChosen tells a site to use another of its devices.
type DeviceChosen struct {
	Kind DeviceKind `json:"kind"`
	ID   string     `json:"id"`
}

// Chat carries one message of the chat to everybody, its sender included.
type Chat struct {
	Message ChatMessage `json:"message"`
}

// MeetingEnded is the last message of a meeting; the server then closes the socket with 4002.
type MeetingEnded struct {
	By    string   `json:"by,omitempty"` // participant id; empty where the office has done it
	Cause EndCause `json:"cause"`
}

// EndCause is why a meeting is over for those in it.
type EndCause string

// The causes.
const (
	EndOver        EndCause = "ended"       // it has taken place
	EndPostponed   EndCause = "postponed"   // it waits for another time
	EndRescheduled EndCause = "rescheduled" // it has another time, at which the invitation lets in again
	EndCancelled   EndCause = "cancelled"   // it was called off
)

// SeatMoved tells that the same invitation was used elsewhere; the server then closes the socket with 4001.
type SeatMoved struct{}

// Restarting tells that the server stops; the client resumes after the wait, at a moment within as long again.
type Restarting struct {
	WaitMs int `json:"wait_ms"`
}

// Pong answers Ping.
type Pong struct {
	ServerTime string `json:"server_time"` // RFC 3339 with milliseconds, UTC
}

// Ok answers a request that has no answer of its own.
type Ok struct{}

// Error answers a request that was refused; without an ID it concerns the connection.
type Error struct {
	Code      ErrorCode `json:"code"`
	Message   string    `json:"message"`           // Vietnamese
	MessageEn string    `json:"message_en"`        // English
	Field     string    `json:"field,omitempty"`   // the field of the body that is at fault
	WaitMs    int       `json:"wait_ms,omitempty"` // with rate_limited: when to try again
	RequestID string    `json:"request_id"`        // for the server's log
}

// ErrorCode is stable: clients decide by it.
type ErrorCode string

// The error codes.
const (
	CodeBadMessage   ErrorCode = "bad_message"   // not an envelope; the connection closes with 1003 or 1007
	CodeBadRequest   ErrorCode = "bad_request"   // unknown type, missing or wrong field
	CodeWrongState   ErrorCode = "wrong_state"   // a right message at the wrong time
	CodeForbidden    ErrorCode = "forbidden"     // the role may not do it
	CodeNotFound     ErrorCode = "not_found"     // no such participant
	CodeBadSDP       ErrorCode = "bad_sdp"       // the offer cannot be used
	CodeBadCandidate ErrorCode = "bad_candidate" // the candidate cannot be used
	CodeBadName      ErrorCode = "bad_name"      // empty, too long, or with control characters
	CodeRateLimited  ErrorCode = "rate_limited"  // too many messages; see WaitMs
	CodeLimit        ErrorCode = "limit"         // a limit per participant was reached
	CodeUnavailable  ErrorCode = "unavailable"   // the store is away; try again
	CodeInternal     ErrorCode = "internal"      // the server's fault
)

// Close codes of the WebSocket beside those of RFC 6455.
const (
	CloseSeatMoved    = 4001
	CloseMeetingEnded = 4002
	CloseRemoved      = 4003
	CloseOverflow     = 4004 // the client reads too slowly
)
