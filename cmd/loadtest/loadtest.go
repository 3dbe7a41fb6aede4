package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/webrtc/v4"

	"diemcau/cmd/loadtest/internal/client"
	"diemcau/cmd/loadtest/internal/machine"
	"diemcau/cmd/loadtest/internal/media"
	"diemcau/rooms/api"
	"diemcau/signaling/protocol"
)

const (
	mediaPatience  = 10 * time.Second // for the programme after the last join
	endPatience    = 3 * time.Second  // for slots 0 that still have to follow when a measurement ends
	pollInterval   = 20 * time.Millisecond
	programmeLines = 720 // that who receives shows of the programme
)

// test is one run of the command.
type test struct {
	*options
	server  *client.Server
	webrtc  *webrtc.API
	id      uint32 // in the stamps
	started time.Time
	ended   sync.Once

	frames, unsent atomic.Uint64 // of all cameras; packets that could not be sent
	doing          atomic.Pointer[doing]
	status         func() string // what happens now, in one line

	meetings []*meeting
	idle     machine.Process // the server before anybody came

	mu           sync.Mutex // guards what follows
	participants []*participant
	publishers   uint32
	joins        joins
	failures     failures
	changes      int // of the speaker, since the measurement began
}

func newTest(o *options, server *client.Server) (*test, error) {
	t := &test{options: o, server: server, id: rand.Uint32(), started: time.Now()}
	t.status = t.newStatus()
	t.say("starting")
	var err error
	if t.webrtc, err = newWebRTC(server.Loopback()); err != nil {
		return nil, err
	}
	if o.PID != 0 && machine.Known() {
		if t.idle, err = machine.ReadProcess(o.PID); err != nil {
			return nil, &client.Error{Text: "--pid", Err: err, Hint: "pidof diemcau prints that of a server on this machine."}
		}
	}
	return t, nil
}

// now is the clock of the test: what stamps and times are counted by.
func (t *test) now() time.Duration { return time.Since(t.started) }

func (t *test) say(format string, args ...any) {
	t.doing.Store(&doing{fmt.Sprintf(format, args...), t.now()})
}

// doing is what the test does, and since when.
type doing struct {
	text  string
	since time.Duration
}

// begin makes the meetings, and has chairs and publishers join.
func (t *test) begin(ctx context.Context) error {
	for _, id := range t.Meeting {
		t.meetings = append(t.meetings, &meeting{id: id})
	}
	for i := len(t.meetings); i < t.Meetings && len(t.Meeting) == 0; i++ {
		id, err := t.server.CreateMeeting(ctx, fmt.Sprintf("Thử tải %d", i+1), string(t.speaking()))
		if err != nil {
			return err
		}
		t.meetings = append(t.meetings, &meeting{id: id, made: true})
	}
	for _, m := range t.meetings {
		if m.made || t.SpeakerEvery > 0 {
			m.chair = t.add(m, api.Seat{Name: "Chủ trì thử tải", Role: string(protocol.RoleChair)}, false, false)
			if _, err := m.chair.join(ctx); err != nil {
				return err
			}
		}
	}
	var all []*participant
	for i := range t.Publishers {
		for _, m := range t.meetings {
			seat := api.Seat{Name: fmt.Sprintf("Điểm cầu thử tải %d", i+1), Role: string(protocol.RoleSite), ProtocolOrder: i + 1}
			p := t.add(m, seat, true, t.PublishersReceive)
			m.publishers = append(m.publishers, p)
			all = append(all, p)
		}
	}
	if err := t.join(ctx, all); err != nil {
		return err
	}
	if failed := t.failed(); failed.Joins > 0 {
		return fmt.Errorf("%d of %d publishers could not join: %w", failed.Joins, len(all), failed.first)
	}
	if t.SpeakerEvery > 0 {
		for _, m := range t.meetings {
			if err := m.grantFirst(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// speaking is how the meetings are planned that the test makes.
func (t *test) speaking() protocol.Speaking {
	if t.SpeakerEvery > 0 {
		return protocol.SpeakingFloor
	}
	return protocol.SpeakingOpen
}

// add makes a participant, who has not joined yet.
func (t *test) add(m *meeting, seat api.Seat, publishes, receives bool) *participant {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := &participant{test: t, meeting: m, number: len(t.participants), seat: seat, receives: receives}
	p.inbox.showed = func(took time.Duration) {
		if publishes {
			return // the first has to wait for others that it can see
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.joins.programme.Add(took)
	}
	if publishes {
		t.publishers++
		p.name = t.publishers
	}
	t.participants = append(t.participants, p)
	return p
}

// view is what who receives displays: the programme large, and in the other slots the mosaic.
func (t *test) view() protocol.View {
	v := protocol.View{Slots: []protocol.ViewSlot{{Slot: 0, Show: protocol.ShowProgramme, Height: programmeLines}}}
	for i := 1; i < t.VideoSlots; i++ {
		v.Slots = append(v.Slots, protocol.ViewSlot{Slot: i, Show: protocol.ShowMosaic, Height: t.TileHeight})
	}
	return v
}

// everybody is all participants so far.
func (t *test) everybody() []*participant {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.participants[:len(t.participants):len(t.participants)]
}

// withoutMedia is how many who should see the programme do not. A publisher does not see itself.
func (t *test) withoutMedia() (n int) {
	for _, m := range t.meetings {
		for _, p := range m.receivers() {
			if p.present() != nil && p.inbox.programme() == 0 && len(m.publishers) > 0 && (!p.publishes() || len(m.publishers) > 1) {
				n++
			}
		}
	}
	return n
}

// wait waits for a condition, for so long at most.
func (t *test) wait(ctx context.Context, patience time.Duration, condition func() bool) {
	for deadline := time.Now().Add(patience); !condition() && time.Now().Before(deadline) && ctx.Err() == nil; {
		time.Sleep(pollInterval)
	}
}

// measureOnce has the subscribers join and measures.
func (t *test) measureOnce(ctx context.Context) (*report, error) {
	if err := t.grow(ctx, t.Subscribers); err != nil && ctx.Err() == nil {
		return nil, err
	}
	return t.measure(ctx), nil
}

// measure counts what arrives for as long as is asked for, while speakers change and subscribers leave and come back.
func (t *test) measure(ctx context.Context) *report {
	t.say("settling")
	select {
	case <-ctx.Done():
	case <-time.After(t.Settle):
	}
	all := t.everybody()
	for _, p := range all {
		p.inbox.reset()
	}
	t.mu.Lock()
	t.changes = 0
	t.mu.Unlock()
	t.say("measuring for %v", t.Duration)
	before := t.use()
	window, stop := context.WithTimeout(ctx, t.Duration)
	defer stop()
	var scripts sync.WaitGroup
	if t.SpeakerEvery > 0 {
		for _, m := range t.meetings {
			scripts.Go(func() { m.takeTurns(window, t.SpeakerEvery, t.granted) })
		}
	}
	if t.Churn > 0 {
		scripts.Go(func() { t.churn(window) })
	}
	<-window.Done()
	after := t.use()
	sum := t.sum(all)
	scripts.Wait()
	t.say("waiting for what is under way")
	t.wait(ctx, endPatience, func() bool {
		return t.withoutMedia() == 0 && !slices.ContainsFunc(all, func(p *participant) bool { return p.inbox.waits() })
	})
	late := t.sum(all)
	sum.due, sum.switched = late.due, late.switched
	return t.report(sum, before, after, ctx.Err() != nil)
}

func (t *test) sum(all []*participant) *tally {
	var sum tally
	now := t.now()
	for _, p := range all {
		p.inbox.add(&sum, now)
	}
	return &sum
}

// granted notes a change of the speaker.
func (t *test) granted(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.failures.Grants++
		t.failures.note(err)
		return
	}
	t.changes++
}

// end has everybody leave and ends the meetings that the test has made.
func (t *test) end() {
	t.ended.Do(func() {
		t.say("leaving")
		ctx, cancel := context.WithTimeout(context.Background(), 2*answerPatience)
		defer cancel()
		var leaving sync.WaitGroup
		for _, p := range t.everybody() {
			if p != p.meeting.chair {
				leaving.Go(func() { p.leave(ctx) })
			}
		}
		leaving.Wait()
		for _, m := range t.meetings {
			if err := m.end(ctx); err != nil {
				t.granted(fmt.Errorf("end: %w", err))
			}
			if m.chair != nil {
				m.chair.leave(ctx)
			}
		}
		t.server.Close()
	})
}

// use is what server, generator and machine have used up to a moment.
type use struct {
	at             time.Duration
	server, self   machine.Process
	processors     machine.Processors
	frames, unsent uint64
}

// use reads what was used. A server that has ended shows as one that uses nothing.
func (t *test) use() use {
	u := use{processors: machine.ReadProcessors(), frames: t.frames.Load(), unsent: t.unsent.Load()}
	u.self, _ = machine.ReadProcess(os.Getpid())
	if t.PID != 0 {
		u.server, _ = machine.ReadProcess(t.PID)
	}
	u.at = t.now()
	return u
}

// framesDue is how many frames the cameras should send in a time.
func (t *test) framesDue(d time.Duration) float64 {
	return float64(len(t.meetings)*t.Publishers) * media.FrameRate * d.Seconds()
}
