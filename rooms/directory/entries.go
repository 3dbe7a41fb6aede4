package directory

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"diemcau/rooms/access"
)

// Level is a level of the organisation: tỉnh, sở, huyện, xã.
type Level struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
	NameEn  string `json:"name_en,omitempty"`
	Order   int    `json:"order"` // from the top
}

// Unit is a unit of the organisation. Days are YYYY-MM-DD in the province's time.
type Unit struct {
	ID            string   `json:"id"`
	Version       int64    `json:"version"`
	Name          string   `json:"name"`
	ShortName     string   `json:"short_name,omitempty"`
	Level         string   `json:"level"`            // id
	Parent        string   `json:"parent,omitempty"` // id; none at the top
	Mailbox       string   `json:"mailbox,omitempty"`
	ProtocolOrder int      `json:"protocol_order"`
	ValidFrom     string   `json:"valid_from,omitempty"`   // its first day
	ValidTo       string   `json:"valid_to,omitempty"`     // its last day
	Predecessors  []string `json:"predecessors,omitempty"` // ids of the units that it came from
}

// Person is somebody by position.
type Person struct {
	ID            string `json:"id"`
	Version       int64  `json:"version"`
	Name          string `json:"name,omitempty"`
	Title         string `json:"title"` // stands first on name plates
	Unit          string `json:"unit"`  // id
	ProtocolOrder int    `json:"protocol_order"`
	Leader        bool   `json:"leader"` // can be booked
	Mailbox       string `json:"mailbox,omitempty"`
}

// Hall is a room to meet in.
type Hall struct {
	ID            string   `json:"id"`
	Version       int64    `json:"version"`
	Name          string   `json:"name"`
	ShortName     string   `json:"short_name,omitempty"`
	Unit          string   `json:"unit"` // id
	Seats         int      `json:"seats"`
	Equipment     []string `json:"equipment,omitempty"`
	ProtocolOrder int      `json:"protocol_order"`
}

// Group is a set of units that are invited together: 10 huyện.
type Group struct {
	ID      string   `json:"id"`
	Version int64    `json:"version"`
	Name    string   `json:"name"`
	Units   []string `json:"units"` // ids
}

// Terminal is the equipment of a hall that joins meetings by itself.
type Terminal struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Name    string `json:"name"`
	Hall    string `json:"hall"` // id
}

// Entry is one entry of the directory: a pointer to one of the types above.
type Entry interface {
	Kind() Kind
	Key() string   // the id
	Label() string // as people know it
	version() *int64
	// check brings the fields into their normal form, and gives all faults that show without looking at other entries.
	check(c *checker)
	references() []reference
}

// reference is one entry's mention of another.
type reference struct {
	field string
	kind  Kind
	id    string
}

const (
	mostListed   = 1000 // units of a group
	mostNamed    = 50   // predecessors, pieces of equipment
	highestOrder = 1_000_000
	mostSeats    = 100_000
	longestMail  = 254
)

var idForm = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// checker gathers what is wrong with an entry.
type checker struct {
	entry  Entry
	faults []*FieldError
}

func (c *checker) fault(field, code string) {
	c.faults = append(c.faults, &FieldError{c.entry.Kind(), c.entry.Key(), field, code})
}

func (c *checker) id(s *string) {
	if *s = strings.TrimSpace(*s); !idForm.MatchString(*s) {
		c.fault("id", CodeBadID)
	}
}

func (c *checker) name(field string, s *string, required bool) {
	if strings.TrimSpace(*s) == "" {
		if *s = ""; required {
			c.fault(field, CodeRequired)
		}
		return
	}
	nfc, err := access.CheckName(*s)
	if err != nil {
		c.fault(field, CodeBadName)
		return
	}
	*s = nfc
}

func (c *checker) required(field string, id *string) {
	if *id = strings.TrimSpace(*id); *id == "" {
		c.fault(field, CodeRequired)
	}
}

func (c *checker) number(field string, n, most int) {
	if n < 0 || n > most {
		c.fault(field, CodeBadNumber)
	}
}

func (c *checker) mailbox(s *string) {
	if *s = strings.TrimSpace(*s); *s == "" {
		return
	}
	// Only the bare address: what else net/mail reads (names, comments) would be sent to nobody's mailbox.
	if a, err := mail.ParseAddress(*s); err != nil || a.Address != *s || len(*s) > longestMail {
		c.fault("mailbox", CodeBadMailbox)
	}
}

func (c *checker) day(field string, s *string) {
	if *s = strings.TrimSpace(*s); *s != "" && !ValidDay(*s) {
		c.fault(field, CodeBadDate)
	}
}

func (c *checker) ids(field string, list *[]string, most int) {
	if len(*list) == 0 {
		*list = nil
	}
	switch {
	case len(*list) > most:
		c.fault(field, CodeLimit)
	case repeated(*list):
		c.fault(field, CodeRepeated)
	}
}

// ValidDay tells whether a text is a day: YYYY-MM-DD.
func ValidDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil && len(s) == len(time.DateOnly)
}

func (l *Level) Kind() Kind              { return KindLevel }
func (l *Level) Key() string             { return l.ID }
func (l *Level) Label() string           { return l.Name }
func (l *Level) version() *int64         { return &l.Version }
func (l *Level) references() []reference { return nil }
func (l *Level) check(c *checker) {
	c.id(&l.ID)
	c.name("name", &l.Name, true)
	c.name("name_en", &l.NameEn, false)
	c.number("order", l.Order, highestOrder)
}

func (u *Unit) Kind() Kind      { return KindUnit }
func (u *Unit) Key() string     { return u.ID }
func (u *Unit) Label() string   { return u.Name }
func (u *Unit) version() *int64 { return &u.Version }
func (u *Unit) references() []reference {
	all := []reference{{"level", KindLevel, u.Level}, {"parent", KindUnit, u.Parent}}
	for _, id := range u.Predecessors {
		all = append(all, reference{"predecessors", KindUnit, id})
	}
	return all
}
func (u *Unit) check(c *checker) {
	c.id(&u.ID)
	c.name("name", &u.Name, true)
	c.name("short_name", &u.ShortName, false)
	c.required("level", &u.Level)
	c.mailbox(&u.Mailbox)
	c.number("protocol_order", u.ProtocolOrder, highestOrder)
	c.day("valid_from", &u.ValidFrom)
	c.day("valid_to", &u.ValidTo)
	if u.ValidFrom != "" && u.ValidTo != "" && u.ValidTo < u.ValidFrom {
		c.fault("valid_to", CodeEndsTooEarly)
	}
	c.ids("predecessors", &u.Predecessors, mostNamed)
}

func (p *Person) Kind() Kind  { return KindPerson }
func (p *Person) Key() string { return p.ID }
func (p *Person) Label() string {
	if p.Name == "" {
		return p.Title
	}
	return p.Title + " " + p.Name
}
func (p *Person) version() *int64         { return &p.Version }
func (p *Person) references() []reference { return []reference{{"unit", KindUnit, p.Unit}} }
func (p *Person) check(c *checker) {
	c.id(&p.ID)
	c.name("name", &p.Name, false)
	c.name("title", &p.Title, true)
	c.required("unit", &p.Unit)
	c.number("protocol_order", p.ProtocolOrder, highestOrder)
	c.mailbox(&p.Mailbox)
}

func (h *Hall) Kind() Kind              { return KindHall }
func (h *Hall) Key() string             { return h.ID }
func (h *Hall) Label() string           { return h.Name }
func (h *Hall) version() *int64         { return &h.Version }
func (h *Hall) references() []reference { return []reference{{"unit", KindUnit, h.Unit}} }
func (h *Hall) check(c *checker) {
	c.id(&h.ID)
	c.name("name", &h.Name, true)
	c.name("short_name", &h.ShortName, false)
	c.required("unit", &h.Unit)
	c.number("seats", h.Seats, mostSeats)
	c.number("protocol_order", h.ProtocolOrder, highestOrder)
	h.Equipment = slices.Clone(h.Equipment)
	for i := range h.Equipment {
		if c.name("equipment", &h.Equipment[i], true); strings.Contains(h.Equipment[i], listSeparator) {
			c.fault("equipment", CodeBadName)
		}
	}
	c.ids("equipment", &h.Equipment, mostNamed)
}

func (g *Group) Kind() Kind      { return KindGroup }
func (g *Group) Key() string     { return g.ID }
func (g *Group) Label() string   { return g.Name }
func (g *Group) version() *int64 { return &g.Version }
func (g *Group) references() []reference {
	var all []reference
	for _, id := range g.Units {
		all = append(all, reference{"units", KindUnit, id})
	}
	return all
}
func (g *Group) check(c *checker) {
	c.id(&g.ID)
	c.name("name", &g.Name, true)
	c.ids("units", &g.Units, mostListed)
	if len(g.Units) == 0 {
		c.fault("units", CodeRequired)
	}
}

func (t *Terminal) Kind() Kind              { return KindTerminal }
func (t *Terminal) Key() string             { return t.ID }
func (t *Terminal) Label() string           { return t.Name }
func (t *Terminal) version() *int64         { return &t.Version }
func (t *Terminal) references() []reference { return []reference{{"hall", KindHall, t.Hall}} }
func (t *Terminal) check(c *checker) {
	c.id(&t.ID)
	c.name("name", &t.Name, true)
	c.required("hall", &t.Hall)
}
