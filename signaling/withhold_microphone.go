package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) withholdMicrophone(ctx context.Context, m protocol.WithholdMicrophone) (any, error) {
	return nil, s.act(ctx, meeting.Event{Type: meeting.MicrophoneWithheld, Seat: m.Participant, On: m.Withheld})
}
