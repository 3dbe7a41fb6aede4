package bandwidth

import (
	"math/rand/v2"
	"testing"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
)

// What is read in place is what rtcp.Unmarshal reads, whatever arrived; what it refuses is read to its end and no further.
func TestReadReport(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		recorder := twcc.NewRecorder(1)
		number, at := uint16(dice.Uint32()), dice.Int64N(1e9)
		for range 1 + dice.IntN(300) {
			number += uint16(1 + dice.IntN(3)*dice.IntN(20))
			at += dice.Int64N(100_000) * dice.Int64N(3)
			recorder.Record(2, number, at)
		}
		for _, p := range recorder.BuildFeedbackPacket() {
			packet, err := p.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			want := &rtcp.TransportLayerCC{}
			for range 20 {
				if want.Unmarshal(packet) == nil {
					compare(t, packet, want)
				}
				h := NewHistory()
				h.next = uint64(number) + 1
				h.Acknowledge(packet, 0)
				packet[12+dice.IntN(len(packet)-12)] = byte(dice.Uint32())
				want = &rtcp.TransportLayerCC{}
			}
		}
	}
}

func compare(t *testing.T, packet []byte, want *rtcp.TransportLayerCC) {
	t.Helper()
	r, ok := readReport(packet)
	if !ok || r.base != want.BaseSequenceNumber || r.count != int(want.PacketStatusCount) || r.reference != want.ReferenceTime || len(r.chunks) != 2*len(want.PacketChunks) {
		t.Fatalf("%+v of %v", r, want)
	}
	for i, d := range want.RecvDeltas {
		size := symbol(d.Type)
		if got, ok := r.delta(size); !ok || got != d.Delta*1000 {
			t.Fatalf("delta %d: %d ns, not %d µs", i, got, d.Delta)
		}
	}
	for i, c := range want.PacketChunks {
		raw := chunk(uint16(r.chunks[2*i])<<8 | uint16(r.chunks[2*i+1]))
		switch c := c.(type) {
		case *rtcp.RunLengthChunk:
			if raw.length() != int(c.RunLength) || c.RunLength > 0 && raw.symbol(0) != symbol(c.PacketStatusSymbol) {
				t.Fatalf("chunk %d: %x", i, raw)
			}
		case *rtcp.StatusVectorChunk:
			if raw.length() != len(c.SymbolList) {
				t.Fatalf("chunk %d: %x", i, raw)
			}
			for j, s := range c.SymbolList {
				if raw.symbol(j) != symbol(s) {
					t.Fatalf("chunk %d: %x", i, raw)
				}
			}
		}
	}
}

func TestReadReportAllocatesNothing(t *testing.T) {
	h := NewHistory()
	for i := range int64(200) {
		h.Sent(i*ms, 1000, 0)
	}
	bomb := raw(0, 0, 0xffff, []uint16{1<<13 | 0x1fff, 1<<13 | 0x1fff})
	h.Acknowledge(bomb, 300*ms)
	if n := testing.AllocsPerRun(100, func() { h.Acknowledge(bomb, 300*ms) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
