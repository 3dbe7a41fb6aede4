package papers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // known to image.DecodeConfig
	_ "image/png"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"diemcau/rooms/access"
)

// kind is a type of file that is taken: documents that can be read in a meeting, without macros. Archives are not among them.
type kind struct {
	media    string // type
	endings  []string
	document string // content type of the main part (OOXML), or what the file "mimetype" holds (OpenDocument)
}

const ooxml = "application/vnd.openxmlformats-officedocument."

var (
	pdfKind   = kind{media: "application/pdf", endings: []string{".pdf"}}
	pngKind   = kind{media: "image/png", endings: []string{".png"}}
	jpegKind  = kind{media: "image/jpeg", endings: []string{".jpg", ".jpeg"}}
	plainKind = kind{media: "text/plain", endings: []string{".txt"}}

	office = []kind{
		{ooxml + "wordprocessingml.document", []string{".docx"}, ooxml + "wordprocessingml.document.main+xml"},
		{ooxml + "spreadsheetml.sheet", []string{".xlsx"}, ooxml + "spreadsheetml.sheet.main+xml"},
		{ooxml + "presentationml.presentation", []string{".pptx"}, ooxml + "presentationml.presentation.main+xml"},
		openDocument("text", ".odt"), openDocument("spreadsheet", ".ods"), openDocument("presentation", ".odp"),
	}
)

func openDocument(what, ending string) kind {
	media := "application/vnd.oasis.opendocument." + what
	return kind{media, []string{ending}, media}
}

const (
	sniffed      = 3072        // bytes that mimetype looks at
	trailer      = 64 << 10    // bytes in which a picture or a PDF ends, whatever programs add behind
	mostPixels   = 200_000_000 // of a picture: viewers unpack it
	longestName  = 200         // characters of a file's name
	notInNames   = `/\<>:"|?*` // what some file system does not take
	pdfEnd       = "%%EOF"
	pngSignature = 8 // bytes
)

// checkName returns the name of a file as it is kept. It returns ErrBadName.
func checkName(name string) (string, error) {
	name, err := access.CheckName(name)
	if err != nil {
		return "", ErrBadName
	}
	if strings.ContainsAny(name, notInNames) || strings.HasPrefix(name, ".") || utf8.RuneCountInString(name) > longestName {
		return "", ErrBadName
	}
	return name, nil
}

// inspect finds the media type of a file by its content. It returns ErrType, also where the name promises another one, ErrEmpty, ErrCut
// or ErrArchive.
func inspect(r io.ReaderAt, size int64, name string) (media string, err error) {
	if size == 0 {
		return "", ErrEmpty
	}
	head := make([]byte, min(size, sniffed))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", onDisk(err)
	}
	k, err := look(r, size, mimetype.Detect(head))
	if err != nil {
		return "", err
	}
	if !slices.Contains(k.endings, strings.ToLower(path.Ext(name))) {
		return "", fmt.Errorf("%w: %s", ErrType, k.media)
	}
	return k.media, nil
}

func look(r io.ReaderAt, size int64, found *mimetype.MIME) (kind, error) {
	all := io.NewSectionReader(r, 0, size)
	switch {
	case found.Is(pdfKind.media):
		return pdfKind, endsWith(r, size, pdfEnd)
	case found.Is(jpegKind.media):
		return jpegKind, errors.Join(checkPicture(all), endsWith(r, size, "\xff\xd9"))
	case found.Is(pngKind.media):
		return pngKind, errors.Join(checkPicture(all), walkPNG(r, size))
	case within(found, "application/zip"):
		return checkArchive(r, size)
	case slices.ContainsFunc([]string{plainKind.media, "text/csv", "text/tab-separated-values"}, found.Is):
		return plainKind, checkText(all)
	}
	return kind{}, fmt.Errorf("%w: %s", ErrType, found)
}

// within tells whether a type is a kind of another.
func within(m *mimetype.MIME, of string) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is(of) {
			return true
		}
	}
	return false
}

// endsWith wants a mark near the end of the file, where a file that was cut has none.
func endsWith(r io.ReaderAt, size int64, mark string) error {
	end := make([]byte, min(size, trailer))
	if _, err := r.ReadAt(end, size-int64(len(end))); err != nil && !errors.Is(err, io.EOF) {
		return onDisk(err)
	}
	if !bytes.Contains(end, []byte(mark)) {
		return ErrCut
	}
	return nil
}

func checkPicture(r io.Reader) error {
	c, _, err := image.DecodeConfig(r)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return ErrCut
	case err != nil:
		return fmt.Errorf("%w: %w", ErrType, err)
	case int64(c.Width)*int64(c.Height) > mostPixels:
		return fmt.Errorf("%w: a picture of %d×%d", ErrArchive, c.Width, c.Height)
	}
	return nil
}

// walkPNG goes from chunk to chunk to the last, behind which nothing may stand.
func walkPNG(r io.ReaderAt, size int64) error {
	for at := int64(pngSignature); ; {
		var head [8]byte // length and name
		if _, err := r.ReadAt(head[:], at); err != nil {
			return ErrCut
		}
		at += 8 + int64(binary.BigEndian.Uint32(head[:4])) + 4 // and the checksum
		switch {
		case at > size:
			return ErrCut
		case string(head[4:]) == "IEND" && at < size:
			return fmt.Errorf("%w: something stands behind the picture", ErrType)
		case string(head[4:]) == "IEND":
			return nil
		}
	}
}

// checkText wants UTF-8 without control characters to its end.
func checkText(r io.Reader) error {
	buffer := make([]byte, 32<<10)
	kept := 0
	for {
		n, err := io.ReadFull(r, buffer[kept:])
		text := buffer[:kept+n]
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return onDisk(err)
		}
		for len(text) > 0 {
			if !last && !utf8.FullRune(text) {
				break
			}
			char, size := utf8.DecodeRune(text)
			if char == utf8.RuneError && size == 1 || unicode.IsControl(char) && !strings.ContainsRune("\t\n\r\f", char) {
				return fmt.Errorf("%w: not text in UTF-8", ErrType)
			}
			text = text[size:]
		}
		if last {
			return nil
		}
		kept = copy(buffer, text)
	}
}
