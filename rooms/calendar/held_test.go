package calendar

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/audit"
	"diemcau/rooms/directory"
	"diemcau/rooms/store/storetest"
)

// newDistrict is a calendar whose directory has a district with one hall and its terminal, a department with two halls, and leaders.
func newDistrict(t *testing.T) *Calendar {
	t.Helper()
	s := storetest.New(t)
	d := directory.New(s)
	c := NewWith(s, DefaultSettings(), d, slog.New(slog.DiscardHandler))
	c.now = func() time.Time { return now }
	err := d.Fill(t.Context(), []directory.Entry{
		&directory.Level{ID: "tinh", Name: "Tỉnh", Order: 1},
		&directory.Unit{ID: "an-lac", Name: "Huyện An Lạc", Level: "tinh", ProtocolOrder: 204},
		&directory.Unit{ID: "so-y-te", Name: "Sở Y tế", Level: "tinh", ProtocolOrder: 116},
		&directory.Hall{ID: "al", Name: "Hội trường huyện", Unit: "an-lac", Seats: 60},
		&directory.Hall{ID: "yt-1", Name: "Phòng họp 1", Unit: "so-y-te", Seats: 20},
		&directory.Hall{ID: "yt-2", Name: "Phòng họp 2", Unit: "so-y-te", Seats: 20},
		&directory.Terminal{ID: "al-1", Name: "Thiết bị huyện", Hall: "al"},
		&directory.Terminal{ID: "yt-2-1", Name: "Thiết bị phòng 2", Hall: "yt-2"},
		&directory.Person{ID: "ct", Title: "Chủ tịch", Unit: "an-lac", Leader: true},
		&directory.Person{ID: "pct", Title: "Phó Chủ tịch", Unit: "an-lac", Leader: true},
		&directory.Person{ID: "vp", Title: "Chánh Văn phòng", Unit: "an-lac", Leader: true},
		&directory.Person{ID: "gd", Title: "Giám đốc Sở Y tế", Unit: "so-y-te"},
	}, directory.By{Actor: audit.Actor{ID: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func heldBy(p Plan) string { return strings.Join(labels(p.holds(), Resource.String), " ") }

// A site is where its unit meets: its hall and terminal are held with it, where there is no choice which. A clash with a meeting that has the site,
// its hall and its terminal is told once.
func TestASiteHoldsItsHall(t *testing.T) {
	c := newDistrict(t)
	online := booked("Giao ban", at(1, 8, 0), at(1, 9, 0))
	online.Sites = []Site{{UnitID: "an-lac", Name: "An Lạc"}, {UnitID: "so-y-te", Name: "Sở Y tế"}}
	m, err := c.Create(t.Context(), online, Change{})
	if err != nil || heldBy(m.Plan) != "hall:al site:an-lac site:so-y-te terminal:al-1" || m.Sites[0].Unit != "Hội trường huyện" {
		t.Fatalf("%s %v", heldBy(m.Plan), err)
	}
	var clash *ClashError
	there := booked("Họp tại huyện", at(1, 8, 30), at(1, 9, 30))
	there.Halls = []Venue{{ID: "al", Name: "Hội trường huyện"}}
	if _, err := c.Create(t.Context(), there, Change{}); !errors.As(err, &clash) || len(clash.Clashes) != 1 || clash.Clashes[0].Resource != (Resource{Hall, "al"}) {
		t.Errorf("in the hall of a site: %v", err)
	}
	if _, err := c.Create(t.Context(), online, Change{}); !errors.As(err, &clash) || len(clash.Clashes) != 2 || clash.Clashes[0].Resource != (Resource{AtSite, "an-lac"}) {
		t.Errorf("with the same sites: %v", err)
	}
	f, err := c.Consult(t.Context(), "", online, ScopeOne)
	if err != nil || len(f.Clashes) != 2 {
		t.Errorf("%+v %v", f.Clashes, err)
	}

	chosen := booked("Chuyên môn", at(2, 8, 0), at(2, 9, 0))
	chosen.Sites = []Site{{UnitID: "so-y-te", Name: "Sở Y tế", Terminal: "yt-2-1"}}
	if m, err = c.Create(t.Context(), chosen, Change{}); err != nil || heldBy(m.Plan) != "hall:yt-2 site:so-y-te terminal:yt-2-1" {
		t.Errorf("by its terminal: %s %v", heldBy(m.Plan), err)
	}
	chosen.Start, chosen.End, chosen.Sites = at(3, 8, 0), at(3, 9, 0), []Site{{UnitID: "so-y-te", Name: "Sở Y tế", Hall: "al"}, {UnitID: "an-lac", Name: "An Lạc"}}
	if m, err = c.Create(t.Context(), chosen, Change{}); err != nil || heldBy(m.Plan) != "hall:al site:an-lac site:so-y-te terminal:al-1" {
		t.Errorf("two sites in a hall: %s %v", heldBy(m.Plan), err)
	}
}

// Leaders are held where they are invited, not only where they preside. A meeting goes on without one who is invited to something urgent.
func TestAnInvitedLeaderIsHeld(t *testing.T) {
	c := newDistrict(t)
	p := booked("Giao ban", at(1, 8, 0), at(1, 9, 0))
	p.Chair, p.Secretary = Person{ID: "ct", Name: "x"}, Person{ID: "vp", Name: "x"}
	p.Delegates = []Delegate{{Person: "pct", Name: "x"}, {Person: "gd", Name: "x"}, {Person: "ct", Name: "x"}, {UnitID: "so-y-te", Name: "x"}}
	m, err := c.Create(t.Context(), p, Change{})
	if err != nil || heldBy(m.Plan) != "leader:ct leader:pct leader:vp" {
		t.Fatalf("%s %v", heldBy(m.Plan), err)
	}
	urgent := booked("Ứng phó bão", at(1, 8, 0), at(1, 9, 0))
	urgent.Type, urgent.Delegates = "urgent", []Delegate{{Person: "pct", Name: "x"}}
	var clash *ClashError
	if _, err := c.Create(t.Context(), urgent, Change{}); !errors.As(err, &clash) || clash.Clashes[0].Resource != (Resource{Leader, "pct"}) || !clash.Clashes[0].PreEmptible {
		t.Errorf("%v", err)
	}
	if _, err := c.Create(t.Context(), urgent, Change{PreEmpt: true}); err != nil {
		t.Fatal(err)
	}
	if m, err = c.Get(t.Context(), m.ID); err != nil || m.State != StateIssued || len(m.Displaced) != 1 {
		t.Errorf("without who was invited it is %s, %v", m.State, err)
	}
	// It does not go on without him if he is to preside.
	presides := p
	presides.CoChairs = []Person{{ID: "pct", Name: "x"}}
	if _, err := c.Change(t.Context(), m.ID, presides, Change{}); !errors.As(err, &clash) || clash.Clashes[0].Resource != (Resource{Leader, "pct"}) {
		t.Errorf("with him to preside: %v", err)
	}
	if f, err := c.Consult(t.Context(), m.ID, presides, ScopeOne); err != nil || len(f.Clashes) != 1 {
		t.Errorf("%+v %v", f.Clashes, err)
	}
	urgent.Chair, urgent.Delegates = Person{ID: "ct", Name: "x"}, nil
	if _, err := c.Create(t.Context(), urgent, Change{PreEmpt: true}); err != nil {
		t.Fatal(err)
	}
	if m, err = c.Get(t.Context(), m.ID); err != nil || m.State != StatePostponed {
		t.Errorf("without its chair it is %s, %v", m.State, err)
	}
}

// The largest meetings have 400 sites, each with its hall and terminal.
func TestFourHundredSitesWithHalls(t *testing.T) {
	c, _ := newCalendar(t)
	p := booked("Hội nghị toàn quốc", at(1, 8, 0), at(1, 9, 0))
	for i := range 400 {
		p.Sites = append(p.Sites, Site{UnitID: fmt.Sprint("u", i), Name: fmt.Sprint("Điểm cầu ", i), Hall: fmt.Sprint("h", i), Terminal: fmt.Sprint("t", i)})
	}
	m, err := c.Create(t.Context(), p, Change{})
	if err != nil || len(m.bookings(c.settings)) != 1200 {
		t.Fatal(err)
	}
	var clash *ClashError
	if _, err := c.Create(t.Context(), p, Change{}); !errors.As(err, &clash) || len(clash.Clashes) != maxClashes || clash.Clashes[0].Resource.Kind != AtSite {
		t.Errorf("%v", err)
	}
	p.Type = "urgent"
	if _, err := c.Create(t.Context(), p, Change{PreEmpt: true}); err != nil {
		t.Fatal(err)
	}
	if m, err = c.Get(t.Context(), m.ID); err != nil || m.State != StateIssued || len(m.Displaced) != 1200 {
		t.Errorf("%s without %d, %v", m.State, len(m.Displaced), err)
	}
}
