package bandwidth

// floor keeps the least value of the last one to two periods.
type floor struct {
	period        int64
	least, before int64 // of this period and of the one before
	began         int64
	started       bool
}

// add takes a value.
func (f *floor) add(now, value int64) {
	switch {
	case !f.started || now-f.began > 2*f.period:
		*f = floor{f.period, value, value, now, true}
	case now-f.began > f.period:
		*f = floor{f.period, value, f.least, now, true}
	default:
		f.least = min(f.least, value)
	}
}

// hold keeps what is from growing old.
func (f *floor) hold(now int64) { f.began = now }

// value is the least.
func (f *floor) value() int64 { return min(f.least, f.before) }
