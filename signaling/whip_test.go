package signaling

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pion/webrtc/v4"

	"diemcau/rooms/access"
	"diemcau/rooms/meeting"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// request makes an HTTP request; header alternates names and values.
func (w *world) request(method, path, token, body string, header ...string) (*http.Response, string) {
	w.Helper()
	r, err := http.NewRequestWithContext(w.Context(), method, w.http.URL+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		w.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		w.Fatal(err)
	}
	return response, string(got)
}

// post makes a resource and returns its address and its entity tag.
func (p *peer) post(path, token string) (location, etag string) {
	p.Helper()
	response, body := p.request(http.MethodPost, path, token, p.pc.LocalDescription().SDP, "Content-Type", typeSDP)
	h := response.Header
	if response.StatusCode != http.StatusCreated || h.Get("Content-Type") != typeSDP || h.Get("Accept-Patch") != typeFragment ||
		h.Get("ETag") == "" || h.Get("Access-Control-Allow-Origin") != "*" {
		p.Fatalf("%s: %s %v %s", path, response.Status, h, body)
	}
	p.accept(body)
	return h.Get("Location"), h.Get("ETag")
}

func (w *world) manySeats(meetingID string, role meeting.Role) string {
	w.Helper()
	return w.bearer(access.Claims{Meeting: meetingID, Role: role, Many: true, Expires: time.Now().Add(time.Hour)})
}

func TestWHIPAndWHEP(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	token := w.manySeats(id, meeting.RoleDelegate)

	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	publishing, _ := encoder.post("/whip/"+id+"?name=Hội+trường+P1", token)
	hall := chair.participant(chair.otherThan(), func(p protocol.Participant) bool {
		return p.Camera == protocol.MediaLive && p.Microphone == protocol.MediaLive
	})
	if hall.Name != "Hội trường P1" || hall.Role != protocol.RoleDelegate || hall.Presence != protocol.PresenceHere {
		t.Errorf("in the roster: %+v", hall)
	}
	player, _ := w.newPeer(nil, 1, 1)
	watching, _ := player.post("/whep/"+id+"?name=Màn+hình", token)
	player.flows("pictures", &player.video)
	player.flows("sound", &player.audio)
	// A client of the other kind sees it too.
	seen := chair.media(nil, 1, 1)
	seen.flows("pictures", &seen.video)

	second, _ := w.newPeer(micAndCamera, 0, 0)
	if response, _ := w.request(http.MethodPost, "/whip/"+id+"?name=Hội+trường+P1", token, second.pc.LocalDescription().SDP, "Content-Type", typeSDP); response.StatusCode != http.StatusConflict {
		t.Errorf("a second publisher: %s", response.Status)
	}
	player.flows("sound after that", &player.audio)
	// The seat may watch too, and never hears itself.
	own, _ := w.newPeer(nil, 1, 1)
	own.post("/whep/"+id+"?name=Hội+trường+P1", token)

	for _, resource := range []string{watching, publishing} {
		if response, _ := w.request(http.MethodDelete, resource, token, ""); response.StatusCode != http.StatusOK {
			t.Errorf("delete: %s", response.Status)
		}
		if response, _ := w.request(http.MethodDelete, resource, token, ""); response.StatusCode != http.StatusNotFound {
			t.Errorf("delete again: %s", response.Status)
		}
	}
	chair.participant(hall.ID, func(p protocol.Participant) bool { return p.Camera == protocol.MediaOff })
	if w.server.Stats().Media != 1 {
		t.Errorf("%d resources", w.server.Stats().Media)
	}
}

// otherThan waits for a participant other than the client itself and gives its id.
func (c *client) otherThan() string {
	c.Helper()
	for {
		if p := expect[protocol.ParticipantChanged](c, "participant_changed").Participant; p.ID != c.id() {
			return p.ID
		}
	}
}

func TestICERestart(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	token := w.manySeats(id, meeting.RoleDelegate)
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	encoder.post("/whip/"+id+"?name=A", token)
	player, _ := w.newPeer(nil, 1, 1)
	resource, etag := player.post("/whep/"+id+"?name=B", token)
	player.flows("sound", &player.audio)

	old := iceOf(player.pc.LocalDescription().SDP)
	patch := func(body, ifMatch string) (*http.Response, string) {
		header := []string{"Content-Type", typeFragment}
		if ifMatch != "" {
			header = append(header, "If-Match", ifMatch)
		}
		return w.request(http.MethodPatch, resource, token, body, header...)
	}
	trickle := old + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host\r\n"
	for name, test := range map[string]struct {
		body, ifMatch string
		status        int
	}{
		"trickle":          {trickle, etag, 204},
		"trickle, any":     {trickle, "*", 204},
		"no tag":           {trickle, "", 428},
		"stale tag":        {trickle, `"other"`, 412},
		"empty":            {"", etag, 400},
		"not a fragment":   {"xin chào", etag, 400},
		"half":             {"a=ice-ufrag:abcdefgh\r\n", etag, 400},
		"bad credentials":  {"a=ice-ufrag:ab cd\r\na=ice-pwd:" + strings.Repeat("x", 24) + "\r\n", etag, 400},
		"bad candidate":    {"a=candidate:1 1 udp 1 host.example 5000 typ host\r\n", etag, 400},
		"too large":        {strings.Repeat("a=x\r\n", 5000), etag, 413},
		"restart by stale": {"a=ice-ufrag:abcdefgh\r\na=ice-pwd:" + strings.Repeat("x", 24) + "\r\n", `"other"`, 412},
	} {
		if response, body := patch(test.body, test.ifMatch); response.StatusCode != test.status {
			t.Errorf("%s: %s %s", name, response.Status, body)
		}
	}

	offer, err := player.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := player.pc.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	response, body := patch(iceOf(offer.SDP), etag)
	if response.StatusCode != http.StatusOK || response.Header.Get("ETag") == etag || response.Header.Get("Content-Type") != typeFragment {
		t.Fatalf("restart: %s %s", response.Status, body)
	}
	var f fragment
	if f, err = readFragment(body); err != nil || f.ufrag == "" || len(f.candidates) == 0 || strings.Contains(player.answer, f.ufrag) {
		t.Fatalf("restart was answered by %s: %v", body, err)
	}
	answer := strings.Replace(restarted(player.answer, f), "a=mid:0\r\n", "a=mid:0\r\na="+strings.Join(f.candidates, "\r\na=")+"\r\n", 1)
	player.accept(answer)
	player.flows("sound after the restart", &player.audio)
	if response, _ := patch(trickle, etag); response.StatusCode != http.StatusPreconditionFailed {
		t.Errorf("the tag from before the restart: %s", response.Status)
	}
}

// iceOf is the session part of a fragment: the credentials of a description.
func iceOf(sdp string) string {
	var b strings.Builder
	for line := range strings.Lines(sdp) {
		if strings.HasPrefix(line, "a=ice-ufrag:") || strings.HasPrefix(line, "a=ice-pwd:") {
			b.WriteString(line)
		}
		if strings.HasPrefix(line, "a=ice-pwd:") {
			break
		}
	}
	return b.String()
}

func TestMediaStatusCodes(t *testing.T) {
	w := newWorld(t)
	id, other := w.plan(meeting.SpeakingOpen), w.plan(meeting.SpeakingOpen)
	token := w.manySeats(id, meeting.RoleDelegate)
	display := w.manySeats(id, meeting.RoleDisplay)
	foreign := w.manySeats(other, meeting.RoleDelegate)
	nowhere := w.manySeats("nowhere", meeting.RoleDelegate)
	expired := w.bearer(access.Claims{Meeting: id, Role: meeting.RoleDelegate, Many: true, Expires: time.Now().Add(-time.Minute)})
	invitation, err := w.access.Invite(w.claims(id, meeting.RoleDelegate, "A"))
	if err != nil {
		t.Fatal(err)
	}
	sender, _ := w.newPeer(micAndCamera, 0, 0)
	receiver, _ := w.newPeer(nil, 1, 1)
	send, receive := sender.pc.LocalDescription().SDP, receiver.pc.LocalDescription().SDP
	resource, _ := receiver.post("/whep/"+id+"?name=B", token)

	for name, test := range map[string]struct {
		method, path, token, body, contentType string
		status                                 int
	}{
		"no token":             {"POST", "/whip/" + id + "?name=A", "", send, typeSDP, 401},
		"bad token":            {"POST", "/whip/" + id + "?name=A", "abc", send, typeSDP, 401},
		"expired token":        {"POST", "/whip/" + id + "?name=A", expired, send, typeSDP, 401},
		"invitation":           {"POST", "/whip/" + id + "?name=A", invitation, send, typeSDP, 401},
		"other meeting":        {"POST", "/whip/" + id + "?name=A", foreign, send, typeSDP, 403},
		"no such meeting":      {"POST", "/whip/nowhere?name=A", nowhere, send, typeSDP, 403},
		"a display publishes":  {"POST", "/whip/" + id + "?name=A", display, send, typeSDP, 403},
		"no name":              {"POST", "/whip/" + id, token, send, typeSDP, 400},
		"bad name":             {"POST", "/whip/" + id + "?name=%00", token, send, typeSDP, 400},
		"content type":         {"POST", "/whip/" + id + "?name=A", token, send, "text/plain", 415},
		"no content type":      {"POST", "/whip/" + id + "?name=A", token, send, "", 415},
		"empty":                {"POST", "/whip/" + id + "?name=A", token, "", typeSDP, 400},
		"not SDP":              {"POST", "/whip/" + id + "?name=A", token, "xin chào", typeSDP, 400},
		"too large":            {"POST", "/whip/" + id + "?name=A", token, strings.Repeat("x", protocol.MaxFrame+1), typeSDP, 413},
		"no fingerprint":       {"POST", "/whip/" + id + "?name=A", token, strings.ReplaceAll(send, "a=fingerprint", "a=x"), typeSDP, 400},
		"WHIP only receives":   {"POST", "/whip/" + id + "?name=A", token, receive, typeSDP, 400},
		"WHEP sends":           {"POST", "/whep/" + id + "?name=A", token, send, typeSDP, 400},
		"GET":                  {"GET", "/whip/" + id, token, "", "", 405},
		"PUT":                  {"PUT", "/whep/" + id, token, "", "", 405},
		"POST to a resource":   {"POST", resource, token, receive, typeSDP, 405},
		"DELETE, no token":     {"DELETE", resource, "", "", "", 401},
		"DELETE, other token":  {"DELETE", resource, foreign, "", "", 404},
		"DELETE, unknown":      {"DELETE", "/whep/" + id + "/abc", token, "", "", 404},
		"DELETE, other kind":   {"DELETE", strings.Replace(resource, "whep", "whip", 1), token, "", "", 404},
		"DELETE elsewhere":     {"DELETE", strings.Replace(resource, id, other, 1), token, "", "", 404},
		"PATCH, content type":  {"PATCH", resource, token, "a=x\r\n", typeSDP, 415},
		"PATCH, unknown":       {"PATCH", "/whep/" + id + "/abc", token, "a=x\r\n", typeFragment, 404},
		"OPTIONS":              {"OPTIONS", "/whip/" + id, "", "", "", 204},
		"OPTIONS, resource":    {"OPTIONS", resource, "", "", "", 204},
		"deeper than resource": {"POST", resource + "/x", token, "", "", 404},
	} {
		header := []string{}
		if test.contentType != "" {
			header = []string{"Content-Type", test.contentType}
		}
		response, body := w.request(test.method, test.path, test.token, test.body, header...)
		if response.StatusCode != test.status {
			t.Errorf("%s: %s %s", name, response.Status, body)
		}
		switch test.status {
		case 405:
			if response.Header.Get("Allow") == "" {
				t.Errorf("%s: no Allow", name)
			}
		case 204:
			h := response.Header
			if h.Get("Access-Control-Allow-Methods") == "" || h.Get("Access-Control-Allow-Headers") == "" {
				t.Errorf("%s: %v", name, h)
			}
		}
		var p problem
		if test.status >= 400 && name != "deeper than resource" {
			if err := json.Unmarshal([]byte(body), &p); err != nil || p.Status != test.status || p.Title == "" || p.RequestID == "" {
				t.Errorf("%s: %s", name, body)
			}
		}
	}
	if n := w.server.Stats().Media; n != 1 {
		t.Errorf("%d resources are left", n)
	}
}

// TestDeadEncoder holds that a WHIP connection that is dead is shown as lost, may come back, and is taken away otherwise.
func TestDeadEncoder(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.resume = time.Second })
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	token := w.bearer(w.claims(id, meeting.RoleDelegate, "Phòng họp P2"))
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	resource, _ := encoder.post("/whip/"+id, token)
	hall := chair.otherThan()
	w.server.mu.Lock()
	r := w.server.resources[resource[strings.LastIndex(resource, "/")+1:]]
	w.server.mu.Unlock()
	w.eventually("the connection", func() bool { return r.media.connection() == sfu.Connected })
	r.media.ConnectionChanged(sfu.Failed)
	chair.participant(hall, func(p protocol.Participant) bool { return p.Presence != protocol.PresenceHere })
	r.media.ConnectionChanged(sfu.Connected)
	chair.participant(hall, func(p protocol.Participant) bool { return p.Presence == protocol.PresenceHere })
	r.media.ConnectionChanged(sfu.Failed)
	if left := expect[protocol.ParticipantLeft](chair, "participant_left"); left.Participant != hall {
		t.Errorf("%s left", left.Participant)
	}
	if response, _ := w.request(http.MethodDelete, resource, token, ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("the resource of a dead encoder: %s", response.Status)
	}
}

// unreached makes a WHIP resource whose answer its encoder never takes, and gives it with its participant, whom the chair has seen.
func (w *world) unreached(chair *client, meetingID, name string) (*resource, string) {
	w.Helper()
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	token := w.bearer(w.claims(meetingID, meeting.RoleSite, name))
	response, _ := w.request(http.MethodPost, "/whip/"+meetingID, token, encoder.pc.LocalDescription().SDP, "Content-Type", typeSDP)
	location := response.Header.Get("Location")
	hall := chair.otherThan()
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	r := w.server.resources[location[strings.LastIndex(location, "/")+1:]]
	if r == nil {
		w.Fatalf("no resource: %s", response.Status)
	}
	return r, hall
}

// disconnected tells that a resource is silent, and waits until the coordinator knows.
func (w *world) disconnected(r *resource) {
	w.Helper()
	r.media.ConnectionChanged(sfu.Disconnected)
	w.eventually("the silence", func() (known bool) {
		if err := r.meeting.call(w.Context(), func() error {
			known = !r.lost.IsZero()
			return nil
		}); err != nil {
			w.Fatal(err)
		}
		return known
	})
}

// TestFailedEncoder holds that an encoder whose connection fails before it was up, or before its silence has lasted, is shown as lost at once.
func TestFailedEncoder(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.silence, w.timing.resume = time.Hour, time.Hour })
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	lost := func(p protocol.Participant) bool { return p.Presence == protocol.PresenceLost }

	never, hall := w.unreached(chair, id, "Phòng họp P1")
	never.media.ConnectionChanged(sfu.Failed)
	chair.participant(hall, lost)

	silent, hall := w.unreached(chair, id, "Phòng họp P2")
	w.disconnected(silent)
	silent.media.ConnectionChanged(sfu.Failed)
	chair.participant(hall, lost)
}

// TestSilenceIsDueDuringOtherWork holds that an encoder is shown as lost also where the coordinator reconciles just when that is due, and
// that nothing is due any more then.
func TestSilenceIsDueDuringOtherWork(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.silence, w.timing.resume = time.Hour, time.Hour })
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	r, hall := w.unreached(chair, id, "Phòng họp P1")
	w.disconnected(r)
	inside := func(f func()) {
		w.Helper()
		if err := r.meeting.call(t.Context(), func() error {
			f()
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	inside(func() {
		r.lost = time.Now()
		r.meeting.reconcile()
	})
	chair.participant(hall, func(p protocol.Participant) bool { return p.Presence == protocol.PresenceLost })
	inside(func() {
		if r.meeting.untilDue() == 0 {
			t.Error("the silence is due again")
		}
	})
}

// TestSilentEncoder holds that an encoder that falls silent is shown as lost long before its connection is given up, and is here again with
// its next packet.
func TestSilentEncoder(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	resource, _ := encoder.post("/whip/"+id, w.bearer(w.claims(id, meeting.RoleSite, "Phòng họp P2")))
	hall := chair.otherThan()
	w.server.mu.Lock()
	r := w.server.resources[resource[strings.LastIndex(resource, "/")+1:]]
	w.server.mu.Unlock()
	w.eventually("the connection", func() bool { return r.media.connection() == sfu.Connected })
	encoder.cut.Store(true)
	chair.participant(hall, func(p protocol.Participant) bool { return p.Presence == protocol.PresenceLost })
	if state := r.media.connection(); state != sfu.Disconnected {
		t.Errorf("it was shown in state %d", state)
	}
	encoder.cut.Store(false)
	chair.participant(hall, func(p protocol.Participant) bool { return p.Presence == protocol.PresenceHere })
}

// TestEncoderComesBack holds that an encoder whose connection is dead may publish anew without waiting.
func TestEncoderComesBack(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	claims := w.claims(id, meeting.RoleSite, "Phòng họp P2")
	token := w.bearer(claims)
	first, _ := w.newPeer(micAndCamera, 0, 0)
	resource, _ := first.post("/whip/"+id, token)
	w.server.mu.Lock()
	r := w.server.resources[resource[strings.LastIndex(resource, "/")+1:]]
	w.server.mu.Unlock()
	w.eventually("the connection", func() bool { return r.media.connection() == sfu.Connected })
	r.media.ConnectionChanged(sfu.Disconnected)
	second, _ := w.newPeer(micAndCamera, 0, 0)
	second.post("/whip/"+id, token)
	player, _ := w.newPeer(nil, 1, 1)
	player.post("/whep/"+id, w.bearer(w.claims(id, meeting.RoleDisplay, "Màn hình")))
	player.flows("sound", &player.audio)

	// A person with the same seat takes it from the encoder.
	person := w.joinAs(claims)
	if p := person.welcome.Participants; len(p) != 2 || w.server.Stats().Media != 1 {
		t.Errorf("participants %+v, %d resources", p, w.server.Stats().Media)
	}
	third, _ := w.newPeer(micAndCamera, 0, 0)
	if response, _ := w.request(http.MethodPost, "/whip/"+id, token, third.pc.LocalDescription().SDP, "Content-Type", typeSDP); response.StatusCode != http.StatusConflict {
		t.Errorf("publishing on a person's seat: %s", response.Status)
	}
	w.restart()
	if back := person.resume(); len(back.welcome.Participants) != 1 {
		t.Errorf("after a restart: %+v", back.welcome.Participants)
	}
}
