// Package link models one direction of a network path in virtual time: a bottleneck with a queue, a delay, jitter, loss, duplicates and
// cuts. It has no clock, no goroutine and no packets: callers say when they send how much, and are told when it arrives. So tests run
// hours of a meeting in moments, and a proxy or a virtual network imposes the same on real packets.
package link

import (
	"math"
	"math/rand/v2"
	"time"
)

// Conditions are what a link does to its packets. The zero value is a perfect link.
type Conditions struct {
	// Rate is what the bottleneck carries, in bit/s. Zero is without limit.
	Rate int64
	// QueueBytes and QueueTime bound what waits before the bottleneck, in bytes and in time at Rate. A packet that would
	// exceed either is dropped (drop-tail). Zero is without bound.
	QueueBytes int
	QueueTime  time.Duration

	Delay time.Duration // of every packet, after the bottleneck
	// Jitter is added to the delay, evenly spread from zero to this. Packets keep their order unless Reorder is set.
	Jitter  time.Duration
	Reorder bool
	// Late is the share of the packets that come LateBy after their time, and so after younger ones.
	Late   float64
	LateBy time.Duration

	Loss      float64 // share of the packets that are lost, each by its own dice
	Burst     Burst   // losses that come together
	Duplicate float64 // share of the packets that arrive twice
	Cut       bool    // nothing passes
}

// Burst is a Gilbert-Elliott channel: a good state without loss, a bad one with loss, and for each packet a chance to change state
// (E. O. Elliott, "Estimates of Error Rates for Codes on Burst-Noise Channels", 1963). The zero value never turns bad.
type Burst struct {
	Enter float64 // chance that the state turns bad
	Leave float64 // chance that it turns good again
	Loss  float64 // share of the packets that are lost in the bad state
}

// Bursts loses a share of the packets, in runs of length packets on average.
func Bursts(share, length float64) Burst {
	leave := 1 / length
	return Burst{Enter: leave * share / (1 - share), Leave: leave, Loss: 1}
}

// Counts are what became of the packets of a link.
type Counts struct {
	Sent       int
	Arrived    int // without second copies
	Lost       int // by dice, alone or in a burst
	Overflowed int // the queue was full
	Cut        int // sent while the link was cut
	Duplicated int
}

// Link is one direction of a path. Its dice are seeded, and every packet throws all of them: the n-th packet of a link has the same luck
// in every run, whatever the conditions. One goroutine uses it.
type Link struct {
	conditions Conditions
	planned    []change // by time
	dice       *rand.Rand
	bad        bool  // state of the burst channel
	free       int64 // when the bottleneck has sent all that waits
	last       int64 // arrival of the last packet that kept its order
	counts     Counts
	arrivals   [2]int64
}

type change struct {
	at         int64
	conditions Conditions
}

// New makes a link.
func New(c Conditions, seed uint64) *Link {
	return &Link{conditions: c, dice: rand.New(rand.NewPCG(seed, 1))}
}

// Conditions are those in force at the last call.
func (l *Link) Conditions() Conditions { return l.conditions }

// Counts are those since the link was made.
func (l *Link) Counts() Counts { return l.counts }

// Set changes the conditions from now on. Packets on their way keep the time that they were told; the room that they take in the queue
// drains at the new rate.
func (l *Link) Set(now int64, c Conditions) {
	l.pass(now)
	if waiting := l.Queue(now); waiting > 0 && c.Rate != l.conditions.Rate {
		l.free = now
		if c.Rate > 0 {
			l.free += int64(float64(waiting) * float64(l.conditions.Rate) / float64(c.Rate))
		}
	}
	l.conditions = c
}

// Plan changes the conditions at a moment to come, later than those planned before. Unlike with Set, packets that are in the queue at that
// moment leave it at the new rate.
func (l *Link) Plan(at int64, c Conditions) { l.planned = append(l.planned, change{at, c}) }

// pass brings planned conditions into force.
func (l *Link) pass(now int64) {
	for len(l.planned) > 0 && l.planned[0].at <= now {
		l.conditions = l.planned[0].conditions
		l.planned = l.planned[1:]
	}
}

// serve is when the bottleneck has sent so many bits, if it begins at a time.
func (l *Link) serve(from int64, bits float64) int64 {
	rate := l.conditions.Rate
	for _, p := range l.planned {
		if p.at > from {
			could := math.Inf(1)
			if rate > 0 {
				could = float64(p.at-from) / 1e9 * float64(rate)
			}
			if could >= bits {
				break
			}
			bits -= could
			from = p.at
		}
		rate = p.conditions.Rate
	}
	if rate == 0 {
		return from
	}
	return from + int64(bits*1e9/float64(rate))
}

// waiting is how many bytes wait before the bottleneck or are being sent.
func (l *Link) waiting(now int64) float64 {
	bits, rate := 0.0, l.conditions.Rate
	for _, p := range l.planned {
		if p.at > now && now < l.free {
			until := min(p.at, l.free)
			bits += float64(until-now) / 1e9 * float64(rate)
			now = until
		}
		rate = p.conditions.Rate
	}
	return (bits + max(0, float64(l.free-now))/1e9*float64(rate)) / 8
}

// Queue is how long a packet that is sent now would wait before the bottleneck takes it.
func (l *Link) Queue(now int64) time.Duration {
	l.pass(now)
	return time.Duration(max(0, l.free-now))
}

// Send takes a packet of size bytes at a moment of any clock, in nanoseconds, which never goes back. It tells when the packet arrives:
// never when it is lost, twice when it is duplicated. The slice is valid until the next call.
func (l *Link) Send(now int64, size int) (arrivals []int64) {
	l.pass(now)
	c := &l.conditions
	turn, burst, loss, late, jitter, twice := l.roll(), l.roll(), l.roll(), l.roll(), l.roll(), l.roll()
	if l.bad {
		l.bad = turn >= c.Burst.Leave
	} else {
		l.bad = turn < c.Burst.Enter
	}
	l.counts.Sent++
	if c.Cut {
		l.counts.Cut++
		return nil
	}
	if c.QueueTime > 0 && l.Queue(now) > c.QueueTime || c.QueueBytes > 0 && l.waiting(now)+float64(size) > float64(c.QueueBytes) {
		l.counts.Overflowed++
		return nil
	}
	l.free = l.serve(max(now, l.free), float64(size)*8)
	// A packet that is lost has taken its share of the bottleneck, as one that a radio link garbles.
	if loss < c.Loss || l.bad && burst < c.Burst.Loss {
		l.counts.Lost++
		return nil
	}
	l.counts.Arrived++
	arrival := l.free + int64(c.Delay) + int64(jitter*float64(c.Jitter))
	switch {
	case late < c.Late:
		arrival += int64(c.LateBy)
	case !c.Reorder:
		arrival = max(arrival, l.last)
		l.last = arrival
	}
	l.arrivals = [2]int64{arrival, arrival}
	if twice < c.Duplicate {
		l.counts.Duplicated++
		return l.arrivals[:2]
	}
	return l.arrivals[:1]
}

func (l *Link) roll() float64 { return l.dice.Float64() }
