package calendar

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"diemcau/rooms/meeting"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

var now = time.Date(2026, 2, 5, 1, 0, 0, 0, time.UTC)

func newCalendar(t *testing.T) (*Calendar, *store.Store) {
	t.Helper()
	s := storetest.New(t)
	c := New(s, slog.New(slog.DiscardHandler))
	c.now = func() time.Time { return now }
	return c, s
}

func plan() Plan {
	return Plan{
		Subject: "Tiến độ giải phóng mặt bằng", Start: now.Add(time.Hour), End: now.Add(3 * time.Hour), Speaking: meeting.SpeakingFloor,
		Chair: Person{Name: "Phó Chủ tịch UBND tỉnh"}, Sites: []Site{{Name: "Huyện An Lạc", ProtocolOrder: 204}},
	}
}

func TestAMeetingsLife(t *testing.T) {
	c, s := newCalendar(t)
	m, err := c.Create(t.Context(), plan(), Change{Actor: "planner"})
	if err != nil || m.Version != 1 || m.State != StateIssued || len(m.ID) != 22 {
		t.Fatalf("%+v %v", m, err)
	}
	changed := plan()
	changed.Subject = "Tiến độ" // decomposed
	m, err = c.Change(t.Context(), m.ID, changed, Change{Actor: "planner", Version: 1})
	if err != nil || m.Version != 2 || m.Subject != "Tiến độ" {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := c.Change(t.Context(), m.ID, changed, Change{Version: 1}); !errors.Is(err, ErrStaleVersion) {
		t.Errorf("a change of an old version: %v", err)
	}
	if got, err := c.Get(t.Context(), m.ID); err != nil || got.Version != 2 || !got.Start.Equal(plan().Start) || got.Sites[0].ProtocolOrder != 204 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := c.Open(t.Context(), m.ID); err != nil || got.State != StateIssued || got.Version != 2 {
		t.Errorf("opened before its start: %+v %v", got, err)
	}
	c.now = func() time.Time { return m.Start }
	for range 2 { // opening twice is opening once
		if m, err = c.Open(t.Context(), m.ID); err != nil || m.State != StateHeld || m.Version != 3 {
			t.Fatalf("%+v %v", m, err)
		}
	}
	if _, err := c.Change(t.Context(), m.ID, changed, Change{}); !errors.Is(err, ErrWrongState) {
		t.Errorf("a change while it runs: %v", err)
	}
	if m, err = c.End(t.Context(), m.ID); err != nil || m.State != StateConcluded {
		t.Fatalf("%+v %v", m, err)
	}
	if _, err := c.Cancel(t.Context(), m.ID, "hoãn", Change{}); !errors.Is(err, ErrWrongState) {
		t.Errorf("calling off what is over: %v", err)
	}
	other, err := c.Create(t.Context(), plan(), Change{})
	if err != nil {
		t.Fatal(err)
	}
	if other, err = c.Cancel(t.Context(), other.ID, "hoãn", Change{Actor: "planner"}); err != nil || other.State != StateCancelled {
		t.Errorf("%+v %v", other, err)
	}
	for _, id := range []string{"none", ""} {
		if _, err := c.Get(t.Context(), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	// Each change stands in the journal, and the meeting knows which are its own.
	if got := words(t, c, m.ID) + "; " + words(t, c, other.ID); got != "created changed opened concluded; created cancelled" {
		t.Errorf("history: %s", got)
	}
	if ttl := s.Client().TTL(t.Context(), prefixMeeting+m.ID).Val(); ttl != -1 {
		t.Errorf("a meeting expires in %v", ttl)
	}
}

func TestPlansThatCannotBeAccepted(t *testing.T) {
	c, _ := newCalendar(t)
	for name, tc := range map[string]struct {
		change      func(*Plan)
		field, code string
	}{
		"no subject":       {func(p *Plan) { p.Subject = "" }, "subject", CodeRequired},
		"bidi subject":     {func(p *Plan) { p.Subject = "a\u202eb" }, "subject", CodeBadName},
		"long subject":     {func(p *Plan) { p.Subject = strings.Repeat("a", 257) }, "subject", CodeBadName},
		"no start":         {func(p *Plan) { p.Start = time.Time{} }, "start", CodeRequired},
		"no end":           {func(p *Plan) { p.End = time.Time{} }, "end", CodeRequired},
		"end before start": {func(p *Plan) { p.End = p.Start.Add(-time.Minute) }, "end", CodeEndNotAfter},
		"end at start":     {func(p *Plan) { p.End = p.Start }, "end", CodeEndNotAfter},
		"past":             {func(p *Plan) { p.Start, p.End = now.Add(-2*time.Hour), now.Add(-time.Hour) }, "end", CodePast},
		"over a day":       {func(p *Plan) { p.End = p.Start.Add(24*time.Hour + time.Second) }, "end", CodeTooLong},
		"far ahead":        {func(p *Plan) { p.Start, p.End = p.Start.AddDate(90, 0, 0), p.End.AddDate(90, 0, 0) }, "start", CodeTooFar},
		"no chair":         {func(p *Plan) { p.Chair = Person{} }, "chair.name", CodeRequired},
		"speaking":         {func(p *Plan) { p.Speaking = "all" }, "speaking", CodeUnknownValue},
		"secrecy":          {func(p *Plan) { p.Secrecy = "vague" }, "secrecy", CodeUnknownValue},
		"M10":              {func(p *Plan) { p.Secrecy = "mat" }, "secrecy", CodeSecret},
		"top secret":       {func(p *Plan) { p.Secrecy = "tuyet_mat" }, "secrecy", CodeSecret},
		"type":             {func(p *Plan) { p.Type = "party" }, "type", CodeUnknownValue},
		"format":           {func(p *Plan) { p.Format = "by_post" }, "format", CodeUnknownValue},
		"unit":             {func(p *Plan) { p.PreparingUnit = "sở" }, "preparing_unit", CodeBadName},
		"hall":             {func(p *Plan) { p.Halls = []Venue{{Name: "Phòng họp P1"}} }, "halls[0].id", CodeBadName},
		"two of a hall":    {func(p *Plan) { p.Halls = []Venue{{"P1", "P1"}, {"P1", "P1"}} }, "halls[1].id", CodeRepeated},
		"two of a unit":    {func(p *Plan) { p.Sites = []Site{{UnitID: "a", Name: "A"}, {UnitID: "a", Name: "A"}} }, "sites[1].unit_id", CodeRepeated},
		"co-chair":         {func(p *Plan) { p.CoChairs = []Person{{ID: "x"}} }, "co_chairs[0].name", CodeRequired},
		"nameless clerk":   {func(p *Plan) { p.Secretary = Person{Unit: "Văn phòng"} }, "secretary.name", CodeRequired},
		"delegate":         {func(p *Plan) { p.Delegates = []Delegate{{Name: "A", Person: "?"}} }, "delegates[0].person", CodeBadName},
		"agenda":           {func(p *Plan) { p.Agenda = []Item{{Title: "Khai mạc", Minutes: 1441}} }, "agenda[0].minutes", CodeLimit},
		"too many in all":  {func(p *Plan) { p.Sites, p.Resources = unitSites(600), sites(MaxResources-100) }, "resources", CodeLimit},
		"site":             {func(p *Plan) { p.Sites = append(p.Sites, Site{Name: "\n"}) }, "sites[1].name", CodeBadName},
		"too many sites":   {func(p *Plan) { p.Sites = make([]Site, MaxSites+1) }, "sites", CodeLimit},
	} {
		p := plan()
		tc.change(&p)
		var field *FieldError
		if _, err := c.Create(t.Context(), p, Change{}); !errors.As(err, &field) || field.Field != tc.field || field.Code != tc.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, total, err := c.List(t.Context(), Query{Limit: 10}); err != nil || total != 0 {
		t.Errorf("%d meetings, %v", total, err)
	}
}

func TestARepeatedRequestAnswersAsTheFirst(t *testing.T) {
	c, s := newCalendar(t)
	var racers sync.WaitGroup
	ids := make([]string, 16)
	for i := range ids {
		racers.Go(func() {
			m, err := c.Create(t.Context(), plan(), Change{IdempotencyKey: "key"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = m.ID
		})
	}
	racers.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one key made two meetings: %v", ids)
		}
	}
	if _, total, _ := c.List(t.Context(), Query{Limit: 10}); total != 1 {
		t.Errorf("%d meetings", total)
	}
	other := plan()
	other.Subject = "Khác"
	if _, err := c.Create(t.Context(), other, Change{IdempotencyKey: "key"}); !errors.Is(err, ErrIdempotencyMismatch) {
		t.Errorf("the key for another plan: %v", err)
	}
	if m, err := c.Create(t.Context(), other, Change{IdempotencyKey: "another"}); err != nil || m.ID == ids[0] {
		t.Errorf("another key: %v", err)
	}
	for _, k := range s.Client().Keys(t.Context(), prefixIdempotency+"*").Val() {
		if ttl := s.Client().TTL(t.Context(), k).Val(); ttl <= keptIdempotency-time.Minute || ttl > keptIdempotency {
			t.Errorf("a key is kept for %v", ttl)
		}
	}
}

func TestARepeatedRequestIsAnsweredWhateverHappenedSince(t *testing.T) {
	c, s := newCalendar(t)
	begins := plan()
	made, err := c.Create(t.Context(), begins, Change{IdempotencyKey: "create"})
	if err != nil {
		t.Fatal(err)
	}
	moved := plan()
	moved.Subject = "Dời lịch"
	changed, err := c.Change(t.Context(), made.ID, moved, Change{IdempotencyKey: "change", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	cancelled, err := c.Cancel(t.Context(), made.ID, "bão", Change{IdempotencyKey: "cancel", Version: 2})
	if err != nil {
		t.Fatal(err)
	}
	c.now = func() time.Time { return now.AddDate(0, 0, 7) }
	if m, err := c.Create(t.Context(), begins, Change{IdempotencyKey: "create"}); err != nil || m.ID != made.ID || m.Version != 1 {
		t.Errorf("created again: %+v %v", m, err)
	}
	if m, err := c.Change(t.Context(), made.ID, moved, Change{IdempotencyKey: "change", Version: 1}); err != nil || m.Version != changed.Version {
		t.Errorf("changed again: %+v %v", m, err)
	}
	if m, err := c.Cancel(t.Context(), made.ID, "bão", Change{IdempotencyKey: "cancel", Version: 2}); err != nil || m.State != cancelled.State {
		t.Errorf("cancelled again: %+v %v", m, err)
	}
	if _, err := c.Cancel(t.Context(), made.ID, "lụt", Change{IdempotencyKey: "cancel"}); !errors.Is(err, ErrIdempotencyMismatch) {
		t.Errorf("the key for another reason: %v", err)
	}
	if n := s.Client().XLen(t.Context(), keyJournal).Val(); n != 3 {
		t.Errorf("%d entries in the journal", n)
	}
}

func TestAChangeCannotMoveAMeetingIntoThePast(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), plan(), Change{})
	if err != nil {
		t.Fatal(err)
	}
	past := plan()
	past.Start, past.End = now.Add(-3*time.Hour), now.Add(-2*time.Hour)
	var field *FieldError
	if _, err := c.Change(t.Context(), m.ID, past, Change{}); !errors.As(err, &field) || field.Code != CodePast {
		t.Errorf("moved into the past: %v", err)
	}
	c.now = func() time.Time { return now.AddDate(0, 0, 7) }
	renamed := plan()
	renamed.Subject = "Tên khác"
	if _, err := c.Change(t.Context(), m.ID, renamed, Change{}); err != nil {
		t.Errorf("renaming what is over: %v", err)
	}
}

func TestAMeetingThatIsAlwaysOnStays(t *testing.T) {
	c, _ := newCalendar(t)
	always := Plan{Subject: "Phòng họp thử", Start: now.AddDate(-1, 0, 0), AlwaysOn: true, Chair: Person{Name: "Văn phòng"}, Speaking: "open"}
	for range 2 {
		if m, err := c.Ensure(t.Context(), "practice", StateIssued, always, Change{}); err != nil || m.Version != 1 || !m.End.IsZero() {
			t.Fatalf("%+v %v", m, err)
		}
	}
	if _, err := c.Cancel(t.Context(), "practice", "thử", Change{}); !errors.Is(err, ErrWrongState) {
		t.Errorf("called off: %v", err)
	}
	if _, err := c.Change(t.Context(), "practice", plan(), Change{}); !errors.Is(err, ErrWrongState) {
		t.Errorf("changed: %v", err)
	}
	for _, step := range []func(context.Context, string) (Meeting, error){c.Open, c.End} {
		if m, err := step(t.Context(), "practice"); err != nil || m.State != StateIssued {
			t.Errorf("%+v %v", m, err)
		}
	}
}

func TestCredentialsStandInTheJournal(t *testing.T) {
	c, s := newCalendar(t)
	m, err := c.Create(t.Context(), plan(), Change{})
	if err != nil {
		t.Fatal(err)
	}
	i := Issued{Kind: "invitation", Name: "Huyện Cẩm Hà", Role: "site"}
	for n, answer := range []string{"first", "second"} {
		if got, err := c.Issue(t.Context(), m, i, answer, Change{IdempotencyKey: "k"}); err != nil || got != "first" {
			t.Errorf("request %d: %q %v", n, got, err)
		}
	}
	if got, err := c.Issue(t.Context(), m, i, "third", Change{}); err != nil || got != "third" {
		t.Errorf("without a key: %q %v", got, err)
	}
	if _, err := c.Issue(t.Context(), m, Issued{Kind: "token"}, "x", Change{IdempotencyKey: "k"}); !errors.Is(err, ErrIdempotencyMismatch) {
		t.Errorf("the key for another: %v", err)
	}
	if _, err := c.Issue(t.Context(), Meeting{ID: "none"}, i, "x", Change{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("for no meeting: %v", err)
	}
	entries := s.Client().XRange(t.Context(), keyJournal, "-", "+").Val()
	if last := fmt.Sprint(entries[len(entries)-1].Values["entry"]); len(entries) != 3 || !strings.Contains(last, "Huyện Cẩm Hà") {
		t.Errorf("%d entries, the last %s", len(entries), last)
	}
}

func TestOneOfManyChangesWins(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), plan(), Change{})
	if err != nil {
		t.Fatal(err)
	}
	var racers sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for i := range 20 {
		racers.Go(func() {
			p := plan()
			p.Subject = fmt.Sprint("Nội dung ", i)
			_, err := insist(t, func() (Meeting, error) {
				return c.Change(t.Context(), m.ID, p, Change{Version: m.Version, IdempotencyKey: p.Subject})
			})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if !errors.Is(err, ErrStaleVersion) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if won != 1 {
		t.Errorf("%d of 20 changes of one version were accepted", won)
	}
}

func TestWhenPeopleMayEnter(t *testing.T) {
	office := Settings{JoinBefore: 20 * time.Minute}
	m := Meeting{State: StateIssued, Plan: plan()}
	for at, want := range map[time.Time]bool{
		m.Start.Add(-20*time.Minute - time.Second): false, m.Start.Add(-20 * time.Minute): true, m.Start: true, m.End.Add(-time.Second): true, m.End: false,
	} {
		if got := office.Admits(m, at); got != want {
			t.Errorf("%v: %v", at, got)
		}
	}
	m.State = StateHeld
	if !office.Admits(m, m.End.Add(time.Hour)) {
		t.Error("a meeting that runs late turns people away")
	}
	for _, s := range []State{StateDraft, StateSubmitted, StateReturned, StateApproved, StateConcluded, StatePostponed, StateCancelled} {
		if m.State = s; office.Admits(m, m.Start) {
			t.Errorf("%s lets people in", s)
		}
	}
	always := Meeting{State: StateIssued, Plan: Plan{Start: now, AlwaysOn: true}}
	if !office.Admits(always, now.AddDate(5, 0, 0)) {
		t.Error("the practice meeting is closed")
	}
}

func TestStoreAway(t *testing.T) {
	c, s := newCalendar(t)
	storetest.Pause(t, s)
	began := time.Now()
	if _, err := c.Create(t.Context(), plan(), Change{}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("create: %v", err)
	}
	if _, err := c.Get(t.Context(), "x"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("get: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("two answers took %v", took)
	}
}

// Who watches the calendar is told of a change that was made although its answer was lost: a repeated request changes nothing that could be told.
func TestAChangeIsToldWhoseAnswerWasLost(t *testing.T) {
	c, s := newCalendar(t)
	m, err := c.Create(t.Context(), plan(), Change{})
	if err != nil {
		t.Fatal(err)
	}
	told := []string{}
	c.Watch(func(ids []string) { told = append(told, ids...) })
	var resume func()
	pause := sync.OnceFunc(func() { resume = storetest.Pause(t, s) })
	away := Change{Actor: "lan", IdempotencyKey: "k", Permit: func(Meeting, rights.Action) error { pause(); return nil }} // the meeting was read
	if _, err := c.Cancel(t.Context(), m.ID, "Bão", away); !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("%v", err)
	}
	resume()
	storetest.AwaitReady(t, s)
	if again, err := c.Cancel(t.Context(), m.ID, "Bão", away); err != nil || again.State != StateCancelled || !slices.Contains(told, m.ID) {
		t.Errorf("%s, told %v, %v", again.State, told, err)
	}
}

func unitSites(n int) (all []Site) {
	for i := range n {
		all = append(all, Site{UnitID: fmt.Sprint("unit", i), Name: fmt.Sprint("Đơn vị ", i)})
	}
	return all
}

func sites(n int) (all []Resource) {
	for i := range n {
		all = append(all, Resource{AtSite, fmt.Sprint(i)})
	}
	return all
}

// words are the actions in a meeting's history.
func words(t *testing.T, c *Calendar, id string) string {
	t.Helper()
	entries, err := c.History(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Action)
	}
	return strings.Join(all, " ")
}
