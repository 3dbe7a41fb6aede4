package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/rights"
)

func weekly(p Plan, rule string) Plan {
	p.Recurrence = &Recurrence{RRule: rule}
	return p
}

// starts are those of meetings, as they are read in the province.
func starts(all []Meeting) string {
	return strings.Join(labels(all, func(m Meeting) string { return m.Start.In(Zone).Format("02/01 15:04") }), ", ")
}

func TestOccurrences(t *testing.T) {
	nine := time.Date(2026, 1, 31, 9, 0, 0, 0, Zone)
	midnight := time.Date(2026, 2, 27, 23, 0, 0, 0, Zone)
	for _, tc := range []struct {
		rule  string
		start time.Time
		want  string // or the code
	}{
		{"FREQ=WEEKLY;COUNT=3", nine, "31/01 09:00, 07/02 09:00, 14/02 09:00"},
		{"FREQ=MONTHLY;COUNT=4", nine, "31/01 09:00, 31/03 09:00, 31/05 09:00, 31/07 09:00"}, // RFC 5545: months without it are left out
		{"FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", nine, "31/01 09:00, 28/02 09:00, 31/03 09:00"},
		{"FREQ=DAILY;COUNT=3", midnight, "27/02 23:00, 28/02 23:00, 01/03 23:00"},
		{"FREQ=WEEKLY;BYDAY=TU,SA;UNTIL=20260210", nine, "31/01 09:00, 03/02 09:00, 07/02 09:00, 10/02 09:00"},
		{"FREQ=MONTHLY;BYDAY=SA;BYSETPOS=-1;UNTIL=20260330T000000Z", nine, "31/01 09:00, 28/02 09:00, 28/03 09:00"},
		{"FREQ=WEEKLY;UNTIL=20260207T020000Z", nine, "31/01 09:00, 07/02 09:00"}, // 09:00 in the province
		{"FREQ=WEEKLY;BYDAY=MO;COUNT=3", nine, CodeStartNotInRule},
		{"FREQ=DAILY;COUNT=100000", nine, CodeLimit},
		{"FREQ=DAILY", nine, CodeLimit},
		{"FREQ=DAILY;UNTIL=20280101", nine, CodeLimit},
		{"FREQ=YEARLY;UNTIL=20990101", nine, CodeTooFar},
		{"FREQ=YEARLY;COUNT=12", nine, CodeTooFar},
		{"FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5", nine, CodeStartNotInRule},
		{"FREQ=MINUTELY;COUNT=5", nine, CodeUnknownValue},
		{"FREQ=DAILY;BYHOUR=1,2;COUNT=5", nine, CodeUnknownValue},
		{"FREQ=DAILY;COUNT=-1", nine, CodeLimit},
		{"FREQ=DAILY;INTERVAL=0;COUNT=2", nine, "31/01 09:00, 01/02 09:00"},
		{"DTSTART=20260101T000000Z", nine, CodeUnknownValue},
		{"", nine, CodeUnknownValue},
		{"FREQ=DAILY;COUNT=2;" + strings.Repeat("BYMONTH=1;", 100), nine, CodeUnknownValue},
	} {
		all, err := Recurrence{RRule: tc.rule}.occurrences(tc.start.UTC(), time.Hour)
		got := strings.Join(labels(all, func(at time.Time) string { return at.In(Zone).Format("02/01 15:04") }), ", ")
		if field := (*FieldError)(nil); errors.As(err, &field) {
			got = field.Code
		}
		if got != tc.want {
			t.Errorf("%s: %s, not %s", tc.rule, got, tc.want)
		}
	}
	if _, err := (Recurrence{RRule: "FREQ=DAILY;COUNT=2"}).occurrences(nine, 24*time.Hour+time.Minute); err == nil {
		t.Error("a series overlaps itself")
	}
	all, err := Recurrence{"FREQ=WEEKLY;COUNT=3", []time.Time{nine.AddDate(0, 0, 7).UTC()}}.occurrences(nine.UTC(), time.Hour)
	if err != nil || len(all) != 2 || !all[1].Equal(nine.AddDate(0, 0, 14)) {
		t.Errorf("with one left out: %v %v", all, err)
	}
}

func FuzzOccurrences(f *testing.F) {
	for _, rule := range []string{"FREQ=WEEKLY;BYDAY=MO,TU;COUNT=3", "FREQ=MONTHLY;BYDAY=-1FR;BYSETPOS=-1;UNTIL=20270101T000000Z", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=9;INTERVAL=4;WKST=SU"} {
		f.Add(rule)
	}
	start := time.Date(2026, 2, 5, 1, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, rule string) {
		all, err := Recurrence{RRule: rule}.occurrences(start, time.Hour)
		if err == nil && (len(all) == 0 || len(all) > MaxOccurrences || !all[0].Equal(start)) {
			t.Errorf("%q: %v", rule, all)
		}
	})
}

// Every occurrence of a new series is booked against every resource, or none is.
func TestASeriesIsBookedAsAWhole(t *testing.T) {
	c, _ := newCalendar(t)
	briefing := weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 30), p1, chairman), "FREQ=WEEKLY;COUNT=4")
	other, err := c.Draft(t.Context(), booked("Công tác y tế", at(18, 9, 0), at(18, 10, 0), p1), Change{})
	if err != nil {
		t.Fatal(err)
	}
	var clash *ClashError
	if _, err := c.Draft(t.Context(), briefing, Change{}); !errors.As(err, &clash) || len(clash.Clashes) != 1 || clash.Clashes[0].Meeting != other.ID {
		t.Fatalf("%v", err)
	}
	// All of it can be half an hour or an hour earlier, or after the other.
	earlier := []Span{{at(4, 7, 30), at(4, 9, 0)}, {at(4, 7, 0), at(4, 8, 30)}, {at(4, 10, 0), at(4, 11, 30)}}
	if !sameSpans(clash.Free, earlier) {
		t.Errorf("proposed: %v", clash.Free)
	}
	if f, err := c.Consult(t.Context(), "", briefing, ScopeOne); err != nil || len(f.Clashes) != 1 || f.Clashes[0].With.ID != other.ID || !sameSpans(f.Free, earlier) {
		t.Errorf("%+v %v", f, err)
	}
	if _, total, err := c.List(t.Context(), Query{Limit: 9}); err != nil || total != 1 {
		t.Errorf("something of it was written: %d %v", total, err)
	}
	briefing.Recurrence.ExDates = []time.Time{at(18, 8, 0)}
	m, err := c.Draft(t.Context(), briefing, Change{IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Draft(t.Context(), briefing, Change{IdempotencyKey: "k"}); err != nil || again.ID != m.ID {
		t.Errorf("repeated: %v", err)
	}
	all, err := c.Series(t.Context(), m.Series)
	if err != nil || all[0].ID != m.ID || starts(all) != "09/02 08:00, 16/02 08:00, 02/03 08:00" {
		t.Errorf("%s %v", starts(all), err)
	}
	if _, err := c.Draft(t.Context(), booked("Khác", at(25, 9, 0), at(25, 9, 15), chairman), Change{}); !errors.As(err, &clash) || clash.Clashes[0].Meeting != all[2].ID {
		t.Errorf("against its last: %v", err)
	}
	if f, err := c.Consult(t.Context(), all[1].ID, all[1].Plan, ScopeOne); err != nil || len(f.Faults)+len(f.Clashes) != 0 {
		t.Errorf("with itself: %+v %v", f, err)
	}
	if rows, total, err := c.List(t.Context(), Query{Series: m.Series, Limit: 2}); err != nil || total != 3 || len(rows) != 2 {
		t.Errorf("%d %v", total, err)
	}
}

// One, this and those that follow, or all of a series are changed in one step, at their local hours.
func TestChangesOfASeries(t *testing.T) {
	newSeries := func(t *testing.T) (*Calendar, []Meeting) {
		t.Helper()
		c, _ := newCalendar(t)
		m, err := c.Draft(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 30), p1), "FREQ=WEEKLY;COUNT=4"), Change{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Series(t.Context(), m.Series)
		if err != nil || len(all) != 4 {
			t.Fatal(err)
		}
		return c, all
	}
	for name, tc := range map[string]struct {
		scope  Scope
		change func(*Plan)
		want   string
	}{
		"one, to another day": {ScopeOne, func(p *Plan) { p.Start, p.End = at(12, 14, 0), at(12, 15, 0) }, "09/02 08:00, 17/02 14:00, 23/02 08:00, 02/03 08:00"},
		"this and following":  {ScopeFollowing, func(p *Plan) { p.Start, p.End = at(11, 7, 30), at(11, 9, 0) }, "09/02 08:00, 16/02 07:30, 23/02 07:30, 02/03 07:30"},
		"all, a day later":    {ScopeAll, func(p *Plan) { p.Start, p.End = at(12, 8, 0), at(12, 9, 30) }, "10/02 08:00, 17/02 08:00, 24/02 08:00, 03/03 08:00"},
		"all, over midnight":  {ScopeAll, func(p *Plan) { p.Start, p.End = at(11, 23, 0), at(12, 1, 0) }, "09/02 23:00, 16/02 23:00, 23/02 23:00, 02/03 23:00"},
		"following, by days":  {ScopeFollowing, func(p *Plan) { p.Recurrence = &Recurrence{RRule: "FREQ=DAILY;COUNT=3"} }, "09/02 08:00, 16/02 08:00, 17/02 08:00, 18/02 08:00"},
		"following, fewer":    {ScopeFollowing, func(p *Plan) { p.Recurrence = &Recurrence{RRule: "FREQ=WEEKLY;COUNT=2"} }, "09/02 08:00, 16/02 08:00, 23/02 08:00"},
		"all, one of them left out": {ScopeAll, func(p *Plan) {
			p.Recurrence = &Recurrence{"FREQ=WEEKLY;COUNT=4", []time.Time{at(18, 8, 0)}}
		}, "09/02 08:00, 16/02 08:00, 02/03 08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			c, all := newSeries(t)
			p := all[1].Plan
			p.Subject = "Tên mới"
			tc.change(&p)
			m, err := c.Change(t.Context(), all[1].ID, p, Change{Version: 1, Scope: tc.scope})
			if err != nil || m.ID != all[1].ID || m.Subject != "Tên mới" {
				t.Fatalf("%+v %v", m, err)
			}
			all, err = c.Series(t.Context(), m.Series)
			if err != nil {
				t.Fatal(err)
			}
			all = slices.DeleteFunc(all, Meeting.Over)
			if got := starts(all); got != tc.want {
				t.Errorf("%s, not %s", got, tc.want)
			}
			bookings, err := c.Bookings(t.Context(), []Resource{p1}, Span{now, now.AddDate(0, 2, 0)})
			if err != nil || len(bookings) != len(all) {
				t.Errorf("%d bookings of %d meetings, %v", len(bookings), len(all), err)
			}
			for i, b := range bookings {
				if b.Meeting != all[i].ID || !b.Start.Equal(all[i].Start) || !b.End.Equal(all[i].End) {
					t.Errorf("%+v", b)
				}
			}
			renamed := slices.DeleteFunc(all, func(m Meeting) bool { return m.Subject != "Tên mới" })
			if want := map[Scope]int{ScopeOne: 1, ScopeFollowing: strings.Count(tc.want, ","), ScopeAll: strings.Count(tc.want, ",") + 1}[tc.scope]; len(renamed) != want {
				t.Errorf("%d are changed, not %d", len(renamed), want)
			}
		})
	}
}

// A series that cannot be moved as a whole stays where it is; what is done to all of it is done to what is still to come.
func TestASeriesIsChangedAsAWhole(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Draft(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 30), p1), "FREQ=WEEKLY;COUNT=4"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	other, err := c.Draft(t.Context(), booked("Công tác y tế", at(25, 14, 0), at(25, 15, 0), p1), Change{})
	if err != nil {
		t.Fatal(err)
	}
	p := m.Plan
	p.Start, p.End = at(4, 14, 0), at(4, 15, 30)
	var clash *ClashError
	if _, err := c.Change(t.Context(), m.ID, p, Change{Scope: ScopeAll}); !errors.As(err, &clash) || len(clash.Clashes) != 1 || clash.Clashes[0].Meeting != other.ID {
		t.Errorf("%v", err)
	}
	// Whoever looks first sees the same, and what is in nobody's way when only one is moved.
	if f, err := c.Consult(t.Context(), m.ID, p, ScopeAll); err != nil || len(f.Clashes) != 1 || f.Clashes[0].Meeting != other.ID || !sameSpans(f.Free, clash.Free) || len(f.Free) != 3 {
		t.Errorf("looked at before: %+v %v; the refusal: %v", f, err, clash.Free)
	}
	if f, err := c.Consult(t.Context(), m.ID, p, ScopeOne); err != nil || len(f.Faults)+len(f.Clashes) != 0 {
		t.Errorf("one of it: %+v %v", f, err)
	}
	for rule, want := range map[string]int{"FREQ=WEEKLY;COUNT=2": 0, "FREQ=WEEKLY;INTERVAL=3;COUNT=2": 1, "FREQ=WEEKLY;INTERVAL=2;COUNT=4": 0} {
		if f, err := c.Consult(t.Context(), m.ID, weekly(p, rule), ScopeAll); err != nil || len(f.Faults) != 0 || len(f.Clashes) != want {
			t.Errorf("%s: %+v %v", rule, f, err)
		}
	}
	if f, err := c.Consult(t.Context(), m.ID, weekly(p, "FREQ=DAILY"), ScopeAll); err != nil || len(f.Faults) != 1 || f.Faults[0].Field != "recurrence.rrule" {
		t.Errorf("a rule without an end: %+v %v", f, err)
	}
	second, err := c.Series(t.Context(), m.Series)
	if err != nil {
		t.Fatal(err)
	}
	onto := second[1].Plan
	onto.Start, onto.End = second[2].Start, second[2].End
	if f, err := c.Consult(t.Context(), second[1].ID, onto, ScopeOne); err != nil || len(f.Clashes) != 1 || f.Clashes[0].Meeting != second[2].ID {
		t.Errorf("one onto the next: %+v %v", f, err)
	}
	var field *FieldError
	if _, err := c.Change(t.Context(), m.ID, weekly(m.Plan, "FREQ=WEEKLY;COUNT=9"), Change{}); !errors.As(err, &field) || *field != (FieldError{"recurrence", CodeNeedsScope}) {
		t.Errorf("another rule for one: %v", err)
	}
	for _, a := range []Action{ActSubmit, ActApprove, ActIssue} {
		if _, err := c.Act(t.Context(), m.ID, a, Request{}, Change{Scope: ScopeAll}); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	all, err := c.Series(t.Context(), m.Series)
	if err != nil || starts(all) != "09/02 08:00, 16/02 08:00, 23/02 08:00, 02/03 08:00" {
		t.Errorf("%s %v", starts(all), err)
	}
	c.now = func() time.Time { return all[0].Start }
	if _, err := c.Act(t.Context(), all[0].ID, ActConclude, Request{}, Change{}); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	if _, err := c.Act(t.Context(), all[1].ID, ActCancel, Request{Reason: "x"}, Change{Scope: ScopeAll, Permit: func(m Meeting, _ rights.Action) error {
		if m.ID == all[3].ID {
			return refused
		}
		return nil
	}}); !errors.Is(err, refused) {
		t.Errorf("without the right to one of them: %v", err)
	}
	if _, err := c.Act(t.Context(), all[2].ID, ActReschedule, Request{Reason: "Dời", Start: all[2].Start.Add(24 * time.Hour), End: all[2].End.Add(25 * time.Hour)}, Change{Scope: ScopeFollowing}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Act(t.Context(), all[1].ID, ActCancel, Request{Reason: "Hết nhiệm kỳ"}, Change{Scope: ScopeAll}); err != nil {
		t.Fatal(err)
	}
	all, err = c.Series(t.Context(), m.Series)
	got := labels(all, func(m Meeting) string { return fmt.Sprint(m.State, m.Revision) })
	if err != nil || strings.Join(got, " ") != "concluded0 cancelled1 cancelled2 cancelled2" || starts(all) != "09/02 08:00, 16/02 08:00, 24/02 08:00, 03/03 08:00" {
		t.Errorf("%v %s %v", got, starts(all), err)
	}
}

// states are where meetings stand and when they begin, as it is read in the province.
func states(all []Meeting) string {
	slices.SortStableFunc(all, func(a, b Meeting) int {
		return cmp.Or(a.Start.Compare(b.Start), strings.Compare(string(a.State), string(b.State)))
	})
	return strings.Join(labels(all, func(m Meeting) string { return string(m.State) + m.Start.In(Zone).Format(" 02/01 15:04") }), ", ")
}

// Days of a series that were decided on already get no other meeting by another rule: one that was called off stays so, one that waits for its approval is
// not doubled. What a rule left out can come back by a rule.
func TestAnotherRuleDoublesNothing(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Draft(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 0)), "FREQ=WEEKLY;COUNT=4"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Series(t.Context(), m.Series)
	if err == nil {
		_, err = c.Cancel(t.Context(), all[2].ID, "Nghỉ lễ", Change{})
	}
	if err == nil {
		_, err = c.Act(t.Context(), all[1].ID, ActSubmit, Request{}, Change{})
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rule string
		days int // by which it is moved
		want string
	}{
		{"FREQ=WEEKLY;COUNT=5", 0, "draft 09/02 08:00, submitted 16/02 08:00, cancelled 23/02 08:00, draft 02/03 08:00, draft 09/03 08:00"},
		{"FREQ=WEEKLY;COUNT=4", 0, "draft 09/02 08:00, submitted 16/02 08:00, cancelled 23/02 08:00, draft 02/03 08:00, cancelled 09/03 08:00"},
		{"FREQ=WEEKLY;COUNT=5", 0, "draft 09/02 08:00, submitted 16/02 08:00, cancelled 23/02 08:00, draft 02/03 08:00, cancelled 09/03 08:00, draft 09/03 08:00"},
		{"FREQ=WEEKLY;COUNT=4", 1, "draft 10/02 08:00, submitted 16/02 08:00, cancelled 23/02 08:00, draft 03/03 08:00, cancelled 09/03 08:00, cancelled 09/03 08:00"},
	} {
		if m, err = c.Get(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
		p := weekly(m.Plan, tc.rule)
		p.Start, p.End = p.Start.AddDate(0, 0, tc.days), p.End.AddDate(0, 0, tc.days)
		if f, err := c.Consult(t.Context(), m.ID, p, ScopeAll); err != nil || len(f.Faults)+len(f.Clashes) != 0 {
			t.Errorf("%+v %v", f, err)
		}
		if m, err = c.Change(t.Context(), m.ID, p, Change{Scope: ScopeAll}); err != nil {
			t.Fatal(err)
		}
		if all, err = c.Series(t.Context(), m.Series); err != nil || states(all) != tc.want {
			t.Errorf("%s: %s, not %s; %v", tc.rule, states(all), tc.want, err)
		}
	}
}

// A series that was moved as a whole stays there when its rule becomes another, which is that of meetings from the start that was sent. What was moved
// by itself stays where it is, and days that are left out stay so.
func TestAnotherRuleBeginsAtTheStartThatWasSent(t *testing.T) {
	c, _ := newCalendar(t)
	p := weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 0), p1), "FREQ=WEEKLY;COUNT=5")
	p.Recurrence.ExDates = []time.Time{at(18, 8, 0)}
	m, err := c.Create(t.Context(), p, Change{})
	if err != nil {
		t.Fatal(err)
	}
	series := func(want string) (all []Meeting) {
		t.Helper()
		all, err := c.Series(t.Context(), m.Series)
		if got := starts(all); err != nil || got != want {
			t.Errorf("%s, not %s; %v", got, want, err)
		}
		return all
	}
	if m, err = c.Act(t.Context(), m.ID, ActReschedule, Request{Reason: "Dời", Start: at(4, 14, 0), End: at(4, 15, 0)}, Change{Scope: ScopeAll}); err != nil {
		t.Fatal(err)
	}
	all := series("09/02 14:00, 16/02 14:00, 02/03 14:00, 09/03 14:00")
	if _, err := c.Act(t.Context(), all[1].ID, ActReschedule, Request{Reason: "Dời", Start: at(12, 10, 0), End: at(12, 11, 0)}, Change{}); err != nil {
		t.Fatal(err)
	}
	longer := func(rule string, start time.Time) {
		t.Helper()
		p := m.Plan
		p.Recurrence = &Recurrence{rule, m.Recurrence.ExDates}
		p.Recurrence = p.Recurrence.shifted(start.Sub(m.Start))
		p.Start, p.End = start, start.Add(time.Hour)
		if f, err := c.Consult(t.Context(), m.ID, p, ScopeAll); err != nil || len(f.Faults)+len(f.Clashes) != 0 {
			t.Errorf("%+v %v", f, err)
		}
		if m, err = c.Change(t.Context(), m.ID, p, Change{Scope: ScopeAll}); err != nil || !m.Start.Equal(start) {
			t.Fatalf("%v %v", m.Start, err)
		}
	}
	longer("FREQ=WEEKLY;COUNT=6", at(4, 14, 0))
	series("09/02 14:00, 17/02 10:00, 02/03 14:00, 09/03 14:00, 16/03 14:00")
	longer("FREQ=WEEKLY;COUNT=7", at(4, 15, 0))
	series("09/02 15:00, 17/02 11:00, 02/03 15:00, 09/03 15:00, 16/03 15:00, 23/03 15:00")
	// One that was moved by itself and is sent with another rule says when all are.
	if _, err = c.Act(t.Context(), m.ID, ActReschedule, Request{Reason: "Dời", Start: at(4, 9, 0), End: at(4, 10, 0)}, Change{}); err != nil {
		t.Fatal(err)
	}
	if m, err = c.Get(t.Context(), m.ID); err != nil {
		t.Fatal(err)
	}
	p = weekly(m.Plan, "FREQ=WEEKLY;COUNT=3")
	if _, err = c.Change(t.Context(), m.ID, p, Change{Scope: ScopeAll}); err != nil {
		t.Fatal(err)
	}
	all, err = c.Series(t.Context(), m.Series)
	all = slices.DeleteFunc(all, Meeting.Over)
	if got := starts(all); err != nil || got != "09/02 09:00, 17/02 11:00, 23/02 09:00" {
		t.Errorf("%s %v", got, err)
	}
}

// The hour of a meeting is changed by whoever sends its rule along, as it was or with its left-out days moved; a series takes them along as a whole.
func TestLeftOutDaysStayLeftOut(t *testing.T) {
	for name, tc := range map[string]struct {
		scope Scope
		by    time.Duration // by which the days that are left out are moved in what is sent
		start time.Time
		want  string
		out   time.Time
	}{
		"one, its rule as it was":   {ScopeOne, 0, at(4, 14, 0), "09/02 14:00, 23/02 08:00, 02/03 08:00", at(11, 8, 0)},
		"one, its rule moved":       {ScopeOne, 30 * time.Hour, at(5, 14, 0), "10/02 14:00, 23/02 08:00, 02/03 08:00", at(11, 8, 0)},
		"all, their rule as it was": {ScopeAll, 0, at(5, 14, 0), "10/02 14:00, 24/02 14:00, 03/03 14:00", at(12, 14, 0)},
		"all, their rule moved":     {ScopeAll, 30 * time.Hour, at(5, 14, 0), "10/02 14:00, 24/02 14:00, 03/03 14:00", at(12, 14, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := newCalendar(t)
			p := weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 0), p1), "FREQ=WEEKLY;COUNT=4")
			p.Recurrence.ExDates = []time.Time{at(11, 8, 0)}
			m, err := c.Draft(t.Context(), p, Change{})
			if err != nil {
				t.Fatal(err)
			}
			p = m.Plan
			p.Start, p.End, p.Recurrence = tc.start, tc.start.Add(time.Hour), p.Recurrence.shifted(tc.by)
			if m, err = c.Change(t.Context(), m.ID, p, Change{Scope: tc.scope}); err != nil || !m.Recurrence.ExDates[0].Equal(tc.out) {
				t.Fatalf("%+v %v", m.Recurrence, err)
			}
			all, err := c.Series(t.Context(), m.Series)
			if got := starts(all); err != nil || got != tc.want {
				t.Errorf("%s, not %s; %v", got, tc.want, err)
			}
			// One that was moved by itself is sent along with the rule as it would be from there: the same, unless it is another.
			p = m.Plan
			p.Subject, p.Recurrence = "Giao ban tuần", p.Recurrence.shifted(m.Start.Sub(m.Occurrence))
			if m, err = c.Change(t.Context(), m.ID, p, Change{Scope: ScopeAll}); err != nil || m.Subject != p.Subject || !m.Recurrence.ExDates[0].Equal(tc.out) {
				t.Errorf("%+v %v", m, err)
			}
			if all, err = c.Series(t.Context(), m.Series); err != nil || starts(all) != tc.want {
				t.Errorf("%s, not %s; %v", starts(all), tc.want, err)
			}
		})
	}
}

// A plan that does not recur any more leaves one meeting of those that the change is for: it is none of the series, and the others are called off.
func TestASeriesBecomesASingleMeeting(t *testing.T) {
	for scope, want := range map[Scope]struct{ left, others, held string }{
		ScopeAll:       {"draft 16/02 14:00", "cancelled 09/02 08:00, cancelled 23/02 08:00, cancelled 02/03 08:00", "16/02 14:00"},
		ScopeFollowing: {"draft 16/02 14:00", "draft 09/02 08:00, cancelled 23/02 08:00, cancelled 02/03 08:00", "09/02 08:00, 16/02 14:00"},
	} {
		c, _ := newCalendar(t)
		m, err := c.Draft(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 0), p1), "FREQ=WEEKLY;COUNT=4"), Change{})
		if err != nil {
			t.Fatal(err)
		}
		all, err := c.Series(t.Context(), m.Series)
		if err != nil {
			t.Fatal(err)
		}
		p := weekly(all[1].Plan, "")
		p.Start, p.End = at(11, 14, 0), at(11, 15, 0)
		var field *FieldError
		if _, err := c.Change(t.Context(), all[1].ID, p, Change{}); !errors.As(err, &field) || *field != (FieldError{"recurrence", CodeNeedsScope}) {
			t.Errorf("of one: %v", err)
		}
		other, err := c.Draft(t.Context(), booked("Khác", at(11, 14, 30), at(11, 15, 0), p1), Change{})
		if err != nil {
			t.Fatal(err)
		}
		if f, err := c.Consult(t.Context(), all[1].ID, p, scope); err != nil || len(f.Faults) != 0 || len(f.Clashes) != 1 || f.Clashes[0].Meeting != other.ID || len(f.Free) != 3 {
			t.Errorf("%s, looked at before: %+v %v", scope, f, err)
		}
		if _, err := c.Cancel(t.Context(), other.ID, "Nhường phòng", Change{}); err != nil {
			t.Fatal(err)
		}
		m, err = c.Change(t.Context(), all[1].ID, p, Change{Scope: scope})
		if err != nil || m.Series != "" || m.Recurrence != nil || !m.Occurrence.IsZero() || states([]Meeting{m}) != want.left {
			t.Fatalf("%s: %+v %v", scope, m, err)
		}
		if others, err := c.Series(t.Context(), all[1].Series); err != nil || states(others) != want.others {
			t.Errorf("%s: the others: %s %v", scope, states(others), err)
		}
		bookings, err := c.Bookings(t.Context(), []Resource{p1}, Span{now, now.AddDate(0, 2, 0)})
		if got := strings.Join(labels(bookings, func(b Booking) string { return b.Start.In(Zone).Format("02/01 15:04") }), ", "); err != nil || got != want.held {
			t.Errorf("%s: holds %s, %v", scope, got, err)
		}
		// It can be one again, of another series.
		if again, err := c.Change(t.Context(), m.ID, weekly(m.Plan, "FREQ=WEEKLY;COUNT=2"), Change{}); err != nil || again.Series == "" || again.Series == all[1].Series {
			t.Errorf("%+v %v", again, err)
		}
	}
	c, _ := newCalendar(t)
	m, err := c.Draft(t.Context(), weekly(plan(), ""), Change{})
	if err != nil || m.Series != "" || m.Recurrence != nil {
		t.Errorf("a new one that does not recur: %+v %v", m, err)
	}
	if m, err = c.Change(t.Context(), m.ID, weekly(plan(), ""), Change{}); err != nil || m.Series != "" || m.Recurrence != nil {
		t.Errorf("a single one that does not recur: %+v %v", m, err)
	}
}

// Meetings of a series with those that follow do not come before one that precedes them: a later change of both would be for others.
func TestASeriesKeepsItsOrder(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 0), p1), "FREQ=WEEKLY;COUNT=4"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Series(t.Context(), m.Series)
	if err != nil {
		t.Fatal(err)
	}
	passes := FieldError{"start", CodePassesEarlier}
	third := all[2]
	p := third.Plan
	p.Start, p.End = p.Start.AddDate(0, 0, -9), p.End.AddDate(0, 0, -9)
	r := Request{Reason: "Dời", Start: p.Start, End: p.End}
	var field *FieldError
	if _, err := c.Act(t.Context(), third.ID, ActReschedule, r, Change{Scope: ScopeFollowing}); !errors.As(err, &field) || *field != passes {
		t.Errorf("rescheduled: %v", err)
	}
	if _, err := c.Change(t.Context(), third.ID, p, Change{Scope: ScopeFollowing}); !errors.As(err, &field) || *field != passes {
		t.Errorf("changed: %v", err)
	}
	r.Start, r.End = third.Start.AddDate(0, 0, -6), third.End.AddDate(0, 0, -6)
	if _, err := c.Act(t.Context(), third.ID, ActReschedule, r, Change{Scope: ScopeFollowing}); err != nil {
		t.Fatal(err)
	}
	if all, err = c.Series(t.Context(), m.Series); err != nil || starts(all) != "09/02 08:00, 16/02 08:00, 17/02 08:00, 24/02 08:00" {
		t.Errorf("%s %v", starts(all), err)
	}
}

// No meeting of a series is moved into the past, and none is made there.
func TestASeriesIsNotMovedIntoThePast(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 0), p1), "FREQ=WEEKLY;COUNT=3"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := c.Series(t.Context(), m.Series)
	if err != nil {
		t.Fatal(err)
	}
	past := FieldError{"end", CodePast}
	var field *FieldError
	last := all[2].Plan
	last.Start, last.End = last.Start.AddDate(0, 0, -7), last.End.AddDate(0, 0, -7)
	if _, err := c.Act(t.Context(), all[2].ID, ActReschedule, Request{Reason: "Dời", Start: last.Start, End: last.End}, Change{Scope: ScopeAll}); !errors.As(err, &field) || *field != past {
		t.Errorf("rescheduled: %v", err)
	}
	for _, rule := range []string{"FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;COUNT=4"} {
		if f, err := c.Consult(t.Context(), all[2].ID, weekly(last, rule), ScopeAll); err != nil || len(f.Faults) != 1 || *f.Faults[0] != past {
			t.Errorf("%s, looked at before: %+v %v", rule, f, err)
		}
		if _, err := c.Change(t.Context(), all[2].ID, weekly(last, rule), Change{Scope: ScopeAll}); !errors.As(err, &field) || *field != past {
			t.Errorf("%s: %v", rule, err)
		}
	}
	c.now = func() time.Time { return at(10, 8, 0) }
	if _, err := c.Change(t.Context(), all[0].ID, weekly(all[0].Plan, "FREQ=DAILY;COUNT=15"), Change{Scope: ScopeFollowing}); !errors.As(err, &field) || *field != past {
		t.Errorf("made on days that are over: %v", err)
	}
	if all, err := c.Series(t.Context(), m.Series); err != nil || starts(all) != "09/02 08:00, 16/02 08:00, 23/02 08:00" {
		t.Errorf("%s %v", starts(all), err)
	}
}

// Meetings of a series that were moved onto each other while they held nothing are not booked together: one of them would hide the other.
func TestASeriesThatOverlapsItselfIsNotBooked(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Draft(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 12, 0), p1), "FREQ=WEEKLY;COUNT=2"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []Action{ActSubmit, ActReturn} {
		if _, err := c.Act(t.Context(), m.ID, a, Request{Reason: "Chưa thống nhất"}, Change{Scope: ScopeAll}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := c.Series(t.Context(), m.Series)
	if err != nil {
		t.Fatal(err)
	}
	p := all[1].Plan
	p.Recurrence, p.Start, p.End = nil, at(4, 9, 0), at(4, 10, 0)
	if _, err := c.Change(t.Context(), all[1].ID, p, Change{Scope: ScopeOne}); err != nil {
		t.Fatal(err)
	}
	var field *FieldError
	if _, err := c.Act(t.Context(), m.ID, ActSubmit, Request{}, Change{Scope: ScopeAll}); !errors.As(err, &field) || *field != (FieldError{"start", CodeOverlapsItself}) {
		t.Errorf("%v", err)
	}
	if booked, err := c.Bookings(t.Context(), []Resource{p1}, Span{at(0, 0, 0), at(30, 0, 0)}); err != nil || len(booked) != 0 {
		t.Errorf("%v %v", booked, err)
	}
}

// A time within one millisecond is none.
func TestNoTimeAtAll(t *testing.T) {
	c, _ := newCalendar(t)
	var field *FieldError
	p := booked("Giao ban", at(4, 8, 0).Add(100*time.Microsecond), at(4, 8, 0).Add(900*time.Microsecond), p1)
	if _, err := c.Draft(t.Context(), p, Change{}); !errors.As(err, &field) || field.Field != "end" {
		t.Errorf("%v", err)
	}
}

// A single draft becomes a series by a rule, and a series that is too large for one step is refused.
func TestSeriesAndTheirLimits(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Draft(t.Context(), booked("Giao ban", at(4, 8, 0), at(4, 9, 30), p1), Change{})
	if err == nil {
		m, err = c.Change(t.Context(), m.ID, weekly(m.Plan, "FREQ=WEEKLY;COUNT=3"), Change{})
	}
	if err != nil || m.Series == "" || m.Version != 2 {
		t.Fatalf("%+v %v", m, err)
	}
	if all, err := c.Series(t.Context(), m.Series); err != nil || starts(all) != "09/02 08:00, 16/02 08:00, 23/02 08:00" || all[0].ID != m.ID || all[1].Version != 1 {
		t.Errorf("%s %v", starts(all), err)
	}
	var field *FieldError
	for _, p := range []Plan{
		weekly(booked("Họp", at(5, 8, 0), at(5, 9, 0)), "FREQ=DAILY;COUNT=100000"),
		weekly(booked("Họp", at(5, 8, 0), at(5, 9, 0), sites(maxBookings/40+1)...), "FREQ=DAILY;COUNT=40"),
	} {
		if _, err := c.Draft(t.Context(), p, Change{}); !errors.As(err, &field) || *field != (FieldError{"recurrence.rrule", CodeLimit}) {
			t.Errorf("%v", err)
		}
	}
	largest := weekly(booked("Họp", at(5, 8, 0), at(5, 9, 0)), "FREQ=WEEKLY;COUNT=26")
	for i := range 150 {
		largest.Sites = append(largest.Sites, Site{UnitID: fmt.Sprint("u", i), Name: fmt.Sprint("Điểm cầu ", i), Hall: fmt.Sprint("h", i), Terminal: fmt.Sprint("t", i)})
	}
	if _, err := insist(t, func() (Meeting, error) { return c.Draft(t.Context(), largest, Change{IdempotencyKey: "k"}) }); err != nil {
		t.Errorf("as large as can be: %v", err)
	}
}

// An urgent meeting takes the place of one in a series; the others stay.
func TestPreEmptionOfOneInASeries(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), weekly(booked("Giao ban", at(4, 8, 0), at(4, 9, 30), p1), "FREQ=WEEKLY;COUNT=3"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	urgent := booked("Ứng phó bão", at(11, 8, 0), at(11, 9, 0), p1)
	urgent.Type = "urgent"
	if _, err := c.Create(t.Context(), urgent, Change{PreEmpt: true}); err != nil {
		t.Fatal(err)
	}
	all, err := c.Series(t.Context(), m.Series)
	if got := labels(all, func(m Meeting) string { return string(m.State) }); err != nil || strings.Join(got, " ") != "issued postponed issued" {
		t.Errorf("%v %v", got, err)
	}
	series := weekly(booked("Ứng phó bão", at(4, 8, 0), at(4, 9, 0), p1), "FREQ=DAILY;COUNT=15")
	series.Type = "urgent"
	var clash *ClashError
	if _, err := c.Create(t.Context(), series, Change{PreEmpt: true}); !errors.As(err, &clash) || clash.Clashes[0].With.Subject != "Giao ban" {
		t.Errorf("a series against an urgent one: %v", err)
	}
	series.Recurrence.ExDates = []time.Time{at(11, 8, 0)}
	if _, err := c.Create(t.Context(), series, Change{PreEmpt: true}); err != nil {
		t.Error(err)
	}
	all, err = c.Series(t.Context(), m.Series)
	if got := labels(all, func(m Meeting) string { return string(m.State) }); err != nil || strings.Join(got, " ") != "postponed postponed postponed" {
		t.Errorf("%v %v", got, err)
	}
}
