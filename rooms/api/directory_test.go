package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"diemcau/rooms/accounts"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// province puts a small directory there, over REST.
func (w world) province() {
	w.t.Helper()
	for _, e := range [][2]string{
		{"levels/tinh", `{"name":"Tỉnh","order":1}`}, {"levels/huyen", `{"name":"Huyện","order":3}`}, {"levels/xa", `{"name":"Xã","order":4}`},
		{"units/tinh", `{"name":"UBND tỉnh","level":"tinh","protocol_order":1}`},
		{"units/so-y-te", `{"name":"Sở Y tế","level":"tinh","parent":"tinh","protocol_order":115}`},
		{"units/huyen-cam-ha", `{"name":"Huyện Cẩm Hà","level":"huyen","parent":"tinh","protocol_order":205,"valid_to":"2999-06-30"}`},
		{"units/xa-tan-dan", `{"name":"Xã Tân Dân","level":"xa","parent":"huyen-cam-ha","protocol_order":300}`},
		{"people/ct", `{"title":"Chủ tịch UBND tỉnh","unit":"tinh","protocol_order":1,"leader":true}`},
		{"halls/P1", `{"name":"Phòng họp P1","unit":"tinh","seats":120,"equipment":["Camera"],"protocol_order":1}`},
		{"halls/ht-cam-ha", `{"name":"Hội trường huyện Cẩm Hà","unit":"huyen-cam-ha","seats":60,"protocol_order":205}`},
		{"terminals/tb-P1", `{"name":"Thiết bị P1","hall":"P1"}`},
		{"groups/cac-huyen", `{"name":"Các huyện","units":["huyen-cam-ha"]}`},
	} {
		if a := w.ask("PUT", "/api/v1/directory/"+e[0], e[1]); a.status != 200 || a.header.Get("ETag") != `"1"` || a.body["id"] != e[0][strings.Index(e[0], "/")+1:] {
			w.t.Fatalf("%s: %d %s", e[0], a.status, a.raw)
		}
	}
}

func idsOf(a answer, list string) string {
	var out []string
	all, _ := a.body[list].([]any)
	for _, e := range all {
		out = append(out, e.(map[string]any)["id"].(string))
	}
	return strings.Join(out, " ")
}

func TestDirectory(t *testing.T) {
	w := newWorld(t)
	if a := w.ask("GET", "/api/v1/directory", ""); a.status != 200 || !strings.Contains(a.raw, `"units":[]`) || a.body["revision"] != 0.0 {
		t.Errorf("an empty one: %d %s", a.status, a.raw)
	}
	w.province()
	all := w.ask("GET", "/api/v1/directory", "")
	if idsOf(all, "units") != "tinh so-y-te huyen-cam-ha xa-tan-dan" || idsOf(all, "halls") != "P1 ht-cam-ha" || idsOf(all, "people") != "ct" || idsOf(all, "levels") != "tinh huyen xa" ||
		idsOf(all, "terminals") != "tb-P1" || idsOf(all, "groups") != "cac-huyen" || all.body["revision"] != 12.0 {
		t.Errorf("%s", all.raw)
	}
	if a := w.ask("GET", "/api/v1/directory?at=2999-07-01", ""); idsOf(a, "units") != "tinh so-y-te" || idsOf(a, "halls") != "P1" || !strings.Contains(a.raw, `"groups":[]`) {
		t.Errorf("after the districts: %s", a.raw)
	}
	if a := w.ask("GET", "/api/v1/directory?at=all", ""); idsOf(a, "units") != idsOf(all, "units") {
		t.Errorf("of all times: %s", a.raw)
	}
	hits := w.ask("GET", "/api/v1/directory/search?q=cam+ha", "")
	if idsOf(hits, "hits") != "huyen-cam-ha ht-cam-ha" || !strings.Contains(hits.raw, `{"kind":"hall","id":"ht-cam-ha","name":"Hội trường huyện Cẩm Hà","detail":"Huyện Cẩm Hà"}`) {
		t.Errorf("%s", hits.raw)
	}
	if a := w.ask("GET", "/api/v1/directory/search?q=cam+ha&at=2999-07-01", ""); idsOf(a, "hits") != "" {
		t.Errorf("%s", a.raw)
	}
	for _, path := range []string{"/directory?at=2025-02-31", "/directory?at=today", "/directory/search?limit=0", "/directory/search?limit=101", "/directory?from=x"} {
		if a := w.ask("GET", "/api/v1"+path, ""); a.status != 400 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
}

func TestDirectoryChanges(t *testing.T) {
	w := newWorld(t)
	w.province()
	unit := `{"id":"so-y-te","version":1,"name":"Sở Y tế tỉnh","level":"tinh","parent":"tinh","protocol_order":115}`
	for _, c := range []struct {
		match, body string
		want        string
	}{
		{"", unit, "412 stale_version"}, {"0", unit, "412 stale_version"}, {`"2"`, unit, "412 stale_version"}, {"x", unit, "412 stale_version"},
		{`"1"`, unit, "200 <nil>"}, {`"1"`, unit, "200 <nil>"}, // a repeat
		{`"2"`, strings.Replace(unit, `"parent":"tinh"`, `"parent":"so-y-te"`, 1), "422 cycle"},
		{"*", strings.Replace(unit, `"parent":"tinh"`, `"parent":"none"`, 1), "422 unknown_reference"},
		{"*", strings.Replace(unit, `"name"`, `"title"`, 1), "400 unknown_field"},
		{"*", strings.Replace(unit, `115`, `-1`, 1), "422 invalid_field"},
		{"*", strings.Replace(unit, `"protocol_order"`, `"valid_from":"2025-13-01","protocol_order"`, 1), "422 bad_date"},
		{"*", `{`, "400 bad_request"},
	} {
		a := w.ask("PUT", "/api/v1/directory/units/so-y-te", c.body, "If-Match", c.match)
		if fmt.Sprint(a.status, " ", a.body["code"]) != c.want {
			t.Errorf("If-Match %s, %s: %d %s, want %s", c.match, c.body, a.status, a.raw, c.want)
		}
		if a.status == 422 && a.body["field"] == nil {
			t.Errorf("no field: %s", a.raw)
		}
	}
	if a := w.ask("PUT", "/api/v1/directory/units/s%E1%BB%9F", unit); a.status != 422 || a.body["code"] != "bad_id" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("DELETE", "/api/v1/directory/levels/xa", ""); a.status != 409 || a.body["code"] != "in_use" || !strings.Contains(a.body["detail"].(string), "Xã Tân Dân") {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("DELETE", "/api/v1/directory/units/xa-tan-dan", "", "If-Match", `"7"`); a.status != 412 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, want := range []int{204, 404} {
		if a := w.ask("DELETE", "/api/v1/directory/units/xa-tan-dan", ""); a.status != want {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	if a := w.ask("GET", "/api/v1/audit?action=unit.&limit=1", ""); !strings.Contains(a.raw, `"unit.deleted"`) || !strings.Contains(a.raw, `"Xã Tân Dân"`) {
		t.Errorf("%s", a.raw)
	}
	storetest.Pause(t, w.store)
	if a := w.ask("GET", "/api/v1/directory", ""); a.status != 503 || a.header.Get("Retry-After") == "" {
		t.Errorf("with Redis away: %d %s", a.status, a.raw)
	}
}

// scoped makes an account with a role in one unit and signs it in.
func (w world) scoped(login string, role rights.Role, unit string) (cookies string) {
	w.t.Helper()
	d := accounts.Details{Login: login, Name: login, Grants: []rights.Grant{{Role: role, Unit: unit}}}
	if _, err := w.accounts.Create(w.t.Context(), d, password, accounts.By{}); err != nil {
		w.t.Fatal(err)
	}
	return w.signIn(login, password)
}

// A grant in a unit reaches all below it, and nothing above or beside it.
func TestAGrantReachesAllBelow(t *testing.T) {
	w := newWorld(t)
	w.province()
	district := w.scoped("huyen", rights.Administrator, "huyen-cam-ha")
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"units/huyen-cam-ha", `{"name":"Huyện Cẩm Hà mới","level":"huyen","parent":"tinh","protocol_order":205}`, 200},
		{"units/xa-tan-dan", `{"name":"Xã Tân Dân mới","level":"xa","parent":"huyen-cam-ha","protocol_order":300}`, 200},
		{"units/xa-moi", `{"name":"Xã mới","level":"xa","parent":"xa-tan-dan","protocol_order":301}`, 200},
		{"people/chu-tich", `{"title":"Chủ tịch xã","unit":"xa-tan-dan","protocol_order":300}`, 200},
		{"halls/ht-cam-ha", `{"name":"Hội trường","unit":"huyen-cam-ha","seats":1,"protocol_order":205}`, 200},
		{"terminals/tb-cam-ha", `{"name":"Thiết bị","hall":"ht-cam-ha"}`, 200},

		{"units/tinh", `{"name":"UBND","level":"tinh","protocol_order":1}`, 403},
		{"units/so-y-te", `{"name":"Sở","level":"tinh","parent":"tinh","protocol_order":115}`, 403},
		{"units/so-y-te", `{"name":"Sở Y tế","level":"tinh","parent":"huyen-cam-ha","protocol_order":115}`, 403},
		{"units/xa-tan-dan", `{"name":"Xã","level":"xa","parent":"so-y-te","protocol_order":300}`, 403},
		{"units/top", `{"name":"Trên cùng","level":"tinh","protocol_order":1}`, 403},
		{"people/ct", `{"title":"Chủ tịch","unit":"huyen-cam-ha","protocol_order":1}`, 403},
		{"halls/P1", `{"name":"P1","unit":"tinh","seats":1,"protocol_order":1}`, 403},
		{"terminals/tb-P1", `{"name":"x","hall":"ht-cam-ha"}`, 403},
		{"terminals/tb-cam-ha", `{"name":"x","hall":"P1"}`, 403},
		{"levels/xa", `{"name":"Xã","order":5}`, 403},
		{"groups/cac-huyen", `{"name":"Các huyện","units":["xa-tan-dan"]}`, 403},
	} {
		if a := w.as(district, "PUT", "/api/v1/directory/"+c.path, c.body, "If-Match", "*"); a.status != c.want {
			t.Errorf("%s %s: %d %s, want %d", c.path, c.body, a.status, a.raw, c.want)
		}
	}
	if a := w.as(district, "DELETE", "/api/v1/directory/terminals/tb-P1", ""); a.status != 403 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.as(district, "DELETE", "/api/v1/directory/terminals/tb-cam-ha", ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	// Every page reads the directory.
	for _, role := range rights.Roles() {
		if a := w.as(w.scoped("x-"+string(role), role, "xa-tan-dan"), "GET", "/api/v1/directory", ""); a.status != 200 {
			t.Errorf("%s of a commune: %d", role, a.status)
		}
	}
	operator := w.scoped("ky-thuat", rights.Operator, "")
	if a := w.as(operator, "PUT", "/api/v1/directory/terminals/tb-2", `{"name":"x","hall":"P1"}`); a.status != 200 {
		t.Errorf("an operator: %d %s", a.status, a.raw)
	}
	for _, c := range [][2]string{{"units/x", `{"name":"x","level":"xa","protocol_order":1}`}, {"halls/x", `{"name":"x","unit":"tinh","seats":1,"protocol_order":1}`}} {
		if a := w.as(operator, "PUT", "/api/v1/directory/"+c[0], c[1]); a.status != 403 {
			t.Errorf("an operator, %s: %d", c[0], a.status)
		}
	}
	for _, c := range [][2]string{{"GET", "/directory"}, {"GET", "/directory/search"}, {"PUT", "/directory/units/x"}, {"DELETE", "/directory/units/x"}} {
		if a := w.as("", c[0], "/api/v1"+c[1], ""); a.status != http.StatusUnauthorized {
			t.Errorf("nobody, %v: %d", c, a.status)
		}
	}
}

func TestMayIn(t *testing.T) {
	w := newWorld(t)
	w.province()
	s := &server{Config: Config{Directory: directory.New(w.store)}}
	of := func(unit string) context.Context {
		p := principal{account: accounts.Account{Details: accounts.Details{Grants: []rights.Grant{{Role: rights.Planner, Unit: unit}}}}}
		return context.WithValue(t.Context(), principalKey{}, p)
	}
	for _, c := range []struct {
		granted, unit string
		want          bool
	}{
		{"", "", true}, {"", "xa-tan-dan", true}, {"tinh", "xa-tan-dan", true}, {"huyen-cam-ha", "xa-tan-dan", true}, {"huyen-cam-ha", "huyen-cam-ha", true},
		{"xa-tan-dan", "huyen-cam-ha", false}, {"so-y-te", "xa-tan-dan", false}, {"tinh", "", false}, {"tinh", "none", false},
	} {
		if err := s.mayIn(of(c.granted), rights.Draft, c.unit); (err == nil) != c.want {
			t.Errorf("planner of %q in %q: %v", c.granted, c.unit, err)
		}
	}
	if err := s.mayIn(of("tinh"), rights.Approve, "so-y-te"); err == nil {
		t.Error("a planner approves")
	}
}

func TestAccountsOfPeople(t *testing.T) {
	w := newWorld(t)
	w.province()
	body := `{"login":"ct","name":"Chủ tịch","person":"ct","unit":"tinh","grants":[{"role":"leader","unit":"so-y-te"}]}`
	made := w.ask("POST", "/api/v1/accounts", body)
	if made.status != 201 || made.body["person"] != "ct" {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	for _, a := range []answer{
		w.ask("POST", "/api/v1/accounts", strings.NewReplacer(`"ct","name"`, `"x","name"`, `"person":"ct"`, `"person":"nobody"`).Replace(body)),
		w.ask("PUT", "/api/v1/accounts/"+made.body["id"].(string), strings.Replace(body, `"person":"ct"`, `"person":"nobody"`, 1)),
	} {
		if a.status != 422 || a.body["code"] != "unknown_person" || a.body["field"] != "person" {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	// Whom an account is of, and units that are granted something in, are not deleted.
	for _, path := range []string{"people/ct", "units/so-y-te"} {
		if a := w.ask("DELETE", "/api/v1/directory/"+path, ""); a.status != 409 || a.body["code"] != "in_use" || !strings.Contains(a.raw, "(ct)") {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
	if a := w.ask("PUT", "/api/v1/accounts/"+made.body["id"].(string), `{"login":"ct","name":"Chủ tịch","grants":[]}`); a.status != 200 || a.body["person"] != nil {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, path := range []string{"people/ct", "units/so-y-te"} {
		if a := w.ask("DELETE", "/api/v1/directory/"+path, ""); a.status != 204 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
}

// What a meeting has or will have is not deleted before it is over or called off.
func TestWhatMeetingsHaveIsNotDeleted(t *testing.T) {
	w := newWorld(t, func(c *Config, s *store.Store) {
		c.Calendar = calendar.NewWith(s, calendar.DefaultSettings(), c.Directory, c.Log)
	})
	w.province()
	made := w.ask("POST", "/api/v1/meetings", planJSON(`"state":"draft"`, `"chair":{"person":"ct","name":"x"}`, `"sites":[{"unit_id":"xa-tan-dan","name":"x","protocol_order":1}]`,
		`"halls":[{"id":"P1","name":"x"}]`, `"resources":[{"kind":"terminal","id":"tb-P1"}]`))
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	paths := []string{"terminals/tb-P1", "halls/P1", "people/ct", "units/xa-tan-dan"}
	for _, path := range paths {
		if a := w.ask("DELETE", "/api/v1/directory/"+path, ""); a.status != 409 || a.body["code"] != "in_use" || path != "halls/P1" && !strings.Contains(a.raw, "(Họp, ") {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
	// Also who is invited or prepares it, though nobody else is kept from having them.
	a := w.ask("PUT", "/api/v1/directory/people/gd", `{"title":"Giám đốc Sở Y tế","unit":"huyen-cam-ha","protocol_order":9}`)
	b := w.ask("POST", "/api/v1/meetings", planJSON(`"state":"draft"`, `"preparing_unit":"so-y-te"`, `"delegates":[{"person":"gd","name":"x"}]`))
	if a.status != 200 || b.status != 201 {
		t.Fatalf("%s %s", a.raw, b.raw)
	}
	for _, path := range []string{"people/gd", "units/so-y-te"} {
		if a := w.ask("DELETE", "/api/v1/directory/"+path, ""); a.status != 409 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
	// Whose it is, is not told to those who may not know of it.
	stranger := w.scoped("huyen", rights.Administrator, "huyen-cam-ha")
	if a := w.as(stranger, "DELETE", "/api/v1/directory/units/xa-tan-dan", ""); a.status != 409 || strings.Contains(a.raw, "Họp") {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("POST", "/api/v1/meetings/"+made.body["id"].(string)+"/cancel", `{"reason":"Hoãn"}`); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	for _, path := range paths {
		if a := w.ask("DELETE", "/api/v1/directory/"+path, ""); a.status != 204 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
		}
	}
}

// A meeting that was planned under the districts keeps the names that it was held under.
func TestAMeetingKeepsItsNames(t *testing.T) {
	w := newWorld(t, func(c *Config, s *store.Store) {
		c.Calendar = calendar.NewWith(s, calendar.DefaultSettings(), c.Directory, c.Log)
	})
	w.province()
	made := w.ask("POST", "/api/v1/meetings", planJSON(`"chair":{"person":"ct","name":"x"}`, `"sites":[{"unit_id":"huyen-cam-ha","name":"x","protocol_order":1}]`, `"halls":[{"id":"P1","name":"x"}]`))
	if made.status != 201 {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	file := "Mã,Tên đơn vị,Hiệu lực đến hết ngày,Cấp,Trực thuộc,Thứ tự lễ tân,Hiệu lực từ ngày,Đơn vị tiền thân\n" +
		"huyen-cam-ha,Huyện Cẩm Hà (cũ),2025-06-30,huyen,tinh,205,,\nxa-cam-ha,Xã Cẩm Hà,,xa,tinh,301,2025-07-01,huyen-cam-ha; xa-tan-dan\n"
	seen := w.ask("POST", "/api/v1/directory/imports?kind=units", file, "Content-Type", "text/csv")
	if a := w.ask("POST", fmt.Sprintf("/api/v1/directory/imports/%s/apply", seen.body["id"]), ""); a.status != 200 {
		t.Fatalf("%d %s, %s", a.status, a.raw, seen.raw)
	}
	if a := w.ask("GET", "/api/v1/directory", ""); idsOf(a, "units") != "tinh so-y-te xa-cam-ha" {
		t.Errorf("%s", a.raw)
	}
	kept := w.ask("GET", "/api/v1/meetings/"+made.body["id"].(string), "")
	if !strings.Contains(kept.raw, `"name":"Huyện Cẩm Hà"`) || !strings.Contains(kept.raw, `"name":"Chủ tịch UBND tỉnh"`) || strings.Contains(kept.raw, "(cũ)") {
		t.Errorf("%s", kept.raw)
	}
}
