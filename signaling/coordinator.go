package signaling

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// coordinator runs one live meeting: it drives the procedure, brings the media in line with it, tells everybody what
// changed, and hands the events to the journal. Its goroutine owns the fields without another note; others post to it.
type coordinator struct {
	server   *Server
	id       string
	log      *slog.Logger
	mailbox  chan func()
	wake     chan struct{}   // holds a token when the media plane told something
	ready    chan struct{}   // closed when the meeting is loaded, or could not be
	done     chan struct{}   // closed when nothing is served any more
	previous <-chan struct{} // closed when the events of the meeting's coordinator before this one are stored; nil without
	failure  error           // why it could not be loaded; written before ready closes
	journal  *journal
	spoke    atomic.Pointer[[]sfu.Speaker] // the newest speakers, if they are not told yet
	users    int                           // who holds it by Server.acquire; guarded by Server.mu

	plan      calendar.Meeting
	state     *meeting.State
	room      *sfu.Room
	members   map[string]*member
	waiting   map[string]*waiter
	links     map[string]*linkState
	linksDue  *time.Timer                     // to tell how links have changed
	linksWait bool                            // it runs
	watched   map[string]*linkWatch           // by participant
	counted   atomic.Pointer[linkCounts]      // read by the metrics
	shown     map[string]protocol.Participant // as everybody was told
	floor     protocol.Floor                  // as everybody was told
	procedure protocol.Procedure              // as everybody was told
	playing   sfu.Programme                   // as the media plane was told
	mosaic    []string                        // as the media plane was told
	deadline  *time.Timer
	start     *time.Timer // to have the meeting begin
	stopping  bool
}

// member is what holds one seat. The coordinator owns it. A seat without any hold is lost, and waits until its deadline.
type member struct {
	seat     string
	session  *session  // the socket that is attached now
	main     *media    // of a socket or of WHIP: publishes and receives
	publish  *resource // the WHIP resource that main belongs to
	watch    *resource // the WHEP resource beside
	previous string    // hash of the resume token before the newest, valid until the client has shown that it has the newest
	deadline time.Time // of a lost seat; zero otherwise
	devices  []protocol.Device
}

var (
	errRestarting = errors.New("signaling: the server is stopping")
	errNotOpen    = errors.New("signaling: the meeting is not open")
	errNoSeat     = errors.New("signaling: the seat is not held")
	errPanic      = errors.New("signaling: panic")
	errUnproven   = errors.New("signaling: whoever wants the seat has not shown to be there")
)

const loadTimeout = 5 * time.Second

func newCoordinator(s *Server, id string) *coordinator {
	log := s.log.With("meeting", id)
	return &coordinator{
		server: s, id: id, log: log,
		mailbox: make(chan func(), 64), wake: make(chan struct{}, 1),
		ready: make(chan struct{}), done: make(chan struct{}),
		journal: newJournal(log), members: map[string]*member{}, waiting: map[string]*waiter{},
		links: map[string]*linkState{}, watched: map[string]*linkWatch{}, shown: map[string]protocol.Participant{},
	}
}

// run loads the meeting and serves it until nobody is left in it or ctx ends.
func (c *coordinator) run(ctx context.Context) {
	if c.failure = c.load(ctx); c.failure != nil {
		c.server.forget(c)
		close(c.done)
		close(c.ready)
		return
	}
	c.deadline = time.NewTimer(time.Hour)
	defer c.deadline.Stop()
	c.start = time.NewTimer(time.Hour)
	defer c.start.Stop()
	c.linksDue = time.NewTimer(time.Hour)
	defer c.linksDue.Stop()
	go c.journal.run(c.server.writing)
	c.safely(c.restore)
	close(c.ready)
	for !c.retired() {
		select {
		case f := <-c.mailbox:
			c.safely(f)
		case <-c.wake:
			c.safely(c.heed)
		case <-c.deadline.C:
			c.safely(c.expire)
		case <-c.start.C:
			c.safely(c.follow)
		case <-c.linksDue.C:
			c.safely(c.tellLinks)
		case <-ctx.Done():
			c.stopping = true
			c.safely(c.abandon)
		}
	}
	close(c.done)
	c.room.Close()
	c.journal.finish()
	<-c.journal.stopped
	c.server.closed(c)
}

// load reads the meeting from the store and opens its media room.
func (c *coordinator) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	if c.previous != nil {
		// What is replayed would lack its last events, and new ones would take their numbers.
		select {
		case <-c.previous:
		case <-ctx.Done():
			return fmt.Errorf("wait for the meeting's last events: %w", store.ErrUnavailable)
		}
	}
	plan, err := c.server.calendar.Get(ctx, c.id)
	if err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	state, err := c.server.events.Load(ctx, c.id)
	if err != nil {
		return fmt.Errorf("replay the meeting: %w", err)
	}
	room, err := c.server.engine.NewRoom(sfu.RoomOptions{Speakers: c.speakers})
	if err != nil {
		return fmt.Errorf("open the media room: %w", err)
	}
	c.plan, c.state, c.room = plan, state, room
	return nil
}

// restore keeps the seats that were taken when an earlier server ended: their clients have as long as after any loss,
// counted from the start of this server.
func (c *coordinator) restore() {
	for id, seat := range c.state.Seats {
		c.members[id] = &member{seat: id, deadline: c.server.started.Add(c.server.timing.resume)}
		if seat.Connected {
			c.record(meeting.Event{Type: meeting.SeatLost, Seat: id})
		}
	}
	c.noteEnd() // an earlier server could have ended before it did
	c.heedPlan()
	c.expire()
}

// retired reports whether nobody is left. Then the server has forgotten the coordinator, and nothing is posted any more.
func (c *coordinator) retired() bool {
	return (c.stopping || len(c.members) == 0 && len(c.waiting) == 0) && c.server.retire(c, c.stopping)
}

// call runs f on the coordinator's goroutine and gives its error.
func (c *coordinator) call(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	post := func() {
		err := errPanic
		defer func() { result <- err }()
		err = f()
	}
	select {
	case c.mailbox <- post:
	case <-c.done:
		return errNoSeat
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-result:
		return err
	case <-c.done:
		// What f did may be why the coordinator is done.
		select {
		case err := <-result:
			return err
		default:
			return errNoSeat
		}
	}
}

// poke makes the coordinator look at what the media plane told. It never blocks.
func (c *coordinator) poke() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// speakers is told by the media plane who is heard.
func (c *coordinator) speakers(speakers []sfu.Speaker) {
	c.spoke.Store(&speakers)
	c.poke()
}

// safely keeps a fault in one request from ending all meetings.
func (c *coordinator) safely(f func()) {
	defer func() {
		if fault := recover(); fault != nil {
			c.log.Error("panic in a meeting", "panic", fault, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// record applies an event of now to the procedure and queues it for the store. The returned channel is closed when it is
// stored.
func (c *coordinator) record(ev meeting.Event) (<-chan struct{}, error) {
	ev.Seq, ev.At = c.state.Seq+1, time.Now().UTC()
	if err := c.state.Apply(ev); err != nil {
		return nil, err
	}
	return c.journal.add(func(ctx context.Context) error { return c.server.events.Append(ctx, c.id, ev) }), nil
}

// act records what the holder of a seat does and tells everybody. It returns when the event is stored, or at the latest
// after the time that a meeting waits for its store.
func (c *coordinator) act(ctx context.Context, s *session, ev meeting.Event) error {
	return c.change(ctx, s, ev, nil, func() {
		if ev.Type == meeting.ChatSent {
			c.broadcast("chat", protocol.Chat{Message: chatOf(c.state.Chat[len(c.state.Chat)-1])})
		}
	})
}

// change is act with a condition that is checked before, and with what follows from the event; either may be nil.
func (c *coordinator) change(ctx context.Context, s *session, ev meeting.Event, condition func() error, then func()) error {
	ev.Actor = s.seat
	var stored <-chan struct{}
	err := c.call(ctx, func() (err error) {
		if m := c.members[s.seat]; m == nil || m.session != s {
			return errNoSeat
		}
		if condition != nil {
			if err := condition(); err != nil {
				return err
			}
		}
		if stored, err = c.record(ev); err != nil {
			return err
		}
		if then != nil {
			then()
		}
		c.reconcile()
		return nil
	})
	if err != nil {
		return err
	}
	c.await(ctx, stored)
	return nil
}

// await waits until an event is stored, but not for long: a meeting goes on without its store.
func (c *coordinator) await(ctx context.Context, stored <-chan struct{}) {
	patience := time.NewTimer(c.server.timing.ack)
	defer patience.Stop()
	select {
	case <-stored:
	case <-ctx.Done():
	case <-patience.C:
		c.log.Warn("acknowledged before it was stored")
	}
}

// heed passes on what the media plane told, and lets in who need not wait any more.
func (c *coordinator) heed() {
	c.letInAll()
	if speakers := c.spoke.Swap(nil); speakers != nil {
		c.tellSpeakers(*speakers)
	}
	c.checkResources()
}

// expire takes the seats whose time is over, and shows those as lost that have been silent for long enough.
func (c *coordinator) expire() {
	c.checkResources()
	now := time.Now()
	for _, m := range c.members {
		if due(m.deadline, now) {
			c.vacate(m, "")
			continue
		}
		for _, r := range m.resources() {
			if due(r.deadline, now) {
				c.drop(m, r, "")
			}
		}
	}
	c.reconcile()
}

func due(deadline, now time.Time) bool { return !deadline.IsZero() && !now.Before(deadline) }

// vacate gives a seat up, by who has it or for silence, and ends everything that holds it.
func (c *coordinator) vacate(m *member, by string) {
	if _, err := c.record(meeting.Event{Type: meeting.SeatLeft, Seat: m.seat, Actor: by}); err != nil {
		c.log.Error("a seat cannot be given up", "seat", m.seat, "error", err)
	}
	c.unseat(m)
}

// unseat ends everything that holds a seat which is given up.
func (c *coordinator) unseat(m *member) {
	if len(c.waiting) > 0 {
		c.poke() // it may have been the last one in a meeting that is always on, which begins anew
	}
	c.release(m)
	delete(c.members, m.seat)
	delete(c.links, m.seat)
}

// release closes the media of a member and forgets its resources.
func (c *coordinator) release(m *member) {
	if m.main != nil {
		m.main.peer.Close()
		m.main = nil
	}
	for _, r := range m.resources() {
		c.server.forgetResource(r)
		r.media.peer.Close()
	}
	m.publish, m.watch = nil, nil
}

// abandon ends the meeting on this server and leaves it as it is in the store: clients come back to the next server. WHIP
// and WHEP have no way to come back, so that their seats are given up.
func (c *coordinator) abandon() {
	for _, m := range c.members {
		if m.session != nil {
			m.session.conn.out.send(encode("restarting", "", protocol.Restarting{WaitMs: int(c.server.timing.restart.Milliseconds())}))
			m.session.conn.out.close(closeRestart, "restart")
			m.session = nil
		} else if m.publish != nil || m.watch != nil {
			c.vacate(m, m.seat)
			continue
		}
		c.release(m)
	}
	clear(c.members)
	restarting := protocol.Restarting{WaitMs: int(c.server.timing.restart.Milliseconds())}
	c.dismissWaiting("restarting", restarting, farewell{closeRestart, "restart"})
}
