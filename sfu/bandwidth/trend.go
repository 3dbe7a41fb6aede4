package bandwidth

import (
	"math"
	"time"
)

// usage is what the slope of the queueing delay says of a link.
type usage uint8

const (
	normal usage = iota
	overused
	underused // a queue drains
)

// trend tells from the packets' arrivals whether a queue grows: the slope of the queueing delay over the last groups of packets, against a
// threshold that adapts so that a flow is not starved by one that fills the queue.
//
// See Carlucci, De Cicco, Holmer and Mascolo, "Analysis and Design of the Google Congestion Control for Web Real-time Communication",
// 2016, and draft-ietf-rmcat-gcc-02, sections 5.2 to 5.4; the slope is a linear regression, as browsers have it.
type trend struct {
	current, previous group
	groups            int // since the start, up to maxGroups

	delay    float64 // sum of the delay's changes, ms
	smoothed float64
	points   [slopePoints]point
	count    int // points that ever were

	slope     float64
	weighted  float64 // slope as it is compared with the threshold, ms
	threshold float64 // ms; 0 before the first group
	adapted   int64   // when the threshold was adapted last, on the receiver's clock
	over      float64 // how long the threshold has been exceeded, ms
	overs     int     // for so many groups
	usage     usage

	jitter float64 // smoothed size of the delay's changes, ms
}

// group is packets that were sent together and so queue together.
type group struct {
	first, sent, arrived int64 // when its first was sent, when its last was sent and arrived
	started              bool
}

type point struct{ x, y float64 } // arrival and smoothed delay, ms

const (
	groupSpan   = int64(5 * time.Millisecond)
	slopePoints = 20
	maxGroups   = 60
	slopeGain   = 4.0
	smoothing   = 0.9
	maxGap      = int64(3 * time.Second) // between arrivals: more tells nothing of a queue

	firstThreshold = 12.5 // ms
	leastThreshold = 6.0
	mostThreshold  = 600.0
	thresholdRises = 0.0087 // per ms
	thresholdFalls = 0.039
	maxAdaption    = 15.0 // ms: what exceeds the threshold by more does not adapt it
	overuseTime    = 10.0 // ms
)

// add takes an arrived packet. Packets come in the order in which they were sent; those that are late are left out by the caller.
func (t *trend) add(sent, arrived int64) {
	g := &t.current
	switch {
	case !g.started:
		*g = group{sent, sent, arrived, true}
	case sent < g.first:
	case arrived < g.arrived-maxGap || arrived > g.arrived+maxGap || sent > g.sent+maxGap:
		t.forget()
		t.current = group{sent, sent, arrived, true}
	case sent-g.first <= groupSpan || t.burst(sent, arrived):
		g.sent, g.arrived = max(g.sent, sent), max(g.arrived, arrived)
	default:
		if t.previous.started {
			t.measure(float64(g.sent-t.previous.sent)/1e6, float64(g.arrived-t.previous.arrived)/1e6)
		}
		t.previous = *g
		*g = group{sent, sent, arrived, true}
	}
}

// burst tells that a packet was held up with the group before it and came at once with it, as from a radio link that sends in intervals.
func (t *trend) burst(sent, arrived int64) bool {
	gap := arrived - t.current.arrived
	return gap <= groupSpan && gap < sent-t.current.sent && arrived-t.current.first < int64(100*time.Millisecond)+sent-t.current.first
}

// forget begins anew, with what the threshold has learned.
func (t *trend) forget() {
	*t = trend{threshold: t.threshold, jitter: t.jitter}
}

// measure takes how far two groups were apart when they were sent and when they arrived, in ms.
func (t *trend) measure(sent, arrived float64) {
	change := arrived - sent
	t.jitter += (math.Abs(change) - t.jitter) / 16 // RFC 3550, section 6.4.1
	t.groups = min(t.groups+1, maxGroups)
	t.delay += change
	t.smoothed = smoothing*t.smoothed + (1-smoothing)*t.delay
	t.points[t.count%slopePoints] = point{float64(t.current.arrived) / 1e6, t.smoothed}
	t.count++
	before := t.slope
	if t.count >= slopePoints {
		t.slope = t.regression()
	}
	t.weighted = float64(t.groups) * t.slope * slopeGain
	t.detect(sent, before)
	t.adapt()
}

// regression is the slope of the least squares through the points.
func (t *trend) regression() float64 {
	var x, y float64
	origin := t.points[t.count%slopePoints].x // the oldest: small numbers keep their digits
	for _, p := range t.points {
		x += p.x - origin
		y += p.y
	}
	x, y = x/slopePoints, y/slopePoints
	var covariance, variance float64
	for _, p := range t.points {
		dx := p.x - origin - x
		covariance += dx * (p.y - y)
		variance += dx * dx
	}
	if variance == 0 {
		return t.slope
	}
	return covariance / variance
}

func (t *trend) detect(apart, before float64) {
	if t.threshold == 0 {
		t.threshold = firstThreshold
	}
	switch {
	case t.weighted > t.threshold:
		t.over += apart
		t.overs++
		if t.over > overuseTime && t.overs > 1 && t.slope >= before {
			t.over, t.overs, t.usage = 0, 0, overused
		}
		return
	case t.weighted < -t.threshold:
		t.usage = underused
	default:
		t.usage = normal
	}
	t.over, t.overs = 0, 0
}

func (t *trend) adapt() {
	now := t.current.arrived
	since := min(100, float64(now-t.adapted)/1e6)
	t.adapted = now
	above := math.Abs(t.weighted) - t.threshold
	if above > maxAdaption || since < 0 {
		return
	}
	rate := thresholdRises
	if above < 0 {
		rate = thresholdFalls
	}
	t.threshold = min(mostThreshold, max(leastThreshold, t.threshold+rate*above*since))
}
