package sfu

import "sync/atomic"

// feed is what one worker takes from one layer: a place in the layer's ring and the worker's slots that the layer fills. The worker
// owns the fields without another note.
type feed struct {
	layer  *layer
	worker *worker
	cursor uint64
	slots  []*slot

	active    atomic.Bool // there are slots
	scheduled atomic.Bool
	next      *feed // the next one in the worker's inbox; of whoever set scheduled
}

// schedule puts the feed into its worker's inbox, unless it is there already.
func (f *feed) schedule() {
	if !f.scheduled.CompareAndSwap(false, true) {
		return
	}
	for {
		head := f.worker.inbox.Load()
		f.next = head
		if f.worker.inbox.CompareAndSwap(head, f) {
			break
		}
	}
	f.worker.mailbox.signal()
}

func (f *feed) attach(s *slot) {
	if len(f.slots) == 0 {
		f.cursor = f.layer.ring.Head()
	}
	f.slots = append(f.slots, s)
	f.active.Store(true)
}

func (f *feed) detach(s *slot) {
	for i, other := range f.slots {
		if other == s {
			// A new slice: the worker may be walking the old one.
			f.slots = append(append([]*slot(nil), f.slots[:i]...), f.slots[i+1:]...)
			break
		}
	}
	f.active.Store(len(f.slots) > 0)
}
