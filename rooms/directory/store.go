package directory

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// Tag is the hash tag of everything that this package keeps; its part of the audit log is under it too.
const Tag = "directory"

const keyRevision = "diemcau:{directory}:revision" // number of changes

// keyEntries is the hash of a kind's entries as JSON, by id.
func keyEntries(k Kind) string { return "diemcau:{directory}:" + k.Plural() }

//go:embed change.lua
var changeSource string

var changeScript = redis.NewScript(changeSource)

// errChanged means that the directory is not at the revision any more that a change was based on.
var errChanged = errors.New("directory: changed meanwhile")

// Snapshot gives the directory as it is now. It is read anew only when it has changed.
func (d *Directory) Snapshot(ctx context.Context) (*Snapshot, error) {
	revision, err := d.store.Client().Get(ctx, keyRevision).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("directory: read: %w", store.Classify(err))
	}
	if s := d.cached.Load(); s != nil && s.Revision == revision {
		return s, nil
	}
	return d.read(ctx)
}

// read reads everything in one transaction, so that all is of one revision.
func (d *Directory) read(ctx context.Context) (*Snapshot, error) {
	pipe := d.store.Client().TxPipeline()
	revision := pipe.Get(ctx, keyRevision)
	hashes := make([]*redis.MapStringStringCmd, len(kinds))
	for i, k := range kinds {
		hashes[i] = pipe.HGetAll(ctx, keyEntries(k.Kind))
	}
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("directory: read: %w", store.Classify(err))
	}
	tables := make([]map[string]Entry, len(kinds))
	for i, k := range kinds {
		tables[i] = make(map[string]Entry, len(hashes[i].Val()))
		for id, raw := range hashes[i].Val() {
			e := newEntry(k.Kind)
			if err := json.Unmarshal([]byte(raw), e); err != nil {
				return nil, fmt.Errorf("directory: stored %s %s: %w", k.Kind, id, err)
			}
			tables[i][id] = e
		}
	}
	number, err := revision.Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("directory: stored revision: %w", err)
	}
	s := newSnapshot(number, tables)
	d.cached.Store(s)
	return s, nil
}

func newEntry(k Kind) Entry {
	switch k {
	case KindLevel:
		return &Level{}
	case KindUnit:
		return &Unit{}
	case KindPerson:
		return &Person{}
	case KindHall:
		return &Hall{}
	case KindGroup:
		return &Group{}
	case KindTerminal:
	}
	return &Terminal{}
}

// Put makes an entry or replaces it. A put of what is there already changes nothing, so that it can be repeated. It returns the entry
// as it is kept, or a FieldError or ErrStaleVersion.
func (d *Directory) Put(ctx context.Context, e Entry, by By) (Entry, error) {
	c := &checker{entry: e}
	if e.check(c); len(c.faults) > 0 {
		return nil, c.faults[0]
	}
	var kept Entry
	err := d.change(ctx, func(s *Snapshot) ([]edit, error) {
		before := s.Entry(e.Kind(), e.Key())
		if err := by.may(s, before, e); err != nil {
			return nil, err
		}
		if before != nil && same(before, e) {
			kept = before
			return nil, nil
		}
		if err := checkVersion(before, by.Version); err != nil {
			return nil, err
		}
		if before == nil && by.Version > 0 {
			return nil, ErrNotFound
		}
		kept = numbered(e, before)
		edits := []edit{{before, kept}}
		if faults := s.with(edits).check(edits); len(faults) > 0 {
			return nil, faults[0]
		}
		return edits, nil
	}, by)
	return kept, err
}

// Delete takes an entry away. It returns ErrNotFound, ErrStaleVersion or an InUseError.
func (d *Directory) Delete(ctx context.Context, kind Kind, id string, by By) error {
	return d.change(ctx, func(s *Snapshot) ([]edit, error) {
		before := s.Entry(kind, id)
		if before == nil {
			return nil, ErrNotFound
		}
		if err := by.may(s, before, nil); err != nil {
			return nil, err
		}
		if err := checkVersion(before, by.Version); err != nil {
			return nil, err
		}
		if user := s.userOf(kind, id); user != nil {
			return nil, &InUseError{user.Kind(), user.Key(), user.Label()}
		}
		return []edit{{before, nil}}, nil
	}, by)
}

// Fill writes entries into a directory into which nothing was ever written, and leaves any other as it is. It returns a FieldError.
func (d *Directory) Fill(ctx context.Context, entries []Entry, by By) error {
	seen := map[string]bool{}
	for _, e := range entries {
		c := &checker{entry: e}
		e.check(c)
		if key := string(e.Kind()) + " " + e.Key(); seen[key] {
			c.fault("id", CodeRepeated)
		} else {
			seen[key] = true
		}
		if len(c.faults) > 0 {
			return c.faults[0]
		}
	}
	return d.change(ctx, func(s *Snapshot) ([]edit, error) {
		if s.Revision > 0 {
			return nil, nil
		}
		edits := make([]edit, len(entries))
		for i, e := range entries {
			edits[i] = edit{nil, numbered(e, nil)}
		}
		if faults := s.with(edits).check(edits); len(faults) > 0 {
			return nil, faults[0]
		}
		return edits, nil
	}, by)
}

func checkVersion(before Entry, version int64) error {
	if version == AnyVersion || before == nil || *before.version() == version {
		return nil
	}
	return fmt.Errorf("%w: version %d, not %d", ErrStaleVersion, *before.version(), version)
}

// Version gives the version of an entry.
func Version(e Entry) int64 { return *e.version() }

// numbered gives a copy of an entry with the version that follows that of another.
func numbered(e, before Entry) Entry {
	e = clone(e)
	*e.version() = 1
	if before != nil {
		*e.version() = *before.version() + 1
	}
	return e
}

func clone(e Entry) Entry {
	switch e := e.(type) {
	case *Level:
		return new(*e)
	case *Unit:
		return new(*e)
	case *Person:
		return new(*e)
	case *Hall:
		return new(*e)
	case *Group:
		return new(*e)
	case *Terminal:
		return new(*e)
	}
	panic("directory: no such kind of entry")
}

// same tells whether two entries say the same, whatever their versions.
func same(x, y Entry) bool { return len(differences(x, y)) == 0 }

// change writes what a function makes of the directory. When another change comes between, it is asked again.
func (d *Directory) change(ctx context.Context, decide func(*Snapshot) ([]edit, error), by By) error {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-ctx.Done():
		return fmt.Errorf("directory: write: %w", store.Classify(ctx.Err()))
	}
	for {
		s, err := d.Snapshot(ctx)
		if err != nil {
			return err
		}
		edits, err := decide(s)
		if err != nil || len(edits) == 0 {
			return err
		}
		if err := d.write(ctx, s.Revision, edits, by.Actor, keyNoImport); !errors.Is(err, errChanged) {
			return err
		}
	}
}

// write writes edits if the directory still is at a revision; otherwise it returns errChanged. An import by its key is marked as applied.
func (d *Directory) write(ctx context.Context, revision int64, edits []edit, actor audit.Actor, imported string, more ...audit.Entry) error {
	keys := []string{keyRevision, audit.Key(Tag), keyCodes, keyDevices, keySeen, imported}
	for _, k := range kinds {
		keys = append(keys, keyEntries(k.Kind))
	}
	args := []any{revision, len(edits)}
	for _, e := range edits {
		var raw []byte
		if e.after != nil {
			var err error
			if raw, err = json.Marshal(e.after); err != nil {
				return fmt.Errorf("directory: entry: %w", err)
			}
		}
		args = append(args, e.entry().Kind().place(), e.entry().Key(), raw)
		more = append(more, e.audit(actor))
	}
	for _, entry := range more {
		raw, err := audit.Encode(entry)
		if err != nil {
			return err
		}
		args = append(args, raw)
	}
	answer, err := changeScript.Run(ctx, d.store.Client(), keys, args...).StringSlice()
	if err != nil {
		return fmt.Errorf("directory: write: %w", store.Classify(err))
	}
	if answer[0] != "ok" {
		return fmt.Errorf("%w: revision %s, not %s", errChanged, answer[1], strconv.FormatInt(revision, 10))
	}
	return nil
}
