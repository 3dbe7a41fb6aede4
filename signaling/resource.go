package signaling

import (
	"context"
	"errors"
	"sync"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/sfu"
)

// resource is one WHIP or WHEP session. mu makes its requests one at a time; the coordinator owns lost and deadline.
type resource struct {
	id         string // 128 random bits
	endpoint   endpoint
	credential string // id of the token that made it
	seat       string
	meeting    *coordinator
	media      *media
	lost       time.Time // when a connection that is silent counts as lost; zero while something comes
	deadline   time.Time // of a connection that does not come up or is dead; zero otherwise

	mu    sync.Mutex // guards what follows
	offer string     // the newest that was answered
	etag  string     // of the ICE session
}

var errSeatBusy = errors.New("signaling: the seat has a publisher")

// resources are the WHIP and WHEP resources that hold a seat.
func (m *member) resources() []*resource {
	var held []*resource
	for _, r := range [...]*resource{m.publish, m.watch} {
		if r != nil {
			held = append(held, r)
		}
	}
	return held
}

// equipment reports whether WHIP and WHEP resources alone hold the seat, so that their connections tell whether it is here.
func (m *member) equipment() bool {
	return m.session == nil && m.deadline.IsZero() && len(m.resources()) > 0
}

// silentAt is when the last of the seat's WHIP and WHEP connections counts as lost; zero while one of them is heard.
func (m *member) silentAt() time.Time {
	var last time.Time
	for _, r := range m.resources() {
		if r.lost.IsZero() {
			return time.Time{}
		}
		if r.lost.After(last) {
			last = r.lost
		}
	}
	return last
}

// watcher marks the peer of a WHEP resource, which is none of the seat's own.
const watcher = "+whep"

// open makes the media of a resource and takes its seat where nothing holds it yet.
func (c *coordinator) open(ctx context.Context, r *resource, claims access.Claims, plan calendar.Meeting) error {
	return c.call(ctx, func() error {
		c.learn(plan)
		if c.state.MustWait(claims.Seat, claims.Role) {
			return errRefused // equipment does not wait: it comes again
		}
		m := c.members[claims.Seat]
		if m != nil && r.endpoint == whip && m.occupied() {
			return errSeatBusy
		}
		if m == nil || m.session == nil && m.main == nil && m.watch == nil {
			if _, err := c.take(claims, ""); err != nil {
				return err
			}
			m = &member{seat: claims.Seat}
			c.members[m.seat] = m
		}
		if err := c.hold(m, r); err != nil {
			c.reconcile()
			return err
		}
		c.reconcile()
		return nil
	})
}

// occupied reports whether a publisher that is alive, or may come back, has the seat.
func (m *member) occupied() bool {
	if m.publish != nil {
		state := m.publish.media.connection()
		return state == sfu.Connecting || state == sfu.Connected
	}
	return m.session != nil || m.main != nil
}

// hold connects a resource in place of the one that was there.
func (c *coordinator) hold(m *member, r *resource) error {
	peer, rights, old := m.seat, rightsOf(c.state, m.seat), m.publish
	if r.endpoint == whep {
		peer, rights, old = m.seat+watcher, sfu.Rights{}, m.watch
	}
	if old != nil {
		c.server.forgetResource(old)
		old.media.peer.Close()
	}
	media, err := c.connect(c.state.Seats[m.seat], peer, rights, r.endpoint == whep)
	if err != nil {
		c.vacate(m, "")
		return err
	}
	r.media, r.seat, r.meeting = media, m.seat, c
	r.deadline = time.Now().Add(c.server.timing.resume)
	if r.endpoint == whep {
		m.watch = r
	} else {
		m.publish, m.main = r, media
	}
	return nil
}

// activate records what a WHIP resource sends.
func (c *coordinator) activate(ctx context.Context, r *resource, sent map[string]sfu.Source) error {
	return c.call(ctx, func() error {
		if m := c.members[r.seat]; m == nil || m.publish != r {
			return errNoSeat
		}
		for _, source := range sent {
			if _, err := c.record(meeting.Event{
				Type: meeting.SourceActive, Actor: r.seat, Seat: r.seat, Source: sources[source], On: true,
			}); err != nil {
				return err
			}
		}
		c.reconcile()
		return nil
	})
}

// detach ends a resource. It is nothing for one that has ended.
func (c *coordinator) detach(ctx context.Context, r *resource) {
	_ = c.call(ctx, func() error {
		if m := c.members[r.seat]; m != nil && (m.publish == r || m.watch == r) {
			c.drop(m, r, m.seat)
			c.reconcile()
		}
		return nil
	})
}

// drop ends a resource, by who has it or for silence, and gives its seat up where nothing else holds it.
func (c *coordinator) drop(m *member, r *resource, by string) {
	c.server.forgetResource(r)
	r.media.peer.Close()
	if m.watch == r {
		m.watch = nil
	} else {
		m.publish, m.main = nil, nil
		c.silence(m)
	}
	if m.session == nil && m.main == nil && m.watch == nil {
		c.vacate(m, by)
	}
}

// silence records that a seat sends nothing any more.
func (c *coordinator) silence(m *member) {
	for source, active := range c.state.Seats[m.seat].Active {
		if !active {
			continue
		}
		if _, err := c.record(meeting.Event{Type: meeting.SourceActive, Actor: m.seat, Seat: m.seat, Source: source}); err != nil {
			c.log.Error("a source cannot be ended", "seat", m.seat, "error", err)
		}
	}
}

// checkResources gives dead WHIP and WHEP connections their time, and shows the seats of those as lost that are silent: the media plane
// waits longer than others should see somebody who is not there.
func (c *coordinator) checkResources() {
	changed, now := false, time.Now()
	for _, m := range c.members {
		for _, r := range m.resources() {
			switch state := r.media.connection(); {
			case state == sfu.Connected:
				changed = changed || !r.deadline.IsZero() || !r.lost.IsZero()
				r.lost, r.deadline = time.Time{}, time.Time{}
			case state == sfu.Disconnected && r.lost.IsZero():
				r.lost = now.Add(c.server.timing.silence)
				changed = true
			case state == sfu.Failed:
				if !due(r.lost, now) {
					r.lost, changed = now, true
				}
				if r.deadline.IsZero() { // otherwise it has its time: to come up, or since it was dead
					r.deadline, changed = now.Add(c.server.timing.resume), true
				}
			}
		}
		alive := !due(m.silentAt(), now)
		if !m.equipment() || alive == c.state.Seats[m.seat].Connected {
			continue
		}
		changed = true
		change := meeting.SeatLost
		if alive {
			change = meeting.SeatResumed
		}
		if _, err := c.record(meeting.Event{Type: change, Seat: m.seat}); err != nil {
			c.log.Error("a seat's connection cannot be noted", "seat", m.seat, "error", err)
		}
	}
	if changed {
		c.reconcile()
	}
}
