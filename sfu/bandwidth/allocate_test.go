package bandwidth

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

// camera gives the choices of three layers with two temporal layers each, as browsers send them.
func camera() []Choice {
	return []Choice{
		{0, 0, 60_000, 180, 15}, {0, 1, 100_000, 180, 30},
		{1, 0, 200_000, 360, 15}, {1, 1, 350_000, 360, 30},
		{2, 0, 800_000, 720, 15}, {2, 1, 1_400_000, 720, 30},
	}
}

// screen gives those of a shared screen.
func screen() []Choice {
	return []Choice{{0, 0, 80_000, 540, 5}, {0, 1, 200_000, 540, 15}, {1, 0, 300_000, 1080, 5}, {1, 1, 900_000, 1080, 15}}
}

func sound() []Choice { return []Choice{{0, 0, 40_000, 0, 0}} }

// meeting is what a leader's screen shows: three voices, the content, the programme, the chair and four tiles.
func meeting() []Demand {
	return []Demand{
		{Sound, 1, 0, sound()}, {Sound, 1, 0, sound()}, {Sound, 1, 0, sound()},
		{Programme, 1, 720, camera()}, {Content, 1, 1080, screen()}, {Chair, 1, 360, camera()},
		{Tile, 1, 180, camera()}, {Tile, 1, 360, camera()}, {Tile, 1, 180, camera()}, {Tile, 1, 180, nil},
	}
}

// shown gives the layers that slots take as "layer.temporal", "-" for a paused one and "" for one without choices.
func shown(decisions []Decision) (all []string) {
	for _, d := range decisions {
		switch {
		case d.Paused:
			all = append(all, "-")
		case d.Lit:
			all = append(all, string([]byte{'0' + byte(d.Layer), '.', '0' + byte(d.Temporal)}))
		default:
			all = append(all, "")
		}
	}
	return all
}

func TestAllocate(t *testing.T) {
	for _, c := range []struct {
		name   string
		budget int
		want   []string // three voices; programme, content, chair; tiles of 180, 360, 180 and none
	}{
		{"nothing at all", 0, []string{"0.0", "0.0", "0.0", "-", "-", "-", "-", "-", "-", ""}},
		{"sound alone", 190_000, []string{"0.0", "0.0", "0.0", "-", "-", "-", "-", "-", "-", ""}},
		{"a small picture of the slide", 225_000, []string{"0.0", "0.0", "0.0", "-", "0.0", "-", "-", "-", "-", ""}},
		{"a readable slide", 460_000, []string{"0.0", "0.0", "0.0", "-", "1.0", "-", "-", "-", "-", ""}},
		{"and a face", 530_000, []string{"0.0", "0.0", "0.0", "0.0", "1.0", "-", "-", "-", "-", ""}},
		{"and everybody", 790_000, []string{"0.0", "0.0", "0.0", "0.0", "1.0", "0.0", "0.0", "0.0", "0.0", ""}},
		{"a good face", 950_000, []string{"0.0", "0.0", "0.0", "1.0", "1.0", "0.0", "0.0", "0.0", "0.0", ""}},
		{"a better one", 1_700_000, []string{"0.0", "0.0", "0.0", "2.0", "1.0", "0.1", "0.0", "0.1", "0.0", ""}},
		{"all that is asked for", 5_000_000, []string{"0.0", "0.0", "0.0", "2.1", "1.1", "1.1", "0.1", "1.1", "0.1", ""}},
	} {
		got := Allocate(nil, meeting(), c.budget, 0)
		if !slices.Equal(shown(got), c.want) {
			t.Errorf("%s, %d bit/s:\n%q, want\n%q", c.name, c.budget, shown(got), c.want)
		}
	}
	if w := Wanted(meeting()); w != 3*40_000+1_400_000+900_000+350_000+100_000+350_000+100_000 {
		t.Errorf("%d bit/s are wanted", w)
	}
}

// A face that stutters is worth less than a smaller one that does not; a slide is not.
func TestFacesMoveAndSlidesAreSharp(t *testing.T) {
	choices := []Choice{{0, 0, 50_000, 180, 7.5}, {0, 1, 100_000, 180, 30}, {1, 0, 120_000, 720, 7.5}, {1, 1, 500_000, 720, 30}}
	for importance, want := range map[Importance]string{Content: "1.0", Programme: "0.1"} {
		if got := shown(Allocate(nil, []Demand{{importance, 1, 0, choices}}, 200_000, 0)); got[0] != want {
			t.Errorf("importance %d is shown at %s", importance, got[0])
		}
	}
}

// generate draws slots with layers that cost more the better they are.
func generate(dice *rand.Rand) []Demand {
	demands := make([]Demand, 1+dice.IntN(30))
	for i := range demands {
		d := Demand{Importance: Importance(dice.IntN(5)), Occupant: 1, Height: []int{0, 90, 180, 360, 720, 1080}[dice.IntN(6)]}
		bitrate := 0
		if d.Importance == Sound {
			d.Choices = []Choice{{0, 0, 10_000 + dice.IntN(50_000), 0, 0}}
		} else {
			temporal := 1 + dice.IntN(3)
			for l := range dice.IntN(4) {
				for n := range temporal {
					bitrate += 1 + dice.IntN(300_000)
					d.Choices = append(d.Choices, Choice{l, n, bitrate, 180 << l, 30 / float64(int(1)<<(temporal-1-n))})
				}
			}
			dice.Shuffle(len(d.Choices), func(x, y int) { d.Choices[x], d.Choices[y] = d.Choices[y], d.Choices[x] })
		}
		demands[i] = d
	}
	return demands
}

// cost gives the bit rates of the sound and of all.
func cost(decisions []Decision, demands []Demand) (sound, all int) {
	for i, d := range decisions {
		if d.Lit {
			all += d.Bitrate
			if demands[i].Importance == Sound {
				sound += d.Bitrate
			}
		}
	}
	return sound, all
}

// byImportance gives the slots from the most important to the least.
func byImportance(demands []Demand) []int {
	order := make([]int, len(demands))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(demands[x].Importance, demands[y].Importance), cmp.Compare(demands[y].size(), demands[x].size()))
	})
	return order
}

func TestAllocateNeverExceedsTheBudget(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 1))
	for range 3000 {
		demands := generate(dice)
		var decisions []Decision
		for step := range 20 {
			if dice.IntN(4) == 0 {
				demands = generate(dice)
			}
			budget := dice.IntN(6_000_000)
			decisions = Allocate(decisions, demands, budget, int64(step)*int64(dice.IntN(3e9)))
			if sound, all := cost(decisions, demands); all > max(budget, sound) {
				t.Fatalf("%d bit/s of %d, %d of them sound", all, budget, sound)
			}
			for i, d := range decisions {
				demand := demands[i]
				if d.Paused == d.Lit && len(demand.Choices) > 0 || len(demand.Choices) == 0 && (d.Paused || d.Lit) || demand.Importance == Sound && !d.Lit {
					t.Fatalf("slot %d: %+v of %+v", i, d, demand)
				}
				if d.Lit && !slices.Contains(demand.Choices, d.Choice) {
					t.Fatalf("slot %d is given what there is not", i)
				}
				if d.Lit && d.Height > 180 && demand.Height > 0 && d.Height > demand.Height*2 && slices.ContainsFunc(demand.Choices, func(c Choice) bool { return c.Height >= demand.Height && c.Height < d.Height }) {
					t.Fatalf("a slot of %d is given a picture of %d", demand.Height, d.Height)
				}
			}
		}
	}
}

// gains lists what a budget buys in the order in which it is spent: more of an earlier gain is worth any of the later ones.
func gains(decisions []Decision, demands []Demand) (all []int) {
	order := byImportance(demands)
	// rank counts the choices up to what a slot is given, without those than which a better one costs less.
	rank := func(i int) int {
		n, d := 0, &demands[i]
		for _, c := range d.Choices {
			wasteful := slices.ContainsFunc(d.Choices, func(o Choice) bool { return d.better(o, c) && o.Bitrate < c.Bitrate })
			if decisions[i].Lit && !wasteful && !d.better(c, decisions[i].Choice) {
				n++
			}
		}
		return n
	}
	for _, i := range order {
		if demands[i].Importance == Content {
			all = append(all, decisions[i].Height)
		}
	}
	for _, i := range order {
		all = append(all, min(1, rank(i)))
	}
	for _, importance := range []Importance{Programme, Chair, Content} {
		for _, i := range order {
			if demands[i].Importance == importance {
				all = append(all, rank(i))
			}
		}
	}
	for round := range 12 {
		for _, i := range order {
			if demands[i].Importance == Tile {
				all = append(all, min(round, rank(i)))
			}
		}
	}
	return all
}

// More budget never buys less: where two budgets differ first, the larger one gives more.
func TestAllocateIsMonotone(t *testing.T) {
	dice := rand.New(rand.NewPCG(2, 2))
	for range 3000 {
		demands := generate(dice)
		budget := 0
		before := gains(Allocate(nil, demands, budget, 0), demands)
		for range 30 {
			budget += dice.IntN(300_000)
			now := gains(Allocate(nil, demands, budget, 0), demands)
			if slices.Compare(now, before) < 0 {
				t.Fatalf("%d bit/s buy\n%v, less bought\n%v\nof %+v", budget, now, before, demands)
			}
			before = now
		}
	}
}

// No slot is lit while a more important one is dark that would fit in its place.
func TestAllocateRespectsImportance(t *testing.T) {
	dice := rand.New(rand.NewPCG(3, 3))
	for range 3000 {
		demands := generate(dice)
		budget := dice.IntN(3_000_000)
		decisions := Allocate(nil, demands, budget, 0)
		_, used := cost(decisions, demands)
		order := byImportance(demands)
		for at, i := range order {
			if !decisions[i].Paused {
				continue
			}
			cheapest := slices.MinFunc(demands[i].Choices, func(a, b Choice) int { return cmp.Compare(a.Bitrate, b.Bitrate) })
			free := budget - int(raiseMargin*float64(budget)) - used
			for _, less := range order[at+1:] {
				if decisions[less].Lit {
					free += decisions[less].Bitrate
				}
			}
			if cheapest.Bitrate <= free {
				t.Fatalf("slot %d of importance %d is dark, its %d bit/s fit into %d", i, demands[i].Importance, cheapest.Bitrate, free)
			}
		}
	}
}

// A budget that swings by a few per cent around a step, or that has not changed, changes nothing after the first look.
func TestAllocateIsStable(t *testing.T) {
	dice := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		demands := generate(dice)
		middle := dice.IntN(4_000_000)
		var decisions []Decision
		var settled []string
		for second := range 200 {
			swing := 1 + 0.035*float64(1-second%2*2)
			decisions = Allocate(decisions, demands, int(float64(middle)*swing), int64(second)*1e9)
			switch {
			case second == 100:
				settled = shown(decisions)
			case second > 100 && !slices.Equal(shown(decisions), settled):
				t.Fatalf("at %d s around %d bit/s:\n%q after\n%q", second, middle, shown(decisions), settled)
			}
		}
	}
}

// Whatever the budget does, a slot rises at most once in five seconds, and falls as soon as it must.
func TestASlotRisesOnceInFiveSeconds(t *testing.T) {
	dice := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		demands := generate(dice)
		decisions := Allocate(nil, demands, dice.IntN(6_000_000), 0)
		rose := make([]int64, len(demands))
		for i := range rose {
			rose[i] = -raiseInterval
		}
		for now := int64(0); now < 60e9; now += dice.Int64N(500e6) {
			before := slices.Clone(decisions)
			decisions = Allocate(decisions, demands, dice.IntN(6_000_000), now)
			for i, d := range decisions {
				if d.Lit && (!before[i].Lit || demands[i].better(d.Choice, before[i].Choice)) {
					if now-rose[i] < raiseInterval {
						t.Fatalf("slot %d rose twice in %d ms", i, (now-rose[i])/1e6)
					}
					rose[i] = now
				}
			}
		}
	}
}

// What is kept for a slot that may not rise yet goes to nobody for the time between.
func TestNobodyRisesIntoWhatIsKept(t *testing.T) {
	demands := []Demand{{Programme, 1, 0, []Choice{{0, 0, 100_000, 180, 30}, {1, 0, 300_000, 360, 30}, {2, 0, 1_000_000, 720, 30}}}, {Tile, 1, 0, []Choice{{0, 0, 100_000, 180, 30}, {1, 0, 700_000, 720, 30}}}}
	d := Allocate(nil, demands, 250_000, 0)
	d = Allocate(d, demands, 500_000, 10e9)
	for second, want := range []string{"1.0 0.0", "1.0 0.0", "1.0 0.0", "1.0 0.0", "1.0 0.0", "2.0 0.0"} {
		d = Allocate(d, demands, 1_250_000, 10e9+int64(second)*1e9)
		if got := shown(d)[0] + " " + shown(d)[1]; got != want {
			t.Errorf("after %d s: %s, want %s", second, got, want)
		}
	}
	// Another occupant waits for nothing.
	demands[0].Occupant = 2
	d = Allocate(d, demands, 450_000, 16e9)
	d = Allocate(d, demands, 1_250_000, 16e9)
	if shown(d)[0] != "2.0" {
		t.Errorf("the new occupant is shown at %s", shown(d)[0])
	}
}

// A layer that is there no more, or costs more than it did, is given up at once for one that fits.
func TestAllocateFollowsTheChoices(t *testing.T) {
	demands := []Demand{{Programme, 1, 0, camera()}}
	d := Allocate(nil, demands, 500_000, 0)
	if shown(d)[0] != "1.1" {
		t.Fatalf("%v", shown(d))
	}
	demands[0].Choices[3].Bitrate = 600_000
	d = Allocate(d, demands, 500_000, 1e9)
	if shown(d)[0] != "1.0" {
		t.Errorf("costs more: %v", shown(d))
	}
	demands[0].Choices = demands[0].Choices[:2]
	d = Allocate(d, demands, 500_000, 2e9)
	if shown(d)[0] != "0.1" {
		t.Errorf("is gone: %v", shown(d))
	}
	demands[0].Choices = nil
	d = Allocate(d, demands, 500_000, 3e9)
	if shown(d)[0] != "" {
		t.Errorf("nothing is left: %v", shown(d))
	}
}

// Figures are measured anew all the time: a slot keeps its choice while it fits, and takes another at once when its own is gone.
func TestFiguresOfAChoiceChange(t *testing.T) {
	demands := []Demand{{Programme, 1, 0, camera()[:2]}}
	d := Allocate(nil, demands, 1_000_000, 0)
	was := shown(d)[0]
	for i := range demands[0].Choices {
		demands[0].Choices[i].FrameRate *= 1.1
		demands[0].Choices[i].Height += 180
	}
	if d = Allocate(d, demands, 1_000_000, 1e9); shown(d)[0] != was {
		t.Errorf("measured higher: %v, it was %v", shown(d), was)
	}
	demands[0].Choices = camera()[2:]
	if d = Allocate(d, demands, 1_000_000, 2e9); shown(d)[0] == "" {
		t.Error("paused, although another choice fits")
	}
}

// Whoever makes a tile larger has its picture at once, however often.
func TestALargerTileDoesNotWait(t *testing.T) {
	demands := []Demand{{Tile, 1, 180, camera()}}
	var d []Decision
	for i, c := range []struct {
		height int
		want   string
	}{{180, "0.1"}, {720, "2.1"}, {180, "0.1"}, {360, "1.1"}, {0, "2.1"}, {180, "0.1"}, {720, "2.1"}} {
		demands[0].Height = c.height
		if d = Allocate(d, demands, 10_000_000, int64(i)*100e6); shown(d)[0] != c.want {
			t.Errorf("at %d: %s, want %s", c.height, shown(d)[0], c.want)
		}
	}
}

func TestAllocateAllocatesNothing(t *testing.T) {
	demands := generate(rand.New(rand.NewPCG(6, 6)))
	decisions := Allocate(nil, demands, 1_000_000, 0)
	now := int64(0)
	if n := testing.AllocsPerRun(100, func() {
		now += 1e9
		decisions = Allocate(decisions, demands, int(now/1e3), now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkAllocate(b *testing.B) {
	var demands []Demand
	for range 49 {
		demands = append(demands, Demand{Tile, 1, 0, camera()})
	}
	var decisions []Decision
	now := int64(0)
	for b.Loop() {
		now += 1e9
		decisions = Allocate(decisions, demands, int(now%20e9)/1000, now)
	}
}
