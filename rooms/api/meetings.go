package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
)

// Plan is what a planner sends.
type Plan struct {
	Subject   string     `json:"subject" maxLength:"256" doc:"What the meeting is about."`
	Start     time.Time  `json:"start" doc:"RFC 3339 with its zone."`
	End       time.Time  `json:"end,omitzero" doc:"RFC 3339 with its zone; after the start, by 24 hours at most."`
	Chair     Person     `json:"chair" doc:"Who presides."`
	Secretary *Person    `json:"secretary,omitempty" doc:"Who assists the chair."`
	Sites     []Site     `json:"sites,omitempty" doc:"The places that take part."`
	Resources []Resource `json:"resources,omitempty" maxItems:"1000" doc:"What the meeting holds while it is planned and runs: one meeting at a time can have each."`
	Speaking  string     `json:"speaking" enum:"open,floor" doc:"open: everybody may speak; floor: who is given the floor."`
	Secrecy   string     `json:"secrecy,omitempty" enum:"none,mat,toi_mat,tuyet_mat" doc:"Meetings with state secrets are refused."`
}

// Person is somebody by position.
type Person struct {
	Name string `json:"name" maxLength:"256" doc:"The title, as on the name plate."`
	Unit string `json:"unit,omitempty" maxLength:"256"`
}

// Site is one place that takes part.
type Site struct {
	Name          string `json:"name" maxLength:"256"`
	Unit          string `json:"unit,omitempty" maxLength:"256"`
	ShortName     string `json:"short_name,omitempty" maxLength:"256"`
	ProtocolOrder int    `json:"protocol_order" minimum:"0" maximum:"1000000"`
}

// Resource is something that one meeting at a time can have.
type Resource struct {
	Kind string `json:"kind" enum:"hall,terminal,site,leader"`
	ID   string `json:"id" pattern:"^[A-Za-z0-9_.-]{1,64}$"`
}

// Span is a time from its start to its end, which is not part of it.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Clash is a booking that is in the way.
type Clash struct {
	Resource Resource `json:"resource"`
	Meeting  string   `json:"meeting" doc:"Id of the meeting that has the resource."`
	Subject  string   `json:"subject"`
	Span
}

// Meeting is a meeting as the interface gives it.
type Meeting struct {
	ID      string `json:"id"`
	Version int64  `json:"version" doc:"Grows by one with each change; also the ETag."`
	State   string `json:"state" enum:"scheduled,open,ended,cancelled"`
	Plan
	AlwaysOn bool      `json:"always_on,omitempty" doc:"Has no end and cannot be ended."`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
}

func (p Plan) plan() calendar.Plan {
	out := calendar.Plan{
		Subject: p.Subject, Start: p.Start, End: p.End, Chair: calendar.Person(p.Chair), Speaking: meeting.Speaking(p.Speaking), Secrecy: p.Secrecy,
	}
	if p.Secretary != nil {
		out.Secretary = calendar.Person(*p.Secretary)
	}
	for _, s := range p.Sites {
		out.Sites = append(out.Sites, calendar.Site(s))
	}
	for _, r := range p.Resources {
		out.Resources = append(out.Resources, calendar.Resource{Kind: calendar.Kind(r.Kind), ID: r.ID})
	}
	return out
}

type meetingOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Meeting
}

func output(m calendar.Meeting) *meetingOutput {
	p := Plan{
		Subject: m.Subject, Start: m.Start, End: m.End, Chair: Person(m.Chair), Sites: []Site{}, Speaking: string(m.Speaking),
	}
	if m.Secretary != (calendar.Person{}) {
		secretary := Person(m.Secretary)
		p.Secretary = &secretary
	}
	for _, s := range m.Sites {
		p.Sites = append(p.Sites, Site(s))
	}
	for _, r := range m.Resources {
		p.Resources = append(p.Resources, resourceBody(r))
	}
	return &meetingOutput{ETag: etag(m.Version), Body: Meeting{
		ID: m.ID, Version: m.Version, State: string(m.State), Plan: p, AlwaysOn: m.AlwaysOn, Created: m.Created, Changed: m.Changed,
	}}
}

func resourceBody(r calendar.Resource) Resource { return Resource{string(r.Kind), r.ID} }

func etag(version int64) string { return fmt.Sprintf(`"%d"`, version) }

// version reads an If-Match header; 0 is any version. One that cannot be read is a stale one, by the given error.
func version(ifMatch string, stale error) (int64, error) {
	if ifMatch == "" || ifMatch == "*" {
		return 0, nil
	}
	v, err := strconv.ParseInt(strings.Trim(ifMatch, `"`), 10, 64)
	if err != nil || v < 1 {
		return 0, stale
	}
	return v, nil
}

// OnceHeader is what makes a request safe to repeat.
type OnceHeader struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"A repeated request with the same key answers as the first did, for 24 hours."`
}

type createInput struct {
	OnceHeader
	Body Plan
}

type listInput struct {
	From   time.Time `query:"from" doc:"Meetings that start at this time or later."`
	To     time.Time `query:"to" doc:"Meetings that start before this time."`
	Offset int       `query:"offset" minimum:"0" maximum:"1000000" default:"0"`
	Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type listOutput struct {
	Body struct {
		Meetings []Meeting `json:"meetings"`
		Total    int64     `json:"total"`
	}
}

type idInput struct {
	ID string `path:"id" maxLength:"64"`
}

type changeInput struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on."`
	Body    Plan
}

type cancelInput struct {
	OnceHeader
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on."`
	Body    struct {
		Reason string `json:"reason" maxLength:"1000"`
	}
}

func (s *server) registerMeetings(h huma.API) {
	create := s.operation("create-meeting", http.MethodPost, "/meetings", "Plan a meeting", true)
	create.DefaultStatus = http.StatusCreated
	create.Errors = append(create.Errors, http.StatusConflict)
	register(s, h, create, func(ctx context.Context, in *createInput) (*meetingOutput, error) {
		m, err := s.Calendar.Create(ctx, in.Body.plan(), calendar.Change{Actor: actorID(ctx), IdempotencyKey: in.IdempotencyKey})
		if err != nil {
			return nil, err
		}
		out := output(m)
		out.Location = prefix + "/meetings/" + m.ID
		return out, nil
	})
	register(s, h, s.operation("list-meetings", http.MethodGet, "/meetings", "List meetings by their start", true),
		func(ctx context.Context, in *listInput) (*listOutput, error) {
			meetings, total, err := s.Calendar.List(ctx, calendar.Query{From: in.From, To: in.To, Offset: in.Offset, Limit: in.Limit})
			if err != nil {
				return nil, err
			}
			var out listOutput
			out.Body.Meetings, out.Body.Total = make([]Meeting, 0, len(meetings)), total
			for _, m := range meetings {
				out.Body.Meetings = append(out.Body.Meetings, output(m).Body)
			}
			return &out, nil
		})
	register(s, h, s.operation("get-meeting", http.MethodGet, "/meetings/{id}", "Read a meeting", true),
		func(ctx context.Context, in *idInput) (*meetingOutput, error) {
			m, err := s.Calendar.Get(ctx, in.ID)
			return output(m), err
		})
	change := s.operation("change-meeting", http.MethodPut, "/meetings/{id}", "Change a meeting's plan", true)
	change.Errors = append(change.Errors, http.StatusConflict, http.StatusPreconditionFailed)
	register(s, h, change,
		func(ctx context.Context, in *changeInput) (*meetingOutput, error) {
			v, err := version(in.IfMatch, calendar.ErrStaleVersion)
			if err != nil {
				return nil, err
			}
			m, err := s.Calendar.Change(ctx, in.ID, in.Body.plan(), calendar.Change{Actor: actorID(ctx), Version: v})
			return output(m), err
		})
	register(s, h, s.operation("cancel-meeting", http.MethodPost, "/meetings/{id}/cancel", "Call a meeting off", true),
		func(ctx context.Context, in *cancelInput) (*meetingOutput, error) {
			v, err := version(in.IfMatch, calendar.ErrStaleVersion)
			if err != nil {
				return nil, err
			}
			m, err := s.Calendar.Cancel(ctx, in.ID, in.Body.Reason, calendar.Change{Actor: actorID(ctx), Version: v, IdempotencyKey: in.IdempotencyKey})
			return output(m), err
		})
}
