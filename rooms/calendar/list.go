package calendar

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

const (
	// MaxPage is the largest page of a List.
	MaxPage = 500
	// maxRead is how many meetings one List reads at most, a few milliseconds for each hundred.
	maxRead = 10000
	// chunk is how many meetings are read at once.
	chunk = 500
)

// Query chooses meetings: those that overlap the time from From to To, either of which may be zero.
type Query struct {
	From, To time.Time
	Series   string             // only its meetings; empty for all
	Where    func(Meeting) bool // nil for all
	Offset   int                // meetings to skip
	Limit    int                // 1 to MaxPage
}

// List reads meetings in the order of their start, and how many there are in all. Where it would have to read too many it returns a
// FieldError for from.
func (c *Calendar) List(ctx context.Context, q Query) (meetings []Meeting, total int64, err error) {
	low, high := "-inf", "+inf"
	if !q.From.IsZero() {
		// One that began before reaches into the time, if it is as long as a meeting can be.
		low = "(" + strconv.FormatInt(q.From.Add(-MaxDuration).UnixMilli(), 10)
	}
	if !q.To.IsZero() {
		high = "(" + strconv.FormatInt(q.To.UnixMilli(), 10)
	}
	whole := q.From.IsZero() && q.Where == nil && q.Series == ""
	index := keyIndex
	if q.Series != "" {
		index, low = prefixSeries+q.Series, "-inf"
	}
	within := &redis.ZRangeBy{Min: low, Max: high}
	if whole {
		within.Offset, within.Count = int64(q.Offset), int64(q.Limit)
	}
	var ids *redis.StringSliceCmd
	var count *redis.IntCmd
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		if !whole {
			within.Count = maxRead
		}
		ids, count = p.ZRangeByScore(ctx, index, within), p.ZCount(ctx, index, low, high)
		return nil
	})
	switch {
	case err != nil:
		return nil, 0, fmt.Errorf("calendar: list: %w", store.Classify(err))
	case whole:
		meetings, err = c.read(ctx, ids.Val())
		return meetings, count.Val(), err
	case count.Val() > maxRead:
		return nil, 0, &FieldError{"from", CodeLimit}
	}
	meetings = []Meeting{}
	for rest := ids.Val(); len(rest) > 0; rest = rest[min(chunk, len(rest)):] {
		some, err := c.read(ctx, rest[:min(chunk, len(rest))])
		if err != nil {
			return nil, 0, err
		}
		for _, m := range some {
			if !q.chooses(m) {
				continue
			}
			if total++; total > int64(q.Offset) && len(meetings) < q.Limit {
				meetings = append(meetings, m)
			}
		}
	}
	return meetings, total, nil
}

// chooses tells whether a meeting that begins before To is asked for.
func (q Query) chooses(m Meeting) bool {
	if m.Start.Before(q.From) && (m.AlwaysOn || !m.End.After(q.From)) {
		return false
	}
	return q.Where == nil || q.Where(m)
}

// read reads meetings by their ids: those that were not read before, or have changed since.
func (c *Calendar) read(ctx context.Context, ids []string) ([]Meeting, error) {
	versions := make([]*redis.StringCmd, 0, len(ids))
	_, err := c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			versions = append(versions, p.HGet(ctx, prefixMeeting+id, "version"))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calendar: list: %w", store.Classify(err))
	}
	meetings := make([]Meeting, len(ids))
	var places []int // of those that are still to be read
	for i, id := range ids {
		var known bool
		if meetings[i], known = c.seen.get(id, versions[i].Val()); !known {
			places = append(places, i)
		}
	}
	if len(places) == 0 {
		return meetings, nil
	}
	read := make([]*redis.SliceCmd, 0, len(places))
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, i := range places {
			read = append(read, p.HMGet(ctx, prefixMeeting+ids[i], "version", "meeting"))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calendar: list: %w", store.Classify(err))
	}
	fresh, err := decodeAll(read)
	for n, i := range places {
		meetings[i] = fresh[n]
	}
	if err == nil {
		c.seen.put(fresh)
	}
	return meetings, err
}

// decodeAll reads meetings as they are kept, on all processors.
func decodeAll(read []*redis.SliceCmd) ([]Meeting, error) {
	meetings, faults := make([]Meeting, len(read)), make([]error, len(read))
	var workers sync.WaitGroup
	var next atomic.Int64
	for range min(runtime.GOMAXPROCS(0), len(read)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(read); i = int(next.Add(1)) - 1 {
				version, _ := read[i].Val()[0].(string)
				raw, _ := read[i].Val()[1].(string)
				meetings[i], faults[i] = decode(version, raw)
			}
		})
	}
	workers.Wait()
	return meetings, errors.Join(faults...)
}
