package papers

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io/fs"
	"strings"
	"sync"
	"testing"
)

// entry is one entry of an archive that a test makes.
type entry struct {
	name, content string
	mode          fs.FileMode
	flags         uint16
	bomb          bool // bombSize zero bytes in place of the content
}

const bombSize = freelyLarge + 1<<20

var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(make([]byte, bombSize)); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
})

var bombSum = sync.OnceValue(func() uint32 { return crc32.ChecksumIEEE(make([]byte, bombSize)) })

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		if e.bomb {
			w, err := z.CreateRaw(&zip.FileHeader{Name: e.name, Method: zip.Deflate, CRC32: bombSum(), CompressedSize64: uint64(len(bomb())), UncompressedSize64: bombSize})
			if err == nil {
				_, err = w.Write(bomb())
			}
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate, Flags: e.flags}
		if e.content == "" {
			h.Method = zip.Store
		}
		if e.mode != 0 {
			h.SetMode(e.mode)
		}
		w, err := z.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// word is a document that Word opens, with more entries behind.
func word(t testing.TB, more ...entry) []byte {
	t.Helper()
	return archive(t, append([]entry{
		{name: "[Content_Types].xml", content: `<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{name: "_rels/.rels", content: `<Relationships/>`},
		{name: "word/document.xml", content: `<w:document/>`},
	}, more...)...)
}

func picture(t testing.TB, encode func(*bytes.Buffer, image.Image) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(b *bytes.Buffer, i image.Image) error  { return png.Encode(b, i) }
func asJPEG(b *bytes.Buffer, i image.Image) error { return jpeg.Encode(b, i, nil) }

const minimalPDF = "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

func TestInspect(t *testing.T) {
	document := string(word(t))
	sheet := strings.NewReplacer("word/document.xml", "xl/workbook.xml", "wordprocessingml.document.main", "spreadsheetml.sheet.main")
	open := func(what string, more ...entry) string {
		return string(archive(t, append([]entry{{name: "mimetype", content: "application/vnd.oasis.opendocument." + what}, {name: "content.xml", content: "<x/>"}}, more...)...))
	}
	types := func(override string) string {
		return string(archive(t, entry{name: "[Content_Types].xml", content: `<Types><Override PartName="/x" ContentType="` + override + `"/></Types>`}))
	}
	png, jpeg := string(picture(t, asPNG)), string(picture(t, asJPEG))
	huge := []byte(png)
	copy(huge[16:24], "\x00\x00\xff\xff\x00\x00\xff\xff") // its width and height
	binary.BigEndian.PutUint32(huge[29:], crc32.ChecksumIEEE(huge[12:29]))
	exe := "MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + strings.Repeat("\x00", 200)
	for name, c := range map[string]struct {
		file, content string
		want          error
	}{
		"PDF":                     {"a.pdf", minimalPDF, nil},
		"PDF, in capitals":        {"A.PDF", minimalPDF, nil},
		"Word":                    {"Báo cáo.docx", document, nil},
		"Excel":                   {"a.xlsx", types("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"), nil},
		"PowerPoint":              {"a.pptx", types("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"), nil},
		"OpenDocument text":       {"a.odt", open("text"), nil},
		"OpenDocument sheet":      {"a.ods", open("spreadsheet"), nil},
		"OpenDocument slides":     {"a.odp", open("presentation"), nil},
		"PNG":                     {"a.png", png, nil},
		"JPEG":                    {"a.jpeg", jpeg, nil},
		"text":                    {"a.txt", "Kính gửi: Sở Nội vụ\n", nil},
		"text with commas":        {"a.txt", "a,b,c\n1,2,3\n4,5,6\n", nil},
		"long text":               {"a.txt", strings.Repeat("Ủy ban nhân dân tỉnh\n", 5000), nil},
		"program":                 {"a.exe", exe, ErrType},
		"program called PDF":      {"a.pdf", exe, ErrType},
		"ELF called Word":         {"a.docx", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 60), ErrType},
		"shell script":            {"a.txt", "#!/bin/sh\nrm -rf /\n", ErrType},
		"batch file":              {"a.bat", "del *.*\n", ErrType},
		"page":                    {"a.txt", "<!DOCTYPE html><html><script>alert(1)</script></html>", ErrType},
		"drawing with a script":   {"a.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ErrType},
		"drawing called PNG":      {"a.png", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`, ErrType},
		"drawing called text":     {"a.txt", `<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, ErrType},
		"PDF called Word":         {"a.docx", minimalPDF, ErrType},
		"no ending":               {"báo cáo", minimalPDF, ErrType},
		"text with control bytes": {"a.txt", "a\x1b[2J", ErrType},
		"Latin-1":                 {"a.txt", strings.Repeat("a", 5000) + "\xe9 b", ErrType},
		"archive":                 {"a.zip", string(archive(t, entry{name: "a.txt", content: "x"})), ErrType},
		"Java archive":            {"a.docx", string(archive(t, entry{name: "META-INF/MANIFEST.MF", content: "x"}, entry{name: "a.class", content: "x"})), ErrType},
		"old Word":                {"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), ErrType},
		"Word with macros":        {"a.docx", string(word(t, entry{name: "word/vbaProject.bin", content: "x"})), ErrType},
		"Word with ActiveX":       {"a.docx", string(word(t, entry{name: "word/activeX/activeX1.xml", content: "x"})), ErrType},
		"macros by content type":  {"a.docx", types("application/vnd.ms-word.document.macroEnabled.main+xml"), ErrType},
		"OpenDocument macros":     {"a.odt", open("text", entry{name: "Basic/Standard/Module1.xml", content: "x"}), ErrType},
		"template":                {"a.docx", types("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml"), ErrType},
		"sheet called Word":       {"a.docx", sheet.Replace(types("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml")), ErrType},
		"picture with a tail":     {"a.png", png + exe, ErrType},
		"empty":                   {"a.pdf", "", ErrEmpty},
		"cut PDF":                 {"a.pdf", minimalPDF[:60], ErrCut},
		"cut PNG":                 {"a.png", png[:len(png)-6], ErrCut},
		"PNG without an end":      {"a.png", png[:len(png)-12], ErrCut},
		"cut JPEG":                {"a.jpg", jpeg[:len(jpeg)-2], ErrCut},
		"cut Word":                {"a.docx", document[:len(document)-30], ErrCut},
		"damaged Word":            {"a.docx", damaged(document, "_rels/.rels"), ErrCut},
		"bomb":                    {"a.docx", string(word(t, entry{name: "word/x.xml", bomb: true})), ErrArchive},
		"many entries":            {"a.docx", string(word(t, many(mostEntries)...)), ErrArchive},
		"path that leads out":     {"a.docx", string(word(t, entry{name: "../x", content: "x"})), ErrArchive},
		"path from the root":      {"a.docx", string(word(t, entry{name: "/etc/x", content: "x"})), ErrArchive},
		"path of Windows":         {"a.docx", string(word(t, entry{name: `word\x`, content: "x"})), ErrArchive},
		"path in the middle":      {"a.docx", string(word(t, entry{name: "word/../../x", content: "x"})), ErrArchive},
		"drive":                   {"a.docx", string(word(t, entry{name: "C:x", content: "x"})), ErrArchive},
		"link":                    {"a.docx", string(word(t, entry{name: "word/l", content: "/etc/passwd", mode: fs.ModeSymlink | 0o777})), ErrArchive},
		"two of one name":         {"a.docx", string(word(t, entry{name: "word/DOCUMENT.xml", content: "x"})), ErrArchive},
		"encrypted":               {"a.docx", string(word(t, entry{name: "word/e", content: "x", flags: encrypted})), ErrArchive},
		"bomb in a bare archive":  {"a.zip", string(archive(t, entry{name: "x", bomb: true})), ErrArchive},
		"picture of 4 gigapixels": {"a.png", string(huge), ErrArchive},
	} {
		t.Run(name, func(t *testing.T) {
			media, err := inspect(strings.NewReader(c.content), int64(len(c.content)), c.file)
			if !errors.Is(err, c.want) || err == nil && media == "" {
				t.Errorf("%q, %v; want %v", media, err, c.want)
			}
		})
	}
}

// damaged changes a byte of an entry's content.
func damaged(archive, name string) string {
	at := strings.Index(archive, name) + len(name) + 2
	return archive[:at] + string(archive[at]^0x55) + archive[at+1:]
}

func many(n int) (all []entry) {
	for i := range n {
		all = append(all, entry{name: "word/" + strings.Repeat("x", i%50) + string(rune('a'+i%26)) + strings.Repeat("y", i/50)})
	}
	return all
}

// An entry may say that it is small and be large.
func TestBombThatLies(t *testing.T) {
	lying := archive(t, entry{name: "x", bomb: true})
	size := binary.LittleEndian.AppendUint32(nil, bombSize)
	if bytes.Count(lying, size) < 1 {
		t.Fatal("the archive does not have the size where it is looked for")
	}
	lying = bytes.ReplaceAll(lying, size, []byte{9, 0, 0, 0})
	if _, err := inspect(bytes.NewReader(lying), int64(len(lying)), "a.docx"); !errors.Is(err, ErrCut) && !errors.Is(err, ErrArchive) {
		t.Errorf("got %v", err)
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"Báo cáo quý III.docx": "Báo cáo quý III.docx", " a.pdf ": "a.pdf", "Ba\u0301o.txt": "Báo.txt",
		"": "", "../a.pdf": "", `a\b.pdf`: "", ".bashrc": "", "a\u202Efdp.exe": "", "a\nb.pdf": "", "a:b.pdf": "", strings.Repeat("a", 201): "",
	} {
		got, err := checkName(name)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}

func TestReaders(t *testing.T) {
	nobody, leader, invited, manager := Reader{}, Reader{Leader: true}, Reader{Invited: true}, Reader{Manages: true}
	for _, c := range []struct {
		readers Readers
		who     Reader
		may     bool
	}{
		{All, nobody, true}, {Invited, nobody, false}, {Invited, invited, true}, {Invited, leader, false}, {Invited, manager, true},
		{Leaders, nobody, false}, {Leaders, invited, false}, {Leaders, leader, true}, {Leaders, manager, true}, {"", manager, false},
	} {
		if got := c.readers.May(c.who); got != c.may {
			t.Errorf("%s, %+v: %v", c.readers, c.who, got)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(word(f), "a.docx")
	f.Add([]byte(minimalPDF), "a.pdf")
	f.Add(picture(f, asPNG), "a.png")
	f.Fuzz(func(t *testing.T, b []byte, name string) {
		media, err := inspect(bytes.NewReader(b), int64(len(b)), name)
		if (err == nil) == (media == "") {
			t.Errorf("%q, %v", media, err)
		}
	})
}
