package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) publish(ctx context.Context, m protocol.Publish) (any, error) {
	return nil, s.act(ctx, meeting.Event{
		Type: meeting.SourceActive, Seat: s.seat, Source: meeting.Source(m.Source), On: m.Active,
	})
}
