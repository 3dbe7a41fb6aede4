package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"diemcau/cmd/loadtest/internal/client"
	"diemcau/rooms/api"
	"diemcau/signaling/protocol"
)

const (
	largestPacket = 1500 // bytes

	joinPatience   = 20 * time.Second // for one join
	answerPatience = 5 * time.Second  // for one answer
)

// newWebRTC is what all participants make their connections with: browsers that know VP8 and Opus only. Nothing that Pion can do beside is
// in it, for the generator should cost little: no congestion control, no reports, and no requests for what is lost, so that loss shows.
func newWebRTC(loopback bool) (*webrtc.API, error) {
	var m webrtc.MediaEngine
	err := m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: 90_000, RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"}},
		}, PayloadType: 96,
	}, webrtc.RTPCodecTypeVideo)
	err = errors.Join(err, m.RegisterCodec(webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48_000, Channels: 2}, PayloadType: 111,
	}, webrtc.RTPCodecTypeAudio))
	err = errors.Join(err, m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio))
	err = errors.Join(err, webrtc.ConfigureSimulcastExtensionHeaders(&m))
	if err != nil {
		return nil, err
	}
	s := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}}
	s.SetReceiveMTU(largestPacket)
	s.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if loopback {
		s.SetIncludeLoopbackCandidate(true)
		s.SetIPFilter(net.IP.IsLoopback)
		s.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	}
	return webrtc.NewAPI(webrtc.WithMediaEngine(&m), webrtc.WithSettingEngine(s), webrtc.WithInterceptorRegistry(&interceptor.Registry{})), nil
}

// participant holds one seat, or leaves it and comes back to it.
type participant struct {
	test     *test
	meeting  *meeting
	number   int    // of all participants, from 0
	name     uint32 // in the stamps of a publisher, from 1; 0 for who publishes nothing
	seat     api.Seat
	receives bool

	invitation string
	inbox      inbox

	mu   sync.Mutex // guards link
	link *link      // nil while it is not in the meeting
}

// link is what a participant holds while it is in a meeting.
type link struct {
	conn    *client.Conn
	seat    string                 // its id in the meeting
	pc      *webrtc.PeerConnection // nil without media
	camera  *camera                // nil for who publishes nothing, as the microphone
	mic     *microphone
	stop    chan struct{} // closed when it leaves
	senders sync.WaitGroup
	lost    atomic.Bool // it ended by itself
}

// joinTimes are what a join took, each from the request for a ticket on.
type joinTimes struct {
	seated    time.Duration // until the welcome
	connected time.Duration // until ICE and DTLS were done; 0 without media
}

func (p *participant) publishes() bool { return p.name > 0 }

// join takes the seat, anew where its connection was lost, and connects media. It does not wait for the programme.
func (p *participant) join(ctx context.Context) (took joinTimes, err error) {
	p.leave(ctx)
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	if p.invitation == "" {
		if p.invitation, err = p.test.server.Invite(ctx, p.meeting.id, p.seat); err != nil {
			return took, err
		}
	}
	began := p.test.now()
	ticket, err := p.test.server.Ticket(ctx, p.invitation)
	if err != nil {
		return took, err
	}
	l := &link{stop: make(chan struct{})}
	if l.conn, err = p.test.server.Dial(ctx, ticket, p.number); err != nil {
		return took, err
	}
	welcome, err := l.conn.Welcome(ctx)
	if err != nil {
		l.close()
		return took, err
	}
	l.seat = welcome.Participant
	took.seated = p.test.now() - began
	if p.publishes() || p.receives {
		if err := p.connect(ctx, l, began); err != nil {
			l.close()
			p.inbox.close()
			return took, fmt.Errorf("media: %w", err)
		}
		took.connected = p.test.now() - began
	}
	p.mu.Lock()
	p.link = l
	p.mu.Unlock()
	go p.watch(l)
	return took, nil
}

// connect makes the media connection and begins to send what the participant publishes.
func (p *participant) connect(ctx context.Context, l *link, began time.Duration) (err error) {
	t := p.test
	if l.pc, err = t.webrtc.NewPeerConnection(webrtc.Configuration{}); err != nil {
		return err
	}
	states := make(chan webrtc.PeerConnectionState, 10)
	l.pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed {
			t.dropped(l, errors.New("the media connection failed"))
		}
		select {
		case states <- s:
		default: // nobody waits any more
		}
	})
	if p.publishes() {
		if l.camera, err = t.newCamera(l.pc, p.name); err != nil {
			return err
		}
		if l.mic, err = t.newMicrophone(l.pc, p.name); err != nil {
			return err
		}
	}
	if p.receives {
		if err := p.openSlots(l, began); err != nil {
			return err
		}
	}
	if err := p.negotiate(ctx, l); err != nil {
		return err
	}
	for state := webrtc.PeerConnectionStateNew; state != webrtc.PeerConnectionStateConnected; {
		select {
		case state = <-states:
			if state == webrtc.PeerConnectionStateFailed {
				return errors.New("ICE or DTLS failed")
			}
		case <-ctx.Done():
			return fmt.Errorf("ICE or DTLS is not done: %w", ctx.Err())
		}
	}
	if p.publishes() {
		l.senders.Go(func() { l.camera.film(t, l.stop) })
		l.senders.Go(func() { l.mic.speak(t, l.stop) })
	}
	return nil
}

// openSlots adds a receive-only section for each slot.
func (p *participant) openSlots(l *link, began time.Duration) error {
	slots := p.inbox.open(p.test.VideoSlots, p.test.AudioSlots, began)
	sections := map[*webrtc.RTPTransceiver]*slot{}
	for _, s := range slots {
		codecType := webrtc.RTPCodecTypeVideo
		if s.kind == audio {
			codecType = webrtc.RTPCodecTypeAudio
		}
		tr, err := l.pc.AddTransceiverFromKind(codecType, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		if err != nil {
			return err
		}
		sections[tr] = s
	}
	l.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		for tr, s := range sections {
			if tr.Receiver() == receiver {
				p.inbox.receive(p.test, s, track, receiver)
				return
			}
		}
	})
	return nil
}

// negotiate makes the one offer of a connection, takes its answer and says what is displayed and published. Candidates are not told: the
// server waits for the client's checks.
func (p *participant) negotiate(ctx context.Context, l *link) error {
	description, err := l.pc.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := l.pc.SetLocalDescription(description); err != nil {
		return err
	}
	offer := protocol.Offer{SDP: l.pc.LocalDescription().SDP, Sources: []protocol.OfferSource{}}
	if p.publishes() {
		offer.Sources = append(offer.Sources, protocol.OfferSource{Mid: l.camera.transceiver.Mid(), Source: protocol.SourceCamera},
			protocol.OfferSource{Mid: l.mic.transceiver.Mid(), Source: protocol.SourceMicrophone})
	}
	e, err := l.conn.Ask(ctx, "offer", offer)
	if err != nil {
		return err
	}
	var answer protocol.Answer
	if err := json.Unmarshal(e.Body, &answer); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	if err := l.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer.SDP}); err != nil {
		return err
	}
	if p.receives && p.test.VideoSlots > 0 {
		if _, err := l.conn.Ask(ctx, "view", p.test.view()); err != nil {
			return err
		}
	}
	for _, s := range offer.Sources {
		if _, err := l.conn.Ask(ctx, "publish", protocol.Publish{Source: s.Source, Active: true}); err != nil {
			return err
		}
	}
	return nil
}

// watch notes when the server ends the socket.
func (p *participant) watch(l *link) {
	<-l.conn.Done()
	select {
	case <-l.stop: // it has left
	default:
		p.test.dropped(l, fmt.Errorf("the server closed the socket: %w", l.conn.Err()))
	}
}

// present is what the participant holds in the meeting; nil while it is not there, or its connection was lost.
func (p *participant) present() *link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.link != nil && p.link.lost.Load() {
		return nil
	}
	return p.link
}

// leave gives the seat up, with a word to the server.
func (p *participant) leave(ctx context.Context) {
	p.mu.Lock()
	l := p.link
	p.link = nil
	p.mu.Unlock()
	if l == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	l.silence()
	_, _ = l.conn.Ask(ctx, "leave", protocol.Leave{}) // who cannot be told finds out
	l.close()
	p.inbox.close()
}

// silence ends what is sent, and has the end of the socket be no surprise.
func (l *link) silence() {
	select {
	case <-l.stop:
	default:
		close(l.stop)
	}
	l.senders.Wait()
}

func (l *link) close() {
	l.silence()
	l.conn.Close()
	if l.pc != nil {
		_ = l.pc.GracefulClose() // nothing is left to be told
	}
}
