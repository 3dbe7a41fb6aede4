package signaling

import (
	"fmt"

	"github.com/pion/sdp/v3"

	"diemcau/sfu"
)

// endpoint is one of the two HTTP interfaces to media.
type endpoint string

// WHIP (RFC 9725) publishes and WHEP (draft-ietf-wish-whep) receives.
const (
	whip endpoint = "whip"
	whep endpoint = "whep"
)

// sections are the sources of the sections that a client sends on, in their order: encoders know no other names.
var sections = map[string][]sfu.Source{
	"audio": {sfu.Microphone, sfu.ScreenAudio},
	"video": {sfu.Camera, sfu.Screen},
}

// readOffer tells what a client sends, by mid. A WHIP offer must send something and a WHEP offer receive something, and
// neither may do the other's work.
func (e endpoint) readOffer(offer string) (map[string]sfu.Source, error) {
	var description sdp.SessionDescription
	if err := description.UnmarshalString(offer); err != nil {
		return nil, fmt.Errorf("%w: %w", sfu.ErrBadSDP, err)
	}
	sent, counted, receives := map[string]sfu.Source{}, map[string]int{}, false
	for _, section := range description.MediaDescriptions {
		kind := section.MediaName.Media
		switch direction(section) {
		case "recvonly":
			receives = true
		case "sendonly", "sendrecv":
			n := counted[kind]
			if counted[kind]++; n >= len(sections[kind]) {
				return nil, fmt.Errorf("%w: too many sections of %.20q", sfu.ErrBadSDP, kind)
			}
			mid, _ := section.Attribute("mid")
			sent[mid] = sections[kind][n]
		}
	}
	if e == whip && len(sent) == 0 || e == whep && (!receives || len(sent) > 0) {
		return nil, fmt.Errorf("%w: not an offer for %s", sfu.ErrBadSDP, e)
	}
	return sent, nil
}

func direction(section *sdp.MediaDescription) string {
	for _, a := range section.Attributes {
		switch a.Key {
		case "sendonly", "recvonly", "sendrecv", "inactive":
			return a.Key
		}
	}
	return "sendrecv"
}
