package sfu

import "sync"

// mailbox takes work for one goroutine. Posting never blocks; its length is bounded by what peers may ask for, which is
// limited before it comes here.
type mailbox struct {
	mu     sync.Mutex
	posted []func()
	closed bool
	wake   chan struct{}
}

func newMailbox() mailbox { return mailbox{wake: make(chan struct{}, 1)} }

// post adds work. It is false when the owner has stopped.
func (m *mailbox) post(f func()) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	m.posted = append(m.posted, f)
	m.signal()
	return true
}

func (m *mailbox) signal() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// drain runs what was posted.
func (m *mailbox) drain() {
	m.mu.Lock()
	work := m.posted
	m.posted = nil
	m.mu.Unlock()
	for _, f := range work {
		f()
	}
}

// close refuses further work; what was posted is still run by the next drain.
func (m *mailbox) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
}
