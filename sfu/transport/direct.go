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

	closed  atomic.Bool
	done    chan struct{}
	running sync.WaitGroup
}

// directWorker is what a worker sends and waits with.
type directWorker struct {
	socket *udp.Socket
	conns  int     // under Direct.mu
	reader *reader // nil where another worker reads the socket
	bell   bell    // then
	queue  *udp.Queue
	open   bool // between Begin and Flush
}

const (
	// feedbackInterval is the time between reports on what arrives to those who send it: draft-holmer-rmcat-transport-wide-cc-extensions-01,
	// section 2, has 50 to 100 ms.
	feedbackInterval = 50 * time.Millisecond
	// requestInterval is the time between two looks for what is to be asked for again.
	requestInterval = 10 * time.Millisecond
	feedbackTicks   = int(feedbackInterval / requestInterval)
	livenessTicks   = 10 * feedbackTicks // between two looks at who is alive
	addressesFor    = 10 * time.Second
)

// NewDirect opens the media sockets.
func NewDirect(config Config) (*Direct, error) {
	d := &Direct{config: config, connections: map[*directConn]struct{}{}, names: map[string]*directConn{}, done: make(chan struct{}), patience: handshakeDeadline, sleepAfter: sleepAfter}
	d.bindings = newBindings()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("transport: certificate: %w", err)
	}
	if d.certificate, err = selfsign.SelfSign(key); err != nil {
		return nil, fmt.Errorf("transport: certificate: %w", err)
	}
	d.fingerprint = fingerprintOf(sha256.Sum256(d.certificate.Certificate[0]))
	sockets, err := d.listen()
	if err != nil {
		return nil, fmt.Errorf("transport: media socket: %w", err)
	}
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
		for _, s := range sockets {
			_ = s.Close()
		}
		return nil, fmt.Errorf("transport: media socket: %w", err)
	}
	d.running.Go(d.tick)
	if d.streams != nil {
		d.running.Go(d.acceptStreams)
	}
	return d, nil
}

func (d *Direct) listen() ([]*udp.Socket, error) {
	if d.config.Net == nil {
		return udp.Listen(d.config.Listen, max(1, d.config.Workers))
	}
	address, err := d.config.Net.ResolveUDPAddr("udp", d.config.Listen)
	if err != nil {
		return nil, err
	}
	conn, err := d.config.Net.ListenUDP("udp", address)
	if err != nil {
		return nil, err
	}
	return []*udp.Socket{udp.New(conn)}, nil
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
	var err error
	for _, r := range d.readers {
		if e := r.socket.Close(); err == nil {
			err = e
		}
	}
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
func (d *Direct) use(w *directWorker, change int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.conns += change
	only, used := 0, 0
	for i, o := range d.workers {
		if o.conns > 0 {
			only, used = i, used+1
		}
	}
	switch {
	case len(d.readers) < len(d.workers) || len(d.workers) == 1:
	case used == 1 && d.gathered != only+1:
		d.gathered = only + 1
		d.workers[only].socket.Gather(only)
	case used > 1 && d.gathered != 0:
		d.gathered = 0
		d.workers[0].socket.Spread()
	}
}

// tick looks after the connections: feedback to those who send, and who is still alive.
func (d *Direct) tick() {
	ticker := time.NewTicker(requestInterval)
	defer ticker.Stop()
	var all []*directConn
	for n := 0; ; n++ {
		select {
		case <-ticker.C:
		case <-d.done:
			return
		}
		now := d.config.Now()
		feedback, look := n%feedbackTicks == 0, n%livenessTicks == 0
		all = all[:0]
		d.mu.RLock()
		for c := range d.connections {
			if due := c.requestsDue.Load(); look || feedback && c.receives.Load() || due != 0 && due <= now {
				all = append(all, c)
			}
		}
		d.mu.RUnlock()
		for _, c := range all {
			if feedback && c.receives.Load() {
				c.sendFeedback(now)
			} else {
				c.askForMissing(now)
			}
			if look {
				c.checkAlive(now)
			}
		}
		clear(all)
	}
}

// named gives the connection with a local user fragment.
func (d *Direct) named(ufrag string) *directConn {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.names[ufrag]
}
