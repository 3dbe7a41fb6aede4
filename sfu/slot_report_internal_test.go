package sfu

import (
	"math"
	"testing"

	"github.com/pion/rtcp"
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
