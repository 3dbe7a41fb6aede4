package sfu_test

import (
	"errors"
	"strings"
	"testing"

	"diemcau/sfu"
	"diemcau/sfu/sfutest"
	"diemcau/sfu/transport"
)

// A refused offer leaves no section behind and changes none; an accepted one takes the place of the one before.
func TestSectionsAreThoseOfTheLastGoodOffer(t *testing.T) {
	t.Parallel()
	w := sfutest.New(t)
	c := w.Join("source", sfutest.Options{Camera: sfutest.OneLayer})
	sdp := c.PC.LocalDescription().SDP
	camera := c.PC.GetTransceivers()[0].Mid()
	// The SSRCs of these streams do not matter: what is asked for is whether anybody takes them.
	taken := func(mid string, video bool) bool {
		return c.Peer.Stream(transport.Stream{Mid: mid, Video: video}) != nil
	}
	if !taken(camera, true) {
		t.Fatal("the camera's stream is not taken")
	}
	for name, refused := range map[string]sfu.Offer{
		"no SDP":            {SDP: "hello", Sources: map[string]sfu.Source{camera: sfu.Microphone, "other": sfu.Camera}},
		"two of one source": {SDP: sdp, Sources: map[string]sfu.Source{camera: sfu.Microphone, "other": sfu.Microphone}},
		"no such source":    {SDP: sdp, Sources: map[string]sfu.Source{camera: sfu.Microphone, "other": 200}},
		"a long mid":        {SDP: sdp, Sources: map[string]sfu.Source{camera: sfu.Microphone, strings.Repeat("m", 60_000): sfu.Camera}},
	} {
		if _, err := c.Peer.Offer(t.Context(), refused); !errors.Is(err, sfu.ErrBadSDP) || len(err.Error()) > 1000 {
			t.Errorf("%s: %.100v", name, err)
		}
		if !taken(camera, true) || taken(camera, false) || taken("other", true) || taken("other", false) {
			t.Errorf("%s: the sections are not those of before", name)
		}
	}
	if _, err := c.Peer.Offer(t.Context(), sfu.Offer{SDP: sdp, Sources: map[string]sfu.Source{"other": sfu.Camera}}); err != nil {
		t.Fatal(err)
	}
	if taken(camera, true) || taken("other", true) {
		t.Error("a section is known that the offer does not name, or does not have")
	}
}
