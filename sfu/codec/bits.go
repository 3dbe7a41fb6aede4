package codec

// bits reads numbers of some bits each, the highest bit first. What is read beyond the end is 0, and marked.
type bits struct {
	b    []byte
	at   int // in bits
	over bool
}

func (r *bits) take(n int) (v uint32) {
	for range n {
		v <<= 1
		if r.at>>3 >= len(r.b) {
			r.over = true
			continue
		}
		v |= uint32(r.b[r.at>>3]>>(7-r.at&7)) & 1
		r.at++
	}
	return v
}

func (r *bits) flag() bool { return r.take(1) != 0 }

// below reads a number below n in as few bits as that needs: ns(n) of the AV1 specification, section 4.10.7.
func (r *bits) below(n uint32) uint32 {
	w := 0
	for x := n; x != 0; x >>= 1 {
		w++
	}
	m := uint32(1)<<w - n
	v := r.take(w - 1)
	if v < m {
		return v
	}
	return v<<1 - m + r.take(1)
}

// put appends the lowest n bits of v to b, which holds at bits, and gives both.
func put(b []byte, at int, v uint32, n int) ([]byte, int) {
	for i := n - 1; i >= 0; i-- {
		if at&7 == 0 {
			b = append(b, 0)
		}
		b[at>>3] |= byte(v>>i&1) << (7 - at&7)
		at++
	}
	return b, at
}
