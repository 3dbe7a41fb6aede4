package packets

import (
	"math/rand/v2"
	"sync"
	"testing"
)

func TestRingKeepsTheNewest(t *testing.T) {
	r := NewRing(8)
	for i := range uint64(20) {
		r.Put(&Packet{Sequence: i})
	}
	for i := range uint64(20) {
		if got := r.Get(i); (got != nil) != (i >= 12) {
			t.Errorf("packet %d: %v", i, got)
		}
	}
	dst := make([]*Packet, 3)
	n, cursor, missed := r.Read(0, dst)
	if n != 3 || missed != 14 || dst[0].Sequence != 14 || cursor != 17 {
		t.Errorf("%d packets from %d, next %d, %d missed", n, dst[0].Sequence, cursor, missed)
	}
	if n, cursor, missed = r.Read(20, dst); n != 0 || cursor != 20 || missed != 0 {
		t.Errorf("at the head: %d %d %d", n, cursor, missed)
	}
}

// What is too old to be of use is let go, whether it was read or not.
func TestRingLetsGoOfWhatIsOld(t *testing.T) {
	r := NewRing(16)
	for i := range uint64(10) {
		r.Put(&Packet{Sequence: 100 + i, Arrival: int64(i) * KeptFor / 4})
	}
	for i := range uint64(10) {
		if got := r.Get(100 + i); (got != nil) != (i >= 5) || r.Forgotten(100+i) == (i >= 5) {
			t.Errorf("packet %d: %v", i, got)
		}
	}
	dst := make([]*Packet, 16)
	n, cursor, missed := r.Read(0, dst)
	if n != 5 || missed != 5 || cursor != 10 || dst[0].Sequence != 105 {
		t.Errorf("%d packets, next %d, %d missed", n, cursor, missed)
	}
	// After a pause only the newest is left, and the ring goes on as before.
	r.Put(&Packet{Sequence: 110, Arrival: 100 * KeptFor})
	if r.Forgotten(111) {
		t.Error("what is still to come is forgotten")
	}
	if r.Get(109) != nil || r.Get(110) == nil || !r.Forgotten(109) || r.Forgotten(110) {
		t.Error("after a pause")
	}
	if n, _, missed = r.Read(10, dst); n != 1 || missed != 0 {
		t.Errorf("after a pause: %d packets, %d missed", n, missed)
	}
}

// Readers see each packet once and in the order of arrival, while the writer goes on.
func TestRingWithReaders(t *testing.T) {
	r := NewRing(64)
	const total = 20_000
	var readers sync.WaitGroup
	for range 3 {
		readers.Go(func() {
			var cursor, last uint64
			dst := make([]*Packet, 16)
			for last < total {
				n, next, _ := r.Read(cursor, dst)
				cursor = next
				for _, p := range dst[:n] {
					if p.Sequence <= last {
						t.Errorf("%d after %d", p.Sequence, last)
						return
					}
					last = p.Sequence
				}
			}
		})
	}
	for i := range uint64(total) {
		r.Put(&Packet{Sequence: i + 1})
	}
	readers.Wait()
}

func TestSequence(t *testing.T) {
	var s Sequence
	type step struct {
		number        uint16
		skip          bool
		want          uint64 // less the first
		restarted, ok bool
	}
	base := uint64(1<<16 | 65534)
	for i, st := range []step{
		{65534, false, 0, false, true},
		{65535, false, 1, false, true},
		{0, false, 2, false, true}, // the wrap
		{2, false, 4, false, true}, // a gap
		{1, false, 3, false, true}, // late
		{3, true, 0, false, false}, // padding
		{4, false, 5, false, true}, // takes its place
		{5, true, 0, false, false},
		{6, true, 0, false, false},
		{7, false, 6, false, true},
		{4, false, 5, false, true}, // again, from before the padding
		{65535, false, 1, false, true},
	} {
		got, restarted, ok := s.Next(st.number, st.skip)
		if ok != st.ok || restarted != st.restarted || ok && got != base+st.want {
			t.Errorf("step %d, number %d: %d %v %v", i, st.number, int64(got)-int64(base), restarted, ok)
		}
	}
	if got, restarted, ok := s.Next(30_000, false); !restarted || !ok || got <= base+6 {
		t.Errorf("a jump: %d %v %v", got, restarted, ok)
	}
}

// Each index is admitted once at most, and once if it is not too old.
func TestWindow(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	var w Window
	admitted := map[uint64]bool{}
	highest := uint64(1 << 16)
	for range 200_000 {
		index := highest
		switch dice.IntN(20) {
		case 0:
			index += uint64(dice.IntN(3000))
		case 1, 2, 3:
			index -= uint64(dice.IntN(1500))
		default:
			index += uint64(dice.IntN(3))
		}
		ok := w.Admit(index)
		if ok && admitted[index] {
			t.Fatalf("%d was admitted twice", index)
		}
		if !ok && !admitted[index] && highest-index < windowWidth && index <= highest {
			t.Fatalf("%d was refused, the highest is %d", index, highest)
		}
		if ok {
			admitted[index] = true
			highest = max(highest, index)
		}
	}
}
