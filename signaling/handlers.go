package signaling

import (
	"context"

	"diemcau/rooms/meeting"
)

// handler handles a message whose body has the type that the registry names. A nil answer is ok.
type handler func(ctx context.Context, s *session, body any) (any, error)

func on[T any](f func(*session, context.Context, T) (any, error)) handler {
	return func(ctx context.Context, s *session, body any) (any, error) { return f(s, ctx, body.(T)) }
}

// handlers has one entry for each message of a client; each is in the file of its name.
var handlers = map[string]handler{
	"offer":               on((*session).offer),
	"candidate":           on((*session).candidate),
	"view":                on((*session).view),
	"publish":             on((*session).publish),
	"mute":                on((*session).mute),
	"request_floor":       on((*session).requestFloor),
	"withdraw_floor":      on((*session).withdrawFloor),
	"grant_floor":         on((*session).grantFloor),
	"revoke_floor":        on((*session).revokeFloor),
	"extend_floor":        on((*session).extendFloor),
	"move_request":        on((*session).moveRequest),
	"lock_floor":          on((*session).lockFloor),
	"set_speaking_time":   on((*session).setSpeakingTime),
	"set_session":         on((*session).setSession),
	"set_stage":           on((*session).setStage),
	"withhold_microphone": on((*session).withholdMicrophone),
	"lock_meeting":        on((*session).lockMeeting),
	"admit":               on((*session).admit),
	"remove":              on((*session).remove),
	"report_link":         on((*session).reportLink),
	"get_diagnostics":     on((*session).getDiagnostics),
	"report_devices":      on((*session).reportDevices),
	"list_devices":        on((*session).listDevices),
	"choose_device":       on((*session).chooseDevice),
	"send_chat":           on((*session).sendChat),
	"end_meeting":         on((*session).endMeeting),
	"leave":               on((*session).leaveMeeting),
	"ping":                on((*session).ping),
}

// act does something to the meeting in the name of the session's seat.
func (s *session) act(ctx context.Context, ev meeting.Event) error {
	return s.meeting.act(ctx, s, ev)
}
