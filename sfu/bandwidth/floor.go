package bandwidth

import (
	"time"
)

// floor keeps the least value of the last moments. Its zero value is ready.
type floor struct {
	least, before int64 // of this period and of the one before
	began         int64
	started       bool
}

const floorPeriod = int64(15 * time.Second)

// add takes a value.
func (f *floor) add(now, value int64) {
	switch {
	case !f.started:
		*f = floor{value, value, now, true}
	case now-f.began > floorPeriod:
		*f = floor{value, f.least, now, true}
	default:
		f.least = min(f.least, value)
	}
}

// value is the least.
func (f *floor) value() int64 { return min(f.least, f.before) }
