//go:build !linux

package store

import (
	"os"
	"syscall"
)

// childAttributes has nothing to set: parent-death signals are Linux's. A survivor is stopped at the next start.
func childAttributes() *syscall.SysProcAttr { return nil }

// handlePath is the directory's own path: only Linux can name an open directory.
func handlePath(d *dirPath) string { return d.path }

// isOurRedis reports whether the process is alive. That it is ours is known from the socket: only Linux tells the
// arguments of a process.
func isOurRedis(pid int, _ string) bool {
	process, err := os.FindProcess(pid)
	return err == nil && process.Signal(syscall.Signal(0)) == nil
}
