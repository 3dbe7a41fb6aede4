package codec

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// described is what a payload says, as text.
func described(payload []byte) string {
	var blocks [MaxREDBlocks]REDBlock
	n, ok := SplitRED(payload, &blocks)
	if !ok {
		return "malformed"
	}
	var all []string
	for _, b := range blocks[:n] {
		all = append(all, fmt.Sprintf("%d-%d:%s", b.PayloadType, b.Offset, b.Data))
	}
	return strings.Join(all, " ")
}

func TestRED(t *testing.T) {
	older := []byte{0x80 | 111, 1920 >> 6, 1920 << 2 & 0xff, 3} // 1,920 units, 3 bytes
	newer := []byte{0x80 | 111, 960 >> 6, 960 << 2 & 0xff, 2}
	join := func(parts ...any) []byte {
		var b []byte
		for _, p := range parts {
			switch p := p.(type) {
			case []byte:
				b = append(b, p...)
			case string:
				b = append(b, p...)
			case int:
				b = append(b, byte(p))
			}
		}
		return b
	}
	for name, c := range map[string]struct {
		payload []byte
		want    string
	}{
		"no redundancy":         {join(111, "now"), "111-0:now"},
		"one":                   {join(newer, 111, "ab", "now"), "111-960:ab 111-0:now"},
		"two":                   {join(older, newer, 111, "old", "ab", "now"), "111-1920:old 111-960:ab 111-0:now"},
		"an empty block":        {join(0x80|111, 0x0f, 0, 0, 111, "now"), "111-960: 111-0:now"},
		"the largest block":     {join(0x80|111, 0xff, 0xff, 0xff, 111, strings.Repeat("x", 1023), "y"), "111-16383:" + strings.Repeat("x", 1023) + " 111-0:y"},
		"nothing":               {nil, "malformed"},
		"no primary header":     {newer, "malformed"},
		"no primary data":       {join(newer, 111, "ab"), "malformed"},
		"only a type":           {join(111), "malformed"},
		"a length beyond it":    {join(newer, 111, "a"), "malformed"},
		"a cut header":          {join(newer, 0x80|111, 1, 2), "malformed"},
		"two of one moment":     {join(newer, newer, 111, "ab", "ab", "now"), "malformed"},
		"timestamps going back": {join(newer, older, 111, "ab", "old", "now"), "malformed"},
		"of the packet's time":  {join(0x80|111, 0, 0, 1, 111, "a", "now"), "malformed"},
		"255 blocks":            {join(bytes.Repeat(newer, 255), 111, "now"), "malformed"},
	} {
		if got := described(c.payload); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	var many []byte
	for i := range MaxREDBlocks {
		offset := 960 * (MaxREDBlocks - i)
		many = append(many, 0x80|111, byte(offset>>6), byte(offset<<2), 0)
	}
	if got := described(append(many, 111, 'x')); got != "malformed" {
		t.Errorf("more blocks than are read: %s", got)
	}
	if got := described(append(many[4:], 111, 'x')); got == "malformed" {
		t.Error("as many blocks as are read are refused")
	}
}

func TestWhatFitsRED(t *testing.T) {
	for _, c := range []struct {
		offset uint32
		size   int
		others int
		want   bool
	}{
		{960, 80, 80, true}, {0, 80, 80, false}, {1<<14 - 1, 80, 80, true}, {1 << 14, 80, 80, false}, {960, 1023, 80, true}, {960, 1024, 80, false}, {960, 600, 600, false},
	} {
		if got := FitsRED(REDBlock{Offset: c.offset, Data: make([]byte, c.size)}, c.others); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// No payload may crash the server, and what is taken apart is put together again.
func FuzzRED(f *testing.F) {
	f.Add([]byte{111, 1})
	f.Add([]byte{0x80 | 111, 0x0f, 0, 1, 111, 1, 2})
	f.Add([]byte{0x80 | 111, 0x1e, 0, 1, 0x80 | 111, 0x0f, 0, 2, 111, 1, 2, 2, 3})
	f.Add([]byte{0x80 | 111, 0xff, 0xff, 0xff, 111})
	f.Add(bytes.Repeat([]byte{0x80 | 111, 0, 4, 0}, 255))
	f.Fuzz(func(t *testing.T, payload []byte) {
		var blocks [MaxREDBlocks]REDBlock
		n, ok := SplitRED(payload, &blocks)
		if !ok {
			return
		}
		size := 0
		for i, b := range blocks[:n] {
			size += len(b.Data)
			if primary := i == n-1; primary != (b.Offset == 0) || i > 0 && b.Offset >= blocks[i-1].Offset {
				t.Fatalf("%+v", blocks[:n])
			}
		}
		if size+REDHeader*(n-1)+1 != len(payload) {
			t.Fatalf("%d bytes in blocks of %d", size, len(payload))
		}
		if again := AppendRED(nil, blocks[:n]); !slices.Equal(again, payload) {
			t.Fatalf("%x became %x", payload, again)
		}
	})
}
