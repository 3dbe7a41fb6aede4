package directory

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"

	"diemcau/rooms/fold"
)

// Limits of a file.
const (
	// MaxFile is the largest file that is looked at, in bytes.
	MaxFile     = 4 << 20
	mostRows    = 20_000 // of all sheets
	mostColumns = 64     // of a row
	longestCell = 64 << 10
)

// Codes of what is wrong with a file.
const (
	CodeBadFile       = "bad_file"         // it cannot be read, or is not what it is said to be
	CodeUnsafeFile    = "unsafe_file"      // macros, links to other files, more than it claims to be
	CodeBadEncoding   = "bad_encoding"     // neither UTF-8 nor UTF-16 with a byte order mark
	CodeTooManyRows   = "too_many_rows"    // or columns
	CodeUnknownSheet  = "unknown_sheet"    // its name is that of no kind
	CodeUnknownColumn = "unknown_column"   // its heading is that of no field
	CodeMissingColumn = "missing_column"   // there is no column for the ids
	CodeEmptyFile     = "no_rows"          // there is nothing to import
	CodeTooManyEdits  = "too_many_at_once" // more changes than one step can make
)

// FileError says that a file cannot be read as a directory at all.
type FileError struct{ Code string }

func (e *FileError) Error() string { return "directory: file: " + e.Code }

// Fault is something wrong in one place of a file.
type Fault struct {
	Sheet  string // empty in CSV
	Row    int    // from 1, as spreadsheets count
	Column string // heading; empty when it is about the whole row
	Code   string
}

// table is one sheet of a file: what its columns are, and its rows.
type table struct {
	sheet   string
	kind    Kind
	heads   []string // as they stand there
	columns []*column
	rows    []row
}

type row struct {
	number int
	cells  []string
}

// sheetNames are the names of the sheets of each kind, by its place; the plural in English is taken too.
var sheetNames = []string{"Cấp", "Đơn vị", "Chức danh", "Phòng họp", "Nhóm đơn vị", "Thiết bị"}

// kindOfSheet finds the kind of a sheet by its name.
func kindOfSheet(name string) (Kind, bool) {
	name = strings.TrimSpace(fold.String(name))
	for i, k := range kinds {
		if name == fold.String(sheetNames[i]) || name == k.plural {
			return k.Kind, true
		}
	}
	return "", false
}

// KindOf finds a kind by its plural: units.
func KindOf(plural string) (Kind, bool) {
	for _, k := range kinds {
		if k.plural == plural {
			return k.Kind, true
		}
	}
	return "", false
}

// columnOf finds a column of a kind by its heading, without regard to case and diacritics, or by the name of the field.
func columnOf(k Kind, heading string) *column {
	heading = strings.TrimSpace(fold.String(heading))
	for i, c := range columnsOf(k) {
		if heading == fold.String(c.heading) || heading == c.field {
			return &columnsOf(k)[i]
		}
	}
	return nil
}

// head reads the first row of a sheet.
func (t *table) head(cells []string) []Fault {
	var faults []Fault
	fault := func(heading, code string) { faults = append(faults, Fault{t.sheet, 1, heading, code}) }
	t.heads = cells
	for _, heading := range cells {
		c := columnOf(t.kind, heading)
		switch {
		case c == nil && strings.TrimSpace(heading) != "":
			fault(heading, CodeUnknownColumn)
		case c != nil && slices.Contains(t.columns, c):
			fault(heading, CodeRepeated)
			c = nil
		}
		t.columns = append(t.columns, c)
	}
	if !slices.Contains(t.columns, &columnsOf(t.kind)[0]) {
		fault(columnsOf(t.kind)[0].heading, CodeMissingColumn)
	}
	return faults
}

// add takes a row after the head, unless it is empty.
func (t *table) add(number int, cells []string) error {
	if len(cells) > mostColumns {
		return &FileError{CodeTooManyRows}
	}
	empty := true
	for i, cell := range cells {
		if len(cell) > longestCell {
			return &FileError{CodeBadFile}
		}
		cells[i] = strings.TrimSpace(cell)
		empty = empty && cells[i] == ""
	}
	if !empty {
		t.rows = append(t.rows, row{number, cells})
	}
	return nil
}

// readCSV reads one kind from CSV (RFC 4180) in UTF-8, or in UTF-16 with a byte order mark, with commas, semicolons or tabs.
func readCSV(raw []byte, kind Kind) ([]table, []Fault, error) {
	text, err := decodeText(raw)
	if err != nil {
		return nil, nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.Comma = -1, separatorOf(text, kind)
	t := table{kind: kind}
	var faults []Fault
	for n := 0; ; n++ {
		cells, err := r.Read()
		var at *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return []table{t}, faults, nil
		case errors.As(err, &at):
			return []table{t}, append(faults, Fault{"", at.StartLine, "", CodeBadFile}), nil // where the quotes are wrong nothing after it is sure
		case err != nil:
			return nil, nil, fmt.Errorf("directory: csv: %w", err)
		case n > mostRows:
			return nil, nil, &FileError{CodeTooManyRows}
		}
		line, _ := r.FieldPos(0)
		for i := range cells {
			cells[i] = unescape(cells[i])
		}
		if n == 0 {
			if len(cells) > mostColumns {
				return nil, nil, &FileError{CodeTooManyRows}
			}
			faults = t.head(cells)
			continue
		}
		if err := t.add(line, cells); err != nil {
			return nil, nil, err
		}
	}
}

func decodeText(raw []byte) ([]byte, error) {
	for _, order := range []struct {
		mark string
		is   unicode.Endianness
	}{{"\xff\xfe", unicode.LittleEndian}, {"\xfe\xff", unicode.BigEndian}} {
		if bytes.HasPrefix(raw, []byte(order.mark)) {
			text, err := unicode.UTF16(order.is, unicode.ExpectBOM).NewDecoder().Bytes(raw)
			if err != nil {
				return nil, &FileError{CodeBadEncoding}
			}
			raw = text
		}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	// What could not be converted before stands there as U+FFFD.
	if !utf8.Valid(raw) || bytes.ContainsRune(raw, 0) || bytes.ContainsRune(raw, utf8.RuneError) {
		return nil, &FileError{CodeBadEncoding}
	}
	return raw, nil
}

// separatorOf finds what stands between the cells: that by which most of the first line's headings are known.
func separatorOf(text []byte, kind Kind) rune {
	line, _, _ := strings.Cut(string(text[:min(len(text), longestCell)]), "\n")
	best, most := ',', 0
	for _, separator := range ",;\t" {
		known := 0
		for heading := range strings.SplitSeq(strings.TrimSpace(line), string(separator)) {
			if columnOf(kind, strings.Trim(heading, `"`)) != nil {
				known++
			}
		}
		if known > most {
			best, most = separator, known
		}
	}
	return best
}

// formulas are what spreadsheets take for the beginning of one in CSV (OWASP, CSV injection).
const formulas = "=+-@\t\r\n|"

// escape keeps a spreadsheet from taking text for a formula; unescape takes that back.
func escape(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != "" && strings.ContainsRune(formulas, rune(rest[0])) {
		return "'" + s
	}
	return s
}

func unescape(s string) string {
	if rest := strings.TrimLeft(s, "'"); rest != "" && rest != s && strings.ContainsRune(formulas, rune(rest[0])) {
		return s[1:]
	}
	return s
}
