package sfu

import "slices"

// cell is what a video slot should show.
type cell struct {
	show        Show
	publication *publication // nil is no picture
	member      string       // who should be there; empty is nobody
	height      int
}

// member is one of the mosaic.
type member struct {
	id     string
	camera *publication // nil while there is no picture
}

// scene is what the layout of every peer is drawn from.
type scene struct {
	cameras []*publication // that may be taken, in protocol order
	content *publication   // the newest screen that may be taken
	// programme are the peers that the programme prefers, in order.
	programme []*Peer
	chair     *Peer
	mosaic    []member
}

// programmeFor is whom the programme shows to a receiver: the first of the preferred who is not the receiver, else the
// first camera.
func (s *scene) programmeFor(receiver *Peer) *Peer {
	for _, p := range s.programme {
		if p != receiver {
			return p
		}
	}
	for _, c := range s.cameras {
		if c.peer != receiver {
			return c.peer
		}
	}
	return nil
}

func (s *scene) cameraOf(p *Peer) *publication {
	if p != nil {
		if c := p.publications[Camera]; c.takeable() {
			return c
		}
	}
	return nil
}

// place puts a peer's camera into a cell, or its name alone.
func (s *scene) place(c *cell, p *Peer) {
	if p != nil {
		c.publication, c.member = s.cameraOf(p), p.id
	}
}

// layout fills a receiver's video slots. view says what each slot shows; page is the page of the mosaic that is wanted, and the
// one that is shown comes back with how many there are.
func (s *scene) layout(receiver *Peer, view []ViewSlot, page int) (cells []cell, shown, pages int) {
	cells = make([]cell, len(view))
	taken := map[string]bool{}
	mosaic := 0
	for i, v := range view {
		c := &cells[i]
		c.show, c.height = v.Show, v.Height
		switch v.Show {
		case ShowProgramme:
			s.place(c, s.programmeFor(receiver))
		case ShowContent:
			if s.content != nil && s.content.peer != receiver {
				c.publication, c.member = s.content, s.content.peer.id
			}
		case ShowChair:
			if s.chair != receiver {
				s.place(c, s.chair)
			}
		case ShowParticipant:
			for _, camera := range s.cameras {
				if camera.peer.id == v.Peer {
					c.publication, c.member = camera, v.Peer
				}
			}
		case ShowMosaic:
			mosaic++
		case ShowNothing:
		}
		if c.member != "" && c.show != ShowContent {
			taken[c.member] = true
		}
	}
	rest := slices.DeleteFunc(slices.Clone(s.mosaic), func(m member) bool {
		return taken[m.id] || m.id == receiver.id || receiver.pictures && m.camera == nil
	})
	pages = 1
	if mosaic > 0 {
		pages = max(1, (len(rest)+mosaic-1)/mosaic)
	}
	shown = min(max(page, 0), pages-1)
	rest = rest[min(len(rest), shown*mosaic):]
	for i, v := range view {
		if v.Show == ShowMosaic && len(rest) > 0 {
			cells[i].publication, cells[i].member, rest = rest[0].camera, rest[0].id, rest[1:]
		}
	}
	return cells, shown, pages
}
