package sfu

import (
	"math"
	"testing"

	"github.com/pion/rtcp"

	"diemcau/sfu/bandwidth"
)

// What a source's packets lack is no loss on the way to a receiver, though the receiver cannot tell.
func TestLossOnTheWayToAReceiver(t *testing.T) {
	const before = 1<<16 + 20_000
	for name, steps := range map[string][]struct {
		last          uint32 // number up to which is reported
		lost          uint8  // of 256, among all numbers
		highest, sent int    // since the slot's beginning
		packets       int
		share         float64
	}{
		"as it is":                    {{20_100, 64, 100, 100, 100, 0.25}, {20_200, 0, 200, 200, 100, 0}},
		"all of it at the source":     {{20_100, 64, 100, 75, 75, 0}, {20_200, 64, 200, 150, 75, 0}},
		"a part of it":                {{20_100, 128, 100, 75, 75, 1. / 3}},
		"what was late":               {{20_100, 64, 100, 75, 75, 0}, {20_200, 0, 200, 200, 125, 0.2}},
		"a report that is behind":     {{20_050, 0, 100, 75, 25, 0}, {20_150, 128, 150, 125, 100, 0.5}},
		"the same again":              {{20_100, 64, 100, 100, 100, 0.25}, {20_100, 255, 100, 100, 0, 0}},
		"numbers that go back":        {{20_100, 0, 100, 100, 100, 0}, {20_000, 255, 100, 100, 0, 0}, {20_200, 0, 200, 200, 200, 0}},
		"numbers of another life":     {{4_000_000_000, 255, 100, 100, 0, 0}},
		"more than can be lost":       {{20_100, 255, 100, 20, 20, 0.98}},
		"nothing went out":            {{20_100, 255, 100, 0, 0, 0}},
		"more lost than was to come":  {{20_010, 255, 100, 50, 0, 0}},
		"a number beyond all, nearby": {{20_500, 255, 100, 100, 500, 0.996}},
	} {
		r := newReports(before)
		for i, s := range steps {
			packets, share := r.take(rtcp.ReceptionReport{LastSequenceNumber: s.last, FractionLost: s.lost}, uint64(before+s.highest), uint32(s.sent))
			if packets != s.packets || math.Abs(share-s.share) > 0.01 {
				t.Errorf("%s, report %d: %f of %d, want %f of %d", name, i, share, packets, s.share, s.packets)
			}
		}
	}
}

// What arrives by transport-wide numbers tells every second, and takes precedence while it does.
func TestLossByTransportWideNumbers(t *testing.T) {
	some := func(arrived, lost, late int) (all []bandwidth.Acknowledgement) {
		for i := range arrived + lost + late {
			all = append(all, bandwidth.Acknowledgement{Lost: i < lost, Late: i >= lost && i < lost+late})
		}
		return all
	}
	var a arrivals
	for i, c := range []struct {
		at                  int64 // in ms
		arrived, lost, late int
		packets             int
		share               float64
	}{
		{1000, 10, 0, 0, 0, 0}, {1500, 60, 30, 0, 0, 0}, {2000, 0, 0, 5, 100, 0.25}, {2500, 0, 0, 3, 0, 0}, {3000, 50, 0, 0, 50, 0}, {3500, 10, 10, 0, 0, 0},
		{9500, 20, 0, 0, 0, 0}, {10_500, 0, 0, 0, 20, 0}, {11_500, 0, 0, 0, 0, 0}, {11_600, 10, 10, 0, 20, 0.5},
	} {
		if packets, share := a.take(some(c.arrived, c.lost, c.late), c.at*1e6); packets != c.packets || math.Abs(share-c.share) > 1e-9 {
			t.Errorf("step %d: %f of %d, want %f of %d", i, share, packets, c.share, c.packets)
		}
	}
	b := newBench(0, 0, &sealer{})
	microphones(b, 1, true)
	s := b.slots[0]
	report := func(now int64) float64 {
		s.reported(rtcp.ReceptionReport{LastSequenceNumber: s.reports.last + 100, FractionLost: 128}, now)
		return s.outbound.loss.Share()
	}
	s.outbound.arrivals.take(nil, 1e9)
	if got := report(2e9); got != 0 {
		t.Errorf("a report on a slot counts while there is better: %f", got)
	}
	if got := report(7e9); got != 0.25 {
		t.Errorf("a report on a slot counts for nothing when there is no better: %f", got)
	}
}
