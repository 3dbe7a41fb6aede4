package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"diemcau/rooms/store"
)

// serveEnv makes the test binary a server on the directory that it names, for the tests that kill a server.
const serveEnv = "DIEMCAU_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveEnv); dir != "" {
		serve(dir)
	}
	goleak.VerifyTestMain(m)
}

// serve opens the directory, writes numbered keys and prints each number that was acknowledged, until it is killed.
func serve(dir string) {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{DataDir: dir, Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for i := range 1_000_000 {
		if err := s.Client().Set(ctx, fmt.Sprintf("key:%d", i), i, 0).Err(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
	time.Sleep(time.Hour)
}
