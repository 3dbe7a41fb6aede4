package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/accounts"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/rights"
)

// Who presides comes first, then who is invited in person, then the unit; who may run the meeting assists.
func TestSeats(t *testing.T) {
	m := calendar.Meeting{Plan: calendar.Plan{
		Chair: calendar.Person{ID: "ct", Name: "Chủ tịch"}, CoChairs: []calendar.Person{{ID: "pct", Name: "Phó Chủ tịch"}}, Secretary: calendar.Person{ID: "tk", Name: "Thư ký"},
		Delegates: []calendar.Delegate{{Person: "gd", UnitID: "so-y-te", Name: "Giám đốc Sở Y tế"}, {UnitID: "so-noi-vu", Name: "Sở Nội vụ"}},
		Sites:     []calendar.Site{{Name: "Không có mã"}, {UnitID: "an-lac", Name: "Huyện An Lạc", ProtocolOrder: 204}},
	}}
	for _, tc := range []struct {
		person, unit string
		runs         bool
		want         meeting.Role
		name         string
	}{
		{"ct", "an-lac", true, meeting.RoleChair, "Chủ tịch"}, {"pct", "", false, meeting.RoleCoChair, "Phó Chủ tịch"}, {"tk", "", false, meeting.RoleSecretary, "Thư ký"},
		{"gd", "so-y-te", false, meeting.RoleDelegate, "Giám đốc Sở Y tế"}, {"", "so-noi-vu", false, meeting.RoleDelegate, "Sở Nội vụ"},
		{"x", "an-lac", false, meeting.RoleSite, "Huyện An Lạc"}, {"", "", true, meeting.RoleSecretary, "Tên"},
		{"", "", false, "", ""}, {"x", "so-y-te", false, "", ""}, // its director is invited, not the unit
	} {
		c, ok := seatIn(m, accounts.Account{Details: accounts.Details{Name: "Tên", Person: tc.person, Unit: tc.unit}}, tc.runs)
		if ok != (tc.want != "") || c.Role != tc.want || c.Name != tc.name {
			t.Errorf("%s of %s: %+v", tc.person, tc.unit, c)
		}
	}
}

func TestJoining(t *testing.T) {
	w := newWorld(t)
	invited, stranger, auditor := w.in("an-lac", "lan", rights.Delegate), w.in("van-son", "binh", rights.Delegate), w.in("an-lac", "kt", rights.Auditor)
	site := `"sites":[{"unit_id":"an-lac","name":"Huyện An Lạc","protocol_order":204}]`
	id := w.ask("POST", "/api/v1/meetings", planJSON(site)).body["id"].(string)
	path := "/api/v1/meetings/" + id + "/join"
	a := w.as(invited, "POST", path, "")
	if a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	c, err := w.access.Invitation(a.body["invitation"].(string))
	if err != nil || c.Meeting != id || c.Role != meeting.RoleSite || c.Name != "Huyện An Lạc" || c.ProtocolOrder != 204 {
		t.Errorf("%+v %v", c, err)
	}
	if again, err := w.access.Invitation(w.as(invited, "POST", path, "").body["invitation"].(string)); err != nil || again.Seat != c.Seat {
		t.Errorf("a second time it is another seat: %+v %v", again, err)
	}
	if a := w.ask("POST", "/api/v1/tickets", fmt.Sprintf(`{"invitation":%q}`, a.body["invitation"])); a.status != 201 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	draft := w.ask("POST", "/api/v1/meetings", planJSON(`"state":"draft"`)).body["id"].(string)
	later := time.Now().Add(48 * time.Hour)
	future := w.ask("POST", "/api/v1/meetings", planJSON(site, fmt.Sprintf(`"start":%q`, later.Format(time.RFC3339)), fmt.Sprintf(`"end":%q`, later.Add(time.Hour).Format(time.RFC3339)))).body["id"].(string)
	// Who has a seat is told so, before it can be taken too.
	for _, tc := range []struct {
		who, id string
		want    bool
	}{{invited, id, true}, {invited, future, true}, {stranger, id, false}, {auditor, id, false}} {
		a := w.as(tc.who, "GET", "/api/v1/meetings/"+tc.id, "")
		if told := slices.Contains(a.body["actions"].([]any), any("join")); a.status != 200 || told != tc.want {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	if a := w.ask("GET", "/api/v1/meetings/"+id, ""); strings.Contains(a.raw, `"join"`) {
		t.Errorf("by the administrator's token: %s", a.raw)
	}
	for _, tc := range []struct{ who, id, want string }{
		{stranger, id, "403 not_invited"}, {auditor, id, "403 forbidden"}, {invited, draft, "404 not_found"}, {invited, "none", "404 not_found"},
		{invited, future, "409 meeting_not_open"}, {"", id, "401 unauthorized"},
	} {
		if a := w.as(tc.who, "POST", "/api/v1/meetings/"+tc.id+"/join", ""); fmt.Sprint(a.status, " ", a.body["code"]) != tc.want {
			t.Errorf("%d %s, not %s", a.status, a.raw, tc.want)
		}
	}
	if a := w.ask("POST", path, ""); a.status != 403 {
		t.Errorf("by the administrator's token: %d %s", a.status, a.raw)
	}
}
