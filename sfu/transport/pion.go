package transport

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"diemcau/sfu/codec"
)

// Pion is the transport on pion/webrtc's PeerConnection: ICE-lite on one UDP port, DTLS as the server, AES-128-GCM first.
type Pion struct {
	config Config
	socket *batchSocket
	bells  []bell // of the workers; Pion reads by itself
	mux    *ice.UDPMuxDefault
	tcpMux *ice.TCPMuxDefault // nil where media goes over UDP only
	// plain serves connections that only receive: they need none of the interceptors, which all concern what arrives.
	full, plain *api
	certificate webrtc.Certificate
	closed      atomic.Bool
}

// Of a client's TCP connection.
const (
	tcpPackets  = 64        // that wait to be read
	tcpWaiting  = 256 << 10 // bytes that wait for a client that reads slowly
	tcpPatience = 10 * time.Second
)

// NewPion opens the media socket.
func NewPion(config Config) (*Pion, error) {
	given := config
	if config.Net == nil {
		host, err := stdnet.NewNet()
		if err != nil {
			return nil, fmt.Errorf("transport: network: %w", err)
		}
		config.Net = host
	}
	address, err := config.Net.ResolveUDPAddr("udp", config.Listen)
	if err != nil {
		return nil, fmt.Errorf("transport: media address: %w", err)
	}
	conn, err := config.Net.ListenUDP("udp", address)
	if err != nil {
		return nil, fmt.Errorf("transport: media socket: %w", err)
	}
	p := &Pion{config: config, socket: newBatchSocket(conn)}
	for range max(1, config.Workers) {
		p.bells = append(p.bells, newBell())
	}
	p.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: p.socket, Net: config.Net, Logger: pionLogger{config.Log, "ice"}})
	streams, err := listenTCP(given, p.socket.socket.LocalAddr())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("transport: media socket: %w", err), p.mux.Close())
	}
	if streams != nil {
		p.tcpMux = ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Listener: streams, Logger: pionLogger{config.Log, "ice"}, ReadBufferSize: tcpPackets, WriteBufferSize: tcpWaiting, FirstStunBindTimeout: tcpPatience,
			AliveDurationForConnFromStun: tcpPatience,
		})
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("transport: certificate: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("transport: certificate: %w", err)
	}
	p.certificate = *certificate
	settings, err := p.settings()
	if err != nil {
		return nil, err
	}
	if p.full, err = newAPI(settings, true); err != nil {
		return nil, err
	}
	if p.plain, err = newAPI(settings, false); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Pion) settings() (webrtc.SettingEngine, error) {
	var s webrtc.SettingEngine
	s.LoggerFactory = pionLoggers{p.config.Log}
	s.SetLite(true)
	s.SetICEUDPMux(p.mux)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if p.tcpMux != nil {
		s.SetICETCPMux(p.tcpMux)
		s.DisableActiveTCP(true) // the server connects to nobody
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	s.SetNetworkTypes(networks)
	s.SetIncludeLoopbackCandidate(true)
	s.SetICETimeouts(disconnectedAfter, failedAfter, 2*time.Second)
	s.SetNet(p.config.Net)
	if err := s.SetAnsweringDTLSRole(webrtc.DTLSRoleServer); err != nil {
		return s, err
	}
	s.SetDTLSInsecureSkipHelloVerify(true)
	s.SetDTLSRetransmissionInterval(flightInterval)
	s.SetDTLSConnectContextMaker(func() (context.Context, func()) {
		return context.WithTimeout(context.Background(), handshakeDeadline)
	})
	s.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	s.SetSRTPReplayProtectionWindow(replayWindow)
	s.SetReceiveMTU(maxPacket)
	if len(p.config.Advertise) > 0 {
		outer := make([]string, len(p.config.Advertise))
		for i, a := range p.config.Advertise {
			outer[i] = a.String()
		}
		if err := s.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: outer, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteAppend,
		}); err != nil {
			return s, fmt.Errorf("transport: advertised addresses: %w", err)
		}
	}
	return s, nil
}

type api struct {
	*webrtc.API
	receives bool
}

// newAPI registers the codecs in use and no more: each further one costs every section of every answer.
func newAPI(settings webrtc.SettingEngine, receives bool) (*api, error) {
	media := &webrtc.MediaEngine{}
	path := webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC}
	feedback := []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}, path}
	audio := func(mime, fmtp string, pt webrtc.PayloadType) error {
		return media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: mime, ClockRate: 48000, Channels: 2, SDPFmtpLine: fmtp, RTCPFeedback: []webrtc.RTCPFeedback{path},
			},
			PayloadType: pt,
		}, webrtc.RTPCodecTypeAudio)
	}
	video := func(mime, fmtp string, feedback []webrtc.RTCPFeedback, pt webrtc.PayloadType) error {
		return media.RegisterCodec(webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 90000, SDPFmtpLine: fmtp, RTCPFeedback: feedback},
			PayloadType:        pt,
		}, webrtc.RTPCodecTypeVideo)
	}
	for _, err := range []error{
		audio(webrtc.MimeTypeOpus, opusParameters, 111),
		audio("audio/red", "111/111", 63),
		video(webrtc.MimeTypeVP8, "", feedback, 96),
		video(webrtc.MimeTypeRTX, "apt=96", nil, 97),
		video(webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", feedback, 102),
		video(webrtc.MimeTypeRTX, "apt=102", nil, 103),
		video(webrtc.MimeTypeVP9, "profile-id=0", feedback, 98),
		video(webrtc.MimeTypeRTX, "apt=98", nil, 99),
		video(webrtc.MimeTypeAV1, "level-idx=5;profile=0;tier=0", feedback, 45),
		video(webrtc.MimeTypeRTX, "apt=45", nil, 46),
	} {
		if err != nil {
			return nil, err
		}
	}
	for _, kind := range [...]webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, kind); err != nil {
			return nil, err
		}
	}
	if err := media.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: codec.DependencyURI}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	registry := &interceptor.Registry{}
	if receives {
		if err := registerReceiving(media, registry); err != nil {
			return nil, err
		}
	}
	return &api{webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(registry), webrtc.WithSettingEngine(settings)), receives}, nil
}

// registerReceiving adds what publishers need: the extensions that name layers and levels, and feedback on what arrives.
// Nothing here touches outgoing packets.
func registerReceiving(media *webrtc.MediaEngine, registry *interceptor.Registry) error {
	for _, e := range []struct {
		uri          string
		video, audio bool
	}{
		{sdp.SDESMidURI, true, true},
		{sdp.SDESRTPStreamIDURI, true, false},
		{sdp.SDESRepairRTPStreamIDURI, true, false},
		{sdp.AudioLevelURI, false, true},
	} {
		for kind, wanted := range map[webrtc.RTPCodecType]bool{webrtc.RTPCodecTypeVideo: e.video, webrtc.RTPCodecTypeAudio: e.audio} {
			if !wanted {
				continue
			}
			extension := webrtc.RTPHeaderExtensionCapability{URI: e.uri}
			if err := media.RegisterHeaderExtension(extension, kind, webrtc.RTPTransceiverDirectionRecvonly); err != nil {
				return err
			}
		}
	}
	feedback, err := twcc.NewSenderInterceptor(twcc.SendInterval(50 * time.Millisecond))
	if err != nil {
		return err
	}
	requests, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(50 * time.Millisecond))
	if err != nil {
		return err
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return err
	}
	registry.Add(feedback)
	registry.Add(requests)
	registry.Add(reports)
	return nil
}

// Begin holds packets back until Flush.
func (p *Pion) Begin(int) { p.socket.Begin() }

// Flush sends what was held back.
func (p *Pion) Flush(int) { p.socket.Flush() }

// Wait waits for Wake; see Transport.
func (p *Pion) Wait(worker int, patience time.Duration) { p.bells[worker].wait(patience) }

// TakeReports has nothing to take: all reports come to the one socket.
func (p *Pion) TakeReports(int) {}

// Wake ends a worker's Wait.
func (p *Pion) Wake(worker int) { p.bells[worker].ring() }

// Ready is nil while the media socket is open.
func (p *Pion) Ready() error {
	if p.closed.Load() {
		return ErrClosed
	}
	return nil
}

// Port is the UDP port of all media.
func (p *Pion) Port() int { return int(p.socket.socket.LocalAddr().Port()) }

// Addresses are those at which media is taken over UDP; see Transport.
func (p *Pion) Addresses() []netip.AddrPort {
	local := p.socket.socket.LocalAddr()
	if !local.Addr().IsUnspecified() {
		return []netip.AddrPort{unmapped(local)}
	}
	return withPort(addressesOf(p.config.Net, local.Addr().Is4()), local.Port())
}

// Dropped is nothing: Pion drops by itself.
func (p *Pion) Dropped() map[string]uint64 { return nil }

// Close closes the media socket.
func (p *Pion) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	err := p.mux.Close()
	if p.tcpMux != nil {
		err = errors.Join(err, p.tcpMux.Close())
	}
	return err
}

// Connect makes a connection; see Transport.
func (p *Pion) Connect(handler Handler, _ int) (Conn, error) {
	if p.closed.Load() {
		return nil, ErrClosed
	}
	return &pionConn{pion: p, handler: handler, known: map[string]bool{}, done: make(chan struct{})}, nil
}

// pionLoggers passes Pion's warnings on; its lower levels tell every client's address.
type pionLoggers struct{ log *slog.Logger }

func (l pionLoggers) NewLogger(scope string) logging.LeveledLogger { return pionLogger{l.log, scope} }

type pionLogger struct {
	log   *slog.Logger
	scope string
}

func (l pionLogger) Trace(string)          {}
func (l pionLogger) Tracef(string, ...any) {}
func (l pionLogger) Debug(string)          {}
func (l pionLogger) Debugf(string, ...any) {}
func (l pionLogger) Info(string)           {}
func (l pionLogger) Infof(string, ...any)  {}
func (l pionLogger) Warn(msg string)       { l.log.Debug(msg, "scope", l.scope) }
func (l pionLogger) Warnf(format string, args ...any) {
	l.log.Debug(fmt.Sprintf(format, args...), "scope", l.scope)
}
func (l pionLogger) Error(msg string) { l.log.Warn(msg, "scope", l.scope) }
func (l pionLogger) Errorf(format string, args ...any) {
	l.log.Warn(fmt.Sprintf(format, args...), "scope", l.scope)
}
