package signaling

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"diemcau/signaling/protocol"
)

// timing holds the deadlines and the pace of connections. Tests change them.
type timing struct {
	ping     time.Duration // between two pings of the server
	pongWait time.Duration // without any sign of the client, until its socket counts as lost
	write    time.Duration // for one frame
	farewell time.Duration // for the client to close after the server has
	silence  time.Duration // of WHIP or WHEP media once they are disconnected, until their seat is shown as lost
	resume   time.Duration // for which a lost seat is kept
	floor    time.Duration // for which a lost floor-holder is kept
	links    time.Duration // between two tellings of how links have changed
	ack      time.Duration // that an acknowledgement waits for the store
	offer    time.Duration // for one offer to be answered
	test     time.Duration // after which a link test ends
	restart  time.Duration // that clients are told to wait for when the server stops
	rate     rate.Limit    // messages that a client may send per second on average, pings included
	burst    int           // messages that a client may send at once
}

var defaultTiming = timing{
	// Who is silent is shown as gone within 20 s of the last packet, also over a link that is slow; who is back after a minute has the seat.
	ping: 5 * time.Second, pongWait: 15 * time.Second, write: 5 * time.Second, farewell: time.Second, silence: 10 * time.Second,
	resume: time.Minute, floor: time.Minute, links: 2 * time.Second, ack: 500 * time.Millisecond, offer: 10 * time.Second, test: 15 * time.Second, restart: time.Second,
	rate: 40, burst: 120,
}

// maxRefusals is how many messages in a row may be refused for being too many before the socket is closed.
const maxRefusals = 50

// conn is one WebSocket. Its reader is the goroutine that calls read, its writer the one that calls write.
type conn struct {
	ws      *websocket.Conn
	out     *outbox
	limiter *rate.Limiter
	timing  timing
	ending  atomic.Bool // the close frame is written
	stopped chan struct{}
	onClose func(code int) // told when the server closes
}

func newConn(ws *websocket.Conn, t timing, onClose func(int)) *conn {
	return &conn{
		ws: ws, out: newOutbox(), limiter: rate.NewLimiter(t.rate, t.burst), timing: t,
		stopped: make(chan struct{}), onClose: onClose,
	}
}

// errBinary is a frame of the wrong kind.
var errBinary = errors.New("signaling: binary frame")

// read gives each frame to handle until the socket ends. The frame is handle's to keep; tooMany is how long the client
// should wait where it sent more than it may. alive is told of each ping of the client's and each answer to one.
func (c *conn) read(handle func(frame []byte, err error, tooMany time.Duration), alive func()) {
	c.ws.SetReadLimit(protocol.MaxFrame)
	c.ws.SetPongHandler(func(string) error {
		c.extend()
		alive()
		return nil
	})
	c.ws.SetPingHandler(func(data string) error {
		c.extend()
		alive()
		if c.take() > 0 {
			return nil
		}
		err := c.ws.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(c.timing.write))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	for {
		c.extend()
		kind, reader, err := c.ws.NextReader()
		if err != nil {
			return
		}
		frame, err := io.ReadAll(reader)
		if err != nil {
			return
		}
		if kind != websocket.TextMessage {
			err = errBinary
		}
		handle(frame, err, c.take())
	}
}

// extend gives the client another pongWait to show a sign of life, unless the socket is closing.
func (c *conn) extend() {
	if !c.ending.Load() {
		_ = c.ws.SetReadDeadline(time.Now().Add(c.timing.pongWait))
	}
}

// take counts one message and returns how long the client should wait, which is 0 while it keeps within its rate.
func (c *conn) take() time.Duration {
	if c.limiter.Allow() {
		return 0
	}
	return time.Duration(float64(time.Second) / float64(c.timing.rate))
}

// write writes what comes into the outbox until stop is called, the client does not take it, or the outbox is closed; the
// reader then ends too.
func (c *conn) write() {
	ping := time.NewTicker(c.timing.ping)
	defer ping.Stop()
	for {
		select {
		case <-c.stopped:
			return
		case <-ping.C:
			if !c.ping() {
				return
			}
		case <-c.out.wake:
			frames, end := c.out.take()
			if !c.writeAll(frames) {
				_ = c.ws.Close()
				return
			}
			if end != nil {
				c.sayFarewell(*end)
				return
			}
		}
	}
}

// ping asks the client for a sign of life. It tells whether the socket takes it, and closes it otherwise. Any goroutine may call it.
func (c *conn) ping() bool {
	err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.timing.write))
	if err != nil {
		_ = c.ws.Close()
	}
	return err == nil
}

func (c *conn) writeAll(frames [][]byte) bool {
	for _, frame := range frames {
		_ = c.ws.SetWriteDeadline(time.Now().Add(c.timing.write))
		if err := c.ws.WriteMessage(websocket.TextMessage, frame); err != nil {
			return false
		}
	}
	return true
}

// sayFarewell closes the socket; the client has a moment to answer, for otherwise what was written could be lost with it.
func (c *conn) sayFarewell(end farewell) {
	c.onClose(end.code)
	c.ending.Store(true)
	now := time.Now()
	message := websocket.FormatCloseMessage(end.code, end.reason)
	if err := c.ws.WriteControl(websocket.CloseMessage, message, now.Add(c.timing.write)); err != nil {
		_ = c.ws.Close()
		return
	}
	_ = c.ws.SetReadDeadline(now.Add(c.timing.farewell))
}

// stop ends the writer.
func (c *conn) stop() { close(c.stopped) }
