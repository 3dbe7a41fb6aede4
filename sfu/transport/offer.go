package transport

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
)

// Limits of what one client may ask for.
const (
	maxOfferBytes     = 256 << 10
	maxSections       = 128
	maxSlots          = 100
	maxSendSections   = 8
	maxLayers         = 4 // of one section's simulcast
	maxCandidateBytes = 512
	maxCandidates     = 100
)

// MaxMid bounds the mid of a media section, in bytes.
const MaxMid = 32

// section is one media section of a checked offer.
type section struct {
	mid       string
	video     bool
	layers    []string // RIDs that the client sends (RFC 8852), in its order
	direction string   // sendonly, recvonly, sendrecv or inactive, as the client means it
}

// readOffer checks an offer and strips its candidates: the server is ICE-lite (RFC 8445, section 2.5) and never checks a
// client's candidates, so that a name or an address in them has no effect.
func readOffer(offer string) (d *sdp.SessionDescription, sections []section, err error) {
	if len(offer) > maxOfferBytes {
		return nil, nil, fmt.Errorf("%w: offer of %d bytes", ErrLimit, len(offer))
	}
	if strings.Contains(strings.ReplaceAll(offer, "\r\n", "\n"), "\r") { // where it stood in the answer, some would see two lines
		return nil, nil, fmt.Errorf("%w: a carriage return within a line", ErrBadSDP)
	}
	d = &sdp.SessionDescription{}
	if err := d.UnmarshalString(offer); err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrBadSDP, err)
	}
	if len(d.MediaDescriptions) == 0 {
		return nil, nil, fmt.Errorf("%w: no media section", ErrBadSDP)
	}
	if len(d.MediaDescriptions) > maxSections {
		return nil, nil, fmt.Errorf("%w: %w: %d media sections", ErrBadSDP, ErrLimit, len(d.MediaDescriptions))
	}
	session := credentials(d.Attribute)
	seen := map[string]bool{}
	sending, slots := 0, 0
	for i, m := range d.MediaDescriptions {
		s, err := readSection(m, session)
		if err != nil {
			return nil, nil, fmt.Errorf("%w: section %d: %w", ErrBadSDP, i, err)
		}
		if seen[s.mid] {
			return nil, nil, fmt.Errorf("%w: section %d: mid used twice", ErrBadSDP, i)
		}
		seen[s.mid] = true
		switch s.direction {
		case "recvonly":
			slots++
		case "sendonly", "sendrecv":
			sending++
		}
		sections = append(sections, s)
		m.Attributes = withoutCandidates(m.Attributes)
	}
	if slots > maxSlots || sending > maxSendSections {
		return nil, nil, fmt.Errorf("%w: %w: %d slots and %d sources", ErrBadSDP, ErrLimit, slots, sending)
	}
	d.Attributes = withoutCandidates(d.Attributes)
	return d, sections, nil
}

// credentialNames are the attributes without which no connection can be made or trusted.
var credentialNames = [3]string{"fingerprint", "ice-ufrag", "ice-pwd"}

func credentials(attribute func(string) (string, bool)) (has [3]bool) {
	for i, name := range credentialNames {
		_, has[i] = attribute(name)
	}
	return has
}

func readSection(m *sdp.MediaDescription, session [3]bool) (section, error) {
	var s section
	switch m.MediaName.Media {
	case "video":
		s.video = true
	case "audio":
	default:
		return s, fmt.Errorf("media %.20q is not carried", m.MediaName.Media)
	}
	s.mid, _ = m.Attribute("mid")
	if s.mid == "" || len(s.mid) > MaxMid || strings.ContainsAny(s.mid, " \t") {
		return s, fmt.Errorf("no mid, or one over %d bytes or with spaces", MaxMid)
	}
	for _, format := range m.MediaName.Formats {
		if pt, err := strconv.ParseUint(format, 10, 8); err != nil || pt > 127 {
			return s, fmt.Errorf("payload type %.20q", format)
		}
	}
	if _, ok := m.Attribute("crypto"); ok {
		return s, fmt.Errorf("a=crypto is not accepted")
	}
	for i, has := range credentials(m.Attribute) {
		if !has && !session[i] {
			return s, fmt.Errorf("no %s", credentialNames[i])
		}
	}
	s.direction = "sendrecv"
	for _, a := range m.Attributes {
		switch a.Key {
		case "sendonly", "recvonly", "sendrecv", "inactive":
			s.direction = a.Key
		case "rid":
			if rid, direction, _ := strings.Cut(a.Value, " "); strings.HasPrefix(direction, "send") {
				s.layers = append(s.layers, rid)
			}
		}
	}
	if len(s.layers) > maxLayers {
		return s, fmt.Errorf("%w: %d simulcast layers", ErrLimit, len(s.layers))
	}
	return s, nil
}

func withoutCandidates(attributes []sdp.Attribute) []sdp.Attribute {
	kept := attributes[:0]
	for _, a := range attributes {
		if a.Key != "candidate" && a.Key != "end-of-candidates" {
			kept = append(kept, a)
		}
	}
	return kept
}

// checkCandidate accepts a well-formed ICE candidate (RFC 8839, section 5.1) with an address, or a name that a browser
// hides its address behind (RFC 8828).
func checkCandidate(candidate string) error {
	if candidate == "" {
		return nil
	}
	if len(candidate) > maxCandidateBytes {
		return fmt.Errorf("%w: %d bytes", ErrBadCandidate, len(candidate))
	}
	fields := strings.Fields(strings.TrimPrefix(candidate, "candidate:"))
	if len(fields) < 8 {
		return fmt.Errorf("%w: too short", ErrBadCandidate)
	}
	if port, err := strconv.ParseUint(fields[5], 10, 16); err != nil || port == 0 {
		return fmt.Errorf("%w: port", ErrBadCandidate)
	}
	c, err := ice.UnmarshalCandidate(candidate)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadCandidate, err)
	}
	if address := c.Address(); strings.Trim(address, "0123456789abcdefABCDEF:.%") != "" && !strings.HasSuffix(address, ".local") {
		return fmt.Errorf("%w: a host name", ErrBadCandidate)
	}
	return nil
}
