package calendar

import (
	"fmt"
	"testing"
	"time"
)

func TestList(t *testing.T) {
	c, _ := newCalendar(t)
	for i := range 10 {
		p := plan()
		p.Start, p.End = now.Add(time.Duration(i)*time.Hour), now.Add(time.Duration(i+1)*time.Hour)
		p.Subject = fmt.Sprint(i)
		if _, err := c.Create(t.Context(), p, Change{}); err != nil {
			t.Fatal(err)
		}
	}
	subjects := func(q Query) (s string, total int64) {
		t.Helper()
		all, total, err := c.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			s += m.Subject
		}
		return s, total
	}
	for _, tc := range []struct {
		q     Query
		want  string
		total int64
	}{
		{Query{Limit: 4}, "0123", 10}, {Query{Limit: 4, Offset: 8}, "89", 10}, {Query{Limit: 4, Offset: 20}, "", 10},
		{Query{From: now.Add(3 * time.Hour), To: now.Add(6 * time.Hour), Limit: 50}, "345", 3},
		{Query{From: now.Add(210 * time.Minute), To: now.Add(211 * time.Minute), Limit: 50}, "3", 1}, // in the middle of one
		{Query{To: now.Add(2 * time.Hour), Limit: 50}, "01", 2},
		{Query{Where: func(m Meeting) bool { return m.Subject != "4" }, Offset: 3, Limit: 3}, "356", 9},
	} {
		if got, total := subjects(tc.q); got != tc.want || total != tc.total {
			t.Errorf("%+v: %q of %d", tc.q, got, total)
		}
	}
}

// What was read before is read again when it has changed, and only then; a list larger than what is kept is read all the same.
func TestWhatWasReadIsKeptUntilItChanges(t *testing.T) {
	c, s := newCalendar(t)
	other := New(s, c.log)
	other.now = c.now
	m, err := c.Create(t.Context(), plan(), Change{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		p := plan()
		p.Subject = fmt.Sprint("Lần ", i)
		if _, err := other.Change(t.Context(), m.ID, p, Change{}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			all, _, err := c.List(t.Context(), Query{Limit: 1})
			if err != nil || all[0].Subject != p.Subject || all[0].Version != int64(i+2) {
				t.Errorf("%+v %v", all, err)
			}
		}
	}
	if len(c.seen.read) != 1 {
		t.Errorf("%d are kept", len(c.seen.read))
	}
	c.seen.put(make([]Meeting, mostCached))
	if _, kept := c.seen.get(m.ID, "4"); kept {
		t.Error("more than the most are kept")
	}
}
