package transport

import "testing"

func TestTheGuardFollowsTheRollOver(t *testing.T) {
	var g guard
	for round := range 3 {
		for n := range 1 << 16 {
			if !g.admit(uint16(n)) {
				t.Fatalf("round %d: %d is refused", round, n)
			}
			if n%1000 == 0 && g.admit(uint16(n)) {
				t.Fatalf("round %d: %d is admitted twice", round, n)
			}
		}
	}
	if !g.admit(5) || g.admit(65530) {
		t.Error("a late packet that was sent before is admitted again")
	}
}
