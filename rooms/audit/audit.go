// Package audit is the append-only log of who did what. An entry is written by the script that makes the change it tells
// of, so that neither is there without the other. Nothing here removes or changes an entry.
package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// ErrBadCursor means that a page is asked for after something that is not an entry. Compare with errors.Is.
var ErrBadCursor = errors.New("audit: not a cursor")

// Result says how it went.
type Result string

// The results.
const (
	Done    Result = "done"
	Refused Result = "refused" // by a rule or for want of a right
)

// Actor is who did it.
type Actor struct {
	ID      string `json:"id,omitempty"`    // of the account; empty for somebody who is not signed in
	Login   string `json:"login,omitempty"` // as it was then
	Name    string `json:"name,omitempty"`  // as it was then
	Address string `json:"address,omitempty"`
}

// Entry is one thing that was done. It never holds a secret: no password, token or hash of one.
type Entry struct {
	ID     string    `json:"id"` // set when read; orders the entries
	At     time.Time `json:"at"` // the store's clock; set when read
	Actor  Actor     `json:"actor"`
	Action string    `json:"action"` // such as account.changed
	Object string    `json:"object,omitempty"`
	Name   string    `json:"name,omitempty"` // of the object, as it was then
	From   string    `json:"from,omitempty"` // what was, where the action changes something
	To     string    `json:"to,omitempty"`   // what is
	// Changes are what was and what is by field, where the action changes some.
	Changes []Change `json:"changes,omitempty"`
	Result  Result   `json:"result"`
}

// Change is what an action did to a field, of which people read the name that named has.
type Change struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// Key names the stream for entries that are written together with keys of one hash tag. A script appends to it with
// XADD key * entry <what Encode gives>.
func Key(tag string) string { return "diemcau:{" + tag + "}:audit" }

// Encode writes an entry as it is stored.
func Encode(e Entry) (string, error) {
	e.ID, e.At = "", time.Time{}
	if e.Result == "" {
		e.Result = Done
	}
	raw, err := json.Marshal(stored{e, nil, nil})
	if err != nil {
		return "", fmt.Errorf("audit: entry: %w", err)
	}
	return string(raw), nil
}

// stored leaves out what the stream itself knows.
type stored struct {
	Entry
	ID *string    `json:"id,omitempty"`
	At *time.Time `json:"at,omitempty"`
}

// Part is a stream that is read as part of the log.
type Part struct {
	Key  string
	Read func(fields map[string]any) (Entry, error) // without ID and At, which the stream itself knows
}

// Of is the part of what writes to the audit log under a hash tag.
func Of(tag string) Part { return Part{Key(tag), decode} }

func decode(fields map[string]any) (e Entry, err error) {
	raw, _ := fields["entry"].(string)
	err = json.Unmarshal([]byte(raw), &e)
	return e, err
}

// Log reads and writes the log. It is safe for concurrent use.
type Log struct {
	store *store.Store
	parts []Part
}

// New reads parts as one log.
func New(s *store.Store, parts ...Part) *Log { return &Log{store: s, parts: parts} }

// Append notes something that changes nothing else in the store: a file that was exported, a refusal.
func (l *Log) Append(ctx context.Context, tag string, e Entry) error {
	raw, err := Encode(e)
	if err != nil {
		return err
	}
	if err := l.store.Client().XAdd(ctx, &redis.XAddArgs{Stream: Key(tag), Values: []any{"entry", raw}}).Err(); err != nil {
		return fmt.Errorf("audit: %w", store.Classify(err))
	}
	return nil
}
