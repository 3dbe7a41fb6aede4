package measure

import "time"

// The average is over 30 frames; Chromium looks for freezes once it has 5 (kMinFrameSamplesToDetectFreeze of its VideoQualityObserver).
const (
	averagedFrames = 30
	fewestFrames   = 5
)

// Freezes finds when the picture of one slot stands still, as freezeCount of the W3C's "Identifiers for WebRTC's Statistics API" does: a
// frame lasts as long as, or longer than, the greater of three times the average of the last 30 frames and that average plus 150 ms. Here
// a frame lasts from the arrival of its last packet to that of the next frame's: nothing is decoded.
type Freezes struct {
	frames    int
	last      time.Duration
	durations [averagedFrames]time.Duration
	sum       time.Duration
}

// Frame takes the moment at which a frame was complete, and tells how long the one before froze: 0 when it did not.
func (f *Freezes) Frame(at time.Duration) (frozen time.Duration) {
	if f.frames > 0 {
		frozen = f.Until(at)
		d := at - f.last
		place := &f.durations[(f.frames-1)%averagedFrames]
		f.sum += d - *place
		*place = d
	}
	f.frames++
	f.last = at
	return frozen
}

// Until tells how long the last frame would have frozen if the next one came at a moment: 0 when it would not.
func (f *Freezes) Until(at time.Duration) time.Duration {
	known := min(f.frames-1, averagedFrames)
	if known < fewestFrames {
		return 0
	}
	average := f.sum / time.Duration(known)
	if d := at - f.last; d >= max(3*average, average+150*time.Millisecond) {
		return d
	}
	return 0
}
