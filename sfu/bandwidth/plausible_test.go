package bandwidth

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// bomb announces as many arrivals as it can and holds none.
func bomb() []byte {
	raw := make([]byte, 36)
	raw[0], raw[1], raw[3] = 0x80|15, 205, 8
	binary.BigEndian.PutUint16(raw[14:], 0xffff)
	for at := 20; at < len(raw); at += 2 {
		binary.BigEndian.PutUint16(raw[at:], 1<<13|0x1fff)
	}
	return raw
}

func TestPlausible(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	var compound []byte
	for range 500 {
		recorder := twcc.NewRecorder(1)
		number, at := uint16(dice.Uint32()), dice.Int64N(1e9)
		for range 1 + dice.IntN(300) {
			number += uint16(1 + dice.IntN(3)*dice.IntN(20))
			at += dice.Int64N(100_000) * dice.Int64N(3)
			recorder.Record(2, number, at)
		}
		for _, p := range recorder.BuildFeedbackPacket() {
			raw, err := p.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if !Plausible(raw) {
				t.Fatalf("refused: %v", p)
			}
			if len(compound) > 10_000 {
				compound = nil
			}
			compound = append(compound, raw...)
			if !Plausible(compound) || Plausible(slices.Concat(compound, bomb())) {
				t.Fatal("a compound is judged wrongly")
			}
			// Whatever is read in the end was plausible before.
			for range 20 {
				raw[12+dice.IntN(len(raw)-12)] = byte(dice.Uint32())
				if (&rtcp.TransportLayerCC{}).Unmarshal(raw) == nil && !Plausible(raw) {
					t.Fatalf("refused: %x", raw)
				}
			}
		}
	}
	for range 10_000 {
		raw := make([]byte, dice.IntN(60))
		for i := range raw {
			raw[i] = byte(dice.Uint32())
		}
		Plausible(raw)
	}
	if Plausible(bomb()) {
		t.Error("a bomb is plausible")
	}
	if n := testing.AllocsPerRun(100, func() { Plausible(compound) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
