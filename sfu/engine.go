// Package sfu is the media plane: it takes what participants publish and fills the slots of those who receive, and it knows
// nothing of meetings or of how clients are told.
//
// An Engine holds the sockets and the workers, a Room its members, a Peer one member's connection. What a peer publishes is a
// publication with one layer for each simulcast encoding; what it receives flows through slots. README.md follows a packet
// through all of them.
package sfu

import (
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	pion "github.com/pion/transport/v4"

	"diemcau/sfu/bandwidth"
	"diemcau/sfu/forward"
	"diemcau/sfu/transport"
)

// Config configures an Engine.
type Config struct {
	// Listen is the UDP address of all media, e.g. ":7890" (all addresses, both families) or "127.0.0.1:0".
	Listen string
	// ListenTCP is the TCP address of media where no UDP passes: transport.SamePort, or empty for none.
	ListenTCP string
	// Advertise are addresses told to clients beside the local ones: the outer addresses behind a 1:1 NAT.
	Advertise []netip.Addr
	// Workers is the number of goroutines that send media; 0 is one for each processor.
	Workers int
	Log     *slog.Logger
	// Transport is "direct", which is the default, or "pion".
	Transport string
	// Net is a network other than the host's, such as sfutest's; nil is the host's.
	Net pion.Net
}

// Engine is the media plane of one process.
type Engine struct {
	log       *slog.Logger
	clock     clock
	transport transport.Transport
	workers   []*worker

	received, receivedBytes, recovered, keyFrameRequests atomic.Uint64
	lost, reordered, repeated, jitter, receptions        atomic.Uint64                    // jitter in nanoseconds, summed over the receptions
	dropped                                              [forward.DropCount]atomic.Uint64 // where packets arrive

	mu     sync.Mutex // guards rooms and closed
	rooms  map[*Room]struct{}
	closed bool
	// background counts the goroutines that close connections.
	background sync.WaitGroup
}

// Stats are counters since the start.
type Stats struct {
	Rooms, Peers                      int
	PacketsReceived, PacketsForwarded uint64
	BytesReceived, BytesForwarded     uint64 // RTP payloads
	PacketsRecovered                  uint64 // that never came, from the redundancy of others
	PacketsLost, PacketsReordered     uint64 // on the way from publishers
	PacketsRepeated                   uint64 // by the network on that way
	// Jitter is summed over Receptions: each source's once a second.
	Jitter                 time.Duration
	Receptions             uint64
	Dropped                map[string]uint64
	FeedbackFaults         map[string]uint64 // packets about which transport-wide feedback was wrong
	KeyFrameWishes         uint64            // of subscribers
	KeyFrameRequests       uint64
	Retransmissions, Nacks uint64 // packets sent again, packets asked for again
	Switches               uint64 // of slots from one source or layer to another
}

// clock counts nanoseconds from the engine's start.
type clock struct{ start time.Time }

func (c clock) now() int64 { return int64(time.Since(c.start)) }

// ntp gives a moment of the clock in the format of RFC 3550, section 4.
func (c clock) ntp(at int64) uint64 {
	const toUnix = 2208988800 // seconds from 1900 to 1970
	t := c.start.Add(time.Duration(at))
	return uint64(t.Unix()+toUnix)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// NewEngine opens the media socket and starts the workers.
func NewEngine(config Config) (*Engine, error) {
	c := clock{time.Now()}
	if config.Workers <= 0 {
		config.Workers = runtime.GOMAXPROCS(0)
	}
	t, err := open(config.Transport, transport.Config{
		Listen: config.Listen, ListenTCP: config.ListenTCP, Advertise: config.Advertise, Workers: config.Workers, Now: c.now, NTP: c.ntp, Log: config.Log, Net: config.Net,
	})
	if err != nil {
		return nil, err
	}
	return newEngine(config, c, t), nil
}

// open makes the transport of a name.
func open(name string, config transport.Config) (transport.Transport, error) {
	switch name {
	case "", "direct":
		return transport.NewDirect(config)
	case "pion":
		return transport.NewPion(config)
	}
	return nil, fmt.Errorf("sfu: no transport %q", name)
}

func newEngine(config Config, c clock, t transport.Transport) *Engine {
	e := &Engine{log: config.Log, clock: c, transport: t, rooms: map[*Room]struct{}{}}
	for i := range config.Workers {
		w := newWorker(e, i)
		e.workers = append(e.workers, w)
		go w.run()
	}
	return e
}

// Ready is nil while media can be taken.
func (e *Engine) Ready() error { return e.transport.Ready() }

// Port is the UDP port of all media.
func (e *Engine) Port() int { return e.transport.Port() }

// MediaAddresses are those of this host at which media is taken over UDP, the likeliest to be reached first.
func (e *Engine) MediaAddresses() []netip.AddrPort { return e.transport.Addresses() }

// NewRoom opens a room. It returns ErrClosed after Close.
func (e *Engine) NewRoom(options RoomOptions) (*Room, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("room: %w", ErrClosed)
	}
	r := newRoom(e, options)
	e.rooms[r] = struct{}{}
	go r.run()
	return r, nil
}

// fullLoad is how many peers a worker is given before the next one gets any: to wake one more core for each packet costs more than to
// serve more peers on a core that is awake. So many halls of 25 tiles are about what one core can send.
const fullLoad = 128

// owner gives the worker of a new peer, and counts the peer as its.
func (e *Engine) owner() *worker {
	e.mu.Lock()
	defer e.mu.Unlock()
	chosen := e.workers[0]
	for _, w := range e.workers {
		n := w.load.Load()
		if n < fullLoad {
			chosen = w
			break
		}
		if n < chosen.load.Load() {
			chosen = w
		}
	}
	chosen.load.Add(1)
	return chosen
}

func (e *Engine) forget(r *Room) {
	e.mu.Lock()
	delete(e.rooms, r)
	e.mu.Unlock()
}

// Close closes every room and connection and waits for all goroutines.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	rooms := make([]*Room, 0, len(e.rooms))
	for r := range e.rooms {
		rooms = append(rooms, r)
	}
	e.mu.Unlock()
	for _, r := range rooms {
		r.Close()
	}
	e.background.Wait()
	for _, w := range e.workers {
		w.stop()
	}
	return e.transport.Close()
}

// Stats gives the counters.
func (e *Engine) Stats() Stats {
	s := Stats{
		PacketsReceived: e.received.Load(), BytesReceived: e.receivedBytes.Load(), PacketsRecovered: e.recovered.Load(),
		PacketsLost: e.lost.Load(), PacketsReordered: e.reordered.Load(), PacketsRepeated: e.repeated.Load(),
		Jitter: time.Duration(e.jitter.Load()), Receptions: e.receptions.Load(),
		KeyFrameRequests: e.keyFrameRequests.Load(), Dropped: map[string]uint64{}, FeedbackFaults: map[string]uint64{},
	}
	for d := range forward.DropCount {
		s.Dropped[d.String()] = e.dropped[d].Load()
	}
	for _, w := range e.workers {
		s.PacketsForwarded += w.forwarded.Load()
		s.BytesForwarded += w.forwardedBytes.Load()
		s.Retransmissions += w.retransmitted.Load()
		s.Nacks += w.nacks.Load()
		s.KeyFrameWishes += w.keyFrameWishes.Load()
		s.Switches += w.switches.Load()
		for d := range forward.DropCount {
			s.Dropped[d.String()] += w.dropped[d].Load()
		}
		for f := range bandwidth.FaultCount {
			s.FeedbackFaults[f.String()] += w.faults[f].Load()
		}
	}
	for reason, n := range e.transport.Dropped() {
		s.Dropped[reason] += n
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s.Rooms = len(e.rooms)
	for r := range e.rooms {
		s.Peers += int(r.size.Load())
	}
	return s
}
