package transport

import (
	"bytes"
	"context"
	"crypto"
	_ "crypto/sha256" // the hashes of fingerprints
	_ "crypto/sha512"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/sdp/v3"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/packetio"
)

// sleepAfter is how long after its last packet a DTLS connection goes to sleep. Until then the client may ask for the end of the handshake
// again, or send more.
const sleepAfter = 10 * time.Second

// flightBytes bounds what a client may send of DTLS, as pion/dtls would keep megabytes of a handshake. An honest client needs less than a tenth.
const flightBytes = 64 << 10

var (
	errFingerprint = errors.New("transport: the client's certificate is not the one of its offer")
	errNoProfile   = errors.New("transport: no SRTP protection profile in common")
)

// fingerprintHashes are those that an offer's fingerprints may be made with (RFC 8122, section 5, without what is broken).
var fingerprintHashes = map[string]crypto.Hash{"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512}

// fingerprints reads the fingerprints of an offer: "hash octets", in lower case.
func fingerprints(d *sdp.SessionDescription) (all []string, err error) {
	add := func(attributes []sdp.Attribute) {
		for _, a := range attributes {
			if a.Key == "fingerprint" && len(all) < maxLayers {
				value := strings.ToLower(strings.ReplaceAll(a.Value, ":", ""))
				name, _, _ := strings.Cut(value, " ")
				if _, known := fingerprintHashes[name]; known {
					all = append(all, value)
				}
			}
		}
	}
	for _, m := range d.MediaDescriptions {
		if add(m.Attributes); len(all) > 0 {
			return all, nil // all sections are bundled with the first
		}
	}
	if add(d.Attributes); len(all) == 0 {
		return nil, errors.New("no fingerprint of a hash that is accepted")
	}
	return all, nil
}

// verify accepts the certificate that the offer named and no other.
func (c *directConn) verify(certificates [][]byte, _ [][]*x509.Certificate) error {
	if len(certificates) == 0 {
		return errFingerprint
	}
	c.mu.Lock()
	accepted := c.peerPrints
	c.mu.Unlock()
	for _, print := range accepted {
		name, octets, _ := strings.Cut(print, " ")
		want, err := hex.DecodeString(octets)
		if err != nil {
			continue
		}
		hash := fingerprintHashes[name].New()
		hash.Write(certificates[0])
		if bytes.Equal(hash.Sum(nil), want) {
			return nil
		}
	}
	return errFingerprint
}

// handshakePacket takes a DTLS packet from an address that passed a check. The first one begins the handshake.
func (c *directConn) handshakePacket(packet []byte) {
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	if c.closed.Load() {
		return
	}
	switch {
	case c.established && helloOfClient(packet):
		c.direct.drops.count(SecondHello)
		return
	case c.established && unprotected(packet):
		c.direct.drops.count(Forged)
		return
	case c.taken+len(packet) > flightBytes:
		c.direct.drops.count(HandshakeOverflow)
		return
	}
	if c.asleep != nil && !c.wakeUp() {
		return
	}
	c.sleepAt = c.direct.config.Now() + c.direct.sleepAfter.Nanoseconds()
	if c.flights == nil {
		c.flights = newFlights()
		ctx, cancel := context.WithTimeout(context.Background(), c.direct.patience)
		c.cancel = cancel
		c.running.Go(func() {
			defer cancel()
			if err := c.handshake(ctx); err != nil {
				c.direct.config.Log.Debug("a handshake failed", "error", err)
				c.end()
			}
		})
	}
	c.taken += len(packet)
	_, _ = c.flights.Write(packet) // nobody reads it after the end
}

func newFlights() *packetio.Buffer {
	b := packetio.NewBuffer()
	b.SetLimitSize(flightBytes)
	return b
}

// putToSleep keeps of a DTLS connection that has done its work only what it takes to go on: its goroutines and buffers are most of
// what an idle listener costs. c.handshakeMu is not held.
func (c *directConn) putToSleep(now int64) {
	c.handshakeMu.Lock()
	defer c.handshakeMu.Unlock()
	if !c.established || c.asleep != nil || now < c.sleepAt || c.closed.Load() {
		return
	}
	_ = c.flights.Close() // ends its goroutines; a client that is gone is known by its silence
	<-c.drained           // so that no more is sealed with the numbers that the state goes on from
	state, ok := c.secure.ConnectionState()
	if !ok {
		return
	}
	c.asleep, c.secure, c.flights = &state, nil, nil
}

// wakeUp goes on with a DTLS connection that sleeps, for a packet of the client or to say goodbye; c.handshakeMu is held.
func (c *directConn) wakeUp() bool {
	flights := newFlights()
	secure, err := dtls.ResumeWithOptions(c.asleep, &handshakeSocket{c, flights}, &net.UDPAddr{},
		dtls.WithCertificates(c.direct.certificate), dtls.WithInsecureSkipVerify(true), // it was verified in the handshake
		dtls.WithLoggerFactory(pionLoggers{c.direct.config.Log}))
	if err == nil {
		err = secure.HandshakeContext(context.Background()) // which does not wait: there is none
	}
	if err != nil {
		c.direct.config.Log.Warn("a DTLS connection cannot go on", "error", err)
		return false
	}
	c.asleep, c.secure, c.flights, c.drained = nil, secure, flights, c.drain(secure)
	return true
}

// drain takes the data that a client sends on its DTLS connection. There is no use for any, but untaken it would hold up all that comes behind
// it. The channel is closed when no more can come.
func (c *directConn) drain(secure *dtls.Conn) <-chan struct{} {
	drained := make(chan struct{})
	c.running.Go(func() {
		defer close(drained)
		for {
			if _, err := secure.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
				return
			}
		}
	})
	return drained
}

// helloOfClient recognizes an unencrypted ClientHello (RFC 6347, section 4.3).
func helloOfClient(packet []byte) bool {
	const clientHello = 1
	return len(packet) > recordHeader && packet[0] == recordHandshake && packet[3] == 0 && packet[4] == 0 && packet[recordHeader] == clientHello
}

// unprotected tells whether a packet holds anything in the clear but the end of a handshake, which a client repeats when the server's answer is
// lost. After the handshake nothing else in the clear is the client's: anyone who can forge an address can send it.
func unprotected(packet []byte) bool {
	for len(packet) >= recordHeader {
		epoch, size := binary.BigEndian.Uint16(packet[3:]), int(binary.BigEndian.Uint16(packet[11:]))
		if epoch == 0 && packet[0] != recordHandshake && packet[0] != recordChangeCipher {
			return true
		}
		packet = packet[min(recordHeader+size, len(packet)):]
	}
	return false
}

// Of DTLS records (RFC 6347, section 4.1).
const (
	recordHeader       = 13 // bytes: type, version, epoch, number and length
	recordChangeCipher = 20
	recordHandshake    = 22
)

// handshake makes the keys of the connection, as the DTLS server (RFC 5763, section 5).
func (c *directConn) handshake(ctx context.Context) error {
	secure, err := dtls.ServerWithOptions(&handshakeSocket{c, c.flights}, &net.UDPAddr{},
		dtls.WithCertificates(c.direct.certificate),
		dtls.WithClientAuth(dtls.RequireAnyClientCert),
		dtls.WithVerifyPeerCertificate(c.verify),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		// The client's address is known to be its own: it passed a connectivity check.
		dtls.WithInsecureSkipVerifyHello(true),
		dtls.WithFlightInterval(flightInterval),
		dtls.WithLoggerFactory(pionLoggers{c.direct.config.Log}),
	)
	if err != nil {
		return err
	}
	c.handshakeMu.Lock()
	c.secure = secure
	c.handshakeMu.Unlock()
	if err := secure.HandshakeContext(ctx); err != nil {
		return errors.Join(err, secure.Close())
	}
	if err := c.useKeys(secure); err != nil {
		return errors.Join(err, secure.Close())
	}
	c.handshakeMu.Lock()
	if c.closed.Load() { // and Close has not seen what it should close
		c.handshakeMu.Unlock()
		return secure.Close()
	}
	c.established, c.drained = true, c.drain(secure)
	c.handshakeMu.Unlock()
	c.heard.Store(c.direct.config.Now())
	c.setState(Connected)
	return nil
}

// useKeys begins to take and to send media with the keys of the handshake (RFC 5764, section 4.2).
func (c *directConn) useKeys(secure *dtls.Conn) error {
	profile, ok := secure.SelectedSRTPProtectionProfile()
	if !ok {
		return errNoProfile
	}
	state, ok := secure.ConnectionState()
	if !ok {
		return errNoProfile
	}
	keys := &srtp.Config{Profile: srtp.ProtectionProfile(profile)} // both are numbered as in the IANA registry
	if err := keys.ExtractSessionKeysFromDTLS(&state, false); err != nil {
		return fmt.Errorf("transport: keys: %w", err)
	}
	incoming, err := srtp.CreateContext(keys.Keys.RemoteMasterKey, keys.Keys.RemoteMasterSalt, keys.Profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
	if err != nil {
		return fmt.Errorf("transport: keys: %w", err)
	}
	opener, err := newOpener(keys, incoming)
	if err != nil {
		return fmt.Errorf("transport: keys: %w", err)
	}
	reports, err := srtp.CreateContext(keys.Keys.LocalMasterKey, keys.Keys.LocalMasterSalt, keys.Profile)
	if err != nil {
		return fmt.Errorf("transport: keys: %w", err)
	}
	sealer, err := newSealer(keys)
	if err != nil {
		return fmt.Errorf("transport: keys: %w", err)
	}
	c.ingressMu.Lock()
	c.ingress.context, c.ingress.opener, c.ingress.tag = incoming, opener, sealer.tag
	c.ingressMu.Unlock()
	c.reportMu.Lock()
	c.reports = reports
	c.reportMu.Unlock()
	c.sealer.Store(sealer)
	return nil
}

// endHandshake tells the client of the end and ends the goroutines of the handshake.
func (c *directConn) endHandshake() {
	c.handshakeMu.Lock()
	if c.asleep != nil {
		c.wakeUp()
	}
	flights, secure, established, cancel := c.flights, c.secure, c.established, c.cancel
	c.handshakeMu.Unlock()
	if flights == nil {
		return
	}
	if established {
		_ = secure.Close() // whoever is not told finds out by itself
	}
	cancel()
	_ = flights.Close()
}

// handshakeSocket is the DTLS server's view of the media socket: what came of its connection, and the way to the client.
type handshakeSocket struct {
	conn    *directConn
	flights *packetio.Buffer
}

// ReadFrom implements net.PacketConn.
func (s *handshakeSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := s.flights.Read(b)
	return n, &net.UDPAddr{}, err
}

// WriteTo implements net.PacketConn.
func (s *handshakeSocket) WriteTo(b []byte, _ net.Addr) (int, error) {
	if to := s.conn.path.Load(); to != nil {
		_ = s.conn.worker.socket.Send(b, to.Path) // a lost flight is sent again
	}
	return len(b), nil
}

// Close is called at the end of the connection, also when the client ended it.
func (s *handshakeSocket) Close() error {
	s.conn.end()
	return s.flights.Close()
}

// LocalAddr implements net.PacketConn.
func (s *handshakeSocket) LocalAddr() net.Addr { return &net.UDPAddr{} }

// SetDeadline implements net.PacketConn.
func (s *handshakeSocket) SetDeadline(t time.Time) error { return s.flights.SetReadDeadline(t) }

// SetReadDeadline implements net.PacketConn.
func (s *handshakeSocket) SetReadDeadline(t time.Time) error { return s.flights.SetReadDeadline(t) }

// SetWriteDeadline implements net.PacketConn; a write does not wait.
func (s *handshakeSocket) SetWriteDeadline(time.Time) error { return nil }
