package calendar

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"diemcau/rooms/directory"
)

// named gives what has an id of the directory the name that it has there: a snapshot, which stays when the directory changes. Ids that the
// directory does not know, and what does not exist on one of the days (YYYY-MM-DD), are faults, unless none is kept.
func (p Plan) named(c *checker, d *directory.Snapshot, days ...string) Plan {
	if d == nil || d.Revision == 0 {
		return p
	}
	n := namer{c, d, days}
	p.Leaders = nil
	invited := func(person string) {
		if known, _ := d.Person(person); known.Leader {
			p.Leaders = append(p.Leaders, person)
		}
	}
	invited(p.Secretary.ID)
	n.unit("preparing_unit", p.PreparingUnit)
	p.Chair, p.Secretary = n.person("chair", p.Chair), n.person("secretary", p.Secretary)
	p.CoChairs, p.Halls, p.Sites, p.Delegates = slices.Clone(p.CoChairs), slices.Clone(p.Halls), slices.Clone(p.Sites), slices.Clone(p.Delegates)
	for i, x := range p.CoChairs {
		p.CoChairs[i] = n.person(fmt.Sprintf("co_chairs[%d]", i), x)
	}
	for i, x := range p.Halls {
		p.Halls[i].Name = n.hall(fmt.Sprintf("halls[%d].id", i), x.ID, x.Name)
	}
	place(d, p.Sites)
	for i := range p.Sites {
		n.site(fmt.Sprintf("sites[%d]", i), &p.Sites[i])
	}
	for i := range p.Delegates {
		n.delegate(fmt.Sprintf("delegates[%d]", i), &p.Delegates[i])
		invited(p.Delegates[i].Person)
	}
	return p
}

// place fills in halls and terminals of sites where there is no choice: the hall of a terminal, the only hall of a unit, and the only terminal of that.
func place(d *directory.Snapshot, sites []Site) {
	halls, terminals, named := map[string][]string{}, map[string][]string{}, map[string]bool{}
	for _, h := range d.All().Halls {
		halls[h.Unit] = append(halls[h.Unit], h.ID)
	}
	for _, t := range d.All().Terminals {
		terminals[t.Hall] = append(terminals[t.Hall], t.ID)
	}
	for _, s := range sites {
		named[s.Terminal] = true
	}
	for i := range sites {
		s := &sites[i]
		if t, known := d.Terminal(s.Terminal); known && s.Hall == "" {
			s.Hall = t.Hall
		}
		own := halls[s.UnitID]
		if s.UnitID == "" || len(own) != 1 {
			continue
		}
		s.Hall = cmp.Or(s.Hall, own[0])
		if all := terminals[s.Hall]; s.Terminal == "" && s.Hall == own[0] && len(all) == 1 && !named[all[0]] {
			s.Terminal = all[0]
		}
	}
}

// days are the first on which a meeting of some times is and the last. A unit that exists on both exists on those between.
func days(spans ...Span) []string {
	first, last := spans[0], spans[len(spans)-1]
	if last.End.IsZero() { // always on
		last.End = last.Start
	}
	return slices.Compact([]string{dayOf(first.Start), dayOf(last.End.Add(-time.Millisecond))})
}

// exists tells, by a FieldError, what in a plan that was named does not exist at the time that it has now.
func (p Plan) exists(d *directory.Snapshot) error {
	c := checker{ids: map[string]bool{}}
	p.named(&c, d, days(Span{p.Start, p.End})...)
	if i := slices.IndexFunc(c.faults, func(f *FieldError) bool { return f.Code == CodeNotValidThen }); i >= 0 {
		return c.faults[i]
	}
	return nil
}

// namer looks names up as they are on the days of a meeting.
type namer struct {
	*checker
	directory *directory.Snapshot
	days      []string
}

// valid checks that a unit exists on all days, for a field that names it or what belongs to it.
func (n namer) valid(field, unit string) bool {
	for _, day := range n.days {
		if !n.directory.ValidAt(unit, day) {
			n.fail(field, CodeNotValidThen)
			return false
		}
	}
	return true
}

// unit finds a unit that exists on the days; none without an id.
func (n namer) unit(field, id string) (directory.Unit, bool) {
	if id == "" {
		return directory.Unit{}, false
	}
	u, known := n.directory.Unit(id)
	if !known {
		n.fail(field, CodeUnknownValue)
		return u, false
	}
	return u, n.valid(field, id)
}

func (n namer) hall(field, id, name string) string {
	h, known := n.directory.Hall(id)
	if !known {
		n.fail(field, CodeUnknownValue)
		return name
	}
	n.valid(field, h.Unit)
	return h.Name
}

// person names somebody by the title, and by the name where the directory has it.
func (n namer) person(field string, p Person) Person {
	if p.ID == "" {
		return p
	}
	known, ok := n.directory.Person(p.ID)
	if !ok {
		n.fail(field+".person", CodeUnknownValue)
		return p
	}
	n.valid(field+".person", known.Unit)
	p.Name = known.Title
	if known.Name != "" {
		p.Name += " " + known.Name
	}
	if u, ok := n.directory.Unit(known.Unit); ok {
		p.Unit = u.Name
	}
	return p
}

func (n namer) site(field string, s *Site) {
	if u, ok := n.unit(field+".unit_id", s.UnitID); ok {
		s.Name, s.ShortName, s.ProtocolOrder = u.Name, u.ShortName, u.ProtocolOrder
	}
	if s.Hall != "" {
		s.Unit = n.hall(field+".hall", s.Hall, s.Unit)
	}
	if _, known := n.directory.Terminal(s.Terminal); s.Terminal != "" && !known {
		n.fail(field+".terminal", CodeUnknownValue)
	}
}

func (n namer) delegate(field string, d *Delegate) {
	if u, ok := n.unit(field+".unit_id", d.UnitID); ok {
		d.Name = u.Name
	}
	if d.Person != "" {
		p := n.person(field, Person{ID: d.Person, Name: d.Name, Unit: d.Unit})
		d.Name, d.Unit = p.Name, p.Unit
	}
}
