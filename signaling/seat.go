package signaling

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// A resume token is 32 random bytes followed by the seat and the meeting that it is for, so that the server knows where to
// look; only its hash is stored.
const resumeSecret = 32

func newResumeToken(meetingID, seat string) (token, hash string) {
	raw := make([]byte, resumeSecret)
	_, _ = rand.Read(raw) // never fails
	raw = append(raw, meetingID+"/"+seat...)
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashToken(token)
}

// readResumeToken gives the meeting and the seat that a token is for.
func readResumeToken(token string) (meetingID, seat string, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < resumeSecret {
		return "", "", false
	}
	return strings.Cut(string(raw[resumeSecret:]), "/")
}

func hashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func sameHash(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// join gives the seat of claims to a session, and takes it from whoever has it.
func (c *coordinator) join(ctx context.Context, s *session, claims access.Claims, plan calendar.Meeting) error {
	token, hash := newResumeToken(c.id, claims.Seat)
	var welcome protocol.Welcome
	var stored <-chan struct{}
	waits := false
	err := c.call(ctx, func() (err error) {
		c.learn(plan)
		if err := c.enterable(); err != nil {
			return err
		}
		if err := c.mayTake(s, claims.Seat); err != nil {
			return err
		}
		if waits = c.state.MustWait(claims.Seat, claims.Role); waits {
			return c.keepWaiting(s, claims)
		}
		welcome, stored, err = c.seatIn(s, claims, hash)
		return err
	})
	if err != nil || waits {
		return err
	}
	c.await(ctx, stored)
	welcome.ResumeToken = token
	s.conn.out.welcome(encode("welcome", "", welcome))
	return nil
}

// seatIn gives the seat of claims to a session, and takes it from whoever has it.
func (c *coordinator) seatIn(
	s *session, claims access.Claims, hash string,
) (welcome protocol.Welcome, stored <-chan struct{}, err error) {
	if stored, err = c.take(claims, hash); err != nil {
		return welcome, nil, err
	}
	if before := c.waiting[claims.Seat]; before != nil && before.session != s {
		// It waited in another window.
		before.session.conn.out.send(encode("seat_moved", "", protocol.SeatMoved{}))
		before.session.conn.out.close(protocol.CloseSeatMoved, "seat moved")
		delete(c.waiting, claims.Seat)
		c.tellWaiting()
	}
	m := c.members[claims.Seat]
	if m == nil {
		m = &member{seat: claims.Seat}
		c.members[m.seat] = m
	}
	c.supersede(m)
	c.release(m)
	m.previous = ""
	c.reconcile() // the others are told; the newcomer learns it from the welcome
	if err := c.attach(m, s); err != nil {
		c.vacate(m, "")
		c.reconcile()
		return welcome, nil, err
	}
	welcome = c.welcome(m, false)
	c.reconcile()
	return welcome, stored, nil
}

// take records that a seat is taken, in a meeting that can be entered.
func (c *coordinator) take(claims access.Claims, hash string) (<-chan struct{}, error) {
	if err := c.enterable(); err != nil {
		return nil, err
	}
	if !c.state.Opened {
		if _, err := c.record(meeting.Event{Type: meeting.MeetingOpened, Opening: c.plan.Opening()}); err != nil {
			return nil, err
		}
	}
	person := claims.Person()
	return c.record(meeting.Event{Type: meeting.SeatTaken, Seat: claims.Seat, Taken: &person, ResumeHash: hash})
}

// enterable refuses a meeting that has ended, or that does not take place now.
func (c *coordinator) enterable() error {
	if c.state.Ended || !c.admits() {
		return errNotOpen
	}
	return nil
}

// supersede ends the socket that has the member's seat, if there is one.
func (c *coordinator) supersede(m *member) {
	if m.session == nil {
		return
	}
	m.session.conn.out.send(encode("seat_moved", "", protocol.SeatMoved{}))
	m.session.conn.out.close(protocol.CloseSeatMoved, "seat moved")
	m.session = nil
}

// attach makes a session the holder of a seat, with new media unless the seat's are kept.
func (c *coordinator) attach(m *member, s *session) error {
	if m.main == nil {
		var err error
		if m.main, err = c.connect(c.state.Seats[m.seat], m.seat, rightsOf(c.state, m.seat), false); err != nil {
			return err
		}
	}
	m.main.attach(s.conn.out)
	m.session, m.deadline = s, time.Time{}
	s.placed.Store(&placement{m.seat, m.main})
	return nil
}

// connect makes a connection of a seat to the media plane; with picturesOnly for equipment that shows no names.
func (c *coordinator) connect(seat meeting.Seat, peer string, rights sfu.Rights, picturesOnly bool) (*media, error) {
	m := &media{paused: map[int]bool{}, wake: c.poke}
	m.applied.rights = rights
	var err error
	m.peer, err = c.room.Join(sfu.PeerOptions{
		ID: peer, ProtocolOrder: seat.ProtocolOrder, Rights: rights, Observer: m, PicturesOnly: picturesOnly,
	})
	return m, err
}

// welcome is what a client is told first.
func (c *coordinator) welcome(m *member, resumed bool) protocol.Welcome {
	w := protocol.Welcome{
		Participant: m.seat, Resumed: resumed, Meeting: meetingOf(c.plan, c.state), Participants: c.rosterFor(m),
		Floor: floorOf(c.state.Floor), Procedure: procedureOf(c.state), Waiting: []protocol.Waiting{}, Links: c.knownLinks(), Slots: []protocol.Slot{}, Chat: []protocol.ChatMessage{}, ICEServers: []protocol.ICEServer{}, ServerTime: wireTime(time.Now()),
	}
	if m.session != nil {
		w.ICEServers = c.server.iceServers(m.session.host, m.seat)
	}
	if c.state.Seats[m.seat].Role.Manages() {
		w.Waiting = c.waitingRoom()
	}
	for _, message := range c.state.Chat {
		w.Chat = append(w.Chat, chatOf(message))
	}
	return w
}

// mayTake refuses a seat that is somebody's already to a session whose client has not shown that it is there, and to one that was asked for
// before the session that has the seat.
func (c *coordinator) mayTake(s *session, seat string) error {
	m, w := c.members[seat], c.waiting[seat]
	switch {
	case m == nil && w == nil:
		return nil
	case !s.proven:
		return errUnproven
	case m != nil && m.session != nil && m.session.number > s.number, w != nil && w.session.number > s.number:
		return errNoSeat
	}
	return nil
}

// mayResume reports whether a token is the one of a seat that is held or waits.
func (c *coordinator) mayResume(seat, token string) bool {
	m, hash := c.members[seat], hashToken(token)
	return m != nil && m.publish == nil && (sameHash(hash, c.state.Seats[seat].ResumeHash) || sameHash(hash, m.previous))
}

// resume gives a seat back to the client that had it.
func (c *coordinator) resume(ctx context.Context, s *session, seat, token string) error {
	next, hash := newResumeToken(c.id, seat)
	var welcome protocol.Welcome
	var stored <-chan struct{}
	err := c.call(ctx, func() (err error) {
		if !c.mayResume(seat, token) {
			return errNoSeat
		}
		if err := c.mayTake(s, seat); err != nil {
			return err
		}
		m := c.members[seat]
		if m.session != nil { // the client knows sooner than the server that its socket is broken
			if err := c.lose(m); err != nil {
				return err
			}
		}
		if stored, err = c.record(meeting.Event{Type: meeting.SeatResumed, Seat: seat, ResumeHash: hash}); err != nil {
			return err
		}
		m.previous = hashToken(token)
		c.reconcile()
		// A welcome that told of new media may not have reached the client: its own belong to a connection that is gone.
		kept := m.main != nil && m.main.connection() != sfu.Failed && !m.main.anew.Load()
		if !kept && m.main != nil {
			m.main.peer.Close()
			m.main = nil
		}
		if err := c.attach(m, s); err != nil {
			c.vacate(m, "")
			c.reconcile()
			return err
		}
		welcome = c.welcome(m, true)
		m.main.anew.Store(!kept)
		if kept {
			s.offered, welcome.MediaKept, welcome.Slots = true, true, wireSlots(m.main.peer.Slots())
		}
		c.reconcile()
		return nil
	})
	if err != nil {
		return err
	}
	c.await(ctx, stored)
	welcome.ResumeToken = next
	s.conn.out.welcome(encode("welcome", "", welcome))
	return nil
}

// confirm is told that the client of a session has its newest resume token.
func (c *coordinator) confirm(ctx context.Context, s *session) {
	_ = c.call(ctx, func() error {
		if m := c.members[s.seat]; m != nil && m.session == s {
			m.previous = ""
		}
		return nil
	})
}

// lost is told that the socket of a session is gone.
func (c *coordinator) lost(ctx context.Context, s *session) {
	_ = c.call(ctx, func() error {
		if c.stopWaiting(s) {
			return nil
		}
		s.sit()
		m := c.members[s.seat]
		if m == nil || m.session != s {
			return nil
		}
		m.session = nil
		err := c.lose(m)
		c.reconcile()
		return err
	})
}

// lose detaches the socket of a seat; media and seat wait for its client.
func (c *coordinator) lose(m *member) error {
	c.supersede(m)
	m.main.out.Store(nil)
	patience := c.server.timing.resume
	if c.state.Floor.Holder == m.seat {
		patience = max(patience, c.server.timing.floor)
	}
	m.deadline = time.Now().Add(patience)
	_, err := c.record(meeting.Event{Type: meeting.SeatLost, Seat: m.seat})
	return err
}

// leave gives up the seat of a session.
func (c *coordinator) leave(ctx context.Context, s *session) error {
	return c.call(ctx, func() error {
		if c.stopWaiting(s) {
			return nil
		}
		s.sit() // it may have been let in meanwhile
		m := c.members[s.seat]
		if m == nil || m.session != s {
			return errNoSeat
		}
		m.session = nil
		c.vacate(m, m.seat)
		c.reconcile()
		return nil
	})
}
