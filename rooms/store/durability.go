package store

import (
	"context"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// durable are the settings under which Redis keeps every write that it acknowledged.
var durable = map[string]string{"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}

// warnDurability says in the log which settings of an external Redis can lose an acknowledged write. Nothing stops on
// it: the owner of that Redis decides.
func warnDurability(ctx context.Context, client redis.UniversalClient, log *slog.Logger) {
	check := func(ctx context.Context, node *redis.Client) error {
		for setting, want := range durable {
			answer, err := node.ConfigGet(ctx, setting).Result()
			if err != nil {
				log.Warn("cannot read Redis' durability settings; make sure that they are appendonly yes, appendfsync always, maxmemory-policy noeviction",
					"redis", node.Options().Addr, "error", err)
				return nil
			}
			if got := answer[setting]; got != want {
				log.Warn("Redis can lose an acknowledged write", "redis", node.Options().Addr, "setting", setting, "value", got, "safe", want)
			}
		}
		return nil
	}
	var err error
	switch client := client.(type) {
	case *redis.ClusterClient:
		err = client.ForEachMaster(ctx, check)
	case *redis.Client:
		err = check(ctx, client)
	}
	if err != nil {
		log.Warn("cannot read Redis' durability settings", "error", err)
	}
}
