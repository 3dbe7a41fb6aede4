package signaling

import (
	"net/http"
	"testing"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// A meeting is held from its start on, not from when the first comes; should it be moved meanwhile, from its new start on.
func TestHeldFromItsStart(t *testing.T) {
	w := newWorld(t)
	state := func(id string) calendar.State {
		m, err := w.calendar.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return m.State
	}
	early := w.plan(meeting.SpeakingOpen, startsIn(10*time.Minute))
	w.join(early, meeting.RoleSite, "A")
	if got := state(early); got != calendar.StateIssued {
		t.Errorf("before its start a meeting is %q", got)
	}
	late := w.plan(meeting.SpeakingOpen, startsIn(-time.Minute))
	w.join(late, meeting.RoleSite, "A")
	if got := state(late); got != calendar.StateHeld {
		t.Errorf("after its start a meeting is %q", got)
	}

	start := time.Now().Add(300 * time.Millisecond)
	if _, err := w.calendar.Act(t.Context(), early, calendar.ActReschedule, calendar.Request{Reason: "Sớm hơn", Start: start, End: start.Add(time.Hour)}, calendar.Change{}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the meeting to begin", func() bool { return state(early) == calendar.StateHeld })
	if time.Now().Before(start.Truncate(time.Millisecond)) {
		t.Error("it began before its start")
	}
}

// A server that is started after the start of a meeting, in which people were before, has it begin.
func TestHeldAfterARestart(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen, startsIn(300*time.Millisecond))
	site := w.join(id, meeting.RoleSite, "A")
	w.restart()
	w.connect(protocol.ResumePrefix + site.welcome.ResumeToken)
	w.eventually("the meeting to begin", func() bool {
		m, err := w.calendar.Get(t.Context(), id)
		return err == nil && m.State == calendar.StateHeld
	})
}

// What the office does to a meeting that people are in is so for them: they are told why it is over, and may come again at its new time.
func TestWhatTheOfficeDoesIsSoForThoseWhoAreIn(t *testing.T) {
	later := time.Now().Add(3 * time.Hour)
	for name, tc := range map[string]struct {
		act   calendar.Action
		cause protocol.EndCause
		back  bool
	}{
		"concluded":   {calendar.ActConclude, protocol.EndOver, false},
		"cancelled":   {calendar.ActCancel, protocol.EndCancelled, false},
		"postponed":   {calendar.ActPostpone, protocol.EndPostponed, true},
		"rescheduled": {calendar.ActReschedule, protocol.EndRescheduled, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.plan(meeting.SpeakingOpen, startsIn(10*time.Minute))
			chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
			chair.do("lock_meeting", protocol.LockMeeting{Locked: true})
			waits := w.wait(id, meeting.RoleSite, "B")
			r := calendar.Request{Reason: "Bão", Start: later, End: later.Add(time.Hour)}
			if _, err := w.calendar.Act(t.Context(), id, tc.act, r, calendar.Change{}); err != nil {
				t.Fatal(err)
			}
			for _, c := range []*client{chair, site, waits} {
				if ended := expect[protocol.MeetingEnded](c, "meeting_ended"); ended.By != "" || ended.Cause != tc.cause {
					t.Errorf("%+v", ended)
				}
				if code := c.closeCode(); code != protocol.CloseMeetingEnded {
					t.Errorf("closed with %d", code)
				}
			}
			if _, response, err := w.dial(protocol.TicketPrefix+w.ticket(w.claims(id, meeting.RoleSite, "A")), nil); err == nil || response.StatusCode != http.StatusForbidden {
				t.Errorf("it was entered: %v", err)
			}
			if !tc.back {
				return
			}
			soon := time.Now().Add(5 * time.Minute)
			for _, a := range []calendar.Action{calendar.ActReschedule, calendar.ActIssue} {
				m, err := w.calendar.Get(t.Context(), id)
				if _, possible := calendar.Transition(m.State, a); possible && err == nil {
					_, err = w.calendar.Act(t.Context(), id, a, calendar.Request{Reason: "Nay họp được", Start: soon, End: soon.Add(time.Hour)}, calendar.Change{})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if again := w.join(id, meeting.RoleSite, "A"); len(again.welcome.Participants) != 1 || again.welcome.Procedure.Locked {
				t.Errorf("it did not begin anew: %+v", again.welcome)
			}
		})
	}
}

// Who is in a meeting sees the sites that it is expected to have by a plan that was changed since.
func TestTheRosterFollowsThePlan(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen, startsIn(10*time.Minute))
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	m, err := w.calendar.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	m.Sites = []calendar.Site{{Name: "Huyện An Lạc"}}
	if _, err := w.calendar.Change(t.Context(), id, m.Plan, calendar.Change{}); err != nil {
		t.Fatal(err)
	}
	if p := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant; p.Name != "Huyện An Lạc" || p.Presence != protocol.PresenceExpected {
		t.Errorf("%+v", p)
	}
	m.Sites = nil
	if _, err := w.calendar.Change(t.Context(), id, m.Plan, calendar.Change{}); err != nil {
		t.Fatal(err)
	}
	expect[protocol.ParticipantLeft](chair, "participant_left")
}

// Those who wait in a meeting that one of higher priority displaces learn of it; those in one that loses a site go on.
func TestDisplacedWhilePeopleAreIn(t *testing.T) {
	w := newWorld(t)
	hall := func(p *calendar.Plan) { p.Halls = []calendar.Venue{{ID: "P1", Name: "Phòng họp P1"}} }
	sites := func(p *calendar.Plan) { p.Sites = []calendar.Site{{UnitID: "an-lac", Name: "Huyện An Lạc"}} }
	displaced := w.plan(meeting.SpeakingOpen, startsIn(10*time.Minute), hall)
	training := w.plan(meeting.SpeakingOpen, startsIn(-time.Minute), sites)
	waits, goesOn := w.join(displaced, meeting.RoleSite, "A"), w.join(training, meeting.RoleSite, "B")
	now := time.Now()
	if _, err := w.calendar.Create(t.Context(), calendar.Plan{
		Subject: "Ứng phó bão", Type: "urgent", Start: now.Add(5 * time.Minute), End: now.Add(time.Hour), Chair: calendar.Person{Name: "Chủ tịch"},
		Halls: []calendar.Venue{{ID: "P1", Name: "Phòng họp P1"}}, Sites: []calendar.Site{{UnitID: "an-lac", Name: "Huyện An Lạc"}},
	}, calendar.Change{PreEmpt: true}); err != nil {
		t.Fatal(err)
	}
	if ended := expect[protocol.MeetingEnded](waits, "meeting_ended"); ended.Cause != protocol.EndPostponed {
		t.Errorf("%+v", ended)
	}
	goesOn.do("send_chat", protocol.SendChat{Text: "Vẫn họp"})
}
