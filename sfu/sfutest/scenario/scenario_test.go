package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"
	"time"
)

// play runs a scenario under several seeds.
func play(t *testing.T, name string, check func(t *testing.T, r *Result)) {
	t.Helper()
	for _, s := range Scenarios() {
		if s.Name != name {
			continue
		}
		for _, seed := range []uint64{s.Seed, 1001, 1002} {
			s.Seed = seed
			r := Run(s)
			end := s.Duration
			t.Logf("seed %4d: used %.2f, believed %.2f, TCP %.2f, %v above 400 ms, sound gap %v, content gap %v", seed, r.Used(10*time.Second, end),
				r.Believed(10*time.Second, end), r.Others(30*time.Second, 90*time.Second), r.Queued(0, end, 400*time.Millisecond), r.SoundGap, r.ContentGap)
			check(t, r)
		}
		return
	}
	t.Fatalf("no scenario %s", name)
}

// atLeast and atMost compare a figure with its bound.
func atLeast[T float64 | time.Duration | int](t *testing.T, what string, got, bound T) {
	t.Helper()
	if got < bound {
		t.Errorf("%s: %v, want at least %v", what, got, bound)
	}
}

func atMost[T float64 | time.Duration | int](t *testing.T, what string, got, bound T) {
	t.Helper()
	if got > bound {
		t.Errorf("%s: %v, want at most %v", what, got, bound)
	}
}

// 256 kbit/s with 5 % loss at 200 ms for ten minutes: the voice never stops, slides move, and the link is used.
func TestThin(t *testing.T) {
	play(t, "thin", func(t *testing.T, r *Result) {
		atMost(t, "sound gap", r.SoundGap, time.Second)
		atLeast(t, "used", r.Used(10*time.Second, r.Scenario.Duration), 0.85)
		for from := time.Duration(0); from < r.Scenario.Duration; from += 5 * time.Second {
			arrived := 0
			for _, s := range r.between(from, from+5*time.Second) {
				arrived += s.Content
			}
			// A frame of the cheapest choice is about four packets.
			atLeast(t, "packets of content in 5 s", arrived, 20)
		}
	})
}

// 100 kbit/s and two voices: they go on, and pictures are paused within 3 s.
func TestNarrow(t *testing.T) {
	play(t, "narrow", func(t *testing.T, r *Result) {
		atMost(t, "sound gap", r.SoundGap, time.Second)
		paused := r.Until(500*time.Millisecond, func(s *Sample) bool {
			for _, d := range s.Decisions {
				if d.Layer >= 0 {
					return false
				}
			}
			return true
		})
		if paused < 0 || paused > 2500*time.Millisecond {
			t.Errorf("pictures are paused after %v", paused)
		}
		atMost(t, "time with a queue above 400 ms, once they are", r.Queued(5*time.Second, r.Scenario.Duration, 400*time.Millisecond), 0)
	})
}

// Voices alone nearly fill the link: the queue of the start drains slowly, and nobody else is suspected of filling it.
func TestVoices(t *testing.T) {
	play(t, "voices", func(t *testing.T, r *Result) {
		atMost(t, "sound gap", r.SoundGap, time.Second)
		for _, s := range r.between(3*time.Second, r.Scenario.Duration) {
			for i, d := range s.Decisions {
				if d.Layer >= 0 {
					t.Fatalf("picture %d is sent at %v", i, s.At)
				}
			}
		}
		atMost(t, "time with a queue above 400 ms, in the end", r.Queued(30*time.Second, r.Scenario.Duration, 400*time.Millisecond), 0)
	})
}

// 4 Mbit/s, then 500 kbit/s, then 4 Mbit/s again.
func TestDrop(t *testing.T) {
	play(t, "drop", func(t *testing.T, r *Result) {
		down, up := 30*time.Second, 60*time.Second
		atMost(t, "time with a queue above 400 ms", r.Queued(down, up, 400*time.Millisecond), 2*time.Second)
		atLeast(t, "used while it was narrow", r.Used(down+5*time.Second, up), 0.75)
		top := r.Until(up, func(s *Sample) bool { return s.Decisions[0].Layer == 1 && s.Decisions[1].Layer == 2 })
		if top < 0 || top > 15*time.Second {
			t.Errorf("the top layers are back after %v", top)
		}
		first := r.Until(0, func(s *Sample) bool { return s.Estimate > 2*mbit })
		if first < 0 || first > 2*time.Second {
			t.Errorf("the first 2 Mbit/s are believed after %v", first)
		}
	})
}

// What is lost whatever is sent does not starve a link, whether by itself or in bursts; nor do jitter and a short queue.
func TestLosses(t *testing.T) {
	for name, used := range map[string]float64{"loss10": 0.8, "loss30": 0.8, "bursts": 0.8, "shallow": 0.8, "jitter": 0.65, "late": 0.75, "reports": 0.5, "satellite": 0.75} {
		t.Run(name, func(t *testing.T) {
			play(t, name, func(t *testing.T, r *Result) {
				atLeast(t, "used", r.Used(10*time.Second, r.Scenario.Duration), used)
				atMost(t, "believed", r.Believed(10*time.Second, r.Scenario.Duration), 1.1)
				atMost(t, "time with a queue above 400 ms", r.Queued(0, r.Scenario.Duration, 400*time.Millisecond), 0)
				atMost(t, "sound gap", r.SoundGap, time.Second)
			})
		})
	}
}

// A link whose rate goes up and down is followed down at once, and up in time.
func TestRadio(t *testing.T) {
	play(t, "radio", func(t *testing.T, r *Result) {
		end := r.Scenario.Duration
		atMost(t, "time with a queue above 400 ms", r.Queued(0, end, 400*time.Millisecond), 4*time.Second) // in all, after five drops
		atMost(t, "sound gap", r.SoundGap, time.Second)
		atLeast(t, "believed", r.Believed(0, end), 0.6)
		atLeast(t, "used", r.Used(0, end), 0.45)
	})
}

// Beside a flow that fills the queue both keep a fair part.
func TestCrowd(t *testing.T) {
	for _, name := range []string{"tcp", "bloat"} {
		t.Run(name, func(t *testing.T) {
			play(t, name, func(t *testing.T, r *Result) {
				atLeast(t, "used", r.Used(30*time.Second, 90*time.Second), 0.25)
				atLeast(t, "left to TCP", r.Others(30*time.Second, 90*time.Second), 0.25)
				atLeast(t, "used when it has gone", r.Used(105*time.Second, r.Scenario.Duration), 0.75)
				atMost(t, "sound gap", r.SoundGap, time.Second)
			})
		})
	}
}

// A link that was cut carries as much as before within 3 s.
func TestCut(t *testing.T) {
	play(t, "cut", func(t *testing.T, r *Result) {
		for _, back := range []time.Duration{23 * time.Second, 45 * time.Second} {
			after := r.Until(back, func(s *Sample) bool { return s.Estimate > 1500*kbit })
			if after < 0 || after > 3*time.Second {
				t.Errorf("1.5 Mbit/s after %v", after)
			}
		}
		least := r.Until(35*time.Second, func(s *Sample) bool { return s.Estimate <= 100*kbit })
		if least < 0 || least > 10*time.Second {
			t.Errorf("silence leaves the estimate high for %v", least)
		}
	})
}

// Nothing is probed for that nobody wants.
func TestFast(t *testing.T) {
	play(t, "fast", func(t *testing.T, r *Result) {
		for _, s := range r.Samples {
			atMost(t, "estimate", float64(s.Estimate), 6e6)
		}
		atMost(t, "padding", r.mean(10*time.Second, r.Scenario.Duration, func(s *Sample) float64 { return float64(s.Padding) }), 1)
	})
}

// A seed decides everything.
func TestRepeatable(t *testing.T) {
	var pictures [2]bytes.Buffer
	for i := range pictures {
		if err := Run(Scenarios()[3]).Draw(&pictures[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(pictures[0].Bytes(), pictures[1].Bytes()) {
		t.Error("two runs differ")
	}
	decoder := xml.NewDecoder(&pictures[0])
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
