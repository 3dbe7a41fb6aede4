package signaling

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// TestProcedure holds that what chair and secretary do reaches everybody and the meeting's log.
func TestProcedure(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair, secretary := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSecretary, "Thư ký")
	site, display := w.join(id, meeting.RoleSite, "A"), w.join(id, meeting.RoleDisplay, "Màn hình")
	if p := site.welcome.Procedure; p.Session != protocol.SessionGathering || p.Stage.Show != protocol.StageProgramme || p.Locked {
		t.Fatalf("begins with %+v", p)
	}
	all := func(change string, want func(protocol.Procedure) bool) {
		t.Helper()
		for _, c := range []*client{chair, secretary, site, display} {
			if p := expect[protocol.ProcedureChanged](c, "procedure_changed").Procedure; !want(p) {
				t.Errorf("%s: %+v", change, p)
			}
		}
	}
	chair.do("set_session", protocol.SetSession{Session: protocol.SessionOpen})
	all("opened", func(p protocol.Procedure) bool { return p.Session == protocol.SessionOpen })
	secretary.do("set_speaking_time", protocol.SetSpeakingTime{Seconds: 300})
	all("speaking time", func(p protocol.Procedure) bool { return p.SpeakingTimeS == 300 })
	secretary.do("set_stage", protocol.SetStage{Stage: protocol.Stage{Show: protocol.StageMosaic, Page: 2}})
	all("stage", func(p protocol.Procedure) bool { return p.Stage == protocol.Stage{Show: protocol.StageMosaic, Page: 2} })
	chair.do("lock_meeting", protocol.LockMeeting{Locked: true})
	all("locked", func(p protocol.Procedure) bool { return p.Locked })

	secretary.do("request_floor", protocol.RequestFloor{Participant: site.id()})
	site.do("withdraw_floor", protocol.WithdrawFloor{})
	site.do("request_floor", protocol.RequestFloor{})
	chair.do("move_request", protocol.MoveRequest{Participant: site.id(), Place: 0})
	chair.do("grant_floor", protocol.GrantFloor{Participant: site.id()})
	chair.do("extend_floor", protocol.ExtendFloor{Seconds: 120})
	chair.do("lock_floor", protocol.LockFloor{Locked: true})
	for floor := (protocol.Floor{}); floor.LimitS != 420 || !floor.Locked || floor.Holder != site.id(); {
		floor = expect[protocol.FloorChanged](display, "floor_changed").Floor
	}
	chair.do("withhold_microphone", protocol.WithholdMicrophone{Participant: site.id(), Withheld: true})
	site.participant(site.id(), func(p protocol.Participant) bool { return p.Withheld })

	for name, body := range map[string]any{
		"set_session": protocol.SetSession{Session: protocol.SessionRecess}, "set_speaking_time": protocol.SetSpeakingTime{Seconds: 1},
		"set_stage": protocol.SetStage{Stage: protocol.Stage{Show: protocol.StageContent}}, "lock_meeting": protocol.LockMeeting{},
		"extend_floor": protocol.ExtendFloor{Seconds: 1}, "lock_floor": protocol.LockFloor{}, "withhold_microphone": protocol.WithholdMicrophone{},
		"move_request": protocol.MoveRequest{Participant: site.id()}, "admit": protocol.Admit{Participant: chair.id()},
		"remove": protocol.Remove{Participant: chair.id()}, "list_devices": protocol.ListDevices{Participant: site.id()},
		"choose_device": protocol.ChooseDevice{Participant: site.id(), Kind: protocol.DeviceCamera, ID: "a"},
	} {
		site.refused(name, body, protocol.CodeForbidden)
	}
	for name, body := range map[string]any{
		"set_session": map[string]any{"session": "over"}, "set_stage": protocol.SetStage{Stage: protocol.Stage{Show: protocol.StageMosaic, Page: -1}},
		"set_speaking_time": protocol.SetSpeakingTime{Seconds: -5}, "extend_floor": protocol.ExtendFloor{},
		"report_link": protocol.ReportLink{LossPercent: 101}, "report_devices": protocol.ReportDevices{Devices: []protocol.Device{{Kind: "camera"}}},
	} {
		chair.refused(name, body, protocol.CodeBadRequest)
	}
	chair.refused("set_stage", protocol.SetStage{Stage: protocol.Stage{Show: protocol.StageParticipant, Participant: "nobody"}}, protocol.CodeNotFound)

	entries, err := w.store.Client().XRange(t.Context(), "diemcau:live:{"+id+"}:events", "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprint(entries)
	for _, kind := range []meeting.EventType{
		meeting.SessionChanged, meeting.SpeakingTimeSet, meeting.StageSet, meeting.MeetingLocked, meeting.FloorMoved, meeting.FloorExtended,
		meeting.FloorLocked, meeting.MicrophoneWithheld,
	} {
		if !strings.Contains(text, string(kind)) {
			t.Errorf("%s is not in the log", kind)
		}
	}
}

// wait opens a socket that is kept in the waiting room.
func (w *world) wait(meetingID string, role meeting.Role, name string) *client {
	w.Helper()
	c := w.open(protocol.TicketPrefix + w.ticket(w.claims(meetingID, role, name)))
	var told protocol.InWaitingRoom
	if first := c.next(); first.Type != "in_waiting_room" {
		w.Fatalf("the first message is %s", first.Type)
	} else {
		c.decode(first, &told)
	}
	if told.Meeting.ID != meetingID || told.ServerTime == "" {
		w.Errorf("%+v", told)
	}
	return c
}

func TestWaitingRoom(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	chair.do("lock_meeting", protocol.LockMeeting{Locked: true})
	newcomer := w.wait(id, meeting.RoleDelegate, "Người đến sau")
	room := expect[protocol.WaitingChanged](chair, "waiting_changed").Waiting
	for len(room) == 0 { // the first tells of the lock
		room = expect[protocol.WaitingChanged](chair, "waiting_changed").Waiting
	}
	if len(room) != 1 || room[0].Name != "Người đến sau" || room[0].Role != protocol.RoleDelegate || room[0].Since == "" {
		t.Fatalf("%+v", room)
	}
	seat := room[0].Participant
	newcomer.refused("request_floor", protocol.RequestFloor{}, protocol.CodeWrongState)
	if e := newcomer.ask("ping", protocol.Ping{}); e.Type != "pong" {
		t.Errorf("ping was answered by %s", e.Type)
	}
	site.refused("admit", protocol.Admit{Participant: seat}, protocol.CodeForbidden)
	chair.refused("admit", protocol.Admit{Participant: "nobody"}, protocol.CodeNotFound)
	late := w.join(id, meeting.RoleSecretary, "Thư ký") // those who manage do not wait
	if len(late.welcome.Waiting) != 1 {
		t.Errorf("the secretary is told of %+v", late.welcome.Waiting)
	}
	chair.do("admit", protocol.Admit{Participant: seat})
	welcome := expect[protocol.Welcome](newcomer, "welcome")
	if welcome.Participant != seat || welcome.ResumeToken == "" {
		t.Errorf("%+v", welcome)
	}
	newcomer.do("publish", protocol.Publish{Source: protocol.SourceCamera, Active: true})
	chair.participant(seat, func(p protocol.Participant) bool { return p.Camera == protocol.MediaLive })
	newcomer.welcome = welcome
	back := newcomer.resume()

	chair.do("remove", protocol.Remove{Participant: seat})
	if code := back.closeCode(); code != protocol.CloseRemoved {
		t.Errorf("close code %d", code)
	}
	if left := expect[protocol.ParticipantLeft](chair, "participant_left"); left.Participant != seat {
		t.Errorf("%s left", left.Participant)
	}
	if _, _, err := w.dial(protocol.ResumePrefix+back.welcome.ResumeToken, nil); err == nil {
		t.Error("who was taken out has resumed")
	}

	refused := w.wait(id, meeting.RoleDelegate, "Không mời")
	other := w.wait(id, meeting.RoleDelegate, "Chờ")
	for len(room) != 2 {
		room = expect[protocol.WaitingChanged](chair, "waiting_changed").Waiting
	}
	chair.do("remove", protocol.Remove{Participant: room[slices.IndexFunc(room, func(w protocol.Waiting) bool { return w.Name == "Không mời" })].Participant})
	if code := refused.closeCode(); code != protocol.CloseRemoved {
		t.Errorf("close code %d", code)
	}
	chair.do("lock_meeting", protocol.LockMeeting{})
	expect[protocol.Welcome](other, "welcome")
	for len(room) != 0 {
		room = expect[protocol.WaitingChanged](chair, "waiting_changed").Waiting
	}

	t.Run("the end", func(t *testing.T) {
		chair.do("lock_meeting", protocol.LockMeeting{Locked: true})
		waits, leaves := w.wait(id, meeting.RoleDelegate, "B"), w.wait(id, meeting.RoleDelegate, "C")
		leaves.do("leave", protocol.Leave{})
		if code := leaves.closeCode(); code != 1000 {
			t.Errorf("close code %d", code)
		}
		chair.do("end_meeting", protocol.EndMeeting{})
		expect[protocol.MeetingEnded](waits, "meeting_ended")
		if code := waits.closeCode(); code != protocol.CloseMeetingEnded {
			t.Errorf("close code %d", code)
		}
	})
}

// TestSitesOfThePlan holds that every site has its place in the roster before it comes and after it goes.
func TestSitesOfThePlan(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.resume = 100 * time.Millisecond })
	id := w.plan(meeting.SpeakingFloor, func(p *calendar.Plan) {
		p.Sites = []calendar.Site{
			{Name: "An Lạc", Unit: "Sở Y tế", ShortName: "H. An Lạc", ProtocolOrder: 5}, {Name: "Cẩm Hà", Unit: "Huyện", ProtocolOrder: 6},
		}
	})
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	presence := func(want map[string]protocol.Presence) {
		t.Helper()
		for _, p := range chair.welcome.Participants {
			if want[p.Name] != p.Presence {
				t.Errorf("%s is %s", p.Name, p.Presence)
			}
		}
		if len(chair.welcome.Participants) != len(want) {
			t.Errorf("%+v", chair.welcome.Participants)
		}
	}
	presence(map[string]protocol.Presence{"Chủ tịch": "here", "An Lạc": "expected", "Cẩm Hà": "expected"})
	site := w.join(id, meeting.RoleSite, "An Lạc")
	if left := expect[protocol.ParticipantLeft](chair, "participant_left"); left.Participant != "plan-0" {
		t.Errorf("%s left", left.Participant)
	}
	site.cut()
	chair.participant(site.id(), func(p protocol.Participant) bool { return p.Presence == protocol.PresenceLost && p.Since != "" })
	w.eventually("the seat to be given up", func() bool {
		state, err := w.server.events.Load(t.Context(), id)
		return err == nil && state.Departed[site.id()].Lost
	})
	chair = chair.resume()
	presence(map[string]protocol.Presence{"Chủ tịch": "here", "An Lạc": "lost", "Cẩm Hà": "expected"})
}

func TestLinks(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair, site, other := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A"), w.join(id, meeting.RoleSite, "B")
	site.do("report_link", protocol.ReportLink{RTTMs: 30, LossPercent: 0.5, Kbps: 900})
	for _, c := range []*client{chair, other} {
		links := expect[protocol.Links](c, "links").Links
		if len(links) != 1 || links[0].Participant != site.id() || links[0].Quality != protocol.QualityGood || links[0].RTTMs != 30 {
			t.Errorf("%+v", links)
		}
	}
	site.do("report_link", protocol.ReportLink{RTTMs: 35, LossPercent: 1, Kbps: 900})
	if l := expect[protocol.Links](chair, "links").Links; l[0].RTTMs != 35 {
		t.Errorf("the chair is told %+v", l)
	}
	site.do("report_link", protocol.ReportLink{RTTMs: 35, LossPercent: 9, Kbps: 200})
	// The other was told of the change alone.
	if l := expect[protocol.Links](other, "links").Links; len(l) != 1 || l[0].Quality != protocol.QualityPoor {
		t.Errorf("%+v", l)
	}
	late := w.join(id, meeting.RoleSite, "C")
	if l := late.welcome.Links; len(l) != 1 || l[0].Quality != protocol.QualityPoor {
		t.Errorf("%+v", l)
	}
}

// TestFiguresAreFresh holds, in virtual time, that everybody knows about how a link is, without being told of each of its figures.
func TestFiguresAreFresh(t *testing.T) {
	const every = 4 * time.Second // as clients report
	for name, test := range map[string]struct {
		figures func(report int) (rtt int, loss float64)
		least   int // tellings in an hour
		most    int
	}{
		"steady":        {func(int) (int, float64) { return 60, 0.5 }, 1, 1},
		"noisy":         {func(i int) (int, float64) { return 60 + i%2*30, float64(i%3) * 0.4 }, 1, 1},
		"slowly slower": {func(i int) (int, float64) { return 30 + i/3, 0 }, 4, 12},
		"slowly worse":  {func(i int) (int, float64) { return 30, float64(i) / 300 }, 2, 4},
		"restless":      {func(i int) (int, float64) { return 30 + i%2*200, 0 }, 300, 360},
	} {
		var l linkState
		now, told := time.Unix(1e9, 0), 0
		for i := range int(time.Hour / every) {
			now = now.Add(every)
			rtt, loss := test.figures(i)
			l.link = protocol.Link{RTTMs: rtt, LossPercent: loss, Quality: qualityOf(l.link.Quality, protocol.Link{RTTMs: rtt, LossPercent: loss})}
			if l.news(now) {
				l.told, l.toldAt = l.link, now
				told++
			}
			if now.Sub(l.toldAt) >= movedPause && (clearly(float64(rtt), float64(l.told.RTTMs), movedRTT) || clearly(loss, l.told.LossPercent, movedLoss)) {
				t.Fatalf("%s: %d ms and %.1f %% are known as %+v", name, rtt, loss, l.told)
			}
		}
		if told < test.least || told > test.most {
			t.Errorf("%s: told %d times in an hour", name, told)
		}
	}
}

func TestQualityDoesNotFlicker(t *testing.T) {
	quality := protocol.Quality("")
	for i, c := range []struct {
		rtt  int
		loss float64
		want protocol.Quality
	}{
		{30, 0, "good"}, {30, 4, "good"}, {30, 5, "poor"}, {30, 4, "poor"}, {30, 2.9, "good"}, {399, 0, "good"}, {400, 0, "poor"}, {350, 0, "poor"},
		{299, 0, "good"},
	} {
		if quality = qualityOf(quality, protocol.Link{RTTMs: c.rtt, LossPercent: c.loss}); quality != c.want {
			t.Errorf("%d: %s", i, quality)
		}
	}
}

// TestDevices holds that a technician sees to the devices of a terminal, and of nobody else.
func TestDevices(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	operator, site := w.join(id, meeting.RoleOperator, "Trực"), w.join(id, meeting.RoleSite, "A")
	leader := w.join(id, meeting.RoleDelegate, "Giám đốc")
	have := []protocol.Device{{Kind: protocol.DeviceCamera, ID: "a", Label: "Máy quay chính", Chosen: true}, {Kind: protocol.DeviceCamera, ID: "b", Label: "Dự phòng"}}
	site.do("report_devices", protocol.ReportDevices{Devices: have})
	leader.refused("report_devices", protocol.ReportDevices{Devices: have}, protocol.CodeForbidden)
	var devices protocol.Devices
	operator.decode(operator.ask("list_devices", protocol.ListDevices{Participant: site.id()}), &devices)
	if !slices.Equal(devices.Devices, have) {
		t.Errorf("%+v", devices)
	}
	operator.refused("list_devices", protocol.ListDevices{Participant: leader.id()}, protocol.CodeForbidden)
	operator.do("choose_device", protocol.ChooseDevice{Participant: site.id(), Kind: protocol.DeviceCamera, ID: "b"})
	if chosen := expect[protocol.DeviceChosen](site, "device_chosen"); chosen.ID != "b" || chosen.Kind != protocol.DeviceCamera {
		t.Errorf("%+v", chosen)
	}
	operator.refused("choose_device", protocol.ChooseDevice{Participant: site.id(), Kind: protocol.DeviceCamera, ID: "z"}, protocol.CodeNotFound)
	operator.do("withhold_microphone", protocol.WithholdMicrophone{Participant: site.id(), Withheld: true})
	operator.refused("withhold_microphone", protocol.WithholdMicrophone{Participant: leader.id(), Withheld: true}, protocol.CodeForbidden)
}

// TestManyClientsFollow holds that a choice of the chair's reaches twenty clients.
func TestManyClientsFollow(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	var all []*client
	for i := range 20 {
		all = append(all, w.join(id, meeting.RoleSite, fmt.Sprint("Điểm cầu ", i)))
	}
	chair.do("set_stage", protocol.SetStage{Stage: protocol.Stage{Show: protocol.StageMosaic}})
	for _, c := range all {
		if p := expect[protocol.ProcedureChanged](c, "procedure_changed").Procedure; p.Stage.Show != protocol.StageMosaic {
			t.Errorf("%+v", p)
		}
	}
}

// TestEquipmentIsKeptOut holds that a locked meeting and a removal count for WHIP and WHEP too.
func TestEquipmentIsKeptOut(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	claims := w.claims(id, meeting.RoleSite, "Phòng họp P2")
	token := w.bearer(claims)
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	encoder.post("/whip/"+id, token)
	chair.do("remove", protocol.Remove{Participant: claims.Seat})
	again, _ := w.newPeer(micAndCamera, 0, 0)
	offer := again.pc.LocalDescription().SDP
	if response, _ := w.request(http.MethodPost, "/whip/"+id, token, offer, "Content-Type", typeSDP); response.StatusCode != http.StatusForbidden {
		t.Errorf("an encoder that was taken out: %s", response.Status)
	}
	chair.do("admit", protocol.Admit{Participant: claims.Seat})
	if response, _ := w.request(http.MethodPost, "/whip/"+id, token, offer, "Content-Type", typeSDP); response.StatusCode != http.StatusCreated {
		t.Errorf("an encoder that was admitted: %s", response.Status)
	}
	chair.do("lock_meeting", protocol.LockMeeting{Locked: true})
	watch, _ := w.newPeer(nil, 1, 1)
	display := w.bearer(w.claims(id, meeting.RoleDisplay, "Màn hình"))
	if response, _ := w.request(http.MethodPost, "/whep/"+id, display, watch.pc.LocalDescription().SDP, "Content-Type", typeSDP); response.StatusCode != http.StatusForbidden {
		t.Errorf("a newcomer to a locked meeting: %s", response.Status)
	}
}

// TestWaitingInTwoWindows holds that whoever is let in twice has one seat, and that nobody waits in a meeting that has begun anew.
func TestWaitingInTwoWindows(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen, alwaysOn)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	chair.do("lock_meeting", protocol.LockMeeting{Locked: true})
	claims := w.claims(id, meeting.RoleDelegate, "B")
	first := w.open(protocol.TicketPrefix + w.ticket(claims))
	expect[protocol.InWaitingRoom](first, "in_waiting_room")
	second := w.open(protocol.TicketPrefix + w.ticket(claims))
	expect[protocol.InWaitingRoom](second, "in_waiting_room")
	if code := first.closeCode(); code != protocol.CloseSeatMoved {
		t.Errorf("close code %d", code)
	}
	chair.do("leave", protocol.Leave{}) // the last one: the meeting begins anew, unlocked
	expect[protocol.Welcome](second, "welcome")
}

// TestADisplayIsNotItsSite holds that a hall's display hides its site from nobody.
func TestADisplayIsNotItsSite(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor, func(p *calendar.Plan) { p.Sites = []calendar.Site{{Name: "An Lạc", Unit: "Sở Y tế"}} })
	w.join(id, meeting.RoleDisplay, "An Lạc")
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	if !slices.ContainsFunc(chair.welcome.Participants, func(p protocol.Participant) bool { return p.Presence == protocol.PresenceExpected }) {
		t.Errorf("%+v", chair.welcome.Participants)
	}
}
