package signaling

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"diemcau/sfu"
)

// Limits of link tests.
const (
	linkTestLoads  = 100              // changes of the load of one test
	linkTestCopies = 8                // of the picture that a test may receive at once
	linkTestsAtAll = 16               // at once, of all invitations
	linkTestBurst  = 8                // tests of one invitation that may follow each other at once (through the relay a test takes two),
	linkTestPause  = 10 * time.Second // and the time after which it may have one more
)

// Errors of link tests.
var (
	errTestTooOften = errors.New("signaling: too many link tests of one invitation")
	errTestsFull    = errors.New("signaling: too many link tests at once")
	errNoTest       = errors.New("signaling: no such link test")
)

// linkTest tries a browser's link before it joins: in a media room of its own the browser publishes on one connection and receives that
// on another. How much comes down follows from how many of the receiver's slots show the picture.
type linkTest struct {
	id         string // 128 random bits
	credential string // id of the invitation
	room       *sfu.Room
	receiver   *sfu.Peer
	loads      atomic.Int32 // how often the load was changed
	timer      *time.Timer  // ends it
}

// linkTests are the tests that run, and how often each invitation had one. It is safe for concurrent use.
type linkTests struct {
	lasts time.Duration

	mu       sync.Mutex // guards what follows
	running  map[string]*linkTest
	starting int    // tests that have their place, and no answers yet
	started  uint64 // since the start
	closed   bool
	pace     map[string]*testPace // by invitation
}

// testPace is how often an invitation may be tested.
type testPace struct {
	limiter *rate.Limiter
	last    time.Time
}

func newLinkTests(lasts time.Duration) *linkTests {
	return &linkTests{lasts: lasts, running: map[string]*linkTest{}, pace: map[string]*testPace{}}
}

// reserve makes room for a test of an invitation, whose test of before ends. After it comes run or abandon.
func (l *linkTests) reserve(credential string, now time.Time) error {
	l.mu.Lock()
	var before *linkTest
	for _, t := range l.running {
		if t.credential == credential {
			before = t
			delete(l.running, t.id)
		}
	}
	err := l.admit(credential, now)
	l.mu.Unlock()
	if before != nil {
		before.close()
	}
	return err
}

// admit counts a test that is about to start. The caller holds the lock.
func (l *linkTests) admit(credential string, now time.Time) error {
	for id, p := range l.pace {
		if now.Sub(p.last) > linkTestBurst*linkTestPause {
			delete(l.pace, id) // it may have as many again as a new one
		}
	}
	p := l.pace[credential]
	if p == nil {
		p = &testPace{limiter: rate.NewLimiter(rate.Every(linkTestPause), linkTestBurst)}
		l.pace[credential] = p
	}
	p.last = now
	switch {
	case l.closed:
		return errRestarting
	case !p.limiter.AllowN(now, 1):
		return errTestTooOften
	case len(l.running)+l.starting >= linkTestsAtAll:
		return errTestsFull
	}
	l.starting++
	return nil
}

// abandon gives back what reserve made room for.
func (l *linkTests) abandon() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.starting--
}

// run makes a test known for as long as it may last.
func (l *linkTests) run(t *linkTest) error {
	l.mu.Lock()
	l.starting--
	l.started++
	closed := l.closed
	if !closed {
		l.running[t.id] = t
		t.timer = time.AfterFunc(l.lasts, func() { l.end(t.id, t.credential) })
	}
	l.mu.Unlock()
	if closed {
		t.room.Close()
		return errRestarting
	}
	return nil
}

// find gives a test to whose invitation it is; nobody else learns that it exists.
func (l *linkTests) find(id, credential string) *linkTest {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.running[id]; t != nil && t.credential == credential {
		return t
	}
	return nil
}

// end ends a test. It is false when there is none.
func (l *linkTests) end(id, credential string) bool {
	l.mu.Lock()
	t := l.running[id]
	if t == nil || t.credential != credential {
		l.mu.Unlock()
		return false
	}
	delete(l.running, id)
	l.mu.Unlock()
	t.close()
	return true
}

// endAll ends every test, and lets none begin any more.
func (l *linkTests) endAll() {
	l.mu.Lock()
	l.closed = true
	all := l.running
	l.running = map[string]*linkTest{}
	l.mu.Unlock()
	for _, t := range all {
		t.close()
	}
}

func (t *linkTest) close() {
	t.timer.Stop()
	t.room.Close()
}

// The peers of a link test.
const (
	testPublisher = "publisher"
	testReceiver  = "receiver"
)

// openLinkTest answers the two offers of a test.
func (s *Server) openLinkTest(ctx context.Context, credential string, publish, receive sfu.Offer) (t *linkTest, answers [2]string, err error) {
	room, err := s.engine.NewRoom(sfu.RoomOptions{})
	if err != nil {
		return nil, answers, err
	}
	defer func() {
		if err != nil {
			room.Close()
		}
	}()
	publisher, err := room.Join(sfu.PeerOptions{
		ID: testPublisher, Rights: sfu.Rights{Microphone: true, Camera: true}, Observer: unobserved{},
	})
	if err != nil {
		return nil, answers, err
	}
	receiver, err := room.Join(sfu.PeerOptions{ID: testReceiver, Observer: unobserved{}})
	if err != nil {
		return nil, answers, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timing.offer)
	defer cancel()
	if answers[0], err = publisher.Offer(ctx, publish); err != nil {
		return nil, answers, err
	}
	if answers[1], err = receiver.Offer(ctx, receive); err != nil {
		return nil, answers, err
	}
	for _, source := range publish.Sources {
		publisher.SetActive(source, true)
	}
	t = &linkTest{id: newID(), credential: credential, room: room, receiver: receiver}
	t.show(1)
	return t, answers, nil
}

// show has so many slots of the receiver show the picture, and the rest nothing.
func (t *linkTest) show(copies int) {
	view := make([]sfu.ViewSlot, linkTestCopies)
	for i := range view {
		view[i] = sfu.ViewSlot{Slot: i, Show: sfu.ShowNothing}
		if i < copies {
			view[i] = sfu.ViewSlot{Slot: i, Show: sfu.ShowParticipant, Peer: testPublisher}
		}
	}
	t.receiver.SetView(view, 0)
}

// unobserved is the observer of peers whose slots and connection concern nobody (sfu.Observer).
type unobserved struct{}

func (unobserved) SlotsChanged([]sfu.SlotState, int, int) {}
func (unobserved) ConnectionChanged(sfu.ConnectionState)  {}
func (unobserved) LayersIdle(sfu.Source, sfu.Idle)        {}
