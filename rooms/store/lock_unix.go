//go:build unix

package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lockWait is how long a lock may still be held by a server that was killed a moment ago.
const lockWait = time.Second

// lockDir takes the directory for this process until the file is closed or the process ends, however it ends.
func lockDir(d *dirPath) (*os.File, error) {
	f, err := os.OpenFile(d.file(lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: lock the data directory: %w", err)
	}
	switch err := flock(f); {
	case errors.Is(err, unix.EWOULDBLOCK):
		owner, _ := io.ReadAll(io.LimitReader(f, 32))
		return nil, errors.Join(fmt.Errorf("%w: %s (process %s)", ErrLocked, d.path, strings.TrimSpace(string(owner))), f.Close())
	case err != nil:
		return nil, errors.Join(fmt.Errorf("store: lock the data directory: %w", err), f.Close())
	}
	// The owner's id only helps whoever reads the error above.
	if err := f.Truncate(0); err == nil {
		fmt.Fprintln(f, os.Getpid())
	}
	return f, nil
}

// flock takes the lock or returns EWOULDBLOCK after lockWait.
func flock(f *os.File) error {
	for deadline := time.Now().Add(lockWait); ; time.Sleep(readyPoll) {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) || time.Now().After(deadline) {
			return err
		}
	}
}
