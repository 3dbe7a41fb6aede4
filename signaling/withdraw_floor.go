package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) withdrawFloor(ctx context.Context, _ protocol.WithdrawFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorWithdrawn, Seat: s.seat})
}
