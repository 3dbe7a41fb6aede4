package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"diemcau/rooms/accounts"
	"diemcau/rooms/accounts/oidc"
	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// provider runs a real OpenID Connect provider (of zitadel/oidc) with its own login page, and knows one client and its user
// test-user2.
func provider(t *testing.T, redirect string) (issuer string) {
	t.Helper()
	quiet := slog.Default()
	t.Cleanup(func() { slog.SetDefault(quiet) })
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the provider logs each request
	op := httptest.NewUnstartedServer(nil)
	op.Start()
	t.Cleanup(op.Close)
	storage.RegisterClients(storage.WebClient("diemcau", "secret", redirect))
	op.Config.Handler = exampleop.SetupServer(op.URL+"/", storage.NewStorage(storage.NewUserStore(op.URL+"/")), slog.New(slog.DiscardHandler), false)
	return op.URL + "/"
}

// browser follows redirects and keeps cookies, as browsers do.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 10 * time.Second, Transport: &http.Transport{}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

type oidcWorld struct {
	world
	oidc *oidc.Provider
}

func newOIDCWorld(t *testing.T, claim string) oidcWorld {
	t.Helper()
	var w oidcWorld
	// The page that a browser ends on is not of the REST interface: it answers 404 there.
	w.world = newWorld(t, func(c *Config, s *store.Store) {
		w.oidc = oidc.New(oidc.Config{Store: s, ClientID: "diemcau", ClientSecret: "secret", Claim: claim})
		c.OIDC = w.oidc
	})
	t.Cleanup(w.oidc.Close)
	w.oidc.Redirect = w.url + "/api/v1/oidc/callback"
	w.oidc.Issuer = provider(t, w.oidc.Redirect)
	return w
}

var loginID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// login goes the whole way and gives the address where the browser ends.
func (w oidcWorld) login(b *http.Client, user, password string) *url.URL {
	w.t.Helper()
	page, err := b.Get(w.url + "/api/v1/oidc/start")
	if err != nil {
		w.t.Fatal(err)
	}
	defer page.Body.Close()
	raw, _ := io.ReadAll(page.Body)
	id := loginID.FindSubmatch(raw)
	if id == nil {
		w.t.Fatalf("no login page at %s: %d %s", page.Request.URL, page.StatusCode, raw)
	}
	end, err := b.PostForm(page.Request.URL.Scheme+"://"+page.Request.URL.Host+page.Request.URL.Path, url.Values{"id": {string(id[1])}, "username": {user}, "password": {password}})
	if err != nil {
		w.t.Fatal(err)
	}
	end.Body.Close()
	return end.Request.URL
}

func (w oidcWorld) whoami(b *http.Client) string {
	w.t.Helper()
	got, err := b.Get(w.url + "/api/v1/session")
	if err != nil {
		w.t.Fatal(err)
	}
	defer got.Body.Close()
	raw, _ := io.ReadAll(got.Body)
	return string(raw)
}

func TestSignInByARealProvider(t *testing.T) {
	for _, claim := range []string{"preferred_username", "email"} {
		w := newOIDCWorld(t, claim)
		login := map[string]string{"preferred_username": "test-user2", "email": "test-user2@zitadel.ch"}[claim]
		b := browser(t)
		if end := w.login(b, "test-user2", "verysecure"); end.Path != "/signin" || end.Query().Get("error") != "no_account" {
			t.Errorf("%s, without an account: %s", claim, end)
		}
		if _, err := w.accounts.Create(t.Context(), accounts.Details{Login: login, Name: "Chuyên viên"}, "", accounts.By{}); err != nil {
			t.Fatal(err)
		}
		if end := w.login(b, "test-user2", "verysecure"); end.Path != "/" || end.Host != strings.TrimPrefix(w.url, "http://") {
			t.Fatalf("%s: the browser ends at %s\n%s", claim, end, w.log)
		}
		if got := w.whoami(b); !strings.Contains(got, `"login":"`+login+`"`) {
			t.Errorf("%s: signed in as %s", claim, got)
		}
		page, err := audit.New(w.store, audit.Of(accounts.Tag)).Search(t.Context(), audit.Query{Action: "session.begun", Limit: 5})
		if err != nil || page.Entries[0].To != "oidc" || page.Entries[0].Actor.Login != login || page.Entries[1].Result != audit.Refused {
			t.Errorf("%s: the log says %+v, %v", claim, page, err)
		}
	}
}

func TestSignInsThatAreNotValid(t *testing.T) {
	w := newOIDCWorld(t, "preferred_username")
	if _, err := w.accounts.Create(t.Context(), accounts.Details{Login: "test-user2", Name: "x"}, "", accounts.By{}); err != nil {
		t.Fatal(err)
	}
	// hold stops a browser before it brings the code back.
	hold := func(b *http.Client) *url.URL {
		t.Helper()
		var back *url.URL
		b.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
			if strings.HasSuffix(r.URL.Path, "/oidc/callback") {
				back = r.URL
				return http.ErrUseLastResponse
			}
			return nil
		}
		w.login(b, "test-user2", "verysecure")
		b.CheckRedirect = nil
		if back == nil {
			t.Fatal("the provider sent nothing back")
		}
		return back
	}
	open := func(b *http.Client, address string) *url.URL {
		t.Helper()
		got, err := b.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		got.Body.Close()
		return got.Request.URL
	}
	mine := browser(t)
	back := hold(mine)
	change := func(name, value string) string {
		u := *back
		q := u.Query()
		q.Set(name, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	if end := open(browser(t), back.String()); end.Query().Get("error") != "oidc_refused" {
		t.Errorf("in another browser: %s", end)
	}
	back = hold(mine)
	if end := open(mine, change("state", "guess")); end.Query().Get("error") != "oidc_refused" {
		t.Errorf("another state: %s", end)
	}
	back = hold(mine)
	if end := open(mine, change("code", "guess")); end.Query().Get("error") != "oidc_refused" {
		t.Errorf("another code: %s", end)
	}
	back = hold(mine)
	open(mine, back.String())
	if end := open(mine, back.String()); end.Query().Get("error") != "oidc_refused" {
		t.Errorf("a second time: %s", end)
	}
	// A code of another sign-in has another nonce and another PKCE verifier.
	other := browser(t)
	stolen := hold(other).Query().Get("code")
	back = hold(mine)
	if end := open(mine, change("code", stolen)); end.Query().Get("error") != "oidc_refused" {
		t.Errorf("a stolen code: %s", end)
	}
	for _, secret := range []string{stolen, back.Query().Get("state"), "verysecure"} {
		if strings.Contains(w.log.String(), secret) {
			t.Error("a secret of the flow is in the log")
		}
	}
}

func TestAProviderThatIsAway(t *testing.T) {
	w := newWorld(t, func(c *Config, s *store.Store) {
		c.OIDC = oidc.New(oidc.Config{Store: s, Issuer: "http://127.0.0.1:1/", ClientID: "x", Claim: "email"})
	})
	b := browser(t)
	got, err := b.Get(w.url + "/api/v1/oidc/start")
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if got.Request.URL.Query().Get("error") != "oidc_unavailable" {
		t.Errorf("ends at %s", got.Request.URL)
	}
	if a := w.ask("GET", "/api/v1/sign-in", ""); a.body["oidc"] != true || a.body["setup"] != true {
		t.Errorf("%s", a.raw)
	}
}
