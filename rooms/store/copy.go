package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

const copiedAtOnce = 200 // keys

// Keys calls visit with keys of the project, some at a time; one may come twice.
func (s *Store) Keys(ctx context.Context, pattern string, visit func(keys []string) error) error {
	return s.eachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		for cursor := uint64(0); ; {
			keys, next, err := node.Scan(ctx, cursor, pattern, copiedAtOnce).Result()
			if err == nil && len(keys) > 0 {
				err = visit(keys)
			}
			if err != nil {
				return Classify(err)
			}
			if cursor = next; cursor == 0 {
				return nil
			}
		}
	})
}

// Empty tells whether there is nothing of the project but what opening it made.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	empty := true
	err := s.Keys(ctx, ours, func(keys []string) error {
		for _, k := range keys {
			empty = empty && k == schemaKey
		}
		return nil
	})
	return empty, err
}

// Clear removes every key of the project.
func (s *Store) Clear(ctx context.Context) error {
	return s.Keys(ctx, ours, func(keys []string) error {
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for _, k := range keys {
				p.Unlink(ctx, k)
			}
			return nil
		})
		return err
	})
}

// CopyTo copies every key of the project with its value and its expiry, over what is there under its name, and tells how many there are.
func (s *Store) CopyTo(ctx context.Context, to *Store) (copied int, err error) {
	seen := map[string]bool{}
	err = s.Keys(ctx, ours, func(keys []string) error {
		values, expiries := make([]*redis.StringCmd, len(keys)), make([]*redis.DurationCmd, len(keys))
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range keys {
				values[i], expiries[i] = p.Dump(ctx, k), p.PTTL(ctx, k)
			}
			return nil
		})
		if err != nil && !errors.Is(err, redis.Nil) { // a key may expire meanwhile
			return err
		}
		_, err = to.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, k := range keys {
				if values[i].Err() == nil {
					seen[k] = true
					p.RestoreReplace(ctx, k, max(expiries[i].Val(), 0), values[i].Val())
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("store: copy: %w", err)
	}
	return len(seen), nil
}

// Lock takes the data directory, which is made where it is missing, so that no server starts on it until release is called. It returns
// ErrLocked while one runs.
func Lock(dir string) (release func() error, err error) {
	d, err := openDir(dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(d)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return func() error { return errors.Join(lock.Close(), d.close()) }, nil
}

// Transient tells whether a name in the data directory stands for a server that runs or ran, not for data.
func Transient(name string) bool { return name == lockName || name == socketName || name == pidName }
