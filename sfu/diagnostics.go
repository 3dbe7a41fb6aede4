package sfu

// Diagnostics are figures of one peer's connection, for who looks for the cause of a bad picture.
type Diagnostics struct {
	// Estimate is what the link carries towards the peer, in bits per second; 0 is not known yet.
	Estimate int64
}

// Diagnostics gives the figures as they are now.
func (p *Peer) Diagnostics() Diagnostics { return Diagnostics{Estimate: p.estimate.Load()} }
