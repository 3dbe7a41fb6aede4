package signaling

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/gorilla/websocket"

	"diemcau/rooms/calendar"
	"diemcau/signaling/protocol"
)

// serveSocket opens a WebSocket for who has a ticket or a resume token. Whoever has none is refused before the upgrade.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		s.refuse(w, r, errUnknownMethod)
		return
	}
	if !s.allowedOrigin(r) {
		s.refuse(w, r, errRefused)
		return
	}
	offered := websocket.Subprotocols(r)
	if !websocket.IsWebSocketUpgrade(r) || !slices.Contains(offered, protocol.Version) {
		s.refuse(w, r, errBadRequest)
		return
	}
	leaveAddress, err := s.enterAddress(r.RemoteAddr)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	upgraded := false
	defer func() {
		if !upgraded {
			leaveAddress()
		}
	}()
	// The socket outlives the request.
	ctx := context.Background()
	c, hold, err := s.redeem(ctx, offered)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	header := http.Header{"Sec-Websocket-Protocol": {protocol.Version}}
	ws, err := s.upgrader.Upgrade(w, r, header)
	if err != nil {
		s.release(c)
		s.log.Debug("a socket was not opened", "error", err)
		return
	}
	// Not on the request's goroutine, which keeps the request and its buffers: most sockets are quiet for hours.
	upgraded = true
	host := hostOf(r)
	go func() {
		defer leaveAddress()
		defer s.survive(ws)
		s.converse(ctx, ws, host, c, hold)
	}()
}

// survive keeps a fault in one socket from ending all.
func (s *Server) survive(ws *websocket.Conn) {
	if fault := recover(); fault != nil {
		s.log.Error("panic in a socket", "panic", fault, "stack", string(debug.Stack()))
		_ = ws.Close()
	}
}

// holding gives a session its seat, or returns errUnproven.
type holding func(context.Context, *session) error

// redeem takes the credential of a socket: the one sub-protocol beside the version. The coordinator is acquired.
func (s *Server) redeem(ctx context.Context, offered []string) (*coordinator, holding, error) {
	offered = slices.DeleteFunc(slices.Clone(offered), func(p string) bool { return p == protocol.Version })
	if len(offered) != 1 {
		return nil, nil, errNoCredential
	}
	if token, ok := strings.CutPrefix(offered[0], protocol.ResumePrefix); ok {
		return s.redeemResume(ctx, token)
	}
	ticket, ok := strings.CutPrefix(offered[0], protocol.TicketPrefix)
	if !ok {
		return nil, nil, errNoCredential
	}
	claims, err := s.access.RedeemTicket(ctx, ticket)
	if err != nil {
		return nil, nil, err
	}
	plan, err := s.admit(ctx, claims.Meeting)
	if err != nil {
		return nil, nil, err
	}
	c, err := s.acquire(ctx, claims.Meeting)
	if err != nil {
		return nil, nil, err
	}
	if err := c.call(ctx, c.enterable); err != nil {
		s.release(c)
		return nil, nil, err
	}
	return c, func(ctx context.Context, session *session) error { return c.join(ctx, session, claims, plan) }, nil
}

func (s *Server) redeemResume(ctx context.Context, token string) (*coordinator, holding, error) {
	id, seat, ok := readResumeToken(token)
	if !ok {
		return nil, nil, errNoCredential
	}
	c, err := s.acquire(ctx, id)
	if errors.Is(err, calendar.ErrNotFound) {
		err = errNoCredential // as for a meeting that exists: a forged token must not tell
	}
	if err != nil {
		return nil, nil, err
	}
	err = c.call(ctx, func() error {
		if !c.mayResume(seat, token) {
			return errNoCredential
		}
		return nil
	})
	if err != nil {
		s.release(c)
		return nil, nil, err
	}
	return c, func(ctx context.Context, session *session) error { return c.resume(ctx, session, seat, token) }, nil
}

// converse serves a socket until it ends.
func (s *Server) converse(ctx context.Context, ws *websocket.Conn, host string, c *coordinator, hold holding) {
	id := newID()[:10]
	session := &session{
		id: id, number: s.sessions.Add(1), host: host, server: s, conn: newConn(ws, s.timing, s.counters.close), log: c.log.With("socket", id), meeting: c,
		hold: hold,
	}
	// Until it has entered no meeting tells it that the server stops.
	unwatch := context.AfterFunc(s.serving, func() { session.conn.out.close(closeRestart, "restart") })
	session.settled = sync.OnceFunc(func() {
		unwatch()
		s.release(c)
	})
	defer session.settled()
	written := make(chan struct{})
	go func() {
		defer close(written)
		session.conn.write()
	}()
	session.enter(ctx)
	session.run(ctx)
	session.conn.stop()
	<-written
	_ = ws.Close()
}

// allowedOrigin reports whether a browser may connect from where it says. Others say nothing, and need a ticket anyway.
func (s *Server) allowedOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	allowed := s.origins
	if len(allowed) == 0 {
		// Whoever reaches the server under a name that leads to it; a name of an attacker's own gives no ticket.
		allowed = []string{"http://" + r.Host}
		if r.TLS != nil {
			allowed = []string{"https://" + r.Host}
		}
	}
	return len(origins) == 1 && slices.Contains(allowed, origins[0])
}

// enterAddress counts a socket of an address. Forwarding headers say nothing: anybody can write them.
func (s *Server) enterAddress(remote string) (leave func(), err error) {
	address := netip.IPv6Unspecified()
	if parsed, err := netip.ParseAddrPort(remote); err == nil {
		address = parsed.Addr().Unmap().WithZone("")
	}
	bits := address.BitLen()
	if address.Is6() {
		bits = 64
	}
	network, _ := address.Prefix(bits)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopping:
		return nil, errRestarting
	case s.addresses[network] >= s.perAddr:
		return nil, errTooMany
	}
	s.addresses[network]++
	s.goroutines.Add(1)
	return func() {
		defer s.goroutines.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.addresses[network]--; s.addresses[network] == 0 {
			delete(s.addresses, network)
		}
	}, nil
}
