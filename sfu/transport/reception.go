package transport

import (
	"slices"
	"time"

	"github.com/pion/rtcp"
)

// reception is what a stream's receiver knows of it: who sends is told how much arrives (RFC 3550, section 6.4.1) and what to send again.
type reception struct {
	started    bool
	first      uint64
	highest    uint64 // extended sequence number
	received   uint64
	reordered  uint64
	duplicates uint64
	jitter     float64 // in timestamp units (RFC 3550, appendix A.8)
	transit    float64
	rate       uint32 // of the stream's clock, in Hz
	priorSeen  uint64
	priorDue   uint64
	lastReport uint32 // the middle 32 bits of the newest sender report's NTP time
	reportedAt int64
	nextReport int64
	missing    []missing // oldest first
	due        int64     // when the first of them is asked for; 0 when none is missing
	asks       asking
}

// missing is a packet that has not come.
type missing struct {
	number uint64
	tries  int
	due    int64 // when it is asked for next
}

const (
	reportInterval = 1e9  // nanoseconds between two reception reports
	maxMissing     = 256  // more than that is a matter for a key frame
	reorderMargin  = 20e6 // nanoseconds before a packet is taken for lost
	// Two requests for a packet are a round trip apart and a quarter for its jitter, within these bounds.
	unknownRoundTrip = 80 * time.Millisecond
	minRepairWait    = 20 * time.Millisecond
	maxRepairWait    = 400 * time.Millisecond
)

// asking is how a stream's receiver asks for what is missing.
type asking struct {
	tries int // for each packet; 0 does not ask at all
	// within is the round trip above which it does not ask: what came would come too late.
	within  time.Duration
	blindly bool // it asks even while the round trip is not known
}

var (
	asksForVideo = asking{tries: 5, within: longestRoundTrip, blindly: true}
	asksForSound = asking{tries: 2, within: 100 * time.Millisecond} // what a receiver's buffer bridges
)

// repairWait is the time between two requests for a packet; roundTrip is 0 while it is not known.
func repairWait(roundTrip time.Duration) int64 {
	if roundTrip == 0 {
		roundTrip = unknownRoundTrip
	}
	return min(max(roundTrip+roundTrip/4, minRepairWait), maxRepairWait).Nanoseconds()
}

// take notes a packet that arrived now.
func (r *reception) take(sequence uint16, timestamp uint32, now int64) {
	if !r.started {
		r.started, r.first = true, uint64(sequence)|1<<32
		r.highest = r.first
	}
	number := r.extended(sequence)
	r.received++
	transit := float64(now)/1e9*float64(r.rate) - float64(timestamp)
	if d := transit - r.transit; r.transit != 0 && d < float64(r.rate) && -d < float64(r.rate) { // a timestamp that wrapped or jumped says nothing
		if d < 0 {
			d = -d
		}
		r.jitter += (d - r.jitter) / 16
	}
	r.transit = transit
	if number <= r.highest {
		if r.received > 1 {
			r.reordered++
		}
		r.found(number)
		return
	}
	if r.asks.tries > 0 {
		if number-r.highest > maxMissing {
			r.missing = r.missing[:0]
		} else {
			for n := r.highest + 1; n < number; n++ {
				r.missing = append(r.missing, missing{number: n, due: now + reorderMargin})
			}
			if r.due == 0 && len(r.missing) > 0 {
				r.due = now + reorderMargin
			}
			if extra := len(r.missing) - maxMissing; extra > 0 {
				r.missing = append(r.missing[:0], r.missing[extra:]...)
			}
		}
	}
	r.highest = number
}

// extended is the number of which a packet carries 16 bits.
func (r *reception) extended(sequence uint16) uint64 {
	return r.highest + uint64(int64(int16(sequence-uint16(r.highest))))
}

// repaired notes a packet that came as a retransmission on a stream of its own. It is not missing any more, but it was lost: who sends learns
// from the reports how the path is, not how it would be without repairs.
func (r *reception) repaired(sequence uint16) {
	if r.started {
		r.found(r.extended(sequence))
	}
}

func (r *reception) found(number uint64) {
	r.missing = slices.DeleteFunc(r.missing, func(m missing) bool { return m.number == number })
}

// requests gives the numbers to ask for again now, and forgets what was asked for often enough. roundTrip is 0 while it is not known.
func (r *reception) requests(now int64, roundTrip time.Duration) (numbers []uint16) {
	if r.due == 0 || r.due > now {
		return nil
	}
	kept := r.missing[:0]
	r.due = 0
	for _, m := range r.missing {
		if m.due <= now {
			if m.tries == r.asks.tries || roundTrip > r.asks.within || roundTrip == 0 && !r.asks.blindly {
				continue
			}
			m.tries++
			m.due = now + repairWait(roundTrip)
			numbers = append(numbers, uint16(m.number))
		}
		if r.due == 0 || m.due < r.due {
			r.due = m.due
		}
		kept = append(kept, m)
	}
	r.missing = kept
	return numbers
}

// report gives the reception report that is due, if any (RFC 3550, appendix A.3).
func (r *reception) report(ssrc uint32, now int64) (report rtcp.ReceptionReport, due bool) {
	if !r.started || now < r.nextReport {
		return report, false
	}
	r.nextReport = now + reportInterval
	expected := r.highest - r.first + 1
	lost := int64(expected) - int64(r.received)
	expectedNow, receivedNow := expected-r.priorDue, r.received-r.priorSeen
	r.priorDue, r.priorSeen = expected, r.received
	var fraction uint8
	if expectedNow > receivedNow {
		fraction = uint8(min((expectedNow-receivedNow)*256/expectedNow, 255))
	}
	report = rtcp.ReceptionReport{
		SSRC: ssrc, FractionLost: fraction, TotalLost: uint32(min(max(lost, 0), 0x7fffff)),
		LastSequenceNumber: uint32(r.highest), Jitter: uint32(r.jitter),
	}
	if r.lastReport != 0 {
		report.LastSenderReport = r.lastReport
		report.Delay = uint32((now - r.reportedAt) * 65536 / 1e9)
	}
	return report, true
}

// summary is all that is known of the stream.
func (r *reception) summary() Reception {
	s := Reception{Received: r.received, Reordered: r.reordered, Duplicates: r.duplicates, Jitter: time.Duration(r.jitter / float64(r.rate) * 1e9)}
	if expected := r.highest - r.first + 1; expected > r.received {
		s.Lost = expected - r.received
	}
	return s
}

// heardReport notes a sender report.
func (r *reception) heardReport(ntp uint64, now int64) {
	r.lastReport, r.reportedAt = uint32(ntp>>16), now
}
