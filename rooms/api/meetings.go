package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/calendar"
	"diemcau/rooms/rights"
)

// Span is a time from its start to its end, which is not part of it.
type Span struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
}

// Clash is a booking that is in the way.
type Clash struct {
	Resource    Resource `json:"resource"`
	Meeting     string   `json:"meeting" doc:"Id of the meeting that has the resource; empty where whoever asks may not know of it."`
	Subject     string   `json:"subject"`
	Priority    int      `json:"priority" doc:"Of the meeting's type."`
	PreEmptible bool     `json:"pre_emptible" doc:"The plan has a higher priority."`
	Span
}

type meetingOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Meeting
}

func (s *server) output(ctx context.Context, m calendar.Meeting, err error) (*meetingOutput, error) {
	if clash := (*calendar.ClashError)(nil); errors.As(err, &clash) {
		return nil, s.overlap(ctx, clash)
	}
	if err != nil {
		return nil, err
	}
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	return &meetingOutput{ETag: etag(m.Version), Body: who.meeting(m)}, nil
}

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

// PreEmptQuery is for requests that book.
type PreEmptQuery struct {
	PreEmpt bool `query:"pre_empt" doc:"Take what meetings of lower priority hold; needs the right pre_empt."`
}

// ScopeQuery is for changes of a meeting that may be one of a series.
type ScopeQuery struct {
	Scope string `query:"scope" enum:"one,following,all" default:"one" doc:"Of a series: this meeting, it and those that follow, or all that are still to come."`
}

type createInput struct {
	OnceHeader
	PreEmptQuery
	Body struct {
		Plan
		State string `json:"state,omitempty" enum:"draft,issued" doc:"issued when absent: planned and announced at once."`
	}
}

type listInput struct {
	From      time.Time `query:"from" doc:"Meetings that end after this time; three months ago when absent and only some meetings are wanted or may be seen."`
	To        time.Time `query:"to" doc:"Meetings that start before this time."`
	State     []string  `query:"state" maxItems:"9" doc:"Only in these states."`
	Text      string    `query:"q" maxLength:"256" doc:"Words of the subject, the chair or the halls, without regard to case and diacritics."`
	Mine      bool      `query:"mine" doc:"Only what whoever asks has planned or is invited to."`
	Displaced bool      `query:"displaced" doc:"Only what has lost something to a meeting of higher priority and is for whoever asks to plan."`
	Series    string    `query:"series" maxLength:"64" doc:"Only the meetings of a series."`
	Offset    int       `query:"offset" minimum:"0" maximum:"1000000" default:"0"`
	Limit     int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
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
	OnceHeader
	PreEmptQuery
	ScopeQuery
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on."`
	Body    Plan
}

type actInput struct {
	OnceHeader
	ScopeQuery
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the action is based on."`
	Body    struct {
		Reason    string     `json:"reason,omitempty" maxLength:"1000" doc:"Needed to return, postpone, reschedule and cancel."`
		Start     time.Time  `json:"start,omitzero" doc:"The new start, to reschedule."`
		End       time.Time  `json:"end,omitzero" doc:"The new end, to reschedule."`
		Resources []Resource `json:"resources,omitempty" maxItems:"4000" doc:"What is taken back, to reclaim; everything that was taken when absent."`
		// PreEmpt is as in the queries of those that send a plan.
		PreEmpt bool `json:"pre_empt,omitempty" doc:"Take what meetings of lower priority hold; needs the right pre_empt."`
	}
}

func (s *server) registerMeetings(h huma.API) {
	create := s.operation("create-meeting", http.MethodPost, "/meetings", "Plan a meeting", false)
	create.DefaultStatus = http.StatusCreated
	create.Errors = append(create.Errors, http.StatusConflict)
	s.guardAnywhere(&create, rights.ViewCalendar)
	register(s, h, create, s.createMeeting)

	list := s.operation("list-meetings", http.MethodGet, "/meetings", "List meetings in the order of their start", false)
	s.guardAnywhere(&list, rights.ViewCalendar)
	register(s, h, list, s.listMeetings)

	get := s.operation("get-meeting", http.MethodGet, "/meetings/{id}", "Read a meeting", false)
	s.guardAnywhere(&get, rights.ViewCalendar)
	register(s, h, get, func(ctx context.Context, in *idInput) (*meetingOutput, error) {
		m, err := s.visible(ctx, in.ID)
		return s.output(ctx, m, err)
	})

	change := s.operation("change-meeting", http.MethodPut, "/meetings/{id}", "Change a meeting's plan", false)
	change.Errors = append(change.Errors, http.StatusConflict, http.StatusPreconditionFailed)
	s.guardAnywhere(&change, rights.ViewCalendar)
	register(s, h, change, func(ctx context.Context, in *changeInput) (*meetingOutput, error) {
		v, err := version(in.IfMatch, calendar.ErrStaleVersion)
		if err != nil {
			return nil, err
		}
		who, err := s.asker(ctx)
		if err != nil {
			return nil, err
		}
		by := who.change(in.IdempotencyKey, v)
		by.PreEmpt, by.Scope = in.PreEmpt, calendar.Scope(in.Scope)
		m, err := s.Calendar.Change(ctx, in.ID, in.Body.plan(), by)
		return s.output(ctx, m, err)
	})
	s.registerActions(h)
	s.registerConsult(h)
	s.registerJoin(h)
}

// registerActions gives each action of a meeting's life an address.
func (s *server) registerActions(h huma.API) {
	for a, summary := range map[calendar.Action]string{
		calendar.ActSubmit: "Submit a draft", calendar.ActApprove: "Approve a meeting into the weekly schedule", calendar.ActReturn: "Return a meeting to its planner",
		calendar.ActIssue: "Issue a meeting's giấy mời", calendar.ActPostpone: "Postpone a meeting", calendar.ActReschedule: "Give a meeting another time",
		calendar.ActCancel: "Call a meeting off", calendar.ActConclude: "Conclude a meeting",
		calendar.ActReclaim: "Hold again what a meeting of higher priority has taken",
	} {
		o := s.operation(string(a)+"-meeting", http.MethodPost, "/meetings/{id}/"+string(a), summary, false)
		o.Errors = append(o.Errors, http.StatusConflict, http.StatusPreconditionFailed)
		s.guardAnywhere(&o, rights.ViewCalendar)
		register(s, h, o, func(ctx context.Context, in *actInput) (*meetingOutput, error) {
			v, err := version(in.IfMatch, calendar.ErrStaleVersion)
			if err != nil {
				return nil, err
			}
			who, err := s.asker(ctx)
			if err != nil {
				return nil, err
			}
			asked := calendar.Request{
				Reason: in.Body.Reason, Start: in.Body.Start, End: in.Body.End,
				Resources: mapped(in.Body.Resources, Resource.resource),
			}
			by := who.change(in.IdempotencyKey, v)
			by.PreEmpt, by.Scope = in.Body.PreEmpt, calendar.Scope(in.Scope)
			m, err := s.Calendar.Act(ctx, in.ID, a, asked, by)
			return s.output(ctx, m, err)
		})
	}
	o := s.operation("read-history", http.MethodGet, "/meetings/{id}/history", "Read what was done to a meeting", false)
	s.guardAnywhere(&o, rights.ViewCalendar)
	register(s, h, o, s.readHistory)
}

func (s *server) createMeeting(ctx context.Context, in *createInput) (*meetingOutput, error) {
	create := s.Calendar.Create
	if in.Body.State == string(calendar.StateDraft) {
		create = s.Calendar.Draft
	}
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	by := who.change(in.IdempotencyKey, 0)
	by.PreEmpt = in.PreEmpt
	m, err := create(ctx, in.Body.plan(), by)
	out, err := s.output(ctx, m, err)
	if err != nil {
		return nil, err
	}
	out.Location = prefix + "/meetings/" + m.ID
	return out, nil
}

// visible reads a meeting that whoever asks may know of, or returns calendar.ErrNotFound.
func (s *server) visible(ctx context.Context, id string) (calendar.Meeting, error) {
	m, err := s.Calendar.Get(ctx, id)
	if err != nil {
		return m, err
	}
	who, err := s.asker(ctx)
	if err == nil && !who.sees(m) {
		return calendar.Meeting{}, calendar.ErrNotFound
	}
	return m, err
}

func (s *server) listMeetings(ctx context.Context, in *listInput) (*listOutput, error) {
	for _, state := range in.State {
		if !slices.Contains(calendar.States, calendar.State(state)) {
			return nil, problem(http.StatusBadRequest, "bad_request", "state")
		}
	}
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	q := calendar.Query{From: in.From, To: in.To, Series: in.Series, Offset: in.Offset, Limit: in.Limit}
	if chosen := who.chosen(in); chosen != nil {
		q.Where = chosen
		if q.From.IsZero() && q.Series == "" {
			q.From = s.now().AddDate(0, -3, 0)
		}
	}
	meetings, total, err := s.Calendar.List(ctx, q)
	if err != nil {
		return nil, err
	}
	var out listOutput
	out.Body.Meetings, out.Body.Total = make([]Meeting, 0, len(meetings)), total
	for _, m := range meetings {
		out.Body.Meetings = append(out.Body.Meetings, who.meeting(m))
	}
	return &out, nil
}

// HistoryEntry is something that was done to a meeting.
type HistoryEntry struct {
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor" doc:"Id of the account."`
	ActorName string         `json:"actor_name,omitempty" doc:"As it was then."`
	Action    string         `json:"action" doc:"created, changed, submitted, approved, returned, issued, postponed, rescheduled, cancelled, opened, concluded, displaced, reclaimed, or invited."`
	Revision  int            `json:"revision" doc:"Of the meeting, after it."`
	Reason    string         `json:"reason,omitempty"`
	Changes   []Difference   `json:"changes,omitempty"`
	Meetings  []OtherMeeting `json:"meetings,omitempty" doc:"That it displaced; of one that was displaced, the one that did."`
	Invited   string         `json:"invited,omitempty" doc:"Whom a link was made for."`
}

// OtherMeeting is a meeting that a change of another has to do with.
type OtherMeeting struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
}

// Difference is how a field of the plan was changed.
type Difference struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty" doc:"Of a list: what was taken out."`
	After  string `json:"after,omitempty" doc:"Of a list: what was put in."`
}

type historyOutput struct {
	Body struct {
		Entries []HistoryEntry `json:"entries"`
	}
}

func (s *server) readHistory(ctx context.Context, in *idInput) (*historyOutput, error) {
	m, err := s.visible(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	entries, err := s.Calendar.History(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	out := &historyOutput{}
	out.Body.Entries = make([]HistoryEntry, 0, len(entries))
	for _, e := range entries {
		entry := HistoryEntry{
			At: e.At, Actor: e.Actor, ActorName: e.ActorName, Action: e.Action, Revision: e.Revision, Reason: e.Reason,
			Changes: mapped(e.Changes, func(d calendar.Difference) Difference { return Difference(d) }),
		}
		if who.plans(m) {
			entry.Meetings = mapped(e.Others, func(o calendar.Other) OtherMeeting { return OtherMeeting(o) })
		}
		if e.Issued != nil {
			entry.Invited = e.Issued.Name
		}
		out.Body.Entries = append(out.Body.Entries, entry)
	}
	return out, nil
}
