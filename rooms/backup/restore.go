package backup

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"diemcau/rooms/papers"
	"diemcau/rooms/store"
)

// entryName is what entries may be called: nothing that leads out of a directory.
var entryName = regexp.MustCompile(`^(redis/[0-9]{1,4}\.rdb|papers/[A-Za-z0-9_-]{22}|data/[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9][A-Za-z0-9_.-]*)*|manifest\.json|SHA256SUMS)$`)

// largestText bounds the manifest and the sums.
const largestText = 256 << 20

// Target is what a backup is brought back to. No server may run on it.
type Target struct {
	Store   store.Config   // its DataDir is the data directory
	Storage papers.Storage // nil for the data directory's papers
	Replace bool           // what is there may go: files are moved aside, keys of an external Redis are removed
	Log     *slog.Logger
}

// Restore brings a backup back. The file is read to its end before anything is changed, and everything is made ready beside the data before
// it takes their place. It returns ErrDamaged, ErrNotEmpty or store.ErrLocked.
func Restore(ctx context.Context, file string, to Target) (m Manifest, err error) {
	if m, err = Verify(file); err != nil {
		return m, err
	}
	release, err := store.Lock(to.Store.DataDir)
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, release()) }()
	old, err := to.present()
	if err != nil {
		return m, err
	}
	if len(old) > 0 && !to.Replace {
		return m, fmt.Errorf("%w in %s: %s", ErrNotEmpty, to.Store.DataDir, strings.Join(old, ", "))
	}
	work, err := os.MkdirTemp(to.Store.DataDir, workPrefix+"*")
	if err != nil {
		return m, fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	fresh := filepath.Join(work, "fresh")
	if err := to.unpack(ctx, file, work, fresh); err != nil {
		return m, err
	}
	if err := to.restoreRedis(ctx, work, fresh, m); err != nil {
		return m, err
	}
	return m, to.exchange(fresh, old)
}

// workPrefix begins the names of directories in the data directory that backups and restores work in.
const workPrefix = ".backup-"

// present lists what is in the data directory. What a restore that was killed left goes.
func (to Target) present() (names []string, err error) {
	all, err := os.ReadDir(to.Store.DataDir)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	for _, e := range all {
		switch name := e.Name(); {
		case strings.HasPrefix(name, workPrefix):
			if err := os.RemoveAll(filepath.Join(to.Store.DataDir, name)); err != nil {
				return nil, fmt.Errorf("backup: %w", err)
			}
		case !store.Transient(name) && !strings.HasPrefix(name, replacedPrefix):
			names = append(names, name)
		}
	}
	return names, nil
}

// Verify reads a backup to its end and compares every sum. It returns ErrDamaged.
func Verify(file string) (m Manifest, err error) {
	found := map[string]string{}
	var manifest, sums string
	err = eachEntry(file, func(h *tar.Header, r io.Reader) error {
		if found[h.Name] != "" {
			return fmt.Errorf("%w: %s comes twice", ErrDamaged, h.Name)
		}
		sum, text := sha256.New(), &strings.Builder{}
		w := io.Writer(sum)
		if h.Name == manifestName || h.Name == sumsName {
			w = io.MultiWriter(sum, text)
			r = io.LimitReader(r, largestText)
		}
		if _, err := io.Copy(w, r); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		switch h.Name {
		case manifestName:
			manifest = text.String()
		case sumsName:
			sums = text.String()
			return nil
		}
		found[h.Name] = sumOf(sum)
		return nil
	})
	if err != nil {
		return m, err
	}
	for line := range strings.Lines(sums) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if found[name] != sum {
			return m, fmt.Errorf("%w: %s is not what was written", ErrDamaged, name)
		}
		delete(found, name)
	}
	if len(found) > 0 || sums == "" {
		return m, fmt.Errorf("%w: its sums are not complete", ErrDamaged)
	}
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		return m, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if m.Format != format {
		return m, fmt.Errorf("backup: the file has format %d, this program knows %d: use %s", m.Format, format, m.Program)
	}
	return m, nil
}

// eachEntry calls visit with each file of the archive.
func eachEntry(file string, visit func(*tar.Header, io.Reader) error) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		case h.Typeflag != tar.TypeReg || !entryName.MatchString(h.Name):
			return fmt.Errorf("%w: an entry %q", ErrDamaged, h.Name)
		}
		if err := visit(h, r); err != nil {
			return err
		}
	}
}

// unpack puts the snapshots into work, and the rest where it will be served from: under fresh, or into the bucket.
func (to Target) unpack(ctx context.Context, file, work, fresh string) error {
	if err := os.MkdirAll(filepath.Join(fresh, papersDir), 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	storage := to.Storage
	if storage == nil {
		disk, err := papers.NewDisk(filepath.Join(fresh, papersDir))
		if err != nil {
			return err
		}
		storage = disk
	}
	return eachEntry(file, func(h *tar.Header, r io.Reader) error {
		kind, name, _ := strings.Cut(h.Name, "/")
		switch kind + "/" {
		case redisDir:
			var number int
			if _, err := fmt.Sscanf(name, "%d.rdb", &number); err != nil {
				return fmt.Errorf("%w: %s", ErrDamaged, h.Name)
			}
			return write(store.SnapshotFile(snapshotOf(work, number)), r, nil)
		case filesDir:
			return write(filepath.Join(fresh, filepath.FromSlash(name)), r, nil)
		case papersDir:
			return write(filepath.Join(work, name), r, func(f *os.File) error { return storage.Put(ctx, name, f) })
		}
		return nil // the manifest and the sums
	})
}

// write makes a file durable, and does something with it before it is closed.
func write(name string, r io.Reader, then func(*os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Sync()); err == nil && then != nil {
		err = then(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	return nil
}

// restoreRedis copies the snapshots into a new embedded Redis under fresh, or into the external one.
func (to Target) restoreRedis(ctx context.Context, work, fresh string, m Manifest) (err error) {
	cfg := to.Store
	cfg.Patient, cfg.Log = true, to.Log
	if len(cfg.Addrs) == 0 {
		cfg.DataDir = fresh
	}
	target, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	empty, err := target.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty && !to.Replace {
		return fmt.Errorf("%w in Redis", ErrNotEmpty)
	}
	// Every snapshot is opened before the first key is touched.
	for _, copies := range []bool{false, true} {
		if copies {
			if err := target.Clear(ctx); err != nil {
				return err
			}
		}
		for i := range m.Masters {
			from := store.Config{DataDir: snapshotOf(work, i), DB: m.DB, Binary: cfg.Binary, Log: to.Log}
			err := withSnapshot(ctx, from, func(s *store.Store) error {
				if !copies {
					return nil
				}
				_, err := s.CopyTo(ctx, target)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return papers.ReleaseAll(ctx, target)
}

// replacedPrefix begins the name of the directory into which what was there is moved.
const replacedPrefix = "replaced-"

// exchange moves what was there aside and what is fresh to its place: only names change.
func (to Target) exchange(fresh string, old []string) error {
	dir := to.Store.DataDir
	if len(old) > 0 {
		aside := filepath.Join(dir, replacedPrefix+time.Now().UTC().Format("20060102-150405"))
		if err := os.Mkdir(aside, 0o700); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		for _, name := range old {
			if err := os.Rename(filepath.Join(dir, name), filepath.Join(aside, name)); err != nil {
				return fmt.Errorf("backup: %w", err)
			}
		}
		to.Log.Info("what was there was moved aside", "directory", aside)
	}
	all, err := os.ReadDir(fresh)
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	for _, e := range all {
		if store.Transient(e.Name()) {
			continue
		}
		if err := os.Rename(filepath.Join(fresh, e.Name()), filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("backup: %w", err)
		}
	}
	return papers.SyncDir(dir)
}
