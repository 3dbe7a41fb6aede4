package signaling

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"diemcau/rooms/meeting"
	"diemcau/signaling/protocol"
)

func (s *session) sendChat(ctx context.Context, m protocol.SendChat) (any, error) {
	text := norm.NFC.String(strings.TrimSpace(m.Text))
	if n := utf8.RuneCountInString(text); n == 0 || n > meeting.MaxChatText || strings.ContainsFunc(text, hidden) {
		return nil, errChat
	}
	return nil, s.act(ctx, meeting.Event{Type: meeting.ChatSent, Seat: s.seat, Text: text})
}

// hidden reports characters that could disguise a text: controls other than the new line and the tab, and those that
// change the direction of writing.
func hidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
