package store

import (
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	// ErrUnavailable means that Redis could not be asked, that its answer did not come in time, or that it cannot
	// serve now. After ErrUnavailable a write may or may not have happened.
	ErrUnavailable = errors.New("store: Redis is unavailable")
	// ErrLocked means that another server uses the data directory.
	ErrLocked = errors.New("store: the data directory is in use by another server")
)

// Classify wraps the errors that mean "Redis is away" with ErrUnavailable and returns all others (a wrong password, a
// wrong type, redis.Nil) as they are.
func Classify(err error) error {
	if err == nil || !unavailable(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

// unavailable tells the faults of the connection and of a Redis that cannot serve from answers to the question.
func unavailable(err error) bool {
	var reply redis.Error
	if errors.As(err, &reply) {
		return redis.IsLoadingError(err) || redis.IsReadOnlyError(err) || redis.IsMasterDownError(err) ||
			redis.IsClusterDownError(err) || redis.IsTryAgainError(err) || redis.IsMaxClientsError(err) ||
			redis.IsOOMError(err) || redis.IsNoReplicasError(err) ||
			redis.HasErrorPrefix(err, "MISCONF") || redis.HasErrorPrefix(err, "BUSY")
	}
	return !errors.Is(err, ErrUnavailable) && !errors.Is(err, redis.Nil)
}
