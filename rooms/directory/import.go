package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// Errors of imports. They are wrapped: compare with errors.Is.
var (
	ErrNoImport = errors.New("directory: no such import")
	ErrFaults   = errors.New("directory: the file has faults")
	ErrChanged  = errors.New("directory: changed since the file was looked at")
)

const (
	// ImportLife is how long a file that was looked at can be applied.
	ImportLife = time.Hour
	// mostEdits bounds what one script writes: Redis serves nobody else meanwhile.
	mostEdits = 5000

	keyNoImport = "diemcau:{directory}:import:"
)

func keyImport(id string) string { return keyNoImport + id }

// Format is how a file is written.
type Format string

// The formats.
const (
	XLSX Format = "xlsx"
	CSV  Format = "csv"
)

// RowAction is what a row of a file does.
type RowAction string

// What rows do.
const (
	RowCreates RowAction = "create"
	RowChanges RowAction = "change"
	RowSame    RowAction = "same"
)

// RowChange is what one row of a file does to the directory.
type RowChange struct {
	Sheet  string
	Row    int
	Kind   Kind
	ID     string
	Name   string
	Action RowAction
	Fields []FieldChange // that differ
}

// Counts are numbers of rows.
type Counts struct {
	Create int `json:"create"`
	Change int `json:"change"`
	Same   int `json:"same"`
	Faults int `json:"faults"`
}

// Import is a file that was looked at: what it would do, and what is wrong with it.
type Import struct {
	ID      string
	Expires time.Time
	Changes []RowChange
	Faults  []Fault
	Counts  Counts
}

// keptImport is what is stored of a file until it is applied.
type keptImport struct {
	Revision int64                      `json:"revision"` // that it was compared with
	Entries  map[Kind][]json.RawMessage `json:"entries"`  // as they are to be
	Counts   Counts                     `json:"counts"`
}

// Preview looks at a file and keeps what it would do until it is applied; kind is that of a CSV file. A row makes an entry or changes the one
// of its id; columns that are not there leave what is. It returns a FileError for a file that cannot be read at all.
func (d *Directory) Preview(ctx context.Context, raw []byte, format Format, kind Kind) (Import, error) {
	s, err := d.Snapshot(ctx)
	if err != nil {
		return Import{}, err
	}
	var tables []table
	var faults []Fault
	if format == XLSX {
		tables, faults, err = readXLSX(raw)
	} else {
		tables, faults, err = readCSV(raw, kind)
	}
	if err != nil {
		return Import{}, err
	}
	p := plan{snapshot: s, faults: faults, at: map[Kind]map[string]place{}}
	for _, t := range tables {
		p.table(t)
	}
	p.finish()
	out := Import{ID: access.NewID(), Expires: d.now().Add(ImportLife).UTC().Truncate(time.Millisecond), Changes: p.changes, Faults: p.faults, Counts: p.counts()}
	return out, d.keep(ctx, out, p)
}

func (d *Directory) keep(ctx context.Context, i Import, p plan) error {
	kept := keptImport{Revision: p.snapshot.Revision, Counts: i.Counts, Entries: map[Kind][]json.RawMessage{}}
	if i.Counts.Faults == 0 {
		for _, e := range p.edits {
			raw, err := json.Marshal(e.after)
			if err != nil {
				return fmt.Errorf("directory: import: %w", err)
			}
			kept.Entries[e.after.Kind()] = append(kept.Entries[e.after.Kind()], raw)
		}
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("directory: import: %w", err)
	}
	pipe := d.store.Client().TxPipeline()
	pipe.HSet(ctx, keyImport(i.ID), "import", raw)
	pipe.PExpire(ctx, keyImport(i.ID), ImportLife)
	if _, err := pipe.Exec(ctx); err != nil {
		return fmt.Errorf("directory: import: %w", store.Classify(err))
	}
	return nil
}

// Apply writes what a file does, all of it in one step. A repeat answers as the first did. It returns ErrNoImport, ErrFaults or ErrChanged.
func (d *Directory) Apply(ctx context.Context, id string, actor audit.Actor) (Counts, error) {
	kept, applied, err := d.kept(ctx, id)
	switch {
	case err != nil:
		return kept.Counts, err
	case applied:
		return kept.Counts, nil
	case kept.Counts.Faults > 0:
		return kept.Counts, ErrFaults
	}
	err = d.applyKept(ctx, id, kept, actor)
	if errors.Is(err, errChanged) {
		// The same request may have come twice, and the other one was first.
		if _, applied, again := d.kept(ctx, id); again == nil && applied {
			return kept.Counts, nil
		}
		return kept.Counts, ErrChanged
	}
	return kept.Counts, err
}

func (d *Directory) applyKept(ctx context.Context, id string, kept keptImport, actor audit.Actor) error {
	s, err := d.Snapshot(ctx)
	if err != nil {
		return err
	}
	if s.Revision != kept.Revision {
		return errChanged
	}
	edits, err := kept.edits(s)
	if err != nil || len(edits) == 0 {
		return err
	}
	c := kept.Counts
	return d.write(ctx, s.Revision, edits, actor, keyImport(id), audit.Entry{
		Actor: actor, Action: "directory.imported", Object: id, To: fmt.Sprintf("%d created, %d changed, %d the same", c.Create, c.Change, c.Same),
	})
}

// kept reads an import, and whether it was applied.
func (d *Directory) kept(ctx context.Context, id string) (kept keptImport, applied bool, err error) {
	fields, err := d.store.Client().HMGet(ctx, keyImport(id), "import", "applied").Result()
	if err != nil {
		return kept, false, fmt.Errorf("directory: import: %w", store.Classify(err))
	}
	raw, ok := fields[0].(string)
	if !ok {
		return kept, false, ErrNoImport
	}
	if err := json.Unmarshal([]byte(raw), &kept); err != nil {
		return kept, false, fmt.Errorf("directory: stored import: %w", err)
	}
	return kept, fields[1] != nil, nil
}

func (k keptImport) edits(s *Snapshot) ([]edit, error) {
	var out []edit
	for _, kind := range kinds {
		for _, raw := range k.Entries[kind.Kind] {
			e := newEntry(kind.Kind)
			if err := json.Unmarshal(raw, e); err != nil {
				return nil, fmt.Errorf("directory: stored import: %w", err)
			}
			out = append(out, edit{s.Entry(kind.Kind, e.Key()), e})
		}
	}
	return out, nil
}
