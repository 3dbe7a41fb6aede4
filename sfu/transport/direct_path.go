package transport

import (
	"slices"

	"github.com/pion/sdp/v3"
)

// apply takes the client's credentials. New ones are an ICE restart (RFC 8839, section 4.4.3): the server's change too, and those of before
// stay valid until the client has moved.
func (c *directConn) apply(d *sdp.SessionDescription, prints []string) bool {
	ufrag, pwd := remoteCredentials(d)
	c.mu.Lock()
	first := c.local.ufrag == ""
	restart := !first && c.remote.ufrag != ufrag
	stale := ""
	if first || restart {
		stale = c.former.ufrag
		c.former, c.local = c.local, newCredentials()
	}
	c.remote = iceCredentials{ufrag, pwd}
	c.peerPrints = prints
	local := c.local.ufrag
	c.mu.Unlock()

	d2 := c.direct
	d2.mu.Lock()
	defer d2.mu.Unlock()
	if c.closed.Load() {
		return false
	}
	delete(d2.names, stale)
	d2.names[local] = c
	d2.connections[c] = struct{}{}
	return true
}

func remoteCredentials(d *sdp.SessionDescription) (ufrag, pwd string) {
	find := func(name string) string {
		// Of the first section that says it: all are bundled.
		for _, m := range d.MediaDescriptions {
			if v, ok := m.Attribute(name); ok {
				return v
			}
		}
		v, _ := d.Attribute(name)
		return v
	}
	return find("ice-ufrag"), find("ice-pwd")
}

// passwordOf gives the local password that checks under a user name are made with.
func (c *directConn) passwordOf(local, remote string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case local == c.local.ufrag && remote == c.remote.ufrag:
		return c.local.pwd, true
	case local == c.former.ufrag && c.former.ufrag != "":
		return c.former.pwd, true
	}
	return "", false
}

// remember keeps a binding, for which an old one may have to be forgotten. It is false after Close, which forgets all that are kept.
func (c *directConn) remember(b *binding) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return false
	}
	c.bindings = slices.DeleteFunc(c.bindings, func(o *binding) bool {
		return o.destination.Path == b.destination.Path
	})
	if len(c.bindings) >= maxBindings {
		i := slices.IndexFunc(c.bindings, func(o *binding) bool { return o != c.selected })
		c.direct.bindings.forget(c.bindings[i])
		c.bindings[i].hangUp()
		c.bindings = slices.Delete(c.bindings, i, i+1)
	}
	c.bindings = append(c.bindings, b)
	c.direct.bindings.add(b)
	return true
}

// lose forgets a path that has ended. Packets still go there until a check shows another one: nowhere else would they arrive either.
func (c *directConn) lose(b *binding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bindings = slices.DeleteFunc(c.bindings, func(o *binding) bool { return o == b })
	if c.selected == b {
		c.selected, c.priority = nil, 0
	}
	c.direct.bindings.forget(b)
}

// checked takes note of a check that passed. The first address is taken at once; another one when the client nominates it after an ICE
// restart or with a higher priority, as clients do that nominate every pair that works (RFC 5245, section 8.1.1.2).
func (c *directConn) checked(b *binding, nominated bool, priority uint32) {
	now := c.direct.config.Now()
	c.heard.Store(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	restarted := c.selected != nil && b.local == c.local.ufrag && c.selected.local != b.local
	switch {
	case c.selected == b:
		if nominated {
			c.priority = max(c.priority, priority)
		}
		return
	case c.selected == nil, nominated && (restarted || b.local == c.selected.local && priority > c.priority):
		c.selectPath(b)
		c.priority = 0
		if nominated {
			c.priority = priority
		}
	}
}

// authentic takes note of authentic media from an address: it tells which one the client uses, whatever was nominated.
func (c *directConn) authentic(b *binding, now int64) {
	c.heard.Store(now)
	if c.path.Load() == b.destination {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Packets that were under way on the old path while ICE was restarted do not bring it back.
	if c.selected == nil || b.local == c.local.ufrag || c.selected.local == b.local {
		c.selectPath(b)
	}
}

// selectPath sends to an address from now on; c.mu is held.
func (c *directConn) selectPath(b *binding) {
	if c.closed.Load() {
		return
	}
	c.selected = b
	c.path.Store(b.destination)
}
