package transport

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"

	"diemcau/sfu/codec"
	"diemcau/sfu/transport/udp"
)

// directConn is a connection of the direct transport.
type directConn struct {
	direct  *Direct
	handler Handler
	worker  *directWorker

	// Of Offer and Close.
	session    uint64
	version    int
	slots      []*directSlot
	sections   map[string]*negotiated // of the newest offer, by mid
	peerPrints []string               // the client's fingerprints: hash and octets

	candidates atomic.Int32 // since the last offer
	closed     atomic.Bool
	receives   atomic.Bool  // the client sends
	heard      atomic.Int64 // the clock at the last sign of the client
	roundTrip  roundTrip
	// requestsDue is when something is asked for that did not arrive; 0 while nothing is missing.
	requestsDue atomic.Int64

	// path is where packets go, for the worker; sealer is nil before the handshake is done.
	path   atomic.Pointer[udp.Destination]
	sealer atomic.Pointer[sealer]

	mu            sync.Mutex // guards what follows
	local, former iceCredentials
	remote        iceCredentials
	bindings      []*binding
	selected      *binding
	priority      uint32 // of the selected one
	state         State
	ended         bool // the client closed it, or the handshake failed

	ingressMu sync.Mutex // guards ingress: a client's packets may come to two sockets while its address changes
	ingress   ingress

	reportMu sync.Mutex // guards reports
	reports  *srtp.Context

	handshakeMu sync.Mutex // guards what follows
	flights     *packetio.Buffer
	taken       int // bytes of them
	secure      *dtls.Conn
	established bool
	drained     <-chan struct{} // closed when the DTLS connection has no goroutines any more
	asleep      *dtls.State     // of a DTLS connection that is not in memory
	sleepAt     int64           // the clock when it goes to sleep
	running     sync.WaitGroup
	cancel      context.CancelFunc
}

func newDirectConn(d *Direct, h Handler, w *directWorker) *directConn {
	c := &directConn{direct: d, handler: h, worker: w, session: rand.Uint64() >> 1, sections: map[string]*negotiated{}}
	c.heard.Store(d.config.Now())
	return c
}

// Offer applies a client's offer; see Conn.
func (c *directConn) Offer(_ context.Context, offer string) (Answer, error) {
	description, sections, err := readOffer(offer)
	if err != nil {
		return Answer{}, err
	}
	if c.closed.Load() {
		return Answer{}, ErrClosed
	}
	settled, slots := make([]*negotiated, len(sections)), len(c.slots)
	for i, s := range sections {
		if settled[i], err = negotiate(description, description.MediaDescriptions[i], s); err != nil {
			return Answer{}, fmt.Errorf("%w: %w", ErrBadSDP, err)
		}
		before := c.sections[s.mid]
		if before != nil && before.video != s.video {
			return Answer{}, fmt.Errorf("%w: section %q changes its kind", ErrBadSDP, s.mid)
		}
		if settled[i].receives() && !settled[i].rejected && (before == nil || before.slot == nil) {
			slots++
		}
	}
	if slots > maxSlots {
		return Answer{}, fmt.Errorf("%w: %w: %d slots over all offers", ErrBadSDP, ErrLimit, slots)
	}
	prints, err := fingerprints(description)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrBadSDP, err)
	}
	// From here on the offer is in force.
	c.addSlots(settled)
	if !c.apply(description, prints) {
		return Answer{}, ErrClosed
	}
	c.candidates.Store(0)
	c.version++
	answer := Answer{Sending: map[string]Section{}}
	c.sections = make(map[string]*negotiated, len(settled))
	receives := false
	for _, n := range settled {
		c.sections[n.mid] = n
		if n.sends() && !n.rejected {
			answer.Sending[n.mid] = Section{Video: n.video}
			receives = true
		}
	}
	c.ingressMu.Lock()
	c.ingress.negotiated(settled)
	c.ingress.bySSRC = c.slotsBySSRC()
	c.ingressMu.Unlock()
	c.receives.Store(receives)
	for _, s := range c.slots {
		answer.Slots = append(answer.Slots, Slot{Video: s.video, Index: s.index, SSRC: s.ssrc, RTX: s.rtx, Payload: s.payload, TransportSequence: s.sequence, Dependency: s.described, Out: s})
	}
	c.mu.Lock()
	local := c.local
	c.mu.Unlock()
	answer.SDP = writeAnswer(c.session, c.version, settled, transportLines(local.ufrag, local.pwd, c.direct.fingerprint), c.direct.candidates())
	return answer, nil
}

// addSlots gives each new receive-only section a slot, and each old one the slot it has.
func (c *directConn) addSlots(sections []*negotiated) {
	counts, used := map[bool]int{}, map[uint32]bool{}
	for _, s := range c.slots {
		counts[s.video]++
		used[s.ssrc], used[s.rtx] = true, true
	}
	fresh := func() uint32 {
		for {
			if v := rand.Uint32(); v != 0 && !used[v] {
				used[v] = true
				return v
			}
		}
	}
	for _, n := range sections {
		if before := c.sections[n.mid]; before != nil && before.slot != nil {
			n.slot = before.slot
			continue
		}
		if !n.receives() || n.rejected {
			continue
		}
		s := &directSlot{conn: c, video: n.video, index: counts[n.video], ssrc: fresh()}
		counts[n.video]++
		repairs := false
		for pt, k := range n.codecs {
			if k != 0 {
				s.payload[k].Media = uint8(pt)
				for rtx, media := range n.repairOf {
					if media == uint8(pt) && rtx != 0 {
						s.payload[k].RTX, repairs = uint8(rtx), true
					}
				}
			}
		}
		if repairs {
			s.rtx = fresh()
		}
		if n.givesPathFeedback() {
			s.sequence = n.extensionID(sdp.TransportCCURI)
		}
		if n.mixed {
			s.described = n.extensionID(codec.DependencyURI)
		}
		n.slot = s
		c.slots = append(c.slots, s)
	}
}

func (c *directConn) slotsBySSRC() map[uint32]*directSlot {
	m := make(map[uint32]*directSlot, 2*len(c.slots))
	for _, s := range c.slots {
		m[s.ssrc] = s
		if s.rtx != 0 {
			m[s.rtx] = s
		}
	}
	return m
}

func (c *directConn) silentFor(nanoseconds int64) bool {
	return c.direct.config.Now()-c.heard.Load() > nanoseconds
}

// setState tells the handler of a new state.
func (c *directConn) setState(s State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() || c.ended || c.state == s {
		return
	}
	c.state = s
	c.handler.State(s)
}

// end is the end of a connection that cannot come back.
func (c *directConn) end() {
	c.setState(Failed)
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
}

// checkAlive brings the state in line with how long nothing came.
func (c *directConn) checkAlive(now int64) {
	c.putToSleep(now)
	silent := now - c.heard.Load()
	switch {
	case silent > failedAfter.Nanoseconds():
		c.setState(Failed)
	case c.sealer.Load() == nil:
	case silent > disconnectedAfter.Nanoseconds():
		c.mu.Lock()
		connected := c.state == Connected
		c.mu.Unlock()
		if connected {
			c.setState(Disconnected)
		}
	default:
		c.setState(Connected)
	}
}

// AddCandidate checks a candidate, which an ICE-lite server has no use for; see Conn.
func (c *directConn) AddCandidate(candidate string) error {
	if n := c.candidates.Add(1); n > maxCandidates {
		return fmt.Errorf("%w: %d candidates", ErrLimit, n)
	}
	return checkCandidate(candidate)
}

// WriteRTCP sends feedback and reports; see Conn.
func (c *directConn) WriteRTCP(all []rtcp.Packet) error {
	to := c.path.Load()
	if c.closed.Load() || c.sealer.Load() == nil || to == nil {
		return ErrClosed
	}
	raw, err := rtcp.Marshal(all)
	if err != nil {
		return fmt.Errorf("transport: %w", err)
	}
	c.reportMu.Lock()
	sealed, err := c.reports.EncryptRTCP(nil, raw, nil)
	c.reportMu.Unlock()
	if err != nil {
		return fmt.Errorf("transport: %w", err)
	}
	return c.worker.socket.Send(sealed, to.Path)
}

// RoundTrip is the time to the client and back; see Conn.
func (c *directConn) RoundTrip() time.Duration { return c.roundTrip.get() }

// Close ends the connection and waits for its goroutines.
func (c *directConn) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.mu.Lock()
	bindings := c.bindings
	c.bindings = nil
	names := [...]string{c.local.ufrag, c.former.ufrag}
	c.mu.Unlock()
	c.direct.mu.Lock()
	for _, n := range names {
		delete(c.direct.names, n)
	}
	delete(c.direct.connections, c)
	c.direct.mu.Unlock()
	c.direct.use(c.worker, -1)
	c.endHandshake()
	for _, b := range bindings {
		c.direct.bindings.forget(b)
		b.hangUp()
	}
	// Who is in the middle of a packet finishes it.
	c.ingressMu.Lock()
	c.ingress.closed = true
	c.ingressMu.Unlock()
	c.running.Wait()
	return nil
}
