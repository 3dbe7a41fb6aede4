package api

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
)

// Plan is what a planner sends. Ids are the directory's.
type Plan struct {
	Subject       string     `json:"subject" maxLength:"256" doc:"What the meeting is about."`
	Type          string     `json:"type,omitempty" maxLength:"64" doc:"Id of a type of the settings; thematic when absent."`
	Format        string     `json:"format,omitempty" enum:"in_person,online,hybrid" doc:"How people take part; hybrid when absent."`
	Start         time.Time  `json:"start" doc:"RFC 3339 with its zone."`
	End           time.Time  `json:"end,omitzero" doc:"RFC 3339 with its zone; after the start, by 24 hours at most."`
	Chair         Person     `json:"chair" doc:"Who presides."`
	CoChairs      []Person   `json:"co_chairs,omitempty" maxItems:"20"`
	Secretary     *Person    `json:"secretary,omitempty" doc:"Who assists the chair."`
	PreparingUnit string     `json:"preparing_unit,omitempty" maxLength:"64" doc:"Id of the unit that prepares the meeting: rights are asked for there. The whole province when absent."`
	Halls         []Venue    `json:"halls,omitempty" maxItems:"50" doc:"The meeting holds each."`
	Sites         []Site     `json:"sites,omitempty" maxItems:"1000" doc:"The places that take part. The meeting holds those with a unit, and their halls and terminals."`
	Delegates     []Delegate `json:"delegates,omitempty" maxItems:"2000" doc:"Who else is invited. Leaders among them are held."`
	Agenda        []Item     `json:"agenda,omitempty" maxItems:"200"`
	Resources     []Resource `json:"resources,omitempty" maxItems:"1000" doc:"What the meeting holds beside its halls, sites and leaders: one meeting at a time can have each."`
	Recurrence    Recurring  `json:"recurrence,omitzero" doc:"Makes the plan a series: a meeting for each occurrence. In a change of several meetings of a series, null makes the first a single one and calls the others off; without it the rule stays."`
	Speaking      string     `json:"speaking,omitempty" enum:"open,floor" doc:"open: everybody may speak; floor: who is given the floor. floor when absent."`
	Secrecy       string     `json:"secrecy,omitempty" enum:"none,mat,toi_mat,tuyet_mat" doc:"Meetings with state secrets are refused."`
}

// Person is somebody by position.
type Person struct {
	ID   string `json:"person,omitempty" maxLength:"64" doc:"Id of the person. Whoever presides and is a person of the directory is held by the meeting, and so are leaders."`
	Name string `json:"name" maxLength:"256" doc:"The title, as on the name plate."`
	Unit string `json:"unit,omitempty" maxLength:"256"`
}

// Venue is a hall of the directory.
type Venue struct {
	ID   string `json:"id" pattern:"^[A-Za-z0-9_.-]{1,64}$"`
	Name string `json:"name" maxLength:"256"`
}

// Site is one place that takes part.
type Site struct {
	UnitID        string `json:"unit_id,omitempty" maxLength:"64" doc:"Id of the unit that sits there."`
	Name          string `json:"name" maxLength:"256"`
	Unit          string `json:"unit,omitempty" maxLength:"256"`
	ShortName     string `json:"short_name,omitempty" maxLength:"256"`
	ProtocolOrder int    `json:"protocol_order" minimum:"0" maximum:"1000000"`
	Hall          string `json:"hall,omitempty" maxLength:"64" doc:"Id of the site's hall; the only one of its unit when absent."`
	Terminal      string `json:"terminal,omitempty" maxLength:"64" doc:"Id of the site's terminal; the only one of its unit's only hall when absent."`
}

// Delegate is a person or a unit that is invited.
type Delegate struct {
	Person string `json:"person,omitempty" maxLength:"64" doc:"Id of the person."`
	UnitID string `json:"unit_id,omitempty" maxLength:"64" doc:"Id of the unit."`
	Name   string `json:"name" maxLength:"256"`
	Unit   string `json:"unit,omitempty" maxLength:"256"`
}

// Item is one item of the agenda.
type Item struct {
	Title   string `json:"title" maxLength:"256"`
	Owner   string `json:"owner,omitempty" maxLength:"256" doc:"Who speaks to it."`
	Minutes int    `json:"minutes,omitempty" minimum:"0" maximum:"1440"`
}

// Recurrence makes a plan a series.
type Recurrence struct {
	RRule   string      `json:"rrule" minLength:"1" maxLength:"500" example:"FREQ=WEEKLY;BYDAY=MO;UNTIL=20261231" doc:"A rule of RFC 5545 by days, weeks, months or years; the plan's start is the first. 400 occurrences at most. They keep their hour in Asia/Ho_Chi_Minh."`
	ExDates []time.Time `json:"exdates,omitempty" maxItems:"400" doc:"Starts that are left out: each stands for its day in Asia/Ho_Chi_Minh. Those of a series that is moved move with it."`
}

// Recurring tells a recurrence that is left out from one that is null, which is empty.
type Recurring struct {
	Recurrence
	sent bool
}

// UnmarshalJSON reads a recurrence or null.
func (r *Recurring) UnmarshalJSON(raw []byte) error {
	r.sent = true
	return json.Unmarshal(raw, &r.Recurrence)
}

// IsZero tells whether it is left out.
func (r Recurring) IsZero() bool { return !r.sent }

// Schema is that of a recurrence, or null.
func (r Recurring) Schema(all huma.Registry) *huma.Schema {
	schema := *all.SchemaFromRef(all.Schema(reflect.TypeFor[Recurrence](), true, "").Ref)
	schema.Nullable = true
	return &schema
}

// Resource is something that one meeting at a time can have.
type Resource struct {
	Kind string `json:"kind" enum:"hall,terminal,site,leader"`
	ID   string `json:"id" pattern:"^[A-Za-z0-9_.-]{1,64}$"`
}

// Meeting is a meeting as the interface gives it.
type Meeting struct {
	ID       string `json:"id"`
	Version  int64  `json:"version" doc:"Grows by one with each change; also the ETag."`
	State    string `json:"state" enum:"draft,submitted,returned,approved,issued,held,concluded,postponed,cancelled"`
	Revision int    `json:"revision" doc:"How often it was changed after it was approved."`
	Reason   string `json:"reason,omitempty" doc:"Why it was returned, postponed, rescheduled or called off."`
	Plan
	Series     string      `json:"series,omitempty" doc:"Id that it shares with the others of its recurrence."`
	Occurrence *time.Time  `json:"occurrence,omitempty" doc:"Its start by the rule: it was moved where that is another than its start."`
	AlwaysOn   bool        `json:"always_on,omitempty" doc:"Has no end and cannot be ended."`
	Displaced  []Displaced `json:"displaced,omitempty" doc:"What meetings of higher priority have taken; for those who plan it."`
	Actions    []string    `json:"actions" doc:"What whoever asks may do to it in its state; change stands for PUT, join for a seat in it, to be taken when it lets people in."`
	CreatedBy  string      `json:"created_by,omitempty" doc:"Id of the account."`
	Created    time.Time   `json:"created"`
	Changed    time.Time   `json:"changed"`
}

// Displaced is a resource that a meeting of higher priority has taken.
type Displaced struct {
	Resource Resource  `json:"resource"`
	By       string    `json:"by" doc:"Id of the meeting that has it now."`
	Subject  string    `json:"subject" doc:"Of that meeting."`
	At       time.Time `json:"at"`
}

func (p Plan) plan() calendar.Plan {
	out := calendar.Plan{
		Subject: p.Subject, Type: p.Type, Format: calendar.Format(p.Format), Start: p.Start, End: p.End, Chair: calendar.Person(p.Chair),
		CoChairs:      mapped(p.CoChairs, func(x Person) calendar.Person { return calendar.Person(x) }),
		PreparingUnit: p.PreparingUnit,
		Halls:         mapped(p.Halls, func(x Venue) calendar.Venue { return calendar.Venue(x) }),
		Sites:         mapped(p.Sites, func(x Site) calendar.Site { return calendar.Site(x) }),
		Delegates:     mapped(p.Delegates, func(x Delegate) calendar.Delegate { return calendar.Delegate(x) }),
		Agenda:        mapped(p.Agenda, func(x Item) calendar.Item { return calendar.Item(x) }),
		Resources:     mapped(p.Resources, Resource.resource),
		Speaking:      meeting.Speaking(p.Speaking), Secrecy: p.Secrecy,
	}
	if p.Recurrence.sent {
		out.Recurrence = (*calendar.Recurrence)(&p.Recurrence.Recurrence)
	}
	if p.Secretary != nil {
		out.Secretary = calendar.Person(*p.Secretary)
	}
	return out
}

// mapped converts a list; an empty one stays nil.
func mapped[A, B any](list []A, convert func(A) B) []B {
	if len(list) == 0 {
		return nil
	}
	out := make([]B, 0, len(list))
	for _, x := range list {
		out = append(out, convert(x))
	}
	return out
}

func planBody(p calendar.Plan) Plan {
	out := Plan{
		Subject: p.Subject, Type: p.Type, Format: string(p.Format), Start: p.Start, End: p.End, Chair: Person(p.Chair),
		CoChairs:      mapped(p.CoChairs, func(x calendar.Person) Person { return Person(x) }),
		PreparingUnit: p.PreparingUnit,
		Halls:         mapped(p.Halls, func(x calendar.Venue) Venue { return Venue(x) }),
		Sites:         mapped(p.Sites, func(x calendar.Site) Site { return Site(x) }),
		Delegates:     mapped(p.Delegates, func(x calendar.Delegate) Delegate { return Delegate(x) }),
		Agenda:        mapped(p.Agenda, func(x calendar.Item) Item { return Item(x) }),
		Resources:     mapped(p.Resources, resourceBody),
		Speaking:      string(p.Speaking),
	}
	if p.Recurrence != nil {
		out.Recurrence = Recurring{Recurrence(*p.Recurrence), true}
	}
	if p.Secretary != (calendar.Person{}) {
		secretary := Person(p.Secretary)
		out.Secretary = &secretary
	}
	return out
}

func (r Resource) resource() calendar.Resource {
	return calendar.Resource{Kind: calendar.Kind(r.Kind), ID: r.ID}
}

func resourceBody(r calendar.Resource) Resource { return Resource{string(r.Kind), r.ID} }
