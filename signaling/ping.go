package signaling

import (
	"context"
	"time"

	"diemcau/signaling/protocol"
)

func (s *session) ping(context.Context, protocol.Ping) (any, error) {
	return protocol.Pong{ServerTime: wireTime(time.Now())}, nil
}
