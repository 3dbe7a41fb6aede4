package signaling

import (
	"testing"
	"time"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

var micAndCamera = []protocol.Source{protocol.SourceMicrophone, protocol.SourceCamera}

// slot waits until a slot of a kind is live.
func (c *client) slot(kind protocol.SlotKind, index int) protocol.Slot {
	c.Helper()
	for {
		for _, s := range expect[protocol.Slots](c, "slots").Slots {
			if s.Kind == kind && s.Slot == index && s.State == protocol.SlotLive {
				return s
			}
		}
	}
}

func TestMedia(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	chair.media(micAndCamera, 1, 1)
	seen := site.media(nil, 2, 2)
	s := site.slot(protocol.SlotVideo, 0)
	if s.Participant != chair.id() || s.Source != protocol.SourceCamera || s.Show != protocol.ShowProgramme || s.RTPTimestamp == nil {
		t.Errorf("slot %+v", s)
	}
	seen.flows("pictures", &seen.video)
	seen.flows("sound", &seen.audio)
	if speakers := expect[protocol.Speakers](site, "speakers").Speakers; len(speakers) != 1 || speakers[0].Participant != chair.id() {
		t.Errorf("speakers %+v", speakers)
	}

	// The socket breaks; the media go on and the new socket is told of the slots.
	before := seen.audio.packets.Load()
	site.cut()
	back := site.resume()
	seen.flows("sound after the resume", &seen.audio)
	if !back.welcome.MediaKept || seen.audio.packets.Load() == before {
		t.Errorf("media kept %v", back.welcome.MediaKept)
	}
	live := 0
	for _, s := range back.welcome.Slots {
		if s.State == protocol.SlotLive && s.Participant == chair.id() {
			live++
		}
	}
	if live != 2 || len(back.welcome.Slots) != 4 {
		t.Errorf("slots in the welcome: %+v", back.welcome.Slots)
	}

	// What is muted is not forwarded, whatever the client sends.
	chair.do("mute", protocol.Mute{Source: protocol.SourceMicrophone, Muted: true})
	seen.silent("a muted microphone", &seen.audio)
	chair.do("mute", protocol.Mute{Source: protocol.SourceMicrophone, Muted: false})
	seen.flows("sound again", &seen.audio)

	// A slot that shows nothing.
	back.do("view", protocol.View{Slots: []protocol.ViewSlot{{Slot: 0, Show: protocol.ShowNothing}, {Slot: 1, Show: protocol.ShowNothing}}})
	seen.silent("a view of nothing", &seen.video)

	chair.do("leave", protocol.Leave{})
	seen.silent("who has left", &seen.audio)
}

// TestFloorIsEnforced holds that who has not been given the floor is heard by nobody, and within 500 ms of the grant.
func TestFloorIsEnforced(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingFloor)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	site.media([]protocol.Source{protocol.SourceMicrophone}, 0, 0)
	hears := chair.media(nil, 1, 3)
	w.eventually("the connection", func() bool { return w.engine.Stats().PacketsReceived > 20 })
	hears.silent("without the floor", &hears.audio)
	if n := hears.audio.packets.Load(); n != 0 {
		t.Errorf("%d packets without the floor", n)
	}
	granted := time.Now()
	chair.do("grant_floor", protocol.GrantFloor{Participant: site.id()})
	w.eventually("sound", func() bool { return hears.audio.packets.Load() > 0 })
	if took := time.Since(granted); took > 500*time.Millisecond {
		t.Errorf("heard %v after the grant", took)
	}
	hears.flows("sound with the floor", &hears.audio)
	chair.do("revoke_floor", protocol.RevokeFloor{Participant: site.id()})
	hears.silent("after the floor was taken", &hears.audio)
}

// TestIdleLayers holds that a client is told what of its pictures nobody receives, also on the next socket, and when somebody does again.
func TestIdleLayers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	chair, site := w.join(id, meeting.RoleChair, "Chủ tịch"), w.join(id, meeting.RoleSite, "A")
	chair.media(micAndCamera, 1, 1)
	seen := site.media(nil, 1, 1)
	seen.flows("pictures", &seen.video)
	show := func(show protocol.Show, height int) {
		site.do("view", protocol.View{Slots: []protocol.ViewSlot{{Slot: 0, Show: show, Height: height}}})
	}
	show(protocol.ShowNothing, 0)
	told := func(c *client, layers int) {
		t.Helper()
		if m := expect[protocol.IdleLayers](c, "idle_layers"); m.Source != protocol.SourceCamera || len(m.Layers) != layers || layers == 1 && m.Layers[0] != "" {
			t.Errorf("told %+v", m)
		}
	}
	told(chair, 1)
	chair.cut()
	back := chair.resume()
	told(back, 1)
	show(protocol.ShowProgramme, 720)
	told(back, 0)
	// It sent all the same.
	seen.flows("pictures", &seen.video)
}
