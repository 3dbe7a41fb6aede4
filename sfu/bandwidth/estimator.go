// Package bandwidth estimates how much a receiver's link carries, from the receiver's transport-wide feedback, and says who gets it. It is
// pure: clocks are passed in as nanoseconds, and nothing runs by itself.
package bandwidth

import (
	"math"
	"time"
)

const (
	firstRate = 300_000 // bit/s
	// startRate is what may be sent before anything is known of the link: a first picture must not wait for an estimate, and its key frame tells
	// as much as a probe would. Twice as much would stop sound for a second where two voices nearly fill the link.
	startRate = 500_000
	leastRate = 30_000
	mostRate  = 1_000_000_000

	startTime = int64(2 * time.Second) // during which what is carried is no sign yet
	proveTime = int64(2 * time.Second) // after the estimate fell: what arrives before was sent before

	firstRTT = int64(100 * time.Millisecond)

	increase       = 0.08 // of the estimate per second, far from where the link was full
	decrease       = 0.9  // of what arrives, when a queue grows
	triedShare     = 1.2  // of what arrives: the estimate is not raised further by what was not tried
	triedRate      = 10_000
	busyWindow     = int64(400 * time.Millisecond)
	basePeriod     = int64(15 * time.Second)
	standingPeriod = int64(200 * time.Millisecond)

	// A queue that pictures fill and that drains before the next is none. One counts that does not drain, that is long, or that comes
	// with a link that carries much less than was believed.
	standingQueue = int64(15 * time.Millisecond)
	stoodQueue    = int64(50 * time.Millisecond) // whatever its slope
	longQueue     = int64(150 * time.Millisecond)
	suddenQueue   = int64(80 * time.Millisecond)
	suddenShare   = 0.7
	suddenJitters = 8 // times the jitter it must be seen for

	mostJitter = 25.0 // ms that are taken for the link's, not for a queue

	segmentBits   = 9600 // of a large packet
	crowdIncrease = 0.3  // of the estimate per second, at most

	responseExtra = int64(100 * time.Millisecond) // of a receiver to collect feedback

	drop        = 0.6 // of the estimate or less: the link itself lost rate, and what was sent too much waits in its queue
	drainFrom   = int64(100 * time.Millisecond)
	drainWithin = float64(700 * time.Millisecond)
	drainTime   = int64(3 * time.Second)

	pacing     = 1.5 // times the estimate
	pacedLoss  = 0.03
	pacedQueue = int64(60 * time.Millisecond)

	silenceFrom  = int64(500 * time.Millisecond) // beyond two round trips
	silenceStep  = int64(500 * time.Millisecond)
	silenceShare = 0.7

	probeInterval = int64(5 * time.Second)
	probeSettle   = int64(time.Second) // after the estimate fell
	firstProbe    = 6.0                // times the first estimate
	furtherProbe  = 3.0                // times what a probe found that the link took as a whole: at the start pictures wait for it
	nextProbe     = 2.0                // times the estimate
	probeRetries  = 3

	// A machine that is busy while all join pulls clusters apart, as a link does that is a little too thin, but loses nothing of them: soon
	// after the start what such a probe found is doubted so many times, and looked at anew before long.
	mostDoubts = 3
	doubtTime  = int64(5 * time.Second)
	doubtWait  = int64(250 * time.Millisecond) // until the cluster has left the link's queue
	doubtShare = 0.3                           // of the cluster's rate was found: less is a link that is thin

	probeWanted  = 1.1  // times what is wanted: no more is probed for
	worthProbing = 1.05 // times the estimate must be wanted
)

// Estimator estimates the rate of one receiver's link: the lesser of what the queueing delay and what the losses allow. One goroutine uses it.
type Estimator struct {
	history  *History
	arrived  meter // on the receiver's clock
	now      int64 // of the newest arrival on that clock
	sent     int64 // when the newest packet that arrived was sent
	trend    trend
	train    train
	losses   losses
	prober   prober
	capacity capacity
	base     floor // of the delay from sending to arrival, the clocks' difference included
	queueing int64 // delay of the newest packet above the base
	standing floor // of the queueing delay: what frames leave behind
	crowd    crowd

	began       int64
	rtt         int64
	delayed     float64 // estimate by delay, bit/s
	estimate    float64
	reason      Reason
	wanted      float64
	controlled  int64 // when the estimate was last raised or held
	decreased   int64
	drainUntil  int64
	further     float64 // rate to probe for at once; 0: none
	retries     int     // of a probe that found nothing
	doubts      int     // of a probe that found too little
	probeAt     int64   // when the next regular probe may go
	silentSteps int64
	beforeCut   float64 // estimate before the silence
}

// NewEstimator makes the estimator of a link whose packets a history keeps.
func NewEstimator(now int64, h *History) *Estimator {
	return &Estimator{
		history: h, losses: newLosses(), rtt: firstRTT, delayed: firstRate, estimate: firstRate, further: firstProbe * firstRate,
		began: now, controlled: now, decreased: math.MinInt64 / 2, base: floor{period: basePeriod}, standing: floor{period: standingPeriod},
	}
}

// Acknowledged takes what History.Acknowledge read.
func (e *Estimator) Acknowledged(now int64, all []Acknowledgement) {
	newest, lost := int64(math.MinInt64), 0
	for i := range all {
		a := &all[i]
		if a.Lost {
			lost++
			e.train.miss(a)
		} else {
			newest = max(newest, a.Sent)
			e.sent = max(e.sent, a.Sent)
			e.now = a.Arrived
			e.arrived.add(a.Arrived, a.Size)
			e.base.add(now, a.Arrived-a.Sent)
			if !a.Late {
				e.queueing = a.Arrived - a.Sent - e.base.value()
				e.trend.add(a.Sent, a.Arrived)
				e.standing.add(now, e.queueing)
				e.train.add(a, e.base.value()+int64(min(e.trend.jitter, mostJitter)*1e6))
			}
		}
	}
	if newest == math.MinInt64 {
		return // nothing arrived: no feedback that counts
	}
	if e.silentSteps > 0 {
		e.resume(now)
	} else {
		for i := range all {
			e.losses.add(&all[i], e.delayed)
			e.prober.add(&all[i])
		}
	}
	if rtt := now - newest; rtt > 0 {
		e.rtt += (rtt - e.rtt) / 8
	}
	e.control(now, congested(lost, len(all), e.losses.inherent))
	e.probed(now)
	e.bound(now)
}

// carried is the rate that the link carries of late, with what it loses whatever is sent.
func (e *Estimator) carried() float64 {
	return float64(e.arrived.rate(e.now, meterSpan)) / (1 - e.losses.inherent)
}

// control raises and lowers the estimate by delay (draft-ietf-rmcat-gcc-02, section 5.5); in a crowd by losses.
func (e *Estimator) control(now int64, lossy bool) {
	seconds := float64(min(now-e.controlled, int64(time.Second))) / 1e9
	e.controlled = now
	switch e.crowd.watch(now, e.sent, e.standing.value(), e.delayed) {
	case crowdCame:
		e.further, e.drainUntil = crowdShare*e.crowd.from, 0
	case crowdDoubted:
		e.base = floor{period: basePeriod}
		e.trend.forget()
	}
	jitter := int64(min(e.trend.jitter, mostJitter) * 1e6)
	own := e.losses.own()
	carried, sudden := e.train.last(max(trainTime, suddenJitters*jitter), own)
	switch {
	case sudden && e.queueing > suddenQueue+2*jitter && carried < suddenShare*e.delayed && !e.crowd.here:
		e.lower(now, carried, true)
	case e.crowd.here:
		e.base.hold(now)
		if lossy && now-e.decreased > e.rtt+responseExtra {
			e.delayed, e.decreased, e.reason = max(leastRate, crowdShrink*e.delayed), now, Lossy
		} else {
			e.raise(now, seconds)
		}
	case e.trend.usage == overused:
		if e.queueing > longQueue || e.standing.value() > standingQueue+jitter {
			carried, busy := e.train.rate(busyWindow, own)
			e.lower(now, carried, busy)
		}
	case e.standing.value() > stoodQueue+jitter:
		// It grows too slowly for its slope to tell, or does not drain.
		if carried, busy := e.train.rate(busyWindow, own); busy {
			e.lower(now, carried, busy)
		}
	case e.trend.usage == normal:
		e.raise(now, seconds)
	}
}

// lower makes room where a queue grows: what the busy link carried, less a part that lets the queue drain. Where the link is busy with
// others alone, the estimate yields in steps.
func (e *Estimator) lower(now int64, carried float64, busy bool) {
	if !busy {
		carried = e.delayed
	}
	rate := max(leastRate, decrease*carried)
	if rate >= e.delayed || now-e.decreased < e.rtt+responseExtra && carried > e.delayed/2 {
		return
	}
	if rate < drop*e.estimate {
		e.drainUntil = now + drainTime
	}
	if busy {
		e.capacity.add(now, carried)
	}
	e.crowd.fell(now, min(e.delayed, triedShare*e.carried()+triedRate))
	e.delayed, e.decreased, e.reason = rate, now, Delayed
	e.further, e.probeAt = 0, max(e.probeAt, now+probeSettle)
}

// raise lets the estimate grow for so many seconds: by a share far from where the link was full, near it by about a packet in each round
// trip.
func (e *Estimator) raise(now int64, seconds float64) {
	carried := e.carried()
	// Without what is lost: what overflows a short queue is no sign of room. And no more arrives than is sent, whatever a receiver says.
	arrived := min(e.arrived.rate(e.now, meterSpan), e.history.Rate(now))
	tried := triedShare*float64(arrived) + triedRate
	if !e.crowd.here {
		tried = min(tried, e.capacity.limit(now))
	}
	if now-e.decreased > proveTime && e.trend.usage == normal {
		e.delayed = max(e.delayed, min(float64(arrived), tried)) // the link bears it
	}
	if e.delayed >= tried {
		return
	}
	step := increase * e.delayed * seconds
	switch {
	case e.crowd.here: // a packet in each round trip, as TCP
		rtt := float64(e.rtt) / 1e9
		step = max(step, min(segmentBits/rtt/rtt, crowdIncrease*e.delayed)*seconds)
	case e.capacity.near(carried):
		frame := e.delayed / 30
		packet := frame / math.Ceil(frame/segmentBits) // bits of a packet, at 30 frames a second
		step = min(step, max(4000, packet*1e9/float64(e.rtt+responseExtra))*seconds)
	}
	e.delayed = min(e.delayed+step, tried)
	if step > 0 && now-e.began > startTime {
		e.reason = Rising
	}
}

// bound puts together what delay and losses allow.
func (e *Estimator) bound(now int64) {
	rate := min(e.delayed, e.losses.rate)
	if rate < e.delayed {
		e.reason = Lossy
	}
	if now < e.drainUntil {
		if e.queueing < drainFrom {
			e.drainUntil = 0
		}
		rate *= 1 - min(1, float64(max(0, e.queueing-drainFrom))/drainWithin)
	}
	e.estimate = max(leastRate, rate)
}

// OnTick is called every 25 to 100 ms. wanted is the rate that would be sent if the link allowed it, in bit/s: no more is probed for.
// Silence lowers the estimate.
func (e *Estimator) OnTick(now, wanted int64) {
	e.wanted = float64(min(max(0, wanted), mostRate))
	e.probed(now)
	steps := (e.history.Silence(now) - silenceFrom - 2*e.rtt) / silenceStep
	if steps <= e.silentSteps {
		return
	}
	if e.silentSteps == 0 {
		e.beforeCut = e.estimate
	}
	e.delayed = max(leastRate, e.delayed*math.Pow(silenceShare, float64(min(steps-e.silentSteps, 20))))
	e.silentSteps = steps
	e.reason = Silent
	e.bound(now)
}

// resume begins anew after a silence: what was lost meanwhile tells nothing of the link's rate, and a probe finds it.
func (e *Estimator) resume(now int64) {
	e.silentSteps = 0
	e.losses.forget()
	e.trend.forget()
	e.train, e.crowd, e.base = train{}, crowd{}, floor{period: basePeriod}
	e.prober.waiting = false
	e.further = decrease * e.beforeCut
}

// Probe gives a cluster that is to be sent now, if one is due.
func (e *Estimator) Probe(now int64) (p Probe, due bool) {
	worth := e.wanted > worthProbing*e.estimate
	if !worth || e.prober.waiting || e.silentSteps > 0 || e.trend.usage != normal && !e.crowd.here || now < e.drainUntil {
		return Probe{}, false
	}
	rate := e.further
	if rate == 0 && now >= e.probeAt {
		if rate = nextProbe * e.estimate; e.crowd.here && !e.crowd.tested {
			rate = max(rate, crowdShare*e.crowd.from)
		}
	}
	if rate == 0 {
		return Probe{}, false
	}
	e.further, e.probeAt = 0, now+probeInterval
	rate = min(max(rate, worthProbing*e.estimate), probeWanted*e.wanted)
	return e.prober.start(now, int64(rate), e.rtt), true
}

// probed takes what a probe found.
func (e *Estimator) probed(now int64) {
	rate, enough, done := e.prober.result(now, e.losses.inherent)
	if probed := float64(e.prober.cluster.Rate); done && rate > 0 && probed >= 0.9*min(crowdShare*e.crowd.from, probeWanted*e.wanted) {
		e.crowd.test(now, rate, probed)
	}
	if done && rate > 0 && !enough {
		e.capacity.confirm(now, rate/probeUtilised)
	}
	if done && rate == 0 && e.retries < probeRetries {
		e.retries++
		e.further, e.probeAt = float64(e.prober.cluster.Rate), now+probeSettle
	}
	if done && !enough && !e.prober.lost && rate > doubtShare*float64(e.prober.cluster.Rate) && now-e.began < doubtTime && e.doubts < mostDoubts {
		e.doubts++
		e.probeAt = now + doubtWait
	}
	if !done || rate <= e.estimate || e.trend.usage == overused && !e.crowd.here {
		return
	}
	e.retries = 0
	e.delayed, e.reason = max(e.delayed, rate), Probed
	e.losses.rate = max(e.losses.rate, rate)
	e.capacity = capacity{}
	if enough {
		e.further = max(e.further, furtherProbe*rate)
	} else {
		e.capacity.add(now, rate/probeUtilised)
	}
	e.bound(now)
}

// Estimate is the rate that may be sent, in bit/s on the wire. It is less than what the link carries while a queue that was filled too much
// drains.
func (e *Estimator) Estimate() int64 { return max(int64(e.estimate), e.start()) }

// start is what may be sent, in bit/s, while nothing is known of the link.
func (e *Estimator) start() int64 {
	if e.reason == Starting {
		return startRate
	}
	return 0
}

// Budget is the part of the estimate that may be given to media, in bit/s: what is lost is sent again, and takes the rest.
func (e *Estimator) Budget() int64 { return max(int64(e.estimate*(1-e.losses.average)), e.start()) }

// PacingRate is how fast pictures may be sent, in bit/s: faster than the estimate, to work off a large picture, unless a queue waits on the
// way already, or overflows.
func (e *Estimator) PacingRate() int64 {
	if e.queueing > pacedQueue || e.losses.average > pacedLoss {
		return e.Estimate()
	}
	return int64(pacing * float64(e.Estimate()))
}

// Reason is why the estimate is what it is.
func (e *Estimator) Reason() Reason { return e.reason }

// RTT is the smoothed time from a packet to its feedback.
func (e *Estimator) RTT() time.Duration { return time.Duration(e.rtt) }
