package sfu

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func TestRoundTripOfReports(t *testing.T) {
	sent := uint64(0x1234_5678_9abc_def0)
	report := func(delay time.Duration) rtcp.ReceptionReport {
		return rtcp.ReceptionReport{LastSenderReport: uint32(sent >> 16), Delay: uint32(delay * 65536 / time.Second), FractionLost: 64}
	}
	later := func(d time.Duration) uint64 { return sent + uint64(d.Seconds()*(1<<32)) }
	for _, c := range []struct {
		name   string
		report rtcp.ReceptionReport
		at     uint64
		want   time.Duration
	}{
		{"of 200 ms, kept for 1 s", report(time.Second), later(1200 * time.Millisecond), 200 * time.Millisecond},
		{"before any sender report", rtcp.ReceptionReport{}, later(time.Second), 0},
		{"negative", report(2 * time.Second), later(time.Second), 0},
		{"of an hour", report(0), later(time.Hour), 0},
		{"over the end of the clock", rtcp.ReceptionReport{LastSenderReport: 0xffff_8000}, 0x0000_0000_8000_0000, time.Second},
	} {
		var a arrival
		a.take(c.report, c.at, 1)
		if diff := (a.roundTrip - c.want).Abs(); diff > time.Millisecond {
			t.Errorf("%s: %v, want %v", c.name, a.roundTrip, c.want)
		}
	}
	var a arrival
	a.take(report(0), later(300*time.Millisecond), 1)
	a.take(rtcp.ReceptionReport{FractionLost: 128}, later(time.Second), 2)
	if a.roundTrip == 0 || a.loss != 0.5 || a.at != 2 {
		t.Errorf("a report without a round trip: %+v", a)
	}
}
