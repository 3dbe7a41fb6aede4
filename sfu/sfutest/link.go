package sfutest

import (
	"net"
	"slices"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/vnet"

	"diemcau/sfu/sfutest/link"
)

// Impairment is what a link does to its packets.
type Impairment = link.Conditions

// Link is one direction of a client's path: the model of package link, in real time. Its dice are seeded: it treats the n-th packet
// alike in every run.
type Link struct {
	mu      sync.Mutex
	began   time.Time
	model   *link.Link
	waiting []delayed // by due
	timer   *time.Timer
	closed  bool
}

// headerSize is what IPv4 and UDP add to a packet on the wire, in bytes.
const headerSize = 20 + 8

type delayed struct {
	due     time.Time
	deliver func()
}

func newLink(seed uint64) *Link {
	l := &Link{began: time.Now(), model: link.New(Impairment{}, seed)}
	l.timer = time.AfterFunc(time.Hour, l.release)
	return l
}

// Set changes what the link does to packets from now on.
func (l *Link) Set(i Impairment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.model.Set(int64(time.Since(l.began)), i)
}

// Counts are what became of the packets so far.
func (l *Link) Counts() link.Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.model.Counts()
}

// send passes a packet on, now or later or never.
func (l *Link) send(packet []byte, deliver func([]byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	now := int64(time.Since(l.began))
	for _, arrival := range l.model.Send(now, len(packet)+headerSize) {
		if arrival == now && len(l.waiting) == 0 {
			deliver(packet)
			continue
		}
		kept := slices.Clone(packet)
		d := delayed{l.began.Add(time.Duration(arrival)), func() { deliver(kept) }}
		// After all that are due at the same moment: only late packets change places.
		at, _ := slices.BinarySearchFunc(l.waiting, d, func(w, d delayed) int {
			if w.due.After(d.due) {
				return 1
			}
			return -1
		})
		l.waiting = slices.Insert(l.waiting, at, d)
	}
	if len(l.waiting) > 0 {
		l.timer.Reset(time.Until(l.waiting[0].due))
	}
}

// release delivers what is due.
func (l *Link) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	n := 0
	for ; n < len(l.waiting) && !l.waiting[n].due.After(now); n++ {
		l.waiting[n].deliver()
	}
	l.waiting = slices.Delete(l.waiting, 0, n)
	if len(l.waiting) > 0 {
		l.timer.Reset(time.Until(l.waiting[0].due))
	}
}

func (l *Link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed, l.waiting = true, nil
	l.timer.Stop()
}

// host is one host of the virtual network, whose packets take the link of their destination.
type host struct {
	*vnet.Net
	link func(to net.Addr) *Link // nil is a perfect one
}

// ListenUDP opens a socket (transport.Net).
func (h host) ListenUDP(network string, address *net.UDPAddr) (transport.UDPConn, error) {
	conn, err := h.Net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	return linked{conn, h}, nil
}

type linked struct {
	transport.UDPConn
	host host
}

// WriteTo sends a packet along the link.
func (c linked) WriteTo(packet []byte, to net.Addr) (int, error) {
	l := c.host.link(to)
	if l == nil {
		return c.UDPConn.WriteTo(packet, to)
	}
	l.send(packet, func(p []byte) { _, _ = c.UDPConn.WriteTo(p, to) }) // a socket that was closed meanwhile loses it
	return len(packet), nil
}
