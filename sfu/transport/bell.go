package transport

import "time"

// bell wakes one goroutine that has no socket to wait at.
type bell struct {
	rung  chan struct{}
	timer *time.Timer
}

func newBell() bell { return bell{make(chan struct{}, 1), time.NewTimer(0)} }

// ring ends the wait that is under way, or else the next one.
func (b bell) ring() {
	select {
	case b.rung <- struct{}{}:
	default:
	}
}

// wait belongs to one goroutine.
func (b bell) wait(patience time.Duration) {
	b.timer.Reset(patience)
	select {
	case <-b.rung:
	case <-b.timer.C:
	}
}
