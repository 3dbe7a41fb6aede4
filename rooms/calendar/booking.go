package calendar

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// Kind is a kind of resource.
type Kind string

// The kinds: what one meeting at a time can have.
const (
	Hall     Kind = "hall"
	Terminal Kind = "terminal"
	AtSite   Kind = "site"
	Leader   Kind = "leader"
)

// Resource is something that one meeting at a time can have: a hall, a terminal, a site, a leader.
type Resource struct {
	Kind Kind   `json:"kind"`
	ID   string `json:"id"` // 1 to 64 letters, digits and -_.
}

// String is the resource as it stands in keys: hall:P1.
func (r Resource) String() string { return string(r.Kind) + ":" + r.ID }

func (r Resource) compare(other Resource) int { return strings.Compare(r.String(), other.String()) }

// ParseResource reads what String writes; false for anything else.
func ParseResource(s string) (Resource, bool) {
	kind, id, _ := strings.Cut(s, ":")
	r := Resource{Kind(kind), id}
	return r, r.Kind.valid() && resourceID.MatchString(id)
}

func (k Kind) valid() bool { return slices.Contains([]Kind{Hall, Terminal, AtSite, Leader}, k) }

// Span is a time from Start to End, which is not part of it: 9–10 and 10–11 both fit.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Booking is a resource that a meeting has for some time.
type Booking struct {
	Resource Resource `json:"resource"`
	Meeting  string   `json:"meeting"` // id
	Span
}

// Clash is a booking that is in the way of another.
type Clash struct {
	Booking
	With        Meeting // that has the resource
	PreEmptible bool    // by the one that wants it: it has a higher priority, and the other can go on without it if it is under way
}

// ClashError says that resources are booked already: all that is in the way, and the nearest times at which all resources are free.
type ClashError struct {
	Clashes []Clash // at most maxClashes
	Free    []Span  // at most proposals; empty when none is within two weeks, for a series on its days
}

func (e *ClashError) Error() string {
	return fmt.Sprintf("calendar: %d clashes, the first: %s with meeting %s", len(e.Clashes), e.Clashes[0].Resource, e.Clashes[0].Meeting)
}

const (
	// MaxResources is how many resources one meeting can have.
	MaxResources   = 4000
	prefixBookings = "diemcau:{calendar}:bookings:" // sorted set of a resource's bookings by start in milliseconds
)

var resourceID = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// ValidID tells whether a text can be the id of something in a plan: 1 to 64 letters, digits and -_.
func ValidID(id string) bool { return resourceID.MatchString(id) }

// checkResources returns the resources of a plan in order, or a FieldError.
func checkResources(all []Resource) ([]Resource, error) {
	if len(all) > MaxResources {
		return nil, &FieldError{"resources", CodeLimit}
	}
	seen := map[Resource]bool{}
	for i, r := range all {
		field := fmt.Sprintf("resources[%d]", i)
		switch {
		case !r.Kind.valid():
			return nil, &FieldError{field + ".kind", CodeUnknownValue}
		case !resourceID.MatchString(r.ID):
			return nil, &FieldError{field + ".id", CodeBadName}
		case seen[r]:
			return nil, &FieldError{field, CodeRepeated}
		}
		seen[r] = true
	}
	all = slices.Clone(all)
	slices.SortFunc(all, Resource.compare)
	return all, nil
}

// holds is all that one meeting at a time can have of what the plan names: halls, sites with their halls and terminals, those who preside, leaders
// who are invited, and the resources that are listed. In order, each once.
func (p Plan) holds() []Resource {
	all := slices.Clone(p.Resources)
	add := func(k Kind, id string) {
		if id != "" {
			all = append(all, Resource{k, id})
		}
	}
	for _, h := range p.Halls {
		add(Hall, h.ID)
	}
	for _, s := range p.Sites {
		add(AtSite, s.UnitID)
		add(Hall, s.Hall)
		add(Terminal, s.Terminal)
	}
	for _, leader := range append([]Person{p.Chair}, p.CoChairs...) {
		add(Leader, leader.ID)
	}
	for _, id := range p.Leaders {
		add(Leader, id)
	}
	slices.SortFunc(all, Resource.compare)
	return slices.Compact(all)
}

// Names reports whether a plan has a resource or names it, though it does not hold it: the unit that prepares it, and whoever is invited.
func (p Plan) Names(r Resource) bool {
	return slices.Contains(p.holds(), r) || r.Kind == Leader && p.Involves(r.ID, "") || r.Kind == AtSite && p.Involves("", r.ID)
}

// essential tells whether the meeting cannot take place without the resource: one of its halls, of those who preside, or of the halls and leaders that
// are listed. It can without a site, and without a leader who is invited.
func (p Plan) essential(r Resource) bool {
	switch {
	case r.Kind != Hall && r.Kind != Leader:
		return false
	case slices.Contains(p.Resources, r), r.Kind == Leader && r.ID == p.Chair.ID:
		return true
	case r.Kind == Leader:
		return slices.ContainsFunc(p.CoChairs, func(c Person) bool { return c.ID == r.ID })
	}
	return slices.ContainsFunc(p.Halls, func(v Venue) bool { return v.ID == r.ID })
}

// siteParts are the halls and terminals that the plan names for its sites only, with the site of each.
func (p Plan) siteParts() map[Resource]Resource {
	parts := map[Resource]Resource{}
	for _, s := range p.Sites {
		if s.UnitID != "" {
			parts[Resource{Hall, s.Hall}], parts[Resource{Terminal, s.Terminal}] = Resource{AtSite, s.UnitID}, Resource{AtSite, s.UnitID}
		}
	}
	maps.DeleteFunc(parts, func(r, _ Resource) bool { return p.essential(r) })
	return parts
}

// bookings is what a meeting holds in its state.
func (m Meeting) bookings(s Settings) (all []Booking) {
	if m.AlwaysOn || !slices.Contains(s.Holding, m.State) {
		return nil
	}
	for _, r := range m.holds() {
		if !slices.ContainsFunc(m.Displaced, func(d Displaced) bool { return d.Resource == r }) {
			all = append(all, Booking{r, m.ID, Span{m.Start, m.End}})
		}
	}
	return all
}

// member is a booking as it stands in the sorted set of its resource: whose, how long and since when, the numbers in milliseconds to base 36.
func (b Booking) member() string {
	start := b.Start.UnixMilli()
	return b.Meeting + ":" + strconv.FormatInt(b.End.UnixMilli()-start, 36) + ":" + strconv.FormatInt(start, 36)
}

var errBadBooking = errors.New("calendar: a stored booking cannot be read")

func readBooking(r Resource, member string) (Booking, error) {
	parts := strings.Split(member, ":")
	if len(parts) != 3 {
		return Booking{}, errBadBooking
	}
	length, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return Booking{}, errBadBooking
	}
	start, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil {
		return Booking{}, errBadBooking
	}
	from := time.UnixMilli(start).UTC()
	return Booking{r, parts[0], Span{from, from.Add(time.Duration(length) * time.Millisecond)}}, nil
}

// Bookings reads what resources are booked for between two times, in the order of the resources and then of their starts.
func (c *Calendar) Bookings(ctx context.Context, resources []Resource, within Span) ([]Booking, error) {
	return c.bookingsIn(ctx, resources, []Span{within})
}

// bookingsIn reads what resources are booked for in some times, in the order of the times; in times that overlap it comes more than once.
func (c *Calendar) bookingsIn(ctx context.Context, resources []Resource, within []Span) (all []Booking, err error) {
	read := make([]*redis.StringSliceCmd, 0, len(resources)*len(within))
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, s := range within {
			near := &redis.ZRangeBy{
				// One that began before reaches into the time, if it is as long as a meeting can be.
				Min: "(" + strconv.FormatInt(s.Start.Add(-MaxDuration).UnixMilli(), 10),
				Max: "(" + strconv.FormatInt(s.End.UnixMilli(), 10),
			}
			for _, r := range resources {
				read = append(read, p.ZRangeByScore(ctx, prefixBookings+r.String(), near))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calendar: bookings: %w", store.Classify(err))
	}
	for i, cmd := range read {
		for _, member := range cmd.Val() {
			b, err := readBooking(resources[i%len(resources)], member)
			if err != nil {
				return nil, err
			}
			if b.End.After(within[i/len(resources)].Start) {
				all = append(all, b)
			}
		}
	}
	return all, nil
}

// clashed turns what change.lua found in the way of a plan (places of resources and members, by turns) into a ClashError without free times.
func (c *Calendar) clashed(ctx context.Context, p Plan, found []string, x *exchange) error {
	var bookings []Booking
	for i := 0; i+1 < len(found); i += 2 {
		b, err := x.booking(found[i], found[i+1])
		if err != nil {
			return err
		}
		bookings = append(bookings, b)
	}
	slices.SortFunc(bookings, func(a, b Booking) int {
		return cmp.Or(a.Resource.compare(b.Resource), a.Start.Compare(b.Start))
	})
	clashes, err := c.clashes(ctx, p, bookings)
	if err != nil {
		return err
	}
	return &ClashError{Clashes: clashes[:min(len(clashes), maxClashes)]}
}

// clashes names the meetings whose bookings are in the way of a plan. Of a meeting that has a site and the site's hall and terminal it tells the site.
func (c *Calendar) clashes(ctx context.Context, p Plan, bookings []Booking) ([]Clash, error) {
	owners, err := c.owners(ctx, bookings)
	if err != nil {
		return nil, err
	}
	type claim struct {
		meeting  string
		resource Resource
	}
	parts, held := p.siteParts(), map[claim]bool{}
	for _, with := range owners {
		for _, b := range with.bookings(c.settings) {
			held[claim{with.ID, b.Resource}] = true
		}
	}
	lost, all := map[claim][]Resource{}, []Clash{}
	for _, b := range bookings {
		told := b
		if site := parts[b.Resource]; held[claim{b.Meeting, site}] {
			told.Resource = site
		}
		at := claim{b.Meeting, told.Resource}
		if lost[at] == nil {
			all = append(all, Clash{Booking: told, With: owners[b.Meeting]})
		}
		lost[at] = append(lost[at], b.Resource)
	}
	for i, x := range all {
		all[i].PreEmptible = c.settings.yields(x.With, p, lost[claim{x.Meeting, x.Resource}]...)
	}
	return all, nil
}

// owners reads the meetings that have bookings, by their ids.
func (c *Calendar) owners(ctx context.Context, bookings []Booking) (map[string]Meeting, error) {
	owners := map[string]Meeting{}
	var ids []string
	for _, b := range bookings {
		if _, known := owners[b.Meeting]; !known {
			owners[b.Meeting] = Meeting{}
			ids = append(ids, b.Meeting)
		}
	}
	meetings, err := c.read(ctx, ids)
	for _, m := range meetings {
		owners[m.ID] = m
	}
	return owners, err
}
