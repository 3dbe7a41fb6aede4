package signaling

import (
	"crypto/hmac"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"diemcau/rooms/meeting"
	"diemcau/sfu/relay"
)

// relaying has a TURN server beside the server, until the end of the test.
func relaying(t *testing.T) *relay.Server {
	t.Helper()
	r, err := relay.New(relay.Config{Listen: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// Everybody is told of the TURN server at the host that it has reached this one under, with a credential of its own.
func TestTheRelayIsTold(t *testing.T) {
	r := relaying(t)
	w := newWorld(t, func(w *world) { w.config.Relay = r })
	id := w.plan(meeting.SpeakingOpen)
	one, other := w.join(id, meeting.RoleSite, "Xã An Bình"), w.join(id, meeting.RoleSite, "Xã Cẩm Hà")
	want := fmt.Sprint(r.URLs("127.0.0.1"))
	for _, c := range []*client{one, other, one.resume()} {
		servers := c.welcome.ICEServers
		if len(servers) != 1 || fmt.Sprint(servers[0].URLs) != want || !strings.HasSuffix(servers[0].Username, ":"+c.id()) {
			t.Errorf("%+v, want %s for %s", servers, want, c.id())
		}
	}
	if hmac.Equal([]byte(one.welcome.ICEServers[0].Credential), []byte(other.welcome.ICEServers[0].Credential)) {
		t.Error("two have one credential")
	}
	if credential := one.welcome.ICEServers[0].Credential; strings.Contains(w.logs.String(), credential) {
		t.Error("a credential is in the log")
	}
}

// A link test is told of it as the seat's own client will be.
func TestTheRelayIsTestedToo(t *testing.T) {
	r := relaying(t)
	w := newWorld(t, func(w *world) { w.config.Relay = r })
	claims := w.claims(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "Xã An Bình")
	var answers linkTestAnswers
	w.postJSON("/linktest", w.invite(claims), w.newTester().offers, &answers)
	servers := answers.ICEServers
	if len(servers) != 1 || fmt.Sprint(servers[0].URLs) != fmt.Sprint(r.URLs("127.0.0.1")) || !strings.HasSuffix(servers[0].Username, ":"+claims.Seat) || servers[0].Credential == "" {
		t.Errorf("%+v", servers)
	}
}

func TestTheRelayIsLinked(t *testing.T) {
	r := relaying(t)
	w := newWorld(t, func(w *world) { w.config.Relay = r })
	id := w.plan(meeting.SpeakingOpen)
	encoder, _ := w.newPeer(micAndCamera, 0, 0)
	response, _ := w.request(http.MethodPost, "/whip/"+id+"?name=A", w.manySeats(id, meeting.RoleSite), encoder.pc.LocalDescription().SDP, "Content-Type", typeSDP)
	links := response.Header.Values("Link")
	urls := r.URLs("127.0.0.1")
	if len(links) != len(urls) {
		t.Fatalf("%d: %q", response.StatusCode, links)
	}
	for i, link := range links {
		for _, want := range []string{"<" + urls[i] + ">; ", `rel="ice-server"; username="`, `"; credential="`, `"; credential-type="password"`} {
			if !strings.Contains(link, want) {
				t.Errorf("%s lacks %s", link, want)
			}
		}
	}
}

func TestHosts(t *testing.T) {
	for given, want := range map[string]string{
		"hop.minhgiang.example:8443": "hop.minhgiang.example", "hop.minhgiang.example": "hop.minhgiang.example", "10.1.0.5": "10.1.0.5",
		"10.1.0.5:443": "10.1.0.5", "[2001:db8::7]:443": "2001:db8::7", "[2001:db8::7]": "2001:db8::7", "[fe80::1%eth0]:443": "fe80::1", "": "",
		"a b": "", "evil\">;": "", "a,b": "", "x?y:1": "", strings.Repeat("a", 254): "",
	} {
		if got := hostOf(&http.Request{Host: given}); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
}
