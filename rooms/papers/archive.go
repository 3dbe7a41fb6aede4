package papers

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

const (
	mostEntries  = 10_000
	mostUnpacked = 512 << 20 // bytes
	freelyLarge  = 32 << 20  // bytes up to which any ratio is taken
	mostRatio    = 100       // unpacked to packed
	largestPart  = 1 << 20   // of the parts that are read
	encrypted    = 0x1       // flag of an entry
)

// macros are parts of documents that hold programs.
var macros = []string{"vbaproject.bin", "/activex/", "/macrosheets/", "basic/", "scripts/", "/attachedtoolbars"}

// checkArchive unpacks a document that is a ZIP archive, to nowhere, and finds what it is. It returns ErrArchive for what would hurt who
// unpacks it, ErrCut for what is damaged, and ErrType for archives that are no documents and documents with macros.
func checkArchive(r io.ReaderAt, size int64) (kind, error) {
	z, err := zip.NewReader(r, size)
	switch {
	case errors.Is(err, zip.ErrInsecurePath):
		return kind{}, fmt.Errorf("%w: a path that leads out", ErrArchive)
	case err != nil:
		return kind{}, fmt.Errorf("%w: %w", ErrCut, err)
	case len(z.File) > mostEntries:
		return kind{}, fmt.Errorf("%w: %d entries", ErrArchive, len(z.File))
	}
	names := map[string]bool{}
	for _, f := range z.File {
		if err := checkEntry(f, names); err != nil {
			return kind{}, err
		}
	}
	if err := unpack(z.File, size); err != nil {
		return kind{}, err
	}
	for name := range names {
		if slices.ContainsFunc(macros, func(m string) bool { return strings.Contains("/"+name, m) }) {
			return kind{}, fmt.Errorf("%w: with macros", ErrType)
		}
	}
	return documentKind(z)
}

// checkEntry looks at what is said of an entry.
func checkEntry(f *zip.File, names map[string]bool) error {
	name := strings.ToLower(f.Name)
	clean := path.Clean("/" + name)
	switch {
	case strings.ContainsAny(name, "\\:\x00") || clean != "/"+strings.TrimSuffix(name, "/"):
		return fmt.Errorf("%w: a path that leads out", ErrArchive)
	case names[name]:
		return fmt.Errorf("%w: two entries of one name", ErrArchive)
	case f.Mode()&fs.ModeType&^fs.ModeDir != 0:
		return fmt.Errorf("%w: a link", ErrArchive)
	case f.Flags&encrypted != 0:
		return fmt.Errorf("%w: encrypted", ErrArchive)
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("%w: packed by method %d", ErrArchive, f.Method)
	}
	names[name] = true
	return nil
}

// unpack reads every entry to its end, whatever size it claims to have.
func unpack(files []*zip.File, packed int64) error {
	most := max(freelyLarge, min(mostUnpacked, mostRatio*packed))
	left := most
	for _, f := range files {
		if f.UncompressedSize64 > uint64(left) {
			return fmt.Errorf("%w: unpacked it is larger than %d bytes", ErrArchive, most)
		}
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCut, err)
		}
		n, err := io.Copy(io.Discard, io.LimitReader(r, left+1))
		_ = r.Close() // it was only read
		left -= n
		switch {
		case left < 0:
			return fmt.Errorf("%w: unpacked it is larger than %d bytes", ErrArchive, most)
		case err != nil:
			return fmt.Errorf("%w: %w", ErrCut, err)
		}
	}
	return nil
}

// documentKind finds what document an archive is.
func documentKind(z *zip.Reader) (kind, error) {
	if len(z.File) > 0 && z.File[0].Name == "mimetype" {
		media, err := readPart(z, "mimetype")
		if err != nil {
			return kind{}, err
		}
		return documentOf(strings.TrimSpace(string(media)))
	}
	raw, err := readPart(z, "[Content_Types].xml")
	if err != nil {
		return kind{}, err
	}
	var types struct {
		Override []struct {
			ContentType string `xml:"ContentType,attr"`
		}
		Default []struct {
			ContentType string `xml:"ContentType,attr"`
		}
	}
	if err := xml.Unmarshal(raw, &types); err != nil {
		return kind{}, fmt.Errorf("%w: %w", ErrType, err)
	}
	found, err := kind{}, error(ErrType)
	for _, o := range slices.Concat(types.Override, types.Default) {
		if strings.Contains(strings.ToLower(o.ContentType), "macroenabled") {
			return kind{}, fmt.Errorf("%w: with macros", ErrType)
		}
		if k, unknown := documentOf(o.ContentType); unknown == nil {
			found, err = k, nil
		}
	}
	return found, err
}

func documentOf(content string) (kind, error) {
	i := slices.IndexFunc(office, func(k kind) bool { return k.document == content })
	if i < 0 {
		return kind{}, fmt.Errorf("%w: an archive that is no document", ErrType)
	}
	return office[i], nil
}

// readPart reads one small entry.
func readPart(z *zip.Reader, name string) ([]byte, error) {
	f, err := z.Open(name)
	if err != nil {
		return nil, fmt.Errorf("%w: an archive that is no document", ErrType)
	}
	defer func() { _ = f.Close() }()
	raw, err := io.ReadAll(io.LimitReader(f, largestPart))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCut, err)
	}
	return raw, nil
}
