package bandwidth

import "time"

// meter measures the rate of bytes over the last moments of a clock. Its zero value is ready.
type meter struct {
	buckets [meterBuckets]int64 // bytes, by number of the bucket modulo their count
	newest  int64               // number of the newest bucket
	started bool
}

const (
	meterBuckets = 40
	meterBucket  = int64(25 * time.Millisecond)
	meterSpan    = (meterBuckets - 1) * meterBucket
)

// add counts bytes at a time. Those older than the span are left out; a leap of the clock forgets what was before.
func (m *meter) add(at int64, bytes int) {
	number := at / meterBucket
	if !m.started || number-m.newest >= meterBuckets || m.newest-number >= meterBuckets {
		*m = meter{newest: number, started: true}
	}
	for m.newest < number {
		m.newest++
		m.buckets[index(m.newest)] = 0
	}
	m.buckets[index(number)] += int64(bytes)
}

// rate is that of the last moments before now, in bit/s. window is at most meterSpan.
func (m *meter) rate(now, window int64) int64 {
	number := now / meterBucket
	first := number - window/meterBucket
	sum := int64(0)
	for n := max(first, m.newest-meterBuckets+1); n <= min(number, m.newest); n++ {
		sum += m.buckets[index(n)]
	}
	if !m.started {
		return 0
	}
	return sum * 8 * int64(time.Second) / (now - first*meterBucket + 1)
}

func index(number int64) int64 { return (number%meterBuckets + meterBuckets) % meterBuckets }
