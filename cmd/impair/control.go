package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"diemcau/sfu/sfutest/link"
)

// conditions are link.Conditions as they are written in a command. What is absent is perfect.
type conditions struct {
	RateBps    int64   `json:"rate_bps"`
	QueueBytes int     `json:"queue_bytes"`
	QueueMs    float64 `json:"queue_ms"`
	DelayMs    float64 `json:"delay_ms"`
	JitterMs   float64 `json:"jitter_ms"`
	Reorder    bool    `json:"reorder"`
	Loss       float64 `json:"loss"`
	Burst      *burst  `json:"burst"`
	Duplicate  float64 `json:"duplicate"`
	Cut        bool    `json:"cut"`
}

// burst is a share of the packets that is lost in runs of a length.
type burst struct {
	Share  float64 `json:"share"`
	Length float64 `json:"length"`
}

const mostMs = 60_000 // of any time in conditions

func (c conditions) link() (link.Conditions, error) {
	for name, wrong := range map[string]bool{
		"rate_bps must not be negative":         c.RateBps < 0,
		"queue_bytes must not be negative":      c.QueueBytes < 0,
		"queue_ms must be 0 to 60000":           !(c.QueueMs >= 0 && c.QueueMs <= mostMs),
		"delay_ms must be 0 to 60000":           !(c.DelayMs >= 0 && c.DelayMs <= mostMs),
		"jitter_ms must be 0 to 60000":          !(c.JitterMs >= 0 && c.JitterMs <= mostMs),
		"loss must be 0 to 1":                   !(c.Loss >= 0 && c.Loss <= 1),
		"duplicate must be 0 to 1":              !(c.Duplicate >= 0 && c.Duplicate <= 1),
		"burst.share must be from 0 to below 1": c.Burst != nil && !(c.Burst.Share >= 0 && c.Burst.Share < 1),
		"burst.length must be 1 or more":        c.Burst != nil && !(c.Burst.Length >= 1),
	} {
		if wrong {
			return link.Conditions{}, errors.New(name)
		}
	}
	l := link.Conditions{
		Rate: c.RateBps, QueueBytes: c.QueueBytes, QueueTime: milliseconds(c.QueueMs),
		Delay: milliseconds(c.DelayMs), Jitter: milliseconds(c.JitterMs), Reorder: c.Reorder,
		Loss: c.Loss, Duplicate: c.Duplicate, Cut: c.Cut,
	}
	if c.Burst != nil {
		l.Burst = link.Bursts(c.Burst.Share, c.Burst.Length)
	}
	return l, nil
}

func milliseconds(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// parseConditions reads conditions of one direction. An empty text is a perfect link.
func parseConditions(text string) (link.Conditions, error) {
	var c conditions
	if text != "" {
		if err := decode([]byte(text), &c); err != nil {
			return link.Conditions{}, err
		}
	}
	return c.link()
}

// command is one line of the control. What is absent stays as it is.
type command struct {
	Up   *conditions `json:"up"`   // of what the site sends, in place of those of before
	Down *conditions `json:"down"` // of what comes to it
	Cut  *bool       `json:"cut"`  // both directions, or joins them again
	Move bool        `json:"move"` // gives the site another address
}

// report answers a command.
type report struct {
	Error   string       `json:"error,omitempty"`
	UDP     []string     `json:"udp,omitempty"` // where to send to; with the first report
	TCP     []string     `json:"tcp,omitempty"`
	Up      *link.Counts `json:"up,omitempty"`
	Down    *link.Counts `json:"down,omitempty"`
	Clients int          `json:"clients"` // of UDP, that have sent since the last move
	Moves   uint32       `json:"moves"`
}

// obey reads commands line by line, and answers each, until there are no more.
func (s *site) obey(in io.Reader, out io.Writer) error {
	lines, answers := bufio.NewScanner(in), json.NewEncoder(out)
	for lines.Scan() {
		var answer report
		if err := s.execute(lines.Bytes()); err != nil {
			answer.Error = err.Error()
		} else {
			answer = s.report()
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
	return lines.Err()
}

// execute does what one line says, or nothing where it is wrong.
func (s *site) execute(line []byte) error {
	var c command
	if err := decode(line, &c); err != nil {
		return err
	}
	var changes []func()
	for _, way := range [...]struct {
		name string
		path *path
		to   *conditions
	}{{"up", s.up, c.Up}, {"down", s.down, c.Down}} {
		if way.to == nil {
			continue
		}
		to, err := way.to.link()
		if err != nil {
			return fmt.Errorf("%s: %w", way.name, err)
		}
		changes = append(changes, func() { way.path.set(func(link.Conditions) link.Conditions { return to }) })
	}
	for _, change := range changes {
		change()
	}
	if c.Cut != nil {
		for _, way := range [...]*path{s.up, s.down} {
			way.set(func(l link.Conditions) link.Conditions {
				l.Cut = *c.Cut
				return l
			})
		}
	}
	if c.Move {
		s.move()
	}
	return nil
}

func (s *site) report() report {
	up, down := s.up.counts(), s.down.counts()
	r := report{Up: &up, Down: &down, Moves: s.moves.Load()}
	for _, d := range s.datagrams {
		r.Clients += d.clients()
	}
	return r
}

// decode reads one JSON value and knows every field of it.
func decode(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value in a line")
	}
	return nil
}
