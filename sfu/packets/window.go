package packets

// Window admits each index of a stream once, in any order within its width. It guards the sealer: with AES-GCM an index
// that is sealed twice gives the authentication key away (NIST SP 800-38D, appendix A).
type Window struct {
	started bool
	highest uint64
	seen    [windowWords]uint64
}

const (
	windowWords = 16
	windowWidth = windowWords * 64
)

// Admit tells whether index was never admitted before. An index too old to tell is refused.
func (w *Window) Admit(index uint64) bool {
	switch {
	case !w.started:
		w.started, w.highest = true, index
	case index > w.highest:
		if index-w.highest >= windowWidth {
			w.seen = [windowWords]uint64{}
		} else {
			for i := w.highest + 1; i <= index; i++ {
				w.seen[i/64%windowWords] &^= 1 << (i % 64)
			}
		}
		w.highest = index
	case w.highest-index >= windowWidth:
		return false
	}
	word, bit := &w.seen[index/64%windowWords], uint64(1)<<(index%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
