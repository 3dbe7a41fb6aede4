package sfu

import "diemcau/sfu/packets"

// paced is a packet of a slot's that waits for its turn. It is numbered when it goes out: what waits for a slot that meanwhile shows
// something else is dropped and leaves no gap.
type paced struct {
	slot    *slot
	feed    *feed
	packet  *packets.Packet
	padding uint8
	bits    int64 // that it takes of the link: none when the slot leaves it out, and waits for the sake of the numbers only
}

// pacer spreads the pictures of one peer over time, so that a key frame does not fill the queue on the way and hold up the sound.
type pacer struct {
	rate    int64 // bit/s; 0 is no limit
	credit  int64 // bits of pictures that may go at once
	owed    int64 // bits that went out without waiting and are not earned yet
	at      int64 // when the credit was reckoned
	waiting []paced
	size    int64 // bits that wait
}

const (
	paceBurst  = 40e6  // nanoseconds of the rate that may go at once
	paceDebt   = 200e6 // nanoseconds of the rate that pictures wait at most for what did not: sound, repairs and probes
	paceWindow = 1e9   // nanoseconds of the rate that may wait
)

func (p *pacer) setRate(rate, now int64) {
	p.refill(now)
	p.rate, p.owed = rate, min(p.owed, rate*paceDebt/1e9)
}

func (p *pacer) refill(now int64) {
	// Whole milliseconds of a long silence are plenty, and the product stays within 64 bits.
	earned := p.rate * min(now-p.at, 1e9) / 1e9
	paid := min(earned, p.owed)
	p.owed -= paid
	p.credit = min(p.rate*paceBurst/1e9, p.credit+earned-paid)
	p.at = now
}

// clear tells whether a packet may go at once.
func (p *pacer) clear(now int64) bool {
	if p.rate == 0 {
		return true
	}
	p.refill(now)
	return p.credit > p.owed
}

// spend takes note of bytes of pictures that went out.
func (p *pacer) spend(size int) {
	if p.rate != 0 {
		p.credit -= int64(size) * 8
	}
}

// spendAtOnce takes note of bytes that went out and never wait: pictures wait for them, but not for longer than paceDebt.
func (p *pacer) spendAtOnce(size int) {
	if p.rate != 0 {
		p.owed = min(p.owed+int64(size)*8, p.rate*paceDebt/1e9)
	}
}

func (p *pacer) hold(q paced) {
	p.waiting = append(p.waiting, q)
	p.size += q.bits
}

func (p *pacer) next() paced {
	q := p.waiting[0]
	p.waiting[0] = paced{}
	p.waiting = p.waiting[1:]
	p.size -= q.bits
	return q
}

// full tells whether more waits than is worth showing.
func (p *pacer) full() bool { return p.rate != 0 && p.size > p.rate*paceWindow/1e9 }

// drop takes out all that waits for one slot.
func (p *pacer) drop(s *slot) {
	kept := p.waiting[:0]
	for _, q := range p.waiting {
		if q.slot == s {
			p.size -= q.bits
		} else {
			kept = append(kept, q)
		}
	}
	clear(p.waiting[len(kept):])
	p.waiting = kept
}

// longest is the slot for which the most waits.
func (p *pacer) longest() (longest *slot) {
	sizes := map[*slot]int64{}
	for _, q := range p.waiting {
		sizes[q.slot] += q.bits
		if longest == nil || sizes[q.slot] > sizes[longest] {
			longest = q.slot
		}
	}
	return longest
}
