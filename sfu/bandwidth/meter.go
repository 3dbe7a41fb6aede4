package bandwidth

import "time"

// meter measures the rate of bytes over the last moments of a clock. Its zero value is ready. What most calls need stands first, in one line
// of the cache.
type meter struct {
	until   int64 // when the newest bucket ends
	bytes   int64 // in the newest bucket
	newest  int64 // its number
	started bool
	buckets [meterBuckets]int64 // bytes of those before it, by number modulo their count
}

const (
	meterBuckets = 40
	meterBucket  = int64(25 * time.Millisecond)
	meterSpan    = (meterBuckets - 1) * meterBucket
)

// add counts bytes at a time. Those older than the span are left out; a leap of the clock forgets what was before.
func (m *meter) add(at int64, bytes int) {
	if left := m.until - at; left <= 0 || left > meterBucket {
		m.turn(at / meterBucket)
		if number := at / meterBucket; number != m.newest {
			m.buckets[index(number)] += int64(bytes)
			return
		}
	}
	m.bytes += int64(bytes)
}

// turn makes the bucket of a number the newest, unless it is older.
func (m *meter) turn(number int64) {
	if !m.started || number-m.newest >= meterBuckets || m.newest-number >= meterBuckets {
		*m = meter{newest: number, started: true}
	}
	for m.newest < number {
		m.buckets[index(m.newest)], m.bytes = m.bytes, 0
		m.newest++
	}
	m.until = (m.newest + 1) * meterBucket
}

// rate is that of the last moments before now, in bit/s. window is at most meterSpan.
func (m *meter) rate(now, window int64) int64 {
	number := now / meterBucket
	first := number - window/meterBucket
	sum := int64(0)
	for n := max(first, m.newest-meterBuckets+1); n <= min(number, m.newest-1); n++ {
		sum += m.buckets[index(n)]
	}
	if first <= m.newest && m.newest <= number {
		sum += m.bytes
	}
	if !m.started {
		return 0
	}
	return sum * 8 * int64(time.Second) / (now - first*meterBucket + 1)
}

func index(number int64) int64 { return (number%meterBuckets + meterBuckets) % meterBuckets }
