package bandwidth

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
)

const ms = int64(time.Millisecond)

// received makes the feedback of a receiver that got these packets at these times of its clock, as a browser's is made.
func received(t testing.TB, numbers []uint16, at []int64) [][]byte {
	t.Helper()
	recorder := twcc.NewRecorder(1)
	for i, n := range numbers {
		recorder.Record(2, n, at[i]/1000)
	}
	var all [][]byte
	for _, p := range recorder.BuildFeedbackPacket() {
		raw, err := p.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, raw)
	}
	return all
}

func TestHistory(t *testing.T) {
	h := NewHistory()
	h.next = 65530 // the numbers wrap
	var numbers []uint16
	var at []int64
	for i := range int64(20) {
		n := h.Sent(i*10*ms, 1000+int(i), int(i%3))
		if i != 4 && i != 11 {
			numbers = append(numbers, n)
			at = append(at, 5_000_000*ms+i*10*ms+30*ms)
		}
	}
	next := uint64(65530)
	for _, f := range received(t, numbers, at) {
		for _, a := range h.Acknowledge(f, 250*ms) {
			i := int64(next - 65530)
			if a.Number != next || a.Size != 1000+int(i) || a.Sent != i*10*ms || a.Probe != int(i%3) || a.Lost != (i == 4 || i == 11) {
				t.Errorf("packet %d: %+v", i, a)
			}
			if away := a.Arrived - (5_000_000*ms + i*10*ms + 30*ms); !a.Lost && (away < -ms || away > ms) {
				t.Errorf("packet %d arrived %d ns off", i, away)
			}
			next++
		}
	}
	if next != 65550 || h.faults != [FaultCount]uint64{} {
		t.Errorf("up to %d, faults %v", next, h.faults)
	}
	h.Sent(300*ms, 1, 0)
	if s := h.Silence(500 * ms); s != 200*ms {
		t.Errorf("silence of %d", s)
	}
}

// One that was lost comes after all; one that came comes again.
func TestHistoryLate(t *testing.T) {
	h := NewHistory()
	for i := range int64(4) {
		h.Sent(i*ms, 100, 0)
	}
	h.Acknowledge(received(t, []uint16{0, 1, 3}, []int64{50 * ms, 51 * ms, 53 * ms})[0], 60*ms)
	all := h.Acknowledge(received(t, []uint16{2, 3}, []int64{70 * ms, 71 * ms})[0], 80*ms)
	if len(all) != 1 || all[0].Number != 2 || !all[0].Late || all[0].Lost {
		t.Errorf("%+v", all)
	}
	if h.faults[Repeated] != 1 {
		t.Errorf("faults %v", h.faults)
	}
}

func TestHistoryGrows(t *testing.T) {
	h := NewHistory()
	for i := range int64(20_000) {
		h.Sent(i*ms/10, 1000, 0) // all within the two seconds
	}
	if len(h.records) != mostRecords {
		t.Fatalf("%d records", len(h.records))
	}
	first := uint16(20_000 - mostRecords)
	all := h.Acknowledge(received(t, []uint16{first - 1, first, 19_999}, []int64{2100 * ms, 2101 * ms, 2102 * ms})[0], 2200*ms)
	if len(all) != mostRecords || all[0].Number != uint64(first) || all[0].Lost || !all[1].Lost || h.faults[Forgotten] != 1 {
		t.Errorf("%d acknowledgements, faults %v", len(all), h.faults)
	}
	if n := testing.AllocsPerRun(1000, func() { h.Sent(2001*ms, 1000, 0) }); n != 0 {
		t.Errorf("%v allocations for a packet", n)
	}
}

// raw makes a report with chunks and deltas that need not fit.
func raw(reference uint32, base, count uint16, chunks []uint16, deltas ...int16) []byte {
	b := []byte{0x80 | 15, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}
	b = binary.BigEndian.AppendUint16(b, base)
	b = binary.BigEndian.AppendUint16(b, count)
	b = binary.BigEndian.AppendUint32(b, reference<<8)
	for _, c := range chunks {
		b = binary.BigEndian.AppendUint16(b, c)
	}
	for _, d := range deltas {
		b = binary.BigEndian.AppendUint16(b, uint16(d))
	}
	return b
}

func TestHistoryHostile(t *testing.T) {
	run := func(symbol, n uint16) uint16 { return symbol<<13 | n }
	chunks := func(all ...uint16) []uint16 { return all }
	ten := slices.Repeat([]int16{1}, 10)
	for name, c := range map[string]struct {
		report []byte
		fault  Fault
	}{
		"unsent":       {raw(0, 100, 10_000, chunks(run(2, 8000), run(2, 2000)), slices.Repeat([]int16{1}, 10_000)...), NotSent},
		"before":       {raw(0, 60_000, 10, chunks(run(2, 10)), ten...), NotSent},
		"too many":     {raw(0, 90, 65_535, chunks(run(0, 8000))), NotSent},
		"no deltas":    {raw(0, 50, 10, chunks(run(1, 10))), Incomplete},
		"half a delta": {raw(0, 50, 10, chunks(run(2, 10)))[:22], Incomplete},
		"no chunks":    {raw(0, 50, 10, nil), Incomplete},
		"half a chunk": {raw(0, 50, 10, chunks(run(1, 10)))[:21], Incomplete},
		"no header":    {raw(0, 50, 10, nil)[:19], Incomplete},
		"nothing":      {nil, Incomplete},
		"empty chunks": {raw(0, 50, 10, chunks(run(1, 0), run(1, 0))), Incomplete},
		"reserved":     {raw(0, 50, 10, chunks(run(3, 10))), Incomplete},
		"in the past":  {raw(1<<24-200, 50, 10, chunks(run(2, 10)), ten...), AbsurdTime},
		"much later":   {raw(1<<22, 50, 10, chunks(run(2, 10)), ten...), AbsurdTime},
	} {
		h := NewHistory()
		for i := range int64(100) {
			h.Sent(i*ms, 1000, 0)
		}
		h.Acknowledge(received(t, []uint16{0}, []int64{20 * ms})[0], 30*ms)
		if got := h.Acknowledge(c.report, 200*ms); c.fault != NotSent && len(got) != 0 {
			t.Errorf("%s: %d packets acknowledged", name, len(got))
		}
		if faults := h.TakeFaults(); faults[c.fault] == 0 {
			t.Errorf("%s: faults %v", name, faults)
		}
	}
}

// A receiver's clock may be set anew: after a while it is believed.
func TestHistoryClockLeap(t *testing.T) {
	h := NewHistory()
	h.Sent(0, 100, 0)
	h.Acknowledge(received(t, []uint16{0}, []int64{20 * ms})[0], 40*ms)
	believed := 0
	for i := range int64(100) {
		n := h.Sent(i*20*ms, 100, 0)
		believed += len(h.Acknowledge(received(t, []uint16{n}, []int64{1_000_000*ms + i*20*ms})[0], i*20*ms+40*ms))
	}
	if believed != 100-maxAbsurd-1 {
		t.Errorf("%d believed", believed)
	}
}

func TestMeter(t *testing.T) {
	var m meter
	if m.rate(0, 500*ms) != 0 {
		t.Error("something without anything")
	}
	for i := range int64(3000) {
		m.add(i*ms, 125) // 1 Mbit/s
	}
	for _, window := range []int64{200 * ms, 500 * ms, meterSpan} {
		if r := m.rate(2999*ms, window); r < 980_000 || r > 1_020_000 {
			t.Errorf("%d bit/s over %d ms", r, window/ms)
		}
	}
	if r := m.rate(2999*ms+500*ms, 500*ms); r > 60_000 {
		t.Errorf("%d bit/s after half a second of nothing", r)
	}
	m.add(-1<<62, 100)
	m.add(1<<62, 100)
	dice := rand.New(rand.NewPCG(1, 1))
	for range 10_000 {
		at := dice.Int64() >> dice.IntN(63)
		m.add(at, 1000)
		if r := m.rate(at, meterSpan); r < 0 || r > 1_000_000_000 {
			t.Fatalf("%d bit/s at %d", r, at)
		}
	}
}
