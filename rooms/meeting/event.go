package meeting

import "time"

// EventType names what happened.
type EventType string

// The events of a live meeting.
const (
	MeetingOpened  EventType = "meeting_opened"  // the first of every meeting: Opening
	SeatTaken      EventType = "seat_taken"      // Seat, Taken, ResumeHash; again for a seat that is taken already when it moves to another connection
	SeatLost       EventType = "seat_lost"       // Seat; the connection broke and may come back
	SeatResumed    EventType = "seat_resumed"    // Seat, ResumeHash (of the next resume token)
	SeatLeft       EventType = "seat_left"       // Seat; given up: by its Actor, or for silence where there is none
	SourceMuted    EventType = "source_muted"    // Seat, Source, On
	SourceActive   EventType = "source_active"   // Seat, Source, On: starts or stops sending
	FloorRequested EventType = "floor_requested" // Seat; Actor is another where who manages the meeting enters it
	FloorWithdrawn EventType = "floor_withdrawn" // Seat: leaves the queue, or gives the floor back
	FloorGranted   EventType = "floor_granted"   // Actor gives Seat the floor
	FloorRevoked   EventType = "floor_revoked"   // Actor takes the floor from Seat, or strikes it from the queue
	FloorExtended  EventType = "floor_extended"  // Actor gives the floor-holder Seconds more
	FloorMoved     EventType = "floor_moved"     // Actor moves Seat to Place of the queue
	FloorLocked    EventType = "floor_locked"    // Actor closes the queue to new requests, or opens it: On
	ChatSent       EventType = "chat_sent"       // Actor says Text
	MeetingEnded   EventType = "meeting_ended"   // Actor ends the meeting for all

	MeetingDismissed   EventType = "meeting_dismissed"   // it does not take place now: all are out, and it may be opened anew another time
	SessionChanged     EventType = "session_changed"     // Actor opens the session, calls a recess or ends it: Session
	SpeakingTimeSet    EventType = "speaking_time_set"   // Actor sets how long each turn is: Seconds, 0 for no limit
	MicrophoneWithheld EventType = "microphone_withheld" // Actor closes the microphone of Seat, or of all who only take part, or opens it: On
	MeetingLocked      EventType = "meeting_locked"      // Actor has newcomers wait, or lets them in: On
	SeatAdmitted       EventType = "seat_admitted"       // Actor lets Seat in from the waiting room
	SeatRemoved        EventType = "seat_removed"        // Actor takes Seat out; it comes back by the waiting room only
	StageSet           EventType = "stage_set"           // Actor chooses what everybody sees: Stage
	DeviceChosen       EventType = "device_chosen"       // Actor chooses a Device of the unattended Seat
)

// Event is one thing that happened in a live meeting. Events are stored as JSON and replayed by Apply, so their meaning
// never changes.
type Event struct {
	Seq   int64     `json:"seq"` // State.Seq + 1
	At    time.Time `json:"at"`  // UTC
	Type  EventType `json:"type"`
	Actor string    `json:"actor,omitempty"` // seat id of who does it; empty for the server itself
	Seat  string    `json:"seat,omitempty"`  // seat id of whom it concerns

	Opening    *Opening `json:"opening,omitempty"`
	Taken      *Person  `json:"taken,omitempty"`
	ResumeHash string   `json:"resume_hash,omitempty"` // SHA-256 of the resume token, in hex
	Source     Source   `json:"source,omitempty"`
	On         bool     `json:"on,omitempty"`
	Text       string   `json:"text,omitempty"`
	Seconds    int      `json:"seconds,omitempty"`
	Place      int      `json:"place,omitempty"` // in the queue, from 0
	Session    Session  `json:"session,omitempty"`
	Stage      *Stage   `json:"stage,omitempty"`
	Device     *Device  `json:"device,omitempty"`
}

// Opening is what the live meeting takes over from its plan.
type Opening struct {
	Speaking Speaking `json:"speaking"`
	AlwaysOn bool     `json:"always_on,omitempty"` // ending it empties it and it goes on
}

// Device is one device of a terminal: its kind is "camera", "microphone" or "loudspeaker", its id the terminal's own.
type Device struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
}

// Person is who takes a seat: what the name plate and the rights are made from.
type Person struct {
	Name          string `json:"name"`
	Unit          string `json:"unit,omitempty"`
	ShortName     string `json:"short_name,omitempty"`
	Role          Role   `json:"role"`
	ProtocolOrder int    `json:"protocol_order"`
}
