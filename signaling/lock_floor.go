package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) lockFloor(ctx context.Context, m protocol.LockFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorLocked, On: m.Locked})
}
