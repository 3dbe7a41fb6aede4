package demo

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/meeting"
	"diemcau/rooms/store/storetest"
)

func TestLoad(t *testing.T) {
	s := storetest.New(t)
	log := slog.New(slog.DiscardHandler)
	credentials, err := access.New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	// Noon of a Thursday: half of the week is over, whenever the test runs.
	now := mondayOf(time.Now().In(time.UTC)).AddDate(0, 0, 3).Add(5 * time.Hour)
	cfg := Config{Calendar: calendar.New(s, log), Directory: directory.New(s), Access: credentials, Now: now, Log: log}
	first, err := Load(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(t.Context(), cfg)
	if err != nil || len(again.Meetings) != len(first.Meetings) || again.Practice.Version != first.Practice.Version {
		t.Errorf("a second load makes something new: %v", err)
	}
	if len(first.Meetings) != len(week) {
		t.Errorf("%d of %d meetings of the week", len(first.Meetings), len(week))
	}
	for _, m := range again.Meetings {
		want := calendar.StateIssued
		switch {
		case m.Subject == "Công tác y tế": // whose hall is taken by what is urgent
			want = calendar.StatePostponed
		case m.Subject == "Rà soát thủ tục hành chính":
			want = calendar.StateSubmitted
		case !m.End.After(cfg.Now):
			want = calendar.StateConcluded
		}
		if m.State != want {
			t.Errorf("%s until %v is %s", m.Subject, m.End, m.State)
		}
		if m.Subject == "Tập huấn" && len(m.Displaced) != 13+10+10 { // sites, and the halls and terminals of those that have some
			t.Errorf("the training has lost %v", m.Displaced)
		}
	}
	if !first.Practice.AlwaysOn || first.Practice.Speaking != meeting.SpeakingOpen || !calendar.DefaultSettings().Admits(first.Practice, time.Now()) {
		t.Errorf("practice meeting: %+v", first.Practice)
	}
	roles := map[meeting.Role]bool{}
	for _, l := range first.Links {
		c, err := credentials.Invitation(l.Path[len("/join#"):])
		if err != nil || c.Meeting != first.Practice.ID {
			t.Errorf("%s: %+v %v", l.Label, c, err)
		}
		roles[c.Role] = true
	}
	if !roles[meeting.RoleChair] || !roles[meeting.RoleSite] || !roles[meeting.RoleSecretary] {
		t.Errorf("links for %v", roles)
	}
}

// The week of domain.md, as it stands in the calendar when none of it is over.
func TestWeek(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	monday := mondayOf(time.Date(2026, 2, 5, 23, 0, 0, 0, zone))
	if monday != time.Date(2026, 2, 2, 0, 0, 0, 0, zone) {
		t.Fatalf("the week begins on %v", monday)
	}
	if sunday := mondayOf(time.Date(2026, 2, 8, 12, 0, 0, 0, zone)); sunday != monday {
		t.Errorf("Sunday belongs to the week of %v", sunday)
	}
	if len(week) != 10 || len(units) != 22 || len(districts) != 10 || len(communes) != 120 {
		t.Errorf("%d meetings, %d units, %d districts, %d communes", len(week), len(units), len(districts), len(communes))
	}
	if m7 := week[6].plan(monday); len(m7.Sites) != 152 {
		t.Errorf("M7 has %d sites", len(m7.Sites))
	}
	m8 := week[8].plan(monday)
	if m8.Subject != "Ứng phó bão" || m8.Start.UTC() != time.Date(2026, 2, 5, 7, 0, 0, 0, time.UTC) || m8.End.Sub(m8.Start) != 90*time.Minute || len(m8.Sites) != 14 {
		t.Errorf("M8: %+v", m8)
	}
}

func TestM10IsRefused(t *testing.T) {
	c := calendar.New(storetest.New(t), slog.New(slog.DiscardHandler))
	m10 := planned{"m10", "thematic", 4, "08:00", "10:00", "Chuyên đề", chairman, office, "", nil}.plan(mondayOf(time.Now()).AddDate(0, 0, 7))
	m10.Secrecy = "mat"
	var field *calendar.FieldError
	if _, err := c.Create(t.Context(), m10, calendar.Change{}); !errors.As(err, &field) || field.Code != calendar.CodeSecret {
		t.Errorf("%v", err)
	}
}
