package relay

import (
	"bufio"
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// tape is a connection that a client has written all it will to.
type tape struct {
	net.Conn
	bytes.Reader
}

func (t *tape) Read(b []byte) (int, error)          { return t.Reader.Read(b) }
func (*tape) SetReadDeadline(time.Time) error       { return nil }
func (*tape) RemoteAddr() net.Addr                  { return &net.TCPAddr{} }
func (*tape) WriteTo([]byte, net.Addr) (int, error) { return 0, net.ErrClosed }

// Whatever a client writes to its connection, pion/turn is handed messages with something in them, no more than was written, and an end.
func FuzzConnection(f *testing.F) {
	f.Add(stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.NewSoftware("a")).Raw)
	f.Add([]byte("\x40\x00\x00\x05media\x00\x00\x00\x40\x01\x00\x00\x40\x02\x00\x01a\x00\x00\x00"))
	wrapped := stun.MustBuild(stun.TransactionID, stun.BindingRequest).Raw
	wrapped[2], wrapped[3] = 0xff, 0xec
	f.Add(wrapped)
	f.Add([]byte{0x40, 0, 0xff, 0xfd, 0, 0, 0, 0, 0})
	f.Add(stun.MustBuild(stun.TransactionID, request(stun.MethodChannelBind), peer(netip.MustParseAddrPort("127.0.0.1:6379"))).Raw)
	f.Fuzz(func(t *testing.T, data []byte) {
		conn := &tape{}
		conn.Reset(data)
		s := &Server{config: Config{Media: func() []netip.AddrPort { return nil }}}
		c := &client{Conn: conn, reader: bufio.NewReaderSize(conn, longestPacket), server: s}
		packets, b, total := turn.NewSTUNConn(c), make([]byte, longestPacket+1), 0
		for {
			n, _, err := packets.ReadFrom(b)
			if err != nil {
				return
			}
			if total += n; n == 0 || total > len(data) {
				t.Fatalf("%d bytes of a message, %d in all of %d", n, total, len(data))
			}
		}
	})
}
