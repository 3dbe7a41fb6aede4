package transport

import (
	"fmt"
	"math"
	"testing"
	"time"
)

const ms = int64(time.Millisecond)

func TestNumbersAreExtendedOverRollOvers(t *testing.T) {
	r := reception{rate: 90000}
	n := 65_000
	for range 200_000 {
		r.take(uint16(n), uint32(n), 0)
		n++
	}
	report, due := r.report(7, 0)
	if want := uint32(n - 1); !due || report.SSRC != 7 || report.LastSequenceNumber != want || report.TotalLost != 0 || report.FractionLost != 0 {
		t.Errorf("%+v, the last number was %d", report, want)
	}
	// What is late does not count back, and what jumps counts as lost.
	r.take(uint16(n-100), 0, 0)
	r.take(uint16(n+999), 0, 0)
	report, _ = r.report(7, reportInterval)
	if report.LastSequenceNumber != uint32(n+999) || report.TotalLost != 998 {
		t.Errorf("%+v", report)
	}
}

func TestLossFractions(t *testing.T) {
	for _, c := range []struct {
		lost, of int
		want     uint8
	}{{0, 100, 0}, {1, 4, 64}, {1, 2, 128}, {3, 4, 192}, {99, 100, 253}, {1, 1000, 0}, {1, 256, 1}} {
		var r reception
		r.take(0, 0, 0)
		r.report(1, 0)
		// The lost ones come first, so that the newest number is that of a packet that came.
		for i := 1 + c.lost; i <= c.of; i++ {
			r.take(uint16(i), 0, 0)
		}
		report, due := r.report(1, reportInterval)
		if !due || report.FractionLost != c.want || report.TotalLost != uint32(c.lost) {
			t.Errorf("%d of %d: %+v", c.lost, c.of, report)
		}
		// The next report is of what came since.
		r.take(uint16(c.of+1), 0, 0)
		if report, _ = r.report(1, 2*reportInterval); report.FractionLost != 0 || report.TotalLost != uint32(c.lost) {
			t.Errorf("%d of %d, afterwards: %+v", c.lost, c.of, report)
		}
	}
	var r reception
	if _, due := r.report(1, 0); due {
		t.Error("a report on nothing")
	}
	r.take(5, 0, 0)
	for range 3 { // repeats make no loss negative
		r.take(5, 0, 0)
	}
	if report, _ := r.report(1, 0); report.FractionLost != 0 || report.TotalLost != 0 {
		t.Errorf("%+v", report)
	}
	if _, due := r.report(1, reportInterval-1); due {
		t.Error("a report before its time")
	}
}

// RFC 3550, section 6.4.1 and appendix A.8: the mean deviation of the packets' spacing at the receiver from that at the sender.
func TestJitter(t *testing.T) {
	r := reception{rate: 90000}
	want := 0.0
	at, timestamp := int64(1e9), uint32(1000)
	r.take(0, timestamp, at)
	for i, late := range []int64{0, 5, -5, 10, 0, 0, -10, 20, -20, 1} {
		at += (20 + late) * ms
		timestamp += 1800
		want += (math.Abs(float64(late)*90) - want) / 16
		r.take(uint16(i+1), timestamp, at)
		if math.Abs(r.jitter-want) > 1e-3 {
			t.Fatalf("after %d packets %f, want %f", i+2, r.jitter, want)
		}
	}
	if report, _ := r.report(1, at); report.Jitter != uint32(want) {
		t.Errorf("%d is reported, want %f", report.Jitter, want)
	}
	// A source that begins its clock anew, or whose clock goes around, does not jitter by days.
	for _, jump := range []uint32{1 << 31, 3 << 30} {
		timestamp += jump
		r.take(uint16(r.highest+1), timestamp, at)
	}
	if math.Abs(r.jitter-want) > want {
		t.Errorf("%f after a jump, before it was %f", r.jitter, want)
	}
}

// asked is what is asked for at a moment.
func asked(r *reception, now int64) string { return fmt.Sprint(r.requests(now, 0)) }

func TestRequests(t *testing.T) {
	r := reception{rate: 90000, asks: asksForVideo}
	r.take(65_534, 0, 0)
	r.take(1, 0, 0) // 65535 and 0 are missing
	if got := asked(&r, reorderMargin-1); got != "[]" {
		t.Errorf("within the margin for reordering %s is asked for", got)
	}
	if got := asked(&r, reorderMargin); got != "[65535 0]" {
		t.Errorf("%s is asked for", got)
	}
	r.take(65_535, 0, reorderMargin) // late
	now := int64(reorderMargin)
	for try := 2; try <= asksForVideo.tries; try++ {
		if got := asked(&r, now+repairWait(0)-1); got != "[]" {
			t.Errorf("%s is asked for too soon", got)
		}
		now += repairWait(0)
		if got := asked(&r, now); got != "[0]" {
			t.Errorf("%s is asked for at try %d", got, try)
		}
	}
	for range 20 {
		now += repairWait(0)
		if got := asked(&r, now); got != "[]" {
			t.Errorf("%s is asked for once more", got)
		}
	}
	if len(r.missing) != 0 {
		t.Errorf("%v is kept", r.missing)
	}
}

func TestWhatIsRepairedIsAskedForNoMore(t *testing.T) {
	r := reception{rate: 90000, asks: asksForVideo}
	r.repaired(7) // before anything came
	r.take(10, 0, 0)
	r.take(13, 0, 0)
	r.repaired(11)
	r.repaired(11)
	r.repaired(500) // which nobody missed
	if got := asked(&r, 1e9); got != "[12]" {
		t.Errorf("%s is asked for", got)
	}
	// Repairs do not hide what the path loses, nor do they jitter.
	report, _ := r.report(1, 1e9)
	if report.TotalLost != 2 || report.FractionLost != 128 || report.LastSequenceNumber != 13 || report.Jitter != 0 {
		t.Errorf("%+v", report)
	}
}

func TestRequestsAreBounded(t *testing.T) {
	r := reception{rate: 90000, asks: asksForVideo}
	r.take(0, 0, 0)
	r.take(maxMissing+1, 0, 0) // after which a key frame is better
	if got := asked(&r, 1e9); got != "[]" {
		t.Errorf("%s is asked for", got)
	}
	n := uint16(maxMissing + 1)
	for range 1000 { // every other one
		n += 2
		r.take(n, 0, 0)
	}
	numbers := r.requests(1e9, 0)
	if len(numbers) != maxMissing || numbers[len(numbers)-1] != n-1 || numbers[0] != n+1-2*maxMissing {
		t.Errorf("%d numbers, %d to %d; the newest is %d", len(numbers), numbers[0], numbers[len(numbers)-1], n)
	}
	audio := reception{rate: 48000} // whose sender did not offer to repeat any
	audio.take(0, 0, 0)
	audio.take(5, 0, 0)
	if got := asked(&audio, 1e9); got != "[]" {
		t.Errorf("of sound %s is asked for", got)
	}
}

// The wait for an answer is a round trip and some of its jitter, within bounds.
func TestRequestsAreARoundTripApart(t *testing.T) {
	for roundTrip, want := range map[time.Duration]int64{
		0: 100 * ms, time.Millisecond: 20 * ms, 16 * time.Millisecond: 20 * ms, 40 * time.Millisecond: 50 * ms, 200 * time.Millisecond: 250 * ms,
		320 * time.Millisecond: 400 * ms, 5 * time.Second: 400 * ms,
	} {
		r := reception{rate: 90000, asks: asksForVideo}
		r.take(1, 0, 0)
		r.take(3, 0, 0)
		var at []int64
		for now := int64(0); now < 4e9; now += ms {
			if len(r.requests(now, roundTrip)) > 0 {
				at = append(at, now)
			}
		}
		if len(at) != 5 || at[0] != reorderMargin || at[1]-at[0] != want || at[4]-at[3] != want || r.due != 0 {
			t.Errorf("round trip of %v: asked at %v, want %d apart", roundTrip, at, want)
		}
	}
}

// Sound is asked for where it can still come in time.
func TestRequestsForSound(t *testing.T) {
	for roundTrip, want := range map[time.Duration]int{0: 0, 10 * time.Millisecond: 2, 99 * time.Millisecond: 2, 101 * time.Millisecond: 0} {
		r := reception{rate: 48000, asks: asksForSound}
		r.take(1, 0, 0)
		r.take(3, 0, 0)
		asked := 0
		for now := int64(0); now < 4e9; now += ms {
			asked += len(r.requests(now, roundTrip))
		}
		if asked != want || len(r.missing) != 0 {
			t.Errorf("round trip of %v: asked %d times, want %d", roundTrip, asked, want)
		}
	}
}

func TestReordering(t *testing.T) {
	r := reception{rate: 90000}
	for _, n := range []uint16{65_534, 0, 65_535, 3, 2, 1, 4} {
		r.take(n, 0, 0)
	}
	if s := r.summary(); s.Reordered != 3 || s.Lost != 0 || s.Received != 7 {
		t.Errorf("%+v", s)
	}
	r.take(9, 0, 0)
	if s := r.summary(); s.Lost != 4 {
		t.Errorf("%+v", s)
	}
}

func TestTheDelaySinceASenderReport(t *testing.T) {
	r := reception{rate: 90000}
	r.take(0, 0, 0)
	if report, _ := r.report(1, 0); report.LastSenderReport != 0 || report.Delay != 0 {
		t.Errorf("%+v", report)
	}
	r.heardReport(0x11112222_33334444, 5*int64(time.Second))
	report, _ := r.report(1, 5*int64(time.Second)+250*ms)
	if report.LastSenderReport != 0x22223333 || report.Delay != 65536/4 { // RFC 3550, section 6.4.1
		t.Errorf("%+v", report)
	}
}
