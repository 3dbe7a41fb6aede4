package directory

import (
	"maps"
	"slices"
	"sync"
)

// Snapshot is the directory as it stood at one revision. It never changes: what it gives is shared, and only to be read.
type Snapshot struct {
	Revision int64 // grows with each change; 0 when nothing was ever written
	tables   []map[string]Entry
	all      Contents

	indexOnce sync.Once
	indexed   []Hit
}

// Contents are entries in protocol order.
type Contents struct {
	Levels    []Level
	Units     []Unit
	People    []Person
	Halls     []Hall
	Terminals []Terminal
	Groups    []Group
}

func newSnapshot(revision int64, tables []map[string]Entry) *Snapshot {
	s := &Snapshot{Revision: revision, tables: tables}
	s.all = Contents{
		Levels: sorted(s, KindLevel, func(x, y *Level) int { return less(x.Order, y.Order, x.Name, y.Name, x.ID, y.ID) }),
		Units:  sorted(s, KindUnit, func(x, y *Unit) int { return less(x.ProtocolOrder, y.ProtocolOrder, x.Name, y.Name, x.ID, y.ID) }),
		People: sorted(s, KindPerson, func(x, y *Person) int {
			return less(x.ProtocolOrder, y.ProtocolOrder, x.Title, y.Title, x.ID, y.ID)
		}),
		Halls: sorted(s, KindHall, func(x, y *Hall) int { return less(x.ProtocolOrder, y.ProtocolOrder, x.Name, y.Name, x.ID, y.ID) }),
	}
	// Terminals stand in the order of their halls; groups have none of their own.
	s.all.Terminals = sorted(s, KindTerminal, func(x, y *Terminal) int {
		hallX, _ := s.Hall(x.Hall)
		hallY, _ := s.Hall(y.Hall)
		return less(hallX.ProtocolOrder, hallY.ProtocolOrder, x.Name, y.Name, x.ID, y.ID)
	})
	s.all.Groups = sorted(s, KindGroup, func(x, y *Group) int { return less(0, 0, x.Name, y.Name, x.ID, y.ID) })
	return s
}

// sorted gives the entries of a kind by an order.
func sorted[T any](s *Snapshot, kind Kind, order func(x, y *T) int) []T {
	table := s.tables[kind.place()]
	pointers := make([]*T, 0, len(table))
	for _, e := range table {
		pointers = append(pointers, any(e).(*T))
	}
	slices.SortFunc(pointers, order)
	out := make([]T, len(pointers))
	for i, p := range pointers {
		out[i] = *p
	}
	return out
}

func find[T any](s *Snapshot, kind Kind, id string) (T, bool) {
	var none T
	e, ok := s.tables[kind.place()][id]
	if !ok {
		return none, false
	}
	return *any(e).(*T), true
}

// Level gives a level by its id.
func (s *Snapshot) Level(id string) (Level, bool) { return find[Level](s, KindLevel, id) }

// Unit gives a unit by its id, whether it is still valid or not.
func (s *Snapshot) Unit(id string) (Unit, bool) { return find[Unit](s, KindUnit, id) }

// Person gives a person by the id.
func (s *Snapshot) Person(id string) (Person, bool) { return find[Person](s, KindPerson, id) }

// Hall gives a hall by its id.
func (s *Snapshot) Hall(id string) (Hall, bool) { return find[Hall](s, KindHall, id) }

// Group gives a group of units by its id.
func (s *Snapshot) Group(id string) (Group, bool) { return find[Group](s, KindGroup, id) }

// Terminal gives a terminal by its id.
func (s *Snapshot) Terminal(id string) (Terminal, bool) { return find[Terminal](s, KindTerminal, id) }

// Entry gives an entry of any kind; nil when there is none.
func (s *Snapshot) Entry(kind Kind, id string) Entry { return s.tables[kind.place()][id] }

// Ancestors gives the ids of the units above a unit, the nearest first.
func (s *Snapshot) Ancestors(unit string) []string {
	var above []string
	for u, ok := s.Unit(unit); ok && u.Parent != "" && len(above) < MaxDepth; u, ok = s.Unit(u.Parent) {
		above = append(above, u.Parent)
	}
	return above
}

// Home gives the unit that an entry belongs to: a unit itself, that of a person, a hall or a hall's terminal. What belongs to the whole
// organisation has none.
func (s *Snapshot) Home(e Entry) (unit string) {
	switch e := e.(type) {
	case *Unit:
		return e.ID
	case *Person:
		return e.Unit
	case *Hall:
		return e.Unit
	case *Terminal:
		hall, _ := s.Hall(e.Hall)
		return hall.Unit
	}
	return ""
}

// All gives everything, whatever its time.
func (s *Snapshot) All() Contents { return s.all }

// ValidAt tells whether a unit exists on a day (YYYY-MM-DD): it and all that it belongs to.
func (s *Snapshot) ValidAt(unit, day string) bool {
	for range MaxDepth + 1 {
		u, ok := s.Unit(unit)
		switch {
		case !ok, u.ValidFrom > day, u.ValidTo != "" && u.ValidTo < day:
			return false
		case u.Parent == "":
			return true
		}
		unit = u.Parent
	}
	return false
}

// At gives what exists on a day (YYYY-MM-DD): the units that are valid, with their people, halls and terminals, the groups with what is
// left of their units, and all levels.
func (s *Snapshot) At(day string) Contents {
	valid := func(unit string) bool { return s.ValidAt(unit, day) }
	out := Contents{
		Levels: s.all.Levels,
		Units:  where(s.all.Units, func(u Unit) bool { return valid(u.ID) }),
		People: where(s.all.People, func(p Person) bool { return valid(p.Unit) }),
		Halls:  where(s.all.Halls, func(h Hall) bool { return valid(h.Unit) }),
		Terminals: where(s.all.Terminals, func(t Terminal) bool {
			hall, ok := s.Hall(t.Hall)
			return ok && valid(hall.Unit)
		}),
	}
	for _, g := range s.all.Groups {
		if g.Units = where(g.Units, valid); len(g.Units) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	return out
}

func where[T any](list []T, keep func(T) bool) []T {
	var out []T
	for _, v := range list {
		if keep(v) {
			out = append(out, v)
		}
	}
	return out
}

// edit is one entry that is to be as after says, or to be taken away where after is nil.
type edit struct{ before, after Entry }

// entry is the one that the edit is about.
func (e edit) entry() Entry {
	if e.after != nil {
		return e.after
	}
	return e.before
}

// with gives the tables as they are after some edits.
func (s *Snapshot) with(edits []edit) *Snapshot {
	tables := make([]map[string]Entry, len(s.tables))
	for i, table := range s.tables {
		tables[i] = maps.Clone(table)
	}
	for _, e := range edits {
		table := tables[e.entry().Kind().place()]
		if e.after == nil {
			delete(table, e.before.Key())
		} else {
			table[e.after.Key()] = e.after
		}
	}
	return &Snapshot{Revision: s.Revision, tables: tables}
}
