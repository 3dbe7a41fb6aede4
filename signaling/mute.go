package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) mute(ctx context.Context, m protocol.Mute) (any, error) {
	return nil, s.act(ctx, meeting.Event{
		Type: meeting.SourceMuted, Seat: s.seat, Source: meeting.Source(m.Source), On: m.Muted,
	})
}
