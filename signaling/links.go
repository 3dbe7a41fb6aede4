package signaling

import (
	"math"
	"time"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// linkState is what a participant last reported of its link.
type linkState struct {
	link     protocol.Link
	reported bool          // since it was last told
	told     protocol.Link // what everybody knows of it
	toldAt   time.Time
}

// A link is poor from the first figures on, and good again only below the second: whoever is on the edge does not flicker.
const (
	poorLoss, goodLoss = 5, 3     // percent of packets
	poorRTT, goodRTT   = 400, 300 // milliseconds
)

// Figures that moved are told to everybody when they moved clearly, and seldom: a hundred links of a meeting are told to a hundred.
const (
	movedPause = 10 * time.Second // between two tellings of one link whose quality is the same
	movedRTT   = 50               // milliseconds, at least
	movedLoss  = 1                // percent of packets, at least
	movedShare = 3                // and at least so great a part of the greater figure
)

// news tells whether everybody should hear of the link now.
func (l *linkState) news(now time.Time) bool {
	if l.link.Quality != l.told.Quality {
		return true
	}
	moved := clearly(float64(l.link.RTTMs), float64(l.told.RTTMs), movedRTT) || clearly(l.link.LossPercent, l.told.LossPercent, movedLoss)
	return moved && now.Sub(l.toldAt) >= movedPause
}

func clearly(a, b, least float64) bool { return math.Abs(a-b) >= max(least, max(a, b)/movedShare) }

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

// tellLinks tells everybody whose link is clearly another than it was, and those who watch over the links all new figures.
func (c *coordinator) tellLinks() {
	now := time.Now()
	c.linksWait = false
	c.linksDue.Reset(time.Hour)
	c.countLinks()
	var all, changed []protocol.Link
	for _, l := range c.links {
		if l.reported {
			all = append(all, l.link)
		}
		if l.news(now) {
			changed = append(changed, l.link)
			l.told, l.toldAt = l.link, now
		}
		l.reported = false
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
