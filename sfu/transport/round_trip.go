package transport

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

// roundTrip is the time that a packet takes to a client and back, from the reports of the client's that answer the server's.
type roundTrip struct{ nanoseconds atomic.Int64 }

// longestRoundTrip bounds what is believed of a report.
const longestRoundTrip = 10 * time.Second

// note learns from a reception report that arrived at a moment of NTP time (RFC 3550, section 6.4.1). One goroutine at a time calls it.
func (t *roundTrip) note(r rtcp.ReceptionReport, ntp uint64) {
	if r.LastSenderReport == 0 {
		return // the client has had none
	}
	units := uint32(ntp>>16) - r.LastSenderReport - r.Delay // of 1/65,536 s
	sample := max(1, int64(units)*1e9>>16)
	if sample > longestRoundTrip.Nanoseconds() { // or negative
		return
	}
	if last := t.nanoseconds.Load(); last != 0 {
		sample = last + (sample-last)/8
	}
	t.nanoseconds.Store(sample)
}

func (t *roundTrip) get() time.Duration { return time.Duration(t.nanoseconds.Load()) }
