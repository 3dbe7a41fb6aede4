package papers

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/store"
)

const longestHold = 12 * time.Hour

// Hold keeps every content that a paper refers to now, until release is called or twelve hours are over: what a snapshot of Redis refers to
// can be copied after it was taken.
func Hold(ctx context.Context, s *store.Store) (release func(context.Context) error, err error) {
	id := access.NewID()
	until := float64(time.Now().Add(longestHold).UnixMilli())
	if err := s.Client().ZAdd(ctx, keyHold, redis.Z{Score: until, Member: id}).Err(); err != nil {
		return nil, fmt.Errorf("papers: hold: %w", store.Classify(err))
	}
	return func(ctx context.Context) error {
		if err := s.Client().ZRem(ctx, keyHold, id).Err(); err != nil {
			return fmt.Errorf("papers: hold: %w", store.Classify(err))
		}
		return nil
	}, nil
}

// ReleaseAll ends every hold: one that came out of a backup is that of the backup itself.
func ReleaseAll(ctx context.Context, s *store.Store) error {
	if err := s.Client().Del(ctx, keyHold).Err(); err != nil {
		return fmt.Errorf("papers: hold: %w", store.Classify(err))
	}
	return nil
}

// Contents lists every version of every paper in a store, each once.
func Contents(ctx context.Context, s *store.Store) ([]Version, error) {
	var all []Version
	seen := map[string]bool{}
	err := s.Keys(ctx, prefixMeeting+"*", func(keys []string) error {
		for _, key := range keys {
			stored, err := s.Client().HVals(ctx, key).Result()
			if err != nil {
				return err
			}
			for _, raw := range stored {
				p, err := decode(raw)
				if err != nil {
					return err
				}
				for _, v := range p.Versions {
					if !seen[v.Blob] {
						seen[v.Blob], all = true, append(all, v)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("papers: contents: %w", err)
	}
	return all, nil
}
