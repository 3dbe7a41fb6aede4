package calendar

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

var (
	p1       = Resource{Hall, "P1"}
	chairman = Resource{Leader, "chu-tich"}
)

// at is a time of the day in the province, some days after that of the tests.
func at(days, hour, minute int) time.Time {
	return time.Date(2026, 2, 5+days, hour, minute, 0, 0, Zone)
}

func booked(subject string, start, end time.Time, resources ...Resource) Plan {
	p := plan()
	p.Subject, p.Start, p.End, p.Resources = subject, start, end, resources
	return p
}

// Nine to ten and ten to eleven both fit; what overlaps is refused with the name of each clash and the nearest free times.
func TestAResourceIsInOneMeetingAtATime(t *testing.T) {
	c, _ := newCalendar(t)
	first, err := c.Create(t.Context(), booked("Giao ban", at(1, 9, 0), at(1, 10, 0), p1, chairman), Change{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), booked("Họp tiếp", at(1, 10, 0), at(1, 11, 0), chairman, p1), Change{}); err != nil {
		t.Fatal(err)
	}
	_, err = c.Create(t.Context(), booked("Công tác y tế", at(1, 9, 30), at(1, 10, 30), p1), Change{})
	var clash *ClashError
	if !errors.As(err, &clash) || len(clash.Clashes) != 2 {
		t.Fatalf("%v", err)
	}
	want := Booking{p1, first.ID, Span{at(1, 9, 0).UTC(), at(1, 10, 0).UTC()}}
	if clash.Clashes[0].Booking != want || clash.Clashes[0].With.Subject != "Giao ban" || clash.Clashes[1].With.Subject != "Họp tiếp" {
		t.Errorf("%+v", clash.Clashes)
	}
	if len(clash.Free) != 3 || !clash.Free[0].Start.Equal(at(1, 8, 0)) || !clash.Free[1].Start.Equal(at(1, 11, 0)) || !clash.Free[2].Start.Equal(at(1, 7, 30)) {
		t.Errorf("proposed: %v", clash.Free)
	}
	// Nothing of it was written.
	if all, total, err := c.List(t.Context(), Query{Limit: 10}); err != nil || total != 2 {
		t.Errorf("%v %v", all, err)
	}
	// Another hall has nothing to do with it.
	if _, err := c.Create(t.Context(), booked("Công tác y tế", at(1, 9, 30), at(1, 10, 30), Resource{Hall, "P2"}), Change{}); err != nil {
		t.Error(err)
	}
}

// A meeting does not clash with itself, lets go of what it does not need any more, and of everything when it is called off or over.
func TestBookingsFollowTheirMeeting(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), booked("Giao ban", at(1, 9, 0), at(1, 11, 0), p1, chairman), Change{})
	if err != nil {
		t.Fatal(err)
	}
	holds := func(want ...Booking) {
		t.Helper()
		got, err := c.Bookings(t.Context(), []Resource{p1, chairman}, Span{at(0, 0, 0), at(9, 0, 0)})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v %v, not %v", got, err, want)
		}
	}
	if m, err = c.Change(t.Context(), m.ID, booked("Giao ban", at(1, 10, 0), at(1, 12, 0), p1), Change{}); err != nil {
		t.Fatal(err)
	}
	holds(Booking{p1, m.ID, Span{at(1, 10, 0).UTC(), at(1, 12, 0).UTC()}})
	other, err := c.Create(t.Context(), booked("Họp khác", at(1, 9, 0), at(1, 10, 0), p1, chairman), Change{})
	if err != nil {
		t.Fatal(err)
	}
	var clash *ClashError
	if _, err := c.Change(t.Context(), other.ID, booked("Họp khác", at(1, 9, 0), at(1, 10, 1), p1), Change{}); !errors.As(err, &clash) {
		t.Errorf("moved into another: %v", err)
	}
	if _, err := c.Cancel(t.Context(), other.ID, "hoãn", Change{}); err != nil {
		t.Fatal(err)
	}
	holds(Booking{p1, m.ID, Span{at(1, 10, 0).UTC(), at(1, 12, 0).UTC()}})
	c.now = func() time.Time { return at(1, 10, 0) }
	if m, err := c.Open(t.Context(), m.ID); err != nil || m.State != StateHeld {
		t.Fatal(m.State, err)
	}
	holds(Booking{p1, m.ID, Span{at(1, 10, 0).UTC(), at(1, 12, 0).UTC()}})
	if _, err := c.End(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	holds()
}

func TestBookingsOverMidnightAndTheEndOfAMonth(t *testing.T) {
	c, _ := newCalendar(t)
	night := booked("Trực bão", time.Date(2026, 2, 28, 20, 0, 0, 0, Zone), time.Date(2026, 3, 1, 20, 0, 0, 0, Zone), p1)
	if _, err := c.Create(t.Context(), night, Change{}); err != nil {
		t.Fatal(err)
	}
	for _, try := range []struct {
		start, end time.Time
		fits       bool
	}{
		{night.End.Add(-time.Minute), night.End.Add(time.Hour), false},
		{night.Start.Add(-time.Hour), night.Start.Add(time.Millisecond), false},
		{night.Start.Add(3 * time.Hour), night.Start.Add(5 * time.Hour), false},
		{night.Start.Add(-time.Hour), night.End.Add(-2 * time.Hour), false},
		{night.End, night.End.Add(24 * time.Hour), true},
		{night.Start.Add(-24 * time.Hour), night.Start, true},
	} {
		_, err := c.Create(t.Context(), booked("Khác", try.start, try.end, p1), Change{})
		if clash := new(ClashError); try.fits && err != nil || !try.fits && !errors.As(err, &clash) {
			t.Errorf("%v to %v: %v", try.start, try.end, err)
		}
	}
}

func TestResourcesThatCannotBeBooked(t *testing.T) {
	c, _ := newCalendar(t)
	many := make([]Resource, MaxResources+1)
	for i := range many {
		many[i] = Resource{AtSite, fmt.Sprint(i)}
	}
	for _, bad := range []struct {
		resources   []Resource
		field, code string
	}{
		{[]Resource{{"lift", "1"}}, "resources[0].kind", CodeUnknownValue},
		{[]Resource{p1, {Hall, ""}}, "resources[1].id", CodeBadName},
		{[]Resource{{Hall, "P1:x"}}, "resources[0].id", CodeBadName},
		{[]Resource{{Hall, "phòng"}}, "resources[0].id", CodeBadName},
		{[]Resource{p1, chairman, p1}, "resources[2]", CodeRepeated},
		{many, "resources", CodeLimit},
	} {
		var field *FieldError
		if _, err := c.Create(t.Context(), booked("Họp", at(1, 9, 0), at(1, 10, 0), bad.resources...), Change{}); !errors.As(err, &field) || *field != (FieldError{bad.field, bad.code}) {
			t.Errorf("%s: %v", bad.field, err)
		}
	}
	if m, err := c.Create(t.Context(), booked("Họp", at(1, 9, 0), at(1, 10, 0), many[1:]...), Change{}); err != nil || len(m.Resources) != MaxResources {
		t.Errorf("as many as can be: %v", err)
	}
}

// Of 200 who want one hall and one leader at once, over two connections to one Redis, one gets both, and the others are told who.
func TestOneOfManyBookingsWins(t *testing.T) {
	first := storetest.New(t)
	second := storetest.Attach(t, first)
	calendars := make([]*Calendar, 0, 2)
	for _, s := range []*store.Store{first, second} {
		c := New(s, slog.New(slog.DiscardHandler))
		c.now = func() time.Time { return now }
		calendars = append(calendars, c)
	}
	for round := range 50 {
		start := at(1, 8, 0).Add(time.Duration(round) * time.Hour)
		var racers sync.WaitGroup
		var mu sync.Mutex
		var winners []string
		named := map[string]int{}
		for i := range 200 {
			racers.Go(func() {
				// Some want the hall alone, some the leader, most both; all overlap in the middle.
				resources := [][]Resource{{p1, chairman}, {chairman, p1}}[i%2]
				shift := time.Duration(i%30) * time.Second
				p := booked(fmt.Sprint("Họp ", i), start.Add(shift), start.Add(shift+59*time.Minute), resources...)
				m, err := insist(t, func() (Meeting, error) {
					return calendars[i%2].Create(t.Context(), p, Change{IdempotencyKey: fmt.Sprint(round, " ", i)})
				})
				mu.Lock()
				defer mu.Unlock()
				var clash *ClashError
				switch {
				case err == nil:
					winners = append(winners, m.ID)
				case errors.As(err, &clash):
					named[clash.Clashes[0].Meeting]++
				default:
					t.Error(err)
				}
			})
		}
		racers.Wait()
		if len(winners) != 1 || named[winners[0]] != 199 {
			t.Fatalf("round %d: winners %v, named %v", round, winners, named)
		}
	}
	all, err := calendars[0].Bookings(t.Context(), []Resource{p1, chairman}, Span{at(0, 0, 0), at(9, 0, 0)})
	if err != nil || len(all) != 100 {
		t.Errorf("%d bookings, %v", len(all), err)
	}
}

// insist asks as clients do: what was not answered for is asked for again, with the same key.
func insist(t *testing.T, ask func() (Meeting, error)) (m Meeting, err error) {
	for {
		if m, err = ask(); !errors.Is(err, store.ErrUnavailable) || t.Context().Err() != nil {
			return m, err
		}
	}
}

func TestNearestFree(t *testing.T) {
	day := func(days, from, to int) Span { return Span{at(days, from, 0), at(days, to, 0)} }
	for name, c := range map[string]struct {
		busy   []Span
		wanted Span
		want   []Span
	}{
		"nothing else": {nil, day(1, 9, 10), []Span{{at(1, 8, 30), at(1, 9, 30)}, {at(1, 9, 30), at(1, 10, 30)}, day(1, 8, 9)}},
		// The day after the tests' is a Friday: the next working day is a Monday.
		"a full day":       {[]Span{day(1, 7, 18)}, day(1, 9, 17), []Span{day(0, 10, 18), {at(0, 9, 30), at(0, 17, 30)}, day(0, 9, 17)}},
		"in the evening":   {[]Span{day(1, 19, 20)}, day(1, 19, 20), []Span{day(1, 18, 19), day(1, 20, 21), {at(1, 17, 30), at(1, 18, 30)}}},
		"nowhere":          {everyDay(), day(1, 9, 10), nil},
		"not in the past":  {nil, day(0, 8, 9), []Span{{at(0, 8, 30), at(0, 9, 30)}, day(0, 9, 10), {at(0, 9, 30), at(0, 10, 30)}}},
		"overlapping ones": {[]Span{day(1, 7, 12), day(1, 8, 9), day(1, 11, 13)}, day(1, 11, 12), []Span{day(1, 13, 14), {at(1, 13, 30), at(1, 14, 30)}, day(1, 14, 15)}},
	} {
		if got := nearestFree(c.busy, []Span{c.wanted}, now, DefaultSettings()); !sameSpans(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Several are moved alike, each on its day and past the day's end, and only to where all are free.
func TestNearestFreeOfSeveral(t *testing.T) {
	weekly := []Span{{at(5, 9, 0), at(5, 11, 0)}, {at(12, 9, 0), at(12, 11, 0)}, {at(19, 9, 0), at(19, 11, 0)}}
	busy := []Span{{at(19, 8, 0), at(19, 10, 0)}, {at(12, 10, 30), at(12, 14, 0)}, {at(5, 16, 30), at(5, 17, 0)}}
	if got := nearestFree(busy, weekly, now, DefaultSettings()); !sameSpans(got, []Span{{at(5, 14, 0), at(5, 16, 0)}, {at(5, 14, 30), at(5, 16, 30)}}) {
		t.Errorf("%v", got)
	}
	late := []Span{{at(5, 23, 0), at(6, 1, 0)}, {at(6, 23, 0), at(7, 1, 0)}}
	if got := nearestFree([]Span{{at(7, 0, 30), at(7, 2, 0)}}, late, now, DefaultSettings()); !sameSpans(got, []Span{
		{at(5, 22, 30), at(6, 0, 30)}, {at(5, 22, 0), at(6, 0, 0)}, {at(5, 21, 30), at(5, 23, 30)},
	}) {
		t.Errorf("over midnight: %v", got)
	}
}

func sameSpans(got, want []Span) bool {
	return slices.EqualFunc(got, want, func(a, b Span) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) })
}

func everyDay() (busy []Span) {
	for d := -20; d < 40; d++ {
		busy = append(busy, Span{at(d, 0, 0), at(d+1, 0, 0)})
	}
	return busy
}
