package sfu

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"diemcau/sfu/transport"
)

const (
	roomTick     = 100 * time.Millisecond
	speakerTicks = 2 // between two calls of RoomOptions.Speakers
	// stallPatience is how long an occupant may send nothing before its slot says so.
	stallPatience = 3e9 // nanoseconds
)

// Room is one meeting's media: its members, who of them is heard, and who is seen where. Its goroutine owns the fields
// without another note; it makes no network call.
type Room struct {
	engine  *Engine
	options RoomOptions
	mailbox mailbox
	wake    chan struct{}
	done    chan struct{} // closed to stop
	stopped chan struct{} // closed when the goroutine has ended
	size    atomic.Int32

	closed  bool
	peers   map[string]*Peer
	ordered []*Peer // in protocol order

	programme  Programme
	mosaic     []string // ids in order; nil is all cameras in protocol order
	dominant   []*Peer  // who spoke loudest, the newest first
	challenger *Peer
	challenged int            // ticks for which the challenger was louder
	voices     []voice        // who may be heard, by their claim and loudness
	heard      []*publication // the first of them
	speakers   []Speaker
	ticks      int

	layoutDue, voicesDue bool
	wantsDue             bool           // slots have other layers
	touched              map[*Peer]bool // whose observers are to be told
}

func newRoom(e *Engine, options RoomOptions) *Room {
	r := &Room{
		engine: e, options: options, wake: make(chan struct{}, 1), done: make(chan struct{}), stopped: make(chan struct{}),
		peers: map[string]*Peer{}, touched: map[*Peer]bool{},
	}
	r.mailbox.signal = func() {
		select {
		case r.wake <- struct{}{}:
		default:
		}
	}
	return r
}

// Join adds a member. It returns ErrPeerExists for an id that is in use and ErrClosed after Close.
func (r *Room) Join(options PeerOptions) (*Peer, error) {
	p := &Peer{room: r, id: options.ID, order: options.ProtocolOrder, observer: options.Observer, rights: options.Rights, pictures: options.PicturesOnly, pages: 1}
	for s := range sourceCount {
		p.publications[s] = newPublication(p, s)
	}
	p.regate()
	p.worker = r.engine.owner()
	conn, err := r.engine.transport.Connect(p, p.worker.index)
	if err != nil {
		p.worker.load.Add(-1)
		return nil, err
	}
	p.conn = conn
	err = ErrClosed
	r.call(func() {
		switch {
		case r.closed:
			return
		case r.peers[p.id] != nil:
			err = ErrPeerExists
			return
		}
		err = nil
		r.peers[p.id] = p
		r.layoutDue = true // whoever was absent is not any more
		r.ordered = append(r.ordered, p)
		slices.SortFunc(r.ordered, func(a, b *Peer) int { return cmp.Or(cmp.Compare(a.order, b.order), strings.Compare(a.id, b.id)) })
		r.size.Store(int32(len(r.peers)))
	})
	if err != nil {
		_ = conn.Close()
		p.worker.load.Add(-1)
		return nil, err
	}
	return p, nil
}

// SetProgramme says whom the programme prefers.
func (r *Room) SetProgramme(p Programme) {
	r.mailbox.post(func() {
		r.programme = p
		r.layoutDue, r.voicesDue = true, true
	})
}

// SetMosaic says who is in the mosaic, in order, whether they are in the room and show a picture or not. Without it the mosaic is all
// cameras in protocol order.
func (r *Room) SetMosaic(ids []string) {
	r.mailbox.post(func() {
		r.mosaic = ids
		r.layoutDue = true
	})
}

// Close takes every member out.
func (r *Room) Close() {
	r.mailbox.post(func() {
		if r.closed {
			return
		}
		r.closed = true
		for _, p := range slices.Clone(r.ordered) {
			r.remove(p)
		}
		close(r.done)
	})
	<-r.stopped
}

// call runs f on the room's goroutine and waits for it. After Close it does nothing.
func (r *Room) call(f func()) {
	finished := make(chan struct{})
	if !r.mailbox.post(func() { f(); close(finished) }) {
		return
	}
	select {
	case <-finished:
	case <-r.stopped:
	}
}

func (r *Room) run() {
	defer close(r.stopped)
	defer r.engine.forget(r)
	tick := time.NewTicker(roomTick)
	defer tick.Stop()
	for {
		select {
		case <-r.wake:
			r.mailbox.drain()
		case <-tick.C:
			r.onTick(r.engine.clock.now())
		case <-r.done:
			r.mailbox.close()
			r.mailbox.drain()
			return
		}
		r.settle()
	}
}

// settle brings the slots in line with what has changed and tells the observers.
func (r *Room) settle() {
	if r.layoutDue {
		r.fillVideo()
	}
	if r.voicesDue {
		r.fillAudio()
	}
	if r.wantsDue {
		r.followWants(r.engine.clock.now())
	}
	r.layoutDue, r.voicesDue, r.wantsDue = false, false, false
	for p := range r.touched {
		var changed []SlotState
		for _, pl := range p.changed {
			changed = append(changed, pl.state)
		}
		p.changed = p.changed[:0]
		if r.peers[p.id] == p {
			p.observer.SlotsChanged(changed, p.shown, p.pages)
		}
	}
	clear(r.touched)
}

func (r *Room) onTick(now int64) {
	r.ticks++
	for _, p := range r.ordered {
		for _, pub := range p.publications {
			if pub.look(now) {
				r.layoutDue = true
			}
			if !pub.source.IsVideo() {
				pub.smoothLevel(now)
			}
		}
	}
	r.chooseDominant()
	r.rankVoices()
	r.noteStalled(now)
	r.followLinks(now)
	r.wantsDue = true
	if r.ticks%speakerTicks == 0 {
		r.tellSpeakers()
	}
}

func (r *Room) addSlots(p *Peer, slots []*slot) {
	if r.peers[p.id] != p {
		return // it left meanwhile; its worker must not take what nobody takes back
	}
	p.worker.mailbox.post(func() { p.worker.own(p, slots) })
	for _, s := range slots {
		pl := &place{slot: s, state: SlotState{Kind: s.kind, Slot: s.index}}
		p.slots[s.kind] = append(p.slots[s.kind], pl)
		if s.kind == Video && len(p.view) <= s.index {
			v := ViewSlot{Slot: s.index, Show: ShowMosaic}
			if s.index == 0 {
				v.Show = ShowProgramme
			}
			p.view = append(p.view, v)
		}
	}
	r.layoutDue, r.voicesDue = true, true
}

// maxView bounds the slots that a view may name ahead of the offer that makes them.
const maxView = 100

func (r *Room) setView(p *Peer, slots []ViewSlot, page int) {
	for _, v := range slots {
		if v.Slot < 0 || v.Slot >= maxView {
			continue
		}
		for len(p.view) <= v.Slot {
			next := ViewSlot{Slot: len(p.view), Show: ShowMosaic}
			if next.Slot == 0 {
				next.Show = ShowProgramme
			}
			p.view = append(p.view, next)
		}
		p.view[v.Slot] = v
	}
	p.page = page
	r.layoutDue = true
}

func (r *Room) regate(p *Peer) {
	p.regate()
	r.layoutDue, r.voicesDue = true, true
}

func (r *Room) setActive(p *Peer, source Source, active bool) {
	pub := p.publications[source]
	if pub.active == active {
		return
	}
	pub.active, pub.activated = active, r.engine.clock.now()
	r.layoutDue, r.voicesDue = true, true
}

func (r *Room) addLayer(pub *publication, l *layer) {
	// A source that begins anew takes the place of what it was.
	asleep := false
	pub.layers = slices.DeleteFunc(pub.layers, func(old *layer) bool {
		asleep = asleep || (old.asleep || old.spatial.idle > 0) && old.stream.RID == l.stream.RID
		return old.stream.RID == l.stream.RID
	})
	pub.layers = append(pub.layers, l)
	if asleep {
		r.tellIdle(pub)
	}
	pub.look(r.engine.clock.now())
	r.layoutDue, r.voicesDue = true, true
}

func (r *Room) setState(p *Peer, state transport.State) {
	if r.peers[p.id] != p {
		return
	}
	connected := state == transport.Connected || state == transport.Disconnected && p.connected
	if connected != p.connected {
		p.connected = connected
		p.reachable.Store(connected)
		p.connectedAt = r.engine.clock.now()
		r.layoutDue, r.voicesDue = true, true
	}
	p.observer.ConnectionChanged([...]ConnectionState{Connecting, Connected, Disconnected, Failed}[state])
}

// remove takes a peer out. Its connection is closed in the background.
func (r *Room) remove(p *Peer) {
	if r.peers[p.id] != p {
		return
	}
	delete(r.peers, p.id)
	p.worker.load.Add(-1)
	r.size.Store(int32(len(r.peers)))
	r.ordered = slices.DeleteFunc(r.ordered, func(o *Peer) bool { return o == p })
	r.dominant = slices.DeleteFunc(r.dominant, func(o *Peer) bool { return o == p })
	p.rights = Rights{}
	p.regate()
	for _, pub := range p.publications {
		pub.active = false
	}
	p.worker.mailbox.post(func() { p.worker.disown(p) })
	r.layoutDue, r.voicesDue = true, true
	r.settle()
	r.engine.background.Go(func() {
		p.control.Lock()
		defer p.control.Unlock()
		if err := p.conn.Close(); err != nil {
			r.engine.log.Debug("media connection did not close cleanly", "peer", p.id, "error", err)
		}
	})
}
