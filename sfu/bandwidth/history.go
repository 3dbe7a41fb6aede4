package bandwidth

import (
	"encoding/binary"
	"time"
)

// Acknowledgement is what a receiver said of one packet.
type Acknowledgement struct {
	Number  uint64 // extended transport-wide number
	Size    int    // bytes on the wire
	Sent    int64  // when it was sent, on the sender's clock
	Arrived int64  // when it arrived, on a clock of the receiver that begins anywhere
	Lost    bool   // it had not arrived when the feedback was made
	Late    bool   // it arrived after it was said to be lost
	Probe   int    // cluster that it belongs to; 0 is none
}

// Fault is a way in which feedback is wrong. Each has a counter.
type Fault uint8

// The faults.
const (
	NotSent    Fault = iota // acknowledges packets that were never sent
	Forgotten               // of packets too old to be remembered
	Repeated                // acknowledges a packet again
	AbsurdTime              // an arrival that no link explains
	Incomplete              // says less than it announces
	FaultCount
)

// String gives the fault as it stands in metrics.
func (f Fault) String() string {
	return [...]string{"not_sent", "forgotten", "repeated", "absurd_time", "incomplete"}[f]
}

// History keeps what was sent to one receiver under transport-wide numbers (draft-holmer-rmcat-transport-wide-cc-extensions-01) until the
// receiver tells what arrived. It grows with what is in flight and is bounded. One goroutine uses it.
type History struct {
	records []record // by number modulo their count, a power of two
	next    uint64   // number of the next packet
	told    uint64   // number up to which the receiver has told of packets
	waiting int64    // when the first packet after the last valid feedback was sent; 0: none was
	sent    meter    // bytes, on the sender's clock
	heard   bool     // some packet was acknowledged

	reference int64 // last reference time, unwrapped, in its units
	offset    int64 // usual difference of the two clocks
	absurd    int   // consecutive packets with an absurd time

	acknowledged []Acknowledgement
	faults       [FaultCount]uint64
}

type record struct {
	sent  int64
	size  uint16
	probe uint16
	state recordState
}

type recordState uint8

const (
	unused recordState = iota
	inFlight
	saidLost
	arrived
)

const (
	fewestRecords = 1 << 8    // 4 KiB for a receiver of little more than sound
	mostRecords   = 1 << 13   // 8 s at 10 Mbit/s
	remembered    = maxOffset // so long a packet may wait on its way

	referenceUnit = int64(64 * time.Millisecond) // section 3.1
	maxOffset     = int64(10 * time.Second)      // of an arrival from the usual: more is no queue
	maxAbsurd     = 50                           // after so many, the receiver's clock must have been set anew
)

// NewHistory makes an empty history.
func NewHistory() *History {
	return &History{records: make([]record, fewestRecords)}
}

// Sent takes note of a packet that goes out now and gives its transport-wide number. size is in bytes on the wire, probe the cluster that
// the packet belongs to (0: none).
func (h *History) Sent(now int64, size, probe int) (number uint16) {
	// What the receiver has told of need not be looked at: that is seldom at hand.
	if before := h.next - uint64(len(h.records)); h.next >= uint64(len(h.records)) && before >= h.told && h.flies(before, now) {
		h.grow()
	}
	*h.record(h.next) = record{sent: now, size: uint16(size), probe: uint16(probe), state: inFlight}
	number = uint16(h.next)
	h.next++
	h.sent.add(now, size)
	if h.waiting == 0 {
		h.waiting = max(1, now)
	}
	return number
}

// flies tells whether a packet may still be told of and there may be room for more than it.
func (h *History) flies(number uint64, now int64) bool {
	r := h.record(number)
	return r.state == inFlight && now-r.sent < remembered && len(h.records) < mostRecords
}

func (h *History) record(number uint64) *record {
	return &h.records[number&uint64(len(h.records)-1)]
}

func (h *History) grow() {
	old := h.records
	h.records = make([]record, 2*len(old))
	for number := h.next - min(h.next, uint64(len(old))); number < h.next; number++ {
		*h.record(number) = old[number&uint64(len(old)-1)]
	}
}

// Silence is how long packets have gone out without any feedback.
func (h *History) Silence(now int64) int64 {
	if h.waiting == 0 {
		return 0
	}
	return now - h.waiting
}

// Rate is what went out during the last second, in bit/s.
func (h *History) Rate(now int64) int64 { return h.sent.rate(now, meterSpan) }

// TakeFaults gives how many packets feedback was wrong about since the last call.
func (h *History) TakeFaults() [FaultCount]uint64 {
	faults := h.faults
	h.faults = [FaultCount]uint64{}
	return faults
}

// Acknowledge reads a report that arrives now: one RTCP packet as it came. It gives what it learned of packets in the order of their numbers;
// what lies is left out and counted. The slice is valid until the next call.
func (h *History) Acknowledge(report []byte, now int64) []Acknowledgement {
	h.acknowledged = h.acknowledged[:0]
	r, ok := readReport(report)
	if !ok {
		h.faults[Incomplete]++
		return h.acknowledged
	}
	// Extended by its distance to the next number; negative is before the first.
	number := int64(h.next) + int64(int16(r.base-uint16(h.next)))
	h.reference += int64(int32(r.reference-uint32(h.reference)) << 8 >> 8)
	at := h.reference * referenceUnit
	left := r.count
	defer func() { h.told = max(h.told, uint64(max(0, number))) }()
	for ; left > 0 && len(r.chunks) > 0; r.chunks = r.chunks[2:] {
		chunk := chunk(binary.BigEndian.Uint16(r.chunks))
		for i := 0; i < chunk.length() && left > 0; i++ {
			if number >= int64(h.next) {
				h.faults[NotSent] += uint64(left)
				return h.acknowledged
			}
			switch chunk.symbol(i) {
			case notReceived:
				h.lost(number)
			case smallDelta, largeDelta:
				delta, ok := r.delta(chunk.symbol(i))
				if !ok {
					h.faults[Incomplete] += uint64(max(0, left))
					return h.acknowledged
				}
				at += delta
				h.arrived(number, at)
			default:
				h.faults[Incomplete]++
			}
			number++
			left--
		}
	}
	h.faults[Incomplete] += uint64(max(0, left))
	return h.acknowledged
}

// remembers finds a packet that was sent.
func (h *History) remembers(number int64) *record {
	switch {
	case number < 0:
		h.faults[NotSent]++
	case h.next-uint64(number) > uint64(len(h.records)):
		h.faults[Forgotten]++
	default:
		return h.record(uint64(number))
	}
	return nil
}

func (h *History) lost(number int64) {
	// A receiver may well report a packet again until it arrives.
	if r := h.remembers(number); r != nil && r.state == inFlight {
		r.state = saidLost
		h.acknowledged = append(h.acknowledged, Acknowledgement{
			Number: uint64(number), Size: int(r.size), Sent: r.sent, Lost: true, Probe: int(r.probe),
		})
	}
}

func (h *History) arrived(number, at int64) {
	r := h.remembers(number)
	if r == nil {
		return
	}
	if r.state == arrived {
		h.faults[Repeated]++
		return
	}
	offset := at - r.sent
	if h.heard && (offset-h.offset > maxOffset || h.offset-offset > maxOffset) {
		h.faults[AbsurdTime]++
		if h.absurd++; h.absurd > maxAbsurd {
			h.absurd, h.offset = 0, offset
		}
		return
	}
	if !h.heard {
		h.heard, h.offset = true, offset
	}
	h.absurd = 0
	h.offset += (offset - h.offset) >> 10 // clocks drift apart
	h.waiting = 0
	h.acknowledged = append(h.acknowledged, Acknowledgement{
		Number: uint64(number), Size: int(r.size), Sent: r.sent, Arrived: at, Late: r.state == saidLost, Probe: int(r.probe),
	})
	r.state = arrived
}
