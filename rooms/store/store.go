// Package store opens the one store of the project, Redis: an embedded redis-server that it starts and keeps alive
// itself, or an external one (single, Sentinel or Cluster).
//
// The embedded Redis is a child process on a unix socket in the data directory. It writes every change to disk before
// it acknowledges it (appendfsync always), is started again when it dies, and dies with the server. Nothing here
// retries a write on its own: a caller that retries does so with an idempotency key.
package store

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Config says which Redis to use. With no Addrs one is started in DataDir.
type Config struct {
	Addrs      []string    // host:port; several without MasterName are seeds of a Cluster
	Username   string      // ACL user of the external Redis
	Password   string      // its password
	MasterName string      // name of the Sentinel group; Addrs are then the Sentinels
	Cluster    bool        // the one address is a Cluster's
	TLS        *tls.Config // nil for plain TCP
	DB         int         // database number; not with Cluster
	DataDir    string      // of the embedded Redis; made when missing
	Binary     string      // of the embedded Redis; "redis-server" when empty
	Patient    bool        // commands may take half a minute: for programs that copy, not for servers
	Log        *slog.Logger

	arguments []string // of the embedded Redis, beside those that it always has
}

// Store is an open connection to Redis. It is safe for concurrent use.
type Store struct {
	client    redis.UniversalClient
	child     *child   // nil when the Redis is not ours to stop
	socketDir *dirPath // nil for an external Redis
	closeOnce sync.Once
	closeErr  error
}

// Open starts the embedded Redis or connects to the external one, waits until it answers (as long as ctx allows) and
// brings its data to the newest schema. It returns ErrLocked when another server uses the data directory.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	if len(cfg.Addrs) == 0 {
		if s.child, err = startChild(ctx, cfg, s.socketDir); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.prepare(ctx, cfg.Log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// connect makes the client, which dials when it is first used.
func connect(cfg Config) (*Store, error) {
	if len(cfg.Addrs) > 0 {
		return &Store{client: newClient(cfg)}, nil
	}
	dir, err := openDir(cfg.DataDir)
	if err != nil {
		return nil, err
	}
	return &Store{client: newClient(Config{Addrs: []string{dir.socket()}, DB: cfg.DB, Patient: cfg.Patient}), socketDir: dir}, nil
}

// prepare waits until Redis answers and makes it fit for use.
func (s *Store) prepare(ctx context.Context, log *slog.Logger) error {
	if err := s.awaitReady(ctx, log); err != nil {
		return err
	}
	if s.child == nil {
		warnDurability(ctx, s.client, log)
	}
	return migrate(ctx, s.client, migrations)
}

// readyPoll is how often a starting Redis is asked whether it answers.
const readyPoll = 20 * time.Millisecond

// awaitReady returns nil once Redis answers, or why it never will.
func (s *Store) awaitReady(ctx context.Context, log *slog.Logger) error {
	var died <-chan error
	if s.child != nil {
		died = s.child.died
	}
	for attempt := 0; ; attempt++ {
		err := s.probe(ctx)
		if err == nil || !errors.Is(err, ErrUnavailable) {
			return err
		}
		if attempt == 0 && s.child == nil {
			log.Warn("waiting for Redis", "error", err)
		}
		select {
		case err := <-died:
			return err
		case <-ctx.Done():
			return fmt.Errorf("%w (gave up: %w)", err, ctx.Err())
		case <-time.After(readyPoll):
		}
	}
}

// probe pings once the socket of a child that is starting can be reached. Dialling it through the client instead would
// count as failures there, after which the client itself waits for a second before it dials again.
func (s *Store) probe(ctx context.Context) error {
	if s.child != nil {
		conn, err := net.DialTimeout("unix", s.socketDir.socket(), timeout)
		if err != nil {
			return Classify(err)
		}
		_ = conn.Close()
	}
	return s.Ping(ctx)
}

// Client is the connection for commands. Its timeouts are 500 ms and it never retries on its own.
func (s *Store) Client() redis.UniversalClient { return s.client }

// Ping returns an error that wraps ErrUnavailable while Redis does not answer.
func (s *Store) Ping(ctx context.Context) error { return Classify(s.client.Ping(ctx).Err()) }

// Run runs a script by EVALSHA, loading it when Redis does not have it (which means that it has not run). Errors are
// those of Classify.
func (s *Store) Run(ctx context.Context, script *redis.Script, keys []string, args ...any) (any, error) {
	answer, err := script.Run(ctx, s.client, keys, args...).Result()
	return answer, Classify(err)
}

// Close closes the connection and stops the embedded Redis after its data are on disk. It may be called again.
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		var stopErr error
		if s.child != nil {
			stopErr = s.child.stop(s.client)
		}
		s.closeErr = errors.Join(stopErr, s.client.Close())
		if s.socketDir != nil {
			s.closeErr = errors.Join(s.closeErr, s.socketDir.close())
		}
	})
	return s.closeErr
}

// Secret returns the 32 random bytes that are kept under this name, made when first asked for.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	key := "diemcau:secret:" + name
	fresh := make([]byte, 32)
	rand.Read(fresh)
	if err := s.client.SetNX(ctx, key, fresh, 0).Err(); err != nil {
		return nil, Classify(err)
	}
	secret, err := s.client.Get(ctx, key).Bytes()
	if err != nil {
		return nil, Classify(err)
	}
	if len(secret) != len(fresh) {
		return nil, fmt.Errorf("store: secret %q has %d bytes", name, len(secret))
	}
	return secret, nil
}
