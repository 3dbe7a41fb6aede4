package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"diemcau/cmd/loadtest/internal/measure"
	"diemcau/rooms/api"
	"diemcau/signaling/protocol"
)

// joins are the joins since the last participants were added, those who came back included.
type joins struct {
	seated, connected, programme measure.Histogram
	again                        int // of those who had left
}

// failures are what went wrong since the last participants were added.
type failures struct {
	Joins       int    `json:"joins"`
	Connections int    `json:"connections"` // that ended by themselves
	Grants      int    `json:"grants"`      // of the floor, that were refused
	First       string `json:"first,omitempty"`
	first       error
}

// grow has subscribers join until each meeting has so many, those too that could not before or were lost, and waits until they see the
// programme.
func (t *test) grow(ctx context.Context, subscribers int) error {
	t.mu.Lock()
	t.joins, t.failures = joins{}, failures{}
	t.mu.Unlock()
	var all []*participant
	for i := range subscribers {
		for _, m := range t.meetings {
			if i == len(m.subscribers) {
				seat := api.Seat{Name: fmt.Sprintf("Màn hình thử tải %d", i+1), Role: string(protocol.RoleDisplay), ProtocolOrder: 1000 + i}
				m.subscribers = append(m.subscribers, t.add(m, seat, false, true))
			}
			if p := m.subscribers[i]; p.present() == nil {
				all = append(all, p)
			}
		}
	}
	if err := t.join(ctx, all); err != nil {
		return err
	}
	if failed := t.failed(); len(all) > 0 && failed.Joins == len(all) {
		return fmt.Errorf("no subscriber could join: %w", failed.first)
	}
	t.say("waiting for the programme")
	t.wait(ctx, mediaPatience, func() bool { return t.withoutMedia() == 0 })
	return nil
}

// join has participants join at the rate that is asked for, and waits until all have, or could not. It ends early with ctx.
func (t *test) join(ctx context.Context, all []*participant) error {
	tick := time.NewTicker(time.Duration(float64(time.Second) / t.JoinRate))
	defer tick.Stop()
	var joining sync.WaitGroup
	defer joining.Wait()
	for i, p := range all {
		t.say("joining %d of %d", i+1, len(all))
		joining.Go(func() { t.joinOne(ctx, p) })
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

func (t *test) joinOne(ctx context.Context, p *participant) {
	took, err := p.join(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case err == nil:
		t.joins.seated.Add(took.seated)
		t.joins.connected.Add(took.connected)
	case ctx.Err() == nil: // else the test is ended
		t.failures.Joins++
		t.failures.note(err)
	}
}

// dropped is told of a connection that ended by itself.
func (t *test) dropped(l *link, err error) {
	select {
	case <-l.stop:
		return // it has left
	default:
	}
	if l.lost.Swap(true) {
		return // it is known
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.failures.Connections++
	t.failures.note(err)
}

func (f *failures) note(err error) {
	if f.First == "" {
		f.First, f.first = err.Error(), err
	}
}

func (t *test) failed() failures {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failures
}

// churn has subscribers leave and come back, one after another, until ctx ends. Who has left by then comes back all the same.
func (t *test) churn(ctx context.Context) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / t.Churn))
	defer tick.Stop()
	var all []*participant
	for i := range t.meetings[0].subscribers {
		for _, m := range t.meetings {
			all = append(all, m.subscribers[i])
		}
	}
	var moving sync.WaitGroup
	defer moving.Wait()
	for i := 0; ; i++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p := all[i%len(all)]
		if p.present() == nil {
			continue // it is still on its way
		}
		moving.Go(func() {
			ctx := context.WithoutCancel(ctx)
			p.leave(ctx)
			t.joinOne(ctx, p)
			t.mu.Lock()
			defer t.mu.Unlock()
			t.joins.again++
		})
	}
}
