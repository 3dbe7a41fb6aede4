package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	lan := w.account("lan")
	in, err := w.SignIn(t.Context(), "LAN", password, Client{Address: "10.0.0.1", Agent: "browser"})
	if err != nil {
		t.Fatal(err)
	}
	acc, session, err := w.Authenticate(t.Context(), in.Token)
	if err != nil || acc.ID != lan.ID || session.Address != "10.0.0.1" || session.Agent != "browser" || session.How != "password" {
		t.Fatalf("%+v %+v %v", acc, session, err)
	}
	_, secret := splitToken(in.Token)
	for _, dump := range w.store.Client().HGetAll(t.Context(), keySessions(lan.ID)).Val() {
		if strings.Contains(dump, secret) {
			t.Error("the store holds the session's secret")
		}
	}
	if _, err := w.SignIn(t.Context(), "lan", "Canary mật khẩu 1", Client{}); err != nil {
		t.Errorf("NFD of the password: %v", err)
	}
	for name, token := range map[string]string{
		"empty": "", "no secret": lan.ID + ".", "another's": "x." + secret, "guess": lan.ID + ".x", "huge": lan.ID + "." + strings.Repeat("x", 1000),
	} {
		if _, _, err := w.Authenticate(t.Context(), token); !errors.Is(err, ErrNoSession) {
			t.Errorf("token %s: %v", name, err)
		}
	}
	for name, c := range map[string][2]string{"wrong password": {"lan", "wrong password"}, "no such account": {"nobody", password}, "nothing": {"", ""}} {
		if _, err := w.SignIn(t.Context(), c[0], c[1], Client{}); !errors.Is(err, ErrCredentials) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, e := range w.log() {
		if strings.Contains(fmt.Sprint(e), "nobody") || strings.Contains(fmt.Sprint(e), "wrong password") {
			t.Errorf("the log holds what was typed: %+v", e)
		}
	}
	d := lan.Details
	d.Disabled = true
	if _, err := w.Change(t.Context(), lan.ID, d, root); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Authenticate(t.Context(), in.Token); !errors.Is(err, ErrNoSession) {
		t.Errorf("a session of a disabled account: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "lan", password, Client{Address: "10.0.0.9"}); !errors.Is(err, ErrCredentials) {
		t.Errorf("a disabled account signs in: %v", err)
	}
}

// An account without a password (its holder comes by OIDC) has none that opens it.
func TestNoPasswordOpensAnAccountWithoutOne(t *testing.T) {
	w := newWorld(t)
	if _, err := w.Create(t.Context(), Details{Login: "lan", Name: "Lan"}, "", root); err != nil {
		t.Fatal(err)
	}
	for i, p := range []string{"", password, string(make([]byte, 32))} {
		if _, err := w.SignIn(t.Context(), "lan", p, Client{Address: fmt.Sprint("10.0.0.", i)}); !errors.Is(err, ErrCredentials) {
			t.Errorf("%q: %v", p, err)
		}
	}
	in, err := w.SignInAs(t.Context(), "lan", "oidc", Client{})
	if err != nil {
		t.Fatal(err)
	}
	if _, s, err := w.Authenticate(t.Context(), in.Token); err != nil || s.How != "oidc" {
		t.Errorf("%+v %v", s, err)
	}
	if _, err := w.SignInAs(t.Context(), "stranger", "oidc", Client{}); !errors.Is(err, ErrCredentials) {
		t.Errorf("a stranger: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	lan := w.account("lan")
	sign := func() string {
		t.Helper()
		in, err := w.SignIn(t.Context(), "lan", password, Client{Address: "10.0.0.1"})
		if err != nil {
			t.Fatal(err)
		}
		return in.Token
	}
	alive := func(token string) bool {
		t.Helper()
		_, _, err := w.Authenticate(t.Context(), token)
		if err != nil && !errors.Is(err, ErrNoSession) {
			t.Fatal(err)
		}
		return err == nil
	}
	idle, used := sign(), sign()
	for range 13 { // a request every hour
		w.at = w.at.Add(time.Hour)
		if !alive(used) {
			t.Fatal("a session in use ended")
		}
	}
	if alive(idle) {
		t.Error("a session that was idle for 13 hours lives")
	}
	for range 8 * 24 {
		w.at = w.at.Add(time.Hour)
		alive(used)
	}
	if alive(used) {
		t.Error("a session lives for more than 7 days")
	}
	one, two, three := sign(), sign(), sign()
	if list, err := w.Sessions(t.Context(), lan.ID); err != nil || len(list) != 3 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	_, secret := splitToken(one)
	if err := w.EndSession(t.Context(), lan.ID, access.HashOf(secret), root); err != nil || alive(one) || !alive(two) {
		t.Errorf("end one: %v", err)
	}
	if err := w.EndSession(t.Context(), lan.ID, access.HashOf(secret), root); !errors.Is(err, ErrNoSession) {
		t.Errorf("end it again: %v", err)
	}
	if err := w.ChangePassword(t.Context(), lan.ID, "wrong", "another password", two, root); !errors.Is(err, ErrCredentials) {
		t.Errorf("with a wrong old password: %v", err)
	}
	if err := w.ChangePassword(t.Context(), lan.ID, password, "another password", two, root); err != nil {
		t.Fatal(err)
	}
	if !alive(two) || alive(three) {
		t.Error("after a change of the password only the session that made it may live")
	}
	if err := w.EndSession(t.Context(), lan.ID, "*", root); err != nil || alive(two) {
		t.Errorf("end all: %v", err)
	}
	for range mostSessions + 5 {
		if _, err := w.SignInAs(t.Context(), "lan", "oidc", Client{}); err != nil {
			t.Fatal(err)
		}
	}
	if list, _ := w.Sessions(t.Context(), lan.ID); len(list) != mostSessions {
		t.Errorf("%d sessions", len(list))
	}
}

func TestHashesAreRenewed(t *testing.T) {
	w := newWorld(t)
	lan := w.account("lan")
	w.hasher = newHasher(Hash{Time: 2, Memory: 128, Threads: 2})
	in, err := w.SignIn(t.Context(), "lan", password, Client{})
	if err != nil {
		t.Fatal(err)
	}
	if stored := w.store.Client().HGet(t.Context(), keyAccount(lan.ID), "password").Val(); !strings.HasPrefix(stored, "$argon2id$v=19$m=128,t=2,p=2$") {
		t.Errorf("the stored hash is %.40s", stored)
	}
	if _, _, err := w.Authenticate(t.Context(), in.Token); err != nil {
		t.Errorf("the session that renewed it: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "lan", password, Client{}); err != nil {
		t.Errorf("with the renewed hash: %v", err)
	}
	// Made by argon2's reference program: echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1
	if _, _, _, err := parseHash("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"); err != nil {
		t.Error(err)
	}
	if ok, _, err := w.hasher.verify(t.Context(), "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password", false); err != nil || !ok {
		t.Errorf("a hash of the reference program: %v %v", ok, err)
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=1,t=1,p=1$YQ$YQ", "$argon2id$v=19$m=256,t=0,p=1$YQ$YQ", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$YQ"} {
		if _, _, _, err := parseHash(bad); err == nil {
			t.Errorf("%q is taken for a hash", bad)
		}
	}
}

// A flood takes the memory of a few hashes only, and a device that is known has a place of its own.
func TestHashesAtOnceAreBounded(t *testing.T) {
	h := newHasher(cheap)
	var leave []func()
	for range strangersAtOnce {
		l, err := h.place(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var flood sync.WaitGroup
	for range mostWaiting {
		flood.Go(func() {
			if _, err := h.place(ctx, false); !errors.Is(err, ErrBusy) {
				t.Errorf("one more got a place: %v", err)
			}
		})
	}
	for end := time.Now().Add(10 * time.Second); len(h.waiting) < mostWaiting; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the queue does not fill")
		}
	}
	if _, err := h.hash(t.Context(), "x"); !errors.Is(err, ErrBusy) {
		t.Errorf("with the queue full: %v", err)
	}
	if ok, _, err := h.verify(t.Context(), "", "x", true); ok || err != nil {
		t.Errorf("a known device: %v %v", ok, err)
	}
	cancel()
	flood.Wait()
	for _, l := range leave {
		l()
	}
	if _, err := h.hash(t.Context(), "x"); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}

// try signs in and tells what came of it: "ok", "wrong" or "wait".
func (w *world) try(login, password string, c Client) string {
	w.t.Helper()
	_, err := w.SignIn(w.t.Context(), login, password, c)
	var wait *WaitError
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrCredentials):
		return "wrong"
	case errors.As(err, &wait) && wait.Wait > 0:
		return "wait"
	}
	w.t.Fatal(err)
	return ""
}

func TestGuessingIsSlowedDown(t *testing.T) {
	for _, login := range []string{"lan", "nobody"} { // those that do not exist behave alike
		w := newWorld(t)
		w.account("lan")
		here := Client{Address: "10.0.0.1"}
		for i := range freeFailures {
			if got := w.try(login, "wrong password", here); got != "wrong" {
				t.Fatalf("%s, failure %d: %s", login, i, got)
			}
		}
		if got := w.try(login, password, here); got != "wait" {
			t.Errorf("%s: the sixth at once: %s", login, got)
		}
		w.at = w.at.Add(firstWait)
		if got := w.try(login, "wrong password", here); got != "wrong" {
			t.Errorf("%s: after the wait: %s", login, got)
		}
		w.at = w.at.Add(firstWait)
		if got := w.try(login, "wrong password", here); got != "wait" {
			t.Errorf("%s: the wait does not grow: %s", login, got)
		}
		tried := 0
		for range 24 * 60 { // a guess every minute for a day
			w.at = w.at.Add(time.Minute)
			if w.try(login, "wrong password", here) == "wrong" {
				tried++
			}
		}
		if tried > 24*4+15 {
			t.Errorf("%s: %d guesses in a day", login, tried)
		}
	}
}

func TestSuccessForgives(t *testing.T) {
	w := newWorld(t)
	w.account("lan")
	here := Client{Address: "10.0.0.1"}
	for range 3 * addressBudget / freeFailures {
		for range freeFailures - 1 {
			w.try("lan", "wrong password", here)
		}
		w.store.Client().Del(t.Context(), limitKeys("lan", here, "")[1:]...) // the budgets are another test's
		if got := w.try("lan", password, here); got != "ok" {
			t.Fatal(got)
		}
	}
}

// Whatever others do with the name of an account, its holder signs in on the device where he did before.
func TestLockOutCannotBeUsedAgainstOthers(t *testing.T) {
	w := newWorld(t)
	lan, minh := w.account("lan"), w.account("minh")
	in, err := w.SignIn(t.Context(), "lan", password, Client{Address: "10.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	guesses := 0
	for i := range 3 * accountBudget { // from addresses of every kind
		if w.try("lan", "wrong password", Client{Address: fmt.Sprintf("192.0.2.%d", i)}) == "wrong" {
			guesses++
		}
	}
	if guesses != accountBudget {
		t.Errorf("%d strangers could guess at one account, want %d", guesses, accountBudget)
	}
	for i := range addressBudget + 20 { // and from his own address
		w.try(fmt.Sprint("other", i), "wrong password", Client{Address: "10.0.0.1"})
	}
	for name, c := range map[string]struct {
		login string
		Client
		want string
	}{
		"the known device":                     {"lan", Client{Address: "10.0.0.1", Device: in.Device}, "ok"},
		"the known device elsewhere":           {"lan", Client{Address: "172.16.0.1", Device: in.Device}, "ok"},
		"a stranger with the right password":   {"lan", Client{Address: "172.16.0.1"}, "wait"},
		"a device made up":                     {"lan", Client{Address: "172.16.0.1", Device: lan.ID + ".x.99999999999.x"}, "wait"},
		"a device of another account":          {"lan", Client{Address: "172.16.0.1", Device: w.withDevice("", minh.ID)}, "wait"},
		"a device that both use":               {"lan", Client{Address: "172.16.0.1", Device: w.withDevice(in.Device, minh.ID)}, "ok"},
		"another account, from another place":  {"minh", Client{Address: "172.16.0.1"}, "ok"},
		"another account, from the address":    {"minh", Client{Address: "10.0.0.1"}, "wait"},
		"another account, known, from it":      {"minh", Client{Address: "10.0.0.1", Device: w.withDevice("", minh.ID)}, "ok"},
		"the address is one with all its /128": {"minh", Client{Address: "::ffff:10.0.0.1"}, "wait"},
	} {
		if got := w.try(c.login, password, c.Client); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	// A stolen mark of a device opens nothing to guessing either.
	tried := 0
	for range 100 {
		if w.try("lan", "wrong password", Client{Address: "198.51.100.1", Device: in.Device}) == "wrong" {
			tried++
		}
	}
	if tried != freeFailures {
		t.Errorf("%d guesses at once with a known device", tried)
	}
	w.at = w.at.Add(deviceLifetime + time.Hour)
	if w.knownDevice(in.Device, lan.ID) != "" {
		t.Error("a device is known for ever")
	}
}

// Attempts made at once count as those made one after the other.
func TestAttemptsAtOnceAreCounted(t *testing.T) {
	w := newWorld(t)
	w.account("lan")
	var mu sync.Mutex
	wrong := 0
	var racers sync.WaitGroup
	for range 30 {
		racers.Go(func() {
			_, err := w.SignIn(t.Context(), "lan", "wrong password", Client{Address: "10.0.0.1"})
			if errors.Is(err, ErrCredentials) {
				mu.Lock()
				wrong++
				mu.Unlock()
			}
		})
	}
	racers.Wait()
	if wrong > freeFailures {
		t.Errorf("%d guesses at once", wrong)
	}
}

func TestNetworks(t *testing.T) {
	for in, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "::ffff:10.0.0.1": "10.0.0.1", "2001:db8:1:2:3::4": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "x": "x",
	} {
		if got := network(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestNoSecretIsInTheLog(t *testing.T) {
	w := newWorld(t)
	lan := w.account("lan")
	in, _ := w.SignIn(t.Context(), "lan", password, Client{Address: "10.0.0.1"})
	link, _ := w.ResetLink(t.Context(), lan.ID, root)
	if err := w.ChangePassword(t.Context(), lan.ID, password, "Canary password 2", in.Token, By{Actor: lan.Actor("10.0.0.1")}); err != nil {
		t.Fatal(err)
	}
	raw := w.store.Client().XRange(t.Context(), audit.Key(Tag), "-", "+").Val()
	if len(raw) != 4 {
		t.Errorf("%d entries: %v", len(raw), raw)
	}
	_, secret := splitToken(in.Token)
	for _, canary := range []string{"Canary", secret, access.HashOf(secret), link, access.HashOf(link), in.Device, "argon2"} {
		if strings.Contains(fmt.Sprint(raw), canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}
