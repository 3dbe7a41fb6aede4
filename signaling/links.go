package signaling

import (
	"time"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// linkState is what a participant last reported of its link.
type linkState struct {
	link     protocol.Link
	reported bool // since it was last told
	told     protocol.Quality
}

// A link is poor from the first figures on, and good again only below the second: whoever is on the edge does not flicker.
const (
	poorLoss, goodLoss = 5, 3     // percent of packets
	poorRTT, goodRTT   = 400, 300 // milliseconds
)

// qualityOf judges a link by its figures and by what it was before.
func qualityOf(before protocol.Quality, l protocol.Link) protocol.Quality {
	switch {
	case l.LossPercent >= poorLoss || l.RTTMs >= poorRTT || l.Paused > 0:
		return protocol.QualityPoor
	case before == protocol.QualityPoor && (l.LossPercent >= goodLoss || l.RTTMs >= goodRTT):
		return protocol.QualityPoor
	}
	return protocol.QualityGood
}

// noteLink keeps what a participant reports, to be told soon.
func (c *coordinator) noteLink(seat string, m protocol.ReportLink) {
	l := c.links[seat]
	if l == nil {
		l = &linkState{}
		c.links[seat] = l
	}
	before := l.link.Quality
	l.link = protocol.Link{Participant: seat, RTTMs: m.RTTMs, LossPercent: m.LossPercent, Kbps: m.Kbps}
	if member := c.members[seat]; member != nil && member.main != nil {
		l.link.EstimateKbps = int(member.main.peer.Estimate() / 1000)
		l.link.Paused = member.main.pausedSlots()
	}
	l.link.Quality = qualityOf(before, l.link)
	c.server.counters.link(l.link)
	c.tellLinkChange(seat, c.watch(seat).report(l.link.Quality))
	l.reported = true
	if !c.linksWait {
		c.linksWait = true
		c.linksDue.Reset(c.server.timing.links)
	}
}

// tellLinks tells everybody whose link is better or worse than it was, and those who watch over the links all new figures.
func (c *coordinator) tellLinks() {
	c.linksWait = false
	c.linksDue.Reset(time.Hour)
	c.countLinks()
	var all, changed []protocol.Link
	for _, l := range c.links {
		if l.reported {
			all = append(all, l.link)
		}
		if l.link.Quality != l.told {
			changed = append(changed, l.link)
		}
		l.reported, l.told = false, l.link.Quality
	}
	if len(all) > 0 {
		c.tell("links", protocol.Links{Links: all}, watchesLinks)
	}
	if len(changed) > 0 {
		c.tell("links", protocol.Links{Links: changed}, func(r meeting.Role) bool { return !watchesLinks(r) })
	}
}

// knownLinks are the links of all who reported theirs.
func (c *coordinator) knownLinks() []protocol.Link {
	all := []protocol.Link{}
	for _, l := range c.links {
		all = append(all, l.link)
	}
	return all
}
