package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// childAttributes make the child die with the thread that starts it, and keep a terminal's interrupt from it so that
// the server decides when Redis stops.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setpgid: true}
}

// handlePath is a short path of the open directory.
func handlePath(d *dirPath) string { return fmt.Sprintf("/proc/self/fd/%d", d.handle.Fd()) }

// isOurRedis reports whether the process is alive and a redis-server that was started on this directory.
func isOurRedis(pid int, dir string) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)) // empty for a zombie
	if err != nil {
		return false
	}
	args := strings.Split(string(bytes.TrimRight(raw, "\x00")), "\x00")
	i := slices.Index(args, "--dir")
	return strings.Contains(filepath.Base(args[0]), "redis") && i > 0 && i+1 < len(args) && args[i+1] == dir
}
