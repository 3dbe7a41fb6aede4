package sfu

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/forward"
	"diemcau/sfu/packets"
)

const (
	workerTick     = 50 * time.Millisecond
	workerRest     = time.Second          // of a worker without peers, which has nothing to look after
	workerPace     = 5 * time.Millisecond // between two looks at packets that wait for their turn
	reportInterval = 1e9                  // nanoseconds between the sender reports of a peer
	batch          = 64                   // packets that are taken from a ring at once

	maxDescriptors = 520 // bytes: a dependency descriptor and what it is made from

	// maxHold is how long the first packets of a frame wait for the rest, and minHeld for how many slots that is worth the trouble: the
	// packets of one frame that are sent to a peer together are one message.
	maxHold = time.Millisecond
	minHeld = 16
)

// worker sends to the peers that it owns: it alone touches their slots. Layers wake it once for each batch of packets.
type worker struct {
	engine      *Engine
	index       int                  // of the worker's feed in every layer
	inbox       atomic.Pointer[feed] // a stack of the feeds that have packets
	mailbox     mailbox
	pathReports pathReports
	load        atomic.Int32 // peers
	done        atomic.Bool
	stopped     chan struct{}

	now       int64 // when the packets go out that are being sent
	peers     map[*Peer]*outbound
	pacing    []*outbound // that have something to send later
	taken     [batch]*packets.Packet
	padding   [batch]uint8 // bytes that are added to each of taken
	scratch   []byte
	numbering numbering
	sent      struct{ packets, bytes uint64 } // that are not counted yet: to count each would wait for the memory
	// extensions and descriptor are those of the packet that is being sent, where it has a dependency descriptor.
	extensions []rtp.Extension
	descriptor []byte

	forwarded, forwardedBytes, retransmitted, nacks, keyFrameWishes, switches atomic.Uint64
	dropped                                                                   [forward.DropCount]atomic.Uint64
	faults                                                                    [bandwidth.FaultCount]atomic.Uint64 // of feedback on the path
}

func newWorker(e *Engine, index int) *worker {
	w := &worker{
		engine: e, index: index, stopped: make(chan struct{}), peers: map[*Peer]*outbound{}, scratch: make([]byte, 2+maxPacket),
		descriptor: make([]byte, 0, maxDescriptors), extensions: make([]rtp.Extension, 0, 2), // it and a number
	}
	w.mailbox.signal = func() { e.transport.Wake(index) }
	return w
}

func (w *worker) stop() {
	w.mailbox.close()
	w.done.Store(true)
	w.mailbox.signal()
	<-w.stopped
}

// run takes what arrives on the worker's socket and sends what its peers are to get of it and of what others took.
func (w *worker) run() {
	defer close(w.stopped)
	next := w.engine.clock.now() + workerTick.Nanoseconds()
	for !w.done.Load() {
		w.engine.transport.Wait(w.index, w.patience())
		w.hold()
		w.now = w.engine.clock.now()
		w.engine.transport.Begin(w.index)
		w.mailbox.drain()
		w.forward()
		if len(w.pacing) > 0 {
			w.pace(w.now)
		}
		if now := w.engine.clock.now(); now >= next {
			next = now + workerTick.Nanoseconds()
			w.onTick(now)
		}
		w.engine.transport.Flush(w.index)
		// Media is on its way; reports have waited for it, and wake nobody themselves.
		w.engine.transport.TakeReports(w.index)
		w.pathReports.take(w.pathFeedback)
	}
	w.mailbox.drain()
}

// patience is how long the worker may wait for something to come.
func (w *worker) patience() time.Duration {
	switch {
	case len(w.pacing) > 0:
		return workerPace
	case len(w.peers) == 0:
		return workerRest
	}
	return workerTick
}

// hold waits for the rest of frames whose first packets are there.
func (w *worker) hold() {
	if !w.unfinished() {
		return
	}
	for end := w.engine.clock.now() + maxHold.Nanoseconds(); w.unfinished() && w.engine.clock.now() < end; {
		w.engine.transport.Wait(w.index, maxHold)
	}
}

// unfinished tells whether a feed with many slots is in the middle of a frame.
func (w *worker) unfinished() bool {
	for f := w.inbox.Load(); f != nil; f = f.next {
		if len(f.slots) >= minHeld && f.layer.unfinished.Load() {
			return true
		}
	}
	return false
}

// forward drains the feeds that have packets.
func (w *worker) forward() {
	for f := w.inbox.Swap(nil); f != nil; {
		next := f.next
		// Before the ring is read: a packet that comes later schedules the feed anew.
		f.scheduled.Store(false)
		w.drain(f)
		f = next
	}
}

func (w *worker) drain(f *feed) {
	for len(f.slots) > 0 {
		n, cursor, missed := f.layer.ring.Read(f.cursor, w.taken[:])
		f.cursor = cursor
		if missed > 0 {
			w.dropped[forward.Overrun].Add(missed * uint64(len(f.slots)))
		}
		if n == 0 {
			return
		}
		now := w.engine.clock.now()
		w.now = now
		evenOut(w.taken[:n], w.padding[:n])
		// All packets of one slot together: they go to one destination.
		for _, s := range f.slots {
			if s.kind == Video && !s.outbound.free(now) {
				w.holdBack(s, f, n, now)
				continue
			}
			for i, p := range w.taken[:n] {
				s.take(f, p, w.padding[i], now)
			}
		}
		w.count()
	}
}

// count adds what was sent to the counters.
func (w *worker) count() {
	w.forwarded.Add(w.sent.packets)
	w.forwardedBytes.Add(w.sent.bytes)
	w.sent.packets, w.sent.bytes = 0, 0
}

// holdBack lets a slot's packets wait until its peer's link takes them.
func (w *worker) holdBack(s *slot, f *feed, n int, now int64) {
	o := s.outbound
	for i, p := range w.taken[:n] {
		var size int64
		if s.rewriter.Wants(p) {
			size = int64(len(p.Payload)) * 8
		}
		o.pacer.hold(paced{s, f, p, w.padding[i], size})
	}
	if o.pacer.full() {
		o.pacer.longest().skip(now)
	}
	w.paceLater(o)
}

// paceLater has a peer looked at every workerPace until it has nothing to send any more.
func (w *worker) paceLater(o *outbound) {
	if !slices.Contains(w.pacing, o) {
		w.pacing = append(w.pacing, o)
	}
}

// pace sends what has waited for its turn.
func (w *worker) pace(now int64) {
	w.pacing = slices.DeleteFunc(w.pacing, func(o *outbound) bool {
		if w.peers[o.peer] != o {
			return true
		}
		o.pace(now)
		return !o.busy()
	})
	w.count()
}

// pathFeedback takes a client's report on the way to it.
func (w *worker) pathFeedback(p *Peer, report []byte) {
	if o := w.peers[p]; o != nil {
		o.feedback(report, w.engine.clock.now())
	}
}

// evenOut makes the packets of a frame equally long where browsers cut it into packets of which the last ones are one byte longer: only
// equal packets go to a destination in one message. padding takes the bytes to add to each packet (RFC 3550, section 5.1).
func evenOut(taken []*packets.Packet, padding []uint8) {
	for from := 0; from < len(taken); {
		to, longest := from, 0
		for ; to < len(taken) && taken[to].Timestamp == taken[from].Timestamp; to++ {
			longest = max(longest, len(taken[to].Payload))
		}
		for i := from; i < to; i++ {
			padding[i] = 0
			if len(taken[i].Payload) == longest-1 {
				padding[i] = 1
			}
		}
		from = to
	}
}

func (w *worker) onTick(now int64) {
	for peer, out := range w.peers {
		var reports []rtcp.Packet
		due := now-out.lastReport >= reportInterval
		if out.onTick(now); out.busy() {
			w.paceLater(out)
		}
		for _, s := range out.slots {
			s.onTick(now)
			if due || s.reportDue {
				if r := s.senderReport(now); r != nil {
					reports = append(reports, r)
				}
			}
		}
		if due {
			out.lastReport = now
		}
		if len(reports) > 0 {
			// A lost report is followed by the next.
			_ = peer.conn.WriteRTCP(reports)
		}
	}
}

// own takes a peer's new slots.
func (w *worker) own(p *Peer, slots []*slot) {
	out := w.peers[p]
	if out == nil {
		out = &outbound{peer: p}
		w.peers[p] = out
	}
	for _, s := range slots {
		s.outbound = out
	}
	out.slots = append(out.slots, slots...)
	out.begins(w.engine.clock.now())
}

// disown lets go of a peer.
func (w *worker) disown(p *Peer) {
	if out := w.peers[p]; out != nil {
		for _, s := range out.slots {
			s.assign(assignment{}, w.engine.clock.now())
		}
		delete(w.peers, p)
	}
}
