package tcp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// MaxPacket is the length of the longest packet that a Stream takes, in bytes.
const MaxPacket = 2048

const (
	// idle is how long an admitted stream may be silent: clients make a connectivity check every few seconds.
	idle = time.Minute
	// writePatience is how long the client's side may take nothing, and farewell how long after the end.
	writePatience = 10 * time.Second
	farewell      = time.Second
	// maxWaiting bounds what waits for a client that reads slowly, in bytes: a second of the best picture. More would only be late.
	maxWaiting = 256 << 10
	lengthSize = 2 // RFC 4571, section 2
)

// Errors of a Stream.
var (
	ErrTooLong = errors.New("tcp: longer than any packet")
	ErrFull    = errors.New("tcp: the client reads too slowly")
)

// Stream carries packets both ways over one connection. One goroutine reads and admits; any may send and close.
type Stream struct {
	conn   net.Conn
	reader *bufio.Reader
	packet [MaxPacket]byte
	ready  chan struct{} // something waits, or the end has come

	// Of the reader.
	deadline time.Time
	admitted bool

	mu      sync.Mutex // guards what follows; nobody waits while holding it
	waiting []byte     // frames
	closed  bool
}

// NewStream takes a connection over, until Close. Unless it is admitted, reading ends when its patience does.
func NewStream(conn net.Conn, patience time.Duration) *Stream {
	s := &Stream{conn: conn, reader: bufio.NewReaderSize(conn, lengthSize+MaxPacket), ready: make(chan struct{}, 1), deadline: time.Now().Add(patience)}
	_ = conn.SetReadDeadline(s.deadline) // where it fails, so does the first read
	go s.write()
	return s
}

// Remote is the client's end of the connection.
func (s *Stream) Remote() netip.AddrPort { return AddrPort(s.conn.RemoteAddr()) }

// Local is the connection's end on this host.
func (s *Stream) Local() netip.AddrPort { return AddrPort(s.conn.LocalAddr()) }

// Admit lets the stream last: its client has shown who it is.
func (s *Stream) Admit() { s.admitted = true }

// Admitted tells whether it was admitted.
func (s *Stream) Admitted() bool { return s.admitted }

// Read waits for the next packet, which is the caller's until the next Read. It returns ErrTooLong for a frame that no packet needs, after
// which nothing more can be read; os.ErrDeadlineExceeded when the stream was not admitted in time, or silent for too long; and the
// connection's errors.
func (s *Stream) Read() ([]byte, error) {
	if err := s.extend(); err != nil {
		return nil, err
	}
	length, err := s.reader.Peek(lengthSize)
	if err != nil {
		return nil, err
	}
	n := int(binary.BigEndian.Uint16(length))
	if n > MaxPacket {
		return nil, ErrTooLong
	}
	if _, err := s.reader.Discard(lengthSize); err != nil {
		return nil, err
	}
	_, err = io.ReadFull(s.reader, s.packet[:n])
	return s.packet[:n:n], err
}

// extend gives an admitted stream more time.
func (s *Stream) extend() error {
	if now := time.Now(); s.admitted && s.deadline.Sub(now) < idle/2 {
		s.deadline = now.Add(idle)
		return s.conn.SetReadDeadline(s.deadline)
	}
	return nil
}

// Buffered tells whether the next packet is there already.
func (s *Stream) Buffered() bool {
	if s.reader.Buffered() < lengthSize {
		return false
	}
	length, err := s.reader.Peek(lengthSize)
	return err == nil && s.reader.Buffered() >= lengthSize+int(binary.BigEndian.Uint16(length))
}

// Send queues a packet, which it does not keep, without waiting. It returns ErrFull where too much waits already and net.ErrClosed after
// the end.
func (s *Stream) Send(packet []byte) error {
	if len(packet) > MaxPacket {
		return ErrTooLong
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	if len(s.waiting)+lengthSize+len(packet) > maxWaiting {
		s.mu.Unlock()
		return ErrFull
	}
	s.waiting = append(binary.BigEndian.AppendUint16(s.waiting, uint16(len(packet))), packet...)
	s.mu.Unlock()
	s.signal()
	return nil
}

// Close ends the stream after what was queued. It does not wait.
func (s *Stream) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
	return nil
}

func (s *Stream) signal() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// write sends what waits until the end.
func (s *Stream) write() {
	defer s.conn.Close()
	var sending []byte
	for range s.ready {
		s.mu.Lock()
		sending, s.waiting = s.waiting, sending[:0]
		closed := s.closed
		s.mu.Unlock()
		limit := writePatience
		if closed {
			limit = farewell
		}
		if len(sending) > 0 {
			_ = s.conn.SetWriteDeadline(time.Now().Add(limit)) // where it fails, so does the write
			if _, err := s.conn.Write(sending); err != nil {
				closed = true
			}
		}
		if closed {
			break
		}
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
}
