package main

import (
	"sync"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"diemcau/cmd/loadtest/internal/measure"
	"diemcau/cmd/loadtest/internal/media"
)

// kind is the kind of media of a slot.
type kind int

const (
	video kind = iota
	audio
	kinds
)

// slot is one of a participant's slots. Its inbox guards it.
type slot struct {
	kind     kind
	index    int
	gaps     measure.Gaps
	freezes  measure.Freezes // of video
	occupant uint32          // publisher of the newest packet; 0 before the first
}

// tally is what came in a span of time.
type tally struct {
	packets  [kinds]uint64 // each once
	bytes    [kinds]uint64 // of RTP
	lost     [kinds]int64
	withheld [kinds]int64
	latency  [kinds]measure.Histogram // from a stamp to its reading

	freezes  int
	frozen   time.Duration
	pictures int // video slots that show somebody when the measurement ends

	// Of changes of the speaker: in how many slots 0 somebody else had to appear, and after what time somebody did.
	due      [kinds]int
	switched [kinds]measure.Histogram
}

func (t *tally) merge(o *tally) {
	for k := range kinds {
		t.packets[k] += o.packets[k]
		t.bytes[k] += o.bytes[k]
		t.lost[k] += o.lost[k]
		t.withheld[k] += o.withheld[k]
		t.latency[k].Merge(&o.latency[k])
		t.due[k] += o.due[k]
		t.switched[k].Merge(&o.switched[k])
	}
	t.freezes += o.freezes
	t.frozen += o.frozen
	t.pictures += o.pictures
}

// inbox is what a participant receives.
type inbox struct {
	showed func(took time.Duration) // told when the programme comes, for each join

	mu      sync.Mutex     // guards what follows
	slots   []*slot        // of the connection that there is
	began   time.Duration  // when its join began
	took    time.Duration  // until the programme came; 0 before it
	pending [kinds]*change // what slot 0 still has to show
	total   uint64         // packets since the first join
	tally   tally          // since the measurement began
}

// open makes slots for a new connection, whose join began at a moment.
func (in *inbox) open(videoSlots, audioSlots int, began time.Duration) []*slot {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.slots, in.began, in.took = nil, began, 0
	for k, n := range [kinds]int{video: videoSlots, audio: audioSlots} {
		for i := range n {
			in.slots = append(in.slots, &slot{kind: kind(k), index: i})
		}
	}
	return in.slots
}

// close forgets the slots of a connection that has ended. What they still had to show is no longer due: nobody is there to see it.
func (in *inbox) close() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.slots = nil
	for k := range kinds {
		if in.pending[k] != nil {
			in.pending[k] = nil
			in.tally.due[k]--
		}
	}
}

// take counts a packet of a slot.
func (in *inbox) take(s *slot, stamp media.Stamp, h *rtp.Header, size int, now time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.slots) == 0 {
		return // it has left
	}
	t := &in.tally
	a := s.gaps.Packet(measure.Origin{Publisher: stamp.Publisher, Layer: stamp.Layer}, stamp.Number, h.SequenceNumber)
	t.lost[s.kind] += int64(a.Lost)
	t.withheld[s.kind] += int64(a.Withheld)
	if !a.Fresh {
		return
	}
	in.total++
	t.packets[s.kind]++
	t.bytes[s.kind] += uint64(size)
	t.latency[s.kind].Add(now - stamp.Sent)
	if s.kind == video && h.Marker {
		t.froze(s.freezes.Frame(now))
	}
	if s == in.slots[0] && in.took == 0 {
		in.took = max(now-in.began, 1) // 0 is "not yet"
		in.showed(in.took)
	}
	if s.index == 0 && s.occupant != stamp.Publisher {
		if c := in.pending[s.kind]; c != nil && c.speaker == stamp.Publisher {
			in.pending[s.kind] = nil
			t.switched[s.kind].Add(now - c.at)
		}
	}
	s.occupant = stamp.Publisher
}

// expect is told of a change of the speaker that is about to be made: slots 0 that show another should follow.
func (in *inbox) expect(c *change) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, s := range in.slots {
		if s.index > 0 || s.occupant == 0 && s.kind == video {
			continue // nothing has come yet: what is missing is told as such
		}
		in.pending[s.kind] = nil
		if s.occupant != c.speaker {
			in.pending[s.kind] = c
			in.tally.due[s.kind]++
		}
	}
}

// waits tells whether a slot 0 still has to follow a change of the speaker.
func (in *inbox) waits() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.pending != [kinds]*change{}
}

func (t *tally) froze(d time.Duration) {
	if d > 0 {
		t.freezes++
		t.frozen += d
	}
}

// reset begins a measurement.
func (in *inbox) reset() {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.tally = tally{}
	in.pending = [kinds]*change{}
}

// add adds to sum what has come since the measurement began. A picture that stands still now is a freeze too.
func (in *inbox) add(sum *tally, now time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	sum.merge(&in.tally)
	for _, s := range in.slots {
		sum.froze(s.freezes.Until(now))
		if s.kind == video && s.occupant != 0 {
			sum.pictures++
		}
	}
}

// programme tells how long after the beginning of the join the programme came: the first packet of video slot 0, or of audio slot 0 where
// there is no video. It is 0 while it has not come.
func (in *inbox) programme() time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.took
}

// received is the number of packets since the first join.
func (in *inbox) received() uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.total
}

// receive reads the packets of a slot until its connection ends.
func (in *inbox) receive(t *test, s *slot, track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
	go drain(receiver.Read)
	buffer := make([]byte, largestPacket)
	var packet rtp.Packet // used again for each packet
	for {
		n, _, err := track.Read(buffer)
		if err != nil {
			return
		}
		now := t.now()
		if packet.Unmarshal(buffer[:n]) != nil {
			continue
		}
		if stamp, ok := media.ReadStamp(packet.Payload, t.id); ok {
			in.take(s, stamp, &packet.Header, n, now)
		}
	}
}

// drain reads RTCP, of which nothing is needed, for Pion keeps what nobody reads.
func drain(read func([]byte) (int, interceptor.Attributes, error)) {
	buffer := make([]byte, largestPacket)
	for {
		if _, _, err := read(buffer); err != nil {
			return
		}
	}
}
