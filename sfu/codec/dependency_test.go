package codec

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Descriptors as Chromium 156 sends them.
const (
	keyL1T3    = "c00001800214eaa860414d1410208427013f00b3"
	keyL3T3    = "c10001c0081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca87753013f00b3027f016704ff02cf1f80"
	keyL3T3KEY = "c00001c0081485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d549241b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf1f80"
)

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// structureOf is the structure that a descriptor begins.
func structureOf(tb testing.TB, descriptor string) *Structure {
	tb.Helper()
	var p Payload
	s, ok := ParseDependency(unhex(tb, descriptor), [2]*Structure{}, 0, &p)
	if !ok || s == nil {
		tb.Fatalf("no structure in %s", descriptor)
	}
	return s
}

// letters writes a frame's targets as the specification does.
func letters(d *Dependency) string {
	var b strings.Builder
	for i := range d.Structure.Targets {
		switch in, change := d.In>>i&1, d.Switch>>i&1; {
		case in == 0:
			b.WriteByte('-')
		case change != 0:
			b.WriteByte('S')
		default:
			b.WriteByte('+')
		}
	}
	return b.String()
}

func TestDependencyOfChromium(t *testing.T) {
	for _, c := range []struct{ key, then, want string }{
		{keyL1T3, "c00001800214eaa860414d1410208427013f00b3", "S0T0 SSS from 0 of 1"},
		{keyL1T3, "c40004", "S0T2 --+ from 3 of 4"},
		{keyL1T3, "c20003", "S0T1 -+S from 2 of 3"},
		{keyL1T3, "c10005", "S0T0 SSS from 4 of 5"},
		{keyL3T3, "ca0077", "S2T0 ------SSS from 1 of 119"},
		{keyL3T3KEY, "810002", "S0T0 SSS------ from 12 of 2 [start]"},
		{keyL3T3KEY, "460003", "S1T0 ---SSS--- from 12 of 3 [end]"},
		{keyL3T3KEY, "c70003", "S1T1 ----+S--- from 6 of 3"},
		{keyL3T3KEY, "c300041200", "S0T2 --+------ from 3 of 4"},
		{keyL3T3KEY, "ff0004", "unknown"},
	} {
		known := [2]*Structure{structureOf(t, c.key)}
		var p Payload
		_, ok := ParseDependency(unhex(t, c.then), known, 0x7, &p)
		if !ok {
			t.Errorf("%s: malformed", c.then)
			continue
		}
		got := "unknown"
		if d := &p.Dependency; d.Structure != nil {
			own := d.Structure.Best(p.Spatial, p.Temporal, d.Structure.all())
			back, _ := d.Protection(own)
			got = fmt.Sprintf("S%dT%d %s from %d of %d", p.Spatial, p.Temporal, letters(d), back, d.Number)
			switch {
			case !p.FrameEnd:
				got += " [start]"
			case !p.FrameStart:
				got += " [end]"
			}
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.then, got, c.want)
		}
	}
}

func TestStructureOfChromium(t *testing.T) {
	describe := func(s *Structure) string {
		var all []string
		for i, g := range s.Targets {
			all = append(all, fmt.Sprintf("%d%d:%03x/%03x", g.Spatial, g.Temporal, g.Layers, g.Includes))
			if best := s.Best(g.Spatial, g.Temporal, s.all()); int(best) != i {
				t.Errorf("target %d is not the best of its layers, but %d", i, best)
			}
		}
		return fmt.Sprint(strings.Join(all, " "), " ", s.Height)
	}
	for name, c := range map[string]struct{ key, want string }{
		"L1T3": {keyL1T3, "00:001/001 01:003/003 02:007/007 [180 0 0 0]"},
		"L3T3": {keyL3T3, "00:001/001 01:003/003 02:007/007 10:011/009 11:033/01b 12:077/03f 20:111/049 21:333/0db 22:777/1ff [180 360 720 0]"},
		// Of a target whose key frames alone need the lower layers they are no part.
		"L3T3_KEY": {keyL3T3KEY, "00:001/001 01:003/003 02:007/007 10:010/008 11:030/018 12:070/038 20:100/040 21:300/0c0 22:700/1c0 [180 360 720 0]"},
	} {
		if got := describe(structureOf(t, c.key)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTheBestTarget(t *testing.T) {
	s := structureOf(t, keyL3T3)
	for _, c := range []struct {
		spatial, temporal uint8
		active            uint16
		want              uint8
	}{
		{Every, Every, 0x1ff, 8}, {Every, 0, 0x1ff, 6}, {1, Every, 0x1ff, 5}, {0, 0, 0x1ff, 0}, {Every, Every, 0x7, 2}, {Every, Every, 0, 8}, {0, 0, 0x1c0, 6},
	} {
		if got := s.Best(c.spatial, c.temporal, c.active); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

// What is added to a descriptor is all that changes in it, and word of what is active can be put into any.
func TestDescriptorsAreRewritten(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		key := []string{keyL1T3, keyL3T3, keyL3T3KEY}[dice.IntN(3)]
		s := structureOf(t, key)
		src := unhex(t, []string{key, "c10005", "c300041200", "c00009", "c100051a60200000"}[dice.IntN(5)])
		number, template, active := uint16(dice.Uint32()), uint8(dice.Uint32N(templateIDs)), uint16(dice.Uint32())&s.all()
		var before, plain, masked Payload
		if _, ok := ParseDependency(src, [2]*Structure{s}, 0x5, &before); !ok || before.Dependency.Structure == nil {
			t.Fatalf("%x", src)
		}
		shifted := *s
		shifted.offset = (s.offset + template) % templateIDs
		for i, b := range [][]byte{
			AppendDescriptor([]byte{7}, src, number, template), AppendActive([]byte{7}, src, &before.Dependency, number, template, active),
		} {
			got := []*Payload{&plain, &masked}[i]
			attached, ok := ParseDependency(b[1:], [2]*Structure{&shifted}, 0x5, got)
			if !ok || got.Dependency.Structure == nil || (attached != nil) != before.Dependency.attached {
				t.Fatalf("%x became %x", src, b[1:])
			}
			if attached != nil && attached.offset != shifted.offset {
				t.Fatalf("templates begin at %d, want %d", attached.offset, shifted.offset)
			}
			d, was := got.Dependency, before.Dependency
			want := was.Active
			if i == 1 {
				want = active
			}
			if d.Number != was.Number+number || d.In != was.In || d.Switch != was.Switch || d.chains != was.chains || d.Active != want || got.Spatial != before.Spatial || got.Temporal != before.Temporal {
				t.Fatalf("%x became %x: %+v", src, b[1:], d)
			}
		}
	}
}

func TestMalformedDescriptors(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty": nil, "short": {0xc0, 0}, "a structure that ends": unhex(t, keyL3T3)[:20], "more targets than are read": {0xc0, 0, 1, 0x80, 0x1f, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"too long": bytes.Repeat([]byte{0}, 256), "of another's template": append([]byte{0xff}, unhex(t, keyL1T3)[1:]...),
	} {
		var p Payload
		if s, ok := ParseDependency(b, [2]*Structure{}, 0, &p); ok || s != nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// No descriptor may crash the server, what is accepted can be rewritten, and what was written is read again.
func FuzzDependency(f *testing.F) {
	for _, s := range []string{keyL1T3, keyL3T3, keyL3T3KEY, "c10005", "c300041200", "c100051a60200000"} {
		f.Add(unhex(f, s), uint16(3), uint8(1), uint16(7))
	}
	known := [2]*Structure{structureOf(f, keyL3T3), structureOf(f, keyL1T3)}
	f.Fuzz(func(t *testing.T, b []byte, number uint16, template uint8, active uint16) {
		var p Payload
		s, ok := ParseDependency(b, known, active, &p)
		if !ok {
			return
		}
		d := &p.Dependency
		plain := AppendDescriptor(nil, b, number, template)
		if len(plain) != len(b) {
			t.Fatalf("%x became %x", b, plain)
		}
		if d.Structure == nil {
			return
		}
		target := d.Structure.Best(1, 1, d.Active)
		p.Of(target)
		p.Ends(target)
		d.Protection(target)
		if template %= templateIDs; s == nil {
			template = 0 // or the structure is another
		}
		var again Payload
		want := active & d.Structure.all()
		masked := AppendActive(nil, b, d, number, template, want)
		if _, ok := ParseDependency(masked, known, 0, &again); !ok || len(masked) > maxDescriptor {
			t.Fatalf("%x became %x", b, masked)
		}
		a := &again.Dependency
		if a.Number != d.Number+number || a.In != d.In || a.Switch != d.Switch || a.chains != d.chains || len(b)+4 <= maxDescriptor && a.Active != want {
			t.Fatalf("%x became %x", b, masked)
		}
	})
}
