package sfu

import (
	"context"
	"log/slog"
	"net/netip"
)

// Config configures an Engine.
type Config struct {
	// Listen is the UDP address of all media, e.g. ":7882" (all addresses, both families) or "127.0.0.1:0".
	Listen string
	// Advertise are the addresses told to clients in place of the local ones: the outer addresses behind a 1:1 NAT.
	Advertise []netip.Addr
	// Workers is the number of goroutines that send media; 0 is one for each processor.
	Workers int
	Log     *slog.Logger
}

type Engine struct{}
type Room struct{}
type Peer struct{}

// Stats are counters since the start.
type Stats struct {
	Rooms, Peers                           int
	PacketsReceived, PacketsForwarded      uint64
	BytesReceived, BytesForwarded          uint64
	Dropped                                map[string]uint64 // by reason
	KeyFrameRequests, Retransmitted, Nacks uint64
}

func NewEngine(Config) (*Engine, error)                    { return &Engine{}, nil }
func (*Engine) NewRoom(RoomOptions) (*Room, error)         { return &Room{}, nil }
func (*Engine) Ready() error                               { return nil }
func (*Engine) Stats() Stats                               { return Stats{} }
func (*Engine) Close() error                               { return nil }
func (*Room) Join(PeerOptions) (*Peer, error)              { return &Peer{}, nil }
func (*Room) SetProgramme(floorHolder, chair string)       {}
func (*Room) Close()                                       {}
func (*Peer) Offer(context.Context, Offer) (string, error) { return "", nil }
func (*Peer) AddCandidate(candidate, mid string) error     { return nil }
func (*Peer) SetView(slots []ViewSlot, page int)           {}
func (*Peer) SetRights(Rights)                             {}
func (*Peer) SetMuted(Source, bool)                        {}
func (*Peer) SetActive(Source, bool)                       {}
func (*Peer) Slots() []SlotState                           { return nil }
func (*Peer) Close()                                       {}
