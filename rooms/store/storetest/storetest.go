//go:build unix

// Package storetest gives every test a private Redis, started by the same code that servers use.
package storetest

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// startWait bounds the start of a Redis on a busy machine.
const startWait = 20 * time.Second

// New starts a Redis in a directory of the test's own and removes both when the test ends.
func New(t testing.TB) *store.Store {
	t.Helper()
	return Open(t, t.TempDir())
}

// Open starts a Redis in the directory and stops it when the test ends, unless the test has.
func Open(t testing.TB, dir string) *store.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	s, err := store.Open(ctx, store.Config{DataDir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("start Redis: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("stop Redis: %v", err)
		}
	})
	return s
}

// Attach connects to the Redis of s once more, as another server would.
func Attach(t testing.TB, s *store.Store) *store.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startWait)
	defer cancel()
	address := s.Client().(*redis.Client).Options().Addr
	other, err := store.Open(ctx, store.Config{Addrs: []string{address}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatalf("connect to Redis: %v", err)
	}
	t.Cleanup(func() {
		if err := other.Close(); err != nil {
			t.Errorf("leave Redis: %v", err)
		}
	})
	return other
}

// Kill ends the Redis of s with SIGKILL; the store starts it again by itself.
func Kill(t testing.TB, s *store.Store) {
	t.Helper()
	signal(t, PID(t, s), syscall.SIGKILL)
}

// Pause stops the Redis of s from answering until resume is called or the test ends.
func Pause(t testing.TB, s *store.Store) (resume func()) {
	t.Helper()
	pid := PID(t, s)
	signal(t, pid, syscall.SIGSTOP)
	resume = sync.OnceFunc(func() { signal(t, pid, syscall.SIGCONT) })
	t.Cleanup(resume)
	return resume
}

// PID is the process id of the Redis of s.
func PID(t testing.TB, s *store.Store) int {
	t.Helper()
	info, err := s.Client().Info(context.Background(), "server").Result()
	if err != nil {
		t.Fatalf("ask Redis for its process id: %v", err)
	}
	_, rest, _ := strings.Cut(info, "process_id:")
	digits, _, _ := strings.Cut(rest, "\r\n")
	pid, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatalf("process id of Redis: %v", err)
	}
	return pid
}

// AwaitReady waits until the Redis of s answers again.
func AwaitReady(t testing.TB, s *store.Store) {
	t.Helper()
	for deadline := time.Now().Add(startWait); ; time.Sleep(10 * time.Millisecond) {
		err := s.Ping(context.Background())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Redis did not come back: %v", err)
		}
	}
}

func signal(t testing.TB, pid int, sig syscall.Signal) {
	t.Helper()
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Signal(sig)
	}
	if err != nil {
		t.Errorf("signal Redis: %v", err)
	}
}
