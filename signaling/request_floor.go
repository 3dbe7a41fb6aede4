package signaling

import (
	"cmp"
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) requestFloor(ctx context.Context, m protocol.RequestFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorRequested, Seat: cmp.Or(m.Participant, s.seat)})
}
