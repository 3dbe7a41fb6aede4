package signaling

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// reconcile tells everybody what has changed in the procedure and brings the media in line with it. It looks at the whole
// state, so that what an event leads to is written down nowhere else.
func (c *coordinator) reconcile() {
	for id, seat := range c.state.Seats {
		if p := participantOf(seat); c.shown[id] != p {
			c.shown[id] = p
			c.broadcast("participant_changed", protocol.ParticipantChanged{Participant: p})
		}
		if m := c.members[id]; m != nil && m.main != nil {
			m.main.apply(c.state, seat)
		}
	}
	for id := range c.shown {
		if _, ok := c.state.Seats[id]; !ok {
			delete(c.shown, id)
			c.broadcast("participant_left", protocol.ParticipantLeft{Participant: id})
		}
	}
	if floor := floorOf(c.state.Floor); !reflect.DeepEqual(floor, c.floor) {
		c.floor = floor
		c.broadcast("floor_changed", protocol.FloorChanged{Floor: floor})
	}
	if holder, chair := c.state.Floor.Holder, c.presiding(); holder != c.holder || chair != c.chair {
		c.holder, c.chair = holder, chair
		c.room.SetProgramme(holder, chair)
	}
	c.setDeadline()
}

// setDeadline makes expire come when the next seat is due.
func (c *coordinator) setDeadline() {
	next := time.Hour
	for _, m := range c.members {
		deadlines := []time.Time{m.deadline}
		for _, r := range m.resources() {
			deadlines = append(deadlines, r.deadline)
		}
		for _, d := range deadlines {
			if !d.IsZero() {
				next = min(next, time.Until(d))
			}
		}
	}
	c.deadline.Reset(max(next, 0))
}

// presiding is who the programme takes for the chair: nobody while the chair shows and says nothing, so that the screens of
// halls do not stay empty.
func (c *coordinator) presiding() string {
	chair := c.state.Chair()
	if len(c.state.Seats[chair].Active) == 0 {
		return ""
	}
	return chair
}

// broadcast sends a message to every socket of the meeting.
func (c *coordinator) broadcast(name string, body any) {
	var frame []byte
	for _, m := range c.members {
		if m.session == nil {
			continue
		}
		if frame == nil {
			frame = encode(name, "", body)
		}
		m.session.conn.out.send(frame)
	}
}

// tellSpeakers tells every socket who is heard.
func (c *coordinator) tellSpeakers(heard []sfu.Speaker) {
	body := protocol.Speakers{Speakers: []protocol.Speaker{}}
	for _, s := range heard {
		body.Speakers = append(body.Speakers, protocol.Speaker{Participant: s.Peer, Level: s.Level})
	}
	frame := encode("speakers", "", body)
	for _, m := range c.members {
		if m.session != nil {
			m.session.conn.out.setSpeakers(frame)
		}
	}
}

// roster is everybody, in protocol order.
func (c *coordinator) roster() []protocol.Participant {
	all := make([]protocol.Participant, 0, len(c.state.Seats))
	for _, seat := range c.state.Seats {
		all = append(all, participantOf(seat))
	}
	slices.SortFunc(all, func(a, b protocol.Participant) int {
		return cmp.Or(cmp.Compare(a.ProtocolOrder, b.ProtocolOrder), strings.Compare(a.ID, b.ID))
	})
	return all
}

func participantOf(seat meeting.Seat) protocol.Participant {
	return protocol.Participant{
		ID: seat.ID, Name: seat.Name, Unit: seat.Unit, ShortName: seat.ShortName,
		Role: protocol.Role(seat.Role), ProtocolOrder: seat.ProtocolOrder, Connected: seat.Connected,
		Microphone: mediaState(seat, meeting.SourceMicrophone),
		Camera:     mediaState(seat, meeting.SourceCamera),
		Screen:     mediaState(seat, meeting.SourceScreen),
	}
}

func mediaState(seat meeting.Seat, source meeting.Source) protocol.MediaState {
	switch {
	case !seat.Active[source]:
		return protocol.MediaOff
	case seat.Muted[source]:
		return protocol.MediaMuted
	}
	return protocol.MediaLive
}

func floorOf(floor meeting.Floor) protocol.Floor {
	f := protocol.Floor{Holder: floor.Holder, Queue: []protocol.FloorRequest{}}
	if floor.Holder != "" {
		f.Since = wireTime(floor.Since)
	}
	for _, r := range floor.Queue {
		f.Queue = append(f.Queue, protocol.FloorRequest{Participant: r.Seat, Since: wireTime(r.Since)})
	}
	return f
}

func meetingOf(plan calendar.Meeting, state *meeting.State) protocol.Meeting {
	m := protocol.Meeting{
		ID: plan.ID, Subject: plan.Subject, Start: wireTime(plan.Start), Speaking: protocol.Speaking(state.Speaking),
	}
	if !plan.End.IsZero() {
		m.End = wireTime(plan.End)
	}
	return m
}

func chatOf(m meeting.ChatMessage) protocol.ChatMessage {
	return protocol.ChatMessage{From: m.From, Name: m.Name, Text: m.Text, At: wireTime(m.At)}
}

// wireTime is RFC 3339 with milliseconds in UTC.
func wireTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
