package audit

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// appendAll writes entries, each at a later millisecond of Redis: within one the order of what different parts of the log say is open.
func appendAll(t *testing.T, l *Log, tag string, entries ...Entry) {
	t.Helper()
	now := func() int64 {
		at, err := l.store.Client().Time(t.Context()).Result()
		if err != nil {
			t.Fatal(err)
		}
		return at.UnixMilli()
	}
	for _, e := range entries {
		if err := l.Append(t.Context(), tag, e); err != nil {
			t.Fatal(err)
		}
		for written := now(); now() == written; {
			continue
		}
	}
}

func actions(p Page) string {
	var out []string
	for _, e := range p.Entries {
		out = append(out, e.Action)
	}
	return strings.Join(out, " ")
}

func TestSearch(t *testing.T) {
	s := storetest.New(t)
	l := New(s, Of("accounts"), Of("directory"))
	lan := Actor{ID: "1", Login: "lan", Name: "Chuyên viên Đỗ Thị Lan", Address: "10.1.0.7"}
	appendAll(t, l, "accounts", Entry{Actor: lan, Action: "account.created", Object: "7", Name: "Phú Lâm"})
	appendAll(t, l, "directory", Entry{Actor: Actor{ID: "2", Login: "minh"}, Action: "unit.changed", From: "Sở Y tế", To: "Sở Y tế tỉnh"})
	appendAll(t, l, "accounts", Entry{Actor: lan, Action: "account.changed", Result: Refused})
	start := time.Now()
	for name, c := range map[string]struct {
		q    Query
		want string
	}{
		"all, newest first":           {Query{}, "account.changed unit.changed account.created"},
		"by id":                       {Query{Actor: "2"}, "unit.changed"},
		"by login":                    {Query{Actor: "lan"}, "account.changed account.created"},
		"by action":                   {Query{Action: "account.created"}, "account.created"},
		"by kind of action":           {Query{Action: "account."}, "account.changed account.created"},
		"without diacritics":          {Query{Text: "do thi LAN"}, "account.changed account.created"},
		"with decomposed ones":        {Query{Text: "Phu\u0301 La\u0302m"}, "account.created"},
		"by address":                  {Query{Text: "10.1.0.7 refused"}, "account.changed"},
		"in what was":                 {Query{Text: "y te tinh"}, "unit.changed"},
		"nothing":                     {Query{Text: "khong co"}, ""},
		"before the first":            {Query{To: start.Add(-time.Hour)}, ""},
		"from a time to come":         {Query{From: start.Add(time.Hour)}, ""},
		"all of an hour on both ends": {Query{From: start.Add(-time.Hour), To: start.Add(time.Hour)}, "account.changed unit.changed account.created"},
	} {
		c.q.Limit = 50
		page, err := l.Search(t.Context(), c.q)
		if err != nil || actions(page) != c.want || page.Next != "" {
			t.Errorf("%s: %q, next %q, %v", name, actions(page), page.Next, err)
		}
	}
	for _, bad := range []string{"x", "1", "1-2", "1-2.x", "-1-0.0"} {
		if _, err := l.Search(t.Context(), Query{After: bad, Limit: 1}); !errors.Is(err, ErrBadCursor) {
			t.Errorf("cursor %q: %v", bad, err)
		}
	}
	storetest.Pause(t, s)
	if _, err := l.Search(t.Context(), Query{Limit: 1}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("with Redis away: %v", err)
	}
	if err := l.Append(t.Context(), "accounts", Entry{}); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append with Redis away: %v", err)
	}
}

// Pages over two streams, whose entries can have the same number, hold every entry once.
func TestPages(t *testing.T) {
	s := storetest.New(t)
	l := New(s, Of("accounts"), Of("directory"))
	for i := range 450 {
		for _, tag := range []string{"accounts", "directory"} {
			raw, err := Encode(Entry{Action: fmt.Sprintf("%s.%d", tag, i)})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Client().Do(t.Context(), "XADD", Key(tag), fmt.Sprintf("%d-1", 1000+i), "entry", raw).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, limit := range []int{1, 7, 200, 1000} {
		seen, last := map[string]bool{}, ""
		q := Query{Limit: limit}
		for pages := 0; pages <= 901; pages++ {
			page, err := l.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				if seen[e.Action] {
					t.Fatalf("limit %d: %s twice", limit, e.Action)
				}
				seen[e.Action], last = true, e.Action
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if len(seen) != 900 || last != "accounts.0" {
			t.Errorf("limit %d: %d entries, the last %s", limit, len(seen), last)
		}
	}
}

func TestCSV(t *testing.T) {
	l := New(storetest.New(t), Of("accounts"))
	appendAll(t, l, "accounts",
		Entry{Action: "account.created", Name: `=HYPERLINK("http://evil","x")`, To: "+1", From: "-1", Object: "@x", Actor: Actor{Name: "Lan, \"trưởng\"\nphòng"}},
		Entry{Action: "newest", Changes: []Change{{Field: "reason", To: "Bão tan"}, {Field: "format", From: "online", To: "hybrid"}, {Field: "new", From: "x"}}})
	var out bytes.Buffer
	if err := l.WriteCSV(t.Context(), &out, Query{}, time.UTC, 10); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 3 {
		t.Fatalf("%d rows, mark %v: %v", len(rows), marked, err)
	}
	for i, cell := range rows[2] {
		if cell != "" && strings.ContainsAny(cell[:1], "=+-@") {
			t.Errorf("cell %d is a formula: %q", i, cell)
		}
	}
	if rows[1][5] != "newest" || rows[1][4] != "newest" || rows[2][4] != "Thêm tài khoản" || rows[2][2] != "Lan, \"trưởng\"\nphòng" {
		t.Errorf("%q", rows)
	}
	if rows[1][8] != "Hình thức họp: Trực tuyến; new: x" || rows[1][9] != "Lý do: Bão tan; Hình thức họp: Kết hợp" {
		t.Errorf("%q", rows[1])
	}
	out.Reset()
	if err := l.WriteCSV(t.Context(), &out, Query{}, time.UTC, 1); err != nil || strings.Count(out.String(), "\r\n") != 2 {
		t.Errorf("a limit of one: %q %v", out.String(), err)
	}
}
