package calendar

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/directory"
	"diemcau/rooms/meeting"
)

// Codes of a FieldError.
const (
	CodeRequired       = "required"
	CodeBadName        = "bad_name"
	CodeEndNotAfter    = "end_not_after_start"
	CodeTooLong        = "too_long" // over MaxDuration
	CodePast           = "past"
	CodeTooFar         = "too_far"
	CodeUnknownValue   = "unknown_value"
	CodeSecret         = "state_secret" // the system does not serve meetings with state secrets
	CodeLimit          = "limit"
	CodeRepeated       = "repeated"          // stands there twice
	CodeNotValidThen   = "not_valid_then"    // the unit, or that of the person or hall, does not exist on a day of the meeting
	CodeOverlapsItself = "overlaps_itself"   // a series whose meetings are longer than the time between them
	CodeNeedsScope     = "needs_scope"       // a rule is that of some meetings, not of one
	CodePassesEarlier  = "passes_earlier"    // meetings of a series would come before one that precedes them and stays
	CodeStartNotInRule = "start_not_in_rule" // the plan's start is not the first occurrence of its rule
)

// Limits of a plan.
const (
	MaxDuration = 24 * time.Hour
	MaxSites    = 1000
	maxHalls    = 50
	maxCoChairs = 20
	// maxDelegates bounds the list of those invited; a site counts its own delegates.
	maxDelegates = 2000
	maxAgenda    = 200
	maxReason    = 1000
	// farthest is how far ahead a meeting can be planned: years typed wrong are the usual reason to go beyond.
	farthest = 10 * 366 * 24 * time.Hour
)

// secretMarks are the marks of the Law on Protection of State Secrets.
var secretMarks = []string{"mat", "toi_mat", "tuyet_mat"}

// check returns the plan in its normal form, or the first FieldError that examine finds.
func (p Plan) check(s Settings, d *directory.Snapshot, now time.Time, fresh bool) (Plan, error) {
	p, faults := p.examine(s, d, now, fresh)
	if len(faults) > 0 {
		return p, faults[0]
	}
	return p, nil
}

// examine returns the plan in its normal form (names in NFC or as the directory has them, times in UTC, what is left out filled in) and all
// that is wrong with it.
func (p Plan) examine(s Settings, d *directory.Snapshot, now time.Time, fresh bool) (Plan, []*FieldError) {
	c := checker{ids: map[string]bool{}}
	p.Start, p.End = p.Start.UTC().Truncate(time.Millisecond), p.End.UTC().Truncate(time.Millisecond)
	c.add(p.checkTimes(now, fresh))
	p.Type, p.Format, p.Speaking = cmp.Or(p.Type, DefaultType), cmp.Or(p.Format, Hybrid), cmp.Or(p.Speaking, meeting.SpeakingFloor)
	c.choices(p, s)
	p.Secrecy = ""
	p = p.named(&c, d, days(p.spans()...)...)
	c.names(&p)
	var err error
	p.Resources, err = checkResources(p.Resources)
	if err == nil && len(p.holds()) > MaxResources {
		err = &FieldError{"resources", CodeLimit}
	}
	c.add(err)
	c.recurrence(&p)
	return p, c.faults
}

// checker collects what is wrong with a plan.
type checker struct {
	faults []*FieldError
	ids    map[string]bool // that can stand in a plan once, as resources
}

func (c *checker) fail(field, code string) { c.faults = append(c.faults, &FieldError{field, code}) }

func (c *checker) add(err error) {
	if fault := (*FieldError)(nil); errors.As(err, &fault) {
		c.faults = append(c.faults, fault)
	}
}

// choices checks what is one of some values.
func (c *checker) choices(p Plan, s Settings) {
	if _, known := s.typeOf(p.Type); !known {
		c.fail("type", CodeUnknownValue)
	}
	if p.Format != InPerson && p.Format != Online && p.Format != Hybrid {
		c.fail("format", CodeUnknownValue)
	}
	if !p.Speaking.Valid() {
		c.fail("speaking", CodeUnknownValue)
	}
	switch {
	case slices.Contains(secretMarks, p.Secrecy):
		c.fail("secrecy", CodeSecret)
	case p.Secrecy != "" && p.Secrecy != "none":
		c.fail("secrecy", CodeUnknownValue)
	}
}

// names brings all names of a plan to their normal form, and checks ids and numbers.
func (c *checker) names(p *Plan) {
	c.name("subject", &p.Subject, true)
	c.person("chair", &p.Chair, true)
	c.person("secretary", &p.Secretary, false)
	c.id("preparing_unit", p.PreparingUnit)
	each(c, "co_chairs", &p.CoChairs, maxCoChairs, func(field string, x *Person) { c.person(field, x, true) })
	each(c, "halls", &p.Halls, maxHalls, func(field string, h *Venue) {
		c.name(field+".name", &h.Name, true)
		c.once(field+".id", Resource{Hall, h.ID})
	})
	each(c, "sites", &p.Sites, MaxSites, func(field string, s *Site) {
		c.name(field+".name", &s.Name, true)
		c.name(field+".unit", &s.Unit, false)
		c.name(field+".short_name", &s.ShortName, false)
		c.id(field+".hall", s.Hall)
		if s.UnitID != "" {
			c.once(field+".unit_id", Resource{AtSite, s.UnitID})
		}
		if s.Terminal != "" {
			c.once(field+".terminal", Resource{Terminal, s.Terminal})
		}
	})
	each(c, "delegates", &p.Delegates, maxDelegates, func(field string, d *Delegate) {
		c.name(field+".name", &d.Name, true)
		c.name(field+".unit", &d.Unit, false)
		c.id(field+".person", d.Person)
		c.id(field+".unit_id", d.UnitID)
	})
	each(c, "agenda", &p.Agenda, maxAgenda, func(field string, i *Item) {
		c.name(field+".title", &i.Title, true)
		c.name(field+".owner", &i.Owner, false)
		if i.Minutes < 0 || time.Duration(i.Minutes)*time.Minute > MaxDuration {
			c.fail(field+".minutes", CodeLimit)
		}
	})
}

func (c *checker) name(field string, s *string, required bool) {
	if *s == "" {
		if required {
			c.fail(field, CodeRequired)
		}
		return
	}
	nfc, err := access.CheckName(*s)
	if err != nil {
		c.fail(field, CodeBadName)
	}
	*s = nfc
}

func (c *checker) id(field, id string) {
	if id != "" && !resourceID.MatchString(id) {
		c.fail(field, CodeBadName)
	}
}

// once checks the id of what can stand in a plan once.
func (c *checker) once(field string, r Resource) {
	switch {
	case !resourceID.MatchString(r.ID):
		c.fail(field, CodeBadName)
	case c.ids[r.String()]:
		c.fail(field, CodeRepeated)
	}
	c.ids[r.String()] = true
}

func (c *checker) person(field string, p *Person, required bool) {
	c.name(field+".name", &p.Name, required || *p != Person{})
	c.name(field+".unit", &p.Unit, false)
	c.id(field+".person", p.ID)
}

// each checks the entries of a list, on a copy of it.
func each[T any](c *checker, field string, list *[]T, most int, check func(string, *T)) {
	if len(*list) > most {
		c.fail(field, CodeLimit)
		return
	}
	*list = slices.Clone(*list)
	for i := range *list {
		check(fmt.Sprintf("%s[%d]", field, i), &(*list)[i])
	}
}

func (p Plan) checkTimes(now time.Time, fresh bool) error {
	switch {
	case p.Start.IsZero():
		return &FieldError{"start", CodeRequired}
	case p.AlwaysOn && p.End.IsZero():
		return nil
	case p.End.IsZero():
		return &FieldError{"end", CodeRequired}
	case !p.End.After(p.Start):
		return &FieldError{"end", CodeEndNotAfter}
	case p.End.Sub(p.Start) > MaxDuration:
		return &FieldError{"end", CodeTooLong}
	case fresh && !p.End.After(now):
		return &FieldError{"end", CodePast}
	case p.Start.Sub(now) > farthest:
		return &FieldError{"start", CodeTooFar}
	}
	return nil
}

// checkReason returns the reason of an action in its normal form, or a FieldError.
func checkReason(a Action, reason string) (string, error) {
	if reason == "" {
		if a.NeedsReason() {
			return "", &FieldError{"reason", CodeRequired}
		}
		return "", nil
	}
	nfc, err := access.CheckText(reason, maxReason)
	if err != nil {
		return "", &FieldError{"reason", CodeBadName}
	}
	return nfc, nil
}

// Opening is what a live meeting takes over from the plan.
func (p Plan) Opening() *meeting.Opening {
	return &meeting.Opening{Speaking: p.Speaking, AlwaysOn: p.AlwaysOn}
}
