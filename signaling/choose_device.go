package signaling

import (
	"context"
	"fmt"
	"slices"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) chooseDevice(ctx context.Context, m protocol.ChooseDevice) (any, error) {
	c := s.meeting
	ev := meeting.Event{Type: meeting.DeviceChosen, Seat: m.Participant, Device: &meeting.Device{Kind: string(m.Kind), ID: m.ID}}
	return nil, c.change(ctx, s, ev, func() error {
		if err := c.state.MayOperate(s.seat, m.Participant); err != nil {
			return err
		}
		site := c.members[m.Participant]
		if site == nil || site.session == nil {
			return fmt.Errorf("%w: it is not connected", meeting.ErrWrongState)
		}
		if !slices.ContainsFunc(site.devices, func(d protocol.Device) bool { return d.Kind == m.Kind && d.ID == m.ID }) {
			return fmt.Errorf("%w: it has no such device", meeting.ErrNotFound)
		}
		return nil
	}, func() {
		c.members[m.Participant].session.conn.out.send(encode("device_chosen", "", protocol.DeviceChosen{Kind: m.Kind, ID: m.ID}))
	})
}
