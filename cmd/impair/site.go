package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"

	"diemcau/sfu/sfutest/link"
)

// site is a place whose one link to the server carries all its ports.
type site struct {
	log        *slog.Logger
	up, down   *path
	goroutines sync.WaitGroup
	moves      atomic.Uint32
	datagrams  []*datagrams
	streams    []*streams
}

func newSite(ctx context.Context, up, down link.Conditions, seed uint64, log *slog.Logger) *site {
	s := &site{log: log, up: newPath(up, seed), down: newPath(down, seed+1)}
	s.goroutines.Go(func() { s.up.run(ctx) })
	s.goroutines.Go(func() { s.down.run(ctx) })
	return s
}

// source is the address that the server sees: another one after each move, of the 253 that loopback offers.
func (s *site) source() net.IP { return net.IPv4(127, 0, 0, byte(1+s.moves.Load()%253)) }

// move gives the site another address, as where it comes to another network. Clients are not told.
func (s *site) move() {
	s.moves.Add(1)
	for _, d := range s.datagrams {
		d.move()
	}
	for _, t := range s.streams {
		t.move()
	}
}

// closeWith closes a listener when the site ends.
func (s *site) closeWith(ctx context.Context, listener io.Closer) {
	s.goroutines.Go(func() {
		<-ctx.Done()
		_ = listener.Close()
	})
}
