package bandwidth

import (
	"cmp"
	"math"
	"slices"
)

// Importance says what a slot is for. The more important come first.
type Importance uint8

// The importances.
const (
	Sound     Importance = iota // always sent, whatever the budget
	Content                     // the screen that is shared: sharpness before frame rate
	Programme                   // who has the floor
	Chair                       // the chair
	Tile                        // the rest: the larger on the screen first
)

// Choice is one way to fill a slot: a simulcast layer, with all temporal layers up to one.
type Choice struct {
	Layer, Temporal int     // the caller's numbers; both ascend with the quality
	Bitrate         int     // bit/s
	Height          int     // of the picture, in pixels; 0 is unknown and counts as the smallest
	FrameRate       float64 // pictures in a second; 0 is unknown and counts as smooth
}

// Demand is what one slot can take.
type Demand struct {
	Importance Importance
	Occupant   uint32   // tells apart those who follow each other in the slot; not 0
	Height     int      // of the picture on the screen, in pixels; 0 is "as large as there is"
	Choices    []Choice // in any order; none when there is nothing to send
}

// Decision is what one slot is given, and what the next decision must know of it. Its zero value is that of a new slot.
type Decision struct {
	Choice      // what the slot takes, with Lit
	Lit    bool // the slot is given something
	Paused bool // there are choices and none fits

	occupant uint32
	raised   int64 // when it was last given more
	size     int   // the demand's

	// While it is being decided:
	granted  int // which of the choices, or none
	reserved int // kept free for what it may only take later, in bit/s
	tallest  int // the height of the largest choice that it may take
}

const (
	// raiseInterval is how long a slot keeps what it was given before it is given more, in nanoseconds.
	raiseInterval = 5e9
	// raiseMargin is the part of the budget that must stay free when a slot is given more, so that an estimate that swings by a few per
	// cent around a step does not make pictures swing.
	raiseMargin = 0.08
	// smooth is the frame rate from which on a larger picture of a face is better than one that moves more evenly.
	smooth = 10.0
	// none is no choice.
	none = -1
)

// Allocate gives each of a receiver's slots the choice that fits a budget in bit/s, and puts it in place of the slot's last decision.
// decisions holds those of the last call in the order of demands; it grows and shrinks with them. now is in nanoseconds of any
// clock. It allocates nothing while the number of slots stays.
//
// Sound is always sent. Then content is made as sharp as it can be at its lowest frame rate, for a slide that cannot be read is worth
// nothing; then every slot is lit with its cheapest choice in the order of importance; then the programme, the chair and the content's
// frame rate are raised; then the tiles in turns, the larger first. What does not fit is passed over, so that the less important have
// the rest. A slot falls at once. It rises at most once in five seconds unless a larger picture is asked for, and only where a part of the
// budget stays free; meanwhile nobody else rises into what is kept for it.
func Allocate(decisions []Decision, demands []Demand, budget int, now int64) []Decision {
	if len(demands) <= len(decisions) {
		decisions = decisions[:len(demands)]
	} else {
		decisions = append(decisions, make([]Decision, len(demands)-len(decisions))...)
	}
	a := allocation{decisions: decisions, demands: demands, budget: budget, now: now}
	var usual [128]int // on the stack
	if a.order = usual[:]; len(demands) > len(usual) {
		a.order = make([]int, len(demands))
	}
	a.order = a.order[:len(demands)]
	a.begin()
	for _, i := range a.of(Content) {
		a.sharpen(i)
	}
	for _, i := range a.order {
		a.light(i)
	}
	for _, importance := range [...]Importance{Sound, Programme, Chair, Content} {
		for _, i := range a.of(importance) {
			a.improve(i)
		}
	}
	for raised := true; raised; {
		raised = false
		for _, i := range a.of(Tile) {
			raised = a.step(i) || raised
		}
	}
	a.end()
	return decisions
}

// Wanted is what the slots would take if there were no limit, in bit/s.
func Wanted(demands []Demand) int {
	total := 0
	for i := range demands {
		d, best := &demands[i], none
		tallest := d.tallest()
		for k := range d.Choices {
			if d.Choices[k].Height <= tallest && (best == none || d.better(d.Choices[k], d.Choices[best])) {
				best = k
			}
		}
		if best != none {
			total += d.Choices[best].Bitrate
		}
	}
	return total
}

// better tells whether a choice shows the slot's occupant better than another.
func (d *Demand) better(c, than Choice) bool {
	if d.Importance != Content && c.stutters() != than.stutters() {
		return than.stutters()
	}
	return cmp.Or(cmp.Compare(c.Height, than.Height), cmp.Compare(c.Layer, than.Layer), cmp.Compare(c.Temporal, than.Temporal)) > 0
}

func (c Choice) stutters() bool { return c.FrameRate > 0 && c.FrameRate < smooth }

// tallest is the height of the largest choice that the slot may take: of the smallest that is not scaled up by more than a fifth.
func (d *Demand) tallest() int {
	tallest := math.MaxInt
	for _, c := range d.Choices {
		if d.Height > 0 && c.Height*6 >= d.Height*5 {
			tallest = min(tallest, c.Height)
		}
	}
	return tallest
}

// slowest tells whether a choice is the one of its layer with the fewest frames.
func (d *Demand) slowest(choice int) bool {
	c := d.Choices[choice]
	return !slices.ContainsFunc(d.Choices, func(o Choice) bool { return o.Layer == c.Layer && o.Temporal < c.Temporal })
}

// size orders slots of one importance: the larger come first.
func (d *Demand) size() int {
	if d.Height <= 0 {
		return math.MaxInt
	}
	return d.Height
}

// allocation is one call of Allocate under way.
type allocation struct {
	decisions []Decision
	demands   []Demand
	order     []int // of the slots, the more important first
	budget    int
	now       int64

	used     int // granted so far, in bit/s
	reserved int // kept free for slots that may not rise yet
}

// begin orders the slots and gives sound what it needs, whatever the budget.
func (a *allocation) begin() {
	for i := range a.demands {
		d := &a.decisions[i]
		demand := &a.demands[i]
		if d.occupant != demand.Occupant {
			*d = Decision{occupant: demand.Occupant, raised: a.now - raiseInterval}
		}
		if demand.size() > d.size {
			d.raised = a.now - raiseInterval // whoever asks for a larger picture does not wait for it
		}
		d.refresh(demand.Choices)
		d.size = demand.size()
		d.granted, d.reserved, d.tallest = none, 0, demand.tallest()
		a.order[i] = i
	}
	slices.SortFunc(a.order, func(x, y int) int {
		m, n := &a.demands[x], &a.demands[y]
		return cmp.Or(cmp.Compare(m.Importance, n.Importance), cmp.Compare(n.size(), m.size()), cmp.Compare(x, y))
	})
	for _, i := range a.of(Sound) {
		for k, c := range a.demands[i].Choices {
			if g := a.decisions[i].granted; g == none || c.Bitrate < a.demands[i].Choices[g].Bitrate {
				a.grant(i, k)
			}
		}
	}
}

// refresh takes the newest figures of what the slot was given: that its frame rate is measured a little higher now is not a rise. What is
// there no more counts for nothing.
func (d *Decision) refresh(choices []Choice) {
	i := slices.IndexFunc(choices, func(c Choice) bool { return c.Layer == d.Layer && c.Temporal == d.Temporal })
	switch {
	case !d.Lit:
	case i >= 0:
		d.Choice = choices[i]
	default:
		d.Lit, d.raised = false, math.MinInt64/2
	}
}

// of gives the slots of one importance.
func (a *allocation) of(importance Importance) []int {
	from := slices.IndexFunc(a.order, func(i int) bool { return a.demands[i].Importance == importance })
	if from < 0 {
		return nil
	}
	to := from
	for to < len(a.order) && a.demands[a.order[to]].Importance == importance {
		to++
	}
	return a.order[from:to]
}

// verdict is what is to be said to one choice of a slot.
type verdict uint8

const (
	never verdict = iota // it does not fit
	later                // it fits, but the slot may not rise yet
	atOnce
)

// judge tells whether a choice can take the place of what the slot is granted.
func (a *allocation) judge(i, choice int) verdict {
	d, demand := &a.decisions[i], &a.demands[i]
	used := a.used + demand.Choices[choice].Bitrate - a.bitrate(i)
	switch {
	case demand.Choices[choice].Height > d.tallest:
		return never
	case d.Lit && !demand.better(demand.Choices[choice], d.Choice): // no rise over the last decision
		if used <= a.budget {
			return atOnce
		}
		return never
	case used+a.reserved-d.reserved > a.budget-int(raiseMargin*float64(a.budget)):
		return never
	case a.now-d.raised < raiseInterval:
		return later
	}
	return atOnce
}

// bitrate is what a slot is granted, in bit/s.
func (a *allocation) bitrate(i int) int {
	if g := a.decisions[i].granted; g != none {
		return a.demands[i].Choices[g].Bitrate
	}
	return 0
}

// grant gives a slot one of its choices.
func (a *allocation) grant(i, choice int) {
	a.used -= a.bitrate(i)
	a.decisions[i].granted = choice
	a.used += a.bitrate(i)
}

// reserve keeps free what a slot will take when it may rise.
func (a *allocation) reserve(i, choice int) {
	d := &a.decisions[i]
	more := max(0, a.demands[i].Choices[choice].Bitrate-a.bitrate(i))
	a.reserved += more - d.reserved
	d.reserved = more
}

// sharpen gives a slot the largest picture that fits at its layer's lowest frame rate.
func (a *allocation) sharpen(i int) {
	a.pick(i, a.demands[i].better, a.demands[i].slowest)
}

// light gives a slot that has nothing the cheapest of its choices that fit.
func (a *allocation) light(i int) {
	if a.decisions[i].granted == none {
		a.pick(i, cheaper, nil)
	}
}

// improve gives a slot the best of its choices that fit.
func (a *allocation) improve(i int) {
	a.pick(i, a.demands[i].better, nil)
}

// step gives a slot the cheapest of its better choices that fit, and tells whether there was one.
func (a *allocation) step(i int) bool {
	before := a.decisions[i].granted
	a.pick(i, cheaper, nil)
	return a.decisions[i].granted != before
}

func cheaper(c, than Choice) bool { return c.Bitrate < than.Bitrate }

// pick grants the first by an order of the choices that fit, are better than what the slot is granted and are considered; consider may
// be nil. It reserves what the slot may only take later.
func (a *allocation) pick(i int, before func(c, than Choice) bool, consider func(choice int) bool) {
	demand, had := &a.demands[i], a.decisions[i].granted
	first := [...]int{never: none, later: none, atOnce: none}
	for k, c := range demand.Choices {
		if had != none && !demand.better(c, demand.Choices[had]) || consider != nil && !consider(k) {
			continue
		}
		if v := a.judge(i, k); first[v] == none || before(c, demand.Choices[first[v]]) {
			first[v] = k
		}
	}
	if k := first[atOnce]; k != none {
		a.grant(i, k)
	}
	has, k := a.decisions[i].granted, first[later]
	if k != none && (has == none || demand.better(demand.Choices[k], demand.Choices[has])) {
		a.reserve(i, k)
	}
}

// end puts what was granted in place of the last decisions.
func (a *allocation) end() {
	for i := range a.decisions {
		d, demand := &a.decisions[i], &a.demands[i]
		if d.granted == none {
			d.Choice, d.Lit, d.Paused = Choice{}, false, len(demand.Choices) > 0
			continue
		}
		c := demand.Choices[d.granted]
		if d.Paused || d.Lit && demand.better(c, d.Choice) {
			d.raised = a.now
		}
		d.Choice, d.Lit, d.Paused = c, true, false
	}
}
