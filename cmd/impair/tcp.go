package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	tcpHeader = 40 // IPv4 and TCP, in bytes
	chunkSize = 1200
	window    = 64 // chunks on their way in one direction of a connection

	// The timers of RFC 6298: a first segment has no round trip to go by.
	firstTimeout = time.Second
	leastTimeout = 200 * time.Millisecond
	mostTimeout  = time.Minute
)

// streams forwards one TCP port. The two real connections end at the proxy, so what the link does to a segment is done to a chunk:
// one that is lost is sent again when TCP would, and those behind it wait.
type streams struct {
	site     *site
	listener net.Listener
	target   string
	dial     func(ctx context.Context, target string) (net.Conn, error)

	mu          sync.Mutex
	connections map[*connection]struct{}
}

func (s *site) forwardTCP(ctx context.Context, listen, target netip.AddrPort) (*streams, error) {
	listener, err := net.Listen("tcp", listen.String())
	if err != nil {
		return nil, err
	}
	t := s.forwardStreams(ctx, listener, target.String(), func(ctx context.Context, target string) (net.Conn, error) {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: s.source()}}
		return dialer.DialContext(ctx, "tcp", target)
	})
	s.closeWith(ctx, listener)
	return t, nil
}

func (s *site) forwardStreams(
	ctx context.Context, listener net.Listener, target string, dial func(context.Context, string) (net.Conn, error),
) *streams {
	t := &streams{site: s, listener: listener, target: target, dial: dial, connections: map[*connection]struct{}{}}
	s.goroutines.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			s.goroutines.Go(func() { t.serve(ctx, client) })
		}
	})
	return t
}

// move makes everybody's connections those of an address that is not there any more: nothing of them arrives, and nobody is told.
func (t *streams) move() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.connections {
		c.gone.Do(func() { close(c.moved) })
	}
}

// connection is one client's connection with what is on its way.
type connection struct {
	moved chan struct{} // closed when its address is gone
	gone  sync.Once
}

func (c *connection) isGone() bool {
	select {
	case <-c.moved:
		return true
	default:
		return false
	}
}

// serve carries one connection until both directions have ended.
func (t *streams) serve(ctx context.Context, client net.Conn) {
	defer client.Close()
	c := &connection{moved: make(chan struct{})}
	t.mu.Lock()
	t.connections[c] = struct{}{}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		delete(t.connections, c)
		t.mu.Unlock()
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = client.Close() })
	defer stop()
	// The handshake: one packet there, one back.
	for _, way := range [...]*path{t.site.up, t.site.down} {
		arrived := make(chan struct{})
		c.deliver(way, tcpHeader, firstTimeout, func() { close(arrived) })
		select {
		case <-arrived:
		case <-ctx.Done():
			return
		}
	}
	server, err := t.dial(ctx, t.target)
	if err != nil {
		t.site.log.Debug("a connection is refused", "error", err)
		return
	}
	defer server.Close()
	stopServer := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stopServer()
	var both sync.WaitGroup
	both.Go(func() { c.carry(ctx, cancel, t.site.up, t.timeout(), client, server) })
	both.Go(func() { c.carry(ctx, cancel, t.site.down, t.timeout(), server, client) })
	both.Wait()
}

// timeout is how long TCP waits on this link until it sends a segment again.
func (t *streams) timeout() time.Duration {
	return max(leastTimeout, (t.site.up.delay()+t.site.down.delay())*3/2)
}

// deliver sends one segment until it arrives once, as TCP does: with twice the patience each time.
func (c *connection) deliver(way *path, size int, timeout time.Duration, arrive func()) {
	if c.isGone() {
		return
	}
	once := sync.OnceFunc(func() {
		if !c.isGone() {
			arrive()
		}
	})
	if !way.send(size, once) {
		way.after(timeout, func() { c.deliver(way, size, min(2*timeout, mostTimeout), arrive) })
	}
}

// chunk is some bytes on their way; the last one has none.
type chunk struct {
	data    []byte
	arrived chan struct{}
}

// carry carries one direction until it ends, which it tells the other side, or until the connection's address is gone: then what is sent is
// taken and lost, until the sender gives up.
func (c *connection) carry(ctx context.Context, cancel func(), way *path, timeout time.Duration, from, to net.Conn) {
	flight := make(chan chunk, window)
	var writer sync.WaitGroup
	writer.Go(func() {
		if c.write(ctx, flight, to) != nil {
			cancel() // nobody takes what is sent: both sides hear of it
		}
	})
	defer writer.Wait()
	defer close(flight)
	for {
		data := make([]byte, chunkSize)
		n, _ := from.Read(data) // the error comes again without data
		segment := chunk{data[:n], make(chan struct{})}
		select {
		case flight <- segment:
			c.deliver(way, n+tcpHeader, timeout, func() { close(segment.arrived) })
		case <-c.moved:
			_, _ = io.Copy(io.Discard, from)
			return
		case <-ctx.Done():
			return
		}
		if n == 0 {
			return
		}
	}
}

// write hands over what has arrived, in order.
func (c *connection) write(ctx context.Context, flight <-chan chunk, to net.Conn) error {
	for segment := range flight {
		select {
		case <-segment.arrived:
		case <-c.moved:
			return nil
		case <-ctx.Done():
			return nil
		}
		if len(segment.data) == 0 {
			return endOf(to)
		}
		if _, err := to.Write(segment.data); err != nil {
			return err
		}
	}
	return nil
}

// endOf tells the end of one direction.
func endOf(to net.Conn) error {
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return to.Close()
}
