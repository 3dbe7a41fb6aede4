package papers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"

	"golang.org/x/sys/unix"
)

// Storage keeps contents by name. A content never changes.
type Storage interface {
	// Put keeps a file that is wholly written; it is durable when Put returns. The file may be moved away.
	Put(ctx context.Context, name string, file *os.File) error
	// Open gives the content, or an error that wraps ErrNotFound or ErrStorage.
	Open(ctx context.Context, name string) (Content, error)
	// Delete removes the content; what is not there is as good as removed.
	Delete(ctx context.Context, name string) error
}

// Content can be read from any place on, which requests for a part need.
type Content interface {
	io.ReadSeeker
	io.Closer
}

// blobName is what contents are called: nothing that leads out of a directory.
var blobName = regexp.MustCompile(`^[A-Za-z0-9_-]{22}$`)

func checkBlob(name string) error {
	if !blobName.MatchString(name) {
		return fmt.Errorf("papers: content %q: %w", name, ErrNotFound)
	}
	return nil
}

// Disk is a Storage in a directory.
type Disk struct{ dir string }

// NewDisk uses a directory, which is made where it is missing, for its owner alone.
func NewDisk(dir string) (*Disk, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	return &Disk{dir}, nil
}

// Put implements Storage: the file is moved into the directory, so it must lie on the same disk.
func (d *Disk) Put(_ context.Context, name string, file *os.File) error {
	if err := checkBlob(name); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return onDisk(err)
	}
	if err := os.Rename(file.Name(), filepath.Join(d.dir, name)); err != nil {
		return onDisk(err)
	}
	return SyncDir(d.dir)
}

// SyncDir makes the names in a directory durable.
func SyncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return onDisk(err)
	}
	return onDisk(errors.Join(dir.Sync(), dir.Close()))
}

// Open implements Storage.
func (d *Disk) Open(_ context.Context, name string) (Content, error) {
	if err := checkBlob(name); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(d.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("papers: content %s: %w", name, ErrNotFound)
	}
	if err != nil {
		return nil, onDisk(err)
	}
	return f, nil
}

// Delete implements Storage.
func (d *Disk) Delete(_ context.Context, name string) error {
	if err := checkBlob(name); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(d.dir, name)); !errors.Is(err, fs.ErrNotExist) {
		return onDisk(err)
	}
	return nil
}

// onDisk says what a failure of the disk means.
func onDisk(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return fmt.Errorf("%w: %w", ErrStorage, err)
}

// free is how many bytes the disk of a directory has left.
func free(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, onDisk(err)
	}
	return int64(s.Bavail) * s.Bsize, nil
}
