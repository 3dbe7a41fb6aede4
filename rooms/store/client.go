package store

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// timeout bounds the dial, each write, each read and the wait for a free connection.
const timeout = 500 * time.Millisecond

// patience is the timeout of who copies much.
const patience = 30 * time.Second

// silent drops what go-redis would print to the standard error: each of those faults reaches a caller as an error too.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

func init() { redis.SetLogger(silent{}) }

// newClient chooses the client by what the configuration names: Sentinel, Cluster or a single server. An address that begins with a slash
// is a unix socket, as that of the embedded Redis is.
func newClient(cfg Config) redis.UniversalClient {
	wait := timeout
	if cfg.Patient {
		wait = patience
	}
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs:                 cfg.Addrs,
		Username:              cfg.Username,
		Password:              cfg.Password,
		MasterName:            cfg.MasterName,
		SentinelUsername:      cfg.Username,
		SentinelPassword:      cfg.Password,
		IsClusterMode:         cfg.Cluster,
		TLSConfig:             cfg.TLS,
		DB:                    cfg.DB,
		MaxRetries:            -1,
		DialerRetries:         1,
		DialTimeout:           wait,
		ReadTimeout:           wait,
		WriteTimeout:          wait,
		PoolTimeout:           wait,
		ContextTimeoutEnabled: true,
		DisableIdentity:       true,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	})
}
