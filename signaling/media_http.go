package signaling

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"diemcau/rooms/access"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// The content types of WHIP and WHEP.
const (
	typeSDP      = "application/sdp"
	typeFragment = "application/trickle-ice-sdpfrag" // RFC 8840
)

// maxFragment is the size of an SDP fragment, in bytes.
const maxFragment = 16 << 10

// serveEndpoint makes resources: POST /whip/{meeting} and POST /whep/{meeting}.
func (s *Server) serveEndpoint(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.allowMethods(w, r, http.MethodPost) {
			return
		}
		h := w.Header()
		sdp, location, etag, err := s.create(r, e, h)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		h.Set("Content-Type", typeSDP)
		h.Set("Location", location)
		h.Set("ETag", etag)
		h.Set("Accept-Patch", typeFragment)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, sdp)
	}
}

// create answers the offer of a request, and tells of TURN servers in the header of the response.
func (s *Server) create(r *http.Request, e endpoint, h http.Header) (sdp, location, etag string, err error) {
	ctx := r.Context()
	claims, err := s.bearer(r)
	if err != nil {
		return "", "", "", err
	}
	if claims, err = s.access.SeatFor(claims, r.URL.Query().Get("name")); err != nil {
		return "", "", "", err
	}
	if claims.Meeting != r.PathValue("meeting") || e == whip && !claims.Role.Participates() {
		return "", "", "", errRefused
	}
	plan, err := s.admit(ctx, claims.Meeting)
	if err != nil {
		return "", "", "", err
	}
	offer, err := readBody(r, typeSDP, protocol.MaxFrame)
	if err != nil {
		return "", "", "", err
	}
	sent, err := e.readOffer(offer)
	if err != nil {
		return "", "", "", err
	}
	c, err := s.acquire(ctx, claims.Meeting)
	if err != nil {
		return "", "", "", err
	}
	defer s.release(c)
	res := &resource{id: newID(), endpoint: e, credential: claims.ID}
	if err := c.open(ctx, res, claims, plan); err != nil {
		return "", "", "", err
	}
	answer, err := s.begin(ctx, res, sfu.Offer{SDP: offer, Sources: sent})
	if err != nil {
		c.detach(context.WithoutCancel(ctx), res)
		return "", "", "", err
	}
	s.linkRelay(h, r, claims.Seat)
	return answer, "/" + string(e) + "/" + claims.Meeting + "/" + res.id, res.etag, nil
}

// begin answers the first offer of a resource and makes it known.
func (s *Server) begin(ctx context.Context, r *resource, offer sfu.Offer) (answer string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, s.timing.offer)
	defer cancel()
	if answer, err = r.media.peer.Offer(ctx, offer); err != nil {
		return "", err
	}
	r.offer, r.etag = offer.SDP, newETag()
	s.mu.Lock()
	s.resources[r.id] = r
	s.mu.Unlock()
	if r.endpoint == whip {
		err = r.meeting.activate(ctx, r, offer.Sources)
	}
	return answer, err
}

// serveResource changes and ends resources: PATCH and DELETE on the address that a POST was answered with.
func (s *Server) serveResource(e endpoint) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.allowMethods(w, r, http.MethodPatch, http.MethodDelete) {
			return
		}
		claims, err := s.bearer(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		res := s.findResource(e, r, claims)
		if res == nil {
			s.refuse(w, r, errNoResource)
			return
		}
		if r.Method == http.MethodDelete {
			res.meeting.detach(context.WithoutCancel(r.Context()), res)
			w.WriteHeader(http.StatusOK)
			return
		}
		body, err := readBody(r, typeFragment, maxFragment)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		fragment, etag, err := res.patch(r.Context(), body, r.Header.Get("If-Match"), s.timing)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		if fragment == "" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", typeFragment)
		w.Header().Set("ETag", etag)
		_, _ = io.WriteString(w, fragment)
	}
}

// findResource gives the resource of a request to who made it. Nobody else learns that it exists.
func (s *Server) findResource(e endpoint, r *http.Request, claims access.Claims) *resource {
	s.mu.Lock()
	defer s.mu.Unlock()
	res := s.resources[r.PathValue("resource")]
	if res == nil || res.endpoint != e || res.meeting.id != r.PathValue("meeting") || res.credential != claims.ID {
		return nil
	}
	return res
}

// forgetResource takes a resource away; it is gone for its client.
func (s *Server) forgetResource(r *resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.resources, r.id)
}

// bearer checks the token of a request.
func (s *Server) bearer(r *http.Request) (access.Claims, error) {
	token, ok := bearerToken(r)
	if !ok {
		return access.Claims{}, errNoCredential
	}
	return s.access.VerifyBearer(token)
}

// readBody reads a body of one type and at most a size.
func readBody(r *http.Request, contentType string, limit int64) (string, error) {
	if got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || got != contentType {
		return "", errMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return "", errTooLarge
	}
	if err != nil {
		return "", errBadRequest
	}
	return string(body), nil
}

// allowMethods answers preflight requests and refuses other methods. Any page may use WHIP and WHEP: its token is what
// counts, and no browser sends that by itself.
func (s *Server) allowMethods(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Access-Control-Expose-Headers", "Location, ETag, Link, Accept-Patch")
	allowed := strings.Join(append(methods, http.MethodOptions), ", ")
	for _, m := range methods {
		if r.Method == m {
			return true
		}
	}
	h.Set("Allow", allowed)
	if r.Method != http.MethodOptions {
		s.refuse(w, r, errUnknownMethod)
		return false
	}
	h.Set("Access-Control-Allow-Methods", allowed)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match")
	h.Set("Access-Control-Max-Age", "86400")
	h.Set("Accept-Post", typeSDP)
	w.WriteHeader(http.StatusNoContent)
	return false
}

func newETag() string { return `"` + newID() + `"` }
