package signaling

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// waiter is somebody in the waiting room. It is not part of the procedure: whoever loses the socket waits anew.
type waiter struct {
	session *session
	claims  access.Claims
	since   time.Time
}

// keepWaiting has a session wait until its seat is admitted.
func (c *coordinator) keepWaiting(s *session, claims access.Claims) error {
	if len(c.waiting) >= meeting.MaxSeats {
		return fmt.Errorf("%w: %d in the waiting room", meeting.ErrLimit, len(c.waiting))
	}
	since := time.Now()
	if before := c.waiting[claims.Seat]; before != nil {
		since = before.since
		before.session.conn.out.send(encode("seat_moved", "", protocol.SeatMoved{}))
		before.session.conn.out.close(protocol.CloseSeatMoved, "seat moved")
	}
	c.waiting[claims.Seat] = &waiter{session: s, claims: claims, since: since}
	s.conn.out.welcome(encode("in_waiting_room", "", protocol.InWaitingRoom{
		Meeting: meetingOf(c.plan, c.state), ServerTime: wireTime(time.Now()),
	}))
	c.tellWaiting()
	return nil
}

// stopWaiting takes a session out of the waiting room. It is false for one that is not there.
func (c *coordinator) stopWaiting(s *session) bool {
	for seat, w := range c.waiting {
		if w.session == s {
			delete(c.waiting, seat)
			c.tellWaiting()
			return true
		}
	}
	return false
}

// dismissWaiting tells all who wait why it is over, and closes their sockets.
func (c *coordinator) dismissWaiting(name string, body any, end farewell) {
	for _, w := range c.waiting {
		w.session.conn.out.send(encode(name, "", body))
		w.session.conn.out.close(end.code, end.reason)
	}
	clear(c.waiting)
}

// letIn gives a waiter its seat.
func (c *coordinator) letIn(w *waiter) {
	delete(c.waiting, w.claims.Seat)
	token, hash := newResumeToken(c.id, w.claims.Seat)
	w.session.conn.out.hold()
	welcome, _, err := c.seatIn(w.session, w.claims, hash)
	if err != nil {
		w.session.fail("", err, w.session.id)
		w.session.conn.out.close(closeTryAgain, "not joined")
		return
	}
	// It does not wait for the store: should the token be lost with the server, the client joins by its invitation.
	welcome.ResumeToken = token
	w.session.conn.out.welcome(encode("welcome", "", welcome))
}

// letInAtOnce is how many are let in in one turn of the coordinator: others have their turn between.
const letInAtOnce = 10

// letInAll gives a seat to those who need not wait any more, some in each turn.
func (c *coordinator) letInAll() {
	done := 0
	for _, w := range c.waiting {
		if c.state.MustWait(w.claims.Seat, w.claims.Role) {
			continue
		}
		if done == letInAtOnce {
			c.poke()
			break
		}
		c.letIn(w)
		done++
	}
	if done > 0 {
		c.tellWaiting()
	}
}

// admit lets somebody in from the waiting room.
func (c *coordinator) admit(ctx context.Context, s *session, seat string) error {
	return c.change(ctx, s, meeting.Event{Type: meeting.SeatAdmitted, Seat: seat}, func() error {
		if err := c.state.MayManage(s.seat); err != nil {
			return err
		}
		if c.waiting[seat] == nil && !c.state.Removed[seat] {
			return fmt.Errorf("%w: nobody waits for it", meeting.ErrNotFound)
		}
		return nil
	}, func() {
		// Equipment that was taken out does not wait: it comes again by itself.
		if w := c.waiting[seat]; w != nil {
			c.letIn(w)
		}
		c.tellWaiting()
	})
}

// remove takes somebody out of the meeting or of the waiting room.
func (c *coordinator) remove(ctx context.Context, s *session, seat string) error {
	return c.change(ctx, s, meeting.Event{Type: meeting.SeatRemoved, Seat: seat}, func() error {
		if err := c.state.MayManage(s.seat); err != nil {
			return err
		}
		if c.waiting[seat] == nil && c.members[seat] == nil {
			return fmt.Errorf("%w: %q", meeting.ErrNotFound, seat)
		}
		return nil
	}, func() {
		if w := c.waiting[seat]; w != nil {
			delete(c.waiting, seat)
			w.session.conn.out.close(protocol.CloseRemoved, "removed")
			c.tellWaiting()
		}
		if m := c.members[seat]; m != nil {
			if m.session != nil {
				m.session.conn.out.close(protocol.CloseRemoved, "removed")
				m.session = nil
			}
			c.unseat(m)
		}
	})
}

// lock has newcomers wait, or lets in all who wait.
func (c *coordinator) lock(ctx context.Context, s *session, locked bool) error {
	return c.change(ctx, s, meeting.Event{Type: meeting.MeetingLocked, On: locked}, nil, c.letInAll)
}

// waitingRoom is everybody who waits, first come first.
func (c *coordinator) waitingRoom() []protocol.Waiting {
	all := []protocol.Waiting{}
	for seat, w := range c.waiting {
		all = append(all, protocol.Waiting{
			Participant: seat, Name: w.claims.Name, Unit: w.claims.Unit, Role: protocol.Role(w.claims.Role), Since: wireTime(w.since),
		})
	}
	slices.SortFunc(all, func(a, b protocol.Waiting) int {
		return cmp.Or(strings.Compare(a.Since, b.Since), strings.Compare(a.Participant, b.Participant))
	})
	return all
}

// tellWaiting tells chair and secretary who waits: the newest only, where they read slower than people come.
func (c *coordinator) tellWaiting() {
	var frame []byte
	for _, m := range c.members {
		if m.session == nil || !c.state.Seats[m.seat].Role.Manages() {
			continue
		}
		if frame == nil {
			frame = encode("waiting_changed", "", protocol.WaitingChanged{Waiting: c.waitingRoom()})
		}
		m.session.conn.out.setWaiting(frame)
	}
}
