package signaling

import (
	"context"

	"diemcau/signaling/protocol"
)

func (s *session) candidate(_ context.Context, m protocol.Candidate) (any, error) {
	if !s.offered {
		return nil, errNotBegun
	}
	return nil, s.media.peer.AddCandidate(m.Candidate)
}
