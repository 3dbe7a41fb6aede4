package signaling

import (
	"context"

	"github.com/gorilla/websocket"

	"diemcau/signaling/protocol"
)

func (s *session) leaveMeeting(ctx context.Context, _ protocol.Leave) (any, error) {
	if err := s.meeting.leave(ctx, s); err != nil {
		return nil, err
	}
	s.farewell = &farewell{websocket.CloseNormalClosure, "left"}
	return nil, nil
}
