package signaling

import (
	"context"

	"diemcau/signaling/protocol"
)

func (s *session) admit(ctx context.Context, m protocol.Admit) (any, error) {
	return nil, s.meeting.admit(ctx, s, m.Participant)
}
