package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/rights"
)

func TestPlansAreChecked(t *testing.T) {
	w := newWorld(t)
	held := w.ask("POST", "/api/v1/meetings", planJSON(`"state":"draft"`, `"halls":[{"id":"P1","name":"P1"}]`))
	check := func(cookies, plan string) answer {
		t.Helper()
		a := w.as(cookies, "POST", "/api/v1/meetings/check", `{"plan":`+plan+`}`)
		if a.status != 200 {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		return a
	}
	_, approver := w.account("hung", rights.Approver)
	_, leader := w.account("ct", rights.Leader)
	a := check(approver, `{"type":"urgent"}`)
	if faults := a.body["faults"].([]any); len(faults) != 3 || fmt.Sprint(faults[0].(map[string]any)["field"]) != "start" || faults[0].(map[string]any)["detail"] == "" {
		t.Errorf("an empty plan: %s", a.raw)
	}
	plan := planJSON(`"type":"urgent"`, `"halls":[{"id":"P1","name":"P1"}]`)
	a = check(approver, plan)
	clashes := a.body["clashes"].([]any)
	if len(clashes) != 1 || len(a.body["free"].([]any)) != 3 {
		t.Fatalf("%s", a.raw)
	}
	if c := clashes[0].(map[string]any); c["meeting"] != held.body["id"] || c["subject"] != "Họp" || c["pre_emptible"] != true || c["priority"] != 30.0 {
		t.Errorf("%v", c)
	}
	// Whose draft it is, is not for those who do not see drafts.
	for _, text := range []string{check(leader, plan).raw, w.as(leader, "GET", "/api/v1/freebusy?resource=hall:P1&"+soon(), "").raw} {
		if strings.Contains(text, `"Họp"`) || strings.Contains(text, held.body["id"].(string)) {
			t.Errorf("a draft is told of: %s", text)
		}
	}
	none := w.as(leader, "POST", "/api/v1/meetings/check", fmt.Sprintf(`{"meeting":"none","plan":%s}`, plan))
	if a := w.as(leader, "POST", "/api/v1/meetings/check", fmt.Sprintf(`{"meeting":%q,"plan":%s}`, held.body["id"], plan)); a.status != 404 || a.body["detail"] != none.body["detail"] || none.status != 404 {
		t.Errorf("a draft is there for those who do not see it: %d %s, %d", a.status, a.raw, none.status)
	}
	if own := w.ask("POST", "/api/v1/meetings/check", fmt.Sprintf(`{"meeting":%q,"plan":%s}`, held.body["id"], plan)); len(own.body["clashes"].([]any)) != 0 {
		t.Errorf("with itself: %s", own.raw)
	}
	later := time.Now().Add(24 * time.Hour)
	a = check(approver, planJSON(fmt.Sprintf(`"start":%q`, later.Format(time.RFC3339)), fmt.Sprintf(`"end":%q`, later.Add(time.Hour).Format(time.RFC3339))))
	if !strings.Contains(a.raw, `"late_notice"`) || !strings.Contains(a.raw, "Giấy mời gửi muộn hơn 03 ngày làm việc trước ngày họp.") {
		t.Errorf("for tomorrow: %s", a.raw)
	}
}

func TestFreeBusyAndSettings(t *testing.T) {
	w := newWorld(t)
	made := w.ask("POST", "/api/v1/meetings", planJSON(`"chair":{"person":"ct","name":"Chủ tịch"}`, `"halls":[{"id":"P1","name":"P1"}]`))
	span := soon()
	a := w.ask("GET", "/api/v1/freebusy?resource=hall:P1&resource=leader:ct&resource=hall:P2&minutes=90&"+span, "")
	busy, _ := a.body["busy"].([]any)
	if a.status != 200 || len(busy) != 2 || busy[0].(map[string]any)["meeting"] != made.body["id"] || busy[0].(map[string]any)["state"] != "issued" || len(a.body["free"].([]any)) == 0 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for bad, field := range map[string]string{
		"resource=lift:1&" + span: "resource", "resource=P1&" + span: "resource", span: "resource", "resource=hall:P1": "",
		"resource=hall:P1&from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z": "to", "resource=hall:P1&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z": "to",
	} {
		if a := w.ask("GET", "/api/v1/freebusy?"+bad, ""); a.status != 400 || field != "" && a.body["field"] != field {
			t.Errorf("%s: %d %s", bad, a.status, a.raw)
		}
	}
	_, leader := w.account("ct", rights.Leader)
	s := w.as(leader, "GET", "/api/v1/calendar/settings", "")
	if s.status != 200 || s.body["notice_days"] != 3.0 || s.body["join_before_minutes"] != 15.0 || len(s.body["types"].([]any)) < 8 || len(s.body["holding_states"].([]any)) != 5 {
		t.Errorf("%d %s", s.status, s.raw)
	}
}

// soon is the query for the time from an hour ago on, with a working day in it.
func soon() string {
	now := time.Now()
	return url.Values{"from": {now.Add(-time.Hour).Format(time.RFC3339)}, "to": {now.Add(100 * time.Hour).Format(time.RFC3339)}}.Encode()
}
