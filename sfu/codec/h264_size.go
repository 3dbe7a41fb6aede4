package codec

// maxLines is the height of the largest picture that a level of H.264 allows, and some.
const maxLines = 16384

// h264Height reads the height of the picture, in pixels, from a sequence parameter set (ITU-T H.264, section 7.3.2.1.1) without the header of
// its unit; 0 where it does not say one.
func h264Height(set []byte) int {
	var plain [512]byte // scaling lists take some 400 of them; what comes after the height may be longer
	r := bits{b: plain[:unescape(plain[:], set)]}
	profile := r.take(8)
	r.take(8 + 8) // constraints, level
	r.golomb()    // id
	rowsPerChroma := 2
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		chroma := r.golomb()
		if chroma != 1 {
			rowsPerChroma = 1
		}
		if chroma == 3 {
			r.take(1)
		}
		r.golomb() // bit depths
		r.golomb()
		r.take(1)
		if r.flag() {
			r.scalingLists(chroma)
		}
	}
	r.golomb() // frame numbers
	r.pictureOrder()
	r.golomb() // reference frames
	r.take(1)
	r.golomb() // width
	rows := int(r.golomb()) + 1
	fields := 2
	if r.flag() {
		fields = 1
	} else {
		r.take(1)
	}
	r.take(1)
	height := rows * 16 * fields
	if r.flag() { // cropping
		r.golomb()
		r.golomb()
		cropped := int(r.golomb()) + int(r.golomb())
		height -= cropped * rowsPerChroma * fields
	}
	if r.over || height <= 0 || height > maxLines {
		return 0
	}
	return height
}

// unescape copies a unit without its emulation prevention bytes (section 7.4.1), as far as there is room, and gives the length.
func unescape(to, unit []byte) (n int) {
	zeros := 0
	for _, b := range unit {
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if n == len(to) {
			break
		}
		to[n] = b
		n++
		if zeros++; b != 0 {
			zeros = 0
		}
	}
	return n
}

// golomb reads an Exp-Golomb code: ue(v), section 9.1.
func (r *bits) golomb() uint32 {
	zeros := 0
	for !r.flag() {
		if zeros++; zeros == 32 || r.over {
			r.over = true
			return 0
		}
	}
	return 1<<zeros - 1 + r.take(zeros)
}

// pictureOrder skips how pictures are ordered.
func (r *bits) pictureOrder() {
	switch r.golomb() {
	case 0:
		r.golomb()
	case 1:
		r.take(1)
		r.golomb()
		r.golomb()
		for range min(r.golomb(), 255) {
			r.golomb()
		}
	}
}

// scalingLists skips the lists of section 7.3.2.1.1.1.
func (r *bits) scalingLists(chroma uint32) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		for next, last, at := 8, 8, 0; at < size && next != 0 && !r.over; at++ {
			k := int(r.golomb())
			delta := (k + 1) / 2 // se(v)
			if k%2 == 0 {
				delta = -delta
			}
			if next = (last + delta) & 0xff; next != 0 {
				last = next
			}
		}
	}
}
