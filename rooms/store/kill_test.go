package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

func TestKilledRedisComesBackWithEveryAcknowledgedWrite(t *testing.T) {
	s := storetest.New(t)
	acknowledged, next := []int{}, 0
	for range 5 {
		killed := make(chan struct{})
		pid := storetest.PID(t, s)
		go func() {
			defer close(killed)
			time.Sleep(20 * time.Millisecond) // amid the writes below, wherever that is
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}()
		for {
			next++
			err := s.Client().Set(t.Context(), fmt.Sprintf("key:%d", next), next, 0).Err()
			if err == nil {
				acknowledged = append(acknowledged, next)
				continue
			}
			if !errors.Is(store.Classify(err), store.ErrUnavailable) {
				t.Fatalf("a write to a dead Redis got %v", err)
			}
			break
		}
		<-killed
		storetest.AwaitReady(t, s)
		if storetest.PID(t, s) == pid {
			t.Fatal("Redis was not killed")
		}
	}
	if len(acknowledged) == 0 {
		t.Fatal("nothing was written")
	}
	for _, i := range acknowledged {
		if got, err := s.Client().Get(t.Context(), fmt.Sprintf("key:%d", i)).Int(); err != nil || got != i {
			t.Fatalf("acknowledged write %d of %d is lost: %v", i, len(acknowledged), err)
		}
	}
}

// startServer runs this test binary as a server and returns the numbers that it prints.
func startServer(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serveEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd, bufio.NewScanner(out)
}

func TestKilledServerLeavesItsDataToTheNext(t *testing.T) {
	dir := t.TempDir()
	last := -1
	for range 3 {
		server, numbers := startServer(t, dir)
		for range 50 {
			if !numbers.Scan() {
				t.Fatal("the server ended by itself")
			}
			n, err := strconv.Atoi(numbers.Text())
			if err != nil {
				t.Fatal(err)
			}
			last = max(last, n)
		}
		if err := server.Process.Kill(); err != nil {
			t.Fatal(err)
		}
	}
	s := storetest.Open(t, dir)
	for i := range last + 1 {
		if got, err := s.Client().Get(t.Context(), fmt.Sprintf("key:%d", i)).Int(); err != nil || got != i {
			t.Fatalf("acknowledged write %d of %d is lost: %v", i, last, err)
		}
	}
}

func TestRedisDiesWithItsServer(t *testing.T) {
	dir := t.TempDir()
	server, numbers := startServer(t, dir)
	if !numbers.Scan() {
		t.Fatal("the server ended by itself")
	}
	raw, err := os.ReadFile(filepath.Join(dir, "redis.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("Redis outlived its server")
		}
	}
}

// alive reports whether the process runs; a zombie does not.
func alive(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && len(raw) > 0
}

// startSurvivor runs a Redis on the directory as a killed server would leave it where no parent-death signal exists.
func startSurvivor(t *testing.T, dir string, notePID bool) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("redis-server", "--dir", dir, "--port", "0", "--unixsocket", "redis.sock", "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--set-proc-title", "no")
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if notePID {
		if err := os.WriteFile(filepath.Join(dir, "redis.pid"), fmt.Appendln(nil, cmd.Process.Pid), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		client := redis.NewClient(&redis.Options{Network: "unix", Addr: filepath.Join(dir, "redis.sock"), MaxRetries: -1, DialerRetries: 1})
		err := client.Set(t.Context(), "survivor", "wrote", 0).Err()
		_ = client.Close()
		if err == nil {
			return cmd
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

func TestSurvivorIsStoppedBeforeANewRedisStarts(t *testing.T) {
	for name, c := range map[string]struct{ notePID, hung bool }{
		"known by its pid file": {notePID: true},
		"known by its socket":   {},
		"hung":                  {notePID: true, hung: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			survivor := startSurvivor(t, dir, c.notePID)
			if c.hung {
				if err := survivor.Process.Signal(syscall.SIGSTOP); err != nil {
					t.Fatal(err)
				}
			}
			s := storetest.Open(t, dir)
			if alive(survivor.Process.Pid) {
				t.Error("the survivor still runs beside the new Redis")
			}
			_ = survivor.Wait()
			if got := s.Client().Get(t.Context(), "survivor").Val(); got != "wrote" {
				t.Errorf("what the survivor wrote is lost: %q", got)
			}
		})
	}
}

func TestPIDFileOfAnotherProgramIsIgnored(t *testing.T) {
	dir := t.TempDir()
	stranger := exec.Command("sleep", "60")
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stranger.Process.Kill()
		_ = stranger.Wait()
	})
	if err := os.WriteFile(filepath.Join(dir, "redis.pid"), fmt.Appendln(nil, stranger.Process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	storetest.Open(t, dir)
	if !alive(stranger.Process.Pid) {
		t.Error("a process that is not our Redis was killed")
	}
}

func TestRestartIsLogged(t *testing.T) {
	lines := make(chan string, 100)
	log := slog.New(slog.NewTextHandler(lineWriter(lines), nil))
	s, err := store.Open(t.Context(), store.Config{DataDir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	storetest.Kill(t, s)
	for line := range lines {
		if strings.Contains(line, "starting it again") {
			return
		}
	}
}

type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	select {
	case w <- string(p):
	default:
	}
	return len(p), nil
}
