package meeting

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// Sizes of the log.
const (
	snapshotEvery = 512 // events between two snapshots, and so the longest replay
	readBatch     = 256 // events that are read at once, so that a read keeps within the store's timeout
)

//go:embed append.lua
var appendSource string

//go:embed snapshot.lua
var snapshotSource string

var (
	appendScript   = redis.NewScript(appendSource)
	snapshotScript = redis.NewScript(snapshotSource)
)

// Log keeps the events of live meetings in Redis. It is safe for concurrent use.
//
// A meeting has two keys, in a hash slot of its own: a stream of its events, whose entry ids are the events' numbers, and a
// snapshot of its state, from which a replay starts. The stream is the record that minutes and attendance are drawn from:
// it stays whole, except for meetings that are always on, which have no record.
type Log struct {
	store *store.Store
	log   *slog.Logger
}

// NewLog makes a Log on an open store.
func NewLog(s *store.Store, log *slog.Logger) *Log { return &Log{store: s, log: log} }

func eventsKey(id string) string   { return "diemcau:live:{" + id + "}:events" }
func snapshotKey(id string) string { return "diemcau:live:{" + id + "}:snapshot" }

// Load replays a meeting. A meeting without events is NewState(id). Errors wrap store.ErrUnavailable while Redis is away.
func (l *Log) Load(ctx context.Context, id string) (*State, error) {
	s := NewState(id)
	raw, err := l.store.Client().Get(ctx, snapshotKey(id)).Bytes()
	switch {
	case errors.Is(err, redis.Nil):
	case err != nil:
		return nil, fmt.Errorf("meeting: load: %w", store.Classify(err))
	default:
		if err := json.Unmarshal(raw, s); err != nil {
			return nil, fmt.Errorf("meeting: snapshot of %s: %w", id, err)
		}
		s.complete()
	}
	for {
		next := strconv.FormatInt(s.Seq+1, 10)
		entries, err := l.store.Client().XRangeN(ctx, eventsKey(id), next, "+", readBatch).Result()
		if err != nil {
			return nil, fmt.Errorf("meeting: load: %w", store.Classify(err))
		}
		for _, entry := range entries {
			if err := replay(s, entry); err != nil {
				return nil, fmt.Errorf("meeting: event %s of %s: %w", entry.ID, id, err)
			}
		}
		if len(entries) < readBatch {
			return s, nil
		}
	}
}

func replay(s *State, entry redis.XMessage) error {
	var ev Event
	raw, _ := entry.Values["event"].(string)
	if err := json.Unmarshal([]byte(raw), &ev); err != nil {
		return err
	}
	return s.Apply(ev)
}

// Append writes the event that follows the last one; it is on disk when Append returns nil. Appending the same event
// again is allowed and does nothing, so a failed append can be tried again. It returns ErrSequence when another event
// has this number or one before it is missing.
func (l *Log) Append(ctx context.Context, id string, ev Event) error {
	raw, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("meeting: event: %w", err)
	}
	answer, err := l.store.Run(ctx, appendScript, []string{eventsKey(id)}, ev.Seq, raw)
	if err != nil {
		return fmt.Errorf("meeting: append: %w", err)
	}
	if answer != "ok" {
		return fmt.Errorf("%w: %d: %v", ErrSequence, ev.Seq, answer)
	}
	if ev.Seq%snapshotEvery == 0 {
		if err := l.snapshot(ctx, id); err != nil {
			l.log.Warn("a meeting's snapshot was not written; its replay stays long", "meeting", id, "error", err)
		}
	}
	return nil
}

// snapshot stores the newest state, so that a replay starts there.
func (l *Log) snapshot(ctx context.Context, id string) error {
	s, err := l.Load(ctx, id)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	keepFrom := int64(0)
	if s.AlwaysOn {
		keepFrom = s.Seq // the newest event stays: it numbers the next
	}
	_, err = l.store.Run(ctx, snapshotScript, []string{eventsKey(id), snapshotKey(id)}, raw, keepFrom)
	return err
}
