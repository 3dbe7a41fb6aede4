package directory

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// listed gives the entries of a kind in protocol order.
func (s *Snapshot) listed(k Kind) []Entry {
	switch k {
	case KindLevel:
		return entries(s.all.Levels)
	case KindUnit:
		return entries(s.all.Units)
	case KindPerson:
		return entries(s.all.People)
	case KindHall:
		return entries(s.all.Halls)
	case KindGroup:
		return entries(s.all.Groups)
	case KindTerminal:
	}
	return entries(s.all.Terminals)
}

func entries[T any](list []T) []Entry {
	out := make([]Entry, len(list))
	for i := range list {
		out[i] = any(&list[i]).(Entry)
	}
	return out
}

// cell is a field as a cell of a workbook: a number or text.
func (c column) cell(e Entry) any {
	if c.number {
		if n, err := strconv.Atoi(c.get(e)); err == nil {
			return n
		}
	}
	return c.get(e)
}

// WriteCSV writes the entries of a kind as CSV (RFC 4180) in UTF-8. A byte order mark makes spreadsheets read it as UTF-8, and no cell
// can be taken for a formula.
func (s *Snapshot) WriteCSV(w io.Writer, k Kind) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("directory: csv: %w", err)
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	columns := columnsOf(k)
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.heading
	}
	_ = out.Write(cells) // Error tells of it
	for _, e := range s.listed(k) {
		for i, c := range columns {
			cells[i] = escape(c.get(e))
		}
		_ = out.Write(cells) // as above
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("directory: csv: %w", err)
	}
	return nil
}
