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

// above takes a value and gives how far it is above the least.
func (f *floor) above(now, value int64) int64 {
	switch {
	case !f.started:
		*f = floor{value, value, now, true}
	case now-f.began > floorPeriod:
		*f = floor{value, f.least, now, true}
	default:
		f.least = min(f.least, value)
	}
	return value - min(f.least, f.before)
}
