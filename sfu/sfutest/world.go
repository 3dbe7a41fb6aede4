// Package sfutest runs rooms on a virtual network: a real Engine, real Pion clients and no socket of the host. Clients publish
// synthetic media that says who sent it, and record what arrives in every slot.
package sfutest

import (
	"context"
	"fmt"
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

// World is one room of one engine on a network of its own. It ends with its test.
type World struct {
	t      testing.TB
	Engine *sfu.Engine
	Room   *sfu.Room
	router *vnet.Router
	next   int

	mu       sync.Mutex
	speakers []sfu.Speaker
	loss     map[string]*loss // by client address
}

// loss drops packets towards one client, the same ones for the same seed.
type loss struct {
	share float64
	dice  *rand.Rand
}

const serverAddress = "10.0.0.1"

// Patience is how long tests wait for what must come.
const Patience = 10 * time.Second

// New makes a world.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{t: t, next: 10, loss: map[string]*loss{}}
	router, err := vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/16", QueueSize: 100_000, LoggerFactory: logging.NewDefaultLoggerFactory()})
	must(t, err)
	w.router = router
	router.AddChunkFilter(w.passes)
	server := w.attach(serverAddress)
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
	n, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: []string{address}})
	must(w.t, err)
	must(w.t, w.router.AddNet(n))
	return n
}

// Lose drops a share of the packets that the server sends to a client from now on, chosen by the seed.
func (w *World) Lose(c *Client, share float64, seed uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loss[c.address] = &loss{share, rand.New(rand.NewPCG(seed, 1))}
}

func (w *World) passes(c vnet.Chunk) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	host, _, err := net.SplitHostPort(c.DestinationAddr().String())
	l := w.loss[host]
	return err != nil || l == nil || l.dice.Float64() >= l.share
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
	Until(w.t, what, condition)
}

// Until waits for a condition, or ends the test.
func Until(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(Patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			return
		}
	}
	t.Fatalf("no %s within %v", what, Patience)
}

// Never makes sure that a condition does not come true for a while.
func Never(t testing.TB, what string, while time.Duration, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(while); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if condition() {
			t.Fatalf("%s", what)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// AllRights are those of a participant in an open meeting.
var AllRights = sfu.Rights{Microphone: true, Camera: true, Screen: true}

// Options describe a client.
type Options struct {
	VideoSlots, AudioSlots int
	Order                  int
	Rights                 *sfu.Rights // AllRights when nil
	Camera                 Camera
	Microphone             bool
	Level                  int  // of the microphone, in -dBov; with NoLevels packets carry none
	NoLevels               bool // no RFC 6464 levels are negotiated
}

// Camera is the kind of a client's camera.
type Camera uint8

// The kinds of cameras.
const (
	NoCamera Camera = iota
	OneLayer
	Simulcast // three layers of 180, 360 and 720 lines
	H264
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
	c := newClient(w, id, fmt.Sprintf("10.0.%d.%d", w.next/250, w.next%250+1), o)
	rights := AllRights
	if o.Rights != nil {
		rights = *o.Rights
	}
	peer, err := w.Room.Join(sfu.PeerOptions{ID: id, ProtocolOrder: o.Order, Rights: rights, Observer: c})
	must(w.t, err)
	c.Peer = peer
	if o.Camera != NoCamera {
		peer.SetActive(sfu.Camera, true)
	}
	if o.Microphone {
		peer.SetActive(sfu.Microphone, true)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	must(w.t, c.offer(ctx))
	return c
}
