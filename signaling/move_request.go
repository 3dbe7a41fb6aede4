package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) moveRequest(ctx context.Context, m protocol.MoveRequest) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorMoved, Seat: m.Participant, Place: m.Place})
}
