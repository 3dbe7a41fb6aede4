package directory

import (
	"slices"
	"strings"
)

// plan is what a file would do to a snapshot of the directory.
type plan struct {
	snapshot *Snapshot
	changes  []RowChange
	edits    []edit
	faults   []Fault
	at       map[Kind]map[string]place // of the rows by the ids of their entries
}

// place is a row of a table.
type place struct {
	table  *table
	number int
}

// fault notes what is wrong with a field of a row.
func (p *plan) fault(at place, field, code string) {
	heading := ""
	for i, c := range at.table.columns {
		if c != nil && c.field == field {
			heading = at.table.heads[i]
		}
	}
	if heading == "" { // there is no column for it
		for _, c := range columnsOf(at.table.kind) {
			if c.field == field {
				heading = c.heading
			}
		}
	}
	p.faults = append(p.faults, Fault{at.table.sheet, at.number, heading, code})
}

// table takes the rows of one sheet.
func (p *plan) table(t table) {
	ids := slices.Index(t.columns, &columnsOf(t.kind)[0])
	if ids < 0 {
		return // a fault of the head
	}
	for _, r := range t.rows {
		at := place{&t, r.number}
		id := ""
		if ids < len(r.cells) {
			id = r.cells[ids]
		}
		if p.at[t.kind] == nil {
			p.at[t.kind] = map[string]place{}
		}
		if _, twice := p.at[t.kind][id]; twice {
			p.fault(at, "id", CodeRepeated)
			continue
		}
		p.at[t.kind][id] = at
		p.row(at, id, r.cells)
	}
}

// row compares one row with the entry of its id.
func (p *plan) row(at place, id string, cells []string) {
	kind := at.table.kind
	before := p.snapshot.Entry(kind, id)
	after := newEntry(kind)
	if before != nil {
		after = clone(before)
	}
	sound := true
	for i, c := range at.table.columns {
		if c == nil {
			continue
		}
		cell := ""
		if i < len(cells) {
			cell = cells[i]
		}
		if code := c.set(after, cell); code != "" {
			p.fault(at, c.field, code)
			sound = false
		}
	}
	if !sound { // others may still refer to it
		p.edits = append(p.edits, edit{before, after})
		return
	}
	c := &checker{entry: after}
	after.check(c)
	for _, f := range c.faults {
		p.fault(at, f.Field, f.Code)
	}
	change := RowChange{at.table.sheet, at.number, kind, after.Key(), after.Label(), RowSame, differences(before, after)}
	switch {
	case before == nil:
		change.Action = RowCreates
	case len(change.Fields) > 0:
		change.Action = RowChanges
	}
	p.changes = append(p.changes, change)
	if change.Action != RowSame {
		p.edits = append(p.edits, edit{before, numbered(after, before)})
	}
}

// finish finds what is wrong between entries: after all rows, so that they can refer to each other in any order.
func (p *plan) finish() {
	for _, f := range p.snapshot.with(p.edits).check(p.edits) {
		p.fault(p.at[f.Kind][f.ID], f.Field, f.Code)
	}
	switch {
	case len(p.edits) > mostEdits:
		p.faults = append(p.faults, Fault{Code: CodeTooManyEdits})
	case len(p.changes) == 0 && len(p.faults) == 0:
		p.faults = append(p.faults, Fault{Code: CodeEmptyFile})
	}
	slices.SortStableFunc(p.faults, func(x, y Fault) int {
		if c := strings.Compare(x.Sheet, y.Sheet); c != 0 {
			return c
		}
		return x.Row - y.Row
	})
}

func (p *plan) counts() Counts {
	c := Counts{Faults: len(p.faults)}
	for _, change := range p.changes {
		switch change.Action {
		case RowCreates:
			c.Create++
		case RowChanges:
			c.Change++
		case RowSame:
			c.Same++
		}
	}
	return c
}
