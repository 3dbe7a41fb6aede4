package calendar

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/meeting"
)

//go:embed issue.lua
var issueSource string

var issueScript = redis.NewScript(issueSource)

// once says under which idempotency key a request is made. The zero value is a request without one.
type once struct {
	name    string // hash of the key
	request string // hash of what is asked; empty without a key
}

func (o once) key() string { return prefixIdempotency + o.name }

// onceFor names a request by its actor, its key and all that it asks: one actor's key is not another's.
func onceFor(ch Change, action, id string, asked any) (once, error) {
	if ch.IdempotencyKey == "" {
		return once{}, nil
	}
	raw, err := json.Marshal([]any{action, id, asked, ch.PreEmpt, ch.Scope})
	if err != nil {
		return once{}, fmt.Errorf("calendar: request: %w", err)
	}
	return once{name: hexSum([]byte(ch.Actor + "\x00" + ch.IdempotencyKey)), request: hexSum(raw)}, nil
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// orFirst gives a request that failed the answer that the first one with its key was given: what was right then (a meeting
// that begins in an hour, a version that is current) may not be any longer. Without a first one the failure stands.
func (c *Calendar) orFirst(ctx context.Context, o once, m Meeting, failure error) (Meeting, error) {
	if failure == nil || o.request == "" {
		return m, failure
	}
	record, err := c.store.Client().HMGet(ctx, o.key(), "hash", "answer").Result()
	if err != nil {
		return m, failure
	}
	switch hash, known := record[0].(string); {
	case !known:
		return m, failure
	case hash != o.request:
		return m, ErrIdempotencyMismatch
	}
	answer, _ := record[1].(string)
	return decodeAnswer(answer, nil)
}

// Issued is a credential that is made for a meeting, as the journal keeps it: who may come, not by which token.
type Issued struct {
	Kind          string       `json:"kind"` // invitation or token for others; account or terminal for who enters by it
	Name          string       `json:"name,omitempty"`
	Unit          string       `json:"unit,omitempty"`
	ShortName     string       `json:"short_name,omitempty"`
	Role          meeting.Role `json:"role"`
	ProtocolOrder int          `json:"protocol_order,omitempty"`
	Many          bool         `json:"many,omitempty"`
	LifetimeS     int          `json:"lifetime_s,omitempty"` // where the request chooses it
}

// action is how the journal names that the credential was made.
func (i Issued) action() string {
	if i.Kind == "account" || i.Kind == "terminal" {
		return "entered"
	}
	return "invited"
}

// Issue notes in the journal that a credential was made, and returns the answer to the request: the given one, or that of
// the first request with the same idempotency key. It returns ErrNotFound and ErrIdempotencyMismatch.
func (c *Calendar) Issue(ctx context.Context, m Meeting, i Issued, answer string, ch Change) (string, error) {
	o, err := onceFor(ch, "issued", m.ID, i)
	if err != nil {
		return "", err
	}
	e := ch.entry(i.action(), c.moment())
	e.Issued = &i
	journal, err := e.encode(m)
	if err != nil {
		return "", err
	}
	return run(ctx, c.store, issueScript, []string{prefixMeeting + m.ID, keyJournal, o.key()},
		m.ID, journal, answer, o.request, int(keptIdempotency.Seconds()))
}
