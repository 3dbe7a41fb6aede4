package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Names of files in the data directory.
const (
	socketName = "redis.sock"
	pidName    = "redis.pid"
	lockName   = "lock"
)

// maxSocketPath is the longest path that a unix socket's address holds: 104 bytes on BSD, 108 on Linux, with the zero.
const maxSocketPath = 103

// dirPath is the data directory, held open so that its socket can be named however long its path is.
type dirPath struct {
	path   string // absolute, without symbolic links
	handle *os.File
}

// openDir makes the data directory where it is missing, for its owner alone.
func openDir(path string) (*dirPath, error) {
	if path == "" {
		return nil, errors.New("store: neither an address of Redis nor a data directory is configured")
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("store: make the data directory: %w", err)
	}
	absolute, err := filepath.Abs(path)
	if err == nil {
		absolute, err = filepath.EvalSymlinks(absolute)
	}
	if err != nil {
		return nil, fmt.Errorf("store: resolve the data directory: %w", err)
	}
	handle, err := os.Open(absolute)
	if err != nil {
		return nil, fmt.Errorf("store: open the data directory: %w", err)
	}
	d := &dirPath{path: absolute, handle: handle}
	if len(d.socket()) > maxSocketPath {
		return nil, errors.Join(fmt.Errorf("store: the path of the data directory is too long for a unix socket: %s", absolute), handle.Close())
	}
	return d, nil
}

// file is the path of a file in the directory.
func (d *dirPath) file(name string) string { return filepath.Join(d.path, name) }

// socket is a path of Redis' socket that fits into a socket address wherever the system has such a path.
func (d *dirPath) socket() string {
	if path := d.file(socketName); len(path) <= maxSocketPath {
		return path
	}
	return filepath.Join(handlePath(d), socketName)
}

func (d *dirPath) close() error { return d.handle.Close() }
