package signaling

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func TestEveryMessageHasItsHandler(t *testing.T) {
	for _, m := range protocol.Messages {
		if _, ok := handlers[m.Name]; ok != (m.Direction == protocol.ToServer) {
			t.Errorf("%s: handler %v", m.Name, ok)
		}
	}
}

func TestJoin(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	site := w.join(id, meeting.RoleSite, "Điểm cầu An Lạc")

	p := chair.participant(site.id(), func(protocol.Participant) bool { return true })
	want := protocol.Participant{
		ID: site.id(), Name: "Điểm cầu An Lạc", Unit: "Sở Y tế", Role: protocol.RoleSite, Presence: protocol.PresenceHere,
		Microphone: protocol.MediaOff, Camera: protocol.MediaOff, Screen: protocol.MediaOff,
	}
	if p != want {
		t.Errorf("the chair was told %+v", p)
	}
	if n := len(site.welcome.Participants); n != 2 {
		t.Errorf("%d participants in the welcome", n)
	}
	m := site.welcome.Meeting
	if m.ID != id || m.Subject != "Phiên họp thường kỳ" || m.Speaking != protocol.SpeakingFloor || m.End == "" {
		t.Errorf("meeting is %+v", m)
	}

	chair.do("publish", protocol.Publish{Source: protocol.SourceMicrophone, Active: true})
	chair.do("mute", protocol.Mute{Source: protocol.SourceMicrophone, Muted: true})
	site.participant(chair.id(), func(p protocol.Participant) bool { return p.Microphone == protocol.MediaLive })
	site.participant(chair.id(), func(p protocol.Participant) bool { return p.Microphone == protocol.MediaMuted })

	if pong := chair.ask("ping", protocol.Ping{}); pong.Type != "pong" {
		t.Errorf("ping was answered by %s", pong.Type)
	}
	site.do("leave", protocol.Leave{})
	if code := site.closeCode(); code != 1000 {
		t.Errorf("close code %d", code)
	}
	chair.participant(site.id(), func(p protocol.Participant) bool { return p.Presence == protocol.PresenceLeft && p.Since != "" })
	chair.do("leave", protocol.Leave{})
	w.eventually("the meeting to rest", func() bool { return w.server.Stats().Meetings == 0 })
}

func TestRefusedBeforeUpgrade(t *testing.T) {
	w := newWorld(t, func(w *world) { w.config.Origins = []string{"https://hop.minhgiang.example"} })
	id := w.plan(meeting.SpeakingOpen)
	used := w.ticket(w.claims(id, meeting.RoleSite, "A"))
	w.connect(protocol.TicketPrefix + used)
	later := w.plan(meeting.SpeakingOpen, func(p *calendar.Plan) { p.Start, p.End = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour) })
	cancelled := w.plan(meeting.SpeakingOpen)
	if _, err := w.calendar.Cancel(t.Context(), cancelled, "bão", calendar.Change{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	forged, _ := newResumeToken(id, "seat")
	forgedElsewhere, _ := newResumeToken("nowhere", "seat")
	expired := w.claims(id, meeting.RoleSite, "A")
	expired.Expires = time.Now().Add(-time.Second)

	for name, test := range map[string]struct {
		credential string
		status     int
	}{
		"none":               {"", 401},
		"other kind":         {"token.abc", 401},
		"unknown ticket":     {protocol.TicketPrefix + "abc", 401},
		"used ticket":        {protocol.TicketPrefix + used, 401},
		"expired ticket":     {protocol.TicketPrefix + w.ticket(expired), 401},
		"bad resume":         {protocol.ResumePrefix + "abc", 401},
		"forged resume":      {protocol.ResumePrefix + forged, 401},
		"resume elsewhere":   {protocol.ResumePrefix + forgedElsewhere, 401},
		"no such meeting":    {protocol.TicketPrefix + w.ticket(w.claims("nowhere", meeting.RoleSite, "A")), 403},
		"too early":          {protocol.TicketPrefix + w.ticket(w.claims(later, meeting.RoleSite, "A")), 403},
		"cancelled":          {protocol.TicketPrefix + w.ticket(w.claims(cancelled, meeting.RoleSite, "A")), 403},
		"resume, not opened": {protocol.ResumePrefix + func() string { s, _ := newResumeToken(later, "s"); return s }(), 401},
	} {
		_, response, err := w.dial(test.credential, nil)
		if err == nil || response == nil || response.StatusCode != test.status {
			t.Errorf("%s: %v %v", name, response, err)
			continue
		}
		if response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v", name, response.Header)
		}
	}
	for name, origins := range map[string][]string{
		"null": {"null"}, "empty": {""}, "other": {"https://evil.example"}, "suffix": {"https://hop.minhgiang.example.evil.example"},
		"prefix": {"https://xhop.minhgiang.example"}, "port": {"https://hop.minhgiang.example:8443"},
		"scheme": {"http://hop.minhgiang.example"}, "path": {"https://hop.minhgiang.example/"},
		"case": {"https://HOP.minhgiang.example"}, "two": {"https://hop.minhgiang.example", "https://hop.minhgiang.example"},
		"that of the request": {w.http.URL},
	} {
		_, response, err := w.dial(protocol.TicketPrefix+w.ticket(w.claims(id, meeting.RoleSite, "A")), http.Header{"Origin": origins})
		if err == nil || response == nil || response.StatusCode != http.StatusForbidden {
			t.Errorf("origin %s: %v %v", name, response, err)
		}
	}
	ws, _, err := w.dial(protocol.TicketPrefix+w.ticket(w.claims(id, meeting.RoleSite, "A")), http.Header{"Origin": {"https://hop.minhgiang.example"}})
	if err != nil {
		t.Fatalf("the origin that is configured: %v", err)
	}
	_ = ws.Close()
}

// Where no origin is configured the page may come from the address under which the server was reached, and from no other.
func TestOriginWithoutConfiguration(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	for origin, status := range map[string]int{
		w.http.URL: http.StatusSwitchingProtocols, "https" + strings.TrimPrefix(w.http.URL, "http"): http.StatusForbidden,
		"http://localhost:1": http.StatusForbidden, "null": http.StatusForbidden,
	} {
		ws, response, err := w.dial(protocol.TicketPrefix+w.ticket(w.claims(id, meeting.RoleSite, "A")), http.Header{"Origin": {origin}})
		if response == nil || response.StatusCode != status {
			t.Errorf("origin %s: %v %v", origin, response, err)
		}
		if err == nil {
			_ = ws.Close()
		}
	}
}

func TestSeatMoves(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	claims := w.claims(id, meeting.RoleSite, "A")
	first := w.joinAs(claims)
	first.do("publish", protocol.Publish{Source: protocol.SourceCamera, Active: true})
	second := w.joinAs(claims)
	expect[protocol.SeatMoved](first, "seat_moved")
	if code := first.closeCode(); code != protocol.CloseSeatMoved {
		t.Errorf("close code %d", code)
	}
	if second.id() != first.id() || len(second.welcome.Participants) != 1 || second.welcome.Participants[0].Camera != protocol.MediaOff {
		t.Errorf("welcome %+v", second.welcome)
	}
	if _, response, _ := w.dial(protocol.ResumePrefix+first.welcome.ResumeToken, nil); response == nil || response.StatusCode != 401 {
		t.Error("the first could resume")
	}
	second.do("send_chat", protocol.SendChat{Text: "có mặt"})
}

func TestFloor(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	secretary := w.join(id, meeting.RoleSecretary, "Thư ký")
	site := w.join(id, meeting.RoleSite, "A")
	floor := func(holder string, queue ...string) {
		t.Helper()
		f := expect[protocol.FloorChanged](secretary, "floor_changed").Floor
		got := []string{}
		for _, r := range f.Queue {
			got = append(got, r.Participant)
		}
		if f.Holder != holder || !reflect.DeepEqual(got, append([]string{}, queue...)) {
			t.Errorf("floor is %+v", f)
		}
	}
	site.do("request_floor", protocol.RequestFloor{})
	floor("", site.id())
	site.refused("request_floor", protocol.RequestFloor{}, protocol.CodeWrongState)
	site.refused("grant_floor", protocol.GrantFloor{Participant: site.id()}, protocol.CodeForbidden)
	secretary.refused("grant_floor", protocol.GrantFloor{Participant: "nobody"}, protocol.CodeNotFound)
	secretary.do("grant_floor", protocol.GrantFloor{Participant: site.id()})
	floor(site.id())
	expect[protocol.FloorChanged](site, "floor_changed")
	if f := expect[protocol.FloorChanged](site, "floor_changed").Floor; f.Holder != site.id() || f.Since == "" {
		t.Errorf("floor is %+v", f)
	}
	secretary.do("revoke_floor", protocol.RevokeFloor{Participant: site.id()})
	if f := expect[protocol.FloorChanged](site, "floor_changed").Floor; f.Holder != "" || f.Since != "" {
		t.Errorf("floor is %+v", f)
	}
	site.refused("withdraw_floor", protocol.WithdrawFloor{}, protocol.CodeWrongState)
	site.refused("end_meeting", protocol.EndMeeting{}, protocol.CodeForbidden)
}

func TestChat(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	a, b := w.join(id, meeting.RoleSite, "A"), w.join(id, meeting.RoleSite, "B")
	a.do("send_chat", protocol.SendChat{Text: "  Kính gửi đồng chí  "})
	m := expect[protocol.Chat](b, "chat").Message
	if m.From != a.id() || m.Name != "A" || m.Text != "Kính gửi đồng chí" {
		t.Errorf("chat %+v", m)
	}
	for name, text := range map[string]string{
		"empty": "", "blank": " \n", "long": strings.Repeat("x", 2001), "control": "a\x00b", "direction": "a\u202eb",
	} {
		if fault := a.refused("send_chat", protocol.SendChat{Text: text}, protocol.CodeBadRequest); fault.Field != "text" {
			t.Errorf("%s: field %q", name, fault.Field)
		}
	}
	late := w.join(id, meeting.RoleSite, "C")
	if len(late.welcome.Chat) != 1 || late.welcome.Chat[0].Text != "Kính gửi đồng chí" {
		t.Errorf("chat in the welcome: %+v", late.welcome.Chat)
	}
}

func TestEnd(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	chair.do("end_meeting", protocol.EndMeeting{})
	if ended := expect[protocol.MeetingEnded](site, "meeting_ended"); ended.By != chair.id() {
		t.Errorf("ended by %q", ended.By)
	}
	for _, c := range []*client{chair, site} {
		if code := c.closeCode(); code != protocol.CloseMeetingEnded {
			t.Errorf("close code %d", code)
		}
	}
	w.eventually("the calendar to know", func() bool {
		m, err := w.calendar.Get(t.Context(), id)
		return err == nil && m.State == calendar.StateConcluded
	})
	for _, credential := range []string{
		protocol.TicketPrefix + w.ticket(w.claims(id, meeting.RoleSite, "A")), protocol.ResumePrefix + site.welcome.ResumeToken,
	} {
		if _, response, err := w.dial(credential, nil); err == nil || response.StatusCode/100 != 4 {
			t.Errorf("an ended meeting was entered: %v", err)
		}
	}
}

// TestEndThatTheCalendarMissed holds that a meeting that has ended stays ended where its server ended before it told the
// calendar, and that the calendar is told then.
func TestEndThatTheCalendarMissed(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	w.join(id, meeting.RoleChair, "Chủ tịch").cut()
	w.crash()
	events := meeting.NewLog(w.store, w.config.Log)
	state, err := events.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	ended := meeting.Event{Seq: state.Seq + 1, At: time.Now(), Type: meeting.MeetingEnded}
	if err := events.Append(t.Context(), id, ended); err != nil {
		t.Fatal(err)
	}
	_, response, err := w.dial(protocol.TicketPrefix+w.ticket(w.claims(id, meeting.RoleSite, "A")), nil)
	if err == nil || response.StatusCode != http.StatusForbidden {
		t.Errorf("an ended meeting was entered: %v", err)
	}
	w.eventually("the calendar to know", func() bool {
		m, err := w.calendar.Get(t.Context(), id)
		return err == nil && m.State == calendar.StateConcluded
	})
}

func TestEndOfAMeetingThatIsAlwaysOn(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen, alwaysOn)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	if chair.welcome.Meeting.End != "" {
		t.Errorf("end is %q", chair.welcome.Meeting.End)
	}
	chair.do("end_meeting", protocol.EndMeeting{})
	if code := site.closeCode(); code != protocol.CloseMeetingEnded {
		t.Errorf("close code %d", code)
	}
	if again := w.join(id, meeting.RoleSite, "A"); len(again.welcome.Participants) != 1 {
		t.Errorf("participants %+v", again.welcome.Participants)
	}
}
