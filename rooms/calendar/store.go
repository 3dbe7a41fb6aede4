package calendar

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/directory"
	"diemcau/rooms/store"
)

// All keys of the calendar share one hash tag, since a booking must be atomic over all of its resources.
const (
	keyIndex          = "diemcau:{calendar}:meetings" // sorted set of ids by start in milliseconds
	keyJournal        = "diemcau:{calendar}:journal"  // stream of every change
	prefixMeeting     = "diemcau:{calendar}:meeting:" // hash of version, meeting and its entries in the journal
	prefixIdempotency = "diemcau:{calendar}:once:"    // hash of request and answer
	keptIdempotency   = 24 * time.Hour
)

//go:embed change.lua
var changeSource string

var changeScript = redis.NewScript(changeSource)

// Calendar reads and changes meetings. It is safe for concurrent use.
type Calendar struct {
	store     *store.Store
	log       *slog.Logger
	settings  Settings
	directory *directory.Directory // nil for none
	now       func() time.Time
	seen      cache
	watch     func(ids []string)
}

// New makes a Calendar on an open store, with DefaultSettings and without a directory.
func New(s *store.Store, log *slog.Logger) *Calendar { return NewWith(s, DefaultSettings(), nil, log) }

// NewWith makes a Calendar on an open store with the office's own settings, which names what its directory knows.
func NewWith(s *store.Store, settings Settings, d *directory.Directory, log *slog.Logger) *Calendar {
	return &Calendar{store: s, log: log, settings: settings, directory: d, now: time.Now}
}

// Watch has f told the ids of meetings that this process changed, or may have changed where the answer was lost, after each change. It is called
// before the calendar is used, and f does not wait.
func (c *Calendar) Watch(f func(ids []string)) { c.watch = f }

// changed tells who watches.
func (c *Calendar) changed(all []write) {
	if c.watch == nil {
		return
	}
	ids := make([]string, 0, len(all))
	for _, w := range all {
		ids = append(ids, w.after.ID)
	}
	c.watch(ids)
}

// snapshot is the directory as it is now; nil without one.
func (c *Calendar) snapshot(ctx context.Context) (*directory.Snapshot, error) {
	if c.directory == nil {
		return nil, nil
	}
	return c.directory.Snapshot(ctx)
}

// Settings are the rules that the calendar goes by.
func (c *Calendar) Settings() Settings { return c.settings }

// moment is the time as the calendar keeps times.
func (c *Calendar) moment() time.Time { return c.now().UTC().Truncate(time.Millisecond) }

// maxClashes is how many clashes are named.
const maxClashes = 50

// write is one meeting's part in a change of some.
type write struct {
	before *Meeting // nil for a new one
	after  Meeting
	entry  Entry
}

// attempt stores meetings, all or none, and gives the first as it is then. It returns a ClashError when a resource is not free.
func (c *Calendar) attempt(ctx context.Context, all []write, o once) (Meeting, error) {
	first := all[0].after
	keys := []string{keyIndex, keyJournal, o.key()}
	x := newExchange(len(keys) + len(all) + 1)
	var meetings []any
	for _, w := range all {
		version := int64(0)
		if w.before != nil {
			version = w.before.Version
		}
		x.add(w, c.settings)
		stored, err := encode(w.after)
		if err != nil {
			return first, err
		}
		journal, err := w.entry.encode(w.after)
		if err != nil {
			return first, err
		}
		keys = append(keys, prefixMeeting+w.after.ID)
		meetings = append(meetings, w.after.ID, version, w.after.Start.UnixMilli(), stored, journal)
	}
	if x.overlaps() {
		return first, &FieldError{"start", CodeOverlapsItself}
	}
	bookings, err := json.Marshal(x)
	if err != nil {
		return first, fmt.Errorf("calendar: bookings: %w", err)
	}
	args := append([]any{o.request, int(keptIdempotency.Seconds()), bookings}, meetings...)
	answer, err := run(ctx, c.store, changeScript, append(keys, x.keys...), args...)
	if clash := (inTheWay{}); errors.As(err, &clash) {
		return first, c.clashed(ctx, first.Plan, clash, x)
	}
	if err == nil || errors.Is(err, store.ErrUnavailable) { // it may have happened: who watches reads what is so
		c.changed(all)
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
		return "", &staleError{version: answer[1], id: answer[2]}
	}
}

// staleError is ErrStaleVersion of one among some meetings.
type staleError struct{ version, id string }

func (e *staleError) Error() string { return ErrStaleVersion.Error() + ": version " + e.version }

func (e *staleError) Unwrap() error { return ErrStaleVersion }

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
