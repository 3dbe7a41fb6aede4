package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) setSession(ctx context.Context, m protocol.SetSession) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.SessionChanged, Session: meeting.Session(m.Session)})
}
