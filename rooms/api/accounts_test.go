package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/accounts"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

const password = "Canary mật khẩu 1"

// account makes an account with a role of the province and signs it in: the header that goes with its requests.
func (w world) account(login string, roles ...rights.Role) (id string, cookies string) {
	w.t.Helper()
	d := accounts.Details{Login: login, Name: "Chuyên viên " + login}
	for _, r := range roles {
		d.Grants = append(d.Grants, rights.Grant{Role: r})
	}
	a, err := w.accounts.Create(w.t.Context(), d, password, accounts.By{})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.ID, w.signIn(login, password)
}

func (w world) signIn(login, password string) (cookies string) {
	w.t.Helper()
	a := w.ask("POST", "/api/v1/session", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), "Authorization", "")
	if a.status != 200 {
		w.t.Fatalf("sign in: %d %s", a.status, a.raw)
	}
	var out []string
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		out = append(out, c.Name+"="+c.Value)
	}
	return strings.Join(out, "; ")
}

// as asks as a browser of this server's page does.
func (w world) as(cookies, method, path, body string, header ...string) answer {
	w.t.Helper()
	return w.ask(method, path, body, append([]string{"Authorization", "", "Cookie", cookies, "Sec-Fetch-Site", "same-origin", "Origin", w.url}, header...)...)
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	_, lan := w.account("lan", rights.Planner)
	who := w.as(lan, "GET", "/api/v1/session", "")
	if who.status != 200 || who.body["account"].(map[string]any)["login"] != "lan" || !strings.Contains(who.raw, `"submit"`) || strings.Contains(who.raw, `"approve"`) {
		t.Errorf("%d %s", who.status, who.raw)
	}
	if a := w.ask("GET", "/api/v1/session", ""); a.status != 200 || a.body["account"].(map[string]any)["login"] != "administrator" || !strings.Contains(a.raw, `"manage_accounts"`) {
		t.Errorf("by the administrator's token: %d %s", a.status, a.raw)
	}
	for _, path := range []string{"/api/v1/accounts", "/api/v1/audit", "/api/v1/audit.csv"} {
		if a := w.as(lan, "GET", path, ""); a.status != 403 || a.body["code"] != "forbidden" {
			t.Errorf("%s as a planner: %d %s", path, a.status, a.raw)
		}
		if a := w.as("", "GET", path, ""); a.status != 401 || a.body["code"] != "unauthorized" {
			t.Errorf("%s as nobody: %d %s", path, a.status, a.raw)
		}
		if a := w.as(lan, "GET", path, "", "Authorization", "Bearer wrong"); a.status != 401 {
			t.Errorf("%s with a wrong token beside the cookie: %d", path, a.status)
		}
	}
	second := w.signIn("lan", password)
	list := w.as(second, "GET", "/api/v1/sessions", "")
	sessions := list.body["sessions"].([]any)
	if len(sessions) != 2 {
		t.Fatalf("%s", list.raw)
	}
	for _, s := range sessions {
		if s := s.(map[string]any); s["current"] == false {
			if a := w.as(second, "DELETE", "/api/v1/sessions/"+s["id"].(string), ""); a.status != 204 {
				t.Errorf("end the other: %d %s", a.status, a.raw)
			}
		}
	}
	if a := w.as(lan, "GET", "/api/v1/session", ""); a.status != 401 {
		t.Errorf("the session that was ended: %d", a.status)
	}
	if a := w.as(second, "DELETE", "/api/v1/sessions/*", ""); a.status != 404 {
		t.Errorf("a star: %d %s", a.status, a.raw)
	}
	out := w.as(second, "DELETE", "/api/v1/session", "")
	if out.status != 204 || !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("sign out: %d %v", out.status, out.header)
	}
	if a := w.as(second, "GET", "/api/v1/session", ""); a.status != 401 {
		t.Errorf("after signing out: %d", a.status)
	}
	if a := w.ask("PUT", "/api/v1/session/password", `{"old":"x","new":"y"}`); a.status != 403 {
		t.Errorf("a password for the administrator's token: %d %s", a.status, a.raw)
	}
	lan = w.signIn("lan", password)
	for body, want := range map[string]string{
		fmt.Sprintf(`{"old":"wrong","new":%q}`, password): "422 password_wrong", fmt.Sprintf(`{"old":%q,"new":"short"}`, password): "422 password_too_short",
	} {
		if a := w.as(lan, "PUT", "/api/v1/session/password", body); fmt.Sprint(a.status, " ", a.body["code"]) != want {
			t.Errorf("%s: %d %s", body, a.status, a.raw)
		}
	}
	if a := w.as(lan, "PUT", "/api/v1/session/password", fmt.Sprintf(`{"old":%q,"new":"another password"}`, password)); a.status != 204 {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestCookies(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := newWorld(t, func(c *Config, _ *store.Store) { c.Secure = secure })
		if _, err := w.accounts.Create(t.Context(), accounts.Details{Login: "lan", Name: "Lan"}, password, accounts.By{}); err != nil {
			t.Fatal(err)
		}
		a := w.ask("POST", "/api/v1/session", fmt.Sprintf(`{"login":"lan","password":%q}`, password), "Authorization", "")
		cookies := (&http.Response{Header: a.header}).Cookies()
		if len(cookies) != 2 {
			t.Fatalf("%v", a.header)
		}
		for _, c := range cookies {
			if !c.HttpOnly || c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
				t.Errorf("secure %v: %s", secure, c)
			}
		}
	}
}

// A page of another site cannot make the browser of somebody who is signed in change anything.
func TestCrossSiteRequestsAreRefused(t *testing.T) {
	w := newWorld(t, func(c *Config, _ *store.Store) { c.Origins = []string{"https://hop.minhgiang.example"} })
	_, admin := w.account("admin", rights.Administrator)
	body := `{"login":"evil","name":"x","grants":[]}`
	for name, header := range map[string][]string{
		"cross-site":              {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"a sister site":           {"Sec-Fetch-Site", "same-site", "Origin", "https://x.minhgiang.example"},
		"an old browser":          {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"null":                    {"Sec-Fetch-Site", "", "Origin", "null"},
		"another port":            {"Sec-Fetch-Site", "", "Origin", "http://127.0.0.1:1"},
		"a suffix of the trusted": {"Sec-Fetch-Site", "cross-site", "Origin", "https://hop.minhgiang.example.evil"},
		"another scheme":          {"Sec-Fetch-Site", "cross-site", "Origin", "http://hop.minhgiang.example"},
	} {
		for _, c := range [][2]string{{"POST", "/api/v1/accounts"}, {"POST", "/api/v1/session"}, {"POST", "/api/v1/setup"}, {"PUT", "/api/v1/session/password"}, {"DELETE", "/api/v1/session"}, {"POST", "/api/v1/meetings"}} {
			if a := w.as(admin, c[0], c[1], body, header...); a.status != 403 || a.body["code"] != "cross_site" {
				t.Errorf("%s, %v: %d %s", name, c, a.status, a.raw)
			}
		}
	}
	if _, total, _ := w.accounts.List(t.Context(), "", 0, 10); total != 1 {
		t.Errorf("%d accounts", total)
	}
	for i, header := range [][]string{{}, {"Sec-Fetch-Site", "cross-site", "Origin", "https://hop.minhgiang.example"}, {"Sec-Fetch-Site", "", "Origin", ""}} {
		if a := w.as(admin, "POST", "/api/v1/accounts", strings.Replace(body, "evil", fmt.Sprint("good", i), 1), header...); a.status != 201 {
			t.Errorf("%v: %d %s", header, a.status, a.raw)
		}
	}
}

func TestAccountAdministration(t *testing.T) {
	w := newWorld(t)
	adminID, admin := w.account("admin", rights.Administrator)
	made := w.as(admin, "POST", "/api/v1/accounts", `{"login":"Lan","name":"Đỗ Thị Lan","title":"Chuyên viên","unit":"so-y-te","grants":[{"role":"planner","unit":"so-y-te"}]}`)
	if made.status != 201 || made.body["login"] != "lan" || made.body["has_password"] != false || made.header.Get("ETag") != `"1"` {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	path := made.header.Get("Location")
	for name, c := range map[string]struct{ method, path, body, want string }{
		"taken":          {"POST", "/api/v1/accounts", `{"login":"LAN","name":"x","grants":[]}`, "409 login_taken login"},
		"bad login":      {"POST", "/api/v1/accounts", `{"login":"a b","name":"x","grants":[]}`, "422 bad_login login"},
		"bad role":       {"POST", "/api/v1/accounts", `{"login":"ab","name":"x","grants":[{"role":"king"}]}`, "422 invalid_field grants[0].role"},
		"no grants":      {"POST", "/api/v1/accounts", `{"login":"ab","name":"x"}`, "400 bad_request body"},
		"bad name":       {"POST", "/api/v1/accounts", `{"login":"ab","name":"a\u202eb","grants":[]}`, "422 bad_name name"},
		"short password": {"POST", "/api/v1/accounts", `{"login":"ab","name":"x","grants":[],"password":"short"}`, "422 password_too_short password"},
		"unknown field":  {"POST", "/api/v1/accounts", `{"login":"ab","name":"x","grants":[],"hash":"x"}`, "400 unknown_field hash"},
		"missing":        {"GET", "/api/v1/accounts/none", "", "404 not_found <nil>"},
		"last admin":     {"PUT", "/api/v1/accounts/" + adminID, `{"login":"admin","name":"x","grants":[]}`, "409 last_administrator <nil>"},
		"page size":      {"GET", "/api/v1/accounts?limit=1000000000", "", "400 bad_request limit"},
		"no such link":   {"POST", "/api/v1/accounts/none/reset-link", "", "404 not_found <nil>"},
		"bad cursor":     {"GET", "/api/v1/audit?after=x", "", "400 bad_request after"},
	} {
		if a := w.as(admin, c.method, c.path, c.body); fmt.Sprint(a.status, " ", a.body["code"], " ", a.body["field"]) != c.want {
			t.Errorf("%s: %d %s, want %s", name, a.status, a.raw, c.want)
		}
	}
	change := `{"login":"lan","name":"Đỗ Thị Lan","grants":[{"role":"clerk"}]}`
	if a := w.as(admin, "PUT", path, change, "If-Match", `"1"`); a.status != 200 || a.body["version"] != 2.0 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, etag := range []string{`"1"`, `"x"`} {
		if a := w.as(admin, "PUT", path, change, "If-Match", etag); a.status != 412 || a.body["code"] != "stale_account" {
			t.Errorf("If-Match %s: %d %s", etag, a.status, a.raw)
		}
	}
	if a := w.as(admin, "GET", "/api/v1/accounts?text=do+thi", ""); a.body["total"] != 1.0 {
		t.Errorf("search: %s", a.raw)
	}
	for login, want := range map[string]float64{"lan": 1, "la": 0} {
		if a := w.as(admin, "GET", "/api/v1/accounts?login="+login, ""); a.body["total"] != want {
			t.Errorf("by login %s: %s", login, a.raw)
		}
	}
	link := w.as(admin, "POST", path+"/reset-link", "")
	if link.status != 201 || link.body["path"] != "/reset#"+link.body["token"].(string) {
		t.Fatalf("%d %s", link.status, link.raw)
	}
	reset := fmt.Sprintf(`{"token":%q,"password":"another password"}`, link.body["token"])
	for _, want := range []int{204, 403} {
		if a := w.ask("POST", "/api/v1/password-reset", reset, "Authorization", ""); a.status != want {
			t.Errorf("%d %s, want %d", a.status, a.raw, want)
		}
	}
	lan := w.signIn("lan", "another password")
	if a := w.as(admin, "GET", path+"/sessions", ""); len(a.body["sessions"].([]any)) != 1 {
		t.Errorf("%s", a.raw)
	}
	if a := w.as(admin, "DELETE", path+"/sessions", ""); a.status != 204 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.as(lan, "GET", "/api/v1/session", ""); a.status != 401 {
		t.Errorf("after all sessions ended: %d", a.status)
	}
	// Grants are those of this moment: who is no administrator any more is refused in the same session.
	w.account("second", rights.Administrator)
	if a := w.as(admin, "PUT", "/api/v1/accounts/"+adminID, `{"login":"admin","name":"x","grants":[{"role":"auditor"}]}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.raw)
	}
	if a := w.as(admin, "GET", "/api/v1/accounts", ""); a.status != 403 {
		t.Errorf("with the grants of before: %d", a.status)
	}
	log := w.as(admin, "GET", "/api/v1/audit?action=account.&actor=admin&limit=200", "")
	if log.status != 200 || !strings.Contains(log.raw, `"action":"account.changed"`) || !strings.Contains(log.raw, "127.0.0.1") || !strings.Contains(log.raw, "clerk") {
		t.Errorf("%d %s", log.status, log.raw)
	}
	file := w.as(admin, "GET", "/api/v1/audit.csv?text=lan", "")
	if file.status != 200 || !strings.HasPrefix(file.header.Get("Content-Type"), "text/csv") || !strings.Contains(file.raw, "account.created") ||
		!strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v %s", file.status, file.header, file.raw)
	}
	if a := w.as(admin, "GET", "/api/v1/audit?action=audit.exported", ""); len(a.body["entries"].([]any)) != 1 {
		t.Errorf("the export is not in the log: %s", a.raw)
	}
}

func TestSetup(t *testing.T) {
	w := newWorld(t)
	link, err := w.accounts.SetupLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"token":%q,"login":"quantri","name":"Quản trị viên","password":%q}`, link, password)
	if a := w.ask("POST", "/api/v1/setup", strings.Replace(body, link, "guess", 1), "Authorization", ""); a.status != 403 || a.body["code"] != "link_invalid" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	made := w.ask("POST", "/api/v1/setup", body, "Authorization", "")
	if made.status != 201 || len(made.header["Set-Cookie"]) != 2 {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	cookie, _, _ := strings.Cut(made.header["Set-Cookie"][0], ";")
	if a := w.as(cookie, "GET", "/api/v1/accounts", ""); a.status != 200 {
		t.Errorf("the first administrator: %d %s", a.status, a.raw)
	}
	if a := w.ask("POST", "/api/v1/setup", body, "Authorization", ""); a.status != 403 || a.body["code"] != "link_invalid" {
		t.Errorf("a second time: %d %s", a.status, a.raw)
	}
	if a := w.ask("GET", "/api/v1/sign-in", ""); a.body["setup"] != false || a.body["oidc"] != false || a.body["organisation"] != "UBND tỉnh" || a.body["support"] != "máy lẻ 108" {
		t.Errorf("%s", a.raw)
	}
}

func TestFailedSignIns(t *testing.T) {
	w := newWorld(t)
	w.account("lan")
	var answers []string
	for range 3 {
		for _, login := range []string{"lan", "nobody"} {
			a := w.ask("POST", "/api/v1/session", fmt.Sprintf(`{"login":%q,"password":"Canary wrong one"}`, login), "Authorization", "", "X-Forwarded-For", "203.0.113.9")
			delete(a.body, "request_id")
			answers = append(answers, fmt.Sprint(a.status, a.body))
		}
	}
	for _, a := range answers {
		if a != answers[0] || !strings.Contains(a, "sign_in_failed") {
			t.Errorf("an answer that differs: %s", a)
		}
	}
	var last answer
	for range 10 {
		last = w.ask("POST", "/api/v1/session", `{"login":"lan","password":"Canary wrong one"}`, "Authorization", "")
	}
	if last.status != 429 || last.body["code"] != "too_many_attempts" || last.header.Get("Retry-After") == "" {
		t.Errorf("%d %v %s", last.status, last.header, last.raw)
	}
	if log := w.ask("GET", "/api/v1/audit?text=203.0.113.9", ""); len(log.body["entries"].([]any)) != 0 {
		t.Errorf("a forged address is in the log: %s", log.raw)
	}
}

// Neither the server's log nor its audit log nor any answer but the one holds a secret.
func TestNoSecretIsInALog(t *testing.T) {
	w := newWorld(t)
	id, lan := w.account("lan", rights.Administrator)
	link := w.as(lan, "POST", "/api/v1/accounts/"+id+"/reset-link", "").body["token"].(string)
	w.as(lan, "POST", "/api/v1/session", `{"login":"lan","password":"Canary wrong one"}`)
	w.as(lan, "PUT", "/api/v1/session/password", `{"old":"Canary wrong one","new":"Canary another one"}`)
	all := w.log.String()
	for _, path := range []string{"/api/v1/audit", "/api/v1/audit.csv", "/api/v1/accounts", "/api/v1/sessions", "/api/v1/session"} {
		all += w.as(lan, "GET", path, "").raw
	}
	secrets := []string{"Canary", link, "argon2"}
	for _, c := range strings.Split(lan, "; ") {
		_, value, _ := strings.Cut(c, "=")
		secrets = append(secrets, value[strings.Index(value, ".")+1:])
	}
	for _, secret := range secrets {
		if strings.Contains(all, secret) {
			t.Errorf("%q is in a log or an answer", secret)
		}
	}
}

func TestSignInWithTheStoreAway(t *testing.T) {
	w := newWorld(t)
	_, lan := w.account("lan", rights.Administrator)
	storetest.Pause(t, w.store)
	for _, c := range [][3]string{{"POST", "/api/v1/session", `{"login":"lan","password":"x"}`}, {"GET", "/api/v1/session", ""}, {"GET", "/api/v1/audit", ""}, {"POST", "/api/v1/setup", `{"token":"x","login":"ab","name":"x","password":"xxxxxxxxxx"}`}} {
		began := time.Now()
		if a := w.as(lan, c[0], c[1], c[2]); a.status != 503 || a.body["code"] != "unavailable" || a.header.Get("Retry-After") == "" {
			t.Errorf("%v: %d %s", c, a.status, a.raw)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%v took %v", c, took)
		}
	}
}
