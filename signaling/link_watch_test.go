package signaling

import (
	"slices"
	"testing"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func TestAChangeOfALinkIsToldOnce(t *testing.T) {
	const good, poor = protocol.QualityGood, protocol.QualityPoor
	var w linkWatch
	for i, step := range []struct {
		q    protocol.Quality
		want protocol.LinkChange
	}{
		{good, ""},
		{poor, ""}, {poor, ""}, {good, ""}, // a burst of losses
		{poor, ""}, {poor, ""}, {poor, protocol.LinkDegraded}, {poor, ""}, {poor, ""}, {poor, ""},
		{good, ""}, {good, ""}, {poor, ""}, {good, ""}, {good, ""}, {good, protocol.LinkRecovered}, {good, ""},
	} {
		if got := w.report(step.q); got != step.want {
			t.Errorf("report %d: %q, want %q", i, got, step.want)
		}
	}
	const here, lost, left = protocol.PresenceHere, protocol.PresenceLost, protocol.PresenceLeft
	for i, step := range []struct {
		before, now protocol.Presence
		want        protocol.LinkChange
	}{
		{"", lost, ""}, // of before a restart of the server
		{lost, here, ""},
		{here, lost, protocol.LinkLost},
		{lost, lost, ""},
		{lost, here, protocol.LinkRecovered},
		{here, lost, protocol.LinkLost},
		{lost, left, ""},
		{left, here, ""},
	} {
		if got := w.presence(step.before, step.now); got != step.want {
			t.Errorf("presence %d: %q, want %q", i, got, step.want)
		}
	}
}

func TestLinkChanges(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair, technician := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleOperator, "Trực kỹ thuật")
	site, other := w.join(id, meeting.RoleSite, "A"), w.join(id, meeting.RoleSite, "B")
	change := func(want protocol.LinkChange) protocol.LinkChanged {
		t.Helper()
		var got protocol.LinkChanged
		for _, c := range []*client{chair, technician} {
			if got = expect[protocol.LinkChanged](c, "link_changed"); got.Participant != site.id() || got.Change != want || got.At == "" {
				t.Errorf("told %+v, want %s", got, want)
			}
		}
		return got
	}
	for range steadyReports {
		site.do("report_link", protocol.ReportLink{RTTMs: 200, LossPercent: 9, Kbps: 200})
	}
	if got := change(protocol.LinkDegraded); got.Link == nil || got.Link.LossPercent != 9 {
		t.Errorf("the figures behind it: %+v", got.Link)
	}
	w.eventually("a poor link in the metrics", func() bool { return w.server.Stats().Links["poor"] == 1 })
	for range steadyReports {
		site.do("report_link", protocol.ReportLink{RTTMs: 30, LossPercent: 0, Kbps: 900})
	}
	change(protocol.LinkRecovered)
	site.cut()
	change(protocol.LinkLost)
	w.eventually("a lost link in the metrics", func() bool {
		links := w.server.Stats().Links
		return links["lost"] == 1 && links["poor"] == 0
	})
	site = site.resume()
	site.ask("ping", protocol.Ping{})
	change(protocol.LinkRecovered)
	stats := w.server.Stats()
	if c := stats.LinkChanges; c["degraded"] != 1 || c["lost"] != 1 || c["recovered"] != 2 {
		t.Errorf("changes: %v", c)
	}
	if h := stats.LinkLoss; len(h.Counts) != len(h.Bounds)+1 || h.Counts[0] != steadyReports || h.Sum != 9*steadyReports {
		t.Errorf("loss: %+v", h)
	}
	// Those who only take part are not told.
	other.ask("ping", protocol.Ping{})
	if slices.ContainsFunc(other.passed, func(e protocol.Envelope) bool { return e.Type == "link_changed" }) {
		t.Error("a site is told of another's link")
	}
}

func TestDiagnosticsOfOwnConnection(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	chair.media(micAndCamera, 0, 0)
	p := site.media(nil, 2, 1)
	site.do("view", protocol.View{Slots: []protocol.ViewSlot{{Slot: 0, Show: protocol.ShowProgramme, Height: 360}, {Slot: 1, Show: protocol.ShowNothing}}})
	p.flows("pictures", &p.video)
	e := site.ask("get_diagnostics", protocol.GetDiagnostics{})
	var d protocol.Diagnostics
	site.decode(e, &d)
	if e.Type != "diagnostics" || len(d.Slots) != 3 {
		t.Fatalf("%s %+v", e.Type, d)
	}
	for _, s := range d.Slots {
		shown := s.Kind == protocol.SlotVideo && s.Slot == 0
		if shown && (s.Participant != chair.id() || s.SentPackets == 0 || s.SentBytes == 0 || s.Source != protocol.SourceCamera) {
			t.Errorf("the slot that is shown: %+v", s)
		}
		if s.Kind == protocol.SlotVideo && s.Slot == 1 && s.SentPackets != 0 {
			t.Errorf("the slot that is not: %+v", s)
		}
	}
}
