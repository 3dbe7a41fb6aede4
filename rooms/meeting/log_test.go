package meeting

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// recorder applies events and appends them.
type recorder struct {
	world
	log *Log
}

func record(t *testing.T, l *Log, id string) recorder {
	t.Helper()
	return recorder{world{t, NewState(id)}, l}
}

func (r recorder) must(ev Event) Event {
	r.t.Helper()
	ev.Seq, ev.At = r.s.Seq+1, time.Unix(r.s.Seq, 0).UTC()
	if err := r.s.Apply(ev); err != nil {
		r.t.Fatal(err)
	}
	if err := r.log.Append(r.t.Context(), r.s.ID, ev); err != nil {
		r.t.Fatal(err)
	}
	return ev
}

// replayed fails unless a replay gives the state that was recorded.
func (r recorder) replayed() {
	r.t.Helper()
	again, err := r.log.Load(r.t.Context(), r.s.ID)
	if err != nil {
		r.t.Fatal(err)
	}
	got, _ := json.Marshal(again)
	want, _ := json.Marshal(r.s)
	if string(got) != string(want) {
		r.t.Fatalf("after %d events the replay gives\n%s\nwant\n%s", r.s.Seq, got, want)
	}
}

func TestReplayAcrossBatchesAndSnapshots(t *testing.T) {
	st := storetest.New(t)
	l := NewLog(st, slog.New(slog.DiscardHandler))
	if s, err := l.Load(t.Context(), "m"); err != nil || s.Seq != 0 || s.Opened || s.ID != "m" {
		t.Fatalf("a meeting without events: %+v %v", s, err)
	}
	r := record(t, l, "m")
	r.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingFloor}})
	r.must(Event{Type: SeatTaken, Seat: "a", Taken: &Person{Name: "Chủ tịch", Role: RoleChair}, ResumeHash: "h"})
	r.must(Event{Type: SourceMuted, Seat: "a", Source: SourceMicrophone, On: true})
	for r.s.Seq < 2*snapshotEvery+10 {
		r.must(Event{Type: ChatSent, Actor: "a", Text: fmt.Sprint(r.s.Seq)})
		if n := r.s.Seq % readBatch; n <= 1 || n == readBatch-1 {
			r.replayed()
		}
	}
	r.replayed()
	if n := st.Client().XLen(t.Context(), eventsKey("m")).Val(); n != r.s.Seq {
		t.Errorf("%d of %d events are in the record", n, r.s.Seq)
	}
	storetest.Kill(t, st)
	storetest.AwaitReady(t, st)
	r.replayed()
}

func TestAMeetingThatIsAlwaysOnForgets(t *testing.T) {
	st := storetest.New(t)
	r := record(t, NewLog(st, slog.New(slog.DiscardHandler)), "practice")
	r.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingOpen, AlwaysOn: true}})
	r.must(Event{Type: SeatTaken, Seat: "a", Taken: &Person{Role: RoleChair}})
	var newest Event
	for r.s.Seq < snapshotEvery {
		newest = r.must(Event{Type: ChatSent, Actor: "a", Text: "Một hai ba"})
	}
	if n := st.Client().XLen(t.Context(), eventsKey("practice")).Val(); n != 1 {
		t.Errorf("%d events are kept", n)
	}
	r.replayed()
	if err := r.log.Append(t.Context(), "practice", newest); err != nil {
		t.Errorf("the newest event again: %v", err)
	}
	r.must(Event{Type: MeetingEnded, Actor: "a"})
	r.must(Event{Type: SeatTaken, Seat: "b", Taken: &Person{Role: RoleSite}})
	r.replayed()
}

func TestAppendIsOnceAndInOrder(t *testing.T) {
	r := record(t, NewLog(storetest.New(t), slog.New(slog.DiscardHandler)), "m")
	first := r.must(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingFloor}})
	second := r.must(Event{Type: SeatTaken, Seat: "a", Taken: &Person{Role: RoleChair}})
	for _, ev := range []Event{first, second, first} {
		if err := r.log.Append(t.Context(), "m", ev); err != nil {
			t.Errorf("event %d again: %v", ev.Seq, err)
		}
	}
	other := second
	other.Seat = "b"
	gap := other
	gap.Seq += 2
	for name, ev := range map[string]Event{"another event with the same number": other, "an event after a gap": gap, "number 0": {}} {
		if err := r.log.Append(t.Context(), "m", ev); !errors.Is(err, ErrSequence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r.replayed()
}

func TestLogWhileRedisIsAway(t *testing.T) {
	st := storetest.New(t)
	l := NewLog(st, slog.New(slog.DiscardHandler))
	ev := Event{Seq: 1, Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingOpen}}
	resume := storetest.Pause(t, st)
	if err := l.Append(t.Context(), "m", ev); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("append: %v", err)
	}
	if _, err := l.Load(t.Context(), "m"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("load: %v", err)
	}
	resume()
	storetest.AwaitReady(t, st)
	if err := l.Append(t.Context(), "m", ev); err != nil { // whether or not the first try arrived
		t.Error(err)
	}
	if s, err := l.Load(t.Context(), "m"); err != nil || s.Seq != 1 {
		t.Errorf("%+v %v", s, err)
	}
}
