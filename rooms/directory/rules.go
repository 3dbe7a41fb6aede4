package directory

// check gives all faults that some edits have beside others' entries: what they refer to must be there, and the tree must be one.
// s is the directory as it is after them.
func (s *Snapshot) check(edits []edit) []*FieldError {
	var faults []*FieldError
	for _, e := range edits {
		if e.after == nil {
			continue
		}
		c := &checker{entry: e.after}
		s.checkReferences(c)
		if u, ok := e.after.(*Unit); ok {
			s.checkTree(c, u)
		}
		faults = append(faults, c.faults...)
	}
	for _, k := range kinds {
		if n := len(s.tables[k.place()]); n > k.limit {
			for _, e := range edits {
				if e.after != nil && e.after.Kind() == k.Kind {
					faults = append(faults, &FieldError{k.Kind, e.after.Key(), "id", CodeLimit})
					break
				}
			}
		}
	}
	return faults
}

func (s *Snapshot) checkReferences(c *checker) {
	for _, r := range c.entry.references() {
		if r.id != "" && s.Entry(r.kind, r.id) == nil {
			c.fault(r.field, CodeUnknown)
		}
	}
}

// checkTree finds a unit that is above itself, or that came from itself.
func (s *Snapshot) checkTree(c *checker, u *Unit) {
	seen := map[string]bool{}
	for parent, depth := u.Parent, 1; parent != ""; depth++ {
		if parent == u.ID {
			c.fault("parent", CodeCycle)
			break
		}
		if depth > MaxDepth {
			c.fault("parent", CodeTooDeep)
			break
		}
		above, ok := s.Unit(parent)
		if !ok || seen[parent] { // a fault of the units there
			break
		}
		seen[parent] = true
		parent = above.Parent
	}
	if s.cameFrom(u.ID, u.Predecessors, map[string]bool{}) {
		c.fault("predecessors", CodeCycle)
	}
}

// cameFrom tells whether a unit is among some predecessors or theirs.
func (s *Snapshot) cameFrom(id string, predecessors []string, seen map[string]bool) bool {
	for _, p := range predecessors {
		if p == id {
			return true
		}
		if seen[p] {
			continue
		}
		seen[p] = true
		if before, ok := s.Unit(p); ok && s.cameFrom(id, before.Predecessors, seen) {
			return true
		}
	}
	return false
}

// userOf gives an entry that refers to another one; nil when none does.
func (s *Snapshot) userOf(kind Kind, id string) Entry {
	for _, table := range s.tables {
		for _, e := range table {
			for _, r := range e.references() {
				if r.kind == kind && r.id == id {
					return e
				}
			}
		}
	}
	return nil
}
