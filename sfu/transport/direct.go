package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3/pkg/crypto/selfsign"

	"diemcau/sfu/transport/tcp"
	"diemcau/sfu/transport/udp"
)

// Direct is the transport that answers connectivity checks and seals and sends media itself, on Pion's STUN, DTLS and SRTP. Each worker has
// a socket of its own on the one port; the kernel gives the packets of a client to one of them, whose reader decrypts them. A connection's
// slots are sealed and sent by its worker alone.
type Direct struct {
	config      Config
	certificate tls.Certificate
	fingerprint string // SHA-256 of the certificate, as SDP writes it
	group       udp.Group
	readers     []*reader
	streams     *tcp.Listener // nil where media goes over UDP only
	workers     []*directWorker
	drops       drops
	bindings    bindings
	patience    time.Duration // with a handshake
	sleepAfter  time.Duration // of a DTLS connection

	mu          sync.RWMutex // guards what follows
	connections map[*directConn]struct{}
	names       map[string]*directConn // by local ICE user fragment
	addresses   []netip.Addr           // of the host
	addressesAt time.Time
	gathered    int // 1 + the worker whose socket all packets come to; 0 while each client has its own

	missed  chan struct{} // has one when a connection begins to miss packets
	closed  atomic.Bool
	done    chan struct{}
	running sync.WaitGroup
}

// directWorker is what a worker sends and waits with.
type directWorker struct {
	socket *udp.Socket
	conns  atomic.Int32
	reader *reader // nil where another worker reads the socket
	bell   bell    // then
	queue  *udp.Queue
	open   bool // between Begin and Flush
}

const (
	// feedbackInterval is the time between reports on what arrives to those who send it: draft-holmer-rmcat-transport-wide-cc-extensions-01,
	// section 2, has 50 to 100 ms.
	feedbackInterval = 50 * time.Millisecond
	// requestInterval is the time between two looks for what is to be asked for again, while something is.
	requestInterval = 10 * time.Millisecond
	livenessTicks   = 10 // feedbackIntervals between two looks at who is alive
	addressesFor    = 10 * time.Second
)

// NewDirect opens the media sockets.
func NewDirect(config Config) (*Direct, error) {
	d := &Direct{config: config, connections: map[*directConn]struct{}{}, names: map[string]*directConn{}, missed: make(chan struct{}, 1), done: make(chan struct{}), patience: handshakeDeadline, sleepAfter: sleepAfter}
	d.bindings = newBindings()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("transport: certificate: %w", err)
	}
	if d.certificate, err = selfsign.SelfSign(key); err != nil {
		return nil, fmt.Errorf("transport: certificate: %w", err)
	}
	d.fingerprint = fingerprintOf(sha256.Sum256(d.certificate.Certificate[0]))
	if d.group, err = d.listen(); err != nil {
		return nil, fmt.Errorf("transport: media socket: %w", err)
	}
	sockets := d.group.Sockets
	for i := range max(1, config.Workers) {
		socket := sockets[i%len(sockets)]
		w := &directWorker{socket: socket, queue: udp.NewQueue(socket), bell: newBell()}
		if i < len(sockets) {
			w.reader = newReader(d, socket)
			d.readers = append(d.readers, w.reader)
		}
		d.workers = append(d.workers, w)
	}
	if d.streams, err = listenTCP(config, sockets[0].LocalAddr()); err != nil {
		_ = d.group.Close()
		return nil, fmt.Errorf("transport: media socket: %w", err)
	}
	d.running.Go(d.tick)
	if d.streams != nil {
		d.running.Go(d.acceptStreams)
	}
	return d, nil
}

func (d *Direct) listen() (udp.Group, error) {
	if d.config.Net == nil {
		return udp.Listen(d.config.Listen, max(1, d.config.Workers))
	}
	address, err := d.config.Net.ResolveUDPAddr("udp", d.config.Listen)
	if err != nil {
		return udp.Group{}, err
	}
	conn, err := d.config.Net.ListenUDP("udp", address)
	if err != nil {
		return udp.Group{}, err
	}
	return udp.Group{Sockets: []*udp.Socket{udp.New(conn)}}, nil
}

func fingerprintOf(sum [sha256.Size]byte) string {
	var b strings.Builder
	for i, octet := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(hex.EncodeToString([]byte{octet})))
	}
	return b.String()
}

// Begin holds packets of a worker back until Flush.
func (d *Direct) Begin(worker int) { d.workers[worker].open = true }

// Flush sends what was held back.
func (d *Direct) Flush(worker int) {
	w := d.workers[worker]
	w.open = false
	w.queue.Flush()
}

// Wait takes what arrives on a worker's socket; see Transport.
func (d *Direct) Wait(worker int, patience time.Duration) {
	if w := d.workers[worker]; w.reader != nil && !d.closed.Load() {
		w.reader.wait(patience)
	} else {
		w.bell.wait(patience)
	}
}

// TakeReports takes the reports that have come aside; see Transport. They may be those of another worker's clients. A worker without clients,
// which is seldom awake, leaves them to the others.
func (d *Direct) TakeReports(worker int) {
	if w := d.workers[worker]; d.group.Reports != nil && w.reader != nil && w.conns.Load() > 0 {
		w.reader.takeReports()
	}
}

// Wake ends a worker's Wait.
func (d *Direct) Wake(worker int) {
	if w := d.workers[worker]; w.reader != nil {
		w.socket.Wake()
	} else {
		w.bell.ring()
	}
}

// Ready is nil while the media sockets are open.
func (d *Direct) Ready() error {
	if d.closed.Load() {
		return ErrClosed
	}
	return nil
}

// Port is the UDP port of all media.
func (d *Direct) Port() int { return int(d.readers[0].socket.LocalAddr().Port()) }

// Dropped counts what was dropped where it arrived.
func (d *Direct) Dropped() map[string]uint64 {
	totals := d.drops.totals()
	if d.streams != nil {
		totals[StreamRefused.String()] += d.streams.Refused()
	}
	return totals
}

// Close closes the media sockets.
func (d *Direct) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	close(d.done)
	err := d.group.Close()
	if d.streams != nil {
		err = errors.Join(err, d.streams.Close())
	}
	d.running.Wait()
	return err
}

// Connect makes a connection; see Transport.
func (d *Direct) Connect(handler Handler, worker int) (Conn, error) {
	if d.closed.Load() {
		return nil, ErrClosed
	}
	w := d.workers[worker]
	d.use(w, 1)
	return newDirectConn(d, handler, w), nil
}

// use counts the connections of a worker. While one worker has them all, all packets come to its socket: to wake a second core for each
// packet costs more than the packet.
func (d *Direct) use(w *directWorker, change int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.conns.Add(change)
	only, used := 0, 0
	for i, o := range d.workers {
		if o.conns.Load() > 0 {
			only, used = i, used+1
		}
	}
	switch {
	case len(d.readers) < len(d.workers) || len(d.workers) == 1:
	case used == 1 && d.gathered != only+1:
		d.gathered = only + 1
		d.group.Gather(only)
	case used > 1 && d.gathered != 0:
		d.gathered = 0
		d.group.Spread()
	}
}

// tick looks after the connections: feedback to those who send, requests for what is missing, and who is still alive.
func (d *Direct) tick() {
	ticker := time.NewTicker(feedbackInterval)
	defer ticker.Stop()
	requests := time.NewTimer(requestInterval)
	defer requests.Stop()
	asking := true // the timer runs
	for n := 0; ; {
		select {
		case <-ticker.C:
			d.lookAfter(n%livenessTicks == 0)
			n++
		case <-d.missed:
			if !asking {
				asking = true
				requests.Reset(requestInterval)
			}
		case <-requests.C:
			if asking = d.askForMissing(); asking {
				requests.Reset(requestInterval)
			}
		case <-d.done:
			return
		}
	}
}

// lookAfter sends feedback, and looks who is alive.
func (d *Direct) lookAfter(alive bool) {
	now := d.config.Now()
	for _, c := range d.those(func(c *directConn) bool { return alive || c.receives.Load() }) {
		if c.receives.Load() {
			c.sendFeedback(now)
		}
		if alive {
			c.checkAlive(now)
		}
	}
}

// askForMissing asks for what is due to be asked for, and tells whether more will be.
func (d *Direct) askForMissing() (more bool) {
	now := d.config.Now()
	for _, c := range d.those(func(c *directConn) bool { return c.requestsDue.Load() != 0 }) {
		if c.requestsDue.Load() <= now {
			c.askForMissing(now)
		}
		more = more || c.requestsDue.Load() != 0
	}
	return more
}

// those gives the connections for which a condition holds.
func (d *Direct) those(condition func(*directConn) bool) (found []*directConn) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for c := range d.connections {
		if condition(c) {
			found = append(found, c)
		}
	}
	return found
}

// named gives the connection with a local user fragment.
func (d *Direct) named(ufrag string) *directConn {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.names[ufrag]
}
