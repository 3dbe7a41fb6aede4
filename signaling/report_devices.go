package signaling

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// Limits of what a terminal may say of its devices.
const (
	maxDevices     = 64
	maxDeviceText  = 256 // characters of a label
	maxDeviceIDLen = 512 // bytes
)

func (s *session) reportDevices(ctx context.Context, m protocol.ReportDevices) (any, error) {
	if len(m.Devices) > maxDevices {
		return nil, &protocol.FieldError{Field: "devices", Reason: "too many"}
	}
	for i, d := range m.Devices {
		field := ""
		switch {
		case d.ID == "" || len(d.ID) > maxDeviceIDLen:
			field = "id"
		case utf8.RuneCountInString(d.Label) > maxDeviceText || strings.ContainsFunc(d.Label, hidden):
			field = "label"
		}
		if field != "" {
			return nil, &protocol.FieldError{Field: fmt.Sprintf("devices[%d].%s", i, field), Reason: "cannot be used"}
		}
	}
	c := s.meeting
	return nil, c.call(ctx, func() error {
		held := c.members[s.seat]
		switch {
		case held == nil || held.session != s:
			return errNoSeat
		case c.state.Seats[s.seat].Role != meeting.RoleSite:
			return fmt.Errorf("%w: it is not a site", meeting.ErrForbidden)
		}
		held.devices = m.Devices
		return nil
	})
}
