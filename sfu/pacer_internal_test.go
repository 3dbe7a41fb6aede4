package sfu

import (
	"math/rand/v2"
	"testing"

	"diemcau/sfu/packets"
)

// Whatever comes when: within any span no more goes out than the rate and one burst, and one packet for which there was credit.
func TestThePacerKeepsToItsRate(t *testing.T) {
	for seed := range uint64(200) {
		dice := rand.New(rand.NewPCG(seed, 7))
		rate := int64(50_000 + dice.IntN(5_000_000))
		var p pacer
		now := int64(dice.IntN(1e9))
		p.setRate(rate, now)
		began, sent := now, int64(0)
		for range 2000 {
			now += int64(dice.ExpFloat64() * 2e6)
			for dice.IntN(3) > 0 {
				if !p.clear(now) {
					break
				}
				size := 1 + dice.IntN(1400)
				p.spend(size)
				sent += int64(size) * 8
				if most := rate*(now-began)/1e9 + rate*paceBurst/1e9 + 1400*8; sent > most {
					t.Fatalf("seed %d: %d bits in %d ns at %d bit/s", seed, sent, now-began, rate)
				}
			}
		}
		if least := (rate*(now-began)/1e9 - rate*paceBurst/1e9) / 4; sent < least {
			t.Errorf("seed %d: no more than %d bits went, of %d that could", seed, sent, rate*(now-began)/1e9)
		}
	}
}

// What waits keeps its order; what waits for a slot that is emptied is gone, and the rest stays.
func TestThePacerDropsOneSlotsPackets(t *testing.T) {
	var p pacer
	p.setRate(100_000, 0)
	a, b := &slot{}, &slot{}
	for i := range 20 {
		s := a
		if i%4 == 0 {
			s = b
		}
		p.hold(paced{slot: s, packet: &packets.Packet{Sequence: uint64(i)}, bits: 8000})
	}
	if !p.full() || p.longest() != a {
		t.Errorf("of 160 kbit at 100 kbit/s it is full: %v, and slot a has most: %v", p.full(), p.longest() == a)
	}
	p.drop(a)
	if p.full() || len(p.waiting) != 5 {
		t.Errorf("%d packets wait", len(p.waiting))
	}
	for i := range 5 {
		if q := p.next(); q.slot != b || q.packet.Sequence != uint64(4*i) {
			t.Errorf("packet %d is number %d", i, q.packet.Sequence)
		}
	}
	if p.size != 0 {
		t.Errorf("%d bits are left", p.size)
	}
}

// Sound never waits, even while a link that is cut is believed to carry less than it: pictures do not pay for that when the link is back.
func TestThePacerForgivesTheSoundOfACut(t *testing.T) {
	const sound = 160 // bytes every 10 ms: 128 kbit/s
	var p pacer
	now := int64(0)
	p.setRate(45_000, now)
	for range 10 * 100 {
		now += 10e6
		p.spendAtOnce(sound)
		p.clear(now)
	}
	p.setRate(300_000, now)
	for back := now; !p.clear(now); now += 10e6 {
		if p.spendAtOnce(sound); now-back > 300e6 {
			t.Fatalf("pictures still wait %d ms after the link is back, with a credit of %d bits and a debt of %d", (now-back)/1e6, p.credit, p.owed)
		}
	}
}

// A large picture that went out at once is paid for in full, whatever else goes out meanwhile.
func TestThePacerForgivesNoPicture(t *testing.T) {
	const rate = 100_000
	var p pacer
	p.setRate(rate, 0)
	p.clear(1e9)
	p.spend(30_000) // 240 kbit
	now := int64(1e9)
	for ; !p.clear(now); now += 10e6 {
		p.spendAtOnce(30)
	}
	if took := now - 1e9; took < 3.0e9 || took > 3.3e9 { // less what the others take, 24 kbit/s
		t.Errorf("the next picture went after %d ms", took/1e6)
	}
}

// Without feedback on the path nothing is held back.
func TestThePacerWithoutARate(t *testing.T) {
	var p pacer
	for range 1000 {
		if !p.clear(0) {
			t.Fatal("held back")
		}
		p.spend(1500)
	}
}
