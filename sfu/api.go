package sfu

import (
	"errors"

	"diemcau/sfu/transport"
)

// Source is one of the things that a peer can publish.
type Source uint8

// The sources of a peer.
const (
	Microphone Source = iota
	Camera
	Screen
	ScreenAudio
	sourceCount
)

// IsVideo tells whether the source carries pictures.
func (s Source) IsVideo() bool { return s == Camera || s == Screen }

// String gives the source's name on the wire and in metrics.
func (s Source) String() string {
	return [...]string{"microphone", "camera", "screen", "screen_audio"}[s]
}

// Kind is the kind of media of a slot.
type Kind uint8

// The kinds of media.
const (
	Audio Kind = iota
	Video
)

// Rights says which of a peer's sources others may receive. What is not permitted is dropped where packets fan out,
// whatever the peer's client does.
type Rights struct {
	Microphone  bool
	Camera      bool
	Screen      bool
	ScreenAudio bool
}

// Show says what a video slot is for.
type Show uint8

// What a video slot can show.
const (
	ShowNothing     Show = iota // the client does not display the slot now
	ShowProgramme               // see Programme
	ShowContent                 // the screen that is shared
	ShowChair                   // the chair's camera
	ShowMosaic                  // the next of the mosaic that no other slot of the peer shows
	ShowParticipant             // one peer's camera
)

// ViewSlot is what the client does with one video slot.
type ViewSlot struct {
	Slot   int
	Show   Show
	Peer   string // with ShowParticipant
	Height int    // of the picture on the screen, in pixels; 0 is "as large as there is"
}

// SlotPhase is what a receiver should show for a slot.
type SlotPhase uint8

// The phases of a slot.
const (
	SlotEmpty       SlotPhase = iota // nobody is in it
	SlotWaiting                      // its new occupant is known, the first frame is still to come
	SlotLive                         // media flows
	SlotUnavailable                  // its occupant cannot be shown, for Reason
)

// SlotReason says why a slot is unavailable.
type SlotReason uint8

// The reasons of SlotUnavailable.
const (
	ReasonNone       SlotReason = iota
	ReasonCodec                 // the receiver cannot decode the source
	ReasonNoKeyFrame            // the source sends no key frame
	ReasonStalled               // the source sends nothing
	ReasonNoCamera              // the peer shows no picture
	ReasonAbsent                // the peer is not in the room
	ReasonBandwidth             // the receiver's link has no room for it
)

// SlotState tells who is in one of a peer's slots.
type SlotState struct {
	Kind      Kind
	Slot      int // index within its kind
	Phase     SlotPhase
	Show      Show // video only
	Peer      string
	Source    Source
	Reason    SlotReason
	Timestamp uint32 // RTP timestamp of the occupant's first frame in the slot, with SlotLive
}

// Speaker is a peer that is heard. Level is in -dBov (RFC 6464): 0 is the loudest, 127 silence.
type Speaker struct {
	Peer  string
	Level int
}

// ConnectionState is the state of a peer's media connection.
type ConnectionState uint8

// The states of a media connection.
const (
	Connecting   ConnectionState = iota
	Connected                    // ICE and DTLS are up
	Disconnected                 // silence; it may come back by itself or by an ICE restart
	Failed                       // it will not come back
)

// Offer is a client's SDP offer with what the client sends on each of its sections, by mid.
type Offer struct {
	SDP     string
	Sources map[string]Source
}

// Observer is told what changes for one peer. Its methods are called from the room's goroutine: they must not block
// and must not call back into the room or the peer.
type Observer interface {
	// SlotsChanged carries every slot that changed, and the page of the mosaic that is shown of how many.
	SlotsChanged(changed []SlotState, page, pages int)
	ConnectionChanged(ConnectionState)
	// LayersIdle says which layers of one of the peer's video sources nobody receives. The peer may stop to send these, and is to send the
	// others. Each call replaces the last one for the source.
	LayersIdle(source Source, idle Idle)
}

// Idle is what nobody receives of a source.
type Idle struct {
	Layers  []string // by their RIDs; a source that is not simulcast has one, ""
	Spatial int      // how many of the highest spatial layers of a stream of VP9 or AV1
}

// Programme names the peers that the programme prefers, in this order; after them it is the loudest, and then the first camera. Each may
// be empty.
type Programme struct {
	Pinned string // shown whoever speaks
	Holder string // of the floor
	Chair  string // passed over while it sends nothing
}

// Errors of the media plane.
var (
	ErrBadSDP       = transport.ErrBadSDP
	ErrBadCandidate = transport.ErrBadCandidate
	ErrLimit        = transport.ErrLimit
	ErrClosed       = transport.ErrClosed
	ErrPeerExists   = errors.New("sfu: peer id in use")
)

// PeerOptions describes a peer that joins a room.
type PeerOptions struct {
	ID            string
	ProtocolOrder int // ascending; ties by ID
	Rights        Rights
	Observer      Observer
	// PicturesOnly leaves out of the peer's mosaic who shows no picture: for equipment that shows no names.
	PicturesOnly bool
}

// RoomOptions describes a room.
type RoomOptions struct {
	// Speakers is called when who is heard or how loud has changed, at most five times a second, from the room's
	// goroutine: it must not block or call back. May be nil.
	Speakers func([]Speaker)
}
