package calendar

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/rights"
)

// A meeting is drafted, returned, approved and issued; who did what, why, and what it changed stands in its history.
func TestAMeetingIsPlannedAsTheOfficeDoes(t *testing.T) {
	c, _ := newCalendar(t)
	planner, approver := Change{Actor: "lan", Name: "Chuyên viên Lan"}, Change{Actor: "hung", Name: "Chánh Văn phòng"}
	p := plan()
	p.Halls = []Venue{{"P2", "Phòng họp P2"}}
	m, err := c.Draft(t.Context(), p, planner)
	if err != nil || m.State != StateDraft || m.CreatedBy != "lan" || m.Type != DefaultType || m.Format != Hybrid {
		t.Fatalf("%+v %v", m, err)
	}
	act := func(a Action, r Request, by Change, state State, revision int) {
		t.Helper()
		if m, err = c.Act(t.Context(), m.ID, a, r, by); err != nil || m.State != state || m.Revision != revision || m.Reason != r.Reason {
			t.Fatalf("%s: %s, revision %d, %q, %v", a, m.State, m.Revision, m.Reason, err)
		}
	}
	act(ActSubmit, Request{}, planner, StateSubmitted, 0)
	for _, a := range []Action{ActReturn, ActCancel} {
		var field *FieldError
		if _, err := c.Act(t.Context(), m.ID, a, Request{}, approver); !errors.As(err, &field) || *field != (FieldError{"reason", CodeRequired}) {
			t.Errorf("%s without a reason: %v", a, err)
		}
	}
	act(ActReturn, Request{Reason: "Thiếu tài liệu"}, approver, StateReturned, 0)
	p.Sites = append(p.Sites, Site{Name: "Huyện Cẩm Hà"})
	p.Subject = "Giải phóng mặt bằng"
	if m, err = c.Change(t.Context(), m.ID, p, planner); err != nil || m.State != StateReturned || m.Revision != 0 || m.Reason != "Thiếu tài liệu" {
		t.Fatalf("%+v %v", m, err)
	}
	act(ActSubmit, Request{}, planner, StateSubmitted, 0)
	if _, err := c.Change(t.Context(), m.ID, p, planner); !errors.Is(err, ErrWrongState) {
		t.Errorf("changed while it waits for approval: %v", err)
	}
	act(ActApprove, Request{}, approver, StateApproved, 0)
	act(ActIssue, Request{}, approver, StateIssued, 0)
	p.Sites = append(p.Sites, Site{Name: "Huyện Vạn Sơn"}) // after issue: a replacement giấy mời
	if m, err = c.Change(t.Context(), m.ID, p, approver); err != nil || m.State != StateIssued || m.Revision != 1 {
		t.Fatalf("%+v %v", m, err)
	}
	act(ActPostpone, Request{Reason: "Chờ số liệu"}, approver, StatePostponed, 2)
	act(ActReschedule, Request{Reason: "Đã có số liệu", Start: p.Start.Add(24 * time.Hour), End: p.End.Add(24 * time.Hour)}, approver, StateApproved, 3)
	act(ActIssue, Request{}, approver, StateIssued, 3)

	all, err := c.History(t.Context(), m.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := words(t, c, m.ID); got != "created submitted returned changed submitted approved issued changed postponed rescheduled issued" {
		t.Errorf("%s", got)
	}
	if e := all[2]; e.Actor != "hung" || e.ActorName != "Chánh Văn phòng" || e.Reason != "Thiếu tài liệu" || !e.At.Equal(now) {
		t.Errorf("%+v", e)
	}
	want := []Difference{{"subject", "Tiến độ giải phóng mặt bằng", "Giải phóng mặt bằng"}, {"sites", "", "Huyện Cẩm Hà"}}
	if e := all[3]; !slices.Equal(e.Changes, want) || e.Reason != "" {
		t.Errorf("%+v", e)
	}
	want = []Difference{{"start", "2026-02-05T02:00:00Z", "2026-02-06T02:00:00Z"}, {"end", "2026-02-05T04:00:00Z", "2026-02-06T04:00:00Z"}}
	if e := all[9]; e.Revision != 3 || !slices.Equal(e.Changes, want) {
		t.Errorf("%+v", e)
	}
	if _, err := c.History(t.Context(), "none"); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no meeting: %v", err)
	}
}

// Its halls, sites with their halls and terminals, and those who preside are held from the draft on, and let go of by what is returned, postponed, over or off.
func TestAMeetingHoldsWhatItsPlanNames(t *testing.T) {
	c, _ := newCalendar(t)
	p := plan()
	p.Chair.ID, p.CoChairs = "pct-kt", []Person{{ID: "pct-vx", Name: "Phó Chủ tịch"}}
	p.Halls = []Venue{{"P2", "Phòng họp P2"}}
	p.Sites = []Site{{Name: "Huyện An Lạc", UnitID: "an-lac", Terminal: "al-1", Hall: "al"}, {Name: "Không có trong danh bạ"}}
	p.Resources = []Resource{{Hall, "P2"}, {Hall, "P3"}}
	const all = "hall:P2 hall:P3 hall:al leader:pct-kt leader:pct-vx site:an-lac terminal:al-1"
	m, err := c.Draft(t.Context(), p, Change{})
	if err != nil {
		t.Fatal(err)
	}
	holds := func(when, want string) {
		t.Helper()
		bookings, err := c.Bookings(t.Context(), p.holds(), Span{now, now.AddDate(0, 0, 9)})
		got := strings.Join(labels(bookings, func(b Booking) string { return b.Resource.String() }), " ")
		if err != nil || got != want {
			t.Errorf("%s: holds %q, not %q; %v", when, got, want, err)
		}
	}
	holds("a draft", all)
	for _, step := range []struct {
		a    Action
		want string
	}{
		{ActSubmit, all}, {ActReturn, ""}, {ActSubmit, all}, {ActApprove, all}, {ActIssue, all}, {ActPostpone, ""}, {ActReschedule, all}, {ActCancel, ""},
	} {
		if _, err := c.Act(t.Context(), m.ID, step.a, Request{Reason: "Lý do", Start: p.Start, End: p.End}, Change{}); err != nil {
			t.Fatalf("%s: %v", step.a, err)
		}
		holds(string(step.a), step.want)
	}
}

// An office may let drafts hold nothing.
func TestWhichStatesHoldIsConfiguration(t *testing.T) {
	c, _ := newCalendar(t)
	c.settings.Holding = []State{StateApproved, StateIssued, StateHeld}
	p := booked("Giao ban", at(1, 9, 0), at(1, 10, 0), p1)
	for range 2 {
		m, err := c.Draft(t.Context(), p, Change{})
		if err == nil {
			_, err = c.Act(t.Context(), m.ID, ActSubmit, Request{}, Change{})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	all, _, err := c.List(t.Context(), Query{Limit: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Act(t.Context(), all[0].ID, ActApprove, Request{}, Change{}); err != nil {
		t.Error(err)
	}
	var clash *ClashError
	if _, err := c.Act(t.Context(), all[1].ID, ActApprove, Request{}, Change{}); !errors.As(err, &clash) || clash.Clashes[0].Meeting != all[0].ID {
		t.Errorf("the second: %v", err)
	}
}

// Rights are asked for the meeting as it is and as it would become, before anything of it is told.
func TestChangesAskForTheirRight(t *testing.T) {
	c, _ := newCalendar(t)
	refused := errors.New("refused")
	var asked []string
	by := Change{Permit: func(m Meeting, right rights.Action) error {
		asked = append(asked, m.PreparingUnit+":"+string(right))
		if m.PreparingUnit == "so-y-te" {
			return refused
		}
		return nil
	}}
	p := plan()
	p.PreparingUnit = "so-noi-vu"
	m, err := c.Draft(t.Context(), p, by)
	if err != nil {
		t.Fatal(err)
	}
	other := p
	other.PreparingUnit = "so-y-te"
	if _, err := c.Change(t.Context(), m.ID, other, by); !errors.Is(err, refused) {
		t.Errorf("given to another unit: %v", err)
	}
	if _, err := c.Draft(t.Context(), other, by); !errors.Is(err, refused) {
		t.Errorf("drafted for another unit: %v", err)
	}
	if _, err := c.Act(t.Context(), m.ID, ActSubmit, Request{}, by); err != nil {
		t.Error(err)
	}
	if got := strings.Join(asked, " "); got != "so-noi-vu:draft so-noi-vu:draft so-y-te:draft so-y-te:draft so-noi-vu:submit" {
		t.Errorf("asked: %s", got)
	}
}

// One actor's idempotency key is not another's.
func TestIdempotencyKeysBelongToTheirActor(t *testing.T) {
	c, _ := newCalendar(t)
	first, err := c.Create(t.Context(), plan(), Change{Actor: "lan", IdempotencyKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.Create(t.Context(), plan(), Change{Actor: "hung", IdempotencyKey: "k"})
	if err != nil || second.ID == first.ID {
		t.Errorf("%+v %v", second, err)
	}
}

// What is kept can be read again, whether it is deflated or not.
func TestMeetingsAsTheyAreKept(t *testing.T) {
	p := plan()
	p.Sites = unitSites(20)
	for _, m := range []Meeting{{ID: "a", State: StateDraft}, {ID: "b", State: StateIssued, Plan: p}} {
		raw, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decode("3", string(raw))
		if err != nil || got.ID != m.ID || got.Version != 3 || len(got.Sites) != len(m.Sites) {
			t.Errorf("%+v %v", got, err)
		}
	}
	for _, bad := range []string{"", "{", "\x00\x01", "Họp"} {
		if _, err := decode("1", bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// A meeting is concluded from when it lets people in, and not with others of its series.
func TestAMeetingIsConcludedWhenItIsTime(t *testing.T) {
	c, _ := newCalendar(t)
	m, err := c.Create(t.Context(), weekly(booked("Giao ban", at(7, 8, 0), at(7, 9, 0)), "FREQ=WEEKLY;COUNT=3"), Change{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Act(t.Context(), m.ID, ActConclude, Request{}, Change{}); !errors.Is(err, ErrWrongState) {
		t.Errorf("days before: %v", err)
	}
	c.now = func() time.Time { return at(7, 7, 50) }
	for _, scope := range []Scope{ScopeFollowing, ScopeAll} {
		var field *FieldError
		if _, err := c.Act(t.Context(), m.ID, ActConclude, Request{}, Change{Scope: scope}); !errors.As(err, &field) || field.Field != "scope" {
			t.Errorf("scope %s: %v", scope, err)
		}
	}
	if m, err = c.Act(t.Context(), m.ID, ActConclude, Request{}, Change{Scope: ScopeOne}); err != nil || m.State != StateConcluded {
		t.Errorf("%s %v", m.State, err)
	}
}
