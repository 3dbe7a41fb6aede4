package signaling

import (
	"context"

	"diemcau/signaling/protocol"
)

func (s *session) lockMeeting(ctx context.Context, m protocol.LockMeeting) (any, error) {
	return nil, s.meeting.lock(ctx, s, m.Locked)
}
