package sfu

import "github.com/pion/rtcp"

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

// reported takes what the receiver says of how the slot arrives.
func (s *slot) reported(r rtcp.ReceptionReport) {
	now := s.worker.engine.clock.now()
	s.arrival.take(r, s.worker.engine.clock.ntp(now), now)
	s.outbound.loss.Report(s.reports.take(r, s.rewriter.Highest(), s.sentPackets))
}
