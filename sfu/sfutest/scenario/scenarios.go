package main

import (
	"time"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/sfutest/link"
)

// Scenario is a link, what happens to it, and what is to be sent over it.
type Scenario struct {
	Name      string
	Title     string
	Seed      uint64
	Duration  time.Duration
	Down, Up  link.Conditions // of Up only delay, jitter and loss count
	Changes   []Change
	SoundRate int64 // bit/s on the wire
	Demands   []bandwidth.Demand
	TCP       struct{ From, To time.Duration } // when a TCP flow competes
}

// Change is new conditions of the downlink from a moment on. A cut cuts both ways.
type Change struct {
	At   time.Duration
	Down link.Conditions
}

// screen is shared slides: two sizes, of two frame rates each.
func screen() bandwidth.Demand {
	return bandwidth.Demand{Importance: bandwidth.Content, Occupant: 1, Choices: []bandwidth.Choice{
		{Layer: 0, Temporal: 0, Bitrate: 70_000, Height: 720, FrameRate: 2},
		{Layer: 0, Temporal: 1, Bitrate: 120_000, Height: 720, FrameRate: 5},
		{Layer: 1, Temporal: 0, Bitrate: 400_000, Height: 1080, FrameRate: 2},
		{Layer: 1, Temporal: 1, Bitrate: 800_000, Height: 1080, FrameRate: 5},
	}}
}

// camera is a face in three sizes, of two frame rates each.
func camera(importance bandwidth.Importance, occupant uint32, height int) bandwidth.Demand {
	return bandwidth.Demand{Importance: importance, Occupant: occupant, Height: height, Choices: []bandwidth.Choice{
		{Layer: 0, Temporal: 0, Bitrate: 30_000, Height: 180, FrameRate: 7.5},
		{Layer: 0, Temporal: 1, Bitrate: 60_000, Height: 180, FrameRate: 15},
		{Layer: 1, Temporal: 0, Bitrate: 280_000, Height: 360, FrameRate: 12},
		{Layer: 1, Temporal: 1, Bitrate: 450_000, Height: 360, FrameRate: 25},
		{Layer: 2, Temporal: 0, Bitrate: 1_000_000, Height: 720, FrameRate: 12},
		{Layer: 2, Temporal: 1, Bitrate: 1_600_000, Height: 720, FrameRate: 25},
	}}
}

// meeting is what a participant of a large meeting sees: slides, who has the floor, the chair and tiles.
func meeting() []bandwidth.Demand {
	all := []bandwidth.Demand{screen(), camera(bandwidth.Programme, 2, 720), camera(bandwidth.Chair, 3, 360)}
	for i := range uint32(6) {
		all = append(all, camera(bandwidth.Tile, 4+i, 180))
	}
	return all
}

const (
	kbit = int64(1000)
	mbit = 1000 * kbit
	// voice is what one voice takes, in bit/s on the wire.
	voice = 56 * kbit
)

func rated(rate int64, delay, queue time.Duration) link.Conditions {
	return link.Conditions{Rate: rate, QueueTime: queue, Delay: delay}
}

// moves makes a link change its rate at even intervals.
func moves(each time.Duration, of func(rate int64) link.Conditions, rates ...int64) (all []Change) {
	for i, rate := range rates {
		all = append(all, Change{time.Duration(i+1) * each, of(rate)})
	}
	return all
}

// Scenarios are all that are drawn and tested.
func Scenarios() []Scenario {
	ms := time.Millisecond
	delay := func(d time.Duration) link.Conditions { return link.Conditions{Delay: d} }
	thin := rated(256*kbit, 100*ms, 500*ms)
	thin.Loss = 0.05
	lossy := func(loss float64) link.Conditions {
		c := rated(2*mbit, 50*ms, 500*ms)
		c.Loss = loss
		return c
	}
	bursty := rated(2*mbit, 50*ms, 500*ms)
	bursty.Burst = link.Bursts(0.1, 8)
	shaky := rated(2*mbit, 30*ms, 500*ms)
	shaky.Jitter = 40 * ms
	wide, narrow := rated(4*mbit, 25*ms, 0), rated(500*kbit, 25*ms, 0)
	wide.QueueBytes, narrow.QueueBytes = 256_000, 256_000
	late := rated(2*mbit, 30*ms, 300*ms)
	late.Late, late.LateBy = 0.05, 30*ms
	deaf := delay(25 * ms)
	deaf.Loss = 0.3
	radio := func(rate int64) link.Conditions {
		return link.Conditions{Rate: rate, QueueBytes: 200_000, Delay: 30 * ms}
	}
	cut := rated(2*mbit, 25*ms, 500*ms)
	cut.Cut = true
	all := []Scenario{
		{Name: "thin", Title: "256 kbit/s, 5 % loss, 200 ms RTT", Duration: 10 * time.Minute, Down: thin, Up: delay(100 * ms)},
		{Name: "narrow", Title: "100 kbit/s", Duration: time.Minute, Down: rated(100*kbit, 30*ms, time.Second), Up: delay(30 * ms)},
		{Name: "voices", Title: "100 kbit/s, nearly filled by voices", Duration: time.Minute, Down: rated(100*kbit, 30*ms, time.Second), Up: delay(30 * ms)},
		{Name: "drop", Title: "4 Mbit/s, 500 kbit/s, 4 Mbit/s", Duration: 90 * time.Second, Down: wide, Up: delay(25 * ms),
			Changes: []Change{{30 * time.Second, narrow}, {60 * time.Second, wide}}},
		{Name: "fast", Title: "20 Mbit/s", Duration: 30 * time.Second, Down: rated(20*mbit, 10*ms, 200*ms), Up: delay(10 * ms)},
		{Name: "loss10", Title: "2 Mbit/s, 10 % loss", Duration: time.Minute, Down: lossy(0.1), Up: delay(50 * ms)},
		{Name: "loss30", Title: "2 Mbit/s, 30 % loss", Duration: time.Minute, Down: lossy(0.3), Up: delay(50 * ms)},
		{Name: "bursts", Title: "2 Mbit/s, bursts that lose 10 %", Duration: time.Minute, Down: bursty, Up: delay(50 * ms)},
		{Name: "shallow", Title: "1 Mbit/s, queue of 30 ms", Duration: time.Minute, Down: rated(mbit, 25*ms, 30*ms), Up: delay(25 * ms)},
		{Name: "jitter", Title: "2 Mbit/s, 40 ms jitter", Duration: time.Minute, Down: shaky, Up: delay(30 * ms)},
		{Name: "late", Title: "2 Mbit/s, 5 % of the packets 30 ms late", Duration: time.Minute, Down: late, Up: delay(30 * ms)},
		{Name: "reports", Title: "2 Mbit/s, 30 % of the reports lost", Duration: time.Minute, Down: rated(2*mbit, 25*ms, 300*ms), Up: deaf},
		{Name: "satellite", Title: "2 Mbit/s, 600 ms RTT", Duration: time.Minute, Down: rated(2*mbit, 300*ms, 500*ms), Up: delay(300 * ms)},
		{Name: "radio", Title: "A mobile link from 600 kbit/s to 4 Mbit/s", Duration: 66 * time.Second, Down: radio(2 * mbit), Up: delay(30 * ms),
			Changes: moves(6*time.Second, radio, 3*mbit, 1500*kbit, 800*kbit, 2500*kbit, 4*mbit, 1200*kbit, 600*kbit, 2*mbit, 3500*kbit, 900*kbit)},
		{Name: "tcp", Title: "2 Mbit/s beside TCP", Duration: 2 * time.Minute, Down: rated(2*mbit, 25*ms, 200*ms), Up: delay(25 * ms)},
		{Name: "bloat", Title: "2 Mbit/s with a queue of 1 s beside TCP", Duration: 2 * time.Minute, Down: rated(2*mbit, 25*ms, time.Second), Up: delay(25 * ms)},
		{Name: "cut", Title: "2 Mbit/s, cut for 3 s and for 10 s", Duration: time.Minute, Down: rated(2*mbit, 25*ms, 500*ms), Up: delay(25 * ms),
			Changes: []Change{{20 * time.Second, cut}, {23 * time.Second, rated(2*mbit, 25*ms, 500*ms)}, {35 * time.Second, cut}, {45 * time.Second, rated(2*mbit, 25*ms, 500*ms)}}},
	}
	for i := range all {
		s := &all[i]
		s.Seed, s.SoundRate, s.Demands = uint64(i+1), voice, meeting()
		switch s.Name {
		case "narrow":
			s.SoundRate = 80 * kbit
		case "voices":
			s.SoundRate = 94 * kbit
		case "tcp", "bloat":
			s.TCP.From, s.TCP.To = 20*time.Second, 90*time.Second
		}
	}
	return all
}
