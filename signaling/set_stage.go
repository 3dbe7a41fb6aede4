package signaling

import (
	"context"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) setStage(ctx context.Context, m protocol.SetStage) (any, error) {
	if m.Stage.Page < 0 || m.Stage.Page > maxViewPage {
		return nil, &protocol.FieldError{Field: "stage.page", Reason: "out of range"}
	}
	return nil, s.act(ctx, meeting.Event{Type: meeting.StageSet, Stage: &meeting.Stage{
		Show: meeting.StageShow(m.Stage.Show), Seat: m.Stage.Participant, Page: m.Stage.Page,
	}})
}
