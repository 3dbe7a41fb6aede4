package signaling

import (
	"sync"
	"sync/atomic"

	"diemcau/rooms/meeting"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// media is one connection of a seat to the media plane. It outlives the sockets of its seat. It is the sfu.Observer of its
// peer, called from the room's goroutine; the coordinator owns applied.
type media struct {
	peer  *sfu.Peer
	out   atomic.Pointer[outbox] // of the socket that is told of slots; nil while there is none
	state atomic.Uint32          // an sfu.ConnectionState
	anew  atomic.Bool            // made for a client that came back and has not offered since: it may not know of it
	wake  func()                 // tells the coordinator that the state changed

	idleMu sync.Mutex              // makes what sockets are told of idle layers one at a time
	idle   [len(sources)]*sfu.Idle // what was told last; nil was never told

	paused    map[int]bool // the video slots that the link has no room for; the room's goroutine owns it
	pausedNow atomic.Int32 // how many they are

	applied struct {
		rights        sfu.Rights
		muted, active [len(sources)]bool
	}
}

// sources are all sources of a seat by their numbers in the media plane.
var sources = [...]meeting.Source{
	sfu.Microphone:  meeting.SourceMicrophone,
	sfu.Camera:      meeting.SourceCamera,
	sfu.Screen:      meeting.SourceScreen,
	sfu.ScreenAudio: meeting.SourceScreenAudio,
}

// SlotsChanged implements sfu.Observer.
func (m *media) SlotsChanged(changed []sfu.SlotState, page, pages int) {
	for _, s := range changed {
		switch {
		case s.Kind != sfu.Video:
		case s.Phase == sfu.SlotUnavailable && s.Reason == sfu.ReasonBandwidth:
			m.paused[s.Slot] = true
		default:
			delete(m.paused, s.Slot)
		}
	}
	m.pausedNow.Store(int32(len(m.paused)))
	if out := m.out.Load(); out != nil {
		out.slotsChanged(wireSlots(changed), page, pages)
	}
}

// LayersIdle implements sfu.Observer.
func (m *media) LayersIdle(source sfu.Source, idle sfu.Idle) {
	m.idleMu.Lock()
	defer m.idleMu.Unlock()
	m.idle[source] = &idle
	if out := m.out.Load(); out != nil {
		out.send(idleLayers(source, idle))
	}
}

// attach tells a socket of the slots and layers from now on. What the last socket was told may have been lost with it.
func (m *media) attach(out *outbox) {
	m.idleMu.Lock()
	defer m.idleMu.Unlock()
	m.out.Store(out)
	for source, idle := range m.idle {
		if idle != nil {
			out.send(idleLayers(sfu.Source(source), *idle))
		}
	}
}

func idleLayers(source sfu.Source, idle sfu.Idle) []byte {
	return encode("idle_layers", "", protocol.IdleLayers{Source: protocol.Source(source.String()), Layers: idle.Layers, Spatial: idle.Spatial})
}

// ConnectionChanged implements sfu.Observer.
func (m *media) ConnectionChanged(state sfu.ConnectionState) {
	m.state.Store(uint32(state))
	m.wake()
}

// pausedSlots is how many pictures the link has no room for.
func (m *media) pausedSlots() int { return int(m.pausedNow.Load()) }

func (m *media) connection() sfu.ConnectionState { return sfu.ConnectionState(m.state.Load()) }

// apply brings the peer in line with the procedure. It is called by the coordinator.
func (m *media) apply(state *meeting.State, seat meeting.Seat) {
	if rights := rightsOf(state, seat.ID); rights != m.applied.rights {
		m.peer.SetRights(rights)
		m.applied.rights = rights
	}
	for i, source := range sources {
		if muted := seat.Muted[source]; muted != m.applied.muted[i] {
			m.peer.SetMuted(sfu.Source(i), muted)
			m.applied.muted[i] = muted
		}
		if active := seat.Active[source]; active != m.applied.active[i] {
			m.peer.SetActive(sfu.Source(i), active)
			m.applied.active[i] = active
		}
	}
}

func rightsOf(state *meeting.State, seat string) sfu.Rights {
	return sfu.Rights(state.Rights(seat))
}

// The names on the wire, by the numbers of the media plane.
var (
	wireShows = [...]protocol.Show{
		sfu.ShowNothing: protocol.ShowNothing, sfu.ShowProgramme: protocol.ShowProgramme, sfu.ShowContent: protocol.ShowContent,
		sfu.ShowChair: protocol.ShowChair, sfu.ShowMosaic: protocol.ShowMosaic, sfu.ShowParticipant: protocol.ShowParticipant,
	}
	wirePhases = [...]protocol.SlotState{
		sfu.SlotEmpty: protocol.SlotEmpty, sfu.SlotWaiting: protocol.SlotWaiting,
		sfu.SlotLive: protocol.SlotLive, sfu.SlotUnavailable: protocol.SlotUnavailable,
	}
	wireReasons = [...]protocol.SlotReason{
		sfu.ReasonNone: "", sfu.ReasonCodec: protocol.ReasonCodec,
		sfu.ReasonNoKeyFrame: protocol.ReasonNoKeyFrame, sfu.ReasonStalled: protocol.ReasonStalled,
		sfu.ReasonNoCamera: protocol.ReasonNoCamera, sfu.ReasonAbsent: protocol.ReasonAbsent,
		sfu.ReasonBandwidth: protocol.ReasonBandwidth,
	}
)

func wireSlots(states []sfu.SlotState) []protocol.Slot {
	slots := make([]protocol.Slot, 0, len(states))
	for _, s := range states {
		slot := protocol.Slot{Kind: protocol.SlotAudio, Slot: s.Slot, State: wirePhases[s.Phase], Reason: wireReasons[s.Reason]}
		if s.Kind == sfu.Video {
			slot.Kind, slot.Show = protocol.SlotVideo, wireShows[s.Show]
		}
		if s.Phase != sfu.SlotEmpty {
			slot.Participant, slot.Source = s.Peer, protocol.Source(s.Source.String())
		}
		if s.Phase == sfu.SlotLive {
			slot.RTPTimestamp = new(s.Timestamp)
		}
		slots = append(slots, slot)
	}
	return slots
}
