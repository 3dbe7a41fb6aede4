// Package client is how a load test gets into meetings: as a planner it makes meetings and invitations by the REST interface, and as a
// participant it trades an invitation for a ticket and opens a WebSocket with it, as the browser client does.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/rooms/api"
	"diemcau/signaling/protocol"
)

// Error is a failure that whoever runs the test can do something about.
type Error struct {
	Text string
	Hint string // what to do; may be empty
	Err  error  // may be nil
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Text + ": " + e.Err.Error()
	}
	return e.Text
}

func (e *Error) Unwrap() error { return e.Err }

// Server is the server under test.
type Server struct {
	base  string // scheme, host and port
	token string
	host  string // without a port
	http  *http.Client
	tls   *tls.Config
}

// timeout bounds one request.
const timeout = 10 * time.Second

// New names a server by its address, with the administrator's token and, for HTTPS, how to trust it.
func New(address *url.URL, token string, trust *tls.Config) *Server {
	return &Server{
		base: address.Scheme + "://" + address.Host, token: token, host: address.Hostname(), tls: trust,
		http: &http.Client{Timeout: timeout, Transport: &http.Transport{TLSClientConfig: trust, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute}},
	}
}

// Loopback tells whether the server is reached by the loopback interface.
func (s *Server) Loopback() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || ip != nil && ip.IsLoopback()
}

// Close lets go of connections that are idle.
func (s *Server) Close() { s.http.CloseIdleConnections() }

// meetingLength is until when a meeting of the test is planned: one that the test cannot end, for it was killed, ends by itself.
const meetingLength = 12 * time.Hour

// CreateMeeting makes a meeting that is on now and gives its id.
func (s *Server) CreateMeeting(ctx context.Context, subject, speaking string) (id string, err error) {
	now := time.Now().UTC()
	var made struct {
		ID string `json:"id"`
	}
	err = s.post(ctx, "/api/v1/meetings", true, api.Plan{
		Subject: subject, Start: now, End: now.Add(meetingLength), Chair: api.Person{Name: "Chủ trì thử tải"}, Speaking: speaking,
	}, &made)
	return made.ID, err
}

// Invite makes an invitation to a meeting.
func (s *Server) Invite(ctx context.Context, meeting string, seat api.Seat) (invitation string, err error) {
	var made struct {
		Token string `json:"token"`
	}
	err = s.post(ctx, "/api/v1/meetings/"+url.PathEscape(meeting)+"/invitations", true, seat, &made)
	return made.Token, err
}

// Ticket trades an invitation for a ticket.
func (s *Server) Ticket(ctx context.Context, invitation string) (ticket string, err error) {
	var made struct {
		Ticket string `json:"ticket"`
	}
	err = s.post(ctx, "/api/v1/tickets", false, map[string]string{"invitation": invitation}, &made)
	return made.Ticket, err
}

func (s *Server) post(ctx context.Context, path string, administrator bool, body, answer any) error {
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if administrator {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := s.http.Do(r)
	if err != nil {
		return s.unreachable(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err = io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return s.unreachable(err)
	}
	if response.StatusCode != http.StatusCreated {
		return refused(path, response.Status, raw)
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return &Error{Text: "the answer to " + path + " cannot be read", Hint: isItOurs, Err: err}
	}
	return nil
}

const isItOurs = "Is it a server of Điểm Cầu that answers there?"

func (s *Server) unreachable(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	hint := "Start it with ./bin/diemcau serve, or name its address with --server."
	if strings.HasPrefix(s.base, "https:") {
		hint += " A certificate that this machine does not trust needs its root: --ca DATA/tls/ca.crt."
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the address is in the text
	}
	return &Error{Text: s.base + " does not answer", Hint: hint, Err: err}
}

// hints are what to do about a refusal, by its code.
var hints = map[string]string{
	"unauthorized":     "The token is in the file admin-token of the server's data directory: name it with --token-file, or set DIEMCAU_ADMIN_TOKEN.",
	"meeting_not_open": "People can enter shortly before a meeting's start: calendar.join_before_minutes of the server's configuration. Without --meeting the load test makes meetings of its own.",
	"meeting_closed":   "Without --meeting the load test makes meetings of its own.",
	"not_found":        "--meeting takes the id of a meeting as GET /api/v1/meetings lists them. Without it the load test makes meetings of its own.",
	"unavailable":      "The server's Redis does not keep up: join more slowly with --join-rate.",
}

// refused reads a problem of RFC 9457.
func refused(path, status string, body []byte) error {
	var p struct {
		Code     string `json:"code"`
		DetailEn string `json:"detail_en"`
		TitleEn  string `json:"title_en"`
		Field    string `json:"field"`
	}
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		return &Error{Text: path + " was answered by " + status, Hint: isItOurs}
	}
	text := fmt.Sprintf("the server refused %s with %s: %s%s", path, p.Code, p.DetailEn, p.TitleEn)
	if p.Field != "" {
		text += " (" + p.Field + ")"
	}
	return &Error{Text: text, Hint: hints[p.Code]}
}

// socketsPerAddress is how many sockets of the test share a loopback address: the server takes 256 from one, those of browsers included.
const socketsPerAddress = 200

// Dial opens the WebSocket of participant number n with a ticket.
func (s *Server) Dial(ctx context.Context, ticket string, n int) (*Conn, error) {
	var dialer net.Dialer
	// All of 127.0.0.0/8 is this machine on Linux; others know 127.0.0.1 only.
	if runtime.GOOS == "linux" && (s.host == "localhost" || strings.HasPrefix(s.host, "127.")) {
		n /= socketsPerAddress
		dialer.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, 0, byte(n/250), byte(1+n%250))}
	}
	d := websocket.Dialer{
		NetDialContext: dialer.DialContext, TLSClientConfig: s.tls, HandshakeTimeout: timeout, ReadBufferSize: 4096, WriteBufferSize: 1024,
		Subprotocols: []string{protocol.Version, protocol.TicketPrefix + ticket},
	}
	ws, response, err := d.DialContext(ctx, "ws"+strings.TrimPrefix(s.base, "http")+"/ws", nil)
	switch {
	case errors.Is(err, websocket.ErrBadHandshake):
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16)) // what is there is enough
		return nil, socketRefused(response.StatusCode, response.Status, body)
	case err != nil:
		return nil, s.unreachable(err)
	}
	return newConn(ws), nil
}

func socketRefused(code int, status string, body []byte) error {
	err := refused("/ws", status, body)
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	switch code {
	case http.StatusTooManyRequests:
		e.Hint = "A server takes 256 sockets from one address. On the server's own machine, by its loopback address, the load test has many addresses."
	case http.StatusForbidden:
		e.Hint = "The meeting has ended, or cannot be entered yet."
	}
	return e
}
