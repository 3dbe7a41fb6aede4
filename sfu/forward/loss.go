package forward

// Loss follows which share of what is sent to a receiver is lost, as its reports tell, and says how much redundancy its sound needs. Its
// zero value is a receiver that loses nothing.
type Loss struct {
	expected, lost float64 // packets since the last figure
	share          float64
	blocks         int
}

const (
	// lossSample is how many packets a figure is drawn from: a second of sound.
	lossSample = 50
	// moderateLoss is where one redundant block begins, highLoss where a second one does; either ends at half of it.
	moderateLoss = 0.02
	highLoss     = 0.10
)

// Report takes that of a number of packets a share was lost, from 0 to 1.
func (l *Loss) Report(packets int, share float64) {
	l.expected += float64(packets)
	l.lost += float64(packets) * share
	if l.expected < lossSample {
		return
	}
	now := l.lost / l.expected
	l.expected, l.lost = 0, 0
	if now > l.share {
		l.share += (now - l.share) / 2
	} else {
		l.share += (now - l.share) / 4
	}
	switch {
	case l.share >= highLoss:
		l.blocks = 2
	case l.share < moderateLoss/2:
		l.blocks = 0
	case l.share < highLoss/2 && l.blocks == 2, l.share >= moderateLoss && l.blocks == 0:
		l.blocks = 1
	}
}

// Share is the smoothed share of lost packets, from 0 to 1.
func (l *Loss) Share() float64 { return l.share }

// Redundancy is how many packets before it each packet of sound should repeat: none without loss, one at moderate and two at high loss.
func (l *Loss) Redundancy() int { return l.blocks }
