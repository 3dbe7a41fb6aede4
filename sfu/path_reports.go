package sfu

import "sync"

// pathReports keeps what clients report on the ways to them until their worker is awake: it is not woken for them.
type pathReports struct {
	mu      sync.Mutex
	waiting pathReportBatch
	taken   pathReportBatch // of the worker
}

type pathReportBatch struct {
	bytes []byte
	ends  []pathReportEnd
}

// pathReportEnd is where a report ends that began at the end of the one before.
type pathReportEnd struct {
	peer *Peer
	at   int
}

// add keeps a copy of a report. Any goroutine may call it.
func (r *pathReports) add(p *Peer, report []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &r.waiting
	w.bytes = append(w.bytes, report...)
	w.ends = append(w.ends, pathReportEnd{p, len(w.bytes)})
}

// take hands over what has come since the last time. A report is the callee's until it returns.
func (r *pathReports) take(each func(p *Peer, report []byte)) {
	r.mu.Lock()
	r.waiting, r.taken = r.taken, r.waiting
	r.mu.Unlock()
	from := 0
	for _, e := range r.taken.ends {
		each(e.peer, r.taken.bytes[from:e.at])
		from = e.at
	}
	clear(r.taken.ends)
	r.taken.bytes, r.taken.ends = r.taken.bytes[:0], r.taken.ends[:0]
}
