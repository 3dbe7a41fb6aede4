package signaling

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/rooms/meeting"
	"diemcau/rooms/store/storetest"
	"diemcau/signaling/protocol"
)

func TestResume(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	site.do("publish", protocol.Publish{Source: protocol.SourceMicrophone, Active: true})
	site.do("mute", protocol.Mute{Source: protocol.SourceMicrophone, Muted: true})
	site.cut()
	chair.participant(site.id(), func(p protocol.Participant) bool { return p.Presence != protocol.PresenceHere })
	back := site.resume()
	if !back.welcome.Resumed || !back.welcome.MediaKept || back.id() != site.id() || len(back.welcome.Participants) != 2 {
		t.Errorf("welcome %+v", back.welcome)
	}
	if back.welcome.ResumeToken == site.welcome.ResumeToken {
		t.Error("the resume token is the same")
	}
	// The welcome could have been lost: until the client speaks, its last token is good.
	back.cut()
	again := site.resume()
	again.do("send_chat", protocol.SendChat{Text: "đã nối lại"})
	chair.participant(site.id(), func(p protocol.Participant) bool {
		return p.Presence == protocol.PresenceHere && p.Microphone == protocol.MediaMuted
	})
	again.cut()
	for name, token := range map[string]string{"first": site.welcome.ResumeToken, "second": back.welcome.ResumeToken} {
		if _, response, err := w.dial(protocol.ResumePrefix+token, nil); err == nil || response.StatusCode != http.StatusUnauthorized {
			t.Errorf("the %s token was taken again: %v", name, err)
		}
	}
	if c := again.resume(); !c.welcome.MediaKept {
		t.Error("media were not kept")
	}
}

func TestResumeBeforeTheServerKnowsOfTheLoss(t *testing.T) {
	w := newWorld(t)
	site := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	back := site.resume()
	if !back.welcome.MediaKept {
		t.Error("media were not kept")
	}
	if code := site.closeCode(); code != protocol.CloseSeatMoved {
		t.Errorf("close code %d", code)
	}
	back.do("leave", protocol.Leave{})
}

// silent joins a meeting with a socket that says nothing more, nor answers pings.
func (w *world) silent(meetingID string, role meeting.Role, name string) {
	w.Helper()
	ws, _, err := w.dial(protocol.TicketPrefix+w.ticket(w.claims(meetingID, role, name)), nil)
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = ws.Close() })
}

// TestSilenceIsShownOnce holds that whoever falls silent is shown as lost once, and as gone once when the seat's time is over.
func TestSilenceIsShownOnce(t *testing.T) {
	w := newWorld(t, func(w *world) {
		w.timing.pongWait, w.timing.ping, w.timing.resume = 300*time.Millisecond, 100*time.Millisecond, 300*time.Millisecond
	})
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	w.silent(id, meeting.RoleDelegate, "A")
	joined := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant
	if joined.Presence != protocol.PresenceHere {
		t.Fatalf("joined as %+v", joined)
	}
	if lost := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant; lost.ID != joined.ID || lost.Presence != protocol.PresenceLost {
		t.Errorf("then shown as %+v", lost)
	}
	if left := expect[protocol.ParticipantLeft](chair, "participant_left"); left.Participant != joined.ID {
		t.Errorf("%s left", left.Participant)
	}
	chair.ask("ping", protocol.Ping{})
	if n := chair.seen("participant_changed") + chair.seen("participant_left"); n != 0 {
		t.Errorf("%d more changes of who is here", n)
	}
}

// TestReturnIsShownOnce holds that a client whose socket broke and that is back in time was lost once and is here again once, however often
// its first attempts to come back break too.
func TestReturnIsShownOnce(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	expect[protocol.ParticipantChanged](chair, "participant_changed")
	site.cut()
	if p := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant; p.Presence != protocol.PresenceLost {
		t.Errorf("shown as %+v", p)
	}
	// The server does not know yet that the first socket of the two is broken: others see nothing of the second.
	back := site.resume().resume()
	back.ask("ping", protocol.Ping{})
	if p := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant; p.ID != site.id() || p.Presence != protocol.PresenceHere {
		t.Errorf("shown as %+v", p)
	}
	back.ask("ping", protocol.Ping{})
	chair.ask("ping", protocol.Ping{})
	if n := chair.seen("participant_changed") + chair.seen("participant_left"); n != 0 {
		t.Errorf("%d more changes of who is here", n)
	}
}

// givenUp opens a socket that its client has given up: whether somebody is there is asked on it, and nobody answers.
func (w *world) givenUp(credential string) {
	w.Helper()
	ws, _, err := w.dial(credential, nil)
	if err != nil {
		w.Fatal(err)
	}
	asked := errors.New("asked")
	ws.SetPingHandler(func(string) error { return asked })
	_ = ws.SetReadDeadline(time.Now().Add(patience))
	if _, _, err := ws.NextReader(); !errors.Is(err, asked) {
		w.Errorf("it was not asked whether somebody is there: %v", err)
	}
	_ = ws.Close()
}

// TestALateRequestIsNobody holds that a request may come long after its client gave it up: it neither brings the client back nor takes the
// seat from what the client did instead.
func TestALateRequestIsNobody(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	claims := w.claims(id, meeting.RoleSite, "A")
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.joinAs(claims)
	expect[protocol.ParticipantChanged](chair, "participant_changed")
	late := func(credential string) {
		t.Helper()
		before := w.server.Stats().Sockets
		w.givenUp(credential)
		w.eventually("the end of the late socket", func() bool { return w.server.Stats().Sockets == before })
	}
	ticket := func() string { return protocol.TicketPrefix + w.ticket(claims) }
	nothingNew := func(when string) {
		t.Helper()
		chair.ask("ping", protocol.Ping{})
		if n := chair.seen("participant_changed") + chair.seen("participant_left"); n != 0 {
			t.Errorf("%s: %d changes of who is here", when, n)
		}
	}
	for _, credential := range []string{protocol.ResumePrefix + site.welcome.ResumeToken, ticket()} {
		late(credential)
		site.ask("ping", protocol.Ping{})
		nothingNew("the seat is held")
	}
	site.cut()
	expect[protocol.ParticipantChanged](chair, "participant_changed")
	w.eventually("the end of the socket that was cut", func() bool { return w.server.Stats().Sockets == 1 })
	for _, credential := range []string{protocol.ResumePrefix + site.welcome.ResumeToken, ticket()} {
		late(credential)
		nothingNew("the seat is lost")
	}
	if back := site.resume(); !back.welcome.MediaKept {
		t.Error("media were not kept")
	}
	if p := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant; p.ID != site.id() || p.Presence != protocol.PresenceHere {
		t.Errorf("shown as %+v", p)
	}
}

// TestWhoSaysAnythingIsThere holds that a message shows that a client is there as well as its answer to a ping, and that a ping of its own is no
// sign that it has read its welcome.
func TestWhoSaysAnythingIsThere(t *testing.T) {
	w := newWorld(t)
	site := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	ws, _, err := w.dial(protocol.ResumePrefix+site.welcome.ResumeToken, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := ws.WriteMessage(websocket.TextMessage, encode("ping", "1", protocol.Ping{})); err != nil {
		t.Fatal(err)
	}
	if code := site.closeCode(); code != protocol.CloseSeatMoved {
		t.Errorf("close code %d", code)
	}
	_ = ws.Close()
	if back := site.resume(); !back.welcome.MediaKept {
		t.Error("media were not kept")
	}
}

// TestWhoIsNotThereIsNotWaitedFor holds that a socket on which nobody shows to be there ends, by itself and with the server.
func TestWhoIsNotThereIsNotWaitedFor(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.pongWait, w.timing.ping = 500*time.Millisecond, 100*time.Millisecond })
	site := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	late := func() {
		t.Helper()
		ws, _, err := w.dial(protocol.ResumePrefix+site.welcome.ResumeToken, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = ws.Close() })
		w.eventually("the late socket", func() bool { return w.server.Stats().Sockets == 2 })
	}
	late()
	w.eventually("its end", func() bool { return w.server.Stats().Sockets == 1 })
	w.server.timing.pongWait = time.Hour
	late()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// TestALateRequestDoesNotWait holds the same of the waiting room.
func TestALateRequestDoesNotWait(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	w.join(id, meeting.RoleChair, "Chủ tịch").do("lock_meeting", protocol.LockMeeting{Locked: true})
	claims := w.claims(id, meeting.RoleDelegate, "A")
	waiting := w.open(protocol.TicketPrefix + w.ticket(claims))
	expect[protocol.InWaitingRoom](waiting, "in_waiting_room")
	w.givenUp(protocol.TicketPrefix + w.ticket(claims))
	waiting.ask("ping", protocol.Ping{})
	w.eventually("the end of the late socket", func() bool { return w.server.Stats().Sockets == 2 })
	waiting.ask("ping", protocol.Ping{})
}

// TestSilenceIsShownInTime holds that the figures of the server show who fell silent within 20 s: the client's last packet may be under way
// for as long as a bad link takes, and the others hear of it over links that are no better.
func TestSilenceIsShownInTime(t *testing.T) {
	const bound, bad = 20 * time.Second, 2 * time.Second
	if worst := defaultTiming.pongWait + 2*bad; worst > bound {
		t.Errorf("shown after up to %v", worst)
	}
	// A ping and its answer may each be lost and sent again by TCP.
	if defaultTiming.pongWait < 2*defaultTiming.ping+2*bad {
		t.Error("a link that loses a ping counts as silent")
	}
}

func TestLostSeatExpires(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.resume, w.timing.floor = 100*time.Millisecond, 300*time.Millisecond })
	id := w.plan(meeting.SpeakingFloor)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleDelegate, "A")
	chair.do("grant_floor", protocol.GrantFloor{Participant: site.id()})
	site.cut()
	if left := expect[protocol.ParticipantLeft](chair, "participant_left"); left.Participant != site.id() {
		t.Errorf("%s left", left.Participant)
	}
	if f := expect[protocol.FloorChanged](chair, "floor_changed").Floor; f.Holder != "" {
		t.Errorf("floor %+v", f)
	}
	if _, response, err := w.dial(protocol.ResumePrefix+site.welcome.ResumeToken, nil); err == nil || response.StatusCode != 401 {
		t.Errorf("resumed too late: %v", err)
	}
}

// TestCrash holds that after kill -9 everybody has the seat, the floor and the mute state of before.
func TestCrash(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair, a, b := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A"), w.join(id, meeting.RoleSite, "B")
	gone := w.join(id, meeting.RoleSite, "C")
	chair.do("grant_floor", protocol.GrantFloor{Participant: a.id()})
	b.do("request_floor", protocol.RequestFloor{})
	a.do("mute", protocol.Mute{Source: protocol.SourceCamera, Muted: true})
	a.do("publish", protocol.Publish{Source: protocol.SourceCamera, Active: true})
	w.crash()
	for _, c := range []*client{chair, a, b} {
		back := c.resume()
		if !back.welcome.Resumed || back.welcome.MediaKept || back.id() != c.id() || len(back.welcome.Slots) != 0 {
			t.Fatalf("welcome %+v", back.welcome)
		}
		f := back.welcome.Floor
		if f.Holder != a.id() || len(f.Queue) != 1 || f.Queue[0].Participant != b.id() {
			t.Errorf("floor %+v", f)
		}
		for _, p := range back.welcome.Participants {
			switch p.ID {
			case a.id():
				if p.Camera != protocol.MediaMuted || p.Role != protocol.RoleSite {
					t.Errorf("%+v", p)
				}
			case gone.id():
				if p.Presence == protocol.PresenceHere {
					t.Errorf("%+v", p)
				}
			}
		}
	}
}

// TestMediaOfALostWelcome holds that media which a client was told of by a welcome that it never read are not taken for its own: the link can
// break before it comes.
func TestMediaOfALostWelcome(t *testing.T) {
	w := newWorld(t)
	site := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	w.crash()
	late := site.resume()
	late.cut()
	if back := site.resume(); late.welcome.MediaKept || back.welcome.MediaKept {
		t.Errorf("media kept: %t, then %t", late.welcome.MediaKept, back.welcome.MediaKept)
	}
}

func TestSeatsOfACrashExpire(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.resume = time.Second })
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleDelegate, "A")
	w.crash()
	back := chair.resume()
	if n := len(back.welcome.Participants); n != 2 {
		t.Errorf("%d participants", n)
	}
	if left := expect[protocol.ParticipantLeft](back, "participant_left"); left.Participant != site.id() {
		t.Errorf("%s left", left.Participant)
	}
}

func TestShutdown(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	w.restart()
	for _, c := range []*client{chair, site} {
		if r := expect[protocol.Restarting](c, "restarting"); r.WaitMs <= 0 {
			t.Errorf("wait %d", r.WaitMs)
		}
		if code := c.closeCode(); code != 1012 {
			t.Errorf("close code %d", code)
		}
		if back := c.resume(); !back.welcome.Resumed || back.welcome.MediaKept {
			t.Errorf("welcome %+v", back.welcome)
		}
	}
}

// TestStoreAway holds that a live meeting outlives its store, and that nothing of it is missing in the store afterwards.
func TestStoreAway(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	ticket := w.ticket(w.claims(id, meeting.RoleSite, "B"))
	back := storetest.Pause(t, w.store)
	begin := time.Now()
	site.do("request_floor", protocol.RequestFloor{})
	chair.do("grant_floor", protocol.GrantFloor{Participant: site.id()})
	site.cut()
	site = site.resume()
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("acting without the store took %v", took)
	}
	if _, response, err := w.dial(protocol.TicketPrefix+ticket, nil); err == nil || response.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("joining without the store: %v", err)
	}
	back()
	storetest.AwaitReady(t, w.store)
	w.eventually("the events to be stored", func() bool {
		state, err := meeting.NewLog(w.store, w.config.Log).Load(t.Context(), id)
		return err == nil && state.Floor.Holder == site.id() && state.Seats[site.id()].Connected
	})
	w.join(id, meeting.RoleSite, "C")
}

// TestWhoComesAsTheLastLeaveIsNotAhead holds that a meeting goes on after its last event, however late that is stored: whoever comes waits for it.
func TestWhoComesAsTheLastLeaveIsNotAhead(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	last := w.join(id, meeting.RoleSite, "A")
	w.server.mu.Lock()
	leaving := w.server.meetings[id]
	w.server.mu.Unlock()
	stored := make(chan struct{})
	leaving.journal.add(func(context.Context) error { <-stored; return nil })
	last.do("leave", protocol.Leave{})
	w.eventually("nobody to be left", func() bool {
		w.server.mu.Lock()
		defer w.server.mu.Unlock()
		return w.server.meetings[id] == nil
	})
	joined := make(chan *client)
	go func() {
		defer close(joined)
		joined <- w.join(id, meeting.RoleSite, "B")
	}()
	select {
	case <-joined:
		t.Error("joined before the events of before were stored")
	case <-time.After(300 * time.Millisecond):
	}
	close(stored)
	next, ok := <-joined
	if !ok {
		t.FailNow()
	}
	w.eventually("the events to be stored", func() bool {
		state, err := meeting.NewLog(w.store, w.config.Log).Load(t.Context(), id)
		return err == nil && state.Seats[next.id()].Connected
	})
	if strings.Contains(w.logs.String(), "event cannot be stored") {
		t.Error("an event was lost")
	}
}
