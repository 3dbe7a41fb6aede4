package signaling

import (
	"context"

	"diemcau/signaling/protocol"
)

// Limits of what a client may say of its link.
const (
	maxRTTMs = 60_000
	maxKbps  = 10_000_000
)

func (s *session) reportLink(ctx context.Context, m protocol.ReportLink) (any, error) {
	switch {
	case m.RTTMs < 0 || m.RTTMs > maxRTTMs:
		return nil, &protocol.FieldError{Field: "rtt_ms", Reason: "out of range"}
	case !(m.LossPercent >= 0 && m.LossPercent <= 100):
		return nil, &protocol.FieldError{Field: "loss_percent", Reason: "out of range"}
	case m.Kbps < 0 || m.Kbps > maxKbps:
		return nil, &protocol.FieldError{Field: "kbps", Reason: "out of range"}
	}
	return nil, s.meeting.call(ctx, func() error {
		if held := s.meeting.members[s.seat]; held == nil || held.session != s {
			return errNoSeat
		}
		s.meeting.noteLink(s.seat, m)
		return nil
	})
}
