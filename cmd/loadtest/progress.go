package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"diemcau/cmd/loadtest/internal/machine"
)

// progress shows a line of what happens: on a terminal in one place each second, elsewhere a new one each five seconds.
type progress struct {
	w        io.Writer
	terminal bool
	stop     chan struct{}
	stopped  sync.WaitGroup
	once     sync.Once

	mu    sync.Mutex // guards w, and what follows
	shown bool       // a line is on the terminal
}

// Of a terminal (ECMA-48, DEC private mode 7): the rest of the line is erased; what is too long is cut, not continued on the next line.
const (
	eraseRest = "\x1b[K"
	cutOff    = "\x1b[?7l"
	cutOn     = "\x1b[?7h"
)

func showProgress(w io.Writer, status func() string) *progress {
	p := &progress{w: w, stop: make(chan struct{})}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	interval := 5 * time.Second
	if p.terminal {
		interval = time.Second
	}
	p.stopped.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-tick.C:
				p.show(status())
			}
		}
	})
	return p
}

func (p *progress) show(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	fmt.Fprint(p.w, "\r", cutOff, line, eraseRest, cutOn)
	p.shown = true
}

// clear takes the line off the terminal, for something else to be written there.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.w, "\r", eraseRest)
		p.shown = false
	}
}

func (p *progress) end() {
	p.once.Do(func() { close(p.stop) })
	p.stopped.Wait()
	p.clear()
}

// newStatus gives a function that says what happens now, with what has come since it was called before.
func (t *test) newStatus() func() string {
	before, received := t.use(), uint64(0)
	return func() string {
		now, doing := t.use(), t.doing.Load()
		span := (now.at - before.at).Seconds()
		var sum tally
		var total uint64
		for _, p := range t.everybody() {
			p.inbox.add(&sum, now.at)
			total += p.inbox.received()
		}
		var b strings.Builder
		both := &sum.latency[video]
		both.Merge(&sum.latency[audio])
		lost := max(sum.lost[video], 0) + max(sum.lost[audio], 0)
		all := int64(sum.packets[video]+sum.packets[audio]) + lost
		fmt.Fprintf(&b, "%s, %.0f s | %.0f packets/s, %.3f %% lost, p99 %.1f ms", doing.text, (now.at - doing.since).Seconds(), float64(total-received)/span,
			100*float64(lost)/float64(max(all, 1)), milliseconds(both.Quantile(0.99)))
		if machine.Known() {
			if t.PID != 0 {
				fmt.Fprintf(&b, " | server %.2f", (now.server.CPU-before.server.CPU).Seconds()/span)
			} else {
				b.WriteString(" | CPU:")
			}
			fmt.Fprintf(&b, " generator %.2f", (now.self.CPU-before.self.CPU).Seconds()/span)
		}
		if f := t.failed(); f.Joins+f.Connections+f.Grants > 0 {
			fmt.Fprintf(&b, " | %d failures", f.Joins+f.Connections+f.Grants)
		}
		before, received = now, total
		return b.String()
	}
}
