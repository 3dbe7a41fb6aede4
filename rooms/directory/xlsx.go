package directory

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	mostUnpacked = 24 << 20 // bytes of a workbook, unpacked: its XML is read in memory, where it is several times as large
	mostParts    = 200
	mostSheets   = 20
)

// unsafeParts are parts of workbooks that hold programs or lead to other files.
var unsafeParts = []string{"vbaproject", "/activex/", "/macrosheets/", "/externallinks/", "/embeddings/", "/connections.xml", "/querytables/"}

// checkWorkbook refuses what would hurt who opens it, before it is opened: excelize believes what the archive says of itself.
func checkWorkbook(raw []byte) error {
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return &FileError{CodeBadFile}
	}
	if len(z.File) > mostParts {
		return &FileError{CodeUnsafeFile}
	}
	left := int64(mostUnpacked)
	for _, part := range z.File {
		name := "/" + strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		for _, unsafe := range unsafeParts {
			if strings.Contains(name, unsafe) {
				return &FileError{CodeUnsafeFile}
			}
		}
		if strings.Contains(name, "/../") || part.UncompressedSize64 > uint64(left) {
			return &FileError{CodeUnsafeFile}
		}
		r, err := part.Open()
		if err != nil {
			return &FileError{CodeBadFile}
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		_ = r.Close() // it was only read
		if left -= n; left < 0 {
			return &FileError{CodeUnsafeFile}
		}
		if err != nil {
			return &FileError{CodeBadFile}
		}
	}
	return nil
}

// readXLSX reads a workbook with a sheet for each kind. Formulas count as what they last came to.
func readXLSX(raw []byte) (tables []table, faults []Fault, err error) {
	if err := checkWorkbook(raw); err != nil {
		return nil, nil, err
	}
	// Workbooks that are wrong in ways that nobody has thought of have made excelize panic.
	defer func() {
		if recover() != nil {
			tables, faults, err = nil, nil, &FileError{CodeBadFile}
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(raw), excelize.Options{UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: mostUnpacked, RawCellValue: true})
	if err != nil {
		return nil, nil, &FileError{CodeBadFile}
	}
	defer func() { _ = f.Close() }() // without temporary files it closes nothing
	sheets := f.GetSheetList()
	if len(sheets) > mostSheets {
		return nil, nil, &FileError{CodeBadFile}
	}
	rows := 0
	for _, name := range sheets {
		t := table{sheet: name}
		known := false
		if t.kind, known = kindOfSheet(name); !known {
			faults = append(faults, Fault{Sheet: name, Code: CodeUnknownSheet})
			continue
		}
		found, err := t.read(f, &rows)
		if err != nil {
			return nil, nil, err
		}
		faults, tables = append(faults, found...), append(tables, t)
	}
	return tables, faults, nil
}

// read reads the rows of a sheet. rows counts those of the file.
func (t *table) read(f *excelize.File, rows *int) ([]Fault, error) {
	r, err := f.Rows(t.sheet)
	if err != nil {
		return nil, &FileError{CodeBadFile}
	}
	defer func() { _ = r.Close() }() // as above
	var faults []Fault
	for number := 1; r.Next(); number++ {
		if *rows++; *rows > mostRows+mostSheets {
			return nil, &FileError{CodeTooManyRows}
		}
		cells, err := r.Columns()
		switch {
		case err != nil:
			return nil, &FileError{CodeBadFile}
		case len(cells) > mostColumns:
			return nil, &FileError{CodeTooManyRows}
		case number == 1:
			faults = t.head(cells)
		default:
			if err := t.add(number, cells); err != nil {
				return nil, err
			}
		}
	}
	if r.Error() != nil {
		return nil, &FileError{CodeBadFile}
	}
	return faults, nil
}

// WriteXLSX writes everything as a workbook with a sheet for each kind.
func (s *Snapshot) WriteXLSX(w io.Writer) (err error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // as above
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("directory: workbook: %w", err)
	}
	for i, k := range kinds {
		if err := s.writeSheet(f, i, k.Kind, bold); err != nil {
			return fmt.Errorf("directory: workbook: %w", err)
		}
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("directory: workbook: %w", err)
	}
	return nil
}

func (s *Snapshot) writeSheet(f *excelize.File, place int, k Kind, bold int) error {
	name := sheetNames[place]
	if place == 0 {
		if err := f.SetSheetName("Sheet1", name); err != nil {
			return err
		}
	} else if _, err := f.NewSheet(name); err != nil {
		return err
	}
	w, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	columns := columnsOf(k)
	if err := w.SetColWidth(1, len(columns), 24); err != nil {
		return err
	}
	if err := w.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(columns))
	for i, c := range columns {
		cells[i] = excelize.Cell{StyleID: bold, Value: c.heading}
	}
	for number := 1; ; number++ {
		at, err := excelize.CoordinatesToCellName(1, number)
		if err != nil {
			return err
		}
		// A string is a cell of text: no spreadsheet takes it for a formula.
		if err := w.SetRow(at, cells); err != nil {
			return err
		}
		list := s.listed(k)
		if number > len(list) {
			return w.Flush()
		}
		for i, c := range columns {
			cells[i] = c.cell(list[number-1])
		}
	}
}
