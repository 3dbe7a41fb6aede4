package signaling

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strconv"
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
	all := c.participants()
	for id, p := range all {
		if before := c.shown[id]; before != p {
			c.shown[id] = p
			c.broadcast("participant_changed", protocol.ParticipantChanged{Participant: p})
			if before.Presence != p.Presence {
				c.tellLinkChange(id, c.watch(id).presence(before.Presence, p.Presence))
			}
		}
	}
	for id := range c.shown {
		if _, ok := all[id]; !ok {
			delete(c.shown, id)
			delete(c.watched, id)
			c.broadcast("participant_left", protocol.ParticipantLeft{Participant: id})
		}
	}
	for id, m := range c.members {
		if seat, ok := c.state.Seats[id]; ok && m.main != nil {
			m.main.apply(c.state, seat)
		}
	}
	if procedure := procedureOf(c.state); procedure != c.procedure {
		c.procedure = procedure
		c.broadcast("procedure_changed", protocol.ProcedureChanged{Procedure: procedure})
	}
	if floor := floorOf(c.state.Floor); !reflect.DeepEqual(floor, c.floor) {
		c.floor = floor
		c.broadcast("floor_changed", protocol.FloorChanged{Floor: floor})
	}
	playing := sfu.Programme{Pinned: c.state.Stage.Seat, Holder: c.state.Floor.Holder, Chair: c.state.Chair()}
	if playing != c.playing {
		c.playing = playing
		c.room.SetProgramme(playing)
	}
	if mosaic := c.tiles(all); c.mosaic == nil || !slices.Equal(mosaic, c.mosaic) {
		c.mosaic = mosaic
		c.room.SetMosaic(mosaic)
	}
	c.countLinks()
	c.setDeadline()
}

// tiles are who has a place in the mosaic, in protocol order: every site, here or not, and who else shows a picture.
func (c *coordinator) tiles(all map[string]protocol.Participant) []string {
	var shown []protocol.Participant
	for id, p := range all {
		if m := c.members[id]; m != nil && m.main == nil && m.watch != nil {
			continue // it only watches
		}
		if p.Role == protocol.RoleSite || p.Camera != protocol.MediaOff {
			shown = append(shown, p)
		}
	}
	sortParticipants(shown)
	ids := make([]string, len(shown))
	for i, p := range shown {
		ids[i] = p.ID
	}
	return ids
}

// setDeadline makes expire come when the next seat is due.
func (c *coordinator) setDeadline() { c.deadline.Reset(c.untilDue()) }

// untilDue is the time until expire has something to do: none where a seat is due that it has not come for yet.
func (c *coordinator) untilDue() time.Duration {
	next := time.Hour
	for _, m := range c.members {
		deadlines := []time.Time{m.deadline}
		for _, r := range m.resources() {
			deadlines = append(deadlines, r.deadline)
		}
		if m.equipment() && c.state.Seats[m.seat].Connected { // nothing is due of one that is shown as lost
			deadlines = append(deadlines, m.silentAt())
		}
		for _, d := range deadlines {
			if !d.IsZero() {
				next = min(next, time.Until(d))
			}
		}
	}
	return max(next, 0)
}

// broadcast sends a message to every socket of the meeting.
func (c *coordinator) broadcast(name string, body any) {
	c.tell(name, body, func(meeting.Role) bool { return true })
}

// tell sends a message to the sockets of certain roles.
func (c *coordinator) tell(name string, body any, to func(meeting.Role) bool) {
	var frame []byte
	for _, m := range c.members {
		if m.session == nil || !to(c.state.Seats[m.seat].Role) {
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

// rosterFor is everybody, in protocol order, as a member who has come is told: to itself it is here.
func (c *coordinator) rosterFor(m *member) []protocol.Participant {
	all := c.participants()
	if self, ok := all[m.seat]; ok {
		self.Presence, self.Since = protocol.PresenceHere, ""
		all[m.seat] = self
	}
	return inOrder(all)
}

func inOrder(participants map[string]protocol.Participant) []protocol.Participant {
	all := slices.Collect(maps.Values(participants))
	sortParticipants(all)
	return all
}

// sortParticipants brings them into protocol order.
func sortParticipants(all []protocol.Participant) {
	slices.SortFunc(all, func(a, b protocol.Participant) int {
		return cmp.Or(cmp.Compare(a.ProtocolOrder, b.ProtocolOrder), strings.Compare(a.ID, b.ID))
	})
}

// participants are, by id, those who are here or may come back, the sites that were here, and those of the plan that were not.
func (c *coordinator) participants() map[string]protocol.Participant {
	all := make(map[string]protocol.Participant, len(c.state.Seats)+len(c.state.Departed)+len(c.plan.Sites))
	known := make(map[[2]string]bool, len(all))
	for id, seat := range c.state.Seats {
		p := participantOf(seat)
		p.Withheld = c.state.MicrophoneWithheld(id)
		all[id] = p
		// A hall's display has the name of its hall, and is none.
		if seat.Role.Participates() {
			known[[2]string{seat.Name, seat.Unit}] = true
		}
	}
	for id, gone := range c.state.Departed {
		if known[[2]string{gone.Name, gone.Unit}] {
			continue // it has come back by another invitation
		}
		p := personOf(id, gone.Person)
		p.Presence, p.Since = protocol.PresenceLeft, wireTime(gone.At)
		if gone.Lost {
			p.Presence = protocol.PresenceLost
		}
		all[id] = p
		known[[2]string{gone.Name, gone.Unit}] = true
	}
	for i, site := range c.plan.Sites {
		if known[[2]string{site.Name, site.Unit}] {
			continue
		}
		id := "plan-" + strconv.Itoa(i)
		p := personOf(id, meeting.Person{
			Name: site.Name, Unit: site.Unit, ShortName: site.ShortName, Role: meeting.RoleSite, ProtocolOrder: site.ProtocolOrder,
		})
		p.Presence = protocol.PresenceExpected
		all[id] = p
	}
	return all
}

func personOf(id string, person meeting.Person) protocol.Participant {
	return protocol.Participant{
		ID: id, Name: person.Name, Unit: person.Unit, ShortName: person.ShortName,
		Role: protocol.Role(person.Role), ProtocolOrder: person.ProtocolOrder,
		Microphone: protocol.MediaOff, Camera: protocol.MediaOff, Screen: protocol.MediaOff,
	}
}

func participantOf(seat meeting.Seat) protocol.Participant {
	p := personOf(seat.ID, seat.Person)
	p.Presence = protocol.PresenceHere
	if !seat.Connected {
		p.Presence, p.Since = protocol.PresenceLost, wireTime(seat.LostAt)
	}
	p.Microphone = mediaState(seat, meeting.SourceMicrophone)
	p.Camera = mediaState(seat, meeting.SourceCamera)
	p.Screen = mediaState(seat, meeting.SourceScreen)
	return p
}

func procedureOf(state *meeting.State) protocol.Procedure {
	return protocol.Procedure{
		// A meeting that nobody has opened yet has neither.
		Session: protocol.Session(cmp.Or(state.Session, meeting.SessionGathering)),
		Stage: protocol.Stage{
			Show:        protocol.StageShow(cmp.Or(state.Stage.Show, meeting.StageProgramme)),
			Participant: state.Stage.Seat, Page: state.Stage.Page,
		},
		SpeakingTimeS: state.SpeakingSeconds, Locked: state.Locked,
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
	f := protocol.Floor{Holder: floor.Holder, LimitS: floor.Limit, Queue: []protocol.FloorRequest{}, Locked: floor.Locked}
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
