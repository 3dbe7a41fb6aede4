package meeting

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"
)

// world is a meeting that events are applied to.
type world struct {
	t *testing.T
	s *State
}

func open(t *testing.T, speaking Speaking, roles ...Role) world {
	t.Helper()
	w := world{t, NewState("m")}
	w.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: speaking}})
	for i, r := range roles {
		w.must(Event{Type: SeatTaken, Seat: string(r), Taken: &Person{Name: string(r), Role: r, ProtocolOrder: i}})
	}
	return w
}

func (w world) apply(ev Event) error {
	ev.Seq, ev.At = w.s.Seq+1, time.Unix(1000+w.s.Seq, 0).UTC()
	return w.s.Apply(ev)
}

func (w world) must(ev Event) {
	w.t.Helper()
	if err := w.apply(ev); err != nil {
		w.t.Fatalf("%s: %v", ev.Type, err)
	}
}

// refused applies an event that must change nothing.
func (w world) refused(ev Event, want error) {
	w.t.Helper()
	before, _ := json.Marshal(w.s)
	if err := w.apply(ev); !errors.Is(err, want) {
		w.t.Errorf("%s by %q for %q: %v, want %v", ev.Type, ev.Actor, ev.Seat, err, want)
	}
	if after, _ := json.Marshal(w.s); string(after) != string(before) {
		w.t.Errorf("%s was refused and changed the state", ev.Type)
	}
}

// The rights table of the live procedure, cell by cell.
func TestRights(t *testing.T) {
	type rights struct{ manages, speaks, speaksWithFloor, camera, screen, requests bool }
	table := map[Role]rights{
		RoleChair:       {true, true, true, true, true, true},
		RoleCoChair:     {true, true, true, true, true, true},
		RoleActingChair: {true, true, true, true, true, true},
		RoleSecretary:   {true, false, true, true, true, true},
		RoleDelegate:    {false, false, true, true, false, true},
		RoleSite:        {false, false, true, true, false, true},
		RoleOperator:    {false, false, false, false, false, false},
		RoleDisplay:     {false, false, false, false, false, false},
	}
	if len(table) != len(Roles) {
		t.Fatalf("%d of %d roles", len(table), len(Roles))
	}
	for role, want := range table {
		t.Run(string(role), func(t *testing.T) {
			w := open(t, SpeakingFloor, Roles...)
			id := string(role)
			if got := w.s.Rights(id); got != (Rights{want.speaks, want.camera, want.screen, want.screen}) {
				t.Errorf("may be heard, seen, share: %+v", got)
			}
			if err := w.apply(Event{Type: FloorRequested, Seat: id}); (err == nil) != want.requests {
				t.Errorf("requests the floor: %v", err)
			}
			err := w.apply(Event{Type: FloorGranted, Actor: string(RoleChair), Seat: id})
			if (err == nil) != want.speaksWithFloor || w.s.MayBeHeard(id) != want.speaksWithFloor {
				t.Errorf("given the floor: %v, heard %v", err, w.s.MayBeHeard(id))
			}
			for _, ev := range []Event{
				{Type: FloorGranted, Actor: id, Seat: string(RoleSite)}, {Type: FloorRevoked, Actor: id, Seat: string(RoleSite)}, {Type: MeetingEnded, Actor: id},
				{Type: FloorLocked, Actor: id, On: true}, {Type: SessionChanged, Actor: id, Session: SessionOpen},
				{Type: SpeakingTimeSet, Actor: id, Seconds: 60}, {Type: MicrophoneWithheld, Actor: id, On: true},
				{Type: MicrophoneWithheld, Actor: id, Seat: string(RoleDelegate), On: true}, {Type: MeetingLocked, Actor: id, On: true},
				{Type: SeatAdmitted, Actor: id, Seat: "newcomer"}, {Type: SeatRemoved, Actor: id, Seat: string(RoleDisplay)},
				{Type: StageSet, Actor: id, Stage: &Stage{Show: StageMosaic}},
			} {
				w := open(t, SpeakingFloor, Roles...)
				if ev.Type == FloorRevoked {
					w.must(Event{Type: FloorGranted, Actor: string(RoleSecretary), Seat: string(RoleSite)})
				}
				if want.manages {
					w.must(ev)
				} else {
					w.refused(ev, ErrForbidden)
				}
			}
			// The technician sees to unattended sites too.
			for _, ev := range []Event{
				{Type: MicrophoneWithheld, Actor: id, Seat: string(RoleSite), On: true},
				{Type: DeviceChosen, Actor: id, Seat: string(RoleSite), Device: &Device{Kind: "camera", ID: "a"}},
			} {
				w := open(t, SpeakingFloor, Roles...)
				if want.manages || role == RoleOperator {
					w.must(ev)
				} else {
					w.refused(ev, ErrForbidden)
				}
			}
			// What only the holder of a seat may do, nobody does for another.
			if role != RoleSite {
				for _, kind := range []EventType{FloorRequested, FloorWithdrawn, SourceMuted, SourceActive} {
					if kind == FloorRequested && want.manages {
						continue // entered by who manages the meeting
					}
					w := open(t, SpeakingFloor, Roles...)
					if kind == FloorWithdrawn {
						w.must(Event{Type: FloorRequested, Actor: string(RoleSite), Seat: string(RoleSite)})
					}
					w.refused(Event{Type: kind, Actor: id, Seat: string(RoleSite), Source: SourceMicrophone, On: true}, ErrForbidden)
				}
			}
			if err := w.apply(Event{Type: ChatSent, Actor: id, Text: "Kính thưa"}); (err == nil) != (role != RoleDisplay) {
				t.Errorf("says something: %v", err)
			}
			open := open(t, SpeakingOpen, Roles...)
			if got := open.s.Rights(id); got != (Rights{want.requests, want.requests, want.requests, want.requests}) {
				t.Errorf("in an open meeting: %+v", got)
			}
			if err := open.apply(Event{Type: SourceActive, Seat: id, Source: SourceCamera, On: true}); (err == nil) != want.camera {
				t.Errorf("sends: %v", err)
			}
		})
	}
}

func TestTheFloor(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSecretary, RoleDelegate, RoleSite)
	w.refused(Event{Type: FloorWithdrawn, Seat: "site"}, ErrWrongState)
	w.must(Event{Type: FloorRequested, Seat: "site"})
	w.must(Event{Type: FloorRequested, Seat: "delegate"})
	w.refused(Event{Type: FloorRequested, Seat: "site"}, ErrWrongState)
	if q := w.s.Floor.Queue; len(q) != 2 || q[0].Seat != "site" || q[1].Seat != "delegate" || q[0].Since.IsZero() {
		t.Fatalf("queue %v", q)
	}
	w.must(Event{Type: FloorGranted, Actor: "secretary", Seat: "delegate"}) // out of turn
	if w.s.Floor.Holder != "delegate" || len(w.s.Floor.Queue) != 1 || !w.s.MayBeHeard("delegate") || w.s.MayBeHeard("site") {
		t.Fatalf("%+v", w.s.Floor)
	}
	w.refused(Event{Type: FloorRequested, Seat: "delegate"}, ErrWrongState)
	w.refused(Event{Type: FloorGranted, Actor: "chair", Seat: "delegate"}, ErrWrongState)
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"}) // from one to the other
	if w.s.Floor.Holder != "site" || w.s.MayBeHeard("delegate") || len(w.s.Floor.Queue) != 0 {
		t.Fatalf("%+v", w.s.Floor)
	}
	w.must(Event{Type: FloorWithdrawn, Seat: "site"})
	if w.s.Floor.Holder != "" || w.s.MayBeHeard("site") || !w.s.Floor.Since.IsZero() {
		t.Fatalf("%+v", w.s.Floor)
	}
	w.must(Event{Type: FloorRequested, Seat: "site"})
	w.must(Event{Type: FloorRevoked, Actor: "chair", Seat: "site"}) // struck from the queue
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	w.must(Event{Type: SeatLeft, Seat: "site"})
	if w.s.Floor.Holder != "" {
		t.Error("who has left holds the floor")
	}
	w.refused(Event{Type: FloorGranted, Actor: "chair", Seat: "site"}, ErrNotFound)
	w.refused(Event{Type: FloorGranted, Actor: "nobody", Seat: "delegate"}, ErrNotFound)
	open := open(t, SpeakingOpen, RoleChair, RoleSite)
	open.refused(Event{Type: FloorRequested, Seat: "site"}, ErrWrongState)
}

func TestSeatsOutliveTheirConnections(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSite)
	w.must(Event{Type: SourceMuted, Seat: "site", Source: SourceMicrophone, On: true})
	w.must(Event{Type: SourceActive, Seat: "site", Source: SourceCamera, On: true})
	w.must(Event{Type: FloorGranted, Actor: "chair", Seat: "site"})
	w.must(Event{Type: SeatLost, Seat: "site"})
	w.refused(Event{Type: SeatLost, Seat: "site"}, ErrWrongState)
	if s := w.s.Seats["site"]; s.Connected || s.LostAt.IsZero() || !s.Muted[SourceMicrophone] || w.s.Floor.Holder != "site" {
		t.Fatalf("%+v", s)
	}
	w.must(Event{Type: SeatResumed, Seat: "site", ResumeHash: "next"})
	if s := w.s.Seats["site"]; !s.Connected || !s.LostAt.IsZero() || s.ResumeHash != "next" || !s.Active[SourceCamera] {
		t.Fatalf("%+v", s)
	}
	w.must(Event{Type: SeatTaken, Seat: "site", Taken: &Person{Name: "again", Role: RoleSite}, ResumeHash: "moved"})
	if s := w.s.Seats["site"]; s.Active[SourceCamera] || !s.Muted[SourceMicrophone] || s.Name != "again" {
		t.Fatalf("a seat that moved: %+v", s)
	}
}

func TestChatAndEnd(t *testing.T) {
	w := open(t, SpeakingFloor, RoleChair, RoleSite)
	w.refused(Event{Type: ChatSent, Actor: "site", Text: ""}, ErrInvalid)
	w.refused(Event{Type: ChatSent, Actor: "site", Text: strings.Repeat("ệ", MaxChatText+1)}, ErrInvalid)
	w.refused(Event{Type: ChatSent, Actor: "site", Text: "\xff"}, ErrInvalid)
	w.refused(Event{Type: ChatSent, Actor: "nobody", Text: "x"}, ErrNotFound)
	for i := range MaxChat + 5 {
		w.must(Event{Type: ChatSent, Actor: "site", Text: fmt.Sprint(i)})
	}
	if c := w.s.Chat; len(c) != MaxChat || c[0].Text != "5" || c[0].Name != "site" {
		t.Errorf("%d messages, the oldest %v", len(c), c[0])
	}
	w.must(Event{Type: MeetingEnded, Actor: "chair"})
	w.refused(Event{Type: SeatTaken, Seat: "x", Taken: &Person{Role: RoleSite}}, ErrWrongState)
	if !w.s.Ended || len(w.s.Seats) != 0 {
		t.Errorf("%+v", w.s)
	}
	moved := open(t, SpeakingFloor, RoleChair, RoleSite)
	moved.must(Event{Type: ChatSent, Actor: "site", Text: "x"})
	moved.refused(Event{Type: MeetingDismissed, Actor: "chair"}, ErrForbidden)
	moved.must(Event{Type: MeetingDismissed})
	if s := moved.s; s.Opened || len(s.Seats) != 0 || len(s.Chat) != 0 || s.Seq == 0 {
		t.Errorf("%+v", s)
	}
	moved.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingOpen}})
	always := world{t, NewState("m")}
	always.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingOpen, AlwaysOn: true}})
	always.must(Event{Type: SeatTaken, Seat: "chair", Taken: &Person{Role: RoleChair}})
	always.must(Event{Type: MeetingEnded, Actor: "chair"})
	always.must(Event{Type: SeatTaken, Seat: "chair", Taken: &Person{Role: RoleChair}})
}

func TestWhoPresides(t *testing.T) {
	w := open(t, SpeakingFloor, RoleCoChair, RoleSite)
	if c := w.s.Chair(); c != "co_chair" {
		t.Errorf("%q", c)
	}
	w.must(Event{Type: SeatTaken, Seat: "chair", Taken: &Person{Role: RoleChair, ProtocolOrder: 99}})
	if c := w.s.Chair(); c != "chair" {
		t.Errorf("%q", c)
	}
}

// No event can crash the procedure, what is refused changes nothing, and what was applied can be replayed to the same state.
func TestRandomEvents(t *testing.T) {
	types := []EventType{MeetingOpened, SeatTaken, SeatLost, SeatResumed, SeatLeft, SourceMuted, SourceActive, FloorRequested, FloorWithdrawn, FloorGranted, FloorRevoked, ChatSent, MeetingEnded, "unknown", ""}
	seats := []string{"", "a", "b", "c", "d"}
	for seed := range uint64(40) {
		dice := rand.New(rand.NewPCG(seed, 5))
		s, applied := NewState("m"), []Event{}
		for range 400 {
			ev := Event{
				Seq: s.Seq + 1, At: time.Unix(int64(s.Seq), 0).UTC(), Type: types[dice.IntN(len(types)-1-int(min(s.Seq, 1)))], Actor: seats[dice.IntN(5)], Seat: seats[dice.IntN(5)],
				Source: []Source{SourceCamera, SourceScreen, "x"}[dice.IntN(3)], On: dice.IntN(2) == 0, Text: "x",
			}
			if dice.IntN(2) == 0 {
				ev.Opening = &Opening{Speaking: SpeakingFloor}
				ev.Taken = &Person{Role: Roles[dice.IntN(len(Roles))]}
			}
			if dice.IntN(50) == 0 {
				ev.Seq += 2
			}
			before, _ := json.Marshal(s)
			if err := s.Apply(ev); err != nil {
				if after, _ := json.Marshal(s); string(after) != string(before) {
					t.Fatalf("seed %d: %s was refused and changed the state", seed, ev.Type)
				}
				continue
			}
			applied = append(applied, ev)
		}
		again := NewState("m")
		for _, ev := range applied {
			raw, _ := json.Marshal(ev)
			var kept Event
			if err := json.Unmarshal(raw, &kept); err != nil {
				t.Fatal(err)
			}
			if err := again.Apply(kept); err != nil {
				t.Fatalf("seed %d: replay of %s: %v", seed, ev.Type, err)
			}
		}
		a, _ := json.Marshal(s)
		b, _ := json.Marshal(again)
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d: the replay differs\n%s\n%s", seed, a, b)
		}
	}
}
