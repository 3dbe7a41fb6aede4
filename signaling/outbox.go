package signaling

import (
	"slices"
	"sync"

	"diemcau/signaling/protocol"
)

// Limits of what may wait to be written to one socket. A client that reads slower than this loses the connection, never
// the meeting's pace.
const (
	maxQueuedFrames = 1024
	maxQueuedBytes  = 8 << 20
)

// farewell is how a socket is closed by the server.
type farewell struct {
	code   int
	reason string
}

// outbox holds what is to be written to one socket. Any goroutine may add to it and adding never blocks; the writer takes.
// Nothing is given to the writer before the welcome.
type outbox struct {
	wake chan struct{} // holds a token when there is something to take

	mu       sync.Mutex // guards what follows
	welcomed bool
	frames   [][]byte
	bytes    int
	slots    pendingSlots
	speakers []byte // the newest, if it is not written yet
	waiting  []byte // the newest waiting room, if it is not written yet
	before   int    // frames that were there when the way was closed again: they go before the welcome
	end      *farewell
}

// pendingSlots merges slot changes that are not written yet: only the newest state of a slot matters.
type pendingSlots struct {
	changed     map[slotKey]protocol.Slot
	order       []slotKey
	page, pages int
	due         bool
}

type slotKey struct {
	kind protocol.SlotKind
	slot int
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// welcome puts the first frame before all that came while the way was closed, and opens it.
func (o *outbox) welcome(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.frames = slices.Insert(o.frames, min(o.before, len(o.frames)), frame)
	o.welcomed, o.before = true, 0
	o.signal()
}

// hold closes the way again until the next welcome.
func (o *outbox) hold() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.welcomed, o.before = false, len(o.frames)
}

// send adds a frame.
func (o *outbox) send(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end != nil {
		return
	}
	if len(o.frames) >= maxQueuedFrames || o.bytes+len(frame) > maxQueuedBytes {
		o.frames, o.bytes = nil, 0
		o.end = &farewell{protocol.CloseOverflow, "the client reads too slowly"}
		o.signal()
		return
	}
	o.frames = append(o.frames, frame)
	o.bytes += len(frame)
	o.signal()
}

// slotsChanged merges changes of slots into those that wait.
func (o *outbox) slotsChanged(slots []protocol.Slot, page, pages int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := &o.slots
	if p.changed == nil {
		p.changed = map[slotKey]protocol.Slot{}
	}
	for _, s := range slots {
		key := slotKey{s.Kind, s.Slot}
		if _, ok := p.changed[key]; !ok {
			p.order = append(p.order, key)
		}
		p.changed[key] = s
	}
	p.page, p.pages, p.due = page, pages, true
	o.signal()
}

// setSpeakers replaces the speakers that wait.
func (o *outbox) setSpeakers(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.speakers = frame
	o.signal()
}

// setWaiting replaces the waiting room that waits.
func (o *outbox) setWaiting(frame []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.waiting = frame
	o.signal()
}

// close asks the writer to write what is there and then to close the socket. Only the first call counts.
func (o *outbox) close(code int, reason string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.end == nil {
		o.end = &farewell{code, reason}
		o.signal()
	}
}

// take gives all that can be written now, in order, and how to close after it.
func (o *outbox) take() (frames [][]byte, end *farewell) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.welcomed && o.end == nil {
		return nil, nil
	}
	frames, o.frames, o.bytes = o.frames, nil, 0
	if o.slots.due && o.end == nil {
		body := protocol.Slots{Slots: []protocol.Slot{}, Page: o.slots.page, Pages: o.slots.pages}
		for _, key := range o.slots.order {
			body.Slots = append(body.Slots, o.slots.changed[key])
		}
		frames = append(frames, encode("slots", "", body))
		o.slots = pendingSlots{}
	}
	if o.waiting != nil && o.end == nil {
		frames = append(frames, o.waiting)
		o.waiting = nil
	}
	if o.speakers != nil && o.end == nil {
		frames = append(frames, o.speakers)
		o.speakers = nil
	}
	return frames, o.end
}

// signal is called with mu held.
func (o *outbox) signal() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// encode makes a frame of one of the server's own messages, which always can be encoded.
func encode(name, id string, body any) []byte {
	frame, err := protocol.Encode(name, id, body)
	if err != nil {
		panic(err)
	}
	return frame
}
