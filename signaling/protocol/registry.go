package protocol

import "reflect"

// Direction says who sends a message.
type Direction string

// The directions of a message.
const (
	ToServer Direction = "to_server"
	ToClient Direction = "to_client"
)

// Message is one entry of the registry.
type Message struct {
	Name      string
	Direction Direction
	Type      reflect.Type
	// Answer names the message that answers this request: "ok" unless it has one of its own.
	Answer string
}

func request[T any](name, answer string) Message {
	return Message{Name: name, Direction: ToServer, Type: reflect.TypeFor[T](), Answer: answer}
}

func event[T any](name string) Message {
	return Message{Name: name, Direction: ToClient, Type: reflect.TypeFor[T]()}
}

// Messages is the registry: every message of diemcau.v1, in the order of the documentation.
var Messages = []Message{
	request[Offer]("offer", "answer"),
	request[Candidate]("candidate", "ok"),
	request[View]("view", "ok"),
	request[Publish]("publish", "ok"),
	request[Mute]("mute", "ok"),
	request[RequestFloor]("request_floor", "ok"),
	request[WithdrawFloor]("withdraw_floor", "ok"),
	request[GrantFloor]("grant_floor", "ok"),
	request[RevokeFloor]("revoke_floor", "ok"),
	request[ExtendFloor]("extend_floor", "ok"),
	request[MoveRequest]("move_request", "ok"),
	request[LockFloor]("lock_floor", "ok"),
	request[SetSpeakingTime]("set_speaking_time", "ok"),
	request[SetSession]("set_session", "ok"),
	request[SetStage]("set_stage", "ok"),
	request[WithholdMicrophone]("withhold_microphone", "ok"),
	request[LockMeeting]("lock_meeting", "ok"),
	request[Admit]("admit", "ok"),
	request[Remove]("remove", "ok"),
	request[ReportLink]("report_link", "ok"),
	request[GetDiagnostics]("get_diagnostics", "diagnostics"),
	request[ReportDevices]("report_devices", "ok"),
	request[ListDevices]("list_devices", "devices"),
	request[ChooseDevice]("choose_device", "ok"),
	request[SendChat]("send_chat", "ok"),
	request[EndMeeting]("end_meeting", "ok"),
	request[Leave]("leave", "ok"),
	request[Ping]("ping", "pong"),

	event[Welcome]("welcome"),
	event[Answer]("answer"),
	event[Slots]("slots"),
	event[IdleLayers]("idle_layers"),
	event[Speakers]("speakers"),
	event[ParticipantChanged]("participant_changed"),
	event[ParticipantLeft]("participant_left"),
	event[FloorChanged]("floor_changed"),
	event[ProcedureChanged]("procedure_changed"),
	event[InWaitingRoom]("in_waiting_room"),
	event[WaitingChanged]("waiting_changed"),
	event[Links]("links"),
	event[LinkChanged]("link_changed"),
	event[Diagnostics]("diagnostics"),
	event[Devices]("devices"),
	event[DeviceChosen]("device_chosen"),
	event[Chat]("chat"),
	event[MeetingEnded]("meeting_ended"),
	event[SeatMoved]("seat_moved"),
	event[Restarting]("restarting"),
	event[Pong]("pong"),
	event[Ok]("ok"),
	event[Error]("error"),
}
