package forward

import (
	"math"
	"testing"
)

func TestRedundancyFollowsLossWithHysteresis(t *testing.T) {
	var l Loss
	for i, c := range []struct {
		share  float64
		blocks int // once the share is what is reported
	}{{0, 0}, {0.019, 0}, {0.021, 1}, {0.015, 1}, {0.011, 1}, {0.009, 0}, {0.015, 0}, {0.09, 1}, {0.11, 2}, {0.07, 2}, {0.051, 2}, {0.049, 1}, {0.3, 2}, {0.005, 0}, {1, 2}, {0, 0}} {
		for range 40 {
			l.Report(lossSample, c.share)
		}
		if math.Abs(l.Share()-c.share) > 1e-3 || l.Redundancy() != c.blocks {
			t.Errorf("step %d: %f lost and %d blocks, want %f and %d", i, l.Share(), l.Redundancy(), c.share, c.blocks)
		}
	}
}

func TestLossIsDrawnFromEnoughPackets(t *testing.T) {
	var l Loss
	l.Report(1, 1)
	l.Report(lossSample-2, 0)
	if l.Share() != 0 {
		t.Errorf("%f of fewer packets than a figure needs", l.Share())
	}
	l.Report(1, 1)
	if want := 2.0 / lossSample / 2; math.Abs(l.Share()-want) > 1e-9 {
		t.Errorf("%f, want half of what was lost, %f", l.Share(), want)
	}
	// High loss is acted upon with the first figure.
	l = Loss{}
	l.Report(lossSample, 0.3)
	if l.Redundancy() != 2 {
		t.Errorf("%d blocks after a figure of 30 %%", l.Redundancy())
	}
}
