package calendar

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// A meeting is kept as JSON, deflated (RFC 1951) where that is shorter: a list of sites says the same words many times. What begins with { is JSON.

// deflater is one for all: its tables are a megabyte, and what it is used for takes it some 50 µs.
var deflater struct {
	sync.Mutex
	*flate.Writer
}

func init() { deflater.Writer, _ = flate.NewWriter(nil, flate.DefaultCompression) } // the level is one that exists

var inflaters = sync.Pool{New: func() any { return flate.NewReader(strings.NewReader("")) }}

// encode writes a meeting as it is kept.
func encode(m Meeting) ([]byte, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("calendar: meeting: %w", err)
	}
	deflater.Lock()
	defer deflater.Unlock()
	var b bytes.Buffer
	deflater.Reset(&b)
	if _, err = deflater.Write(raw); err == nil {
		err = deflater.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("calendar: meeting: %w", err)
	}
	if b.Len() < len(raw) && b.Bytes()[0] != '{' {
		return b.Bytes(), nil
	}
	return raw, nil
}

// decode reads a meeting as it is kept.
func decode(version, stored string) (Meeting, error) {
	var m Meeting
	raw := []byte(stored)
	if !strings.HasPrefix(stored, "{") {
		r := inflaters.Get().(io.ReadCloser)
		defer inflaters.Put(r)
		err := r.(flate.Resetter).Reset(strings.NewReader(stored), nil)
		if err == nil {
			raw, err = io.ReadAll(r)
		}
		if err != nil {
			return m, fmt.Errorf("calendar: stored meeting: %w", err)
		}
	}
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, fmt.Errorf("calendar: stored meeting: %w", err)
	}
	number, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return m, fmt.Errorf("calendar: stored version: %w", err)
	}
	m.Version = number
	return m, nil
}
