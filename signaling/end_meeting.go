package signaling

import (
	"context"

	"diemcau/signaling/protocol"
)

func (s *session) endMeeting(ctx context.Context, _ protocol.EndMeeting) (any, error) {
	if err := s.meeting.end(ctx, s); err != nil {
		return nil, err
	}
	s.farewell = &farewell{protocol.CloseMeetingEnded, "meeting ended"}
	return nil, nil
}
