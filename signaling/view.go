package signaling

import (
	"context"
	"fmt"

	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// Limits of a view.
const (
	maxViewSlots  = 100
	maxViewHeight = 8192
	maxViewPage   = 10_000
)

var showNumbers = map[protocol.Show]sfu.Show{
	protocol.ShowNothing: sfu.ShowNothing, protocol.ShowProgramme: sfu.ShowProgramme, protocol.ShowContent: sfu.ShowContent,
	protocol.ShowChair: sfu.ShowChair, protocol.ShowMosaic: sfu.ShowMosaic, protocol.ShowParticipant: sfu.ShowParticipant,
}

func (s *session) view(_ context.Context, m protocol.View) (any, error) {
	if m.Page < 0 || m.Page > maxViewPage {
		return nil, &protocol.FieldError{Field: "page", Reason: "out of range"}
	}
	if len(m.Slots) > maxViewSlots {
		return nil, &protocol.FieldError{Field: "slots", Reason: "too many"}
	}
	slots := make([]sfu.ViewSlot, 0, len(m.Slots))
	for i, v := range m.Slots {
		if field := faultOf(v); field != "" {
			return nil, &protocol.FieldError{Field: fmt.Sprintf("slots[%d].%s", i, field), Reason: "out of range"}
		}
		slots = append(slots, sfu.ViewSlot{Slot: v.Slot, Show: showNumbers[v.Show], Peer: v.Participant, Height: v.Height})
	}
	s.media.peer.SetView(slots, m.Page)
	return nil, nil
}

// faultOf names the field of a view's slot that cannot be.
func faultOf(v protocol.ViewSlot) string {
	switch {
	case v.Slot < 0 || v.Slot >= maxViewSlots:
		return "slot"
	case v.Height < 0 || v.Height > maxViewHeight:
		return "height"
	case v.Slot == 0 && v.Show != protocol.ShowProgramme && v.Show != protocol.ShowNothing:
		return "show"
	case (v.Show == protocol.ShowParticipant) != (v.Participant != ""):
		return "participant"
	}
	return ""
}
