package sfu

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/rtcp"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/forward"
	"diemcau/sfu/transport"
)

// Peer is one member of a room. The room's goroutine owns the fields without another note.
type Peer struct {
	room     *Room
	id       string
	order    int
	observer Observer
	conn     transport.Conn
	worker   *worker
	pictures bool // its mosaic holds only who shows one

	publications [sourceCount]*publication // never changes
	rights       Rights
	muted        [sourceCount]bool
	connected    bool
	connectedAt  int64
	view         []ViewSlot // of each video slot
	page         int
	shown, pages int
	slots        [2][]*place // by Kind
	changed      []*place    // since the observer was last told
	allocation   allocation

	// estimate is what the peer's link carries towards it, in bits per second; 0 is not known yet.
	estimate atomic.Int64
	streams  atomic.Int32
	control  sync.Mutex // makes the control calls of the connection one at a time
	// sections are the publications by the mid of their section, as the newest offer names them: read by the transport when a stream begins.
	sections atomic.Pointer[map[string]*publication]

	clockMu sync.Mutex
	clock   int64 // smallest difference between arrival and sending of the peer's reports, in nanoseconds
	clocked bool

	budget    atomic.Int64 // the part of estimate that media may take; the worker writes
	wanted    atomic.Int64 // bit/s that the room would send; the room writes
	repeats   atomic.Int32 // packets before it that each packet of sound repeats where the peer takes RED; the worker writes
	reachable atomic.Bool  // connected; the room writes

	feedback  atomic.Pointer[[2][]*slot] // by Kind: read by the transport
	heard     allowance                  // of what the client says about its slots
	slotCount atomic.Int32               // of feedback
}

// place is a slot as the room sees it.
type place struct {
	slot       *slot
	state      SlotState
	occupant   *publication
	layer      *layer
	limit      forward.Limit // what the slot takes of it
	height     int
	generation uint32
	visit      uint32 // counts the occupants
	since      int64  // when the occupant came
	due        bool   // the worker is to be told of the generation
	cut        bool   // at once
}

// Offer applies the client's offer and gives the answer. It wraps ErrBadSDP, ErrLimit and ErrClosed; after an error the
// connection is as it was before.
func (p *Peer) Offer(ctx context.Context, offer Offer) (string, error) {
	p.control.Lock()
	defer p.control.Unlock()
	named, err := p.named(offer.Sources)
	if err != nil {
		return "", err
	}
	// Media may come with the answer; what begins meanwhile on a section that is known already is its own, also if the offer is refused.
	before, trying := p.sections.Load(), maps.Clone(named)
	if before != nil {
		maps.Copy(trying, *before)
	}
	p.sections.Store(&trying)
	answer, err := p.conn.Offer(ctx, offer.SDP)
	if err != nil {
		p.sections.Store(before)
		return "", err
	}
	sent := map[string]*publication{}
	for mid, pub := range named {
		if section, ok := answer.Sending[mid]; ok && section.Video == pub.source.IsVideo() {
			sent[mid] = pub
		}
	}
	p.sections.Store(&sent)
	p.addSlots(answer.Slots)
	return answer.SDP, nil
}

// named gives the publications by the mids of an offer. It wraps ErrBadSDP.
func (p *Peer) named(sources map[string]Source) (map[string]*publication, error) {
	named, seen := map[string]*publication{}, map[Source]bool{}
	for mid, source := range sources {
		if len(mid) > transport.MaxMid || source >= sourceCount || seen[source] {
			return nil, fmt.Errorf("%w: source of section %.40q", ErrBadSDP, mid)
		}
		seen[source], named[mid] = true, p.publications[source]
	}
	return named, nil
}

// addSlots makes the slots that the newest offer brought.
func (p *Peer) addSlots(all []transport.Slot) {
	var known [2][]*slot
	if k := p.feedback.Load(); k != nil {
		known = *k
	}
	var added []*slot
	for _, out := range all {
		kind := Audio
		if out.Video {
			kind = Video
		}
		if out.Index < len(known[kind]) {
			continue
		}
		s := newSlot(p.worker, p, out)
		known[kind] = append(slices.Clip(known[kind]), s)
		added = append(added, s)
	}
	if len(added) == 0 {
		return
	}
	p.feedback.Store(&known)
	p.slotCount.Store(int32(len(known[Audio]) + len(known[Video])))
	p.room.mailbox.post(func() { p.room.addSlots(p, added) })
}

// AddCandidate takes a trickled ICE candidate of any section: all share one transport. It wraps ErrBadCandidate
// and ErrLimit.
func (p *Peer) AddCandidate(candidate string) error { return p.conn.AddCandidate(candidate) }

// SetView says what the client shows in its video slots and which page of the mosaic. Slots that are not named stay as they are.
func (p *Peer) SetView(slots []ViewSlot, page int) {
	slots = slices.Clone(slots)
	p.room.mailbox.post(func() { p.room.setView(p, slots, page) })
}

// SetRights says which of the peer's sources others may receive.
func (p *Peer) SetRights(rights Rights) {
	p.room.mailbox.post(func() {
		p.rights = rights
		p.room.regate(p)
	})
}

// SetMuted mutes or unmutes one of the peer's sources. A muted source is not forwarded.
func (p *Peer) SetMuted(source Source, muted bool) {
	p.room.mailbox.post(func() {
		p.muted[source] = muted
		p.room.regate(p)
	})
}

// SetActive says that the peer sends on a source, or stops. All sources are inactive at first.
func (p *Peer) SetActive(source Source, active bool) {
	p.room.mailbox.post(func() { p.room.setActive(p, source, active) })
}

// Slots tells what every slot shows now.
func (p *Peer) Slots() (slots []SlotState) {
	p.room.call(func() {
		for _, places := range p.slots {
			for _, pl := range places {
				slots = append(slots, pl.state)
			}
		}
	})
	return slots
}

// Close takes the peer out of the room. When it returns nobody is given the peer's media any more.
func (p *Peer) Close() {
	p.room.call(func() { p.room.remove(p) })
}

// maxStreams bounds the streams that a peer may begin on one connection: its sources and their layers, and those anew.
const maxStreams = 100

// Stream begins to take an incoming stream (transport.Handler).
func (p *Peer) Stream(stream transport.Stream) transport.Sink {
	sections := p.sections.Load()
	if sections == nil {
		return nil
	}
	pub := (*sections)[stream.Mid]
	if pub == nil || p.streams.Add(1) > maxStreams || pub.source.IsVideo() != stream.Video {
		return nil
	}
	l := newLayer(pub, stream)
	p.room.mailbox.post(func() { p.room.addLayer(pub, l) })
	return l
}

// State passes the state of the connection on (transport.Handler).
func (p *Peer) State(state transport.State) {
	p.room.mailbox.post(func() { p.room.setState(p, state) })
}

// Feedback passes what the client says about a slot to the slot's worker (transport.Handler).
func (p *Peer) Feedback(video bool, index int, packets []rtcp.Packet, now int64) {
	kind := Audio
	if video {
		kind = Video
	}
	slots := p.feedback.Load()
	if slots == nil || index >= len(slots[kind]) || !p.mayReport(1) {
		return
	}
	s := slots[kind][index]
	p.worker.mailbox.post(func() { s.feedback(packets, now) })
}

// mayReport tells whether the client may say so much more now, and counts what it may not.
func (p *Peer) mayReport(much int) bool {
	if p.heard.take(p.room.engine.clock.now(), much, feedbackFree+feedbackPerSlot*int(p.slotCount.Load())) {
		return true
	}
	p.room.engine.dropped[forward.FeedbackOverflow].Add(1)
	return false
}

// In a tenth of a second a client may say so much about its slots: requests for packets go out every 20 ms at most.
const (
	feedbackWindow  = 100e6 // nanoseconds
	feedbackFree    = 20
	feedbackPerSlot = 8
	// feedbackNumbers are the packets that a report on the way to the client may tell of as if it were one thing: more cost more to read.
	feedbackNumbers = 64
)

// allowance bounds how often something happens within each feedbackWindow. Any goroutine may take of it.
type allowance struct {
	window atomic.Int64
	taken  atomic.Int32
}

// take tells whether something that counts as several may happen: it may until the limit is reached. Two that begin a window together may
// forget one.
func (a *allowance) take(now int64, several, limit int) bool {
	if window := now / feedbackWindow; a.window.Swap(window) != window {
		a.taken.Store(0)
	}
	return a.taken.Add(int32(several))-int32(several) < int32(limit)
}

// PathFeedback keeps what the client says about the way to it for the worker (transport.Handler).
func (p *Peer) PathFeedback(report []byte) {
	if p.feedback.Load() != nil && p.mayReport(1+bandwidth.Announced(report)/feedbackNumbers) {
		p.worker.pathReports.add(p, report)
	}
}

// clockOffset estimates what to add to the peer's clock to get the engine's, from a report that was sent and arrived at
// the two given moments: the report that was fastest on its way tells best, and slowly gives way as the clocks drift.
func (p *Peer) clockOffset(sent, arrived int64) int64 {
	p.clockMu.Lock()
	defer p.clockMu.Unlock()
	offset := arrived - sent
	switch {
	case !p.clocked || offset < p.clock:
		p.clock, p.clocked = offset, true
	default:
		p.clock += (offset - p.clock) / 64
	}
	return p.clock
}

// sends tells whether any of the peer's publications is active.
func (p *Peer) sends() bool {
	for _, pub := range p.publications {
		if pub.active {
			return true
		}
	}
	return false
}

// regate opens or closes the peer's publications after a change of its rights or of what it muted.
func (p *Peer) regate() {
	for source, pub := range p.publications {
		permitted := p.rights.Microphone
		switch Source(source) {
		case Camera:
			permitted = p.rights.Camera
		case Screen:
			permitted = p.rights.Screen
		case ScreenAudio:
			permitted = p.rights.ScreenAudio
		case Microphone, sourceCount:
		}
		switch {
		case !permitted:
			pub.withheld.Store(1 + uint32(forward.NotPermitted))
		case p.muted[source]:
			pub.withheld.Store(1 + uint32(forward.Muted))
		default:
			pub.withheld.Store(0)
		}
	}
}
