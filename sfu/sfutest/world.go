// Package sfutest runs rooms on a virtual network: a real Engine, real Pion clients and no socket of the host. Clients publish
// synthetic media that says who sent it, and record what arrives in every slot; the links between them lose, delay and reorder packets
// as a test wants. Continuous and Frames judge what arrived as a receiver would.
package sfutest

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v4/vnet"

	"diemcau/sfu"
)

// World is one room of one engine on a network of its own. It ends with its test. One goroutine uses it.
type World struct {
	t      testing.TB
	Engine *sfu.Engine
	Room   *sfu.Room
	router *vnet.Router
	dice   *rand.Rand // seeded by the test's name
	next   int

	mu       sync.Mutex
	speakers []sfu.Speaker
	down     map[string]*Link // by client address
}

const serverAddress = "10.0.0.1"

// addressing guards vnet's counter of MAC addresses, which all worlds of a process share.
var addressing sync.Mutex

// Patience is how long tests wait for what must come.
const Patience = 15 * time.Second

// New makes a world.
func New(t testing.TB) *World {
	t.Helper()
	seed := fnv.New64()
	_, _ = seed.Write([]byte(t.Name())) // never fails
	w := &World{t: t, dice: rand.New(rand.NewPCG(seed.Sum64(), 0)), next: 10, down: map[string]*Link{}}
	addressing.Lock()
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/16", QueueSize: 100_000, LoggerFactory: logging.NewDefaultLoggerFactory()})
	addressing.Unlock()
	must(t, err)
	w.router = router
	server := host{w.attach(serverAddress), w.downTo}
	must(t, router.Start())
	w.Engine, err = sfu.NewEngine(sfu.Config{Listen: serverAddress + ":7890", Net: server, Workers: 2, Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	w.Room, err = w.Engine.NewRoom(sfu.RoomOptions{Speakers: func(s []sfu.Speaker) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.speakers = s
	}})
	must(t, err)
	t.Cleanup(func() {
		for _, l := range w.down {
			l.close()
		}
		if err := w.Engine.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
		if err := router.Stop(); err != nil {
			t.Errorf("stop the network: %v", err)
		}
	})
	return w
}

func (w *World) attach(address string) *vnet.Net {
	addressing.Lock()
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address}})
	addressing.Unlock()
	must(w.t, err)
	must(w.t, w.router.AddNet(n))
	return n
}

func (w *World) downTo(to net.Addr) *Link {
	address, _, _ := net.SplitHostPort(to.String())
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.down[address]
}

// Speakers are who the room said is heard.
func (w *World) Speakers() []sfu.Speaker {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.speakers
}

// Until waits for a condition, or ends the test.
func (w *World) Until(what string, condition func() bool) {
	w.t.Helper()
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	w.t.Fatalf("no %s within %v", what, Patience)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// AllRights are those of a participant in an open meeting.
var AllRights = sfu.Rights{Microphone: true, Camera: true, Screen: true, ScreenAudio: true}

// Options describe a client.
type Options struct {
	VideoSlots, AudioSlots int
	Order                  int
	Rights                 *sfu.Rights // AllRights when nil
	Camera                 Camera
	Microphone             bool
	Level                  int  // of the microphone, in -dBov
	NoLevels               bool // no RFC 6464 levels are negotiated
	Screen                 bool // one layer, with its sound
	OnlyVP8                bool // it decodes no other video
	RED                    bool // it sends sound twice (RFC 2198) and takes it so
}

// Camera is the kind of a client's camera.
type Camera uint8

// The kinds of cameras.
const (
	NoCamera      Camera = iota
	OneLayer             // VP8 of 720 lines
	Simulcast            // VP8 in three layers of 180, 360 and 720 lines: q, h, f
	H264                 // of 720 lines
	H264Simulcast        // q of 180 lines, h of 360, f of 720
	VP9                  // one stream of layers of 180, 360 and 720 lines
	AV1                  // alike
)

// Join lets a client in and waits until its media connection is up.
func (w *World) Join(id string, o Options) *Client {
	w.t.Helper()
	c := w.Dial(id, o)
	c.Connected()
	return c
}

// Dial lets a client in without waiting.
func (w *World) Dial(id string, o Options) *Client {
	w.t.Helper()
	w.next++
	address := fmt.Sprintf("10.0.%d.%d", w.next/250, w.next%250+1)
	c := newClient(w, id, address, o)
	w.mu.Lock()
	w.down[address] = c.Down
	w.mu.Unlock()
	rights := AllRights
	if o.Rights != nil {
		rights = *o.Rights
	}
	peer, err := w.Room.Join(sfu.PeerOptions{ID: id, ProtocolOrder: o.Order, Rights: rights, Observer: c})
	must(w.t, err)
	c.Peer = peer
	for source := range c.tracks {
		peer.SetActive(source, true)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	must(w.t, c.offer(ctx, nil))
	return c
}
