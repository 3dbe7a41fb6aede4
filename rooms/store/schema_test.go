package store

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestMigrationsRunOnceInOrder(t *testing.T) {
	s, err := Open(t.Context(), Config{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })

	var ran []int
	step := func(n int) migration {
		return func(context.Context, redis.UniversalClient) error {
			ran = append(ran, n)
			return nil
		}
	}
	broken := func(context.Context, redis.UniversalClient) error { return errors.New("broken") }

	// Open has brought the data to the newest schema, so the steps up to there are not run again.
	steps := make([]migration, len(migrations))
	for i := range steps {
		steps[i] = step(-1)
	}
	next := len(steps) + 1
	if err := migrate(t.Context(), s.client, append(slices.Clone(steps), step(next), broken)); err == nil || !strings.Contains(err.Error(), "broken") {
		t.Fatalf("a broken migration gave %v", err)
	}
	whole := append(slices.Clone(steps), step(-1), step(next+1))
	for range 2 {
		if err := migrate(t.Context(), s.client, whole); err != nil {
			t.Fatal(err)
		}
	}
	if want := []int{next, next + 1}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
	if err := migrate(t.Context(), s.client, steps); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("data of a newer program gave %v", err)
	}
}

func TestDurabilityWarnings(t *testing.T) {
	s, err := Open(t.Context(), Config{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	warnings := func() string {
		var out strings.Builder
		warnDurability(t.Context(), s.client, slog.New(slog.NewTextHandler(&out, nil)))
		return out.String()
	}
	if got := warnings(); got != "" {
		t.Errorf("the embedded settings warn: %s", got)
	}
	s.client.ConfigSet(t.Context(), "appendfsync", "everysec")
	s.client.ConfigSet(t.Context(), "maxmemory-policy", "allkeys-lru")
	if got := warnings(); !strings.Contains(got, "appendfsync") || !strings.Contains(got, "maxmemory-policy") || strings.Contains(got, "appendonly ") {
		t.Errorf("warnings: %s", got)
	}
	s.client.Do(t.Context(), "ACL", "SETUSER", "default", "-config")
	if got := warnings(); strings.Count(got, "cannot read") != 1 {
		t.Errorf("with CONFIG forbidden: %s", got)
	}
}

// TestExternalRedis opens a store on a Redis that it did not start. The embedded one plays the external part.
func TestExternalRedis(t *testing.T) {
	server, err := Open(t.Context(), Config{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	server.client.Do(t.Context(), "ACL", "SETUSER", "clerk", "on", ">secret", "~*", "+@all")
	server.client.ConfigSet(t.Context(), "appendfsync", "no")

	var out strings.Builder
	cfg := Config{
		Addrs: []string{server.socketDir.socket()}, Username: "clerk", Password: "secret",
		Log: slog.New(slog.NewTextHandler(&out, nil)),
	}
	external, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := external.Close(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "can lose an acknowledged write") {
		t.Errorf("no warning: %s", out.String())
	}
	if err := server.Ping(t.Context()); err != nil {
		t.Errorf("closing stopped a Redis that is not ours: %v", err)
	}

	cfg.Password = "wrong"
	began := time.Now()
	if _, err := Open(t.Context(), cfg); err == nil || errors.Is(err, ErrUnavailable) || time.Since(began) > 2*time.Second {
		t.Errorf("a wrong password gave %v after %s", err, time.Since(began))
	}
}

func TestAbsentExternalRedis(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, Config{Addrs: []string{t.TempDir() + "/none.sock"}, Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
