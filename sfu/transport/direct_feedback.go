package transport

import (
	"github.com/pion/rtcp"

	"diemcau/sfu/codec"
)

// takeReports takes what the client says of how the slots arrive.
func (c *directConn) takeReports(reports []rtcp.ReceptionReport, now int64) {
	for _, r := range reports {
		if s := c.ingress.bySSRC[r.SSRC]; s != nil {
			c.roundTrip.note(r, c.direct.config.NTP(now))
			c.handler.Feedback(s.video, s.index, []rtcp.Packet{&rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{r}}}, now)
		}
	}
}

// sendFeedback tells the client what arrived, and asks for what did not.
func (c *directConn) sendFeedback(now int64) {
	var all []rtcp.Packet
	c.ingressMu.Lock()
	i := &c.ingress
	if i.context != nil && !i.closed {
		var reports []rtcp.ReceptionReport
		for _, s := range i.streams {
			if s == nil || s.repairs != nil || s.sink == nil {
				continue
			}
			if r, due := s.reception.report(s.ssrc, now); due {
				listeners := s.sink.Reception(s.reception.summary())
				if !s.section.video { // encoders of sound take how much redundancy they add from this, and nothing else does
					r.FractionLost = max(r.FractionLost, uint8(min(listeners, 1)*255))
				}
				if len(reports) < 31 { // RFC 3550, section 6.4.2: five bits
					reports = append(reports, r)
				}
			}
		}
		all = append(all, c.requests(now)...)
		if i.recorder != nil {
			all = append(all, i.recorder.BuildFeedbackPacket()...)
		}
		if len(reports) > 0 {
			all = append([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: reporterSSRC, Reports: reports}}, all...)
		}
	}
	c.ingressMu.Unlock()
	c.send(all)
}

// askForMissing asks the client for what did not arrive and is due.
func (c *directConn) askForMissing(now int64) {
	c.ingressMu.Lock()
	var all []rtcp.Packet
	if !c.ingress.closed && c.ingress.context != nil {
		all = c.requests(now)
	}
	c.ingressMu.Unlock()
	c.send(all)
}

// requests asks for what is due on all streams, and says when the next is.
func (c *directConn) requests(now int64) (all []rtcp.Packet) {
	next := int64(0)
	for _, s := range c.ingress.streams {
		if s == nil || s.sink == nil {
			continue
		}
		if numbers := s.reception.requests(now, c.RoundTrip()); len(numbers) > 0 {
			all = append(all, &rtcp.TransportLayerNack{SenderSSRC: reporterSSRC, MediaSSRC: s.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(numbers)})
		}
		if due := s.reception.due; due != 0 && (next == 0 || due < next) {
			next = due
		}
	}
	c.requestsDue.Store(next)
	return all
}

// noteMissing takes note of a stream that packets are missing of, and of those among them that the payload of a packet repeats (RFC 2198).
func (c *directConn) noteMissing(s *incoming, payload []byte) {
	h := &c.ingress.header
	if s.section.codecs[h.PayloadType&0x7f] == codec.RED {
		var blocks [codec.MaxREDBlocks]codec.REDBlock
		n, _ := codec.SplitRED(payload, &blocks)
		for back := 1; back < n; back++ {
			s.reception.repaired(h.SequenceNumber - uint16(back))
		}
	}
	due := c.requestsDue.Load()
	if s.reception.due != 0 && (due == 0 || s.reception.due < due) {
		c.requestsDue.Store(s.reception.due)
	}
	if s.reception.due != 0 && due == 0 {
		select {
		case c.direct.missed <- struct{}{}:
		default: // it is known that somebody does
		}
	}
}

// send writes feedback in packets that fit the path.
func (c *directConn) send(all []rtcp.Packet) {
	for len(all) > 0 {
		n, size := 1, all[0].MarshalSize()
		for n < len(all) && size+all[n].MarshalSize() <= feedbackBytes {
			size += all[n].MarshalSize()
			n++
		}
		_ = c.WriteRTCP(all[:n]) // what is lost is made good by the next
		all = all[n:]
	}
}

// feedbackBytes bounds a packet of feedback, as it does not fit the path otherwise when much is lost on many streams.
const feedbackBytes = 1200
