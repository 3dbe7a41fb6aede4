package sfu

import "slices"

// cell is what a video slot should show.
type cell struct {
	show        Show
	publication *publication // nil is nobody
	height      int
}

// scene is what the layout of every peer is drawn from.
type scene struct {
	cameras []*publication // that may be taken, in protocol order
	content *publication   // the newest screen that may be taken
	// programme are the peers that the programme prefers, in order.
	programme []*Peer
	chair     *Peer
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

// layout fills a receiver's video slots. view says what each slot shows; page is the page of the mosaic that is wanted, and the
// one that is shown comes back with how many there are.
func (s *scene) layout(receiver *Peer, view []ViewSlot, page int) (cells []cell, shown, pages int) {
	cells = make([]cell, len(view))
	taken := map[*publication]bool{}
	mosaic := 0
	for i, v := range view {
		c := &cells[i]
		c.show, c.height = v.Show, v.Height
		switch v.Show {
		case ShowProgramme:
			c.publication = s.cameraOf(s.programmeFor(receiver))
		case ShowContent:
			if s.content != nil && s.content.peer != receiver {
				c.publication = s.content
			}
		case ShowChair:
			if s.chair != receiver {
				c.publication = s.cameraOf(s.chair)
			}
		case ShowParticipant:
			for _, camera := range s.cameras {
				if camera.peer.id == v.Peer {
					c.publication = camera
				}
			}
		case ShowMosaic:
			mosaic++
		case ShowNothing:
		}
		if c.publication != nil {
			taken[c.publication] = true
		}
	}
	rest := slices.DeleteFunc(slices.Clone(s.cameras), func(c *publication) bool { return taken[c] || c.peer == receiver })
	pages = 1
	if mosaic > 0 {
		pages = max(1, (len(rest)+mosaic-1)/mosaic)
	}
	shown = min(max(page, 0), pages-1)
	rest = rest[min(len(rest), shown*mosaic):]
	for i, v := range view {
		if v.Show == ShowMosaic && len(rest) > 0 {
			cells[i].publication, rest = rest[0], rest[1:]
		}
	}
	return cells, shown, pages
}
