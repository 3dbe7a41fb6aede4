package calendar

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"diemcau/rooms/rights"
)

// thursday is the demo week's: M7, M8 and M9 want the same things.
type thursday struct{ m7, m8, m9 Plan }

func newThursday() thursday {
	var all, ten []Site
	for i := range 152 {
		all = append(all, Site{UnitID: fmt.Sprint("unit-", i), Name: fmt.Sprint("Đơn vị ", i), ProtocolOrder: i})
	}
	ten = slices.Clone(all[20:30])
	hall := []Venue{{"P1", "Phòng họp P1"}}
	d := thursday{booked("Tập huấn", at(7, 8, 0), at(7, 16, 30)), booked("Ứng phó bão", at(7, 14, 0), at(7, 15, 30)), booked("Công tác y tế", at(7, 14, 0), at(7, 16, 0))}
	d.m7.Type, d.m7.Sites = "training", all
	d.m8.Type, d.m8.Halls, d.m8.Sites, d.m8.Chair = "urgent", hall, ten, Person{ID: "ct", Name: "Chủ tịch"}
	d.m9.Type, d.m9.Halls, d.m9.Sites = "thematic", hall, nil
	return d
}

// M8 against M9: the same hall. Urgent pre-empts, M9 is rescheduled, its notice is issued again.
func TestUrgentPreEmptsAndTheOtherIsRescheduled(t *testing.T) {
	c, _ := newCalendar(t)
	day := newThursday()
	m9, err := c.Create(t.Context(), day.m9, Change{Actor: "lan"})
	if err != nil {
		t.Fatal(err)
	}
	var clash *ClashError
	if _, err := c.Create(t.Context(), day.m8, Change{Actor: "hung"}); !errors.As(err, &clash) || len(clash.Clashes) != 1 || !clash.Clashes[0].PreEmptible {
		t.Fatalf("before it is confirmed: %v", err)
	}
	m8, err := c.Create(t.Context(), day.m8, Change{Actor: "hung", PreEmpt: true})
	if err != nil {
		t.Fatal(err)
	}
	m9, err = c.Get(t.Context(), m9.ID)
	want := Displaced{p1, m8.ID, "Ứng phó bão", now}
	if err != nil || m9.State != StatePostponed || m9.Revision != 1 || len(m9.Displaced) != 1 || m9.Displaced[0] != want {
		t.Errorf("M9 is %s, %+v, %v", m9.State, m9.Displaced, err)
	}
	// Its notice is issued again at another time; the mark is gone.
	if _, err := c.Act(t.Context(), m9.ID, ActReschedule, Request{Reason: "Nhường phòng", Start: day.m9.Start, End: day.m9.End}, Change{}); !errors.As(err, &clash) || clash.Clashes[0].Meeting != m8.ID || clash.Clashes[0].PreEmptible {
		t.Errorf("back to where it was: %v", err)
	}
	if _, err := c.Act(t.Context(), m9.ID, ActReschedule, Request{Reason: "Nhường phòng", Start: day.m9.Start, End: day.m9.End}, Change{PreEmpt: true}); !errors.As(err, &clash) {
		t.Errorf("against what is urgent: %v", err)
	}
	if m9, err = c.Act(t.Context(), m9.ID, ActReschedule, Request{Reason: "Nhường phòng", Start: at(8, 14, 0), End: at(8, 16, 0)}, Change{}); err != nil || m9.State != StateApproved || len(m9.Displaced) != 0 {
		t.Errorf("%+v %v", m9, err)
	}
	if m9, err = c.Act(t.Context(), m9.ID, ActIssue, Request{}, Change{}); err != nil || m9.Revision != 2 {
		t.Errorf("%+v %v", m9, err)
	}
	// Both histories tell of it.
	if got := words(t, c, m9.ID) + "; " + words(t, c, m8.ID); got != "created displaced rescheduled issued; created" {
		t.Errorf("%s", got)
	}
	h9, _ := c.History(t.Context(), m9.ID)
	h8, _ := c.History(t.Context(), m8.ID)
	if e := h9[1]; e.Actor != "hung" || e.Others[0] != (Other{m8.ID, "Ứng phó bão"}) || e.Changes[0] != (Difference{"resources", "hall:P1", ""}) {
		t.Errorf("%+v", e)
	}
	if len(h8[0].Others) != 1 || h8[0].Others[0] != (Other{m9.ID, "Công tác y tế"}) {
		t.Errorf("%+v", h8[0])
	}
}

// M7 against M8: ten sites double-booked. The training goes on at the other sites, also where it is under way when M8 is issued on Thursday at
// 11:40; an office can have it wait for another day, if it has not begun.
func TestUrgentTakesTenSitesFromTheTraining(t *testing.T) {
	for _, tc := range []struct {
		displace Displacement
		state    State
		left     int // sites
		running  bool
	}{
		{DisplaceEssential, StateIssued, 142, false}, {DisplaceResources, StateIssued, 142, false}, {DisplaceMeeting, StatePostponed, 0, false},
		{DisplaceEssential, StateHeld, 142, true}, {DisplaceMeeting, StateHeld, 142, true},
	} {
		c, _ := newCalendar(t)
		c.settings.Displace = tc.displace
		day := newThursday()
		m7, err := c.Create(t.Context(), day.m7, Change{})
		if err != nil {
			t.Fatal(err)
		}
		if tc.running {
			c.now = func() time.Time { return at(7, 11, 40) }
			if m7, err = c.Open(t.Context(), m7.ID); err != nil {
				t.Fatal(err)
			}
		}
		var clash *ClashError
		if _, err := c.Create(t.Context(), day.m8, Change{}); !errors.As(err, &clash) || len(clash.Clashes) != 10 || !clash.Clashes[0].PreEmptible {
			t.Errorf("%s: before it is confirmed: %v", tc.displace, err)
		}
		m8, err := c.Create(t.Context(), day.m8, Change{PreEmpt: true})
		if err != nil {
			t.Fatal(err)
		}
		m7, err = c.Get(t.Context(), m7.ID)
		if err != nil || m7.State != tc.state || len(m7.Displaced) != 10 || m7.Displaced[0].By != m8.ID || m7.Revision != 1 {
			t.Errorf("%s: M7 is %s, %d displaced, %v", tc.displace, m7.State, len(m7.Displaced), err)
		}
		bookings, err := c.Bookings(t.Context(), m7.holds(), Span{m7.Start, m7.End})
		left := 0
		for _, b := range bookings {
			if b.Meeting == m7.ID {
				left++
			}
		}
		if err != nil || left != tc.left || len(bookings) != tc.left+10 {
			t.Errorf("%s: M7 has %d sites left, of %d bookings, %v", tc.displace, left, len(bookings), err)
		}
		if tc.running {
			continue
		}
		// It holds everything again at a time that is free.
		if m7, err = c.Act(t.Context(), m7.ID, ActReschedule, Request{Reason: "Dời", Start: at(8, 8, 0), End: at(8, 16, 30)}, Change{}); err != nil || len(m7.Displaced) != 0 || len(m7.bookings(c.settings)) != 152 {
			t.Errorf("%s: %+v %v", tc.displace, m7.State, err)
		}
	}
}

// The training that goes on without ten sites can be edited, and gets them back when M8 is called off.
func TestWhatGoesOnWithoutItsSitesIsEditedAndGetsThemBack(t *testing.T) {
	c, _ := newCalendar(t)
	day := newThursday()
	m7, err := c.Create(t.Context(), day.m7, Change{})
	if err != nil {
		t.Fatal(err)
	}
	m8, err := c.Create(t.Context(), day.m8, Change{PreEmpt: true})
	if err != nil {
		t.Fatal(err)
	}
	edited := day.m7
	edited.Subject, edited.Sites = "Tập huấn chuyển đổi số", slices.Delete(slices.Clone(day.m7.Sites), 20, 21) // one of the ten is not wanted any more
	if f, err := c.Consult(t.Context(), m7.ID, edited, ScopeOne); err != nil || len(f.Clashes) != 0 {
		t.Errorf("while it is edited: %+v %v", f.Clashes, err)
	}
	if m7, err = c.Change(t.Context(), m7.ID, edited, Change{}); err != nil || len(m7.Displaced) != 9 || len(m7.bookings(c.settings)) != 142 {
		t.Fatalf("edited: %d displaced, %v", len(m7.Displaced), err)
	}
	var clash *ClashError
	if _, err := c.Act(t.Context(), m7.ID, ActReclaim, Request{}, Change{}); !errors.As(err, &clash) || len(clash.Clashes) != 9 || clash.Clashes[0].Meeting != m8.ID {
		t.Errorf("while the other has them: %v", err)
	}
	var field *FieldError
	if _, err := c.Act(t.Context(), m7.ID, ActReclaim, Request{Resources: []Resource{p1}}, Change{}); !errors.As(err, &field) {
		t.Errorf("what was not taken: %v", err)
	}
	if _, err := c.Cancel(t.Context(), m8.ID, "Bão tan", Change{}); err != nil {
		t.Fatal(err)
	}
	one := m7.Displaced[0].Resource
	if m7, err = c.Act(t.Context(), m7.ID, ActReclaim, Request{Resources: []Resource{one}}, Change{}); err != nil || len(m7.Displaced) != 8 || m7.State != StateIssued {
		t.Errorf("one: %d displaced, %v", len(m7.Displaced), err)
	}
	if m7, err = c.Act(t.Context(), m7.ID, ActReclaim, Request{}, Change{}); err != nil || len(m7.Displaced) != 0 || len(m7.bookings(c.settings)) != 151 {
		t.Errorf("the others: %d displaced, %v", len(m7.Displaced), err)
	}
	if _, err := c.Act(t.Context(), m7.ID, ActReclaim, Request{}, Change{}); !errors.Is(err, ErrWrongState) {
		t.Errorf("nothing is left: %v", err)
	}
	h, err := c.History(t.Context(), m7.ID)
	if err != nil || h[3].Action != "reclaimed" || h[3].Changes[0] != (Difference{"resources", "", one.String()}) {
		t.Errorf("%+v %v", h, err)
	}
}

// Drafts go back to their planner; the hall of what is under way, what ranks as high, and what one has no right to is not taken.
func TestWhatIsNotPreEmpted(t *testing.T) {
	c, _ := newCalendar(t)
	day := newThursday()
	m9, err := c.Draft(t.Context(), day.m9, Change{})
	if err != nil {
		t.Fatal(err)
	}
	refused := errors.New("refused")
	for right, by := range map[string]Change{
		"of the urgent one": {PreEmpt: true, Permit: func(m Meeting, r rights.Action) error {
			if r == rights.PreEmpt && m.Type == "urgent" {
				return refused
			}
			return nil
		}},
		"of the other": {PreEmpt: true, Permit: func(m Meeting, r rights.Action) error {
			if r == rights.PreEmpt && m.ID == m9.ID {
				return refused
			}
			return nil
		}},
	} {
		if _, err := c.Create(t.Context(), day.m8, by); !errors.Is(err, refused) {
			t.Errorf("without the right %s: %v", right, err)
		}
	}
	m8, err := c.Create(t.Context(), day.m8, Change{PreEmpt: true})
	if err != nil {
		t.Fatal(err)
	}
	if m9, err = c.Get(t.Context(), m9.ID); err != nil || m9.State != StateReturned || m9.Revision != 0 {
		t.Errorf("a draft is %s, %v", m9.State, err)
	}
	var clash *ClashError
	if _, err := c.Create(t.Context(), day.m8, Change{PreEmpt: true}); !errors.As(err, &clash) || clash.Clashes[0].Meeting != m8.ID {
		t.Errorf("urgent against urgent: %v", err)
	}
	training, err := c.Create(t.Context(), booked("Tập huấn", at(9, 8, 0), at(9, 9, 0), p1, Resource{AtSite, "an-lac"}), Change{})
	if err == nil {
		c.now = func() time.Time { return at(9, 8, 0) }
		_, err = c.Open(t.Context(), training.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	urgent := booked("Ứng phó bão", at(9, 8, 0), at(9, 9, 0), p1, Resource{AtSite, "an-lac"})
	urgent.Type = "urgent"
	if _, err := c.Create(t.Context(), urgent, Change{PreEmpt: true}); !errors.As(err, &clash) || clash.Clashes[0].PreEmptible || !clash.Clashes[1].PreEmptible {
		t.Errorf("against one under way: %v", err)
	}
}

// While planners of the displaced change it and others want the same, one urgent meeting gets everything, and nothing is booked twice.
func TestPreEmptionAmongRacers(t *testing.T) {
	c, _ := newCalendar(t)
	c.settings.Displace = DisplaceMeeting
	day := newThursday()
	day.m7.Sites = day.m7.Sites[:40]
	m7, err := c.Create(t.Context(), day.m7, Change{})
	if err != nil {
		t.Fatal(err)
	}
	m9, err := c.Create(t.Context(), day.m9, Change{})
	if err != nil {
		t.Fatal(err)
	}
	var racers sync.WaitGroup
	var mu sync.Mutex
	var won []string
	for i := range 20 {
		racers.Go(func() {
			if i%2 == 0 {
				p := day.m9
				p.Subject = fmt.Sprint("Công tác y tế ", i)
				_, _ = c.Change(t.Context(), m9.ID, p, Change{}) // or it is displaced already
				return
			}
			m, err := insist(t, func() (Meeting, error) {
				return c.Create(t.Context(), day.m8, Change{PreEmpt: true, IdempotencyKey: fmt.Sprint(i)})
			})
			mu.Lock()
			defer mu.Unlock()
			if clash := (*ClashError)(nil); err == nil {
				won = append(won, m.ID)
			} else if !errors.As(err, &clash) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if len(won) != 1 {
		t.Fatalf("won: %v", won)
	}
	for _, id := range []string{m7.ID, m9.ID} {
		m, err := c.Get(t.Context(), id)
		if err != nil || m.State != StatePostponed || m.Displaced[0].By != won[0] {
			t.Errorf("%s is %s, %+v, %v", m.Subject, m.State, m.Displaced, err)
		}
	}
	bookings, err := c.Bookings(t.Context(), day.m7.holds(), Span{day.m7.Start, day.m7.End})
	if err != nil || len(bookings) != 10 {
		t.Errorf("%d bookings, %v", len(bookings), err)
	}
}
