package codec

import "testing"

func TestVP9(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		want    Payload
		ok      bool
	}{
		// As Chromium 156 sends them.
		"L1T3, key frame": {"bfd43d101002800168834983", Payload{FrameStart: true, FrameEnd: true, KeyFrame: true, Sync: true, Width: 640, Height: 360,
			VP9: VP9Descriptor{Size: 9, PictureIDAt: 1, PictureID15Bit: true, PictureID: 0x543d}}, true},
		"L3T3_KEY, key frame of layer 1": {"bcd74b138702", Payload{FrameStart: true, FrameEnd: true, Spatial: 1, Sync: true,
			VP9: VP9Descriptor{Size: 4, PictureIDAt: 1, PictureID15Bit: true, PictureID: 0x574b}}, true},
		"L3T3_KEY, its next frame of layer 2": {"fdd74d54028700400009", Payload{FrameStart: true, FrameEnd: true, Spatial: 2, Temporal: 2, Sync: true,
			VP9: VP9Descriptor{Size: 5, PictureIDAt: 1, PictureID15Bit: true, PictureID: 0x574d}}, true},
		"the middle of a frame of 7 bits": {"c01101", Payload{VP9: VP9Descriptor{Size: 2, PictureIDAt: 1, PictureID: 0x11}}, true},
		"with a group of pictures": {"aa11300708010001", Payload{FrameStart: true, KeyFrame: true, Temporal: 1, Sync: true,
			VP9: VP9Descriptor{Size: 7, PictureIDAt: 1, PictureID: 0x11, TL0PicIdxAt: 3, TL0PicIdx: 7}}, true},
		"no picture id":                  {"4801", Payload{FrameStart: true, VP9: VP9Descriptor{Size: 1}}, true},
		"empty":                          {"", Payload{}, false},
		"one byte":                       {"08", Payload{}, false},
		"cut in the picture id":          {"8891", Payload{}, false},
		"cut before the layers":          {"a811", Payload{}, false},
		"cut before TL0PICIDX":           {"a81100", Payload{}, false},
		"cut in the references":          {"d81103", Payload{}, false},
		"too many references":            {"d81103030303030301", Payload{}, false},
		"cut in the sizes":               {"0a10010001", Payload{}, false},
		"cut in the group of pictures":   {"0a0803000c01", Payload{}, false},
		"nothing after the descriptor":   {"0a00", Payload{}, false},
		"nothing after 255 in one group": {"0a08ff", Payload{}, false},
	} {
		got, ok := Parse(VP9, unhex(t, c.payload))
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%s: %+v %v, want %+v %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestPatchVP9(t *testing.T) {
	payload := unhex(t, "aa9111300708010001ff")
	p, _ := Parse(VP9, payload)
	PatchVP9(payload, p.VP9, 0x7fff, 9)
	got, ok := Parse(VP9, payload)
	if !ok || got.VP9.PictureID != 0x7fff || got.VP9.TL0PicIdx != 9 || got.Temporal != 1 || payload[len(payload)-1] != 0xff {
		t.Errorf("%+v", got.VP9)
	}
}

func TestAV1(t *testing.T) {
	for name, c := range map[string]struct {
		payload    string
		start, key bool
		ok         bool
	}{
		"a new sequence": {"280f0800", true, true, true}, "a frame": {"10344030", true, false, true}, "the rest of a unit": {"8034", false, false, true},
		"a sequence from before": {"a80f", false, false, true}, "one byte": {"28", false, false, false}, "empty": {"", false, false, false},
	} {
		got, ok := Parse(AV1, unhex(t, c.payload))
		if ok != c.ok || got.FrameStart != c.start || got.KeyFrame != c.key {
			t.Errorf("%s: %+v %v", name, got, ok)
		}
	}
}
