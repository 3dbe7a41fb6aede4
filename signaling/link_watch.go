package signaling

import (
	"time"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// linkWatch decides when a participant's link is worth a word to those who watch over them: once when it degrades, once when it breaks, once
// when it is well again.
type linkWatch struct {
	state  linkTrouble
	streak int // reports in a row that speak against the state
}

type linkTrouble uint8

const (
	linkWell linkTrouble = iota
	linkPoor
	linkLost
)

// steadyReports is how many reports in a row make a change: clients report every four seconds, and a burst of losses is no event.
const steadyReports = 3

// report takes the quality of a report. The change is empty where there is none.
func (w *linkWatch) report(q protocol.Quality) protocol.LinkChange {
	wanted := linkWell
	if q == protocol.QualityPoor {
		wanted = linkPoor
	}
	if wanted == w.state {
		w.streak = 0
		return ""
	}
	if w.streak++; w.streak < steadyReports {
		return ""
	}
	w.state, w.streak = wanted, 0
	if wanted == linkPoor {
		return protocol.LinkDegraded
	}
	return protocol.LinkRecovered
}

// presence takes that the presence is another than it was.
func (w *linkWatch) presence(before, now protocol.Presence) protocol.LinkChange {
	lost := w.state == linkLost
	switch {
	case now == protocol.PresenceLost && before == protocol.PresenceHere && !lost:
		*w = linkWatch{state: linkLost}
		return protocol.LinkLost
	case now == protocol.PresenceHere && lost:
		*w = linkWatch{}
		return protocol.LinkRecovered
	case now == protocol.PresenceLeft || now == protocol.PresenceExpected:
		*w = linkWatch{}
	}
	return ""
}

// watch gives the watch over a participant's link.
func (c *coordinator) watch(participant string) *linkWatch {
	w := c.watched[participant]
	if w == nil {
		w = &linkWatch{}
		c.watched[participant] = w
	}
	return w
}

// tellLinkChange tells those who watch over the links, and the log, of a change. It does nothing for the empty one.
func (c *coordinator) tellLinkChange(participant string, change protocol.LinkChange) {
	if change == "" {
		return
	}
	m := protocol.LinkChanged{Participant: participant, Change: change, At: wireTime(time.Now())}
	if l := c.links[participant]; l != nil && change != protocol.LinkLost {
		m.Link = &l.link
	}
	c.server.counters.linkChange(change)
	log := c.log.With("seat", participant)
	if m.Link != nil {
		log = log.With("rtt_ms", m.Link.RTTMs, "loss_percent", m.Link.LossPercent, "kbps", m.Link.Kbps)
	}
	log.Info("link " + string(change))
	c.tell("link_changed", m, watchesLinks)
}

// linkCounts are how many participants have a link of each quality; "lost" is one more.
type linkCounts map[string]int

const lostLink = "lost"

// countLinks makes the counts of the meeting known to the metrics.
func (c *coordinator) countLinks() {
	counts := linkCounts{}
	for id, p := range c.shown {
		seat, taken := c.state.Seats[id]
		switch l := c.links[id]; {
		case !taken:
		case !seat.Connected:
			counts[lostLink]++
		case l != nil && p.Presence == protocol.PresenceHere:
			counts[string(l.link.Quality)]++
		}
	}
	c.counted.Store(&counts)
}

func watchesLinks(r meeting.Role) bool { return r.Manages() || r == meeting.RoleOperator }
