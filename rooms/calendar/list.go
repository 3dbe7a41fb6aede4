package calendar

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// MaxPage is the largest page of a List.
const MaxPage = 200

// Query chooses meetings by their start: From inclusive, To exclusive, either may be zero.
type Query struct {
	From, To time.Time
	Offset   int // meetings to skip
	Limit    int // 1 to MaxPage
}

// List reads meetings in the order of their start, and how many there are in all.
func (c *Calendar) List(ctx context.Context, q Query) (meetings []Meeting, total int64, err error) {
	low, high := "-inf", "+inf"
	if !q.From.IsZero() {
		low = strconv.FormatInt(q.From.UnixMilli(), 10)
	}
	if !q.To.IsZero() {
		high = "(" + strconv.FormatInt(q.To.UnixMilli(), 10)
	}
	var ids *redis.StringSliceCmd
	var count *redis.IntCmd
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		ids = p.ZRangeByScore(ctx, keyIndex, &redis.ZRangeBy{Min: low, Max: high, Offset: int64(q.Offset), Count: int64(q.Limit)})
		count = p.ZCount(ctx, keyIndex, low, high)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("calendar: list: %w", store.Classify(err))
	}
	read := make([]*redis.SliceCmd, 0, len(ids.Val()))
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids.Val() {
			read = append(read, p.HMGet(ctx, prefixMeeting+id, "version", "meeting"))
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("calendar: list: %w", store.Classify(err))
	}
	meetings = make([]Meeting, 0, len(read))
	for _, r := range read {
		version, _ := r.Val()[0].(string)
		raw, _ := r.Val()[1].(string)
		m, err := decode(version, raw)
		if err != nil {
			return nil, 0, err
		}
		meetings = append(meetings, m)
	}
	return meetings, count.Val(), nil
}
