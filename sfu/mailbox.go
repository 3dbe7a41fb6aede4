package sfu

import "sync"

// mailbox takes work for one goroutine. Posting never blocks; its length is bounded by what peers may ask for, which is
// limited before it comes here.
type mailbox struct {
	mu     sync.Mutex
	posted []func()
	closed bool
	signal func() // wakes the goroutine; it may be called by any, and must not block
}

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
