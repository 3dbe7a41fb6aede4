package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) grantFloor(ctx context.Context, m protocol.GrantFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorGranted, Seat: m.Participant})
}
