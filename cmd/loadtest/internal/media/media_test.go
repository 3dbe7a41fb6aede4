package media

import (
	"slices"
	"testing"
	"time"

	"diemcau/sfu/codec"
)

func TestStampComesBack(t *testing.T) {
	want := Stamp{Publisher: 7, Layer: 3, Number: 1 << 31, Sent: 3 * time.Hour}
	payload := make([]byte, 60)
	want.Put(payload, 42)
	if got, ok := ReadStamp(payload, 42); !ok || got != want {
		t.Errorf("%+v, %v; want %+v", got, ok, want)
	}
	if _, ok := ReadStamp(payload, 43); ok {
		t.Error("a packet of another run is taken")
	}
	if _, ok := ReadStamp(payload[:StampSize-1], 42); ok {
		t.Error("a payload that is too short is taken")
	}
}

func TestSplitAsBrowsersDo(t *testing.T) {
	for _, c := range []struct {
		frame, limit int
		want         []int
	}{
		{100, 1100, []int{100}},
		{1100, 1100, []int{1100}},
		{1101, 1100, []int{550, 551}},
		{6250, 1100, []int{1041, 1041, 1042, 1042, 1042, 1042}},
	} {
		if got := split(c.frame, c.limit); !slices.Equal(got, c.want) {
			t.Errorf("%d bytes in packets of %d: %v, want %v", c.frame, c.limit, got, c.want)
		}
	}
	for frame := 1; frame < 20_000; frame += 37 {
		sizes := split(frame, 1100)
		sum := 0
		for i, n := range sizes {
			sum += n
			if n > 1100 || n < sizes[0] || n > sizes[0]+1 || i > 0 && n < sizes[i-1] {
				t.Fatalf("%d bytes: %v", frame, sizes)
			}
		}
		if sum != frame {
			t.Fatalf("%d bytes: %d in packets", frame, sum)
		}
	}
}

// The server's own parser takes a picture for what it should be.
func TestPictureParsesAsVP8(t *testing.T) {
	p := NewPicture(360, 1500)
	if p.Packets() != 6 {
		t.Fatalf("%d packets a frame", p.Packets())
	}
	p.id = 0x7ffe // comes round in the test
	var before codec.VP8Descriptor
	for frame := range 5 {
		key := frame == 0 || frame == 3
		p.Begin(key)
		for i := range p.Packets() {
			payload := p.Payload(i, key)
			Stamp{Number: 1}.Put(payload, 1)
			facts, ok := codec.Parse(codec.VP8, payload)
			if !ok {
				t.Fatal("malformed")
			}
			d := facts.VP8
			if facts.FrameStart != (i == 0) || facts.KeyFrame != (key && i == 0) || !d.PictureID15Bit || d.TL0PicIdxAt == 0 || d.KeyIdxAt == 0 {
				t.Fatalf("frame %d, packet %d: %+v", frame, i, facts)
			}
			if facts.KeyFrame && (facts.Width != 640 || facts.Height != 360) {
				t.Errorf("%d × %d", facts.Width, facts.Height)
			}
			if i > 0 && (d.PictureID != before.PictureID || d.TL0PicIdx != before.TL0PicIdx || d.KeyIdx != before.KeyIdx) {
				t.Errorf("packets of one frame differ: %+v after %+v", d, before)
			}
			if i == 0 && frame > 0 && (d.PictureID != (before.PictureID+1)&0x7fff || d.TL0PicIdx != before.TL0PicIdx+1) {
				t.Errorf("picture %d, %d after %d, %d", d.PictureID, d.TL0PicIdx, before.PictureID, before.TL0PicIdx)
			}
			if changed := d.KeyIdx != before.KeyIdx; frame > 0 && i == 0 && changed != key {
				t.Errorf("frame %d: KEYIDX %d after %d", frame, d.KeyIdx, before.KeyIdx)
			}
			before = d
		}
	}
}

func TestTheSmallestPictureHasRoomForItsStamp(t *testing.T) {
	p := NewPicture(180, 1)
	p.Begin(true)
	payload := p.Payload(0, true)
	Stamp{}.Put(payload, ^uint32(0))
	if facts, ok := codec.Parse(codec.VP8, payload); !ok || facts.Height != 180 {
		t.Errorf("%+v", facts)
	}
}

func TestSoundParsesAsOpus(t *testing.T) {
	if _, ok := codec.Parse(codec.Opus, NewSound()); !ok {
		t.Error("malformed")
	}
}

func BenchmarkFrame(b *testing.B) {
	p := NewPicture(720, 1500)
	b.ReportAllocs()
	for b.Loop() {
		p.Begin(false)
		for i := range p.Packets() {
			Stamp{Number: uint32(i)}.Put(p.Payload(i, false), 1)
		}
	}
}
