package api

import (
	"fmt"
	"strings"
	"testing"

	"diemcau/rooms/accounts"
	"diemcau/rooms/rights"
)

// in makes an account with a role in a unit and signs it in.
func (w world) in(unit, login string, role rights.Role) (cookies string) {
	w.t.Helper()
	d := accounts.Details{Login: login, Name: "Chuyên viên " + login, Unit: unit, Grants: []rights.Grant{{Role: role, Unit: unit}}}
	if _, err := w.accounts.Create(w.t.Context(), d, password, accounts.By{}); err != nil {
		w.t.Fatal(err)
	}
	return w.signIn(login, password)
}

func list(t *testing.T, a answer) []map[string]any {
	t.Helper()
	for _, v := range a.body {
		if rows, ok := v.([]any); ok {
			out := []map[string]any{}
			for _, r := range rows {
				out = append(out, r.(map[string]any))
			}
			return out
		}
	}
	t.Fatalf("no list: %d %s", a.status, a.raw)
	return nil
}

// The planner of a unit drafts and submits, the approver approves, the clerk issues; nobody does what his role may not, and each is told what he may.
func TestPlanningByRights(t *testing.T) {
	w := newWorld(t)
	planner := w.in("so-y-te", "lan", rights.Planner)
	_, approver := w.account("hung", rights.Approver)
	_, clerk := w.account("mai", rights.Clerk)
	draft := planJSON(`"state":"draft"`, `"preparing_unit":"so-y-te"`, `"halls":[{"id":"P1","name":"Phòng họp P1"}]`)
	made := w.as(planner, "POST", "/api/v1/meetings", draft)
	if made.status != 201 || made.body["state"] != "draft" || fmt.Sprint(made.body["actions"]) != "[change submit cancel]" {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	path := "/api/v1/meetings/" + made.body["id"].(string)
	for _, body := range []string{planJSON(`"state":"draft"`), planJSON(`"state":"draft"`, `"preparing_unit":"so-noi-vu"`), planJSON(`"preparing_unit":"so-y-te"`)} {
		if a := w.as(planner, "POST", "/api/v1/meetings", body); a.status != 403 || a.body["code"] != "forbidden" {
			t.Errorf("%s: %d %s", body, a.status, a.raw)
		}
	}
	for _, step := range []struct {
		cookies, action, body string
		status                int
		want                  string // state or code
		may                   string
	}{
		{planner, "approve", "{}", 409, "wrong_state", ""},
		{planner, "submit", "{}", 200, "submitted", "[cancel]"},
		{planner, "approve", "{}", 403, "forbidden", ""},
		{clerk, "approve", "{}", 403, "forbidden", ""},
		{approver, "return", "{}", 422, "required", ""},
		{approver, "return", `{"reason":"Thiếu tài liệu"}`, 200, "returned", "[]"},
		{planner, "submit", "{}", 200, "submitted", "[cancel]"},
		{approver, "approve", "{}", 200, "approved", "[change issue postpone reschedule cancel]"},
		{planner, "issue", "{}", 403, "forbidden", ""},
		{clerk, "issue", "{}", 200, "issued", "[]"},
		{planner, "reschedule", `{"reason":"x"}`, 403, "forbidden", ""},
		{approver, "reschedule", `{"reason":"Dời"}`, 422, "required", ""},
		{approver, "postpone", `{"reason":"Bão"}`, 200, "postponed", "[change reschedule cancel]"},
		{approver, "reschedule", `{"reason":"Hết bão","start":"2027-02-01T08:00:00+07:00","end":"2027-02-01T09:00:00+07:00"}`, 200, "approved", "[change issue postpone reschedule cancel]"},
		{approver, "conclude", "{}", 409, "wrong_state", ""},
	} {
		a := w.as(step.cookies, "POST", path+"/"+step.action, step.body)
		got := a.body["state"]
		if step.status >= 400 {
			got = a.body["code"]
		}
		if a.status != step.status || got != step.want || step.may != "" && fmt.Sprint(a.body["actions"]) != step.may {
			t.Errorf("%s: %d %s", step.action, a.status, a.raw)
		}
	}
	if a := w.as(approver, "POST", path+"/issue", "{}", "If-Match", `"2"`); a.status != 412 {
		t.Errorf("an action on an old version: %d %s", a.status, a.raw)
	}
	history := list(t, w.as(planner, "GET", path+"/history", ""))
	if len(history) != 8 || history[2]["action"] != "returned" || history[2]["actor_name"] != "Chuyên viên hung" || history[7]["revision"] != 2.0 {
		t.Errorf("%v", history)
	}
	_, auditor := w.account("kt", rights.Auditor)
	log := w.as(auditor, "GET", "/api/v1/audit?action=meeting.&actor=hung", "")
	if !strings.Contains(log.raw, `"login":"hung","name":"Chuyên viên hung","address":"127.0.0.1"},"action":"meeting.returned","object":"`) || strings.Contains(log.raw, "meeting.created") {
		t.Errorf("%s", log.raw)
	}
	if file := w.as(auditor, "GET", "/api/v1/audit.csv?action=meeting.submitted", ""); strings.Count(file.raw, ",lan,Chuyên viên lan,127.0.0.1,Trình duyệt,meeting.submitted,") != 2 {
		t.Errorf("%s", file.raw)
	}
}

// A draft does not exist for those who only see the calendar, whatever they ask of it; and lists leave it out.
func TestDraftsAreSeenByThoseWhoPlan(t *testing.T) {
	w := newWorld(t)
	planner, other := w.in("so-y-te", "lan", rights.Planner), w.in("so-noi-vu", "binh", rights.Planner)
	_, leader := w.account("ct", rights.Leader)
	_, auditor := w.account("kt", rights.Auditor)
	draft := w.as(planner, "POST", "/api/v1/meetings", planJSON(`"state":"draft"`, `"preparing_unit":"so-y-te"`)).body["id"].(string)
	issued := w.ask("POST", "/api/v1/meetings", planJSON(`"subject":"Chuyển đổi số"`)).body["id"].(string)
	none := w.as(leader, "GET", "/api/v1/meetings/none", "")
	delete(none.body, "request_id")
	for _, who := range []string{leader, other, auditor} {
		for _, c := range [][3]string{
			{"GET", "", ""}, {"GET", "/history", ""}, {"PUT", "", planJSON()}, {"POST", "/submit", "{}"}, {"POST", "/conclude", "{}"}, {"POST", "/cancel", `{"reason":"x"}`},
		} {
			a := w.as(who, c[0], "/api/v1/meetings/"+draft+c[1], c[2])
			delete(a.body, "request_id")
			if fmt.Sprint(a.body) != fmt.Sprint(none.body) {
				t.Errorf("%s %s: %d %s", c[0], c[1], a.status, a.raw)
			}
		}
		if a := w.as(who, "GET", "/api/v1/meetings/"+issued, ""); a.status != 200 || fmt.Sprint(a.body["actions"]) != "[]" {
			t.Errorf("an issued meeting: %d %s", a.status, a.raw)
		}
		if rows := list(t, w.as(who, "GET", "/api/v1/meetings", "")); len(rows) != 1 || rows[0]["id"] != issued {
			t.Errorf("%v", rows)
		}
	}
	for query, want := range map[string]int{
		"": 2, "?state=draft": 1, "?state=draft,issued": 2, "?q=chuyen+DOI": 1, "?q=khong+co": 0, "?mine=true": 1, "?to=2020-01-01T00:00:00Z": 0,
		"?from=2020-01-01T00:00:00Z&to=2037-01-01T00:00:00Z": 2, "?limit=1": 1,
	} {
		if a := w.as(planner, "GET", "/api/v1/meetings"+query, ""); a.status != 200 || len(list(t, a)) != want {
			t.Errorf("%s: %d %s", query, a.status, a.raw)
		}
	}
	if a := w.as(planner, "GET", "/api/v1/meetings?state=lost", ""); a.status != 400 || a.body["field"] != "state" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, kind := range []string{"invitations", "tokens"} {
		if a := w.as(planner, "POST", "/api/v1/meetings/"+issued+"/"+kind, `{"name":"x","role":"site"}`); a.status != 403 {
			t.Errorf("%s by a planner: %d %s", kind, a.status, a.raw)
		}
	}
}

// What a plan says comes back as it was sent, with the defaults filled in.
func TestPlansComeBack(t *testing.T) {
	w := newWorld(t)
	sent := []string{
		`"type":"urgent"`, `"format":"online"`, `"chair":{"person":"ct","name":"Chủ tịch UBND tỉnh","unit":"UBND tỉnh"}`, `"co_chairs":[{"person":"pct","name":"Phó Chủ tịch"}]`,
		`"secretary":{"name":"Thư ký"}`, `"halls":[{"id":"P1","name":"Phòng họp P1"}]`,
		`"sites":[{"unit_id":"an-lac","name":"Huyện An Lạc","unit":"UBND huyện","short_name":"H. An Lạc","protocol_order":204,"hall":"al","terminal":"al-1"}]`,
		`"delegates":[{"person":"gd","unit_id":"so-y-te","name":"Giám đốc","unit":"Sở Y tế"}]`, `"agenda":[{"title":"Khai mạc","owner":"Chủ tịch","minutes":10}]`,
		`"resources":[{"kind":"hall","id":"P2"}]`,
	}
	made := w.ask("POST", "/api/v1/meetings", planJSON(sent...))
	read := w.ask("GET", "/api/v1/meetings/"+fmt.Sprint(made.body["id"]), "")
	for _, field := range append(sent, `"speaking":"floor"`, `"state":"issued"`, `"revision":0`) {
		if made.status != 201 || !strings.Contains(made.raw, field) || !strings.Contains(read.raw, field) {
			t.Errorf("%s is not in %d %s", field, made.status, made.raw)
		}
	}
	clash := w.ask("POST", "/api/v1/meetings", planJSON(`"sites":[{"unit_id":"an-lac","name":"Huyện An Lạc","protocol_order":1}]`))
	if clash.status != 409 || len(clash.body["clashes"].([]any)) != 1 {
		t.Errorf("%d %s", clash.status, clash.raw)
	}
}

// After the approver has confirmed it, an urgent meeting takes the hall; the planner of the other finds it in a list, and why in its history.
func TestPreEmption(t *testing.T) {
	w := newWorld(t)
	planner := w.in("so-y-te", "lan", rights.Planner)
	_, approver := w.account("hung", rights.Approver)
	_, clerk := w.account("mai", rights.Clerk)
	_, leader := w.account("ct", rights.Leader)
	hall := `"halls":[{"id":"P1","name":"Phòng họp P1"}]`
	m9 := w.as(planner, "POST", "/api/v1/meetings", planJSON(`"subject":"Công tác y tế"`, `"state":"draft"`, `"preparing_unit":"so-y-te"`, hall))
	path := "/api/v1/meetings/" + m9.body["id"].(string)
	w.as(planner, "POST", path+"/submit", "{}")
	if a := w.as(approver, "POST", path+"/approve", "{}"); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	urgent := planJSON(`"subject":"Ứng phó bão"`, `"type":"urgent"`, hall)
	refused := w.as(approver, "POST", "/api/v1/meetings", urgent)
	if clash, _ := refused.body["clashes"].([]any); refused.status != 409 || len(clash) != 1 || clash[0].(map[string]any)["pre_emptible"] != true {
		t.Fatalf("%d %s", refused.status, refused.raw)
	}
	if a := w.as(clerk, "POST", "/api/v1/meetings?pre_empt=true", urgent); a.status != 403 || a.body["code"] != "forbidden" {
		t.Errorf("by a clerk: %d %s", a.status, a.raw)
	}
	m8 := w.as(approver, "POST", "/api/v1/meetings?pre_empt=true", urgent, "Idempotency-Key", "k")
	if again := w.as(approver, "POST", "/api/v1/meetings?pre_empt=true", urgent, "Idempotency-Key", "k"); m8.status != 201 || again.body["id"] != m8.body["id"] {
		t.Fatalf("%d %s, %s", m8.status, m8.raw, again.raw)
	}
	rows := list(t, w.as(planner, "GET", "/api/v1/meetings?displaced=true", ""))
	if len(rows) != 1 || rows[0]["state"] != "postponed" || rows[0]["displaced"].([]any)[0].(map[string]any)["subject"] != "Ứng phó bão" {
		t.Errorf("%v", rows)
	}
	history := list(t, w.as(planner, "GET", path+"/history", ""))
	if last := history[len(history)-1]; last["action"] != "displaced" || last["actor_name"] != "Chuyên viên hung" || last["meetings"].([]any)[0].(map[string]any)["id"] != m8.body["id"] {
		t.Errorf("%v", last)
	}
	if rows := list(t, w.as(leader, "GET", "/api/v1/meetings?displaced=true", "")); len(rows) != 0 {
		t.Errorf("for a leader: %v", rows)
	}
	if a := w.as(leader, "GET", path, ""); a.status != 200 || a.body["displaced"] != nil {
		t.Errorf("for a leader: %d %s", a.status, a.raw)
	}
}

func TestSeries(t *testing.T) {
	w := newWorld(t)
	hall := `"halls":[{"id":"P1","name":"Phòng họp P1"}]`
	made := w.ask("POST", "/api/v1/meetings", planJSON(`"state":"draft"`, hall, `"recurrence":{"rrule":"FREQ=WEEKLY;COUNT=4"}`))
	if made.status != 201 || made.body["series"] == nil || made.body["occurrence"] != made.body["start"] {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	series := "/api/v1/meetings?series=" + made.body["series"].(string)
	rows := list(t, w.ask("GET", series, ""))
	if len(rows) != 4 {
		t.Fatalf("%v", rows)
	}
	third := "/api/v1/meetings/" + rows[2]["id"].(string)
	if a := w.ask("POST", third+"/cancel?scope=following", `{"reason":"Nghỉ Tết"}`, "If-Match", `"1"`); a.status != 200 || a.body["state"] != "cancelled" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if rows := list(t, w.ask("GET", series+"&state=draft", "")); len(rows) != 2 {
		t.Errorf("%v", rows)
	}
	if a := w.ask("POST", "/api/v1/meetings", planJSON(`"state":"draft"`, hall, `"recurrence":{"rrule":"FREQ=DAILY;COUNT=9"}`)); a.status != 409 || len(a.body["clashes"].([]any)) != 2 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	first := "/api/v1/meetings/" + made.body["id"].(string)
	if a := w.ask("PUT", first+"?scope=all", planJSON(hall)); a.status != 200 || a.body["series"] == nil || a.body["recurrence"] == nil {
		t.Errorf("without its rule: %d %s", a.status, a.raw)
	}
	single := planJSON(hall, `"recurrence":null`)
	if a := w.ask("PUT", first, single); a.status != 422 || a.body["code"] != "needs_scope" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("POST", "/api/v1/meetings/check", fmt.Sprintf(`{"meeting":%q,"scope":"all","plan":%s}`, made.body["id"], single)); a.status != 200 || len(a.body["faults"].([]any)) != 0 || a.body["called_off"] != 1.0 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("PUT", first+"?scope=all", single); a.status != 200 || a.body["series"] != nil || a.body["recurrence"] != nil {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if rows := list(t, w.ask("GET", series+"&state=draft", "")); len(rows) != 0 {
		t.Errorf("left of the series: %v", rows)
	}
	if a := w.ask("PUT", first+"?scope=some", planJSON()); a.status != 400 || a.body["field"] != "scope" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("POST", "/api/v1/meetings", planJSON(`"recurrence":{"rrule":"FREQ=DAILY;COUNT=100000"}`)); a.status != 422 || a.body["code"] != "limit" || a.body["field"] != "recurrence.rrule" {
		t.Errorf("%d %s", a.status, a.raw)
	}
}
