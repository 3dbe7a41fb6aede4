package signaling

import (
	"context"

	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// maxCandidates is how many candidates may follow one offer. Clients have about one for each address and protocol.
const maxCandidates = 100

func (s *session) candidate(_ context.Context, m protocol.Candidate) (any, error) {
	if !s.offered {
		return nil, errNotBegun
	}
	if s.candidates++; s.candidates > maxCandidates {
		return nil, sfu.ErrLimit
	}
	return nil, s.media.peer.AddCandidate(m.Candidate)
}
