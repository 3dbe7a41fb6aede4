package sfu

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stage is a room without media: each word is a peer's id with what it sends after a colon: c camera, s screen.
func stage(words string) *Room {
	b := newBench(0, 0, &sealer{})
	r := newRoom(b.worker.engine, RoomOptions{})
	for word := range strings.FieldsSeq(words) {
		id, sends, _ := strings.Cut(word, ":")
		p := &Peer{room: r, id: id, rights: Rights{Microphone: true, Camera: true, Screen: true, ScreenAudio: true}}
		for s := range sourceCount {
			p.publications[s] = newPublication(p, s)
		}
		p.publications[Camera].active = strings.Contains(sends, "c")
		p.publications[Screen].active = strings.Contains(sends, "s")
		p.publications[Screen].activated = int64(len(r.ordered))
		p.regate()
		r.peers[id] = p
		r.ordered = append(r.ordered, p)
	}
	return r
}

func TestLayout(t *testing.T) {
	show := func(shows ...Show) (view []ViewSlot) {
		for i, s := range shows {
			view = append(view, ViewSlot{Slot: i, Show: s, Peer: "c"})
		}
		return view
	}
	const p, m, n, ch, co, pa = ShowProgramme, ShowMosaic, ShowNothing, ShowChair, ShowContent, ShowParticipant
	for name, c := range map[string]struct {
		peers, holder, chair, loudest string
		receiver                      string
		view                          []ViewSlot
		page                          int
		want                          string
		shown, pages                  int
		pinned, mosaic                string
	}{
		"nobody":                            {"a", "", "", "", "a", show(p, m, m), 0, "- - -", 0, 1, "", ""},
		"the first without anybody":         {"a:c b:c c:c", "", "", "", "b", show(p, m), 0, "a c", 0, 1, "", ""},
		"the first is oneself":              {"a:c b:c c:c", "", "", "", "a", show(p, m), 0, "b c", 0, 1, "", ""},
		"the loudest":                       {"a:c b:c c:c", "", "", "c", "a", show(p, m), 0, "c b", 0, 1, "", ""},
		"the chair before the loudest":      {"a:c b:c c:c", "", "b", "c", "a", show(p, m), 0, "b c", 0, 1, "", ""},
		"the holder before the chair":       {"a:c b:c c:c", "c", "b", "", "a", show(p, m), 0, "c b", 0, 1, "", ""},
		"the holder sees the chair":         {"a:c b:c c:c", "c", "b", "", "c", show(p, m), 0, "b a", 0, 1, "", ""},
		"a holder without a camera":         {"a:c b c:c", "b", "c", "", "a", show(p, m), 0, "b! c", 0, 1, "", ""},
		"a holder who is not there":         {"a:c b:c", "z", "b", "", "a", show(p), 0, "b", 0, 1, "", ""},
		"first page":                        {"a:c b:c c:c d:c e:c f:c", "", "", "", "f", show(p, m, m), 0, "a b c", 0, 2, "", ""},
		"second page":                       {"a:c b:c c:c d:c e:c f:c", "", "", "", "f", show(p, m, m), 1, "a d e", 1, 2, "", ""},
		"a page beyond":                     {"a:c b:c c:c d:c e:c", "", "", "", "e", show(p, m, m), 7, "a d -", 1, 2, "", ""},
		"a page before":                     {"a:c b:c c:c", "", "", "", "c", show(m), -3, "a", 0, 2, "", ""},
		"the mosaic leaves out the shown":   {"a:c b:c c:c d:c", "", "b", "", "d", show(p, ch, pa, m, m), 0, "b b c a -", 0, 1, "", ""},
		"without a programme":               {"a:c b:c c:c", "b", "", "", "c", show(m, m), 0, "a b", 0, 1, "", ""},
		"what is not shown":                 {"a:c b:c c:c", "", "", "", "c", show(n, m, n), 0, "- a -", 0, 2, "", ""},
		"the chair's own chair":             {"a:c b:c", "", "a", "", "a", show(ch, m), 0, "- b", 0, 1, "", ""},
		"the newest screen":                 {"a:cs b:cs c:c", "", "", "", "c", show(co, p, m), 0, "b/screen a b", 0, 1, "", ""},
		"one's own screen":                  {"a:c b:cs c:c", "", "", "", "b", show(co, m, m), 0, "- a c", 0, 1, "", ""},
		"somebody who does not send":        {"a:c c b:c", "", "", "", "b", show(pa, m), 0, "- a", 0, 1, "", ""},
		"who is pinned before the holder":   {"a:c b:c c:c", "b", "a", "", "a", show(p, ch, m), 0, "c - b", 0, 1, "c", ""},
		"the mosaic that was set":           {"a:c b:c c:c d:c", "", "a", "", "d", show(p, m, m, m), 0, "a c x! b", 0, 1, "", "c x b d"},
		"its second page":                   {"a:c b c:c d:c", "", "a", "", "a", show(m, m), 1, "d y!", 1, 2, "", "b c d y"},
		"a member that shows nothing":       {"a:c b c:c", "", "a", "", "a", show(m, m), 0, "b! c", 0, 1, "", "b c"},
		"a member that speaks is not twice": {"a:c b c:c", "b", "a", "", "a", show(p, m), 0, "b! c", 0, 1, "", "b c"},
		"no mosaic":                         {"a:c b:c c:c", "", "", "", "c", show(p), 3, "a", 0, 1, "", ""},
	} {
		r := stage(c.peers)
		r.programme = Programme{Pinned: c.pinned, Holder: c.holder, Chair: c.chair}
		if c.mosaic != "" {
			r.mosaic = strings.Fields(c.mosaic)
		}
		if l := r.peers[c.loudest]; l != nil {
			r.dominant = []*Peer{l}
		}
		s := r.scene()
		cells, shown, pages := s.layout(r.peers[c.receiver], c.view, c.page)
		var got []string
		for i, cell := range cells {
			word := "-"
			if cell.member != "" {
				word = cell.member + "!"
			}
			if pub := cell.publication; pub != nil {
				word = pub.peer.id
				if pub.source == Screen {
					word += "/screen"
				}
			}
			if cell.show != c.view[i].Show {
				t.Errorf("%s: slot %d shows %v", name, i, cell.show)
			}
			got = append(got, word)
		}
		if words := strings.Join(got, " "); words != c.want || shown != c.shown || pages != c.pages {
			t.Errorf("%s: %s, page %d of %d; want %s, %d of %d", name, words, shown, pages, c.want, c.shown, c.pages)
		}
	}
}

// Equipment that shows no names is given pictures only.
func TestLayoutOfPicturesOnly(t *testing.T) {
	r := stage("a:c b c:c d")
	r.mosaic = strings.Fields("a b x c")
	r.peers["d"].pictures = true
	s := r.scene()
	cells, _, pages := s.layout(r.peers["d"], []ViewSlot{{Slot: 0, Show: ShowMosaic}, {Slot: 1, Show: ShowMosaic}}, 0)
	if cells[0].member != "a" || cells[1].member != "c" || pages != 1 {
		t.Errorf("%+v, %d pages", cells, pages)
	}
}

func TestRankVoices(t *testing.T) {
	// Words, in the last order: name, level, and F for the floor, C for the chair, S for the screen.
	for name, c := range map[string]struct{ voices, want string }{
		"the floor, the chair, the screen first": {"a10 b90S c90C d90F", "d c b a"},
		"clearly louder ones":                    {"a50 b20 c30", "b c a"},
		"silent ones stay as they are":           {"a120 b60 c99", "a b c"},
		"a little louder changes nothing":        {"a34 b30", "a b"},
		"much louder does":                       {"a34 b27", "b a"},
		"not by way of the one between":          {"a34 b29 c24", "c a b"},
		"who speaks takes a silent one's place":  {"a120 b40", "b a"},
		"who fell silent stays before others":    {"b120 a90", "b a"},
		"the floor is over":                      {"d90 a50 b20", "b d a"},
		"loudness decides nothing for the floor": {"a90F b10 c20", "a b c"},
	} {
		names := map[*publication]string{}
		var voices []voice
		for _, word := range strings.Fields(c.voices) {
			v := voice{publication: &publication{}, claim: claimLoud}
			var flag string
			_, _ = fmt.Sscanf(word[1:], "%f%s", &v.level, &flag) // the flag may be absent
			if i := strings.Index("FCS", flag); flag != "" {
				v.claim = claim(i)
			}
			names[v.publication] = word[:1]
			voices = append(voices, v)
		}
		rankVoices(voices)
		var got []string
		for _, v := range voices {
			got = append(got, names[v.publication])
		}
		if words := strings.Join(got, " "); words != c.want {
			t.Errorf("%s: %s, want %s", name, words, c.want)
		}
	}
}

func TestPlaceVoices(t *testing.T) {
	voices := map[string]*publication{"-": nil}
	parse := func(words string) (all []*publication) {
		for word := range strings.FieldsSeq(words) {
			if voices[word] == nil && word != "-" {
				voices[word] = &publication{}
			}
			all = append(all, voices[word])
		}
		return all
	}
	for name, c := range map[string]struct{ occupants, first, wanted, want string }{
		"empty slots fill from the second":       {"- - -", "-", "a b", "- a b"},
		"the first is filled when none is left":  {"- - -", "-", "a b c", "c a b"},
		"the programme has the first":            {"- - -", "p", "a b", "p a b"},
		"who is there stays":                     {"p a b", "p", "b c", "p c b"},
		"the programme changes":                  {"p a b", "a", "b p", "a p b"},
		"the programme ends and its place stays": {"p a b", "-", "a b", "- a b"},
		"one of the voices in the first slot":    {"c a b", "-", "a b c", "c a b"},
		"the order does not matter":              {"p a b", "p", "b a", "p a b"},
		"nobody any more":                        {"p a b", "-", "", "- - -"},
		"one slot":                               {"a", "p", "", "p"},
		"one slot without a programme":           {"-", "-", "a", "a"},
		"more wanted than slots":                 {"- -", "p", "a b", "p a"},
		"no slots":                               {"", "p", "a", ""},
	} {
		got := placeVoices(parse(c.occupants), parse(c.first)[0], parse(c.wanted))
		if want := parse(c.want); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
