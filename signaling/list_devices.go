package signaling

import (
	"context"
	"fmt"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) listDevices(ctx context.Context, m protocol.ListDevices) (any, error) {
	devices := []protocol.Device{}
	c := s.meeting
	err := c.call(ctx, func() error {
		if err := c.state.MayOperate(s.seat, m.Participant); err != nil {
			return err
		}
		site := c.members[m.Participant]
		if site == nil {
			return fmt.Errorf("%w: %q", meeting.ErrNotFound, m.Participant)
		}
		devices = append(devices, site.devices...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return protocol.Devices{Devices: devices}, nil
}
