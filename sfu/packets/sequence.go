package packets

// Sequence turns 16-bit sequence numbers of one source into extended numbers without gaps for packets that are never
// forwarded (padding). Its zero value is ready. It belongs to the goroutine that receives the source.
type Sequence struct {
	started bool
	highest uint64 // as received
	skipped uint64
	skips   [8]skip // newest last
}

type skip struct {
	after uint64 // numbers above this one are lowered by total
	total uint64
}

// maxJump is the largest step that is still taken for loss or reordering rather than a restart (RFC 3550, appendix A.1,
// MAX_DROPOUT).
const maxJump = 3000

// Next takes the number of a received packet. skip says that the packet is never forwarded. restarted says that the
// numbers jumped so far that the source must have begun anew; ok is false for skipped packets and for those too old to place.
func (s *Sequence) Next(number uint16, skip bool) (extended uint64, restarted, ok bool) {
	if !s.started {
		s.started = true
		// Room below for packets that are late at the start.
		s.highest = 1<<16 | uint64(number)
		if skip {
			s.skip(s.highest)
		}
		return s.highest - s.skipped, false, !skip
	}
	delta := int16(number - uint16(s.highest))
	if delta > maxJump || delta < -maxJump {
		*s = Sequence{started: true, highest: (s.highest>>16+2)<<16 | uint64(number)}
		return s.highest, true, !skip
	}
	received := s.highest + uint64(int64(delta))
	if delta > 0 {
		s.highest = received
		if skip {
			s.skip(received)
		}
		return received - s.skipped, false, !skip
	}
	if skip {
		return 0, false, false
	}
	lowered := uint64(0)
	for i := len(s.skips) - 1; i >= 0; i-- {
		if s.skips[i].after < received {
			lowered = s.skips[i].total
			break
		}
		if i == 0 && s.skips[0].total > 0 {
			return 0, false, false // older than what is remembered
		}
	}
	return received - lowered, false, true
}

func (s *Sequence) skip(at uint64) {
	s.skipped++
	copy(s.skips[:], s.skips[1:])
	s.skips[len(s.skips)-1] = skip{after: at, total: s.skipped}
}
