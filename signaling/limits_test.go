package signaling

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

// TestBadFrames holds what is answered to frames that cannot be read: some end the socket, none ends more.
func TestBadFrames(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	other := w.join(id, meeting.RoleChair, "Chủ tịch")
	deep := strings.Repeat(`{"type":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for name, test := range map[string]struct {
		kind  int
		frame string
		close int
	}{
		"text":         {websocket.TextMessage, "xin chào", 1003},
		"empty":        {websocket.TextMessage, "", 1003},
		"array":        {websocket.TextMessage, "[]", 1003},
		"deep":         {websocket.TextMessage, deep, 1003},
		"binary":       {websocket.BinaryMessage, `{"type":"ping"}`, 1003},
		"not UTF-8":    {websocket.TextMessage, "{\"type\":\"\xc3\x28\"}", 1007},
		"big":          {websocket.TextMessage, `{"type":"ping","x":"` + strings.Repeat("x", protocol.MaxFrame) + `"}`, 1009},
		"big, no SDP":  {websocket.TextMessage, `{"type":"send_chat","body":{"text":"` + strings.Repeat("x", protocol.MaxSmallFrame) + `"}}`, 1009},
		"offer, no id": {websocket.TextMessage, `{"type":"offer","body":{"sdp":"` + strings.Repeat("x", protocol.MaxFrame) + `"}}`, 1009},
	} {
		c := w.join(id, meeting.RoleSite, name)
		if err := c.ws.WriteMessage(test.kind, []byte(test.frame)); err != nil {
			t.Fatal(err)
		}
		if test.close != 1009 {
			if fault := expect[protocol.Error](c, "error"); fault.Code != protocol.CodeBadMessage {
				t.Errorf("%s: %+v", name, fault)
			}
		}
		if code := c.closeCode(); code != test.close {
			t.Errorf("%s: close code %d", name, code)
		}
	}
	other.do("send_chat", protocol.SendChat{Text: "vẫn nghe rõ"})
}

// TestBadRequests holds that a message that can be read but not be followed is answered with its fault and nothing more.
func TestBadRequests(t *testing.T) {
	w := newWorld(t)
	c := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	for name, test := range map[string]struct {
		frame string
		code  protocol.ErrorCode
		field string
	}{
		"unknown type":     {`{"type":"fly","id":"x"}`, protocol.CodeBadRequest, "type"},
		"server's message": {`{"type":"welcome","id":"x"}`, protocol.CodeBadRequest, "type"},
		"missing field":    {`{"type":"mute","id":"x","body":{"muted":true}}`, protocol.CodeBadRequest, "source"},
		"unknown field":    {`{"type":"ping","id":"x","body":{"y":1}}`, protocol.CodeBadRequest, "y"},
		"NaN":              {`{"type":"view","id":"x","body":{"slots":[{"slot":1,"show":"chair","height":NaN}],"page":0}}`, protocol.CodeBadRequest, "slots[0].height"},
		"negative":         {`{"type":"view","id":"x","body":{"slots":[],"page":-1}}`, protocol.CodeBadRequest, "page"},
		"slot":             {`{"type":"view","id":"x","body":{"slots":[{"slot":100,"show":"chair","height":1}],"page":0}}`, protocol.CodeBadRequest, "slots[0].slot"},
		"height":           {`{"type":"view","id":"x","body":{"slots":[{"slot":1,"show":"chair","height":10000}],"page":0}}`, protocol.CodeBadRequest, "slots[0].height"},
		"programme":        {`{"type":"view","id":"x","body":{"slots":[{"slot":0,"show":"chair","height":1}],"page":0}}`, protocol.CodeBadRequest, "slots[0].show"},
		"nobody":           {`{"type":"view","id":"x","body":{"slots":[{"slot":1,"show":"participant","height":1}],"page":0}}`, protocol.CodeBadRequest, "slots[0].participant"},
		"no offer yet":     {`{"type":"candidate","id":"x","body":{"candidate":""}}`, protocol.CodeWrongState, ""},
		"open to all":      {`{"type":"request_floor","id":"x"}`, protocol.CodeWrongState, ""},
		"empty SDP":        {`{"type":"offer","id":"x","body":{"sdp":"","sources":[]}}`, protocol.CodeBadSDP, ""},
		"mid twice":        {`{"type":"offer","id":"x","body":{"sdp":"","sources":[{"mid":"0","source":"camera"},{"mid":"0","source":"screen"}]}}`, protocol.CodeBadRequest, "sources[1].mid"},
		"1,000 sections":   {`{"type":"offer","id":"x","body":{"sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n` + strings.Repeat(`m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`, 1000) + `","sources":[]}}`, protocol.CodeBadSDP, ""},
	} {
		c.sendRaw(test.frame)
		e := c.newest()
		for e.ID != "x" {
			e = c.newest()
		}
		var fault protocol.Error
		c.decode(e, &fault)
		if e.Type != "error" || fault.Code != test.code || fault.Field != test.field {
			t.Errorf("%s: %s %+v", name, e.Type, fault)
		}
	}
	c.do("send_chat", protocol.SendChat{Text: "vẫn ở đây"})
}

func TestCandidates(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.burst = 1000 })
	c := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	c.media(nil, 1, 1)
	good := "candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host"
	c.do("candidate", protocol.Candidate{Candidate: good, Mid: "0"})
	c.do("candidate", protocol.Candidate{Candidate: ""})
	for name, bad := range map[string]string{
		"10 KB": good + strings.Repeat(" x y", 2500), "host name": "candidate:1 1 udp 1 evil.example 5000 typ host",
		"port 0": "candidate:1 1 udp 1 127.0.0.1 0 typ host", "noise": "xin chào",
	} {
		if fault := c.ask("candidate", protocol.Candidate{Candidate: bad}); !strings.Contains(string(fault.Body), string(protocol.CodeBadCandidate)) {
			t.Errorf("%s was answered by %s %s", name, fault.Type, fault.Body)
		}
	}
	for range maxCandidates - 6 {
		c.do("candidate", protocol.Candidate{Candidate: good})
	}
	c.refused("candidate", protocol.Candidate{Candidate: good}, protocol.CodeLimit)
}

func TestRateLimit(t *testing.T) {
	w := newWorld(t)
	c := w.join(w.plan(meeting.SpeakingOpen), meeting.RoleSite, "A")
	go func() {
		for {
			c.mu.Lock()
			err := c.ws.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping","id":"p"}`))
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	fault := expect[protocol.Error](c, "error")
	if fault.Code != protocol.CodeRateLimited || fault.WaitMs <= 0 {
		t.Errorf("%+v", fault)
	}
	if code := c.closeCode(); code != websocket.ClosePolicyViolation {
		t.Errorf("close code %d", code)
	}
	_ = c.ws.Close()
}

func TestSocketsPerAddress(t *testing.T) {
	w := newWorld(t, func(w *world) { w.config.MaxPerAddress = 2 })
	id := w.plan(meeting.SpeakingOpen)
	first := w.join(id, meeting.RoleSite, "A")
	w.join(id, meeting.RoleSite, "B")
	ticket := w.ticket(w.claims(id, meeting.RoleSite, "C"))
	header := http.Header{"X-Forwarded-For": {"203.0.113.7"}}
	if _, response, err := w.dial(protocol.TicketPrefix+ticket, header); err == nil || response.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a third socket: %v", err)
	}
	first.do("leave", protocol.Leave{})
	first.closeCode()
	_ = first.ws.Close()
	w.eventually("room for another", func() bool { return w.server.Stats().Sockets == 1 })
	w.connect(protocol.TicketPrefix + ticket)
}

// TestSlowReader holds that a client that does not read is cut off instead of filling the server's memory.
func TestSlowReader(t *testing.T) {
	w := newWorld(t, func(w *world) { w.timing.write = 500 * time.Millisecond })
	id := w.plan(meeting.SpeakingOpen)
	chair := w.join(id, meeting.RoleChair, "Chủ tịch")
	dialer := websocket.Dialer{
		Subprotocols: []string{protocol.Version, protocol.TicketPrefix + w.ticket(w.claims(id, meeting.RoleSite, "A"))},
		NetDialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err == nil {
				err = conn.(*net.TCPConn).SetReadBuffer(4096)
			}
			return conn, err
		},
	}
	ws, _, err := dialer.DialContext(t.Context(), w.wsURL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	slow := expect[protocol.ParticipantChanged](chair, "participant_changed").Participant.ID
	w.server.mu.Lock()
	c := w.server.meetings[id]
	w.server.mu.Unlock()
	text := strings.Repeat("x", 2000)
	_ = c.call(t.Context(), func() error {
		for range 20_000 {
			c.members[slow].session.conn.out.send(encode("chat", "", protocol.Chat{Message: protocol.ChatMessage{Text: text}}))
		}
		return nil
	})
	chair.participant(slow, func(p protocol.Participant) bool { return p.Presence != protocol.PresenceHere })
}

func TestOutboxOverflows(t *testing.T) {
	o := newOutbox()
	o.welcome([]byte("welcome"))
	for range maxQueuedFrames {
		o.send([]byte("x"))
	}
	if frames, end := o.take(); len(frames) != 0 || end == nil || end.code != protocol.CloseOverflow {
		t.Errorf("%d frames, end %+v", len(frames), end)
	}
}

func TestOutboxMergesSlots(t *testing.T) {
	o := newOutbox()
	slot := func(index int, who string) protocol.Slot {
		return protocol.Slot{Kind: protocol.SlotVideo, Slot: index, State: protocol.SlotWaiting, Participant: who}
	}
	o.slotsChanged([]protocol.Slot{slot(1, "a"), slot(0, "b")}, 0, 1)
	if frames, _ := o.take(); len(frames) != 0 {
		t.Fatal("something came before the welcome")
	}
	o.slotsChanged([]protocol.Slot{slot(1, "c")}, 1, 2)
	o.welcome([]byte("welcome"))
	frames, _ := o.take()
	if len(frames) != 2 || string(frames[0]) != "welcome" {
		t.Fatalf("%d frames", len(frames))
	}
	var e protocol.Envelope
	var body protocol.Slots
	if err := json.Unmarshal(frames[1], &e); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(e.Body, &body); err != nil {
		t.Fatal(err)
	}
	if len(body.Slots) != 2 || body.Slots[0] != slot(1, "c") || body.Slots[1] != slot(0, "b") || body.Page != 1 || body.Pages != 2 {
		t.Errorf("slots %+v", body)
	}
}

// TestPanic holds that a fault in one message ends one socket.
func TestPanic(t *testing.T) {
	w := newWorld(t)
	id := w.plan(meeting.SpeakingOpen)
	other := w.join(id, meeting.RoleChair, "Chủ tịch")
	c := w.join(id, meeting.RoleSite, "A")
	handlers["ping"] = func(ctx context.Context, s *session, _ any) (any, error) {
		if s.seat == c.id() {
			return nil, s.meeting.call(ctx, func() error { panic("a fault") })
		}
		return protocol.Pong{}, nil
	}
	defer func() { handlers["ping"] = on((*session).ping) }()
	c.refused("ping", protocol.Ping{}, protocol.CodeInternal)
	if code := c.closeCode(); code != websocket.CloseInternalServerErr {
		t.Errorf("close code %d", code)
	}
	other.do("send_chat", protocol.SendChat{Text: "vẫn nghe rõ"})
	if !strings.Contains(w.logs.String(), "panic in a meeting") {
		t.Error("the panic is not in the log")
	}
}
