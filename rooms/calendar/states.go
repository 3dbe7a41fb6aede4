package calendar

import (
	"slices"
	"time"

	"diemcau/rooms/rights"
)

// State is where a meeting stands.
type State string

// The states of a meeting: draft → submitted → approved (or returned) → issued → held → concluded; postponed and cancelled.
const (
	StateDraft     State = "draft"
	StateSubmitted State = "submitted"
	StateReturned  State = "returned"  // by the approver, with a reason
	StateApproved  State = "approved"  // stands in the weekly schedule
	StateIssued    State = "issued"    // giấy mời is out
	StateHeld      State = "held"      // under way: its start has come, and people are in it
	StateConcluded State = "concluded" // over
	StatePostponed State = "postponed" // waits for another time
	StateCancelled State = "cancelled"
)

// States are all states, in the order of a meeting's life.
var States = []State{
	StateDraft, StateSubmitted, StateReturned, StateApproved, StateIssued, StateHeld, StateConcluded, StatePostponed, StateCancelled,
}

// Action is what is done to a meeting.
type Action string

// The actions.
const (
	ActChange     Action = "change" // of the plan
	ActSubmit     Action = "submit"
	ActApprove    Action = "approve"
	ActReturn     Action = "return"
	ActIssue      Action = "issue"
	ActPostpone   Action = "postpone"
	ActReschedule Action = "reschedule"
	ActCancel     Action = "cancel"
	ActOpen       Action = "open" // at its start, or by the first who enters then
	ActConclude   Action = "conclude"
	ActReclaim    Action = "reclaim" // holds again what a meeting of higher priority has taken
)

// Actions are all actions, in the order of a meeting's life.
var Actions = []Action{
	ActChange, ActSubmit, ActApprove, ActReturn, ActIssue, ActPostpone, ActReschedule, ActCancel, ActOpen, ActConclude, ActReclaim,
}

// Step is what an action does to a meeting in some state.
type Step struct {
	To       State
	Right    rights.Action // of whoever does it; empty where only the server does
	Revision bool          // what was announced changes: "Điều chỉnh lần n"
}

// steps is the life of a meeting: what is not in it cannot be done.
var steps = map[State]map[Action]Step{
	StateDraft: {
		ActChange:  {To: StateDraft, Right: rights.Draft},
		ActSubmit:  {To: StateSubmitted, Right: rights.Submit},
		ActCancel:  {To: StateCancelled, Right: rights.Draft},
		ActReclaim: {To: StateDraft, Right: rights.Draft},
	},
	StateSubmitted: {
		ActApprove: {To: StateApproved, Right: rights.Approve},
		ActReturn:  {To: StateReturned, Right: rights.Return},
		ActCancel:  {To: StateCancelled, Right: rights.Draft},
		ActReclaim: {To: StateSubmitted, Right: rights.Draft},
	},
	StateReturned: {
		ActChange: {To: StateReturned, Right: rights.Draft},
		ActSubmit: {To: StateSubmitted, Right: rights.Submit},
		ActCancel: {To: StateCancelled, Right: rights.Draft},
	},
	StateApproved: {
		ActChange:     {To: StateApproved, Right: rights.Reschedule, Revision: true},
		ActIssue:      {To: StateIssued, Right: rights.Issue},
		ActPostpone:   {To: StatePostponed, Right: rights.Reschedule, Revision: true},
		ActReschedule: {To: StateApproved, Right: rights.Reschedule, Revision: true},
		ActCancel:     {To: StateCancelled, Right: rights.Cancel, Revision: true},
		ActReclaim:    {To: StateApproved, Right: rights.Reschedule, Revision: true},
	},
	StateIssued: {
		ActChange:     {To: StateIssued, Right: rights.Reschedule, Revision: true},
		ActPostpone:   {To: StatePostponed, Right: rights.Reschedule, Revision: true},
		ActReschedule: {To: StateIssued, Right: rights.Reschedule, Revision: true},
		ActCancel:     {To: StateCancelled, Right: rights.Cancel, Revision: true},
		ActOpen:       {To: StateHeld},
		ActConclude:   {To: StateConcluded, Right: rights.RunMeeting},
		ActReclaim:    {To: StateIssued, Right: rights.Reschedule, Revision: true},
	},
	StateHeld: {
		ActConclude: {To: StateConcluded, Right: rights.RunMeeting},
		ActReclaim:  {To: StateHeld, Right: rights.Reschedule, Revision: true},
	},
	StatePostponed: {
		ActChange:     {To: StatePostponed, Right: rights.Reschedule},
		ActReschedule: {To: StateApproved, Right: rights.Reschedule, Revision: true}, // its giấy mời is issued again
		ActCancel:     {To: StateCancelled, Right: rights.Cancel, Revision: true},
	},
}

// Transition tells what an action does to a meeting in a state, and whether it can be done at all.
func Transition(from State, a Action) (Step, bool) {
	s, ok := steps[from][a]
	return s, ok
}

// Transition tells what an action does to a meeting as it is at a moment, and whether it can be done: what has lost nothing takes nothing back, and
// what lets nobody in yet cannot be concluded.
func (s Settings) Transition(m Meeting, a Action, at time.Time) (Step, bool) {
	step, ok := Transition(m.State, a)
	switch {
	case m.AlwaysOn, a == ActReclaim && len(m.Displaced) == 0, a == ActConclude && m.State != StateHeld && at.Before(s.OpensAt(m)):
		ok = false
	}
	return step, ok
}

// NeedsReason tells whether an action is refused without a reason.
func (a Action) NeedsReason() bool {
	return slices.Contains([]Action{ActReturn, ActPostpone, ActReschedule, ActCancel}, a)
}

// done is how the journal names an action.
var done = map[Action]string{
	ActChange: "changed", ActSubmit: "submitted", ActApprove: "approved", ActReturn: "returned", ActIssue: "issued", ActPostpone: "postponed",
	ActReschedule: "rescheduled", ActCancel: "cancelled", ActOpen: "opened", ActConclude: "concluded",
	ActReclaim: "reclaimed",
}

// Announced tells whether more people than those who plan it may know of the meeting: it was approved once.
func (m Meeting) Announced() bool {
	switch m.State {
	case StateDraft, StateSubmitted, StateReturned:
		return false
	case StateCancelled: // calling off what was announced raises its revision
		return m.Revision > 0
	case StateApproved, StateIssued, StateHeld, StateConcluded, StatePostponed:
	}
	return true
}
