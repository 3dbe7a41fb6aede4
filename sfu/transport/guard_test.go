package transport

import (
	"math/rand/v2"
	"testing"
)

func TestTheGuardFollowsTheRollOver(t *testing.T) {
	var g guard
	for round := range 3 {
		for n := range 1 << 16 {
			if index, ok := g.admit(uint16(n)); !ok || index != uint64(round<<16+n) {
				t.Fatalf("round %d: %d is refused, or is %d", round, n, index)
			}
			if _, again := g.admit(uint16(n)); n%1000 == 0 && again {
				t.Fatalf("round %d: %d is admitted twice", round, n)
			}
		}
	}
	_, next := g.admit(5)
	if _, late := g.admit(65530); !next || late {
		t.Error("a late packet that was sent before is admitted again")
	}
	g = guard{}
	g.admit(5)
	if _, ok := g.admit(65530); ok {
		t.Error("a packet from before the first, which has no index, is admitted")
	}
}

// Over any loss, reordering and repetition within half the numbers, no index is admitted twice.
func TestTheGuardAdmitsNoIndexTwice(t *testing.T) {
	for seed := range uint64(10) {
		dice := rand.New(rand.NewPCG(seed, 9))
		var g guard
		admitted := map[uint64]bool{}
		newest := uint64(30_000)
		g.admit(uint16(newest))
		admitted[newest] = true
		for range 200_000 {
			index := newest
			switch dice.IntN(10) {
			case 0:
				index -= uint64(dice.IntN(2000))
			case 1:
				index += uint64(dice.IntN(1000))
			case 2:
			default:
				index++
			}
			newest = max(newest, index)
			got, ok := g.admit(uint16(index))
			switch {
			case ok && got != index:
				t.Fatalf("seed %d: %d was taken for %d", seed, index, got)
			case ok && admitted[index]:
				t.Fatalf("seed %d: %d was admitted twice", seed, index)
			case !ok && !admitted[index] && newest-index < 1024:
				t.Fatalf("seed %d: %d was refused, the newest is %d", seed, index, newest)
			case ok:
				admitted[index] = true
			}
		}
	}
}
