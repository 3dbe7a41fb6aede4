package store

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
)

// tailLines is how many of Redis' last lines explain its death.
const tailLines = 10

// output takes what Redis prints, line by line, to the log. It is written to by one goroutine and read by another.
type output struct {
	log *slog.Logger

	mu      sync.Mutex
	partial []byte
	last    []string
}

// Write implements io.Writer and never fails.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, p...)
	for {
		line, rest, found := bytes.Cut(o.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		o.partial = rest
		o.line(strings.TrimSpace(string(line)))
	}
}

func (o *output) line(line string) {
	if line == "" {
		return
	}
	o.last = append(o.last, line)
	if len(o.last) > tailLines {
		o.last = o.last[1:]
	}
	if strings.Contains(line, "WARNING") || strings.Contains(line, "Fatal") {
		o.log.Warn("embedded Redis", "says", line)
		return
	}
	o.log.Debug("embedded Redis", "says", line)
}

// tail is the last lines.
func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.last, " | ")
}
