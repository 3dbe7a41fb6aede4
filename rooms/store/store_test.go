package store_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

func quiet(dir string) store.Config {
	return store.Config{DataDir: dir, Log: slog.New(slog.DiscardHandler)}
}

func TestSettingsLoseNoAcknowledgedWrite(t *testing.T) {
	s := storetest.New(t)
	for setting, want := range map[string]string{
		"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction", "port": "0", "save": "",
	} {
		got, err := s.Client().ConfigGet(t.Context(), setting).Result()
		if err != nil || got[setting] != want {
			t.Errorf("%s is %q, want %q (%v)", setting, got[setting], want, err)
		}
	}
}

func TestDataOutliveAnOrderlyStop(t *testing.T) {
	dir := t.TempDir()
	s := storetest.Open(t, dir)
	if err := s.Client().Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := storetest.Open(t, dir)
	if got := again.Client().Get(t.Context(), "key").Val(); got != "value" {
		t.Errorf("after a restart the key holds %q", got)
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	storetest.Open(t, dir)
	_, err := store.Open(t.Context(), quiet(dir))
	if !errors.Is(err, store.ErrLocked) {
		t.Fatalf("a second server on the directory got %v", err)
	}
	if !strings.Contains(err.Error(), dir) {
		t.Errorf("the error does not name the directory: %v", err)
	}
}

func TestLongPathOfTheDataDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("a", 100), strings.Repeat("b", 100))
	s := storetest.Open(t, dir)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "redis.sock"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("socket: mode %v (%v)", info, err)
	}
	storetest.Kill(t, s)
	storetest.AwaitReady(t, s)
}

func TestSecretIsMadeOnce(t *testing.T) {
	s := storetest.New(t)
	first, err := s.Secret(t.Context(), "a")
	if err != nil || len(first) != 32 {
		t.Fatalf("secret of %d bytes: %v", len(first), err)
	}
	second, _ := s.Secret(t.Context(), "a")
	other, _ := s.Secret(t.Context(), "b")
	if !bytes.Equal(first, second) || bytes.Equal(first, other) {
		t.Error("a secret changed, or two names share one")
	}
}

func TestFaultsOfTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]store.Config{
		"nothing configured":   {},
		"directory is a file":  {DataDir: file},
		"no such redis-server": {DataDir: t.TempDir(), Binary: "no-such-redis"},
		"server that exits":    {DataDir: t.TempDir(), Binary: "false"},
	} {
		cfg.Log = slog.New(slog.DiscardHandler)
		began := time.Now()
		if s, err := store.Open(t.Context(), cfg); err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

func TestPausedRedisIsUnavailableInTime(t *testing.T) {
	s := storetest.New(t)
	resume := storetest.Pause(t, s)
	began := time.Now()
	err := s.Client().Set(t.Context(), "key", "value", 0).Err()
	if took := time.Since(began); took > 1500*time.Millisecond {
		t.Errorf("took %s", took)
	}
	if !errors.Is(store.Classify(err), store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	resume()
	storetest.AwaitReady(t, s)
}

func TestClassify(t *testing.T) {
	s := storetest.New(t)
	if err := s.Client().Set(t.Context(), "string", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	wrongType := s.Client().LPush(t.Context(), "string", "y").Err()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		err  error
		away bool
	}{
		"nil":            {nil, false},
		"no key":         {redis.Nil, false},
		"wrong type":     {wrongType, false},
		"gave up":        {s.Client().Get(cancelled, "string").Err(), true},
		"closed":         {redis.ErrClosed, true},
		"classified":     {store.Classify(redis.ErrClosed), true},
		"out of memory":  {s.Client().Eval(t.Context(), "return redis.error_reply('OOM command not allowed')", nil).Err(), true},
		"still loading":  {s.Client().Eval(t.Context(), "return redis.error_reply('LOADING data')", nil).Err(), true},
		"disk is broken": {s.Client().Eval(t.Context(), "return redis.error_reply('MISCONF cannot write')", nil).Err(), true},
	} {
		if got := errors.Is(store.Classify(c.err), store.ErrUnavailable); got != c.away {
			t.Errorf("%s: unavailable is %v", name, got)
		}
	}
}
