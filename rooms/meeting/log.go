package meeting

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// snapshotEvery is the number of events after which the state is stored and the events before it are cut, so that a replay
// stays short.
const snapshotEvery = 500

//go:embed append.lua
var appendSource string

var appendScript = redis.NewScript(appendSource)

// Log keeps the events of live meetings in Redis. It is safe for concurrent use.
//
// A meeting has two keys, in a hash slot of its own: live:{ID}:events, a list of events as JSON, and live:{ID}:snapshot, a hash
// of the state that came before the first of them and the number of the last event.
type Log struct {
	store *store.Store
	log   *slog.Logger
}

// NewLog makes a Log on an open store.
func NewLog(s *store.Store, log *slog.Logger) *Log { return &Log{store: s, log: log} }

func eventsKey(id string) string   { return "live:{" + id + "}:events" }
func snapshotKey(id string) string { return "live:{" + id + "}:snapshot" }

// Load replays a meeting. A meeting without events is NewState(id). Errors wrap store.ErrUnavailable while Redis is away.
func (l *Log) Load(ctx context.Context, id string) (*State, error) {
	var stored *redis.StringCmd
	var listed *redis.StringSliceCmd
	_, err := l.store.Client().TxPipelined(ctx, func(p redis.Pipeliner) error {
		stored = p.HGet(ctx, snapshotKey(id), "state")
		listed = p.LRange(ctx, eventsKey(id), 0, -1)
		return nil
	})
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("meeting: load: %w", store.Classify(err))
	}
	s := NewState(id)
	if raw := stored.Val(); raw != "" {
		if err := json.Unmarshal([]byte(raw), s); err != nil {
			return nil, fmt.Errorf("meeting: snapshot of %s: %w", id, err)
		}
	}
	for _, raw := range listed.Val() {
		var ev Event
		if err := json.Unmarshal([]byte(raw), &ev); err != nil {
			return nil, fmt.Errorf("meeting: event of %s: %w", id, err)
		}
		if ev.Seq <= s.Seq {
			continue
		}
		if err := s.Apply(ev); err != nil {
			return nil, fmt.Errorf("meeting: replay of %s, event %d: %w", id, ev.Seq, err)
		}
	}
	if len(listed.Val()) >= snapshotEvery {
		if err := l.snapshot(ctx, s); err != nil {
			l.log.Warn("meeting log was not shortened", "meeting", id, "error", err)
		}
	}
	return s, nil
}

// Append writes the event that follows the last one; it is on disk when Append returns nil. Appending the same event
// again is allowed and does nothing, so a failed append can be tried again. It returns ErrSequence when another event
// has this number or one before it is missing.
func (l *Log) Append(ctx context.Context, id string, ev Event) error {
	raw, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("meeting: event: %w", err)
	}
	length, err := appendScript.Run(ctx, l.store.Client(), []string{eventsKey(id), snapshotKey(id)}, ev.Seq, raw).Int()
	if err != nil {
		return fmt.Errorf("meeting: append: %w", store.Classify(err))
	}
	if length < 0 {
		return fmt.Errorf("%w: %d", ErrSequence, ev.Seq)
	}
	if length > 0 && length%snapshotEvery == 0 {
		if _, err := l.Load(ctx, id); err != nil {
			l.log.Warn("meeting log was not shortened", "meeting", id, "error", err)
		}
	}
	return nil
}

// snapshot stores a state and cuts the events that it holds.
func (l *Log) snapshot(ctx context.Context, s *State) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return store.Classify(snapshotScript.Run(ctx, l.store.Client(), []string{eventsKey(s.ID), snapshotKey(s.ID)}, s.Seq, raw).Err())
}

//go:embed snapshot.lua
var snapshotSource string

var snapshotScript = redis.NewScript(snapshotSource)
