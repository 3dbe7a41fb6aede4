package calendar

import (
	"context"
	_ "embed"
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
	keyIndex          = "diemcau:{calendar}:meetings" // sorted set of ids by start in milliseconds
	keyJournal        = "diemcau:{calendar}:journal"  // stream of every change
	prefixMeeting     = "diemcau:{calendar}:meeting:" // hash of version and meeting
	prefixIdempotency = "diemcau:{calendar}:once:"    // hash of request and answer
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
	Issued *Issued   `json:"issued,omitempty"`
}

// Create plans a meeting. It returns a FieldError for a plan that cannot be accepted, and ErrIdempotencyMismatch.
func (c *Calendar) Create(ctx context.Context, p Plan, ch Change) (Meeting, error) {
	return c.create(ctx, access.NewID(), p, ch, true)
}

// Ensure plans a meeting under an id of the caller's, unless there is one: for data that a start makes once. It may lie in
// the past.
func (c *Calendar) Ensure(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	m, err := c.Get(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return m, err
	}
	m, err = c.create(ctx, id, p, ch, false)
	if errors.Is(err, ErrStaleVersion) { // another server was faster
		return c.Get(ctx, id)
	}
	return m, err
}

func (c *Calendar) create(ctx context.Context, id string, p Plan, ch Change, fresh bool) (Meeting, error) {
	o, err := onceFor(ch.IdempotencyKey, "create", "", p)
	if err != nil {
		return Meeting{}, err
	}
	now := c.now().UTC().Truncate(time.Millisecond)
	if p, err = p.check(now, fresh); err != nil {
		return c.orFirst(ctx, o, Meeting{}, err)
	}
	m := Meeting{ID: id, State: StateScheduled, Plan: p, Created: now, Changed: now}
	return c.write(ctx, nil, m, "0", entry{Action: "created", Actor: ch.Actor, At: now}, o)
}

// Change replaces the plan of a scheduled meeting, unless it is always on. It returns ErrNotFound, ErrStaleVersion,
// ErrWrongState or a FieldError.
func (c *Calendar) Change(ctx context.Context, id string, p Plan, ch Change) (Meeting, error) {
	return c.update(ctx, id, ch, "changed", p, func(m *Meeting, now time.Time) error {
		if m.State != StateScheduled || m.AlwaysOn {
			return fmt.Errorf("%w: %s", ErrWrongState, m.State)
		}
		checked, err := p.check(now, !p.End.Equal(m.End))
		m.Plan = checked
		return err
	})
}

// Cancel calls a scheduled meeting off, unless it is always on. It returns ErrNotFound, ErrStaleVersion or ErrWrongState.
func (c *Calendar) Cancel(ctx context.Context, id, reason string, ch Change) (Meeting, error) {
	return c.update(ctx, id, ch, "cancelled", reason, func(m *Meeting, _ time.Time) error {
		if m.State != StateScheduled || m.AlwaysOn {
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
	return c.update(ctx, id, Change{Actor: "server"}, "opened", nil, func(m *Meeting, _ time.Time) error {
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
	return c.update(ctx, id, Change{Actor: "server"}, "ended", nil, func(m *Meeting, _ time.Time) error {
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

// update changes a meeting by a pure function, as asked for (a plan, the reason of a cancellation, or nothing). A change
// that does not name the version it is based on is made again when another came between.
func (c *Calendar) update(ctx context.Context, id string, ch Change, action string, asked any, change func(*Meeting, time.Time) error) (Meeting, error) {
	o, err := onceFor(ch.IdempotencyKey, action, id, asked)
	if err != nil {
		return Meeting{}, err
	}
	m, err := c.tryUpdate(ctx, id, ch, action, asked, o, change)
	return c.orFirst(ctx, o, m, err)
}

func (c *Calendar) tryUpdate(ctx context.Context, id string, ch Change, action string, asked any, o once, change func(*Meeting, time.Time) error) (Meeting, error) {
	reason, _ := asked.(string)
	for {
		m, err := c.Get(ctx, id)
		if err != nil {
			return m, err
		}
		if ch.Version != 0 && ch.Version != m.Version {
			return m, fmt.Errorf("%w: version %d, not %d", ErrStaleVersion, m.Version, ch.Version)
		}
		now, before := c.now().UTC().Truncate(time.Millisecond), m.bookings()
		switch err := change(&m, now); {
		case errors.Is(err, errUnchanged):
			return m, nil
		case err != nil:
			return m, err
		}
		m.Changed = now
		version := strconv.FormatInt(m.Version, 10)
		m, err = c.write(ctx, before, m, version, entry{Action: action, Actor: ch.Actor, At: now, Reason: reason}, o)
		if errors.Is(err, ErrStaleVersion) && ch.Version == 0 && ctx.Err() == nil {
			continue
		}
		return m, err
	}
}

// maxClashes is how many clashes are named.
const maxClashes = 50

// write stores a meeting that had some bookings before. It returns a ClashError when a resource is not free.
func (c *Calendar) write(ctx context.Context, before []Booking, m Meeting, version string, e entry, o once) (Meeting, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("calendar: meeting: %w", err)
	}
	journal, err := json.Marshal(e)
	if err != nil {
		return m, fmt.Errorf("calendar: journal: %w", err)
	}
	keys := []string{prefixMeeting + m.ID, keyIndex, keyJournal, o.key()}
	place := len(keys) + 1 // in Lua
	more, held, x := exchangeOf(before, m.bookings(), place)
	bookings, err := json.Marshal(x)
	if err != nil {
		return m, fmt.Errorf("calendar: bookings: %w", err)
	}
	answer, err := run(ctx, c.store, changeScript, append(keys, more...),
		m.ID, version, raw, m.Start.UnixMilli(), journal, o.request, int(keptIdempotency.Seconds()), bookings, maxClashes)
	if clash := (inTheWay{}); errors.As(err, &clash) {
		return m, c.clashed(ctx, m, clash, held, place)
	}
	return decodeAnswer(answer, err)
}

// inTheWay is what change.lua answers where resources are booked: places among the keys and members, by turns.
type inTheWay []string

func (inTheWay) Error() string { return "calendar: resources are booked" }

// run runs a script of the calendar: its answer, or the error that it names.
func run(ctx context.Context, s *store.Store, script *redis.Script, keys []string, args ...any) (string, error) {
	answer, err := script.Run(ctx, s.Client(), keys, args...).StringSlice()
	if err != nil {
		return "", fmt.Errorf("calendar: write: %w", store.Classify(err))
	}
	switch answer[0] {
	case "ok":
		return answer[1], nil
	case "mismatch":
		return "", ErrIdempotencyMismatch
	case "missing":
		return "", ErrNotFound
	case "clash":
		return "", inTheWay(answer[1:])
	default:
		return "", fmt.Errorf("%w: version %s", ErrStaleVersion, answer[1])
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

// decodeAnswer reads what change.lua answers and keeps: the version and the meeting.
func decodeAnswer(answer string, err error) (Meeting, error) {
	if err != nil {
		return Meeting{}, err
	}
	version, raw, _ := strings.Cut(answer, " ")
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
