package calendar

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/store"
)

// All keys of the calendar share one hash tag, since a booking must be atomic over all of its resources.
const (
	keyIndex          = "{calendar}:meetings" // sorted set of ids by start in milliseconds
	keyJournal        = "{calendar}:journal"  // stream of every change
	prefixMeeting     = "{calendar}:meeting:" // hash of version and meeting
	prefixIdempotency = "{calendar}:once:"    // hash of request and answer
	keptIdempotency   = 24 * time.Hour
)

//go:embed change.lua
var changeSource string

var changeScript = redis.NewScript(changeSource)

// Calendar reads and changes meetings. It is safe for concurrent use.
type Calendar struct {
	store *store.Store
	log   *slog.Logger
	now   func() time.Time
}

// New makes a Calendar on an open store.
func New(s *store.Store, log *slog.Logger) *Calendar {
	return &Calendar{store: s, log: log, now: time.Now}
}

// Change says how a change is made.
type Change struct {
	Actor   string // for the journal
	Version int64  // that the change is based on; 0 is any
	// IdempotencyKey makes a repeated request answer as the first did, for 24 hours. Optional.
	IdempotencyKey string
}

// entry is one change in the journal.
type entry struct {
	Action string    `json:"action"`
	Actor  string    `json:"actor"`
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"`
}

// Create plans a meeting. It returns a FieldError for a plan that cannot be accepted.
func (c *Calendar) Create(ctx context.Context, p Plan, ch Change) (Meeting, error) {
	return c.create(ctx, access.NewID(), p, ch)
}

// Ensure plans a meeting under an id of the caller's, unless there is one: for data that a start makes once.
func (c *Calendar) Ensure(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return m, err
	}
	m, err = c.create(ctx, id, p, ch)
	if errors.Is(err, ErrStaleVersion) { // another server was faster
		return c.Get(ctx, id)
	}
	return m, err
}

func (c *Calendar) create(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	now := c.now().UTC().Truncate(time.Millisecond)
	asked, err := json.Marshal(p)
	if err != nil {
		return Meeting{}, fmt.Errorf("calendar: plan: %w", err)
	}
	p, err = p.check(now, true)
	if err != nil {
		return Meeting{}, err
	}
	m := Meeting{ID: id, State: StateScheduled, Plan: p, Created: now, Changed: now}
	return c.write(ctx, m, "0", entry{Action: "created", Actor: ch.Actor, At: now}, ch.IdempotencyKey, asked)
}

// Change replaces the plan of a scheduled meeting. It returns ErrNotFound, ErrStaleVersion, ErrWrongState or a FieldError.
func (c *Calendar) Change(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	return c.update(ctx, id, ch, "changed", "", func(m *Meeting, now time.Time) error {
		if m.State != StateScheduled {
			return fmt.Errorf("%w: %s", ErrWrongState, m.State)
		}
		checked, err := p.check(now, false)
		m.Plan = checked
		return err
	})
}

// Cancel calls a scheduled meeting off. It returns ErrNotFound, ErrStaleVersion or ErrWrongState.
func (c *Calendar) Cancel(ctx context.Context, id, reason string, ch Change) (Meeting, error) {
	return c.update(ctx, id, ch, "cancelled", reason, func(m *Meeting, _ time.Time) error {
		if m.State != StateScheduled {
			return fmt.Errorf("%w: %s", ErrWrongState, m.State)
		}
		m.State = StateCancelled
		return nil
	})
}

// errUnchanged ends an update that has nothing to do.
var errUnchanged = errors.New("unchanged")

// Open marks a scheduled meeting as running; opening an open meeting, or one that is always on, changes nothing.
func (c *Calendar) Open(ctx context.Context, id string) (Meeting, error) {
	return c.update(ctx, id, Change{Actor: "server"}, "opened", "", func(m *Meeting, _ time.Time) error {
		switch {
		case m.State == StateOpen || m.AlwaysOn:
			return errUnchanged
		case m.State != StateScheduled:
			return fmt.Errorf("%w: %s", ErrWrongState, m.State)
		}
		m.State = StateOpen
		return nil
	})
}

// End marks an open meeting as over; ending an ended meeting, or one that is always on, changes nothing.
func (c *Calendar) End(ctx context.Context, id string) (Meeting, error) {
	return c.update(ctx, id, Change{Actor: "server"}, "ended", "", func(m *Meeting, _ time.Time) error {
		switch {
		case m.State == StateEnded || m.AlwaysOn:
			return errUnchanged
		case m.State == StateCancelled:
			return fmt.Errorf("%w: %s", ErrWrongState, m.State)
		}
		m.State = StateEnded
		return nil
	})
}

// update changes a meeting by a pure function. A change that does not name the version it is based on is made again when
// another came between.
func (c *Calendar) update(ctx context.Context, id string, ch Change, action, reason string, change func(*Meeting, time.Time) error) (Meeting, error) {
	for {
		m, err := c.Get(ctx, id)
		if err != nil {
			return m, err
		}
		if ch.Version != 0 && ch.Version != m.Version {
			return m, fmt.Errorf("%w: version %d, not %d", ErrStaleVersion, m.Version, ch.Version)
		}
		now := c.now().UTC().Truncate(time.Millisecond)
		switch err := change(&m, now); {
		case errors.Is(err, errUnchanged):
			return m, nil
		case err != nil:
			return m, err
		}
		m.Changed = now
		version := strconv.FormatInt(m.Version, 10)
		m, err = c.write(ctx, m, version, entry{Action: action, Actor: ch.Actor, At: now, Reason: reason}, "", nil)
		if errors.Is(err, ErrStaleVersion) && ch.Version == 0 && ctx.Err() == nil {
			continue
		}
		return m, err
	}
}

func (c *Calendar) write(ctx context.Context, m Meeting, version string, e entry, key string, asked []byte) (Meeting, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("calendar: meeting: %w", err)
	}
	journal, err := json.Marshal(e)
	if err != nil {
		return m, fmt.Errorf("calendar: journal: %w", err)
	}
	hash := ""
	if key != "" {
		sum := sha256.Sum256(asked)
		hash = hex.EncodeToString(sum[:])
	}
	keySum := sha256.Sum256([]byte(key))
	keys := []string{prefixMeeting + m.ID, keyIndex, keyJournal, prefixIdempotency + hex.EncodeToString(keySum[:])}
	answer, err := changeScript.Run(ctx, c.store.Client(), keys,
		m.ID, version, raw, m.Start.UnixMilli(), journal, hash, int(keptIdempotency.Seconds())).StringSlice()
	if err != nil {
		return m, fmt.Errorf("calendar: write: %w", store.Classify(err))
	}
	switch answer[0] {
	case "ok", "repeated":
		number, stored, _ := strings.Cut(answer[1], " ")
		return decode(number, stored)
	case "mismatch":
		return m, ErrIdempotencyMismatch
	case "missing":
		return m, ErrNotFound
	default:
		return m, fmt.Errorf("%w: version %s, not %s", ErrStaleVersion, answer[1], version)
	}
}

// Get reads a meeting, or returns ErrNotFound.
func (c *Calendar) Get(ctx context.Context, id string) (Meeting, error) {
	fields, err := c.store.Client().HMGet(ctx, prefixMeeting+id, "version", "meeting").Result()
	if err != nil {
		return Meeting{}, fmt.Errorf("calendar: read: %w", store.Classify(err))
	}
	version, _ := fields[0].(string)
	raw, ok := fields[1].(string)
	if !ok {
		return Meeting{}, ErrNotFound
	}
	return decode(version, raw)
}

func decode(version, raw string) (Meeting, error) {
	var m Meeting
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		return m, fmt.Errorf("calendar: stored meeting: %w", err)
	}
	number, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return m, fmt.Errorf("calendar: stored version: %w", err)
	}
	m.Version = number
	return m, nil
}

// MaxPage is the largest page of a List.
const MaxPage = 200

// Query chooses meetings by their start: From inclusive, To exclusive, either may be zero.
type Query struct {
	From, To time.Time
	Offset   int // meetings to skip
	Limit    int // 1 to MaxPage
}

// List reads meetings in the order of their start, and how many there are in all.
func (c *Calendar) List(ctx context.Context, q Query) (meetings []Meeting, total int64, err error) {
	low, high := "-inf", "+inf"
	if !q.From.IsZero() {
		low = strconv.FormatInt(q.From.UnixMilli(), 10)
	}
	if !q.To.IsZero() {
		high = "(" + strconv.FormatInt(q.To.UnixMilli(), 10)
	}
	var ids *redis.StringSliceCmd
	var count *redis.IntCmd
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		ids = p.ZRangeByScore(ctx, keyIndex, &redis.ZRangeBy{Min: low, Max: high, Offset: int64(q.Offset), Count: int64(q.Limit)})
		count = p.ZCount(ctx, keyIndex, low, high)
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("calendar: list: %w", store.Classify(err))
	}
	read := make([]*redis.SliceCmd, 0, len(ids.Val()))
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids.Val() {
			read = append(read, p.HMGet(ctx, prefixMeeting+id, "version", "meeting"))
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("calendar: list: %w", store.Classify(err))
	}
	meetings = make([]Meeting, 0, len(read))
	for _, r := range read {
		version, _ := r.Val()[0].(string)
		raw, _ := r.Val()[1].(string)
		m, err := decode(version, raw)
		if err != nil {
			return nil, 0, err
		}
		meetings = append(meetings, m)
	}
	return meetings, count.Val(), nil
}
