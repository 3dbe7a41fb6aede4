package directory

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"diemcau/rooms/audit"
)

// column is one field of a kind as text: how it stands in files, in the preview of an import and in the audit log.
type column struct {
	field   string // as in JSON
	heading string // of files
	get     func(Entry) string
	set     func(Entry, string) (code string) // empty when the text could be read
	number  bool
}

// listSeparator stands between the items of a list in one cell.
const listSeparator = ";"

func textColumn[T any](field, heading string, at func(*T) *string) column {
	return column{field, heading,
		func(e Entry) string { return *at(any(e).(*T)) },
		func(e Entry, s string) string { *at(any(e).(*T)) = s; return "" }, false,
	}
}

func numberColumn[T any](field, heading string, at func(*T) *int) column {
	return column{field, heading,
		func(e Entry) string { return strconv.Itoa(*at(any(e).(*T))) },
		func(e Entry, s string) string {
			if s == "" {
				return CodeRequired
			}
			n, err := strconv.Atoi(s)
			if err != nil {
				return CodeBadNumber
			}
			*at(any(e).(*T)) = n
			return ""
		}, true,
	}
}

func dayColumn[T any](field, heading string, at func(*T) *string) column {
	return column{field, heading,
		func(e Entry) string { return *at(any(e).(*T)) },
		func(e Entry, s string) string {
			day, ok := readDay(s)
			if !ok {
				return CodeBadDate
			}
			*at(any(e).(*T)) = day
			return ""
		}, false,
	}
}

func listColumn[T any](field, heading string, at func(*T) *[]string) column {
	return column{field, heading,
		func(e Entry) string { return strings.Join(*at(any(e).(*T)), listSeparator+" ") },
		func(e Entry, s string) string {
			var list []string
			for item := range strings.SplitSeq(s, listSeparator) {
				if item = strings.TrimSpace(item); item != "" {
					list = append(list, item)
				}
			}
			*at(any(e).(*T)) = list
			return ""
		}, false,
	}
}

// Words for yes and no in files; the first is written.
var (
	wordsYes = []string{"có", "x", "1", "true", "yes"}
	wordsNo  = []string{"không", "", "0", "false", "no"}
)

func yesColumn[T any](field, heading string, at func(*T) *bool) column {
	return column{field, heading,
		func(e Entry) string {
			if *at(any(e).(*T)) {
				return wordsYes[0]
			}
			return wordsNo[0]
		},
		func(e Entry, s string) string {
			s = strings.ToLower(s)
			yes := slices.Contains(wordsYes, s)
			if !yes && !slices.Contains(wordsNo, s) {
				return CodeUnknown
			}
			*at(any(e).(*T)) = yes
			return ""
		}, false,
	}
}

// columns are those of each kind, by its place, in the order of files.
var columns = [][]column{
	{
		textColumn("id", "Mã", func(l *Level) *string { return &l.ID }),
		textColumn("name", "Tên cấp", func(l *Level) *string { return &l.Name }),
		textColumn("name_en", "Tên tiếng Anh", func(l *Level) *string { return &l.NameEn }),
		numberColumn("order", "Thứ tự", func(l *Level) *int { return &l.Order }),
	},
	{
		textColumn("id", "Mã", func(u *Unit) *string { return &u.ID }),
		textColumn("name", "Tên đơn vị", func(u *Unit) *string { return &u.Name }),
		textColumn("short_name", "Tên viết tắt", func(u *Unit) *string { return &u.ShortName }),
		textColumn("level", "Cấp", func(u *Unit) *string { return &u.Level }),
		textColumn("parent", "Trực thuộc", func(u *Unit) *string { return &u.Parent }),
		textColumn("mailbox", "Hộp thư", func(u *Unit) *string { return &u.Mailbox }),
		numberColumn("protocol_order", "Thứ tự lễ tân", func(u *Unit) *int { return &u.ProtocolOrder }),
		dayColumn("valid_from", "Hiệu lực từ ngày", func(u *Unit) *string { return &u.ValidFrom }),
		dayColumn("valid_to", "Hiệu lực đến hết ngày", func(u *Unit) *string { return &u.ValidTo }),
		listColumn("predecessors", "Đơn vị tiền thân", func(u *Unit) *[]string { return &u.Predecessors }),
	},
	{
		textColumn("id", "Mã", func(p *Person) *string { return &p.ID }),
		textColumn("title", "Chức vụ", func(p *Person) *string { return &p.Title }),
		textColumn("name", "Họ tên", func(p *Person) *string { return &p.Name }),
		textColumn("unit", "Đơn vị", func(p *Person) *string { return &p.Unit }),
		numberColumn("protocol_order", "Thứ tự lễ tân", func(p *Person) *int { return &p.ProtocolOrder }),
		yesColumn("leader", "Lãnh đạo", func(p *Person) *bool { return &p.Leader }),
		textColumn("mailbox", "Hộp thư", func(p *Person) *string { return &p.Mailbox }),
	},
	{
		textColumn("id", "Mã", func(h *Hall) *string { return &h.ID }),
		textColumn("name", "Tên phòng họp", func(h *Hall) *string { return &h.Name }),
		textColumn("short_name", "Tên viết tắt", func(h *Hall) *string { return &h.ShortName }),
		textColumn("unit", "Đơn vị", func(h *Hall) *string { return &h.Unit }),
		numberColumn("seats", "Số chỗ", func(h *Hall) *int { return &h.Seats }),
		listColumn("equipment", "Trang thiết bị", func(h *Hall) *[]string { return &h.Equipment }),
		numberColumn("protocol_order", "Thứ tự lễ tân", func(h *Hall) *int { return &h.ProtocolOrder }),
	},
	{
		textColumn("id", "Mã", func(g *Group) *string { return &g.ID }),
		textColumn("name", "Tên nhóm", func(g *Group) *string { return &g.Name }),
		listColumn("units", "Các đơn vị", func(g *Group) *[]string { return &g.Units }),
	},
	{
		textColumn("id", "Mã", func(t *Terminal) *string { return &t.ID }),
		textColumn("name", "Tên thiết bị", func(t *Terminal) *string { return &t.Name }),
		textColumn("hall", "Phòng họp", func(t *Terminal) *string { return &t.Hall }),
	},
}

func columnsOf(k Kind) []column { return columns[k.place()] }

// readDay reads YYYY-MM-DD, dd/MM/yyyy or the number by which spreadsheets know a day.
func readDay(s string) (day string, ok bool) {
	if s == "" || ValidDay(s) {
		return s, true
	}
	if t, err := time.Parse("2/1/2006", s); err == nil && t.Year() >= 1000 {
		return t.Format(time.DateOnly), true
	}
	// Whole days since 30/12/1899; from 1904 on, so that no small number is taken for a day.
	if n, err := strconv.Atoi(s); err == nil && len(s) == 5 {
		return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), true
	}
	return "", false
}

// FieldChange is what one field was and what it is to be.
type FieldChange struct {
	Field  string // as in JSON
	Before string
	After  string
}

// differences gives the fields in which two entries of a kind differ; a nil one has empty fields.
func differences(before, after Entry) []FieldChange {
	kind := edit{before, after}.entry().Kind()
	read := func(e Entry, c column) string {
		if e == nil {
			return ""
		}
		return c.get(e)
	}
	var out []FieldChange
	for _, c := range columnsOf(kind) {
		if x, y := read(before, c), read(after, c); x != y {
			out = append(out, FieldChange{c.field, x, y})
		}
	}
	return out
}

// audit is the entry of the audit log for an edit.
func (e edit) audit(actor audit.Actor) audit.Entry {
	is := e.entry()
	out := audit.Entry{Actor: actor, Object: is.Key(), Name: is.Label()}
	switch {
	case e.before == nil:
		out.Action = string(is.Kind()) + ".created"
	case e.after == nil:
		out.Action = string(is.Kind()) + ".deleted"
	default:
		out.Action = string(is.Kind()) + ".changed"
	}
	var from, to []string
	for _, f := range differences(e.before, e.after) {
		if f.Before != "" {
			from = append(from, f.Field+": "+f.Before)
		}
		if f.After != "" {
			to = append(to, f.Field+": "+f.After)
		}
	}
	out.From, out.To = strings.Join(from, "; "), strings.Join(to, "; ")
	return out
}
