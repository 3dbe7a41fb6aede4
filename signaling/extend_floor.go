package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) extendFloor(ctx context.Context, m protocol.ExtendFloor) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.FloorExtended, Seconds: m.Seconds})
}
