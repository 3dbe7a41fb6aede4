// Package backup writes everything that a server keeps into one file, while it runs, and brings it back.
//
// The file is a tar archive: a snapshot of Redis (an RDB file for each master), the contents of all papers that the snapshot refers to, files
// of the data directory (the administrator's token, the local authority), manifest.json, and last SHA256SUMS over all of them, which
// sha256sum -c reads too. It holds secrets and is readable by its owner alone.
package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"diemcau/rooms/papers"
	"diemcau/rooms/store"
)

// Names in the archive.
const (
	redisDir     = "redis/"
	papersDir    = "papers/"
	filesDir     = "data/"
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
)

// format is the form of the archive that this program writes and reads.
const format = 1

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	ErrIncomplete = errors.New("backup: contents of papers are missing; the rest was written")
	ErrDamaged    = errors.New("backup: the file is damaged or no backup")
	ErrNotEmpty   = errors.New("backup: there are data already")
)

// Manifest says what a backup is.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // that wrote it
	Made    time.Time `json:"made"`
	DB      int       `json:"db"`      // number of the database in the snapshots
	Masters int       `json:"masters"` // snapshots
	Papers  int       `json:"papers"`  // contents
	Missing []string  `json:"missing"` // contents that could not be read
}

// Source is what is backed up.
type Source struct {
	Store   *store.Store
	DB      int // number of the database of an external Redis
	Storage papers.Storage
	DataDir string
	Files   []string // names in DataDir, or directories there, that belong to the backup; what does not exist is left out
	Binary  string   // redis-server, which the snapshot is tried with
	Program string   // version
	Log     *slog.Logger
}

// Write writes a backup to a file that does not exist. When it returns without an error the file is on disk and its snapshot could be read;
// with ErrIncomplete as well, but for the contents that the manifest calls missing.
func Write(ctx context.Context, src Source, file string) (m Manifest, err error) {
	if _, err := os.Lstat(file); err == nil {
		return m, fmt.Errorf("backup: %s exists", file)
	}
	// Not beside the file: what backups are put on may know neither sockets nor owners.
	work, err := os.MkdirTemp(src.DataDir, workPrefix+"*")
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	release, err := papers.Hold(ctx, src.Store)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	m = Manifest{Format: format, Program: src.Program, Made: time.Now().UTC().Truncate(time.Second), DB: src.DB, Missing: []string{}}
	contents, err := src.snapshot(ctx, work, &m)
	if err != nil {
		return m, err
	}
	partial, err := os.OpenFile(file+".partial", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	a := &archive{tar: tar.NewWriter(partial), made: m.Made}
	err = src.fill(ctx, a, work, contents, &m)
	if err = errors.Join(err, partial.Sync(), partial.Close()); err == nil {
		err = os.Rename(partial.Name(), file)
	}
	if err != nil {
		return m, fmt.Errorf("backup: %w", errors.Join(err, os.Remove(partial.Name())))
	}
	if err := papers.SyncDir(filepath.Dir(file)); err != nil {
		return m, err
	}
	if len(m.Missing) > 0 {
		return m, fmt.Errorf("%w: %s", ErrIncomplete, strings.Join(m.Missing, ", "))
	}
	return m, nil
}

func snapshotOf(dir string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("redis-%d", number))
}

// snapshot takes the snapshots of Redis, each into a directory of its own, and reads which contents they refer to.
func (src Source) snapshot(ctx context.Context, work string, m *Manifest) (contents []papers.Version, err error) {
	err = src.Store.Snapshot(ctx, func(number int) (io.WriteCloser, error) {
		dir := snapshotOf(work, number)
		m.Masters++
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		return os.OpenFile(store.SnapshotFile(dir), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	})
	if err != nil {
		return nil, fmt.Errorf("backup: snapshot of Redis: %w", err)
	}
	for i := range m.Masters {
		err := withSnapshot(ctx, store.Config{DataDir: snapshotOf(work, i), DB: src.DB, Binary: src.Binary, Log: src.Log}, func(s *store.Store) error {
			more, err := papers.Contents(ctx, s)
			contents = append(contents, more...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return contents, nil
}

// withSnapshot runs a Redis on the snapshot in a directory while use works with it.
func withSnapshot(ctx context.Context, cfg store.Config, use func(*store.Store) error) (err error) {
	cfg.Patient = true
	s, err := store.OpenSnapshot(ctx, cfg)
	if err != nil {
		return fmt.Errorf("backup: the snapshot of Redis cannot be read: %w", err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return use(s)
}

// fill writes the entries.
func (src Source) fill(ctx context.Context, a *archive, work string, contents []papers.Version, m *Manifest) error {
	for i := range m.Masters {
		if err := a.file(fmt.Sprintf("%s%d.rdb", redisDir, i), store.SnapshotFile(snapshotOf(work, i))); err != nil {
			return err
		}
	}
	for _, name := range src.Files {
		if err := a.tree(src.DataDir, name); err != nil {
			return err
		}
	}
	for _, v := range contents {
		switch err := src.content(ctx, a, v); {
		case errors.Is(err, papers.ErrNotFound):
			m.Missing = append(m.Missing, v.Name)
		case err != nil:
			return fmt.Errorf("content of %q: %w", v.Name, err)
		default:
			m.Papers++
		}
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := a.add(manifestName, int64(len(raw)), strings.NewReader(string(raw)), ""); err != nil {
		return err
	}
	if err := a.add(sumsName, int64(len(a.sums)), strings.NewReader(a.sums), ""); err != nil {
		return err
	}
	return a.tar.Close()
}

func (src Source) content(ctx context.Context, a *archive, v papers.Version) (err error) {
	c, err := src.Storage.Open(ctx, v.Blob)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return a.add(papersDir+v.Blob, v.Size, c, v.SHA256)
}

// archive is a tar archive that notes the sums of its entries.
type archive struct {
	tar  *tar.Writer
	made time.Time
	sums string
}

// add writes an entry of a size. With want it must have that sum.
func (a *archive) add(name string, size int64, r io.Reader, want string) error {
	if err := a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: a.made, Format: tar.FormatPAX}); err != nil {
		return err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(a.tar, h), io.LimitReader(r, size))
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return err
	}
	sum := sumOf(h)
	if want != "" && sum != want {
		return fmt.Errorf("it is not what was uploaded: %w", ErrDamaged)
	}
	a.sums += sum + "  " + name + "\n"
	return nil
}

func sumOf(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

func (a *archive) file(name, from string) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return a.add(name, info.Size(), f, "")
}

// tree adds a file of the data directory, or all files of a directory there.
func (a *archive) tree(dir, name string) error {
	err := filepath.WalkDir(filepath.Join(dir, name), func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		relative, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		return a.file(path.Join(filesDir, filepath.ToSlash(relative)), file)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
