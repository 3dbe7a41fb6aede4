package audit

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// WriteCSV writes what a query finds as CSV (RFC 4180) in UTF-8, newest first, with times in the zone. A byte order mark makes
// spreadsheets read it as UTF-8, and no cell can be taken for a formula. At most limit entries are written.
func (l *Log) WriteCSV(ctx context.Context, w io.Writer, q Query, zone *time.Location, limit int) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write([]string{"Thời gian", "Tài khoản", "Họ tên, chức vụ", "Địa chỉ", "Thao tác", "Mã thao tác", "Đối tượng", "Tên đối tượng", "Trước", "Sau", "Kết quả"}); err != nil {
		return err
	}
	q.Limit = batch
	for written := 0; written < limit; {
		page, err := l.Search(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Entries[:min(len(page.Entries), limit-written)] {
			written++
			from, to := e.changed()
			row := []string{
				e.At.In(zone).Format("02/01/2006 15:04:05"), e.Actor.Login, e.Actor.Name, e.Actor.Address, nameOf(e.Action), e.Action, e.Object, e.Name, from, to, string(e.Result),
			}
			for i := range row {
				row[i] = plain(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
		if page.Next == "" {
			break
		}
		q.After = page.Next
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("audit: export: %w", err)
	}
	return nil
}

// changed is what was and what is, with the names of the fields.
func (e Entry) changed() (from, to string) {
	before, after := []string{e.From}, []string{e.To}
	for _, c := range e.Changes {
		if c.From != "" {
			before = append(before, fieldName(c.Field)+": "+valueName(c.Field, c.From))
		}
		if c.To != "" {
			after = append(after, fieldName(c.Field)+": "+valueName(c.Field, c.To))
		}
	}
	there := func(all []string) string {
		return strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
	}
	return there(before), there(after)
}

// plain keeps a spreadsheet from taking text for a formula (OWASP, CSV injection).
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n|", rune(s[0])) {
		return "'" + s
	}
	return s
}
