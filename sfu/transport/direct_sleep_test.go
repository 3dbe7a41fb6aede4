package transport

import (
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/codec"
)

// While its DTLS connection sleeps, a client is sent media; when it hangs up that is known at once, and so is a hang-up of the server's.
func TestASleepingConnectionIsAsGoodAsOneThatIsAwake(t *testing.T) {
	d := open(t, "direct").(*Direct)
	d.sleepAfter = 0
	asleep := func(c *directConn) func() bool {
		return func() bool {
			c.handshakeMu.Lock()
			defer c.handshakeMu.Unlock()
			return c.asleep != nil && c.secure == nil && c.flights == nil
		}
	}
	for _, ends := range []string{"client", "server"} {
		s, c := newServer(), newClient(t)
		conn := connect(t, d, s)
		c.slots(0, 1)
		a := established(t, conn, s, c)
		until(t, "sleep", asleep(conn.(*directConn)))
		slot := a.Slots[0]
		header := rtp.Header{Version: 2, PayloadType: slot.Payload[codec.Opus].Media, SSRC: slot.SSRC}
		until(t, "packet", func() bool {
			header.SequenceNumber++
			must(t, slot.Out.WriteRTP(&header, make([]byte, 50)))
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.received["audio0"] > 5
		})
		if ends == "client" {
			c.end()
			until(t, "hang-up", s.look(func() bool { return s.states[len(s.states)-1] == Failed }))
			continue
		}
		must(t, conn.Close())
		until(t, "hang-up", func() bool { return c.pc.ConnectionState() == webrtc.PeerConnectionStateClosed })
	}
}
