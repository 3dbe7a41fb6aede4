package signaling

import (
	"context"
	"fmt"

	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// sourceNumbers are the sources of the media plane by their names on the wire.
var sourceNumbers = map[protocol.Source]sfu.Source{
	protocol.SourceMicrophone:  sfu.Microphone,
	protocol.SourceCamera:      sfu.Camera,
	protocol.SourceScreen:      sfu.Screen,
	protocol.SourceScreenAudio: sfu.ScreenAudio,
}

func (s *session) offer(ctx context.Context, m protocol.Offer) (any, error) {
	offer := sfu.Offer{SDP: m.SDP, Sources: map[string]sfu.Source{}}
	for i, source := range m.Sources {
		if _, twice := offer.Sources[source.Mid]; twice || source.Mid == "" {
			return nil, &protocol.FieldError{Field: fmt.Sprintf("sources[%d].mid", i), Reason: "empty or named twice"}
		}
		offer.Sources[source.Mid] = sourceNumbers[source.Source]
	}
	ctx, cancel := context.WithTimeout(ctx, s.conn.timing.offer)
	defer cancel()
	answer, err := s.media.peer.Offer(ctx, offer)
	if err != nil {
		return nil, err
	}
	s.media.anew.Store(false)
	s.offered, s.candidates = true, 0
	return protocol.Answer{SDP: answer}, nil
}
