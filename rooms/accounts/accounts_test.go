package accounts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"diemcau/rooms/audit"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// cheap keeps tests quick; what it computes has the same form.
var cheap = Hash{Time: 1, Memory: 64, Threads: 1}

const password = "Canary mật khẩu 1"

type world struct {
	*Accounts
	t     *testing.T
	store *store.Store
	at    time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	s := storetest.New(t)
	a, err := New(t.Context(), Config{Store: s, Hash: cheap})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Accounts: a, t: t, store: s, at: time.Now()}
	a.now = func() time.Time { return w.at }
	return w
}

var root = By{Actor: audit.Actor{ID: "root", Login: "root"}}

func (w *world) account(login string, roles ...rights.Role) Account {
	w.t.Helper()
	d := Details{Login: login, Name: "Chuyên viên " + login}
	for _, r := range roles {
		d.Grants = append(d.Grants, rights.Grant{Role: r})
	}
	acc, err := w.Create(w.t.Context(), d, password, root)
	if err != nil {
		w.t.Fatal(err)
	}
	return acc
}

func (w *world) log() []audit.Entry {
	w.t.Helper()
	page, err := audit.New(w.store, audit.Of(Tag)).Search(w.t.Context(), audit.Query{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Entries
}

func TestAccounts(t *testing.T) {
	w := newWorld(t)
	lan := w.account("Lan.Do@MinhGiang.example", rights.Planner)
	if lan.Login != "lan.do@minhgiang.example" || lan.Version != 1 || !lan.HasPassword {
		t.Errorf("%+v", lan)
	}
	got, err := w.ByLogin(t.Context(), " LAN.do@minhgiang.EXAMPLE ")
	if err != nil || got.ID != lan.ID || !slices.Equal(got.Grants, lan.Grants) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := w.Create(t.Context(), Details{Login: "LAN.DO@minhgiang.example", Name: "x"}, password, root); !errors.Is(err, ErrTaken) {
		t.Errorf("a second account of one name: %v", err)
	}
	minh := w.account("minh")
	d := lan.Details
	d.Login = "minh"
	if _, err := w.Change(t.Context(), lan.ID, d, root); !errors.Is(err, ErrTaken) {
		t.Errorf("a change to another's name: %v", err)
	}
	d.Login, d.Title = "lan", "Chuyên viên"
	changed, err := w.Change(t.Context(), lan.ID, d, By{Actor: root.Actor, Version: 1})
	if err != nil || changed.Version != 2 || changed.Title != "Chuyên viên" {
		t.Errorf("%+v, %v", changed, err)
	}
	if _, err := w.Change(t.Context(), lan.ID, d, By{Version: 1}); !errors.Is(err, ErrStaleVersion) {
		t.Errorf("a stale version: %v", err)
	}
	if _, err := w.ByLogin(t.Context(), "lan.do@minhgiang.example"); !errors.Is(err, ErrNotFound) {
		t.Errorf("the old name still leads somewhere: %v", err)
	}
	for text, want := range map[string]int{"": 2, "chuyen vien": 2, "Viên LÂN": 1, "khong": 0} {
		if list, total, err := w.List(t.Context(), text, 0, 10); err != nil || total != want || len(list) != want {
			t.Errorf("%q: %d of %d, %v", text, len(list), total, err)
		}
	}
	if list, total, _ := w.List(t.Context(), "", 1, 10); total != 2 || len(list) != 1 || list[0].ID != minh.ID {
		t.Errorf("the second page: %v of %d", list, total)
	}
	newest := w.log()[0]
	if newest.Action != "account.changed" || newest.Object != lan.ID || newest.Actor.Login != "root" || !strings.Contains(newest.From, "lan.do@") || !strings.Contains(newest.To, "lan;") {
		t.Errorf("the log says %+v", newest)
	}
}

func TestFieldsOfAccounts(t *testing.T) {
	w := newWorld(t)
	good := Details{Login: "lan", Name: "Lan"}
	for name, c := range map[string]struct {
		change   func(*Details)
		password string
		field    string
		code     string
	}{
		"no login":         {func(d *Details) { d.Login = "" }, "", "login", CodeBadLogin},
		"login of spaces":  {func(d *Details) { d.Login = "lan do" }, "", "login", CodeBadLogin},
		"long login":       {func(d *Details) { d.Login = strings.Repeat("a", 65) }, "", "login", CodeBadLogin},
		"no name":          {func(d *Details) { d.Name = " " }, "", "name", CodeBadName},
		"bidi title":       {func(d *Details) { d.Title = "a\u202eb" }, "", "title", CodeBadName},
		"unknown role":     {func(d *Details) { d.Grants = []rights.Grant{{Role: "king"}} }, "", "grants", CodeUnknownRole},
		"many grants":      {func(d *Details) { d.Grants = make([]rights.Grant, 51) }, "", "grants", CodeTooManyGrants},
		"long unit":        {func(d *Details) { d.Unit = strings.Repeat("u", 65) }, "", "unit", CodeBadUnit},
		"short password":   {func(*Details) {}, "123456789", "password", CodePasswordShort},
		"marks count once": {func(*Details) {}, "mậtkhẩu1", "password", CodePasswordShort},
		"long password":    {func(*Details) {}, strings.Repeat("a", 257), "password", CodePasswordLong},
		"huge password":    {func(*Details) {}, strings.Repeat("a", 1<<20), "password", CodePasswordLong},
		"not UTF-8":        {func(*Details) {}, "aaaaaaaaaaaa\xff", "password", CodePasswordLong},
		"password is name": {func(d *Details) { d.Login = "nguyen.van.a" }, "Nguyen.Van.A", "password", CodePasswordIsLogin},
	} {
		d := good
		c.change(&d)
		_, err := w.Create(t.Context(), d, c.password, root)
		var field *FieldError
		if !errors.As(err, &field) || field.Field != c.field || field.Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if any, err := w.Any(t.Context()); any || err != nil {
		t.Errorf("something was kept: %v", err)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	w := newWorld(t)
	first, second := w.account("first", rights.Administrator), w.account("second", rights.Administrator)
	w.account("planner", rights.Planner)
	var won atomic.Int32
	var racers sync.WaitGroup
	for _, acc := range []Account{first, second} {
		racers.Go(func() {
			d := acc.Details
			d.Disabled = true
			switch _, err := w.Change(t.Context(), acc.ID, d, root); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrLastAdmin):
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of two administrators could be disabled at once", won.Load())
	}
	// For one unit is not for all.
	for _, acc := range []Account{first, second} {
		d := acc.Details
		d.Grants = []rights.Grant{{Role: rights.Administrator, Unit: "u"}}
		d.Disabled = false
		_, _ = w.Change(t.Context(), acc.ID, d, root)
	}
	administers := 0
	for _, id := range []string{first.ID, second.ID} {
		if acc, _ := w.Get(t.Context(), id); acc.administers() {
			administers++
		}
	}
	if administers != 1 {
		t.Errorf("%d administrators are left", administers)
	}
}

func TestSetupWorksOnce(t *testing.T) {
	w := newWorld(t)
	one, err := w.SetupLink(t.Context())
	if err != nil || len(one) != 43 {
		t.Fatalf("%q, %v", one, err)
	}
	other, _ := w.SetupLink(t.Context()) // of a second server, or a second start
	if keys := w.store.Client().Keys(t.Context(), "*"+one+"*").Val(); len(keys) > 0 {
		t.Error("the store holds the secret itself")
	}
	if _, err := w.Setup(t.Context(), "guess", Details{Login: "evil", Name: "x"}, password, ""); !errors.Is(err, ErrBadLink) {
		t.Errorf("a guessed link: %v", err)
	}
	var field *FieldError
	if _, err := w.Setup(t.Context(), one, Details{Login: "admin", Name: "x"}, "", ""); !errors.As(err, &field) {
		t.Errorf("without a password: %v", err)
	}
	var won atomic.Int32
	var racers sync.WaitGroup
	for i := range 8 {
		racers.Go(func() {
			link := one
			if i%2 == 1 {
				link = other
			}
			switch _, err := w.Setup(t.Context(), link, Details{Login: fmt.Sprint("admin", i), Name: "Quản trị"}, password, "10.0.0.1"); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrBadLink):
				t.Error(err)
			}
		})
	}
	racers.Wait()
	list, total, _ := w.List(t.Context(), "", 0, 10)
	if won.Load() != 1 || total != 1 || !list[0].administers() {
		t.Errorf("%d of 8 won, %d accounts: %+v", won.Load(), total, list)
	}
	if again, err := w.SetupLink(t.Context()); again != "" || err != nil {
		t.Errorf("a link where there is an account: %q %v", again, err)
	}
	if e := w.log()[0]; e.Action != "account.first_created" || e.Actor.ID != list[0].ID || e.Actor.Address != "10.0.0.1" {
		t.Errorf("%+v", e)
	}
}

func TestResetLinks(t *testing.T) {
	w := newWorld(t)
	lan := w.account("lan")
	in, err := w.SignIn(t.Context(), "lan", password, Client{Address: "10.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.ResetLink(t.Context(), lan.ID, root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Setup(t.Context(), link, Details{Login: "x2", Name: "x"}, password, ""); !errors.Is(err, ErrBadLink) {
		t.Errorf("as a link for the first administrator: %v", err)
	}
	if _, err := w.Reset(t.Context(), link, "short", ""); err == nil || errors.Is(err, ErrBadLink) {
		t.Errorf("a short password: %v", err)
	}
	if _, err := w.Reset(t.Context(), link, "another password", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Reset(t.Context(), link, "third password 3", ""); !errors.Is(err, ErrBadLink) {
		t.Errorf("a second time: %v", err)
	}
	if _, _, err := w.Authenticate(t.Context(), in.Token); !errors.Is(err, ErrNoSession) {
		t.Errorf("a session outlives the reset: %v", err)
	}
	if _, err := w.SignIn(t.Context(), "lan", "another password", Client{}); err != nil {
		t.Error(err)
	}
	if _, err := w.ResetLink(t.Context(), "nobody", root); !errors.Is(err, ErrNotFound) {
		t.Errorf("for nobody: %v", err)
	}
	link, _ = w.ResetLink(t.Context(), lan.ID, root)
	if ttl := w.store.Client().TTL(t.Context(), keyLink(link)).Val(); ttl <= 0 || ttl > LinkLife {
		t.Errorf("a link lives %v", ttl)
	}
}

func TestRedisAway(t *testing.T) {
	w := newWorld(t)
	storetest.Pause(t, w.store)
	if _, err := w.SignIn(t.Context(), "lan", password, Client{}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("sign in: %v", err)
	}
	if _, _, err := w.Authenticate(t.Context(), "a.b"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("authenticate: %v", err)
	}
}
