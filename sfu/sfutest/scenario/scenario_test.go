package main

import (
	"testing"
	"time"
)

func TestAll(t *testing.T) {
	for _, s := range Scenarios() {
		r := Run(s)
		end := s.Duration
		t.Logf("%-8s used %.2f (10 s on) estimate/link %.2f queue>400ms %v >200ms %v sound gap %v content gap %v", s.Name, r.Used(10*time.Second, end),
			r.mean(10*time.Second, end, func(s *Sample) float64 { return float64(s.Estimate) })/r.mean(10*time.Second, end, func(s *Sample) float64 { return float64(s.Link) }),
			r.Queued(0, end, 400*time.Millisecond), r.Queued(0, end, 200*time.Millisecond), r.SoundGap, r.ContentGap)
	}
}
