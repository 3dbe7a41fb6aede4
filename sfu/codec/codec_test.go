package codec

import (
	"encoding/binary"
	"testing"
)

func TestVP8(t *testing.T) {
	key := []byte{0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02} // 1280 × 720
	frame := append([]byte{0, 0, 0}, key...)
	for name, c := range map[string]struct {
		payload []byte
		want    Payload
		ok      bool
	}{
		"no descriptor extension, key frame": {append([]byte{0x10}, frame...), Payload{FrameStart: true, KeyFrame: true, Width: 1280, Height: 720, VP8: VP8Descriptor{Size: 1}}, true},
		"inter frame":                        {[]byte{0x10, 0x01, 0, 0}, Payload{FrameStart: true, VP8: VP8Descriptor{Size: 1}}, true},
		"second partition":                   {[]byte{0x11, 0x00, 0, 0}, Payload{VP8: VP8Descriptor{Size: 1}}, true},
		"continuation":                       {[]byte{0x00, 0x00, 0, 0}, Payload{VP8: VP8Descriptor{Size: 1}}, true},
		"picture id of 7 bits":               {[]byte{0x90, 0x80, 0x11, 0x01}, Payload{FrameStart: true, VP8: VP8Descriptor{Size: 3, PictureIDAt: 2, PictureID: 0x11}}, true},
		"picture id of 15 bits": {[]byte{0x90, 0x80, 0x92, 0x34, 0x01},
			Payload{FrameStart: true, VP8: VP8Descriptor{Size: 4, PictureIDAt: 2, PictureID15Bit: true, PictureID: 0x1234}}, true},
		"everything": {[]byte{0x90, 0xf0, 0x81, 0x00, 0x07, 0x45, 0x01},
			Payload{FrameStart: true, Temporal: 1, VP8: VP8Descriptor{Size: 6, PictureIDAt: 2, PictureID15Bit: true, PictureID: 0x100, TL0PicIdxAt: 4, TL0PicIdx: 7, KeyIdxAt: 5, KeyIdx: 5}}, true},
		"a frame to go up with":    {[]byte{0x90, 0x20, 0xa0, 0x01}, Payload{FrameStart: true, Temporal: 2, Sync: true, VP8: VP8Descriptor{Size: 3}}, true},
		"empty":                    {nil, Payload{}, false},
		"one byte":                 {[]byte{0x10}, Payload{}, false},
		"cut in the picture id":    {[]byte{0x90, 0x80, 0x92}, Payload{}, false},
		"nothing after descriptor": {[]byte{0x90, 0x80, 0x11}, Payload{}, false},
	} {
		got, ok := Parse(VP8, c.payload)
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %+v %v, want %+v %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestPatchVP8(t *testing.T) {
	payload := []byte{0x90, 0xf0, 0x81, 0x00, 0x07, 0xc5, 0x01}
	p, _ := Parse(VP8, payload)
	PatchVP8(payload, p.VP8, 0x7fff, 9, 0x1f)
	got, ok := Parse(VP8, payload)
	if !ok || got.VP8.PictureID != 0x7fff || got.VP8.TL0PicIdx != 9 || got.VP8.KeyIdx != 0x1f || got.Temporal != 3 || payload[6] != 1 {
		t.Errorf("%+v", got.VP8)
	}
	short := []byte{0x90, 0x80, 0x11, 0x01}
	p, _ = Parse(VP8, short)
	PatchVP8(short, p.VP8, 0x1ff, 9, 9)
	if got, _ := Parse(VP8, short); got.VP8.PictureID != 0x7f || got.VP8.Size != 3 {
		t.Errorf("7 bits: %+v", got.VP8)
	}
}

func TestH264(t *testing.T) {
	stap := func(nals ...byte) []byte {
		b := []byte{24}
		for _, n := range nals {
			b = append(b, 0, 2, n, 0x80)
		}
		return b
	}
	for name, c := range map[string]struct {
		payload    []byte
		start, key bool
		ok         bool
		temporal   uint8
	}{
		"parameter sets with a picture": {stap(7, 8, 0x65), true, true, true, 0},
		"a sequence parameter set":      {[]byte{7, 1}, true, true, true, 0},
		"an IDR slice alone":            {[]byte{5, 0x80}, true, false, true, 0},
		"a later slice":                 {[]byte{0x21, 0x40}, false, false, true, 0},
		"first fragment":                {[]byte{28, 0x85, 0x80}, true, false, true, 0},
		"middle fragment":               {[]byte{28, 0x05, 0x80}, false, false, true, 0},
		"a picture for no other":        {[]byte{1, 0x80}, true, false, true, 1},
		"its later fragments":           {[]byte{28, 0x01, 0x80}, false, false, true, 1},
		"a fragment for others":         {[]byte{0x7c, 0x01, 0x80}, false, false, true, 0},
		"what is not a picture":         {[]byte{6, 0x80}, false, false, true, 0},
		"empty":                         {nil, false, false, false, 0},
		"reserved":                      {[]byte{0, 1}, false, false, false, 0},
		"a STAP that lies":              {[]byte{24, 0xff, 0xff, 7}, false, false, false, 0},
		"a STAP of nothing":             {[]byte{24, 0, 0, 7}, false, false, false, 0},
		"a cut fragment":                {[]byte{28}, false, false, false, 0},
	} {
		got, ok := Parse(H264, c.payload)
		if ok != c.ok || ok && (got.FrameStart != c.start || got.KeyFrame != c.key || got.Temporal != c.temporal) {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
}

func TestNames(t *testing.T) {
	for mime, want := range map[string]Codec{"video/VP8": VP8, "VIDEO/H264": H264, "audio/opus": Opus, "video/VP9": VP9, "video/AV1": AV1, "video/H265": Unknown, "": Unknown} {
		if got := FromMime(mime); got != want {
			t.Errorf("%q is %v", mime, got)
		}
	}
	if Opus.ClockRate() != 48000 || VP8.ClockRate() != 90000 || Opus.IsVideo() || !H264.IsVideo() {
		t.Error("clock rates or kinds")
	}
}

// No payload may crash the server, and what is accepted can be patched.
func FuzzParse(f *testing.F) {
	f.Add(uint8(VP8), []byte{0x90, 0xf0, 0x81, 0x00, 0x07, 0x45, 0x01})
	f.Add(uint8(H264), []byte{24, 0, 2, 7, 1, 0, 2, 8, 1})
	f.Add(uint8(H264), []byte{28, 0x85, 0x80})
	f.Add(uint8(Opus), []byte{0xfc})
	f.Add(uint8(VP9), unhex(f, "bed7461010014000b4834983420013f00b30d0e0907065"))
	f.Add(uint8(VP9), unhex(f, "8f11304512300a20010203"))
	f.Add(uint8(AV1), unhex(f, "280f08002107"))
	f.Fuzz(func(t *testing.T, c uint8, payload []byte) {
		p, ok := Parse(Codec(c)%Count, payload)
		if ok && Codec(c)%Count == VP9 {
			if int(p.VP9.Size) >= len(payload) {
				t.Fatalf("descriptor of %d in %d bytes", p.VP9.Size, len(payload))
			}
			PatchVP9(payload, p.VP9, binary.BigEndian.Uint16([]byte{c, c}), c)
			again, ok := Parse(VP9, payload)
			if !ok || again.VP9.Size != p.VP9.Size || again.KeyFrame != p.KeyFrame || again.VP9.TL0PicIdxAt != 0 && again.VP9.TL0PicIdx != c {
				t.Fatalf("%x: %+v", payload, again)
			}
		}
		if ok && Codec(c)%Count == VP8 {
			if int(p.VP8.Size) >= len(payload) {
				t.Fatalf("descriptor of %d in %d bytes", p.VP8.Size, len(payload))
			}
			PatchVP8(payload, p.VP8, binary.BigEndian.Uint16([]byte{c, c}), c, c)
		}
	})
}
