package signaling

import (
	"context"

	"diemcau/signaling/protocol"
)

func (s *session) remove(ctx context.Context, m protocol.Remove) (any, error) {
	return nil, s.meeting.remove(ctx, s, m.Participant)
}
