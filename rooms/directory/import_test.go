package directory

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/xuri/excelize/v2"

	"diemcau/rooms/store/storetest"
)

func (w world) preview(raw []byte, format Format, kind Kind) Import {
	w.t.Helper()
	i, err := w.Preview(w.t.Context(), raw, format, kind)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w world) apply(i Import) Counts {
	w.t.Helper()
	counts, err := w.Apply(w.t.Context(), i.ID, root.Actor)
	if err != nil {
		w.t.Fatalf("%v: %v", err, i.Faults)
	}
	return counts
}

func (w world) xlsx() []byte {
	w.t.Helper()
	var file bytes.Buffer
	if err := w.snapshot().WriteXLSX(&file); err != nil {
		w.t.Fatal(err)
	}
	return file.Bytes()
}

// text is everything as CSV, which has no versions.
func (w world) text() string {
	w.t.Helper()
	var all strings.Builder
	for _, k := range kinds {
		if err := w.snapshot().WriteCSV(&all, k.Kind); err != nil {
			w.t.Fatal(err)
		}
	}
	return all.String()
}

func faults(i Import) string {
	var out []string
	for _, f := range i.Faults {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %d %s %s", f.Sheet, f.Row, f.Column, f.Code)))
	}
	return strings.Join(out, "; ")
}

// What is exported is imported into an empty directory as it was, and into its own as nothing new.
func TestExportsAreImported(t *testing.T) {
	w := newWorld(t, append(smallProvince(), &Unit{ID: "xa-moi", Name: "=1+2", Level: "xa", Parent: "tinh", ValidFrom: "2025-07-01", ValidTo: "2030-12-31", Predecessors: []string{"xa-tan-dan", "so-y-te"}, Mailbox: "xa@x.example"},
		&Hall{ID: "P2", Name: "'+P2", Unit: "tinh", Seats: 40, Equipment: []string{"Camera, màn hình \"lớn\"", "-micro"}})...)
	file := w.xlsx()
	if i := w.preview(file, XLSX, ""); i.Counts != (Counts{Same: 14}) || len(i.Changes) != 14 {
		t.Errorf("%+v: %s", i.Counts, faults(i))
	}
	fresh := newWorld(t)
	i := fresh.preview(file, XLSX, "")
	if i.Counts != (Counts{Create: 14}) || i.Changes[0].Sheet != "Cấp" || i.Changes[0].Row != 2 || i.Changes[0].Action != RowCreates || len(i.Changes[0].Fields) != 3 {
		t.Errorf("%+v %s", i, faults(i))
	}
	if counts := fresh.apply(i); counts != i.Counts {
		t.Errorf("%+v", counts)
	}
	if fresh.text() != w.text() {
		t.Errorf("exported\n%s\nimported\n%s", w.text(), fresh.text())
	}
	log := fresh.log("directory.imported")
	if len(log) != 1 || log[0].To != "14 created, 0 changed, 0 the same" || len(fresh.log("unit.created")) != 5 {
		t.Errorf("%+v", log)
	}
	// The same by CSV, kind by kind.
	byCSV := newWorld(t)
	for _, k := range kinds {
		var file bytes.Buffer
		if err := w.snapshot().WriteCSV(&file, k.Kind); err != nil {
			t.Fatal(err)
		}
		byCSV.apply(byCSV.preview(file.Bytes(), CSV, k.Kind))
	}
	if byCSV.text() != w.text() {
		t.Errorf("exported\n%s\nimported\n%s", w.text(), byCSV.text())
	}
}

func TestCSVOfEveryMake(t *testing.T) {
	want := "so-moi Sở Mới 7"
	for name, file := range map[string]string{
		"as it is written":       "\ufeffMã,Tên đơn vị,Cấp,Thứ tự lễ tân\r\nso-moi,Sở Mới,tinh,7\r\n",
		"semicolons":             "Mã;Tên đơn vị;Cấp;Thứ tự lễ tân\nso-moi;Sở Mới;tinh;7\n",
		"tabs, quotes, no end":   "\"Mã\"\t\"Tên đơn vị\"\tCấp\tThứ tự lễ tân\n\"so-moi\"\t\"Sở Mới\"\ttinh\t7",
		"decomposed, in capital": "MA\u0303,TE\u0302N ĐƠN VỊ,CẤP,THỨ TỰ LỄ TÂN\nso-moi,Sơ\u0309 Mơ\u0301i,tinh,7\n",
		"names of fields":        "id,name,level,protocol_order\nso-moi,Sở Mới,tinh,7\n\n,,,\n",
		"other order":            "Cấp,Thứ tự lễ tân,Tên đơn vị,Mã\ntinh, 7 , Sở Mới ,so-moi\n",
		"UTF-16":                 "\xff\xfe" + utf16("Mã\tTên đơn vị\tCấp\tThứ tự lễ tân\r\nso-moi\tSở Mới\ttinh\t7\r\n"),
	} {
		w := newWorld(t, &Level{ID: "tinh", Name: "Tỉnh"})
		i := w.preview([]byte(file), CSV, KindUnit)
		if i.Counts != (Counts{Create: 1}) {
			t.Errorf("%s: %+v %s", name, i.Counts, faults(i))
			continue
		}
		w.apply(i)
		if u, _ := w.snapshot().Unit("so-moi"); fmt.Sprint(u.ID, " ", u.Name, " ", u.ProtocolOrder) != want {
			t.Errorf("%s: %+v", name, u)
		}
	}
}

func utf16(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

// Columns that are not in a file leave what is; those that are empty take it away.
func TestColumnsThatAreNotThere(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	w.apply(w.preview([]byte("Mã,Tên viết tắt,Hiệu lực đến hết ngày\nhuyen-cam-ha,,30/06/2025\nso-y-te,SYT,45838\n"), CSV, KindUnit))
	district, _ := w.snapshot().Unit("huyen-cam-ha")
	if district.Name != "Huyện Cẩm Hà" || district.ShortName != "" || district.ValidTo != "2025-06-30" || district.Parent != "tinh" || district.Version != 2 {
		t.Errorf("%+v", district)
	}
	if u, _ := w.snapshot().Unit("so-y-te"); u.ShortName != "SYT" || u.ValidTo != "2025-06-30" {
		t.Errorf("%+v", u)
	}
	w.apply(w.preview([]byte("Mã,Lãnh đạo\nct,không\n"), CSV, KindPerson))
	if p, _ := w.snapshot().Person("ct"); p.Leader {
		t.Errorf("%+v", p)
	}
}

// Every bad row is reported with its row, column and code, and nothing of the file is taken.
func TestBadRows(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	before := w.text()
	for file, want := range map[string]string{
		"Mã,Tên đơn vị,Cấp,Thứ tự lễ tân,Trực thuộc\nu1,,tinh,x,tinh\nu2,Sở 2,none,1,u1\nsở,Sở,tinh,1,\nu4,Sở,tinh,1,u5\nu5,Sở,tinh,1,u4\nu4,Sở,tinh,1,\nu6,Sở,tinh,,\n": "2 Thứ tự lễ tân bad_number; 3 Cấp unknown_reference; 4 Mã bad_id; 5 Trực thuộc cycle; 6 Trực thuộc cycle; 7 Mã repeated; 8 Thứ tự lễ tân required",
		"Mã,Tên,Cấp\nu1,Sở,tinh\n":                                    "1 Tên unknown_column; 2 Tên đơn vị required",
		"Tên đơn vị,Cấp\nSở,tinh\n":                                   "1 Mã missing_column",
		"Mã,Cấp,Cấp\nso-y-te,tinh,xa\n":                               "1 Cấp repeated",
		"Mã,Tên đơn vị,Cấp,Hiệu lực từ ngày\nu1,Sở,tinh,31/02/2025\n": "2 Hiệu lực từ ngày bad_date",
		"Mã,Hộp thư\nso-y-te,khong phai thu\n":                        "2 Hộp thư bad_mailbox",
		"Mã,Tên đơn vị\n":                                             "0  no_rows",
		"":                                                            "0  no_rows",
		"Mã,Tên đơn vị\nu1,\"Sở\nu2,Sở\n":                             "2  bad_file",
		"Mã\n\n" + strings.Repeat("x", 65) + "\n":                     "3 Mã bad_id; 3 Tên đơn vị required; 3 Cấp required",
	} {
		i := w.preview([]byte(file), CSV, KindUnit)
		if got := faults(i); got != want {
			t.Errorf("%q:\n%s, want\n%s", file, got, want)
		}
		if _, err := w.Apply(t.Context(), i.ID, root.Actor); !errors.Is(err, ErrFaults) {
			t.Errorf("%q: %v", file, err)
		}
	}
	if w.text() != before {
		t.Error("something of a bad file was taken")
	}
}

func TestUnreadableFiles(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	good := w.xlsx()
	million := "Mã,Tên đơn vị\n" + strings.Repeat("u,x\n", 1_000_000)
	for name, c := range map[string]struct {
		raw    []byte
		format Format
		want   string
	}{
		"a million rows":                 {[]byte(million), CSV, CodeTooManyRows},
		"a million rows in a workbook":   {millionRows(t), XLSX, CodeTooManyRows},
		"the last row alone":             {sheetWith(t, `<row r="1048576"><c r="A1048576"><v>1</v></c></row>`), XLSX, CodeTooManyRows},
		"the last column":                {sheetWith(t, `<row r="1"><c r="XFD1"><v>1</v></c></row>`), XLSX, CodeTooManyRows},
		"a wide row":                     {[]byte("Mã\n" + strings.Repeat("a,", 100)), CSV, CodeTooManyRows},
		"a huge cell":                    {[]byte("Mã\n" + strings.Repeat("a", 1<<20)), CSV, CodeBadFile},
		"windows-1258":                   {[]byte("M\xe3,T\xean \xf0\xbdn v\xf2\nu1,S\xed\n"), CSV, CodeBadEncoding},
		"half of UTF-16":                 {[]byte("\xff\xfeM\x00\xe3"), CSV, CodeBadEncoding},
		"UTF-16 without a mark":          {[]byte(utf16("Mã\nu1\n")), CSV, CodeBadEncoding},
		"a workbook as CSV":              {good, CSV, CodeBadEncoding},
		"CSV as a workbook":              {[]byte("Mã\nu1\n"), XLSX, CodeBadFile},
		"a cut workbook":                 {good[:len(good)/2], XLSX, CodeBadFile},
		"an old or encrypted workbook":   {append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 4096)...), XLSX, CodeBadFile},
		"a ZIP of something else":        {zipOf(t, map[string]string{"a.txt": "x"}), XLSX, CodeBadFile},
		"a bomb":                         {zipOf(t, map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat("\x00", 30<<20)}), XLSX, CodeUnsafeFile},
		"a bomb that claims to be small": {lying(t), XLSX, CodeBadFile},
		"many parts":                     {zipOf(t, manyParts()), XLSX, CodeUnsafeFile},
		"macros":                         {with(t, good, "xl/vbaProject.bin", "x"), XLSX, CodeUnsafeFile},
		"links to other files":           {with(t, good, "xl/externalLinks/externalLink1.xml", "<x/>"), XLSX, CodeUnsafeFile},
		"embedded objects":               {with(t, good, `xl\embeddings\oleObject1.bin`, "x"), XLSX, CodeUnsafeFile},
		"a path that leads out":          {with(t, good, "xl/../../x", "x"), XLSX, CodeUnsafeFile},
		"XML that never ends":            {with(t, good, "xl/workbook.xml", strings.Repeat("<a>", 100_000)), XLSX, CodeBadFile},
	} {
		_, err := w.Preview(t.Context(), c.raw, c.format, KindUnit)
		var file *FileError
		if !errors.As(err, &file) || file.Code != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// zipOf packs files.
func zipOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for name, content := range files {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// with gives an archive with one part more, or with another content of one.
func with(t *testing.T, raw []byte, name, content string) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		files[f.Name] = b.String()
	}
	files[name] = content
	return zipOf(t, files)
}

// sheetWith is a workbook whose sheet of units has these rows.
func sheetWith(t *testing.T, rows string) []byte {
	t.Helper()
	f := excelize.NewFile()
	var out bytes.Buffer
	if err := errors.Join(f.SetSheetName("Sheet1", "Đơn vị"), f.Write(&out), f.Close()); err != nil {
		t.Fatal(err)
	}
	return with(t, out.Bytes(), "xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`+rows+`</sheetData></worksheet>`)
}

func millionRows(t *testing.T) []byte {
	return sheetWith(t, strings.Repeat("<row><c/></row>", 1_000_000))
}

func manyParts() map[string]string {
	files := map[string]string{}
	for i := range 300 {
		files[fmt.Sprint("xl/", i, ".xml")] = ""
	}
	return files
}

// lying is a bomb whose directory says that it is one byte.
func lying(t *testing.T) []byte {
	raw := zipOf(t, map[string]string{"xl/worksheets/sheet1.xml": strings.Repeat("\x00", 30<<20)})
	at := bytes.Index(raw, []byte("PK\x01\x02"))
	copy(raw[at+24:], []byte{1, 0, 0, 0})
	return raw
}

// A sheet that is none of the directory's is named, and what it holds is not taken for something else.
func TestUnknownSheets(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	f := excelize.NewFile()
	var out bytes.Buffer
	if err := errors.Join(f.SetCellStr("Sheet1", "A1", "Mã"), f.Write(&out), f.Close()); err != nil {
		t.Fatal(err)
	}
	if got := faults(w.preview(out.Bytes(), XLSX, "")); got != "Sheet1 0  unknown_sheet" {
		t.Errorf("%s", got)
	}
}

// No cell of an export is a formula, whatever somebody is called.
func TestNoFormulasInExports(t *testing.T) {
	entries := smallProvince()
	evil := []string{`=HYPERLINK("http://evil","x")`, "+1", "-1", "@SUM(A1)", "|cmd", "'=1"}
	for i, name := range evil {
		entries = append(entries, &Unit{ID: fmt.Sprint("evil", i), Name: name, ShortName: name, Level: "xa"})
	}
	w := newWorld(t, entries...)
	var file bytes.Buffer
	if err := w.snapshot().WriteCSV(&file, KindUnit); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimPrefix(file.String(), "\ufeff"), "\r\n") {
		for cell := range strings.SplitSeq(line, ",") {
			if cell = strings.Trim(cell, `"`); cell != "" && strings.ContainsAny(cell[:1], "=+-@|") {
				t.Errorf("a formula: %q", line)
			}
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(w.xlsx()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Đơn vị")
	if err != nil || len(rows) != 1+4+len(evil) {
		t.Fatalf("%d rows %v", len(rows), err)
	}
	found := 0
	for i, row := range rows {
		at := fmt.Sprint("B", i+1)
		formula, err := book.GetCellFormula("Đơn vị", at)
		kind, err2 := book.GetCellType("Đơn vị", at)
		if err != nil || err2 != nil || formula != "" || kind == excelize.CellTypeFormula || kind == excelize.CellTypeNumber {
			t.Errorf("%s: formula %q, type %v", at, formula, kind)
		}
		if slices.Contains(evil, row[1]) {
			found++
		}
	}
	if found != len(evil) {
		t.Errorf("%d of %d names are as they were", found, len(evil))
	}
}

func TestImportsAreAppliedOnce(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	other := New(storetest.Attach(t, w.store))
	file := []byte("Mã,Tên đơn vị,Cấp,Thứ tự lễ tân\nso-moi,Sở Mới,tinh,7\nso-y-te,Sở Y tế tỉnh,tinh,115\n")
	first, second := w.preview(file, CSV, KindUnit), w.preview(file, CSV, KindUnit)
	revision := w.snapshot().Revision
	var racers sync.WaitGroup
	var done atomic.Int32
	for i := range 10 { // a request that is repeated answers alike
		racers.Go(func() {
			counts, err := []*Directory{w.Directory, other}[i%2].Apply(context.Background(), first.ID, root.Actor)
			if err == nil && counts == first.Counts {
				done.Add(1)
			} else {
				t.Errorf("%+v %v", counts, err)
			}
		})
	}
	racers.Wait()
	if got := w.snapshot().Revision; got != revision+1 || done.Load() != 10 {
		t.Errorf("revision %d after %d, %d done", got, revision, done.Load())
	}
	if _, err := w.Apply(t.Context(), second.ID, root.Actor); !errors.Is(err, ErrChanged) {
		t.Errorf("what was looked at before the change: %v", err)
	}
	if _, err := w.Apply(t.Context(), "none", root.Actor); !errors.Is(err, ErrNoImport) {
		t.Errorf("%v", err)
	}
	same := w.preview(file, CSV, KindUnit)
	if counts := w.apply(same); counts != (Counts{Same: 2}) || w.snapshot().Revision != revision+1 {
		t.Errorf("%+v", counts)
	}
	if ttl := w.store.Client().PTTL(t.Context(), keyImport(same.ID)).Val(); ttl <= 0 || ttl > ImportLife {
		t.Errorf("it is kept for %v", ttl)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("\ufeffMã,Tên đơn vị\r\nso-y-te,\"Sở; Y tế\"\r\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		tables, _, err := readCSV(raw, KindUnit)
		if err == nil && len(tables) != 1 {
			t.Error("no table")
		}
	})
}

func FuzzReadXLSX(f *testing.F) {
	tables := make([]map[string]Entry, len(kinds))
	tables[KindUnit.place()] = map[string]Entry{"so-y-te": &Unit{ID: "so-y-te", Name: "Sở Y tế"}}
	var book bytes.Buffer
	if err := newSnapshot(1, tables).WriteXLSX(&book); err != nil {
		f.Fatal(err)
	}
	f.Add(book.Bytes())
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _, _ = readXLSX(raw) })
}
