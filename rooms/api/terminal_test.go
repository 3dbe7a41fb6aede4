package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
)

// pairTerminal pairs a device with the terminal of P1, and gives its cookie.
func (w world) pairTerminal() (cookie string) {
	w.t.Helper()
	code := w.ask("POST", "/api/v1/terminals/tb-P1/code", "")
	if code.status != 201 || code.body["expires"] == nil {
		w.t.Fatalf("%d %s", code.status, code.raw)
	}
	typed := code.body["code"].(string)
	a := w.as("", "POST", "/api/v1/terminal/pair", fmt.Sprintf(`{"code":"%s %s"}`, typed[:3], typed[3:]))
	cookies := (&http.Response{Header: a.header}).Cookies()
	if a.status != 200 || len(cookies) != 1 {
		w.t.Fatalf("%d %s", a.status, a.raw)
	}
	return cookies[0].Name + "=" + cookies[0].Value
}

// booked plans a meeting in some resources, from a time on.
func (w world) booked(subject string, start time.Time, resources string) (id string) {
	w.t.Helper()
	a := w.ask("POST", "/api/v1/meetings", planJSON(fmt.Sprintf(`"subject":%q`, subject), fmt.Sprintf(`"start":%q`, start.Format(time.RFC3339)),
		fmt.Sprintf(`"end":%q`, start.Add(time.Hour).Format(time.RFC3339)), `"resources":`+resources))
	if a.status != 201 {
		w.t.Fatalf("%d %s", a.status, a.raw)
	}
	return a.body["id"].(string)
}

func TestTerminals(t *testing.T) {
	w := newWorld(t)
	w.province()
	now := time.Now()
	hall := `[{"kind":"hall","id":"P1"}]`
	soon := w.booked("Giao ban", now.Add(time.Minute), hall)
	later := w.booked("Chuyên đề", now.Add(24*time.Hour), `[{"kind":"terminal","id":"tb-P1"}]`)
	bySite := w.ask("POST", "/api/v1/meetings", planJSON(`"subject":"Điểm cầu"`, fmt.Sprintf(`"start":%q`, now.Add(25*time.Hour).Format(time.RFC3339)),
		fmt.Sprintf(`"end":%q`, now.Add(26*time.Hour).Format(time.RFC3339)), `"sites":[{"unit_id":"tinh","name":"UBND tỉnh","protocol_order":1}]`)).body["id"].(string)
	other := w.booked("Nơi khác", now, `[{"kind":"hall","id":"ht-cam-ha"}]`)
	off := w.booked("Đã hủy", now.Add(2*time.Hour), hall)
	if a := w.ask("POST", "/api/v1/meetings/"+off+"/cancel", `{"reason":"hoãn"}`); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	w.booked("Tháng sau", now.Add(30*24*time.Hour), hall)
	cookie := w.pairTerminal()
	home := w.as(cookie, "GET", "/api/v1/terminal", "")
	if home.status != 200 || idsOf(home, "meetings") != soon+" "+later+" "+bySite || home.body["hall"].(map[string]any)["name"] != "Phòng họp P1" || home.body["terminal"].(map[string]any)["id"] != "tb-P1" {
		t.Errorf("%d %s", home.status, home.raw)
	}
	c := (&http.Response{Header: home.header}).Cookies()
	if len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || c[0].MaxAge != 400*24*60*60 || c[0].Name+"="+c[0].Value != cookie {
		t.Errorf("its cookie is not renewed: %v", c)
	}
	// After a power cut the hall has the seat that it had.
	seats := map[string]bool{}
	for range 2 {
		a := w.as(cookie, "POST", "/api/v1/terminal/join", fmt.Sprintf(`{"meeting":%q}`, soon))
		claims, err := w.access.Invitation(fmt.Sprint(a.body["invitation"]))
		if a.status != 200 || err != nil || claims.Name != "Phòng họp P1" || claims.Role != "site" || claims.Meeting != soon {
			t.Fatalf("%d %s: %+v %v", a.status, a.raw, claims, err)
		}
		seats[claims.Seat] = true
		if ticket := w.ask("POST", "/api/v1/tickets", fmt.Sprintf(`{"invitation":%q}`, a.body["invitation"]), "Authorization", ""); ticket.status != 201 {
			t.Errorf("%d %s", ticket.status, ticket.raw)
		}
	}
	if len(seats) != 1 {
		t.Errorf("seats %v", seats)
	}
	for id, want := range map[string]string{later: "409 meeting_not_open", off: "409 meeting_closed", other: "404 not_found", "none": "404 not_found"} {
		if a := w.as(cookie, "POST", "/api/v1/terminal/join", fmt.Sprintf(`{"meeting":%q}`, id)); fmt.Sprint(a.status, " ", a.body["code"]) != want {
			t.Errorf("%d %s, want %s", a.status, a.raw, want)
		}
	}
	list := w.ask("GET", "/api/v1/directory", "")
	if !strings.Contains(list.raw, `"paired":true,"paired_at":`) || !strings.Contains(list.raw, `"seen_at":`) {
		t.Errorf("%s", list.raw)
	}
	// A device is nobody who is signed in, and who is signed in is no device.
	if a := w.as(cookie, "GET", "/api/v1/directory", ""); a.status != 401 {
		t.Errorf("%d", a.status)
	}
	_, lan := w.account("lan", rights.Administrator)
	for _, cookies := range []string{"", lan, "diemcau_terminal=x", "diemcau_terminal=tb-P1~x"} {
		if a := w.as(cookies, "GET", "/api/v1/terminal", ""); a.status != 401 || a.body["code"] != "terminal_unpaired" {
			t.Errorf("%s: %d %s", cookies, a.status, a.raw)
		}
	}
	if a := w.ask("DELETE", "/api/v1/terminals/tb-P1/credential", ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, path := range []string{"GET /api/v1/terminal", "POST /api/v1/terminal/join"} {
		method, path, _ := strings.Cut(path, " ")
		if a := w.as(cookie, method, path, `{"meeting":"x"}`); a.status != 401 {
			t.Errorf("after it was revoked, %s: %d %s", path, a.status, a.raw)
		}
	}
}

// The minutes before the start are the office's: for terminals, invited people and links alike.
func TestWhenAMeetingOpens(t *testing.T) {
	office := calendar.DefaultSettings()
	office.JoinBefore = 45 * time.Minute
	w := newWorld(t, func(c *Config, s *store.Store) { c.Calendar = calendar.NewWith(s, office, nil, c.Log) })
	w.province()
	start := time.Now().Add(40 * time.Minute).Truncate(time.Second)
	id := w.booked("Giao ban", start, `[{"kind":"hall","id":"P1"}]`)
	closed := w.booked("Giao ban", start.Add(2*time.Hour), `[{"kind":"hall","id":"P1"}]`)
	opens, cookie := start.Add(-45*time.Minute).UTC().Format(time.RFC3339), w.pairTerminal()
	if a := w.as(cookie, "GET", "/api/v1/terminal", ""); !strings.Contains(a.raw, `"join_at":"`+opens) {
		t.Errorf("%s", a.raw)
	}
	if a := w.ask("GET", "/api/v1/calendar/settings", ""); a.body["join_before_minutes"] != 45.0 {
		t.Errorf("%s", a.raw)
	}
	secretary := w.scoped("tk", rights.Secretary, "")
	for id, want := range map[string]int{id: 200, closed: 409} {
		invitation := fmt.Sprintf(`{"invitation":%q}`, w.ask("POST", "/api/v1/meetings/"+id+"/invitations", `{"name":"x","role":"site"}`).body["token"])
		read := w.ask("POST", "/api/v1/invitation", invitation).body["meeting"].(map[string]any)
		if read["admits"] != (want == 200) || want == 200 && read["opens_at"] != opens {
			t.Errorf("%v", read)
		}
		for _, a := range []answer{
			w.as(cookie, "POST", "/api/v1/terminal/join", fmt.Sprintf(`{"meeting":%q}`, id)), w.as(secretary, "POST", "/api/v1/meetings/"+id+"/join", ""),
			w.ask("POST", "/api/v1/tickets", invitation),
		} {
			if a.status != want && !(want == 200 && a.status == 201) {
				t.Errorf("%d %s", a.status, a.raw)
			}
		}
	}
}

func TestTerminalsAreManagedWhereOneMay(t *testing.T) {
	w := newWorld(t)
	w.province()
	district := w.scoped("truc", rights.Operator, "huyen-cam-ha")
	w.ask("PUT", "/api/v1/directory/terminals/tb-cam-ha", `{"name":"Thiết bị","hall":"ht-cam-ha"}`)
	planner := w.scoped("cv", rights.Planner, "")
	for _, c := range []struct {
		cookies, method, path string
		want                  int
	}{
		{district, "POST", "tb-cam-ha/code", 201}, {district, "POST", "tb-P1/code", 403}, {district, "POST", "none/code", 403}, {planner, "POST", "tb-P1/code", 403},
		{district, "DELETE", "tb-cam-ha/credential", 204}, {district, "DELETE", "tb-cam-ha/credential", 404}, {district, "DELETE", "tb-P1/credential", 403}, {"", "POST", "tb-P1/code", 401},
	} {
		if a := w.as(c.cookies, c.method, "/api/v1/terminals/"+c.path, ""); a.status != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, a.status, a.raw, c.want)
		}
	}
	if a := w.ask("POST", "/api/v1/terminals/none/code", ""); a.status != 404 {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

// Whoever guesses codes has to wait, and the code that is right does not help before that.
func TestGuessingCodesIsSlow(t *testing.T) {
	w := newWorld(t)
	w.province()
	right := w.ask("POST", "/api/v1/terminals/tb-P1/code", "").body["code"].(string)
	for i := range 5 {
		if a := w.as("", "POST", "/api/v1/terminal/pair", fmt.Sprintf(`{"code":"x%d"}`, i)); a.status != 403 || a.body["code"] != "code_invalid" || a.header.Get("Set-Cookie") != "" {
			t.Fatalf("%d %s", a.status, a.raw)
		}
	}
	if a := w.as("", "POST", "/api/v1/terminal/pair", fmt.Sprintf(`{"code":%q}`, right)); a.status != 429 || a.header.Get("Retry-After") == "" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if strings.Contains(w.log.String(), right) {
		t.Error("the code is in the log")
	}
}

func TestTheTerminalsCookieOverHTTPS(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *store.Store) { c.Secure = true })
	w.province()
	if cookie := w.pairTerminal(); !strings.HasPrefix(cookie, "__Host-diemcau_terminal=") || w.as(cookie, "GET", "/api/v1/terminal", "").status != 200 {
		t.Error(cookie)
	}
}

func TestTheSiteOfATerminal(t *testing.T) {
	p := paired{terminal: directory.Terminal{ID: "tb"}, hall: directory.Hall{ID: "h", Name: "Hội trường", Unit: "u", ProtocolOrder: 9}}
	for name, c := range map[string]struct {
		plan calendar.Plan
		want string
		unit bool // named by its unit only
	}{
		"another's":                      {calendar.Plan{Sites: []calendar.Site{{Name: "x", UnitID: "v"}, {Name: "y"}}}, "", false},
		"its hall":                       {calendar.Plan{Sites: []calendar.Site{{Name: "x"}, {Name: "mine", Hall: "h"}}}, "mine", false},
		"its own":                        {calendar.Plan{Sites: []calendar.Site{{Name: "mine", Hall: "other", Terminal: "tb"}}}, "mine", false},
		"the unit's":                     {calendar.Plan{Sites: []calendar.Site{{Name: "mine", UnitID: "u"}}}, "mine", true},
		"the unit's, in another hall":    {calendar.Plan{Sites: []calendar.Site{{Name: "x", UnitID: "u", Hall: "other"}}}, "", false},
		"its own, after the unit's":      {calendar.Plan{Sites: []calendar.Site{{Name: "x", UnitID: "u"}, {Name: "mine", UnitID: "u", Hall: "h"}}}, "mine", false},
		"its hall, by another terminal":  {calendar.Plan{Sites: []calendar.Site{{Name: "x", UnitID: "u", Hall: "h", Terminal: "other"}}}, "", false},
		"the hall where it is held":      {calendar.Plan{Halls: []calendar.Venue{{ID: "h"}}}, "Hội trường", false},
		"the hall that it holds besides": {calendar.Plan{Resources: []calendar.Resource{{Kind: calendar.Hall, ID: "h"}}}, "Hội trường", false},
	} {
		at, ok := p.placeIn(calendar.Meeting{Plan: c.plan})
		if ok != (c.want != "") || ok && (at.site.Name != c.want || at.own == c.unit) {
			t.Errorf("%s: %+v %v", name, at, ok)
		}
	}
}

// A terminal is told which meeting is its hall's own, which it joins by itself, and which have taken its place in another.
func TestWhatATerminalIsToldOfItsMeetings(t *testing.T) {
	w := newWorld(t)
	w.province()
	start := time.Now().Add(time.Hour)
	span := func(after time.Duration) string {
		return fmt.Sprintf(`"start":%q,"end":%q`, start.Add(after).Format(time.RFC3339), start.Add(after+time.Hour).Format(time.RFC3339))
	}
	plan := func(query string, fields ...string) string {
		w.t.Helper()
		a := w.ask("POST", "/api/v1/meetings"+query, `{"subject":"Họp","chair":{"name":"CT"},`+strings.Join(fields, ",")+"}")
		if a.status != 201 {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		return a.body["id"].(string)
	}
	site := `"sites":[{"unit_id":"tinh","name":"UBND tỉnh","protocol_order":1}]`
	training := plan("", span(0), site, `"type":"training"`)
	urgent := plan("?pre_empt=true", span(0), site, `"type":"urgent"`)
	seated := plan("", span(2*time.Hour), `"halls":[{"id":"P1","name":"P1"}]`, `"format":"in_person"`)
	told := map[string]map[string]any{}
	for _, m := range w.as(w.pairTerminal(), "GET", "/api/v1/terminal", "").body["meetings"].([]any) {
		m := m.(map[string]any)
		told[m["id"].(string)] = m
	}
	for id, want := range map[string]string{training: fmt.Sprint("true false [", urgent, "]"), urgent: "true false <nil>", seated: "false true <nil>"} {
		if m := told[id]; fmt.Sprint(m["joins"], " ", m["own"], " ", m["gives_way_to"]) != want {
			t.Errorf("%v, not %s", m, want)
		}
	}
}
