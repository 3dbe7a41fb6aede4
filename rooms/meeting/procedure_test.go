package meeting

import (
	"fmt"
	"testing"
	"time"
)

func TestTheSession(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSite, RoleDelegate)
	w.must(Event{Type: FloorRequested, Seat: "delegate"})
	if w.s.Session != SessionGathering {
		t.Fatalf("begins %s", w.s.Session)
	}
	for _, wrong := range []Session{SessionRecess, SessionGathering} {
		w.refused(Event{Type: SessionChanged, Actor: "chair", Session: wrong}, ErrWrongState)
	}
	w.refused(Event{Type: SessionChanged, Actor: "chair", Session: "closed"}, ErrInvalid)
	w.must(Event{Type: SessionChanged, Actor: "chair", Session: SessionOpen})
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	w.must(Event{Type: SessionChanged, Actor: "chair", Session: SessionRecess})
	if w.s.Floor.Holder != "" || len(w.s.Floor.Queue) != 1 || w.s.MayBeHeard("site") || !w.s.MayBeHeard("chair") {
		t.Errorf("in recess: %+v", w.s.Floor)
	}
	w.refused(Event{Type: FloorGranted, Actor: "chair", Seat: "delegate"}, ErrWrongState)
	w.must(Event{Type: SessionChanged, Actor: "chair", Session: SessionOpen})
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "delegate"})
	if !w.s.MayBeHeard("delegate") {
		t.Error("not heard after the recess")
	}
	open := open(t, SpeakingOpen, RoleChair, RoleSite, RoleSecretary)
	open.must(Event{Type: SessionChanged, Actor: "chair", Session: SessionOpen})
	open.must(Event{Type: SessionChanged, Actor: "chair", Session: SessionRecess})
	if open.s.MayBeHeard("site") || !open.s.MayBeHeard("secretary") {
		t.Error("an open meeting in recess is not quiet")
	}
}

func TestSpeakingTime(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSite, RoleDelegate)
	for _, wrong := range []int{-1, MaxSpeakingSeconds + 1} {
		w.refused(Event{Type: SpeakingTimeSet, Actor: "chair", Seconds: wrong}, ErrInvalid)
	}
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	w.refused(Event{Type: FloorExtended, Actor: "chair", Seconds: 120}, ErrWrongState) // no limit
	w.must(Event{Type: SpeakingTimeSet, Actor: "chair", Seconds: 420})
	if w.s.Floor.Limit != 0 {
		t.Error("a running turn was given a limit")
	}
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "delegate"})
	w.refused(Event{Type: FloorExtended, Actor: "chair", Seconds: 0}, ErrInvalid)
	w.must(Event{Type: FloorExtended, Actor: "chair", Seconds: 120})
	if w.s.Floor.Limit != 540 {
		t.Errorf("limit %d", w.s.Floor.Limit)
	}
	w.must(Event{Type: FloorWithdrawn, Seat: "delegate"})
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	if w.s.Floor.Limit != 420 {
		t.Errorf("the next turn is limited to %d", w.s.Floor.Limit)
	}
	w.must(Event{Type: FloorRevoked, Actor: "chair", Seat: "site"})
	w.refused(Event{Type: FloorExtended, Actor: "chair", Seconds: 120}, ErrWrongState)
}

func TestTheQueueIsOrderedAndClosed(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSecretary, RoleSite, RoleDelegate)
	w.must(Event{Type: FloorLocked, Actor: "secretary", On: true})
	w.refused(Event{Type: FloorRequested, Seat: "site"}, ErrWrongState)
	w.must(Event{Type: FloorRequested, Actor: "secretary", Seat: "site"}) // entered by who runs the queue
	w.must(Event{Type: FloorLocked, Actor: "secretary"})
	w.must(Event{Type: FloorRequested, Seat: "delegate"})
	w.must(Event{Type: FloorRequested, Seat: "secretary"})
	order := func(want ...string) {
		t.Helper()
		for i, id := range want {
			if w.s.Floor.Queue[i].Seat != id {
				t.Fatalf("%v, want %v", w.s.Floor.Queue, want)
			}
		}
	}
	w.must(Event{Type: FloorMoved, Actor: "chair", Seat: "secretary", Place: 0})
	order("secretary", "site", "delegate")
	w.must(Event{Type: FloorMoved, Actor: "chair", Seat: "secretary", Place: 99})
	order("site", "delegate", "secretary")
	w.must(Event{Type: FloorMoved, Actor: "chair", Seat: "delegate", Place: 0})
	order("delegate", "site", "secretary")
	w.refused(Event{Type: FloorMoved, Actor: "chair", Seat: "delegate", Place: -1}, ErrInvalid)
	w.refused(Event{Type: FloorMoved, Actor: "chair", Seat: "chair"}, ErrWrongState)
	w.refused(Event{Type: FloorMoved, Actor: "site", Seat: "site"}, ErrForbidden)
	w.refused(Event{Type: FloorRequested, Actor: "chair", Seat: "nobody"}, ErrNotFound)
}

func TestMicrophonesAreWithheld(t *testing.T) {
	w := open(t, SpeakingOpen, Roles...)
	w.must(Event{Type: MicrophoneWithheld, Actor: "chair", Seat: "site", On: true})
	if w.s.MayBeHeard("site") || !w.s.MayBeHeard("delegate") {
		t.Error("one: wrong seat")
	}
	w.must(Event{Type: MicrophoneWithheld, Actor: "chair", Seat: "site"})
	w.must(Event{Type: MicrophoneWithheld, Actor: "secretary", On: true})
	heard := map[Role]bool{RoleChair: true, RoleCoChair: true, RoleActingChair: true, RoleSecretary: true}
	for _, r := range Roles {
		if w.s.MayBeHeard(string(r)) != heard[r] {
			t.Errorf("all: %s", r)
		}
	}
	for _, r := range []Role{RoleChair, RoleCoChair, RoleActingChair, RoleDisplay, RoleOperator} {
		w.refused(Event{Type: MicrophoneWithheld, Actor: "secretary", Seat: string(r), On: true}, ErrForbidden)
	}
	w.refused(Event{Type: MicrophoneWithheld, Actor: "operator", Seat: "delegate", On: true}, ErrForbidden)
	w.refused(Event{Type: MicrophoneWithheld, Actor: "operator", On: true}, ErrForbidden)
	w.must(Event{Type: MicrophoneWithheld, Actor: "secretary"})
	if !w.s.MayBeHeard("site") {
		t.Error("all are not heard again")
	}
	floor := open(t, SpeakingFloor, RoleChair, RoleSite)
	floor.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	floor.must(Event{Type: MicrophoneWithheld, Actor: "chair", On: true})
	if !floor.s.MayBeHeard("site") {
		t.Error("all: the floor-holder was silenced")
	}
	floor.must(Event{Type: MicrophoneWithheld, Actor: "chair", Seat: "site", On: true})
	if floor.s.MayBeHeard("site") {
		t.Error("the floor-holder was not silenced")
	}
	floor.must(Event{Type: FloorWithdrawn, Seat: "site"})
	floor.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	if !floor.s.MayBeHeard("site") {
		t.Error("the floor does not open the microphone")
	}
}

func TestTheWaitingRoom(t *testing.T) {
	w := open(t, SpeakingOpen, RoleChair, RoleSecretary, RoleSite, RoleDelegate)
	wait := func(seat string, role Role, want bool) {
		t.Helper()
		if w.s.MustWait(seat, role) != want {
			t.Errorf("%s waits: %v", seat, !want)
		}
	}
	wait("new", RoleSite, false)
	w.must(Event{Type: MeetingLocked, Actor: "chair", On: true})
	wait("new", RoleSite, true)
	wait("site", RoleSite, false) // it has its seat
	wait("another", RoleCoChair, false)
	w.must(Event{Type: SeatAdmitted, Actor: "chair", Seat: "new"})
	wait("new", RoleSite, false)
	w.must(Event{Type: SeatTaken, Seat: "new", Taken: &Person{Name: "A", Role: RoleSite}})
	w.must(Event{Type: SeatRemoved, Actor: "secretary", Seat: "new"})
	w.must(Event{Type: MeetingLocked, Actor: "chair"})
	wait("new", RoleSite, true) // taken out
	wait("other", RoleSite, false)
	w.must(Event{Type: SeatAdmitted, Actor: "chair", Seat: "new"})
	wait("new", RoleSite, false)
	w.refused(Event{Type: SeatRemoved, Actor: "secretary", Seat: "chair"}, ErrForbidden)
	w.refused(Event{Type: SeatRemoved, Actor: "secretary", Seat: "secretary"}, ErrForbidden)
}

func TestWhoIsTakenOutHasNoPartLeft(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSite, RoleDelegate)
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	w.must(Event{Type: FloorRequested, Seat: "delegate"})
	w.must(Event{Type: StageSet, Actor: "chair", Stage: &Stage{Show: StageParticipant, Seat: "site"}})
	w.must(Event{Type: SeatRemoved, Actor: "chair", Seat: "site"})
	w.must(Event{Type: SeatRemoved, Actor: "chair", Seat: "delegate"})
	if w.s.Floor.Holder != "" || len(w.s.Floor.Queue) != 0 || w.s.Stage.Show != StageProgramme || len(w.s.Seats) != 1 || len(w.s.Departed) != 0 {
		t.Errorf("%+v", w.s)
	}
}

func TestTheStage(t *testing.T) {
	w := open(t, SpeakingFloor, Roles...)
	if w.s.Stage.Show != StageProgramme {
		t.Fatalf("begins with %v", w.s.Stage)
	}
	for _, wrong := range []*Stage{
		nil, {}, {Show: "all"}, {Show: StageMosaic, Page: -1}, {Show: StageParticipant}, {Show: StageMosaic, Seat: "site"},
	} {
		w.refused(Event{Type: StageSet, Actor: "chair", Stage: wrong}, ErrInvalid)
	}
	w.refused(Event{Type: StageSet, Actor: "chair", Stage: &Stage{Show: StageParticipant, Seat: "nobody"}}, ErrNotFound)
	w.refused(Event{Type: StageSet, Actor: "chair", Stage: &Stage{Show: StageParticipant, Seat: "display"}}, ErrForbidden)
	w.must(Event{Type: StageSet, Actor: "chair", Stage: &Stage{Show: StageParticipant, Seat: "site"}})
	w.must(Event{Type: SeatLost, Seat: "site"})
	if w.s.Stage.Seat != "site" {
		t.Error("a lost site is not shown any more")
	}
	w.must(Event{Type: SeatLeft, Seat: "site"})
	if w.s.Stage.Show != StageProgramme {
		t.Error("a site that is gone is shown")
	}
}

func TestSitesThatAreGoneKeepTheirPlace(t *testing.T) {
	w := open(t, SpeakingOpen, RoleChair, RoleSite, RoleDelegate)
	w.must(Event{Type: SeatLost, Seat: "site"})
	lost := w.s.Seats["site"].LostAt
	w.must(Event{Type: SeatLeft, Seat: "site"})
	if d := w.s.Departed["site"]; !d.Lost || !d.At.Equal(lost) || d.Name != "site" {
		t.Errorf("lost: %+v", d)
	}
	w.must(Event{Type: SeatTaken, Seat: "site", Taken: &Person{Name: "site", Role: RoleSite}})
	if len(w.s.Departed) != 0 {
		t.Error("it is back and gone")
	}
	w.must(Event{Type: SeatLeft, Seat: "site", Actor: "site"})
	if d := w.s.Departed["site"]; d.Lost || d.At.Before(lost.Add(time.Second)) {
		t.Errorf("left: %+v", d)
	}
	w.must(Event{Type: SeatLeft, Seat: "delegate"})
	if len(w.s.Departed) != 1 {
		t.Error("people are kept like sites")
	}
}

func TestAMeetingThatIsAlwaysOnBeginsAnew(t *testing.T) {
	w := world{t, NewState("m")}
	w.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingOpen, AlwaysOn: true}})
	w.must(Event{Type: SeatTaken, Seat: "chair", Taken: &Person{Name: "c", Role: RoleChair}})
	if w.s.Session != SessionOpen {
		t.Fatalf("begins %s", w.s.Session)
	}
	w.must(Event{Type: MeetingLocked, Actor: "chair", On: true})
	w.must(Event{Type: SessionChanged, Actor: "chair", Session: SessionRecess})
	w.must(Event{Type: SeatLeft, Seat: "chair"})
	if w.s.Locked || w.s.Session != SessionOpen || w.s.MustWait("new", RoleSite) {
		t.Errorf("what was left: %+v", w.s)
	}
}

// What was decided of a microphone outlives its seat, and counts for those who come later.
func TestWithheldMicrophonesStayClosed(t *testing.T) {
	w := open(t, SpeakingOpen, RoleChair, RoleSite, RoleDelegate)
	w.must(Event{Type: MicrophoneWithheld, Actor: "chair", Seat: "site", On: true})
	w.must(Event{Type: SeatLeft, Seat: "site", Actor: "site"})
	w.must(Event{Type: SeatTaken, Seat: "site", Taken: &Person{Name: "site", Role: RoleSite}})
	if w.s.MayBeHeard("site") {
		t.Error("who left and came back is heard")
	}
	w.must(Event{Type: MicrophoneWithheld, Actor: "chair", On: true})
	w.must(Event{Type: SeatTaken, Seat: "late", Taken: &Person{Name: "late", Role: RoleSite}})
	if w.s.MayBeHeard("late") || w.s.Rights("late").ScreenAudio || !w.s.Rights("late").Screen {
		t.Errorf("who came later: %+v", w.s.Rights("late"))
	}
	w.must(Event{Type: MicrophoneWithheld, Actor: "chair", Seat: "late"})
	if !w.s.MayBeHeard("late") || w.s.MayBeHeard("delegate") {
		t.Error("one of all")
	}
}

func TestWhoWasTakenOutWaitsWhateverItsRole(t *testing.T) {
	w := open(t, SpeakingOpen, RoleChair, RoleSecretary)
	w.must(Event{Type: SeatRemoved, Actor: "chair", Seat: "secretary"})
	if !w.s.MustWait("secretary", RoleSecretary) {
		t.Error("a secretary who was taken out walks in")
	}
}

func TestASiteHasOnePlace(t *testing.T) {
	w := open(t, SpeakingOpen, RoleChair)
	for _, id := range []string{"a", "b"} {
		w.must(Event{Type: SeatTaken, Seat: id, Taken: &Person{Name: "An Lạc", Unit: "UBND", Role: RoleSite}})
		w.must(Event{Type: SeatLeft, Seat: id})
	}
	if _, ok := w.s.Departed["b"]; !ok || len(w.s.Departed) != 1 {
		t.Errorf("%+v", w.s.Departed)
	}
	for i := range MaxSeats + 3 {
		id := fmt.Sprint(i)
		w.must(Event{Type: SeatTaken, Seat: id, Taken: &Person{Name: id, Role: RoleSite}})
		w.must(Event{Type: SeatLeft, Seat: id})
	}
	if _, ok := w.s.Departed["b"]; ok || len(w.s.Departed) != MaxSeats {
		t.Errorf("%d places", len(w.s.Departed))
	}
}

func TestSnapshotsOfBeforeAreCompleted(t *testing.T) {
	for alwaysOn, want := range map[bool]Session{true: SessionOpen, false: SessionGathering} {
		s := State{Opened: true, AlwaysOn: alwaysOn}
		s.complete()
		if s.Session != want || s.Stage.Show != StageProgramme {
			t.Errorf("%+v", s)
		}
	}
}
