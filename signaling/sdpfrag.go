package signaling

import (
	"context"
	"fmt"
	"strings"

	"diemcau/sfu"
)

// fragment is what an SDP fragment of a client says (RFC 8840).
type fragment struct {
	ufrag, pwd string
	candidates []string
}

// readFragment reads the credentials and the candidates of a fragment. All sections share one transport, so that the
// section that a line stands in does not matter.
func readFragment(body string) (fragment, error) {
	var f fragment
	for line := range strings.Lines(body) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			f.ufrag = strings.TrimPrefix(line, "a=ice-ufrag:")
		case strings.HasPrefix(line, "a=ice-pwd:"):
			f.pwd = strings.TrimPrefix(line, "a=ice-pwd:")
		case strings.HasPrefix(line, "a=candidate:"):
			f.candidates = append(f.candidates, strings.TrimPrefix(line, "a="))
		case line != "" && (len(line) < 2 || line[1] != '='):
			return f, fmt.Errorf("%w: not an SDP fragment", sfu.ErrBadSDP)
		}
	}
	switch {
	case f.ufrag == "" && f.pwd == "" && len(f.candidates) > 0:
		return f, nil
	case !iceChars(f.ufrag, 4) || !iceChars(f.pwd, 22):
		return f, fmt.Errorf("%w: a fragment needs ice-ufrag with ice-pwd, or candidates", sfu.ErrBadSDP)
	}
	return f, nil
}

// iceChars checks a credential (RFC 8839, section 5.4).
func iceChars(s string, shortest int) bool {
	return len(s) >= shortest && len(s) <= 256 && strings.Trim(s, iceAlphabet) == ""
}

const iceAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// patch takes trickled candidates, or restarts ICE where the credentials are new; then it gives the fragment of the answer
// and the new entity tag.
func (r *resource) patch(ctx context.Context, body, ifMatch string, t timing) (answer, etag string, err error) {
	if ifMatch == "" {
		return "", "", errNoIfMatch
	}
	f, err := readFragment(body)
	if err != nil {
		return "", "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if ifMatch != "*" && ifMatch != r.etag {
		return "", "", errStale
	}
	// Candidates are only checked: the server is ICE-lite and waits for its clients' checks.
	for _, candidate := range f.candidates {
		if err := r.media.peer.AddCandidate(candidate); err != nil {
			return "", "", err
		}
	}
	if f.ufrag == "" || f.ufrag == ufragOf(r.offer) {
		return "", "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, t.offer)
	defer cancel()
	offer := restarted(r.offer, f)
	sent, err := r.endpoint.readOffer(offer)
	if err != nil {
		return "", "", err
	}
	sdp, err := r.media.peer.Offer(ctx, sfu.Offer{SDP: offer, Sources: sent})
	if err != nil {
		return "", "", err
	}
	r.offer, r.etag = offer, newETag()
	return answerFragment(sdp), r.etag, nil
}

func ufragOf(offer string) string {
	_, rest, _ := strings.Cut(offer, "a=ice-ufrag:")
	ufrag, _, _ := strings.Cut(rest, "\n")
	return strings.TrimRight(ufrag, "\r")
}

// restarted is an offer with the credentials of a fragment in place of its own.
func restarted(offer string, f fragment) string {
	var b strings.Builder
	for line := range strings.Lines(offer) {
		switch {
		case strings.HasPrefix(line, "a=ice-ufrag:"):
			line = "a=ice-ufrag:" + f.ufrag + "\r\n"
		case strings.HasPrefix(line, "a=ice-pwd:"):
			line = "a=ice-pwd:" + f.pwd + "\r\n"
		case strings.HasPrefix(line, "a=candidate:"), strings.HasPrefix(line, "a=end-of-candidates"):
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}

// answerFragment keeps of an answer what a client needs to restart ICE: all sections are bundled in the first.
func answerFragment(answer string) string {
	var session, section []string
	inSections := 0
	for line := range strings.Lines(answer) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.HasPrefix(line, "m="):
			if inSections++; inSections == 1 {
				section = append(section, line)
			}
		case strings.HasPrefix(line, "a=ice-lite"), strings.HasPrefix(line, "a=group:BUNDLE"):
			session = append(session, line)
		case inSections > 1:
		case strings.HasPrefix(line, "a=ice-ufrag:"), strings.HasPrefix(line, "a=ice-pwd:"), strings.HasPrefix(line, "a=mid:"),
			strings.HasPrefix(line, "a=candidate:"), strings.HasPrefix(line, "a=end-of-candidates"):
			section = append(section, line)
		}
	}
	return strings.Join(append(session, section...), "\r\n") + "\r\n"
}
