// Package storetest gives every test a private Redis, started by the same code that servers use.
package storetest

import (
	"testing"

	"diemcau/rooms/store"
)

// New starts a Redis in a directory of the test's own and removes both when the test ends.
func New(t testing.TB) *store.Store { return nil }

// Kill ends the Redis of s with SIGKILL; the store starts it again by itself.
func Kill(t testing.TB, s *store.Store) {}

// Pause stops the Redis of s from answering until resume is called (or the test ends).
func Pause(t testing.TB, s *store.Store) (resume func()) { return func() {} }
