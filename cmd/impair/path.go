package main

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"diemcau/sfu/sfutest/link"
)

// path is one direction of a site's link in real time. Everything of the site shares it, so that TCP and UDP wait in one queue.
type path struct {
	begin time.Time
	wake  chan struct{} // holds a token when something is due sooner than before

	mu   sync.Mutex // guards what follows
	link *link.Link
	due  agenda
	next uint64
}

func newPath(c link.Conditions, seed uint64) *path {
	return &path{begin: time.Now(), wake: make(chan struct{}, 1), link: link.New(c, seed)}
}

// run does what is due, one after another, until ctx ends. What it calls must not block.
func (p *path) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		do, wait := p.take()
		if do != nil {
			do()
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
		case <-timer.C:
		}
	}
}

// take is what is due now, or how long to wait for it.
func (p *path) take() (do func(), wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.due) == 0 {
		return nil, time.Hour
	}
	if wait = time.Duration(p.due[0].at - p.now()); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&p.due).(appointment).do, 0
}

// send takes a packet of size bytes and has arrive called when it arrives: twice where it is duplicated, never where it is lost, and then
// send is false.
func (p *path) send(size int, arrive func()) bool {
	p.mu.Lock()
	arrivals := p.link.Send(p.now(), size)
	for _, at := range arrivals {
		p.add(at, arrive)
	}
	p.mu.Unlock()
	return len(arrivals) > 0
}

// after has do called after a time.
func (p *path) after(d time.Duration, do func()) {
	p.mu.Lock()
	p.add(p.now()+int64(d), do)
	p.mu.Unlock()
}

// set changes the conditions from now on.
func (p *path) set(change func(link.Conditions) link.Conditions) {
	p.mu.Lock()
	p.link.Set(p.now(), change(p.link.Conditions()))
	p.mu.Unlock()
}

// delay is that of a packet which waits for nothing.
func (p *path) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link.Conditions().Delay
}

func (p *path) counts() link.Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link.Counts()
}

// add is called with mu held.
func (p *path) add(at int64, do func()) {
	p.next++
	heap.Push(&p.due, appointment{at: at, order: p.next, do: do})
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *path) now() int64 { return int64(time.Since(p.begin)) }

// appointment is something to do at a moment; of two for one moment the older comes first.
type appointment struct {
	at    int64
	order uint64
	do    func()
}

// agenda is a heap of appointments (container/heap).
type agenda []appointment

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].order < a[j].order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(appointment)) }
func (a *agenda) Pop() any {
	last := len(*a) - 1
	x := (*a)[last]
	(*a)[last] = appointment{}
	*a = (*a)[:last]
	return x
}
