package main

import (
	"testing"
	"time"
)

func TestAll(t *testing.T) {
	all := Scenarios()
	for _, s := range Scenarios() {
		s.Seed += 100
		if s.Duration > time.Minute*2 {
			s.Duration = time.Minute * 4
		}
		all = append(all, s)
	}
	for _, s := range all {
		r := Run(s)
		end := s.Duration
		if s.TCP.To > 0 {
			from, to := s.TCP.From+10*time.Second, s.TCP.To
			t.Logf("beside TCP: used %.2f, TCP %.2f, after 10 s", r.Used(from, to), r.mean(from, to, func(s *Sample) float64 { return float64(s.TCP) / float64(s.Link) }))
		}
		t.Logf("%-8s used %.2f (10 s on) estimate/link %.2f queue>400ms %v >200ms %v sound gap %v content gap %v", s.Name, r.Used(10*time.Second, end),
			r.mean(10*time.Second, end, func(s *Sample) float64 { return float64(s.Estimate) })/r.mean(10*time.Second, end, func(s *Sample) float64 { return float64(s.Link) }),
			r.Queued(0, end, 400*time.Millisecond), r.Queued(0, end, 200*time.Millisecond), r.SoundGap, r.ContentGap)
	}
}
