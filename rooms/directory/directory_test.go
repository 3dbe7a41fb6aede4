package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"diemcau/rooms/audit"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

type world struct {
	*Directory
	t     *testing.T
	store *store.Store
}

func newWorld(t *testing.T, entries ...Entry) world {
	t.Helper()
	s := storetest.New(t)
	w := world{New(s), t, s}
	// On a busy machine much at once can take longer than Redis is waited for; a repeat finds what was written.
	for {
		err := w.Fill(t.Context(), entries, root)
		if err == nil {
			return w
		}
		if !errors.Is(err, store.ErrUnavailable) {
			t.Fatal(err)
		}
	}
}

var (
	root = By{Actor: audit.Actor{ID: "root", Login: "root"}}
	anew = By{Actor: root.Actor, Version: AnyVersion}
)

// smallProvince has a province, a department, a district with a commune, the chairman, a hall, its terminal and a group.
func smallProvince() []Entry {
	return []Entry{
		&Level{ID: "tinh", Name: "Tỉnh", Order: 1}, &Level{ID: "huyen", Name: "Huyện", Order: 3}, &Level{ID: "xa", Name: "Xã", Order: 4},
		&Unit{ID: "tinh", Name: "UBND tỉnh Minh Giang", Level: "tinh", ProtocolOrder: 1},
		&Unit{ID: "so-y-te", Name: "Sở Y tế", Level: "tinh", Parent: "tinh", ProtocolOrder: 115},
		&Unit{ID: "huyen-cam-ha", Name: "Huyện Cẩm Hà", ShortName: "H. Cẩm Hà", Level: "huyen", Parent: "tinh", ProtocolOrder: 205},
		&Unit{ID: "xa-tan-dan", Name: "Xã Tân Dân", Level: "xa", Parent: "huyen-cam-ha", ProtocolOrder: 300},
		&Person{ID: "ct", Title: "Chủ tịch UBND tỉnh", Unit: "tinh", ProtocolOrder: 1, Leader: true},
		&Hall{ID: "P1", Name: "Phòng họp P1", Unit: "tinh", Seats: 120, ProtocolOrder: 1},
		&Hall{ID: "ht-cam-ha", Name: "Hội trường UBND huyện Cẩm Hà", Unit: "huyen-cam-ha", Seats: 60, ProtocolOrder: 205},
		&Terminal{ID: "tb-cam-ha", Name: "Thiết bị họp", Hall: "ht-cam-ha"},
		&Group{ID: "cac-huyen", Name: "Các huyện", Units: []string{"huyen-cam-ha"}},
	}
}

func (w world) put(e Entry, by By) Entry {
	w.t.Helper()
	kept, err := w.Put(w.t.Context(), e, by)
	if err != nil {
		w.t.Fatal(err)
	}
	return kept
}

func (w world) snapshot() *Snapshot {
	w.t.Helper()
	s, err := w.Snapshot(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w world) log(action string) []audit.Entry {
	w.t.Helper()
	page, err := audit.New(w.store, audit.Of(Tag)).Search(w.t.Context(), audit.Query{Action: action, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Entries
}

func ids[T any](list []T, id func(T) string) string {
	var out []string
	for _, v := range list {
		out = append(out, id(v))
	}
	return strings.Join(out, " ")
}

func unitIDs(c Contents) string { return ids(c.Units, func(u Unit) string { return u.ID }) }

func TestEntriesChange(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	before := w.snapshot()
	if again := w.snapshot(); again != before {
		t.Error("a directory that has not changed is read again")
	}
	unit, _ := before.Unit("so-y-te")
	if unit.Version != 1 {
		t.Errorf("%+v", unit)
	}
	unit.Name, unit.Mailbox = " Sở Y tế tỉnh ", "so-y-te@minhgiang.example"
	kept := w.put(&unit, By{Actor: root.Actor, Version: 1}).(*Unit)
	if kept.Version != 2 || kept.Name != "Sở Y tế tỉnh" {
		t.Errorf("%+v", kept)
	}
	if old, _ := before.Unit("so-y-te"); old.Name != "Sở Y tế" {
		t.Error("a snapshot has changed")
	}
	after := w.snapshot()
	if now, _ := after.Unit("so-y-te"); now.Name != "Sở Y tế tỉnh" || after.Revision != before.Revision+1 {
		t.Errorf("%+v at %d", now, after.Revision)
	}
	// A repeated request finds what it asks for, whatever version it was based on.
	if again := w.put(&unit, By{Actor: root.Actor, Version: 1}).(*Unit); again.Version != 2 || w.snapshot().Revision != after.Revision {
		t.Errorf("a repeat: %+v", again)
	}
	unit.Name = "Khác"
	for _, version := range []int64{0, 1, 3} {
		if _, err := w.Put(t.Context(), &unit, By{Version: version}); !errors.Is(err, ErrStaleVersion) {
			t.Errorf("based on version %d: %v", version, err)
		}
	}
	if _, err := w.Put(t.Context(), &Unit{ID: "none", Name: "x", Level: "tinh"}, By{Version: 4}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a change of what is not there: %v", err)
	}
	log := w.log("unit.changed")
	if len(log) != 1 || log[0].Object != "so-y-te" || log[0].From != "name: Sở Y tế" || !strings.HasPrefix(log[0].To, "name: Sở Y tế tỉnh; mailbox: ") || log[0].Actor.ID != "root" {
		t.Errorf("%+v", log)
	}
	if made := w.log("unit.created"); len(made) != 4 {
		t.Errorf("%d entries for 4 units", len(made))
	}
}

func TestWhatIsReferredToStays(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	for _, c := range []struct {
		kind Kind
		id   string
		user string
	}{
		{KindLevel, "huyen", "huyen-cam-ha"}, {KindUnit, "xa-tan-dan", ""}, {KindHall, "ht-cam-ha", "tb-cam-ha"}, {KindTerminal, "tb-cam-ha", ""}, {KindHall, "ht-cam-ha", ""},
		{KindUnit, "huyen-cam-ha", "cac-huyen"}, {KindGroup, "cac-huyen", ""}, {KindUnit, "huyen-cam-ha", ""},
	} {
		err := w.Delete(t.Context(), c.kind, c.id, anew)
		var used *InUseError
		if errors.As(err, &used) != (c.user != "") || used != nil && used.ID != c.user || c.user == "" && err != nil {
			t.Errorf("%s %s: %v, used by %q", c.kind, c.id, err, c.user)
		}
	}
	if err := w.Delete(t.Context(), KindUnit, "huyen-cam-ha", anew); !errors.Is(err, ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	if err := w.Delete(t.Context(), KindPerson, "ct", By{Version: 9}); !errors.Is(err, ErrStaleVersion) {
		t.Errorf("another version: %v", err)
	}
	if log := w.log("hall.deleted"); len(log) != 1 || log[0].Name != "Hội trường UBND huyện Cẩm Hà" || !strings.Contains(log[0].From, "seats: 60") || log[0].To != "" {
		t.Errorf("%+v", log)
	}
}

func TestFaults(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	long, many := strings.Repeat("a", 300), make([]string, 60)
	for i := range many {
		many[i] = fmt.Sprint("u", i)
	}
	for want, e := range map[string]Entry{
		"id bad_id":                      &Unit{ID: "sở", Name: "x", Level: "tinh"},
		"id bad_id ":                     &Hall{ID: strings.Repeat("a", 65), Name: "x", Unit: "tinh"},
		"name required":                  &Unit{ID: "u", Name: " ", Level: "tinh"},
		"name bad_name":                  &Unit{ID: "u", Name: long, Level: "tinh"},
		"short_name bad_name":            &Unit{ID: "u", Name: "x", ShortName: "a\u202eb", Level: "tinh"},
		"level required":                 &Unit{ID: "u", Name: "x"},
		"level unknown_reference":        &Unit{ID: "u", Name: "x", Level: "none"},
		"parent unknown_reference":       &Unit{ID: "u", Name: "x", Level: "tinh", Parent: "none"},
		"parent cycle":                   &Unit{ID: "tinh", Name: "x", Level: "tinh", Parent: "xa-tan-dan"},
		"parent cycle ":                  &Unit{ID: "so-y-te", Name: "x", Level: "tinh", Parent: "so-y-te"},
		"predecessors cycle":             &Unit{ID: "so-y-te", Name: "x", Level: "tinh", Predecessors: []string{"so-y-te"}},
		"predecessors unknown_reference": &Unit{ID: "u", Name: "x", Level: "tinh", Predecessors: []string{"none"}},
		"predecessors repeated":          &Unit{ID: "u", Name: "x", Level: "tinh", Predecessors: []string{"tinh", "tinh"}},
		"predecessors limit":             &Unit{ID: "u", Name: "x", Level: "tinh", Predecessors: many},
		"valid_from bad_date":            &Unit{ID: "u", Name: "x", Level: "tinh", ValidFrom: "2025-02-31"},
		"valid_to bad_date":              &Unit{ID: "u", Name: "x", Level: "tinh", ValidTo: "30/06/2025"},
		"valid_to ends_before_start":     &Unit{ID: "u", Name: "x", Level: "tinh", ValidFrom: "2025-07-01", ValidTo: "2025-06-30"},
		"mailbox bad_mailbox":            &Unit{ID: "u", Name: "x", Level: "tinh", Mailbox: "Sở Y tế <so@x.example>"},
		"mailbox bad_mailbox ":           &Person{ID: "p", Title: "x", Unit: "tinh", Mailbox: "a@b\r\nBcc: c@d"},
		"protocol_order bad_number":      &Unit{ID: "u", Name: "x", Level: "tinh", ProtocolOrder: -1},
		"title required":                 &Person{ID: "p", Name: "x", Unit: "tinh"},
		"unit unknown_reference":         &Person{ID: "p", Title: "x", Unit: "none"},
		"seats bad_number":               &Hall{ID: "h", Name: "x", Unit: "tinh", Seats: 100_001},
		"equipment bad_name":             &Hall{ID: "h", Name: "x", Unit: "tinh", Equipment: []string{"a; b"}},
		"units required":                 &Group{ID: "g", Name: "x"},
		"units unknown_reference":        &Group{ID: "g", Name: "x", Units: []string{"tinh", "none"}},
		"hall unknown_reference":         &Terminal{ID: "t", Name: "x", Hall: "tinh"},
		"order bad_number":               &Level{ID: "l", Name: "x", Order: -1},
	} {
		_, err := w.Put(t.Context(), e, anew)
		var field *FieldError
		if !errors.As(err, &field) || field.Field+" "+field.Code != strings.TrimSpace(want) || field.Kind != e.Kind() {
			t.Errorf("%s: %v", want, err)
		}
	}
	// A chain that is as deep as can be, and one more.
	parent := "tinh"
	for i := 1; i <= MaxDepth; i++ {
		id := fmt.Sprint("depth-", i)
		w.put(&Unit{ID: id, Name: id, Level: "xa", Parent: parent}, root)
		parent = id
	}
	var field *FieldError
	if _, err := w.Put(t.Context(), &Unit{ID: "deeper", Name: "x", Level: "xa", Parent: parent}, root); !errors.As(err, &field) || field.Code != CodeTooDeep {
		t.Errorf("%v", err)
	}
	if got := w.snapshot().Ancestors(parent); len(got) != MaxDepth || got[MaxDepth-1] != "tinh" {
		t.Errorf("%v", got)
	}
}

func TestAncestors(t *testing.T) {
	s := newWorld(t, smallProvince()...).snapshot()
	for unit, want := range map[string]string{"xa-tan-dan": "huyen-cam-ha tinh", "huyen-cam-ha": "tinh", "tinh": "", "none": ""} {
		if got := strings.Join(s.Ancestors(unit), " "); got != want {
			t.Errorf("%s: %q", unit, got)
		}
	}
	for _, c := range []struct {
		kind Kind
		id   string
		want string
	}{{KindUnit, "xa-tan-dan", "xa-tan-dan"}, {KindPerson, "ct", "tinh"}, {KindTerminal, "tb-cam-ha", "huyen-cam-ha"}, {KindGroup, "cac-huyen", ""}} {
		if got := s.Home(s.Entry(c.kind, c.id)); got != c.want {
			t.Errorf("%s %s belongs to %q", c.kind, c.id, got)
		}
	}
}

// Districts existed until 30/06/2025 and do not after.
func TestDistrictsEnd(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	district, _ := w.snapshot().Unit("huyen-cam-ha")
	district.ValidTo = "2025-06-30"
	w.put(&district, anew)
	w.put(&Unit{ID: "xa-cam-ha", Name: "Xã Cẩm Hà", Level: "xa", Parent: "tinh", ProtocolOrder: 301, ValidFrom: "2025-07-01", Predecessors: []string{"huyen-cam-ha", "xa-tan-dan"}}, root)
	s := w.snapshot()
	before, after := s.At("2025-06-30"), s.At("2025-07-01")
	if got := unitIDs(before); got != "tinh so-y-te huyen-cam-ha xa-tan-dan" {
		t.Errorf("on 30/06: %s", got)
	}
	// What belongs to the district ends with it: its communes, its hall, the hall's terminal, a group of districts.
	if got := unitIDs(after); got != "tinh so-y-te xa-cam-ha" {
		t.Errorf("on 01/07: %s", got)
	}
	if len(before.Halls) != 2 || len(before.Terminals) != 1 || len(before.Groups) != 1 || len(after.Halls) != 1 || len(after.Terminals) != 0 || len(after.Groups) != 0 {
		t.Errorf("%+v\n%+v", before, after)
	}
	if got := unitIDs(s.All()); got != "tinh so-y-te huyen-cam-ha xa-tan-dan xa-cam-ha" {
		t.Errorf("at any time: %s", got)
	}
	// It still answers for what was held in its time.
	if u, ok := s.Unit("huyen-cam-ha"); !ok || u.Name != "Huyện Cẩm Hà" || s.ValidAt("xa-tan-dan", "2025-07-01") || !s.ValidAt("xa-tan-dan", "2025-06-30") {
		t.Errorf("%+v", u)
	}
	if s.ValidAt("none", "2025-06-30") {
		t.Error("a unit that was never there is valid")
	}
}

func TestSearch(t *testing.T) {
	s := newWorld(t, smallProvince()...).snapshot()
	for q, want := range map[string]string{
		"cam ha": "huyen-cam-ha ht-cam-ha", "CẨM HÀ": "huyen-cam-ha ht-cam-ha", "Ca\u0302\u0309m Ha\u0300": "huyen-cam-ha ht-cam-ha", "h. cẩm": "huyen-cam-ha ht-cam-ha",
		"ct": "ct", "chu tich": "ct", "p1": "P1", "so y": "so-y-te", "y so": "so-y-te", "am ha": "", "cac huyen": "cac-huyen", "đan": "xa-tan-dan",
		"": "cac-huyen tinh ct P1 so-y-te huyen-cam-ha ht-cam-ha xa-tan-dan", "minh giang": "tinh ct P1", "khong co": "", "*": "cac-huyen tinh ct P1 so-y-te huyen-cam-ha ht-cam-ha xa-tan-dan",
	} {
		if got := ids(s.Search(q, "", 50), func(h Hit) string { return h.ID }); got != want {
			t.Errorf("%q: %q, want %q", q, got, want)
		}
	}
	if got := s.Search("", "", 2); len(got) != 2 {
		t.Errorf("a limit of two: %v", got)
	}
	if h := s.Search("xa tan", "2025-01-01", 1); len(h) != 1 || h[0].Name != "Xã Tân Dân" || h[0].Detail != "Huyện Cẩm Hà" || h[0].Kind != KindUnit {
		t.Errorf("%+v", h)
	}
}

// Many change the directory at once, through two servers: every change is there, once.
func TestRacers(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	other := New(storetest.Attach(t, w.store))
	var racers sync.WaitGroup
	var won atomic.Int32
	for i := range 40 {
		racers.Go(func() {
			d := []*Directory{w.Directory, other}[i%2]
			if _, err := d.Put(context.Background(), &Unit{ID: fmt.Sprint("racer-", i), Name: "x", Level: "xa", Parent: "tinh", ProtocolOrder: i}, root); err != nil {
				t.Error(err)
			}
			switch _, err := d.Put(context.Background(), &Unit{ID: "so-y-te", Name: fmt.Sprint("Sở ", i), Level: "tinh", Parent: "tinh"}, By{Version: 1}); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrStaleVersion):
				t.Error(err)
			}
		})
	}
	racers.Wait()
	s := w.snapshot()
	if won.Load() != 1 || s.Revision != 1+40+1 || len(s.All().Units) != 44 {
		t.Errorf("%d won, revision %d, %d units", won.Load(), s.Revision, len(s.All().Units))
	}
}

// Two changes that are right alone and wrong together: one of them is refused.
func TestRacersCannotMakeACycle(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	other := New(storetest.Attach(t, w.store))
	for round := range 20 {
		x, y := fmt.Sprint("x", round), fmt.Sprint("y", round)
		w.put(&Unit{ID: x, Name: x, Level: "xa"}, root)
		w.put(&Unit{ID: y, Name: y, Level: "xa"}, root)
		var racers sync.WaitGroup
		var refused atomic.Int32
		for i, d := range []*Directory{w.Directory, other} {
			racers.Go(func() {
				pair := []string{x, y}
				var field *FieldError
				if _, err := d.Put(context.Background(), &Unit{ID: pair[i], Name: x, Level: "xa", Parent: pair[1-i]}, anew); errors.As(err, &field) && field.Code == CodeCycle {
					refused.Add(1)
				}
			})
		}
		racers.Wait()
		if refused.Load() != 1 {
			t.Fatalf("round %d: %d refused", round, refused.Load())
		}
	}
}

func TestFillIsOnceForAll(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	if err := w.Delete(t.Context(), KindPerson, "ct", anew); err != nil {
		t.Fatal(err)
	}
	if err := w.Fill(t.Context(), smallProvince(), root); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.snapshot().Person("ct"); ok {
		t.Error("what was deleted is back")
	}
	var field *FieldError
	twice := []Entry{&Level{ID: "l", Name: "x"}, &Level{ID: "l", Name: "y"}}
	if err := New(storetest.New(t)).Fill(t.Context(), twice, root); !errors.As(err, &field) || field.Code != CodeRepeated {
		t.Errorf("%v", err)
	}
	if err := New(storetest.New(t)).Fill(t.Context(), []Entry{&Hall{ID: "h", Name: "x", Unit: "none"}}, root); !errors.As(err, &field) || field.Code != CodeUnknown {
		t.Errorf("%v", err)
	}
}

// provinceOf has a number of communes beside what the small one has.
func provinceOf(communes int) []Entry {
	entries := smallProvince()
	for i := range communes {
		entries = append(entries, &Unit{ID: fmt.Sprint("u", i), Name: fmt.Sprint("Xã số ", i), Level: "xa", Parent: "huyen-cam-ha", ProtocolOrder: 1000 + i})
	}
	return entries
}

func TestTwoThousandUnits(t *testing.T) {
	w := newWorld(t, provinceOf(2000)...)
	s := w.snapshot()
	if n := len(s.At("2025-01-01").Units); n != 2004 {
		t.Errorf("%d units", n)
	}
	if got := ids(s.Search("xa so 1999", "2025-01-01", 10), func(h Hit) string { return h.ID }); got != "u1999" {
		t.Errorf("%s", got)
	}
}

func TestLimits(t *testing.T) {
	entries := smallProvince()
	for i := range 499 {
		entries = append(entries, &Group{ID: fmt.Sprint("g", i), Name: "x", Units: []string{"tinh"}})
	}
	w := newWorld(t, entries...)
	var field *FieldError
	if _, err := w.Put(t.Context(), &Group{ID: "more", Name: "x", Units: []string{"tinh"}}, root); !errors.As(err, &field) || field.Code != CodeLimit {
		t.Errorf("%v", err)
	}
}

func BenchmarkSearch(b *testing.B) {
	s := storetest.New(b)
	d := New(s)
	if err := d.Fill(b.Context(), provinceOf(2000), root); err != nil {
		b.Fatal(err)
	}
	all, err := d.Snapshot(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if len(all.Search("xa so 1999", "2025-01-01", 20)) != 1 {
			b.Fatal("not found")
		}
	}
}

func TestStoreAway(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	resume := storetest.Pause(t, w.store)
	if _, err := w.Snapshot(t.Context()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("read: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() {
			if _, err := w.Put(ctx, &Level{ID: "l", Name: "x"}, root); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("write: %v", err)
			}
		})
	}
	all.Wait()
	resume()
	if !slices.Contains(w.snapshot().Ancestors("so-y-te"), "tinh") {
		t.Error("not the same after Redis is back")
	}
}
