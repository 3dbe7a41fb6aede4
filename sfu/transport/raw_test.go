package transport

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"
	"github.com/pion/transport/v4/packetio"
)

// Sections of a raw client's offer, and the SSRCs of what it sends. The SSRCs have few bits in common, so that no mutation makes one of another.
const (
	microphone = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:mic\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n" + midLine + sequenceLine
	camera     = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:cam\r\na=sendonly\r\n" + videoLines + midLine + sequenceLine +
		"a=ssrc-group:FID 3318072773 1010580540\r\na=ssrc:3318072773 cname:c\r\na=ssrc:1010580540 cname:c\r\n"
	screen     = "m=video 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:scr\r\na=sendonly\r\na=rtpmap:98 VP8/90000\r\n" + midLine + sequenceLine
	soundSlot  = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:s0\r\na=recvonly\r\na=rtpmap:111 opus/48000/2\r\n"
	videoSlot  = "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v0\r\na=recvonly\r\n" + videoLines
	videoLines = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"

	midLine      = "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
	sequenceLine = "a=extmap:2 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
	midID        = 1
	sequenceID   = 2

	microphoneSSRC = 0x0a0a0a0a
	cameraSSRC     = 0xc5c5c5c5
	repairSSRC     = 0x3c3c3c3c
)

// raw is a client under the test's control: it makes its checks itself, shakes hands with pion/dtls and seals with the keys of that, and so can send
// what no browser would.
type raw struct {
	t           *testing.T
	conn        Conn
	server      *witness
	answer      Answer
	own, theirs iceCredentials
	certificate tls.Certificate
	print       string // that the offer names
	line        *line  // that is in use
	port        int    // of the server

	flights *packetio.Buffer
	hello   []byte            // the first that was sent of the handshake
	loses   func([]byte) bool // of the server's handshake, what does not arrive
	secure  *dtls.Conn
	keys    *srtp.Config
	seal    *srtp.Context
	open    *srtp.Context
	number  uint16            // of the microphone's newest packet
	spoken  map[uint32]uint16 // numbers of the slots' newest packets

	mu      sync.Mutex
	lines   []*line
	readers sync.WaitGroup
}

// line is a socket of a raw client's, and an address of the server's.
type line struct {
	conn    *net.UDPConn
	stream  net.Conn    // in place of it: packets go over TCP
	stalled *sync.Mutex // whoever holds it keeps the line from being read
	ended   chan struct{}
	to      netip.AddrPort
	checks  chan arrived // answers to them
	media   chan arrived // RTP
	reports chan arrived // RTCP
}

type arrived struct {
	packet []byte
	from   netip.AddrPort
}

func newRaw(t *testing.T, tr Transport) *raw {
	t.Helper()
	r := &raw{t: t, server: newWitness(), own: newCredentials(), port: tr.Port(), flights: packetio.NewBuffer(), spoken: map[uint32]uint16{}}
	var err error
	r.certificate, err = selfsign.GenerateSelfSigned()
	must(t, err)
	r.print = fingerprintOf(sha256.Sum256(r.certificate.Certificate[0]))
	r.conn, err = tr.Connect(r.server, 0)
	must(t, err)
	r.line = r.opened("127.0.0.1", "127.0.0.1")
	t.Cleanup(func() {
		r.end()
		must(t, r.conn.Close())
	})
	return r
}

// up is a raw client whose connection stands.
func up(t *testing.T, tr Transport, sections ...string) *raw {
	t.Helper()
	r := newRaw(t, tr)
	r.offer(sections...)
	r.check(r.line)
	must(t, r.shake(dtls.SRTP_AEAD_AES_128_GCM))
	r.connected()
	return r
}

func (r *raw) connected() {
	r.t.Helper()
	until(r.t, "connection", r.server.look(r.server.connected))
}

// run runs a part of a test that has a name.
func (r *raw) run(name string, test func(*testing.T)) {
	whole := r.t
	whole.Run(name, func(t *testing.T) {
		r.t = t
		defer func() { r.t = whole }()
		test(t)
	})
}

// end hangs up.
func (r *raw) end() {
	if r.secure != nil {
		_ = r.secure.Close()
	}
	_ = r.flights.Close()
	r.mu.Lock()
	lines := r.lines
	r.mu.Unlock()
	for _, l := range lines {
		l.close()
	}
	r.readers.Wait()
}

// opened is one more socket, on one address and towards another.
func (r *raw) opened(on, to string) *line {
	r.t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(on), 0)))
	must(r.t, err)
	_ = conn.SetReadBuffer(4 << 20)
	return r.begun(&line{conn: conn, to: netip.AddrPortFrom(netip.MustParseAddr(to), uint16(r.port))})
}

// begun reads from a line.
func (r *raw) begun(l *line) *line {
	l.checks, l.media, l.reports = make(chan arrived, 256), make(chan arrived, 4096), make(chan arrived, 4096)
	l.ended, l.stalled = make(chan struct{}), &sync.Mutex{}
	r.mu.Lock()
	r.lines = append(r.lines, l)
	r.mu.Unlock()
	r.readers.Go(func() { r.read(l) })
	return l
}

// read sorts what arrives. What nobody asks for is let go of.
func (r *raw) read(l *line) {
	defer close(l.ended)
	b := make([]byte, 2048)
	for {
		l.stalled.Lock()
		//lint:ignore SA2001 whoever holds it is waited for
		l.stalled.Unlock()
		n, from, err := l.receive(b)
		if err != nil {
			return
		}
		packet := append([]byte(nil), b[:n]...)
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		switch {
		case n < 2:
		case packet[0] < 4:
			offerTo(l.checks, arrived{packet, from})
		case packet[0] < 64:
			if r.loses == nil || !r.loses(packet) {
				_, _ = r.flights.Write(packet)
			}
		case packet[1] >= 192 && packet[1] <= 223:
			offerTo(l.reports, arrived{packet, from})
		default:
			offerTo(l.media, arrived{packet, from})
		}
	}
}

func offerTo[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// next takes what a channel gives, which is soon.
func next[T any](t *testing.T, what string, c chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(10 * time.Second):
		t.Fatalf("no %s", what)
	}
	return v
}

// text is an offer of sections.
func (r *raw) text(sections ...string) string {
	mids := ""
	for _, s := range sections {
		_, mid, _ := strings.Cut(s, "a=mid:")
		mids += " " + mid[:strings.Index(mid, "\r")]
	}
	return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE" + mids + "\r\na=ice-ufrag:" + r.own.ufrag + "\r\na=ice-pwd:" + r.own.pwd +
		"\r\na=fingerprint:sha-256 " + r.print + "\r\na=setup:active\r\n" + strings.Join(sections, "")
}

// offer has the server answer an offer of sections.
func (r *raw) offer(sections ...string) {
	r.t.Helper()
	var err error
	r.answer, err = r.conn.Offer(r.t.Context(), r.text(sections...))
	must(r.t, err)
	r.theirs = iceCredentials{attributeOf(r.answer.SDP, "ice-ufrag"), attributeOf(r.answer.SDP, "ice-pwd")}
}

// restart offers again with new credentials: an ICE restart.
func (r *raw) restart(sections ...string) {
	r.t.Helper()
	r.own = newCredentials()
	r.offer(sections...)
}

// attributeOf is the value of an attribute that an SDP has first.
func attributeOf(sdp, name string) string {
	_, rest, _ := strings.Cut(sdp, "a="+name+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// request is a connectivity check with further attributes.
func (r *raw) request(change ...stun.Setter) []byte {
	r.t.Helper()
	setters := append([]stun.Setter{stun.BindingRequest, stun.TransactionID, stun.NewUsername(r.theirs.ufrag + ":" + r.own.ufrag)}, change...)
	m, err := stun.Build(append(setters, stun.NewShortTermIntegrity(r.theirs.pwd), stun.Fingerprint)...)
	must(r.t, err)
	return m.Raw
}

// nominated are the attributes of a check that nominates its pair.
func nominated(priority uint32) []stun.Setter {
	return []stun.Setter{ice.PriorityAttr(priority), ice.UseCandidate(), ice.AttrControlling(1)}
}

// check makes a check on a line, which nominates it, and waits for the answer.
func (r *raw) check(l *line) *stun.Message {
	r.t.Helper()
	return r.checkWith(l, nominated(1000)...)
}

func (r *raw) checkWith(l *line, change ...stun.Setter) *stun.Message {
	r.t.Helper()
	b := r.request(change...)
	l.send(b)
	m := l.answer(r.t)
	switch {
	case string(m.TransactionID[:]) != string(b[8:20]):
		r.t.Fatal("an answer to another check, or one that is no check")
	case stun.NewShortTermIntegrity(r.theirs.pwd).Check(m) != nil || stun.Fingerprint.Check(m) != nil:
		r.t.Fatal("an answer that is not made with the server's password")
	}
	return m
}

// answer is the next message of the server's about checks. It comes from where they went.
func (l *line) answer(t *testing.T) *stun.Message {
	t.Helper()
	got := next(t, "answer to a check", l.checks)
	m := &stun.Message{Raw: got.packet}
	if err := m.Decode(); err != nil || got.from != l.to {
		t.Fatalf("%v from %v", err, got.from)
	}
	return m
}

func (l *line) send(b []byte) {
	if l.stream != nil {
		_, _ = l.stream.Write(framed(b))
		return
	}
	_, _ = l.conn.WriteToUDPAddrPort(b, l.to)
}

// framed is a packet as it goes over TCP (RFC 4571).
func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)
}

// receive waits for the next packet.
func (l *line) receive(b []byte) (int, netip.AddrPort, error) {
	if l.stream == nil {
		return l.conn.ReadFromUDPAddrPort(b)
	}
	var length [2]byte
	if _, err := io.ReadFull(l.stream, length[:]); err != nil {
		return 0, netip.AddrPort{}, err
	}
	n, err := io.ReadFull(l.stream, b[:binary.BigEndian.Uint16(length[:])])
	return n, l.to, err
}

func (l *line) close() {
	if l.stream != nil {
		_ = l.stream.Close()
		return
	}
	_ = l.conn.Close()
}

func (l *line) address() netip.AddrPort {
	a := l.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// shake makes the DTLS handshake and takes the keys from it.
func (r *raw) shake(profiles ...dtls.SRTPProtectionProfile) error {
	secure, err := dtls.ClientWithOptions(&rawPipe{r}, &net.UDPAddr{}, dtls.WithCertificates(r.certificate), dtls.WithInsecureSkipVerify(true),
		dtls.WithFlightInterval(100*time.Millisecond), dtls.WithSRTPProtectionProfiles(profiles...))
	if err != nil {
		return err
	}
	if err := secure.HandshakeContext(r.t.Context()); err != nil {
		_ = secure.Close()
		return err
	}
	r.secure = secure
	state, _ := secure.ConnectionState()
	if print := fingerprintOf(sha256.Sum256(state.PeerCertificates[0])); !strings.Contains(r.answer.SDP, "a=fingerprint:sha-256 "+print) {
		return fmt.Errorf("the server's certificate is not that of its answer")
	}
	profile, _ := secure.SelectedSRTPProtectionProfile()
	r.keys = &srtp.Config{Profile: srtp.ProtectionProfile(profile)}
	if err := r.keys.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return err
	}
	if r.seal, err = srtp.CreateContext(r.keys.Keys.LocalMasterKey, r.keys.Keys.LocalMasterSalt, r.keys.Profile); err != nil {
		return err
	}
	r.open, err = srtp.CreateContext(r.keys.Keys.RemoteMasterKey, r.keys.Keys.RemoteMasterSalt, r.keys.Profile,
		srtp.SRTPReplayProtection(1<<14), srtp.SRTCPReplayProtection(1<<14))
	return err
}

// rawPipe is the DTLS client's view of a raw client's sockets.
type rawPipe struct{ r *raw }

func (p *rawPipe) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := p.r.flights.Read(b)
	return n, &net.UDPAddr{}, err
}

func (p *rawPipe) WriteTo(b []byte, _ net.Addr) (int, error) {
	if p.r.hello == nil {
		p.r.hello = append([]byte(nil), b...)
	}
	p.r.line.send(b)
	return len(b), nil
}

func (p *rawPipe) Close() error                       { return nil }
func (p *rawPipe) LocalAddr() net.Addr                { return &net.UDPAddr{} }
func (p *rawPipe) SetDeadline(t time.Time) error      { return p.r.flights.SetReadDeadline(t) }
func (p *rawPipe) SetReadDeadline(t time.Time) error  { return p.r.flights.SetReadDeadline(t) }
func (p *rawPipe) SetWriteDeadline(t time.Time) error { return nil }

func (r *raw) send(b []byte) { r.line.send(b) }

// sealed is a packet as its owner would send it.
func (r *raw) sealed(h rtp.Header, payload []byte) []byte {
	r.t.Helper()
	h.Version = 2
	p := rtp.Packet{Header: h, Payload: payload, PaddingSize: h.PaddingSize}
	b, err := p.Marshal()
	must(r.t, err)
	b, err = r.seal.EncryptRTP(nil, b, nil)
	must(r.t, err)
	return b
}

// sealedRTCP seals RTCP, be it well-formed or not.
func (r *raw) sealedRTCP(plain []byte) []byte {
	r.t.Helper()
	b, err := r.seal.EncryptRTCP(nil, plain, nil)
	must(r.t, err)
	return b
}

// good sends two more packets of the microphone, one after the other, and waits until the server has them: with the first it has taken all that
// was sent before, but for reports, which it takes before the second.
func (r *raw) good() {
	r.t.Helper()
	for range 2 {
		r.number++
		r.send(r.sealed(rtp.Header{PayloadType: 111, SSRC: microphoneSSRC, SequenceNumber: r.number}, []byte("sound")))
		for binary.BigEndian.Uint16(next(r.t, "good packet at the server", r.server.sound)[2:]) != r.number {
		}
	}
}

// prompt is what makes a report with it one that does not wait: a clock that the test moves knows nothing of that.
var prompt = &rtcp.SourceDescription{}

// flood sends n packets, not faster than the server takes them.
func (r *raw) flood(n int, packet func(i int) []byte) {
	r.t.Helper()
	for i := range n {
		r.send(packet(i))
		if i%64 == 63 {
			r.good()
		}
	}
	r.good()
}

// hears writes to a slot until a line hears it, and gives who sent it.
func (r *raw) hears(slot Slot, l *line) netip.AddrPort {
	r.t.Helper()
	for len(l.media) > 0 {
		<-l.media
	}
	r.spoken[slot.SSRC]++
	must(r.t, slot.Out.WriteRTP(&rtp.Header{Version: 2, SSRC: slot.SSRC, SequenceNumber: r.spoken[slot.SSRC]}, []byte("media")))
	got := next(r.t, "media from the server", l.media)
	if plain, err := r.open.DecryptRTP(nil, got.packet, nil); err != nil || string(plain[12:]) != "media" {
		r.t.Fatalf("%q, %v", plain, err)
	}
	return got.from
}

// witness is a server that keeps the packets which it is given.
type witness struct {
	*server
	sound chan []byte         // of the microphone
	kept  map[uint32][][]byte // of others
	deaf  bool                // takes no stream
}

func newWitness() *witness {
	return &witness{server: newServer(), sound: make(chan []byte, 4096), kept: map[uint32][][]byte{}}
}

type keeper struct {
	*sink
	witness *witness
}

// Stream implements Handler.
func (w *witness) Stream(s Stream) Sink {
	inner := w.server.Stream(s).(*sink)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.deaf {
		return nil
	}
	return &keeper{inner, w}
}

// Packet implements Sink.
func (k *keeper) Packet(packet []byte, now int64) {
	k.sink.Packet(packet, now)
	packet = append([]byte(nil), packet...)
	if k.ssrc == microphoneSSRC {
		offerTo(k.witness.sound, packet)
		return
	}
	k.witness.mu.Lock()
	defer k.witness.mu.Unlock()
	k.witness.kept[k.ssrc] = append(k.witness.kept[k.ssrc], packet)
}

// taken is how many packets of an SSRC the server was given.
func (w *witness) taken(ssrc uint32) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.packets[ssrc]
}

// dropped is what a transport drops while f runs.
func dropped(tr Transport, f func()) map[string]uint64 {
	before := tr.Dropped()
	f()
	drops := map[string]uint64{}
	for reason, n := range tr.Dropped() {
		if n -= before[reason]; n > 0 {
			drops[reason] = n
		}
	}
	return drops
}

// wantDrops has f make the transport drop exactly so much.
func wantDrops(t *testing.T, tr Transport, want map[Drop]uint64, f func()) {
	t.Helper()
	got := dropped(tr, f)
	named := map[string]uint64{}
	for reason, n := range want {
		if n > 0 {
			named[reason.String()] = n
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(named) {
		t.Errorf("dropped %v, want %v", got, named)
	}
}

// compound is RTCP as bytes.
func compound(t *testing.T, packets ...rtcp.Packet) []byte {
	t.Helper()
	b, err := rtcp.Marshal(packets)
	must(t, err)
	return b
}
