package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/meeting"
	"diemcau/rooms/papers"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

const token = "Canary-admin-token-0123"

type world struct {
	t        *testing.T
	url      string
	store    *store.Store
	access   *access.Access
	accounts *accounts.Accounts
	log      *bytes.Buffer
}

func newWorld(t *testing.T, change ...func(*Config, *store.Store)) world {
	t.Helper()
	s := storetest.New(t)
	w := world{t: t, store: s, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if w.access, err = access.New(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if w.accounts, err = accounts.New(t.Context(), accounts.Config{Store: s, Hash: accounts.Hash{Time: 1, Memory: 64, Threads: 1}}); err != nil {
		t.Fatal(err)
	}
	disk, err := papers.NewDisk(filepath.Join(t.TempDir(), "papers"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := papers.New(papers.Config{Store: s, Storage: disk, Dir: t.TempDir(), Largest: 1 << 20, Quota: 4 << 20, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Calendar: calendar.New(s, log), Access: w.access, Accounts: w.accounts, Audit: audit.New(s, audit.Of(accounts.Tag), audit.Of(directory.Tag), audit.Of(papers.Tag), calendar.AuditPart), Directory: directory.New(s), Papers: kept,
		Organisation: Organisation{Name: "UBND tỉnh", Support: "máy lẻ 108"}, AdminToken: token, Version: "test", Log: log,
	}
	for _, with := range change {
		with(&cfg, s)
	}
	server := httptest.NewServer(New(cfg))
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	w.url = server.URL
	return w
}

type answer struct {
	status int
	header http.Header
	raw    string
	body   map[string]any
}

func (w world) ask(method, path, body string, header ...string) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer got.Body.Close()
	raw, err := io.ReadAll(got.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{status: got.StatusCode, header: got.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // not every answer is JSON
	if a.status >= 400 {
		for _, field := range []string{"code", "detail", "detail_en", "request_id"} {
			if a.body[field] == nil || a.body[field] == "" {
				w.t.Errorf("%s %s: the error has no %s: %s", method, path, field, raw)
			}
		}
		if got.Header.Get("Content-Type") != "application/problem+json" {
			w.t.Errorf("%s %s: an error as %s", method, path, got.Header.Get("Content-Type"))
		}
	}
	return a
}

func planJSON(change ...string) string {
	now := time.Now()
	fields := []string{
		`"subject":"Họp"`, fmt.Sprintf(`"start":%q`, now.Format(time.RFC3339)), fmt.Sprintf(`"end":%q`, now.Add(time.Hour).Format(time.RFC3339)),
		`"chair":{"name":"Chủ tịch UBND tỉnh"}`, `"speaking":"floor"`,
	}
	for _, c := range change {
		name := c[:strings.Index(c, ":")]
		replaced := false
		for i, f := range fields {
			if strings.HasPrefix(f, name+":") {
				fields[i], replaced = c, true
			}
		}
		if !replaced {
			fields = append(fields, c)
		}
	}
	return "{" + strings.Join(fields, ",") + "}"
}

func TestBookings(t *testing.T) {
	w := newWorld(t)
	hall := `"resources":[{"kind":"hall","id":"P1"},{"kind":"leader","id":"chu-tich"}]`
	made := w.ask("POST", "/api/v1/meetings", planJSON(hall))
	if made.status != 201 || len(made.body["resources"].([]any)) != 2 {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	other := w.ask("POST", "/api/v1/meetings", planJSON(`"subject":"Khác"`))
	for _, a := range []answer{
		w.ask("POST", "/api/v1/meetings", planJSON(hall)),
		w.ask("PUT", "/api/v1/meetings/"+other.body["id"].(string), planJSON(hall)),
	} {
		clashes, _ := a.body["clashes"].([]any)
		free, _ := a.body["free"].([]any)
		if a.status != 409 || a.body["code"] != "overlap" || len(clashes) != 2 || len(free) != 3 {
			t.Fatalf("%d %s", a.status, a.raw)
		}
		if c := clashes[0].(map[string]any); c["meeting"] != made.body["id"] || c["subject"] != "Họp" || c["resource"].(map[string]any)["id"] != "P1" || c["start"] != made.body["start"] {
			t.Errorf("%v", c)
		}
	}
	if a := w.ask("POST", "/api/v1/meetings/"+made.body["id"].(string)+"/cancel", `{"reason":"hoãn"}`); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if a := w.ask("POST", "/api/v1/meetings", planJSON(hall)); a.status != 201 {
		t.Errorf("after the other was called off: %d %s", a.status, a.raw)
	}
	for _, bad := range []string{`[{"kind":"lift","id":"1"}]`, `[{"kind":"hall","id":"P 1"}]`, `[{"kind":"hall","id":"P1"},{"kind":"hall","id":"P1"}]`} {
		if a := w.ask("POST", "/api/v1/meetings", planJSON(`"resources":`+bad)); a.status != 422 || !strings.HasPrefix(fmt.Sprint(a.body["field"]), "resources[") {
			t.Errorf("%s: %d %s", bad, a.status, a.raw)
		}
	}
}

func TestMeetings(t *testing.T) {
	w := newWorld(t)
	body := planJSON()
	made := w.ask("POST", "/api/v1/meetings", body, "Idempotency-Key", "k")
	if made.status != 201 || made.header.Get("ETag") != `"1"` || made.header.Get("Location") != "/api/v1/meetings/"+made.body["id"].(string) {
		t.Fatalf("%d %v %s", made.status, made.header, made.raw)
	}
	path := made.header.Get("Location")
	if again := w.ask("POST", "/api/v1/meetings", body, "Idempotency-Key", "k"); again.status != 201 || again.body["id"] != made.body["id"] {
		t.Errorf("the same request again: %d %s", again.status, again.raw)
	}
	if other := w.ask("POST", "/api/v1/meetings", planJSON(`"subject":"Khác"`), "Idempotency-Key", "k"); other.status != 422 || other.body["code"] != "idempotency_mismatch" {
		t.Errorf("another request with the key: %d %s", other.status, other.raw)
	}
	if a := w.ask("PUT", path, planJSON(`"subject":"Khác"`), "If-Match", `"1"`); a.status != 200 || a.body["version"] != 2.0 || a.body["subject"] != "Khác" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, etag := range []string{`"1"`, `"x"`, `"-1"`} {
		if a := w.ask("PUT", path, planJSON(), "If-Match", etag); a.status != 412 || a.body["code"] != "stale_version" {
			t.Errorf("If-Match %s: %d %s", etag, a.status, a.raw)
		}
	}
	if a := w.ask("GET", "/api/v1/meetings?limit=1", ""); a.status != 200 || a.body["total"] != 1.0 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for range 2 {
		if a := w.ask("POST", path+"/cancel", `{"reason":"Hoãn"}`, "Idempotency-Key", "c"); a.status != 200 || a.body["state"] != "cancelled" || a.body["version"] != 3.0 {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	if a := w.ask("POST", path+"/cancel", `{"reason":"Hoãn"}`); a.status != 409 || a.body["code"] != "wrong_state" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.ask("GET", "/api/v1/openapi.json", ""); a.status != 200 || a.body["openapi"] != "3.1.0" || strings.Contains(a.raw, "unpkg") {
		t.Errorf("OpenAPI: %d %v", a.status, a.body["openapi"])
	}
}

func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	for name, c := range map[string]struct {
		method, path, body string
		status             int
		code, field        string
	}{
		"bad JSON":           {"POST", "/api/v1/meetings", "{", 400, "bad_request", ""},
		"not an object":      {"POST", "/api/v1/meetings", "[]", 400, "bad_request", ""},
		"unknown field":      {"POST", "/api/v1/meetings", planJSON(`"foo":1`), 400, "unknown_field", "foo"},
		"31 February":        {"POST", "/api/v1/meetings", planJSON(`"start":"2027-02-31T08:00:00+07:00"`), 422, "invalid_field", "start"},
		"no zone":            {"POST", "/api/v1/meetings", planJSON(`"end":"2027-02-01T08:00:00"`), 422, "invalid_field", "end"},
		"end before start":   {"POST", "/api/v1/meetings", planJSON(`"end":"2020-02-01T08:00:00Z"`), 422, "end_not_after_start", "end"},
		"no end":             {"POST", "/api/v1/meetings", strings.Replace(planJSON(), `"end":`, `"always_on":true,"x":`, 1), 400, "unknown_field", ""},
		"past":               {"POST", "/api/v1/meetings", planJSON(`"start":"2020-02-01T08:00:00Z"`, `"end":"2020-02-01T09:00:00Z"`), 422, "past", "end"},
		"over 24 hours":      {"POST", "/api/v1/meetings", planJSON(`"start":"2027-02-01T08:00:00Z"`, `"end":"2027-02-02T08:00:01Z"`), 422, "too_long", "end"},
		"years ahead":        {"POST", "/api/v1/meetings", planJSON(`"start":"2099-02-01T08:00:00Z"`, `"end":"2099-02-01T09:00:00Z"`), 422, "too_far", "start"},
		"series of 100,000":  {"POST", "/api/v1/meetings", planJSON(`"recurrence":{"rrule":"FREQ=DAILY;COUNT=100000"}`), 422, "limit", "recurrence.rrule"},
		"a rule of seconds":  {"POST", "/api/v1/meetings", planJSON(`"recurrence":{"rrule":"FREQ=SECONDLY;COUNT=2"}`), 422, "unknown_value", "recurrence.rrule"},
		"no reason":          {"POST", "/api/v1/meetings/none/postpone", "{}", 422, "required", "reason"},
		"no such action":     {"POST", "/api/v1/meetings/none/open", "{}", 404, "not_found", ""},
		"state secret":       {"POST", "/api/v1/meetings", planJSON(`"secrecy":"mat"`), 422, "state_secret", "secrecy"},
		"speaking":           {"POST", "/api/v1/meetings", planJSON(`"speaking":"loud"`), 422, "invalid_field", "speaking"},
		"page size -1":       {"GET", "/api/v1/meetings?limit=-1", "", 400, "bad_request", "limit"},
		"page size 10^9":     {"GET", "/api/v1/meetings?limit=1000000000", "", 400, "bad_request", "limit"},
		"page size NaN":      {"GET", "/api/v1/meetings?limit=x", "", 400, "bad_request", "limit"},
		"unknown parameter":  {"GET", "/api/v1/meetings?foo=1", "", 400, "bad_request", ""},
		"no such meeting":    {"GET", "/api/v1/meetings/none", "", 404, "not_found", ""},
		"no such page":       {"GET", "/api/v1/none", "", 404, "not_found", ""},
		"too large":          {"POST", "/api/v1/meetings", planJSON(`"subject":"` + strings.Repeat("a", 2<<20) + `"`), 413, "too_large", ""},
		"a bad name":         {"POST", "/api/v1/meetings", planJSON(`"subject":"a\u202eb"`), 422, "bad_name", "subject"},
		"token without name": {"POST", "/api/v1/meetings/none/tokens", `{"role":"king"}`, 422, "invalid_field", "role"},
	} {
		a := w.ask(c.method, c.path, c.body)
		if a.status != c.status || a.body["code"] != c.code || c.field != "" && a.body["field"] != c.field {
			t.Errorf("%s: %d %s, want %d %s %s", name, a.status, a.raw, c.status, c.code, c.field)
		}
	}
	if a := w.ask("PATCH", "/api/v1/meetings", ""); a.status != 405 || !strings.Contains(a.header.Get("Allow"), "POST") {
		t.Errorf("wrong method: %d, Allow %q", a.status, a.header.Get("Allow"))
	}
	if a := w.ask("POST", "/api/v1/meetings", planJSON(), "Content-Type", "text/plain"); a.status != 415 {
		t.Errorf("wrong type: %d %s", a.status, a.raw)
	}
}

func TestOnlyTheAdministrator(t *testing.T) {
	w := newWorld(t)
	for _, bearer := range []string{"", "Bearer ", "Bearer wrong", "Basic " + token, "bearer" + token, "Bearer " + token + "x"} {
		for _, c := range [][2]string{{"GET", "/api/v1/meetings"}, {"GET", "/api/v1/meetings/x"}, {"POST", "/api/v1/meetings"}, {"POST", "/api/v1/meetings/x/invitations"}, {"POST", "/api/v1/meetings/x/tokens"}} {
			a := w.ask(c[0], c[1], "", "Authorization", bearer, "X-Forwarded-For", "127.0.0.1")
			if a.status != 401 || a.body["code"] != "unauthorized" || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%q %v: %d %s", bearer, c, a.status, a.raw)
			}
		}
	}
	if strings.Contains(w.log.String(), "Canary") {
		t.Error("the token is in the log")
	}
}

func TestInvitationsAndTickets(t *testing.T) {
	w := newWorld(t)
	id := w.ask("POST", "/api/v1/meetings", planJSON()).body["id"].(string)
	invited := w.ask("POST", "/api/v1/meetings/"+id+"/invitations", `{"name":"Huyện Cẩm Hà","unit":"UBND huyện","role":"site","protocol_order":206}`)
	if invited.status != 201 || invited.body["path"] != "/join#"+invited.body["token"].(string) {
		t.Fatalf("%d %s", invited.status, invited.raw)
	}
	invitation := fmt.Sprintf(`{"invitation":%q}`, invited.body["token"])
	read := w.ask("POST", "/api/v1/invitation", invitation, "Authorization", "")
	if read.status != 200 || read.body["name"] != "Huyện Cẩm Hà" || read.body["meeting"].(map[string]any)["admits"] != true {
		t.Fatalf("%d %s", read.status, read.raw)
	}
	ticket := w.ask("POST", "/api/v1/tickets", invitation, "Authorization", "")
	if ticket.status != 201 {
		t.Fatalf("%d %s", ticket.status, ticket.raw)
	}
	if c, err := w.access.RedeemTicket(t.Context(), ticket.body["ticket"].(string)); err != nil || c.Meeting != id || c.Role != meeting.RoleSite {
		t.Errorf("%+v %v", c, err)
	}
	for kind, body := range map[string]string{"invitations": `{"name":"Sở Y tế","role":"site"}`, "tokens": `{"name":"Sở Y tế","role":"site"}`} {
		issue := func(body string, header ...string) answer {
			return w.ask("POST", "/api/v1/meetings/"+id+"/"+kind, body, header...)
		}
		first, again := issue(body, "Idempotency-Key", kind), issue(body, "Idempotency-Key", kind)
		if first.status != 201 || again.status != 201 || first.raw != again.raw {
			t.Errorf("%s repeated: %d %s, then %d %s", kind, first.status, first.raw, again.status, again.raw)
		}
		if other := issue(strings.Replace(body, "Y tế", "Tư pháp", 1), "Idempotency-Key", kind); other.status != 422 || other.body["code"] != "idempotency_mismatch" {
			t.Errorf("%s for another: %d %s", kind, other.status, other.raw)
		}
		if fresh := issue(body); fresh.status != 201 || fresh.body["token"] == first.body["token"] {
			t.Errorf("%s without a key: %d %s", kind, fresh.status, fresh.raw)
		}
	}
	many := w.ask("POST", "/api/v1/meetings/"+id+"/tokens", `{"role":"delegate","seats":"many"}`)
	if c, err := w.access.VerifyBearer(many.body["token"].(string)); err != nil || !c.Many || c.Meeting != id {
		t.Errorf("%+v %v", c, err)
	}

	// A meeting that does not exist, and one that the credential is not for, answer alike.
	foreign, err := w.access.Invite(access.Claims{Meeting: "none", Role: meeting.RoleSite, Name: "x", Expires: time.Now().Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	var answers []string
	for _, bad := range []string{foreign, "garbage", "", many.body["token"].(string)} {
		for _, path := range []string{"/api/v1/invitation", "/api/v1/tickets"} {
			a := w.ask("POST", path, fmt.Sprintf(`{"invitation":%q}`, bad))
			delete(a.body, "request_id")
			answers = append(answers, fmt.Sprint(a.status, a.body))
		}
	}
	for _, a := range answers {
		if a != answers[0] || !strings.Contains(a, "403") || !strings.Contains(a, "invitation_invalid") {
			t.Errorf("an answer that differs: %s", a)
		}
	}
	later := time.Now().Add(48 * time.Hour)
	future := w.ask("POST", "/api/v1/meetings", planJSON(fmt.Sprintf(`"start":%q`, later.Format(time.RFC3339)), fmt.Sprintf(`"end":%q`, later.Add(time.Hour).Format(time.RFC3339)))).body["id"].(string)
	early := w.ask("POST", "/api/v1/meetings/"+future+"/invitations", `{"name":"x","role":"site"}`).body["token"]
	if a := w.ask("POST", "/api/v1/tickets", fmt.Sprintf(`{"invitation":%q}`, early)); a.status != 409 || a.body["code"] != "meeting_not_open" {
		t.Errorf("before it opens: %d %s", a.status, a.raw)
	}
	w.ask("POST", "/api/v1/meetings/"+future+"/cancel", `{"reason":"x"}`)
	if a := w.ask("POST", "/api/v1/tickets", fmt.Sprintf(`{"invitation":%q}`, early)); a.status != 409 || a.body["code"] != "meeting_closed" {
		t.Errorf("after it was called off: %d %s", a.status, a.raw)
	}
	for _, secret := range []string{invited.body["token"].(string), ticket.body["ticket"].(string), token} {
		if strings.Contains(w.log.String(), secret) {
			t.Error("a credential is in the log")
		}
	}
}

func TestStoreAway(t *testing.T) {
	w := newWorld(t)
	storetest.Pause(t, w.store)
	for _, c := range [][3]string{{"GET", "/api/v1/meetings", ""}, {"POST", "/api/v1/meetings", planJSON()}, {"GET", "/api/v1/meetings/x", ""},
		{"POST", "/api/v1/meetings", planJSON(`"recurrence":{"rrule":"FREQ=DAILY;COUNT=9"}`)}, {"PUT", "/api/v1/meetings/x?pre_empt=true", planJSON()},
		{"POST", "/api/v1/meetings/x/cancel?scope=all", `{"reason":"x"}`}, {"POST", "/api/v1/meetings/check", `{"plan":` + planJSON(`"halls":[{"id":"P1","name":"P1"}]`) + `}`}, {"GET", "/api/v1/meetings/x/history", ""},
		{"GET", "/api/v1/freebusy?resource=hall:P1&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z", ""}} {
		began := time.Now()
		a := w.ask(c[0], c[1], c[2])
		if a.status != 503 || a.body["code"] != "unavailable" || a.header.Get("Retry-After") == "" {
			t.Errorf("%s %s: %d %s", c[0], c[1], a.status, a.raw)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s %s took %v", c[0], c[1], took)
		}
	}
}
