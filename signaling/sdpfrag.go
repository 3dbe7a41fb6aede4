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
	if (f.ufrag == "") != (f.pwd == "") || f.ufrag == "" && len(f.candidates) == 0 {
		return f, fmt.Errorf("%w: a fragment needs ice-ufrag with ice-pwd, or candidates", sfu.ErrBadSDP)
	}
	return f, nil
}

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
	if f.ufrag == "" || strings.Contains(r.offer, "a=ice-ufrag:"+f.ufrag+"\r\n") {
		return "", "", r.trickle(f.candidates)
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
	return answerFragment(sdp), r.etag, r.trickle(f.candidates)
}

func (r *resource) trickle(candidates []string) error {
	for _, candidate := range candidates {
		if err := r.media.peer.AddCandidate(candidate); err != nil {
			return err
		}
	}
	return nil
}

// restarted is an offer with the credentials of a fragment in place of its own, as the next version of its session.
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
