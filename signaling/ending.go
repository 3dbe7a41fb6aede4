package signaling

import (
	"context"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// end ends the meeting for all, for a session that is left for its reader to close, after its answer.
func (c *coordinator) end(ctx context.Context, s *session) error {
	var stored <-chan struct{}
	err := c.call(ctx, func() (err error) {
		if m := c.members[s.seat]; m == nil || m.session != s {
			return errNoSeat
		}
		stored, err = c.finish(s)
		return err
	})
	if err != nil {
		return err
	}
	c.await(ctx, stored)
	return nil
}

// finish records that the meeting has ended, by a session or, without one, by the office.
func (c *coordinator) finish(s *session) (<-chan struct{}, error) {
	by := ""
	if s != nil {
		by = s.seat
	}
	stored, err := c.record(meeting.Event{Type: meeting.MeetingEnded, Actor: by})
	if err != nil {
		return nil, err
	}
	c.noteEnd()
	c.sendOut(s, protocol.MeetingEnded{By: by, Cause: protocol.EndOver})
	return stored, nil
}

// sendOut tells everybody that the meeting has ended, and closes all sockets but that of one session.
func (c *coordinator) sendOut(s *session, told protocol.MeetingEnded) {
	c.broadcast("meeting_ended", told)
	for _, m := range c.members {
		if m.session != nil && m.session != s {
			m.session.conn.out.close(protocol.CloseMeetingEnded, "meeting ended")
		}
		m.session = nil
		c.release(m)
	}
	clear(c.members)
	c.dismissWaiting("meeting_ended", told, farewell{protocol.CloseMeetingEnded, "meeting ended"})
	c.reconcile()
}

// noteEnd tells the calendar that the meeting has ended, if it has. Telling it again changes nothing.
func (c *coordinator) noteEnd() {
	if !c.state.Ended {
		return
	}
	c.journal.add(func(ctx context.Context) error {
		_, err := c.server.calendar.End(ctx, c.id)
		return err
	})
}

// follow asks the calendar what the meeting is now, has it begin if its start has come, and acts upon the answer. It can be called from anywhere
// and does not wait.
func (c *coordinator) follow() {
	c.journal.add(func(ctx context.Context) error {
		plan, err := c.server.calendar.Open(ctx, c.id)
		if err != nil {
			return err
		}
		select {
		case c.mailbox <- func() { c.learn(plan) }:
			return nil
		case <-c.done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// learn is told what the calendar says of the meeting, perhaps less than is known.
func (c *coordinator) learn(plan calendar.Meeting) {
	if plan.Version >= c.plan.Version {
		c.plan = plan
		c.heedPlan()
		if c.state.Opened {
			c.reconcile() // the sites that are expected may be others
		}
	}
}

// heedPlan does what follows from the plan: the meeting is over for those in it if the office has concluded it, or if it does not take place
// now; otherwise it begins when its start comes.
func (c *coordinator) heedPlan() {
	switch {
	case c.state.Ended:
	case c.plan.State == calendar.StateIssued && c.admits():
		if !c.plan.AlwaysOn {
			c.start.Reset(time.Until(c.plan.Start))
		}
	case c.plan.State == calendar.StateHeld, !c.state.Opened:
	case c.plan.State == calendar.StateConcluded:
		if _, err := c.finish(nil); err != nil {
			c.log.Error("a concluded meeting cannot be ended", "error", err)
		}
	default:
		c.dismiss()
	}
}

// admits reports whether people may be in the meeting now.
func (c *coordinator) admits() bool { return c.server.calendar.Settings().Admits(c.plan, time.Now()) }

// dismiss sends everybody out of a meeting that does not take place now.
func (c *coordinator) dismiss() {
	if _, err := c.record(meeting.Event{Type: meeting.MeetingDismissed}); err != nil {
		c.log.Error("a meeting that does not take place cannot be ended", "error", err)
		return
	}
	cause := protocol.EndRescheduled
	switch c.plan.State {
	case calendar.StateCancelled:
		cause = protocol.EndCancelled
	case calendar.StatePostponed:
		cause = protocol.EndPostponed
	case calendar.StateDraft, calendar.StateSubmitted, calendar.StateReturned, calendar.StateApproved, calendar.StateIssued, calendar.StateHeld, calendar.StateConcluded:
	}
	c.sendOut(nil, protocol.MeetingEnded{Cause: cause})
}
