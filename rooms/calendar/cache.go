package calendar

import (
	"strconv"
	"sync"
)

// mostCached is how many meetings a server keeps read: a week of a province has a tenth of it. Some 5 KiB each.
const mostCached = 4000

// cache keeps meetings as they were read, by their ids: reading one that has not changed since is comparing its version. What is in them is only to be
// read.
type cache struct {
	mu   sync.Mutex
	read map[string]Meeting
}

// get gives a meeting if it is kept at a version, as Redis writes it.
func (c *cache) get(id, version string) (Meeting, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, ok := c.read[id]
	return m, ok && version == strconv.FormatInt(m.Version, 10)
}

func (c *cache) put(some []Meeting) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read == nil || len(c.read)+len(some) > mostCached {
		c.read = make(map[string]Meeting, len(some)) // seldom: what is looked at now is what is looked at next
	}
	for _, m := range some {
		c.read[m.ID] = m
	}
}
