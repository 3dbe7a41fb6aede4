package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) setSpeakingTime(ctx context.Context, m protocol.SetSpeakingTime) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.SpeakingTimeSet, Seconds: m.Seconds})
}
