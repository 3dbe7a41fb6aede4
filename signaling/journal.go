package signaling

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"diemcau/rooms/store"
)

// journal writes the events of one live meeting to the store, one by one and in order, and does not give up while the
// store is away: the meeting goes on in memory meanwhile. What waits is bounded by the rate at which clients may act.
type journal struct {
	log     *slog.Logger
	wake    chan struct{}
	stopped chan struct{} // closed when the goroutine has ended

	mu       sync.Mutex // guards what follows
	entries  []entry
	finished bool // nothing comes any more
}

// entry is one write: it is tried until it succeeds or can never succeed.
type entry struct {
	write func(context.Context) error
	done  chan struct{}
}

// How often and how long a write is tried.
const (
	journalTimeout = 2 * time.Second
	journalPause   = 200 * time.Millisecond
)

func newJournal(log *slog.Logger) *journal {
	return &journal{log: log, wake: make(chan struct{}, 1), stopped: make(chan struct{})}
}

// add queues a write and returns a channel that is closed when it is stored.
func (j *journal) add(write func(context.Context) error) <-chan struct{} {
	e := entry{write, make(chan struct{})}
	j.mu.Lock()
	j.entries = append(j.entries, e)
	j.mu.Unlock()
	j.signal()
	return e.done
}

// finish lets run return once all is written.
func (j *journal) finish() {
	j.mu.Lock()
	j.finished = true
	j.mu.Unlock()
	j.signal()
}

func (j *journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes until finish was called and all is written, or until ctx ends.
func (j *journal) run(ctx context.Context) {
	defer close(j.stopped)
	for {
		j.mu.Lock()
		entries, finished := j.entries, j.finished
		j.entries = nil
		j.mu.Unlock()
		for i, e := range entries {
			if !j.store(ctx, e) {
				j.log.Error("the server stops before all events are stored", "lost", len(entries)-i)
				return
			}
			close(e.done)
		}
		if len(entries) > 0 {
			continue
		}
		if finished {
			return
		}
		select {
		case <-j.wake:
		case <-ctx.Done():
			return
		}
	}
}

// store writes one entry. It is false when ctx ended first.
func (j *journal) store(ctx context.Context, e entry) bool {
	for tries := 0; ; tries++ {
		attempt, cancel := context.WithTimeout(ctx, journalTimeout)
		err := e.write(attempt)
		cancel()
		switch {
		case err == nil:
			if tries > 0 {
				j.log.Info("the store is back; the meeting's events are written")
			}
			return true
		case !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			j.log.Error("event cannot be stored", "error", err)
			return true
		case tries == 0 && ctx.Err() == nil:
			j.log.Warn("the store is away; the meeting goes on", "error", err)
		}
		select {
		case <-time.After(journalPause):
		case <-ctx.Done():
			return false
		}
	}
}
