package calendar

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/audit"
	"diemcau/rooms/directory"
	"diemcau/rooms/store/storetest"
)

func TestNoticeCountsWorkingDays(t *testing.T) {
	s := DefaultSettings()
	s.Holidays, s.Workdays = []string{"2026-02-17", "2026-02-18", "2026-02-19", "2026-02-20"}, []string{"2026-02-28"}
	day := func(text string) time.Time {
		d, err := time.ParseInLocation(time.DateOnly, text, Zone)
		if err != nil {
			t.Fatal(err)
		}
		return d.Add(14 * time.Hour)
	}
	for _, c := range []struct {
		from, to string
		want     int
	}{
		{"2026-02-05", "2026-02-05", 0}, {"2026-02-05", "2026-02-06", 1}, // a Thursday
		{"2026-02-05", "2026-02-09", 2}, {"2026-02-05", "2026-02-10", 3}, {"2026-02-05", "2027-02-10", 9},
		{"2026-02-07", "2026-02-09", 0}, // from a Saturday
		{"2026-02-16", "2026-02-23", 1}, // over Tết
		{"2026-02-27", "2026-03-02", 2}, // the Saturday is swapped
		{"2026-02-10", "2026-02-05", 0},
	} {
		if got := s.Notice(day(c.from), day(c.to), 9); got != c.want {
			t.Errorf("from %s to %s: %d, not %d", c.from, c.to, got, c.want)
		}
	}
}

// M4 is issued 2 working days ahead: a warning, which stops nobody. What is urgent is exempt.
func TestLateNoticeIsAWarning(t *testing.T) {
	c, _ := newCalendar(t)
	p := booked("Tiến độ giải phóng mặt bằng", at(4, 14, 0), at(4, 16, 30)) // Monday; now is Thursday
	for _, tc := range []struct {
		change func(*Plan)
		want   string
	}{
		{func(*Plan) {}, WarnLateNotice},
		{func(p *Plan) { p.Type = "urgent" }, ""},
		{func(p *Plan) { p.Start, p.End = at(5, 14, 0), at(5, 15, 0) }, ""},
		{func(p *Plan) { p.Start, p.End = at(10, 14, 0), at(10, 15, 0) }, WarnDayOff},
	} {
		p := p
		tc.change(&p)
		f, err := c.Consult(t.Context(), "", p, ScopeOne)
		if err != nil || strings.Join(f.Warnings, " ") != tc.want || len(f.Faults) != 0 {
			t.Errorf("%v: %+v %v", p.Start, f, err)
		}
	}
}

// A plan that is looked at while it is written is told everything that is wrong, and what is in its way but for itself.
func TestPlansAreLookedAt(t *testing.T) {
	c, _ := newCalendar(t)
	f, err := c.Consult(t.Context(), "", Plan{Sites: []Site{{}}}, ScopeOne)
	var fields []string
	for _, fault := range f.Faults {
		fields = append(fields, fault.Field)
	}
	if err != nil || !slices.Equal(fields, []string{"start", "subject", "chair.name", "sites[0].name"}) {
		t.Errorf("%v %v", fields, err)
	}
	m, err := c.Draft(t.Context(), booked("Công tác y tế", at(7, 14, 0), at(7, 16, 0), p1), Change{})
	if err != nil {
		t.Fatal(err)
	}
	other := booked("Ứng phó bão", at(7, 15, 0), at(7, 17, 0), p1, chairman)
	other.Type = "urgent"
	f, err = c.Consult(t.Context(), "", other, ScopeOne)
	if err != nil || len(f.Faults) != 0 || len(f.Clashes) != 1 || f.Clashes[0].With.ID != m.ID || !f.Clashes[0].PreEmptible || len(f.Free) != 3 {
		t.Errorf("%+v %v", f, err)
	}
	if f, err := c.Consult(t.Context(), m.ID, m.Plan, ScopeOne); err != nil || len(f.Clashes) != 0 || len(f.Free) != 0 {
		t.Errorf("with itself: %+v %v", f, err)
	}
	if _, total, err := c.List(t.Context(), Query{Limit: 9}); err != nil || total != 1 {
		t.Errorf("something was written: %d %v", total, err)
	}
}

func TestFreeAndBusy(t *testing.T) {
	c, _ := newCalendar(t)
	for _, p := range []Plan{booked("Sáng", at(1, 8, 0), at(1, 9, 30), p1), booked("Trưa", at(1, 10, 30), at(1, 16, 0), chairman)} {
		if _, err := c.Draft(t.Context(), p, Change{}); err != nil {
			t.Fatal(err)
		}
	}
	busy, free, err := c.FreeBusy(t.Context(), []Resource{p1, chairman}, Span{at(1, 0, 0), at(2, 0, 0)}, time.Hour)
	if err != nil || len(busy) != 2 || busy[0].With.Subject != "Sáng" || busy[1].Resource != chairman {
		t.Errorf("%+v %v", busy, err)
	}
	want := []Span{{at(1, 7, 0), at(1, 8, 0)}, {at(1, 9, 30), at(1, 10, 30)}, {at(1, 16, 0), at(1, 17, 0)}, {at(1, 16, 30), at(1, 17, 30)}, {at(1, 17, 0), at(1, 18, 0)}}
	if !slices.EqualFunc(free, want, func(a, b Span) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }) {
		t.Errorf("free: %v", free)
	}
	if _, free, err := c.FreeBusy(t.Context(), []Resource{p1}, Span{at(2, 0, 0), at(4, 0, 0)}, time.Hour); err != nil || len(free) != 0 {
		t.Errorf("at the end of a week: %v %v", free, err)
	}
	if _, free, err := c.FreeBusy(t.Context(), []Resource{p1}, Span{now.Add(-time.Hour), at(0, 18, 0)}, time.Hour); err != nil || free[0].Start.Before(now) {
		t.Errorf("in the past: %v %v", free, err)
	}
	var field *FieldError
	if _, _, err := c.FreeBusy(t.Context(), sites(MaxConsulted+1), Span{now, now.Add(time.Hour)}, 0); !errors.As(err, &field) {
		t.Errorf("of too many: %v", err)
	}
}

// What the directory knows is named as it stands there on the day; what it does not know is refused.
func TestNamesComeFromTheDirectory(t *testing.T) {
	s := storetest.New(t)
	d := directory.New(s)
	c := NewWith(s, DefaultSettings(), d, slog.New(slog.DiscardHandler))
	c.now = func() time.Time { return now }
	p := plan()
	p.Sites[0].UnitID = "unknown"
	if _, err := c.Draft(t.Context(), p, Change{}); err != nil {
		t.Errorf("where no directory is kept: %v", err)
	}
	err := d.Fill(t.Context(), []directory.Entry{
		&directory.Level{ID: "huyen", Name: "Huyện", Order: 1},
		&directory.Unit{ID: "an-lac", Name: "Huyện An Lạc", ShortName: "H. An Lạc", Level: "huyen", ProtocolOrder: 204, ValidTo: "2026-06-30"},
		&directory.Person{ID: "ct", Title: "Chủ tịch UBND huyện", Name: "A", Unit: "an-lac", Leader: true},
		&directory.Hall{ID: "al", Name: "Hội trường huyện", Unit: "an-lac", Seats: 10},
		&directory.Terminal{ID: "al-1", Name: "Thiết bị 1", Hall: "al"},
	}, directory.By{Actor: audit.Actor{ID: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	p.Chair = Person{ID: "ct", Name: "Tên cũ"}
	p.PreparingUnit = "an-lac"
	p.Halls = []Venue{{ID: "al"}}
	p.Sites = []Site{{UnitID: "an-lac", Name: "Tên cũ", Hall: "al", Terminal: "al-1"}, {Name: "Sở Y tế", ProtocolOrder: 9}}
	p.Delegates = []Delegate{{UnitID: "an-lac"}, {Person: "ct"}, {Name: "Khách mời"}}
	m, err := c.Draft(t.Context(), p, Change{})
	if err != nil {
		t.Fatal(err)
	}
	if m.Chair != (Person{"ct", "Chủ tịch UBND huyện A", "Huyện An Lạc"}) || m.Halls[0].Name != "Hội trường huyện" ||
		m.Sites[0] != (Site{"an-lac", "Huyện An Lạc", "Hội trường huyện", "H. An Lạc", 204, "al", "al-1"}) || m.Sites[1].Name != "Sở Y tế" ||
		m.Delegates[0].Name != "Huyện An Lạc" || m.Delegates[1].Name != "Chủ tịch UBND huyện A" || m.Delegates[2].Name != "Khách mời" {
		t.Errorf("%+v", m.Plan)
	}
	for _, bad := range []struct {
		change      func(*Plan)
		field, code string
	}{
		{func(p *Plan) { p.Chair.ID = "x" }, "chair.person", CodeUnknownValue},
		{func(p *Plan) { p.PreparingUnit = "x" }, "preparing_unit", CodeUnknownValue},
		{func(p *Plan) { p.Halls = []Venue{{ID: "x", Name: "X"}} }, "halls[0].id", CodeUnknownValue},
		{func(p *Plan) { p.Sites = []Site{{UnitID: "x", Name: "X"}} }, "sites[0].unit_id", CodeUnknownValue},
		{func(p *Plan) { p.Sites = []Site{{Name: "X", Terminal: "x"}} }, "sites[0].terminal", CodeUnknownValue},
		{func(p *Plan) { p.Sites = []Site{{Name: "X", Hall: "x"}} }, "sites[0].hall", CodeUnknownValue},
		{func(p *Plan) { p.Delegates = []Delegate{{Name: "X", Person: "x"}} }, "delegates[0].person", CodeUnknownValue},
		{func(p *Plan) { p.Start, p.End = p.Start.AddDate(0, 6, 0), p.End.AddDate(0, 6, 0) }, "preparing_unit", CodeNotValidThen},
	} {
		p := p
		bad.change(&p)
		var field *FieldError
		if _, err := c.Draft(t.Context(), p, Change{}); !errors.As(err, &field) || *field != (FieldError{bad.field, bad.code}) {
			t.Errorf("%s: %v", bad.field, err)
		}
	}
}

// What a plan names must exist on all days of its meetings, on whatever way they come there: the unit itself, and that of a hall or a person.
func TestPlansNameWhatExistsThen(t *testing.T) {
	s := storetest.New(t)
	d := directory.New(s)
	c := NewWith(s, DefaultSettings(), d, slog.New(slog.DiscardHandler))
	c.now = func() time.Time { return now }
	err := d.Fill(t.Context(), []directory.Entry{
		&directory.Level{ID: "huyen", Name: "Huyện", Order: 1},
		&directory.Unit{ID: "an-lac", Name: "Huyện An Lạc", Level: "huyen", ProtocolOrder: 204, ValidTo: "2026-02-28"},
		&directory.Person{ID: "ct", Title: "Chủ tịch UBND huyện", Unit: "an-lac", Leader: true},
		&directory.Hall{ID: "al", Name: "Hội trường huyện", Unit: "an-lac", Seats: 10},
	}, directory.By{Actor: audit.Actor{ID: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, err error, field string) {
		t.Helper()
		if fault := (*FieldError)(nil); !errors.As(err, &fault) || *fault != (FieldError{field, CodeNotValidThen}) {
			t.Errorf("%s: %v, not for %s", what, err, field)
		}
	}
	last, after := at(23, 8, 0), at(24, 8, 0) // the unit's last day and the one after it
	for field, name := range map[string]func(*Plan){
		"chair.person":         func(p *Plan) { p.Chair.ID = "ct" },
		"secretary.person":     func(p *Plan) { p.Secretary.ID = "ct" },
		"co_chairs[0].person":  func(p *Plan) { p.CoChairs = []Person{{ID: "ct"}} },
		"halls[0].id":          func(p *Plan) { p.Halls = []Venue{{ID: "al"}} },
		"sites[0].unit_id":     func(p *Plan) { p.Sites = []Site{{UnitID: "an-lac"}} },
		"sites[0].hall":        func(p *Plan) { p.Sites = []Site{{Name: "Huyện An Lạc", Hall: "al"}} },
		"delegates[0].unit_id": func(p *Plan) { p.Delegates = []Delegate{{UnitID: "an-lac"}} },
		"delegates[0].person":  func(p *Plan) { p.Delegates = []Delegate{{Person: "ct"}} },
	} {
		p := booked("Giao ban", after, after.Add(time.Hour))
		name(&p)
		_, err := c.Draft(t.Context(), p, Change{})
		refused("planned", err, field)
		p.Start, p.End = at(23, 22, 0), at(24, 0, 30)
		_, err = c.Draft(t.Context(), p, Change{})
		refused("into the day after", err, field)
		p.Start, p.End = last.AddDate(0, 0, -7), last.AddDate(0, 0, -7).Add(time.Hour)
		m, err := c.Create(t.Context(), weekly(p, "FREQ=WEEKLY;COUNT=2"), Change{})
		if err != nil {
			t.Fatal(err)
		}
		longer := weekly(p, "FREQ=WEEKLY;COUNT=3")
		_, err = c.Draft(t.Context(), longer, Change{})
		refused("planned as a series", err, field)
		_, err = c.Change(t.Context(), m.ID, longer, Change{Scope: ScopeAll})
		refused("with more meetings", err, field)
		later := m.Plan
		later.Start, later.End = later.Start.AddDate(0, 0, 1), later.End.AddDate(0, 0, 1)
		_, err = c.Change(t.Context(), m.ID, later, Change{Scope: ScopeAll})
		refused("all a day later", err, field)
		if f, err := c.Consult(t.Context(), m.ID, later, ScopeAll); err != nil || len(f.Faults) != 1 || *f.Faults[0] != (FieldError{field, CodeNotValidThen}) {
			t.Errorf("looked at before: %+v %v", f, err)
		}
		_, err = c.Act(t.Context(), m.ID, ActReschedule, Request{Reason: "Dời", Start: later.Start, End: later.End}, Change{Scope: ScopeAll})
		refused("all rescheduled", err, field)
		_, err = c.Act(t.Context(), m.ID, ActReschedule, Request{Reason: "Dời", Start: after, End: after.Add(time.Hour)}, Change{})
		refused("rescheduled", err, field)
		_, err = c.Act(t.Context(), m.ID, ActReschedule, Request{Reason: "Dời", Start: at(23, 22, 0), End: at(24, 0, 30)}, Change{})
		refused("rescheduled into the day after", err, field)
		if _, err = c.Act(t.Context(), m.ID, ActReschedule, Request{Reason: "Dời", Start: at(23, 22, 0), End: at(24, 0, 0)}, Change{}); err != nil {
			t.Errorf("until the last day is over: %v", err)
		}
		if _, err := c.Cancel(t.Context(), m.ID, "Hết", Change{Scope: ScopeAll}); err != nil {
			t.Fatal(err)
		}
	}
}
