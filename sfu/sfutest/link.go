package sfutest

import (
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/pion/transport/v4"
	"github.com/pion/transport/v4/vnet"
)

// Impairment is what a link does to its packets.
type Impairment struct {
	Loss  float64       // share of the packets that are lost
	Delay time.Duration // of every packet
	// Late is the share of the packets that come LateBy after their time, and so after younger ones.
	Late   float64
	LateBy time.Duration
}

// Link is one direction of a client's path. Its dice are seeded: it treats the n-th packet alike in every run.
type Link struct {
	mu         sync.Mutex
	impairment Impairment
	dice       *rand.Rand
	waiting    []delayed // by due
	timer      *time.Timer
	closed     bool
}

type delayed struct {
	due     time.Time
	deliver func()
}

func newLink(seed uint64) *Link {
	l := &Link{dice: rand.New(rand.NewPCG(seed, 1))}
	l.timer = time.AfterFunc(time.Hour, l.release)
	return l
}

// Set changes what the link does to packets from now on.
func (l *Link) Set(i Impairment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.impairment = i
}

// send passes a packet on, now or later or never.
func (l *Link) send(packet []byte, deliver func([]byte)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := l.impairment
	lost, late := l.dice.Float64() < i.Loss, l.dice.Float64() < i.Late
	if lost || l.closed {
		return
	}
	if i.Delay == 0 && !late && len(l.waiting) == 0 {
		deliver(packet)
		return
	}
	kept := slices.Clone(packet)
	d := delayed{time.Now().Add(i.Delay), func() { deliver(kept) }}
	if late {
		d.due = d.due.Add(i.LateBy)
	}
	// After all that are due at the same moment: only late packets change places.
	at, _ := slices.BinarySearchFunc(l.waiting, d, func(w, d delayed) int {
		if w.due.After(d.due) {
			return 1
		}
		return -1
	})
	l.waiting = slices.Insert(l.waiting, at, d)
	l.timer.Reset(time.Until(l.waiting[0].due))
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
