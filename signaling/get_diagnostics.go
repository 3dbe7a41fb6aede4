package signaling

import (
	"context"
	"math"

	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

func (s *session) getDiagnostics(context.Context, protocol.GetDiagnostics) (any, error) {
	d := s.media.peer.Diagnostics()
	wire := protocol.Diagnostics{
		EstimateKbps: int(d.Estimate / 1000), RTTMs: int(d.RoundTrip.Milliseconds()), LossPercent: percent(d.Loss),
		Slots: make([]protocol.SlotDiagnostics, 0, len(d.Slots)),
	}
	states := make([]sfu.SlotState, len(d.Slots))
	for i, slot := range d.Slots {
		states[i] = slot.SlotState
	}
	for i, slot := range wireSlots(states) {
		f := d.Slots[i]
		wire.Slots = append(wire.Slots, protocol.SlotDiagnostics{
			Kind: slot.Kind, Slot: slot.Slot, State: slot.State, Participant: slot.Participant, Source: slot.Source, Reason: slot.Reason,
			Layer: f.Layer, Height: f.Height, SentPackets: f.Packets, SentBytes: f.Bytes, LossPercent: percent(f.Loss),
		})
	}
	return wire, nil
}

// percent gives a share from 0 to 1 in percent, with one decimal.
func percent(share float64) float64 { return math.Round(share*1000) / 10 }
