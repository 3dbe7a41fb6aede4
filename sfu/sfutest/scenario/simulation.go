package main

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"github.com/pion/interceptor/pkg/twcc"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/sfutest/link"
)

const (
	millisecond = int64(time.Millisecond)
	second      = int64(time.Second)

	step           = millisecond
	tickInterval   = 50 * millisecond
	leastFeedback  = 50 * millisecond // as browsers: as often as takes a twentieth of what they receive
	mostFeedback   = 250 * millisecond
	feedbackBits   = 68 * 8
	sampleInterval = 100 * millisecond
)

// simulation runs a scenario in virtual time, a millisecond at a time.
type simulation struct {
	Scenario
	now    int64
	events events
	dice   *rand.Rand

	down, up *link.Link
	sender   *sender
	tcp      *tcp // nil while none competes
	recorder *twcc.Recorder

	nextReport  int64
	reported    int64
	received    int64 // bits since then
	lastSound   int64 // when the last packet of sound arrived
	lastContent int64
	sample      Sample
	result      Result
}

// event is something that happens at a time, in the order in which it was planned.
type event struct {
	at, order int64
	do        func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].order < e[j].order
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	(*e)[len(*e)-1] = event{}
	*e = (*e)[:len(*e)-1]
	return last
}

func (s *simulation) at(at int64, do func()) {
	s.result.planned++
	heap.Push(&s.events, event{at, s.result.planned, do})
}

// Run plays a scenario to its end.
func Run(c Scenario) *Result {
	s := &simulation{
		Scenario: c, dice: rand.New(rand.NewPCG(c.Seed, 2)), recorder: twcc.NewRecorder(1),
		down: link.New(c.Down, c.Seed), up: link.New(link.Conditions{Delay: c.Up.Delay, Jitter: c.Up.Jitter, Loss: c.Up.Loss, Cut: c.Up.Cut}, c.Seed+1),
	}
	s.result.Scenario = c
	s.sender = newSender(s)
	for _, change := range c.Changes {
		s.down.Plan(int64(change.At), change.Down)
		s.at(int64(change.At), func() {
			up := s.up.Conditions()
			up.Cut = change.Down.Cut
			s.up.Set(s.now, up)
		})
	}
	if c.TCP.To > 0 {
		s.at(int64(c.TCP.From), func() { s.tcp = newTCP(s) })
		s.at(int64(c.TCP.To), func() { s.tcp = nil })
	}
	for s.now = step; s.now <= int64(c.Duration); s.now += step {
		for len(s.events) > 0 && s.events[0].at <= s.now {
			heap.Pop(&s.events).(event).do()
		}
		s.sender.step()
		if s.tcp != nil {
			s.tcp.step()
		}
		if s.now >= s.nextReport {
			s.report()
		}
		s.measure()
	}
	return &s.result
}

// deliver takes a packet of the sender's along the link.
func (s *simulation) deliver(number uint16, p packet) {
	full := s.down.Counts().Overflowed
	arrivals := s.down.Send(s.now, p.size)
	if s.down.Counts().Overflowed == full {
		s.sample.Sent += int64(p.size) * 8
	}
	for _, at := range arrivals {
		s.at(at, func() {
			s.received += int64(p.size) * 8
			s.recorder.Record(2, number, at/1000)
			switch p.kind {
			case sound:
				s.result.SoundGap = max(s.result.SoundGap, time.Duration(at-s.lastSound))
				s.lastSound = at
			case content:
				s.result.ContentGap = max(s.result.ContentGap, time.Duration(at-s.lastContent))
				s.lastContent = at
				s.sample.Content++
			}
		})
	}
}

// report sends the receiver's feedback.
func (s *simulation) report() {
	interval := mostFeedback
	if s.received > 0 {
		interval = min(interval, max(leastFeedback, feedbackBits*20*(s.now-s.reported)/s.received))
	}
	s.nextReport, s.reported, s.received = s.now+interval, s.now, 0
	for _, p := range s.recorder.BuildFeedbackPacket() {
		report, err := p.Marshal()
		if err != nil {
			panic(err) // the recorder makes whole reports
		}
		for _, at := range s.up.Send(s.now, 100) {
			s.at(at, func() { s.sender.feedback(report) })
		}
	}
}

func (s *simulation) measure() {
	c := s.down.Conditions()
	rate := c.Rate
	if c.Cut {
		rate = 0
	}
	s.sample.Queue = max(s.sample.Queue, s.down.Queue(s.now))
	if s.now%sampleInterval != 0 {
		return
	}
	s.sample.At, s.sample.Link = time.Duration(s.now), rate
	s.sample.Estimate = s.sender.estimator.Estimate()
	s.sample.State = s.sender.estimator.State()
	s.sample.Sent = s.sample.Sent * second / sampleInterval
	s.sample.TCP = s.sample.TCP * second / sampleInterval
	s.sample.Padding = s.sample.Padding * second / sampleInterval
	for _, d := range s.sender.decisions {
		s.sample.Decisions = append(s.sample.Decisions, d.Choice)
		if !d.Lit {
			s.sample.Decisions[len(s.sample.Decisions)-1] = bandwidth.Choice{Layer: -1}
		}
	}
	s.result.Samples = append(s.result.Samples, s.sample)
	s.sample = Sample{}
}
