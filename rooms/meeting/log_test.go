package meeting

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

func TestLogReplaysWhatWasAppended(t *testing.T) {
	s := storetest.New(t)
	l := NewLog(s, slog.New(slog.DiscardHandler))
	state, err := l.Load(t.Context(), "m")
	if err != nil || state.Seq != 0 || state.Opened {
		t.Fatalf("%+v %v", state, err)
	}
	record := func(ev Event) Event {
		t.Helper()
		ev.Seq, ev.At = state.Seq+1, time.Unix(state.Seq, 0).UTC()
		if err := state.Apply(ev); err != nil {
			t.Fatal(err)
		}
		if err := l.Append(t.Context(), "m", ev); err != nil {
			t.Fatal(err)
		}
		return ev
	}
	record(Event{Type: MeetingOpened, Opening: &Opening{Speaking: SpeakingFloor}})
	record(Event{Type: SeatTaken, Seat: "a", Taken: &Person{Name: "Chủ tịch", Role: RoleChair}, ResumeHash: "h"})
	last := record(Event{Type: SourceMuted, Seat: "a", Source: SourceMicrophone, On: true})

	if err := l.Append(t.Context(), "m", last); err != nil {
		t.Errorf("the same event again: %v", err)
	}
	other := last
	other.On = false
	if err := l.Append(t.Context(), "m", other); !errors.Is(err, ErrSequence) {
		t.Errorf("another event with the same number: %v", err)
	}
	other.Seq += 2
	if err := l.Append(t.Context(), "m", other); !errors.Is(err, ErrSequence) {
		t.Errorf("an event after a gap: %v", err)
	}
	// Many events are cut to a snapshot; the state stays.
	for i := range snapshotEvery {
		last = record(Event{Type: ChatSent, Actor: "a", Text: fmt.Sprint(i)})
	}
	if n := s.Client().LLen(t.Context(), eventsKey("m")).Val(); n >= snapshotEvery {
		t.Errorf("%d events are kept", n)
	}
	if err := l.Append(t.Context(), "m", last); err != nil {
		t.Errorf("the newest event again, after the cut: %v", err)
	}
	record(Event{Type: ChatSent, Actor: "a", Text: "after"})
	storetest.Kill(t, s)
	deadline := time.Now().Add(20 * time.Second)
	for {
		again, err := l.Load(t.Context(), "m")
		if err == nil {
			if again.Seq != state.Seq || !again.Seats["a"].Muted[SourceMicrophone] || again.Seats["a"].ResumeHash != "h" || len(again.Chat) != MaxChat || again.Chat[MaxChat-1].Text != "after" {
				t.Errorf("after a crash: %+v", again)
			}
			return
		}
		if !errors.Is(err, store.ErrUnavailable) || time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
