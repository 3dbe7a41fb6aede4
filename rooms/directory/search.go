package directory

import (
	"slices"
	"strings"
	"unicode"

	"diemcau/rooms/fold"
)

// Hit is an entry that a search has found.
type Hit struct {
	Kind   Kind // unit, person, hall or group
	ID     string
	Name   string
	Detail string // name of the unit above, or of the unit that it belongs to
	order  int
	unit   string // whose validity is its own; empty for a group
	words  string // what is searched, folded, each word behind a blank
}

// Search finds units, people, halls and groups that have all words of a text at the beginning of theirs, without regard to case and
// diacritics: groups first, then in protocol order. With a day (YYYY-MM-DD) only what exists then is found. At most limit are given.
func (s *Snapshot) Search(text, day string, limit int) []Hit {
	wanted := strings.Fields(words(text))
	var hits []Hit
	for _, h := range s.index() {
		if len(hits) == limit {
			break
		}
		found := !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(h.words, " "+w) })
		if found && (day == "" || s.existsAt(h, day)) {
			hits = append(hits, h)
		}
	}
	return hits
}

func (s *Snapshot) existsAt(h Hit, day string) bool {
	if h.Kind != KindGroup {
		return s.ValidAt(h.unit, day)
	}
	g, _ := s.Group(h.ID)
	return slices.ContainsFunc(g.Units, func(u string) bool { return s.ValidAt(u, day) })
}

// words folds texts and leaves their words, each behind a blank.
func words(texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		for _, w := range strings.FieldsFunc(fold.String(t), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			b.WriteString(" " + w)
		}
	}
	return b.String()
}

// index gives everything that can be found, in the order of the answers. It is made when it is first asked for.
func (s *Snapshot) index() []Hit {
	s.indexOnce.Do(func() {
		name := func(unit string) string {
			u, _ := s.Unit(unit)
			return u.Name
		}
		for _, g := range s.all.Groups {
			s.indexed = append(s.indexed, Hit{Kind: KindGroup, ID: g.ID, Name: g.Name, order: -1, words: words(g.Name, g.ID)})
		}
		for _, u := range s.all.Units {
			s.indexed = append(s.indexed, Hit{KindUnit, u.ID, u.Name, name(u.Parent), u.ProtocolOrder, u.ID, words(u.Name, u.ShortName, u.ID)})
		}
		for _, p := range s.all.People {
			s.indexed = append(s.indexed, Hit{KindPerson, p.ID, p.Label(), name(p.Unit), p.ProtocolOrder, p.Unit, words(p.Title, p.Name, p.ID, name(p.Unit))})
		}
		for _, h := range s.all.Halls {
			s.indexed = append(s.indexed, Hit{KindHall, h.ID, h.Name, name(h.Unit), h.ProtocolOrder, h.Unit, words(h.Name, h.ShortName, h.ID, name(h.Unit))})
		}
		slices.SortStableFunc(s.indexed, func(x, y Hit) int { return x.order - y.order })
	})
	return s.indexed
}
