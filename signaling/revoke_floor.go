package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) revokeFloor(ctx context.Context, m protocol.RevokeFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorRevoked, Seat: m.Participant})
}
