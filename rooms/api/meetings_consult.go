package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/calendar"
	"diemcau/rooms/rights"
)

// Fault is something in a plan that cannot be accepted.
type Fault struct {
	Field    string `json:"field"`
	Code     string `json:"code"`
	Detail   string `json:"detail" doc:"In Vietnamese."`
	DetailEn string `json:"detail_en" doc:"In English."`
}

// Warning is something in a plan that should not be, but can.
type Warning struct {
	Code     string `json:"code" enum:"late_notice,day_off"`
	Detail   string `json:"detail" doc:"In Vietnamese."`
	DetailEn string `json:"detail_en" doc:"In English."`
}

type checkInput struct {
	Body struct {
		Meeting string `json:"meeting,omitempty" maxLength:"64" doc:"Id of the meeting whose plan it is; none for a new one."`
		Scope   string `json:"scope,omitempty" enum:"one,following,all" doc:"Which meetings of its series the plan is for; one when left out."`
		Plan    Plan   `json:"plan" doc:"May be incomplete: what is missing is among the faults."`
	}
}

type checkOutput struct {
	Body struct {
		Faults    []Fault   `json:"faults"`
		Clashes   []Clash   `json:"clashes"`
		Free      []Span    `json:"free" doc:"With clashes: the nearest times at which all resources are free; of several meetings of a series for the first, the others moved alike."`
		Warnings  []Warning `json:"warnings"`
		CalledOff int       `json:"called_off" doc:"How many meetings of the series the plan calls off: those that another rule has no place for."`
	}
}

type freeBusyInput struct {
	Resources []string  `query:"resource,explode" required:"true" minItems:"1" maxItems:"4000" doc:"Kind and id, such as hall:P1."`
	From      time.Time `query:"from" required:"true"`
	To        time.Time `query:"to" required:"true" doc:"At most 92 days after from."`
	Minutes   int       `query:"minutes" minimum:"0" maximum:"1440" doc:"Also propose times of this length at which all are free."`
}

// Busy is a resource that a meeting has for some time.
type Busy struct {
	Resource Resource `json:"resource"`
	Meeting  string   `json:"meeting" doc:"Id; empty where whoever asks may not know of the meeting."`
	Subject  string   `json:"subject"`
	State    string   `json:"state"`
	Span
}

type freeBusyOutput struct {
	Body struct {
		Busy []Busy `json:"busy"`
		Free []Span `json:"free,omitempty"`
	}
}

// MeetingType is a kind of meeting.
type MeetingType struct {
	ID       string `json:"id"`
	Name     string `json:"name" doc:"In Vietnamese."`
	NameEn   string `json:"name_en"`
	Priority int    `json:"priority" doc:"A meeting of a higher one may take what one of a lower one holds."`
	Quorum   string `json:"quorum,omitempty" doc:"How many members must be present, such as 2/3."`
	NoNotice bool   `json:"no_notice,omitempty" doc:"Giấy mời may go out at any time."`
}

type settingsOutput struct {
	Body struct {
		Types             []MeetingType `json:"types"`
		HoldingStates     []string      `json:"holding_states" doc:"In which a meeting holds its resources."`
		Displace          string        `json:"displace" enum:"essential,meeting,resources" doc:"What a meeting loses to one of higher priority: everything; what the other needs; or everything only where that is a hall of its own or somebody who presides."`
		NoticeDays        int           `json:"notice_days" doc:"Working days between giấy mời and the meeting."`
		Holidays          []string      `json:"holidays" doc:"Days on which nobody works."`
		Workdays          []string      `json:"workdays" doc:"Days at the end of a week on which people work."`
		JoinBeforeMinutes int           `json:"join_before_minutes" doc:"How long before its start people may enter a meeting."`
	}
}

// longestConsulted is how much time free and busy is told of.
const longestConsulted = 92 * 24 * time.Hour

func (s *server) registerConsult(h huma.API) {
	check := s.operation("check-meeting", http.MethodPost, "/meetings/check", "Look at a plan while it is written", false)
	check.SkipValidateBody = true // it is not finished
	s.guardAnywhere(&check, rights.ViewCalendar)
	register(s, h, check, s.checkMeeting)
	busy := s.operation("read-free-busy", http.MethodGet, "/freebusy", "Read when halls, sites, terminals and leaders are booked", false)
	s.guardAnywhere(&busy, rights.ViewCalendar)
	register(s, h, busy, s.readFreeBusy)
	settings := s.operation("read-calendar-settings", http.MethodGet, "/calendar/settings", "Read the rules of the calendar", false)
	s.guard(&settings)
	register(s, h, settings, s.readSettings)
}

func (s *server) checkMeeting(ctx context.Context, in *checkInput) (*checkOutput, error) {
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	if in.Body.Meeting != "" {
		if _, err := s.visible(ctx, in.Body.Meeting); err != nil {
			return nil, err
		}
	}
	found, err := s.Calendar.Consult(ctx, in.Body.Meeting, in.Body.Plan.plan(), calendar.Scope(in.Body.Scope))
	if err != nil {
		return nil, err
	}
	out := &checkOutput{}
	b := &out.Body
	b.Faults, b.Clashes, b.Free, b.Warnings = []Fault{}, []Clash{}, []Span{}, []Warning{}
	b.CalledOff = found.CalledOff
	for _, f := range found.Faults {
		t := texts[f.Code]
		b.Faults = append(b.Faults, Fault{f.Field, f.Code, t.vi, t.en})
	}
	for _, c := range found.Clashes {
		b.Clashes = append(b.Clashes, who.clash(c))
	}
	for _, f := range found.Free {
		b.Free = append(b.Free, Span(f))
	}
	for _, code := range found.Warnings {
		t := warnings[code]
		days := strings.NewReplacer("%s", fmt.Sprintf("%02d", who.calendar.NoticeDays))
		b.Warnings = append(b.Warnings, Warning{code, days.Replace(t.vi), days.Replace(t.en)})
	}
	return out, nil
}

func (s *server) readFreeBusy(ctx context.Context, in *freeBusyInput) (*freeBusyOutput, error) {
	resources := make([]calendar.Resource, 0, len(in.Resources))
	for _, text := range in.Resources {
		r, ok := calendar.ParseResource(text)
		if !ok {
			return nil, problem(http.StatusBadRequest, "bad_request", "resource")
		}
		resources = append(resources, r)
	}
	if !in.To.After(in.From) || in.To.Sub(in.From) > longestConsulted {
		return nil, problem(http.StatusBadRequest, "bad_request", "to")
	}
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	busy, free, err := s.Calendar.FreeBusy(ctx, resources, calendar.Span{Start: in.From, End: in.To}, time.Duration(in.Minutes)*time.Minute)
	if err != nil {
		return nil, err
	}
	out := &freeBusyOutput{}
	out.Body.Busy = make([]Busy, 0, len(busy))
	for _, b := range busy {
		row := Busy{Resource: resourceBody(b.Resource), State: string(b.With.State), Span: Span(b.Span)}
		if who.sees(b.With) {
			row.Meeting, row.Subject = b.With.ID, b.With.Subject
		}
		out.Body.Busy = append(out.Body.Busy, row)
	}
	out.Body.Free = mapped(free, func(f calendar.Span) Span { return Span(f) })
	return out, nil
}

func (s *server) readSettings(context.Context, *struct{}) (*settingsOutput, error) {
	settings := s.Calendar.Settings()
	out := &settingsOutput{}
	b := &out.Body
	b.Types = mapped(settings.Types, func(t calendar.Type) MeetingType { return MeetingType(t) })
	b.HoldingStates = mapped(settings.Holding, func(s calendar.State) string { return string(s) })
	b.Displace, b.NoticeDays = string(settings.Displace), settings.NoticeDays
	b.Holidays, b.Workdays = append([]string{}, settings.Holidays...), append([]string{}, settings.Workdays...)
	b.JoinBeforeMinutes = int(settings.JoinBefore.Minutes())
	return out, nil
}
