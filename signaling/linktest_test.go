package signaling

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (w *world) invite(c access.Claims) string {
	w.Helper()
	token, err := w.access.Invite(c)
	if err != nil {
		w.Fatal(err)
	}
	return token
}

// postJSON makes a request of link tests and reads the answer.
func (w *world) postJSON(path, token string, body, into any) *http.Response {
	w.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		w.Fatal(err)
	}
	response, got := w.request(http.MethodPost, path, token, string(raw), "Content-Type", typeJSON)
	if err := json.Unmarshal([]byte(got), into); err != nil {
		w.Fatalf("%s: %s %q", path, response.Status, got)
	}
	return response
}

// tester is a browser that tests its link.
type tester struct {
	publish, receive *peer
	offers           linkTestOffers
}

func (w *world) newTester() *tester {
	w.Helper()
	t := &tester{}
	t.publish, _ = w.newPeer(micAndCamera, 0, 0)
	t.receive, _ = w.newPeer(nil, linkTestCopies, 1)
	t.offers = linkTestOffers{Publish: t.publish.pc.LocalDescription().SDP, Receive: t.receive.pc.LocalDescription().SDP}
	return t
}

func TestLinkTest(t *testing.T) {
	w := newWorld(t)
	// Before the meeting opens too.
	id := w.plan(meeting.SpeakingFloor, func(p *calendar.Plan) {
		p.Start, p.End = time.Now().Add(24*time.Hour), time.Now().Add(25*time.Hour)
	})
	token := w.invite(w.claims(id, meeting.RoleSite, "Huyện Cẩm Hà"))
	tester := w.newTester()
	var answers linkTestAnswers
	response := w.postJSON("/linktest", token, tester.offers, &answers)
	if response.StatusCode != http.StatusCreated || response.Header.Get("Location") != "/linktest/"+answers.ID || answers.LastsMs != 15_000 {
		t.Fatalf("%s %v %+v", response.Status, response.Header, answers)
	}
	tester.publish.accept(answers.Publish)
	tester.receive.accept(answers.Receive)
	tester.receive.flows("pictures", &tester.receive.video)
	tester.receive.flows("sound", &tester.receive.audio)

	// More copies are so much more to receive: each reaches all of its slots.
	var view linkTestView
	if r := w.postJSON("/linktest/"+answers.ID, token, linkTestLoad{Copies: 4}, &view); r.StatusCode != http.StatusOK {
		t.Fatal(r.Status)
	}
	w.eventually("four copies", func() bool {
		audio, video := tester.receive.audio.packets.Load(), tester.receive.video.packets.Load()
		tester.receive.flows("sound", &tester.receive.audio)
		heard, seen := tester.receive.audio.packets.Load()-audio, tester.receive.video.packets.Load()-video
		return seen > 2*heard // both are sent 50 times a second
	})
	if stats := w.server.Stats(); stats.Tests != 1 || stats.Tested != 1 {
		t.Errorf("counted: %+v", stats)
	}

	stranger := w.invite(w.claims(id, meeting.RoleSite, "Huyện Vạn Sơn"))
	if r, _ := w.request(http.MethodDelete, "/linktest/"+answers.ID, stranger, ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("a stranger's end: %s", r.Status)
	}
	if r, _ := w.request(http.MethodDelete, "/linktest/"+answers.ID, token, ""); r.StatusCode != http.StatusNoContent {
		t.Errorf("end: %s", r.Status)
	}
	if r, _ := w.request(http.MethodDelete, "/linktest/"+answers.ID, token, ""); r.StatusCode != http.StatusNotFound {
		t.Errorf("end again: %s", r.Status)
	}
	w.eventually("no media room", func() bool { return w.engine.Stats().Rooms == 0 })
}

func TestLinkTestEndsByItself(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.test = 50 * time.Millisecond })
	token := w.invite(w.claims(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "Huyện Cẩm Hà"))
	var answers linkTestAnswers
	w.postJSON("/linktest", token, w.newTester().offers, &answers)
	w.eventually("the end", func() bool { return w.server.Stats().Tests == 0 && w.engine.Stats().Rooms == 0 })
}

func TestLinkTestsAreLimited(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	token := w.invite(w.claims(id, meeting.RoleSite, "Huyện Cẩm Hà"))
	offers := w.newTester().offers
	refused := func(path, token string, body any, status int, code protocol.ErrorCode) {
		t.Helper()
		var p problem
		if r := w.postJSON(path, token, body, &p); r.StatusCode != status || p.Code != code || p.Title == "" || p.TitleEn == "" {
			t.Errorf("%s: %s %+v", path, r.Status, p)
		}
	}
	ended := w.plan(meeting.SpeakingOpen)
	if _, err := w.calendar.End(t.Context(), ended); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []struct {
		token  string
		offers any
		status int
		code   protocol.ErrorCode
	}{
		{"", offers, 401, protocol.CodeForbidden},
		{"x.y.z", offers, 401, protocol.CodeForbidden},
		{w.bearer(w.claims(id, meeting.RoleSite, "Máy quay")), offers, 401, protocol.CodeForbidden}, // not for people's links
		{w.invite(w.claims(access.NewID(), meeting.RoleSite, "Không có")), offers, 403, protocol.CodeForbidden},
		{w.invite(w.claims(ended, meeting.RoleSite, "Đã xong")), offers, 403, protocol.CodeForbidden},
		{token, "offers", 400, protocol.CodeBadRequest},
		{token, map[string]string{"publish": offers.Publish, "receive": offers.Receive, "more": ""}, 400, protocol.CodeBadRequest},
		{token, linkTestOffers{Publish: "v=0", Receive: offers.Receive}, 400, protocol.CodeBadSDP},
		{token, linkTestOffers{Publish: offers.Receive, Receive: offers.Publish}, 400, protocol.CodeBadSDP},
		{token, linkTestOffers{Publish: offers.Publish, Receive: strings.Repeat("a", protocol.MaxFrame+1)}, 413, protocol.CodeLimit},
	} {
		refused("/linktest", bad.token, bad.offers, bad.status, bad.code)
	}
	if r, _ := w.request(http.MethodGet, "/linktest", token, ""); r.StatusCode != http.StatusMethodNotAllowed || r.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET: %s", r.Status)
	}

	// One at a time: the next one ends the one before.
	var first, second linkTestAnswers
	w.postJSON("/linktest", token, offers, &first)
	w.postJSON("/linktest", token, w.newTester().offers, &second)
	refused("/linktest/"+first.ID, token, linkTestLoad{Copies: 2}, 404, protocol.CodeNotFound)
	for _, copies := range []int{0, 9, -1, 1 << 40} {
		refused("/linktest/"+second.ID, token, linkTestLoad{Copies: copies}, 400, protocol.CodeBadRequest)
	}
	if n := w.server.Stats().Tests; n != 1 {
		t.Errorf("%d tests", n)
	}
	// Not too often, and what is refused takes no place.
	for range linkTestBurst - 2 {
		w.postJSON("/linktest", token, w.newTester().offers, &second)
	}
	refused("/linktest", token, offers, 429, protocol.CodeRateLimited)
	if n := w.server.Stats().Tests; n != 0 {
		t.Errorf("%d tests", n)
	}
	w.server.tests.mu.Lock()
	starting := w.server.tests.starting
	w.server.tests.mu.Unlock()
	if starting != 0 {
		t.Errorf("%d places are taken", starting)
	}
	if strings.Contains(w.logs.String(), token) {
		t.Error("the invitation is in the log")
	}
}

// TestLinkTestPlaces holds how many tests there may be at once, and that the memory of who had one goes.
func TestLinkTestPlaces(t *testing.T) {
	tests, now := newLinkTests(time.Hour), time.Unix(1e9, 0)
	for range linkTestsAtAll {
		if err := tests.reserve(newID(), now); err != nil {
			t.Fatal(err)
		}
	}
	if err := tests.reserve(newID(), now); err != errTestsFull {
		t.Errorf("one too many: %v", err)
	}
	tests.abandon()
	if err := tests.reserve(newID(), now); err != nil {
		t.Errorf("after one has gone: %v", err)
	}
	now = now.Add(time.Hour)
	_ = tests.reserve("late", now)
	if len(tests.pace) != 1 {
		t.Errorf("%d invitations are remembered", len(tests.pace))
	}
	for i := range 2 * linkTestBurst {
		tests.abandon()
		err := tests.reserve("late", now)
		if want := i < linkTestBurst-1; (err == nil) != want {
			t.Errorf("test %d: %v", i, err)
		}
	}
	tests.endAll()
	if err := tests.reserve(newID(), now); err != errRestarting {
		t.Errorf("while the server stops: %v", err)
	}
}
