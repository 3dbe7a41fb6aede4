package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) requestFloor(ctx context.Context, _ protocol.RequestFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorRequested, Seat: s.seat})
}
