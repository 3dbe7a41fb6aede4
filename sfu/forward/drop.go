// Package forward decides what becomes of each packet on its way from a source into a slot: where a slot may
// switch, how its numbers go on, and why a packet is dropped. Everything in it is pure.
package forward

// Drop is a reason for which a packet is not forwarded. Each has a counter.
type Drop uint8

// The reasons.
const (
	NotPermitted     Drop = iota // the source may not be heard or seen
	Muted                        // its owner or the chair muted it
	Malformed                    // not RTP, or its payload cannot be read
	UnknownCodec                 // a payload type that was not negotiated
	Padding                      // a probe without media
	TooOld                       // too late to place
	Duplicate                    // it came before
	AwaitsKeyFrame               // the slot waits for a picture that it can begin with
	Undecodable                  // the receiver did not negotiate the codec
	Overrun                      // the sending worker fell behind the ring
	BeforeSwitch                 // older than the switch to its source
	IndexUsed                    // its SRTP index was sealed before
	WriteFailed                  // the transport refused it
	RepairRepeated               // it was sent again within a round trip
	RepairOverBudget             // more is asked for again than is sent at once
	RepairGone                   // what is asked for again never was, or is not kept any more
	FeedbackOverflow             // a client says more about its slots than there is to say
	Thinned                      // of a temporal layer that the slot does not take
	Congested                    // the receiver's link could not take it; counted once for all that waited
	DropCount
)

// String gives the reason as it stands in metrics.
func (d Drop) String() string {
	return [...]string{
		"not_permitted", "muted", "malformed", "unknown_codec", "padding", "too_old", "duplicate", "awaits_key_frame", "undecodable",
		"overrun", "before_switch", "index_used", "write_failed", "repair_repeated", "repair_over_budget", "repair_gone", "feedback_overflow", "thinned", "congested",
	}[d]
}
