package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// schemaKey holds the number of migrations that the data have been through.
const schemaKey = "diemcau:schema"

// migration brings the data from one schema to the next. It must bear being run twice: a server can die in the middle.
type migration func(ctx context.Context, client redis.UniversalClient) error

// migrations lead from an empty Redis to the newest schema. Append only.
var migrations = []migration{
	func(context.Context, redis.UniversalClient) error { return nil }, // 1: the first schema starts empty
	lifecycle, // 2: meetings are drafted, approved, issued, held and concluded
}

// advance sets the schema only when it still is what the migration started from.
var advance = redis.NewScript(`
local now = tonumber(redis.call('GET', KEYS[1]) or '0')
if now == tonumber(ARGV[1]) then redis.call('SET', KEYS[1], now + 1) end
return redis.status_reply('OK')`)

// migrate runs what is missing. It refuses data that a newer program wrote, since it would damage them.
func migrate(ctx context.Context, client redis.UniversalClient, steps []migration) error {
	version, err := schema(ctx, client, len(steps))
	if err != nil {
		return err
	}
	for ; version < len(steps); version++ {
		if err := steps[version](ctx, client); err != nil {
			return fmt.Errorf("store: migrate to schema %d: %w", version+1, Classify(err))
		}
		if err := advance.Run(ctx, client, []string{schemaKey}, version).Err(); err != nil {
			return fmt.Errorf("store: note schema %d: %w", version+1, Classify(err))
		}
	}
	return nil
}

// schema reads the number of migrations that the data have been through; more than are known is an error.
func schema(ctx context.Context, client redis.UniversalClient, known int) (int, error) {
	version, err := client.Get(ctx, schemaKey).Int()
	if err != nil && !errors.Is(err, redis.Nil) {
		return 0, fmt.Errorf("store: read the schema version: %w", Classify(err))
	}
	if version > known {
		return 0, fmt.Errorf("store: the data have schema %d, this program knows up to %d: use a newer one", version, known)
	}
	return version, nil
}
