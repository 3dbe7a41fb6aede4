package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"diemcau/cmd/loadtest/internal/client"
	"diemcau/signaling/protocol"
)

// meeting is one meeting with its synthetic participants. The goroutine of the test owns it.
type meeting struct {
	id          string
	made        bool         // by the test, which ends it
	chair       *participant // presides without media; nil where nothing has to be decided
	publishers  []*participant
	subscribers []*participant
	speaker     int // which of the publishers has the floor
}

// change is a change of the speaker.
type change struct {
	speaker uint32        // name of the publisher who is given the floor
	at      time.Duration // when it was asked for
}

// grant gives the floor to a publisher. Slots 0 of all who receive are expected to follow, but for those of the speaker's own.
func (m *meeting) grant(ctx context.Context, speaker *participant) error {
	seat, chair := speaker.present(), m.chair.present()
	if seat == nil || chair == nil {
		return errors.New("the chair or the speaker is gone")
	}
	c := &change{speaker: speaker.name, at: speaker.test.now()}
	for _, p := range m.receivers() {
		if p != speaker {
			p.inbox.expect(c)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerPatience) // who is to follow counts already
	defer cancel()
	_, err := chair.conn.Ask(ctx, "grant_floor", protocol.GrantFloor{Participant: seat.seat})
	return err
}

// grantFirst gives the floor for the first time, so that somebody speaks when the measurement begins.
func (m *meeting) grantFirst(ctx context.Context) error {
	err := m.grant(ctx, m.publishers[0])
	if refused, ok := errors.AsType[*client.Error](err); ok && !m.made {
		return &client.Error{
			Text: "the floor cannot be given", Err: refused,
			Hint: "--speaker-every needs a meeting that is planned with speaking: floor. Without --meeting the load test makes such ones.",
		}
	}
	return err
}

// takeTurns gives the floor to one publisher after another until ctx ends.
func (m *meeting) takeTurns(ctx context.Context, each time.Duration, granted func(error)) {
	tick := time.NewTicker(each)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if ctx.Err() != nil {
			return // both came at once
		}
		m.speaker = (m.speaker + 1) % len(m.publishers)
		granted(m.grant(ctx, m.publishers[m.speaker]))
	}
}

// receivers are all who receive.
func (m *meeting) receivers() []*participant {
	if len(m.publishers) > 0 && m.publishers[0].receives {
		return append(m.publishers[:len(m.publishers):len(m.publishers)], m.subscribers...)
	}
	return m.subscribers
}

// end ends a meeting that the test has made.
func (m *meeting) end(ctx context.Context) error {
	if !m.made || m.chair == nil {
		return nil
	}
	l := m.chair.present()
	if l == nil {
		return fmt.Errorf("meeting %s goes on: its chair is gone", m.id)
	}
	l.silence() // the socket will be closed
	_, err := l.conn.Ask(ctx, "end_meeting", protocol.EndMeeting{})
	return err
}
