package sfu

import (
	"github.com/pion/rtcp"

	"diemcau/sfu/bandwidth"
)

// reports are what a slot's receiver says of how the slot arrives.
type reports struct {
	first uint64 // the number before the slot's first
	last  uint32 // the number up to which the receiver reported
	holes uint32 // numbers up to then that never went out: their packets did not come from the source
}

// maxReported is the most packets that a report can be about: a client whose numbers jump further says nothing of what was lost.
const maxReported = 10_000

func newReports(before uint64) reports { return reports{first: before, last: uint32(uint16(before))} }

// take gives how many of the packets that went out since the last report were to arrive, and which share of them was lost. highest is the
// newest number of the slot, and sent how many packets went out in all. A receiver takes for lost what never went out.
func (r *reports) take(report rtcp.ReceptionReport, highest uint64, sent uint32) (packets int, share float64) {
	numbers := report.LastSequenceNumber - r.last
	holes := uint32(highest-r.first) - sent
	before := r.holes
	r.last, r.holes = report.LastSequenceNumber, holes
	missing := int(int32(holes - before))
	packets = int(numbers) - missing
	if numbers == 0 || numbers > maxReported || packets <= 0 || packets > maxReported {
		return 0, 0
	}
	lost := float64(report.FractionLost)/256*float64(numbers) - float64(missing)
	return packets, min(max(lost/float64(packets), 0), 1)
}

// reported takes what the receiver says of how the slot arrives. Browsers report on sound every five seconds: what they say of the whole way
// is fresher.
func (s *slot) reported(r rtcp.ReceptionReport, now int64) {
	s.arrival.take(r, s.worker.engine.clock.ntp(now), now)
	packets, share := s.reports.take(r, s.rewriter.Highest(), s.sentPackets)
	if a := &s.outbound.arrivals; a.since == 0 || now-a.since > arrivalsFor {
		s.outbound.lost(packets, share)
	}
}

// arrivals are what a client says, by transport-wide numbers, of what arrived since a moment.
type arrivals struct {
	since         int64 // 0 while it says nothing
	packets, lost int
}

const (
	arrivalsSpan = 1e9 // nanoseconds that a figure is drawn from
	arrivalsFor  = 5e9 // nanoseconds without word after which reports on slots count again
)

// take adds what was learned of some packets. When a span is over it gives how many packets that was about, and which share was lost.
func (a *arrivals) take(all []bandwidth.Acknowledgement, now int64) (packets int, share float64) {
	if a.since == 0 || now-a.since > arrivalsFor {
		*a = arrivals{since: now}
	}
	for _, p := range all {
		switch {
		case p.Lost:
			a.packets++
			a.lost++
		case p.Late: // it was counted as lost
			a.lost--
		default:
			a.packets++
		}
	}
	if now-a.since < arrivalsSpan || a.packets == 0 {
		return 0, 0
	}
	packets, share = a.packets, float64(max(a.lost, 0))/float64(a.packets)
	*a = arrivals{since: now}
	return packets, share
}
