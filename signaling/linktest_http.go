package signaling

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"diemcau/rooms/access"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// The bodies of link tests.
type (
	// linkTestOffers begin a test: an offer that sends at most a camera and a microphone, and one that receives them, with up to eight
	// video slots.
	linkTestOffers struct {
		Publish string `json:"publish"`
		Receive string `json:"receive"`
	}
	// linkTestAnswers answer them.
	linkTestAnswers struct {
		ID      string `json:"id"`
		Publish string `json:"publish"`
		Receive string `json:"receive"`
		LastsMs int64  `json:"lasts_ms"` // after which the test ends by itself
		// ICEServers are for a test through the relay, where this one does not get through.
		ICEServers []protocol.ICEServer `json:"ice_servers"`
	}
	// linkTestLoad says how many slots shall show the picture.
	linkTestLoad struct {
		Copies int `json:"copies"`
	}
	// linkTestView is what the server sees of the way down.
	linkTestView struct {
		EstimateKbps int64 `json:"estimate_kbps"` // 0 while it is not known
	}
)

// typeJSON is the content type of link tests.
const typeJSON = "application/json"

// serveLinkTests begins tests: POST /linktest with an invitation as the bearer token.
func (s *Server) serveLinkTests(w http.ResponseWriter, r *http.Request) {
	if !s.onlyMethods(w, r, http.MethodPost) {
		return
	}
	answers, err := s.beginLinkTest(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Location", "/linktest/"+answers.ID)
	writeJSON(w, http.StatusCreated, answers)
}

func (s *Server) beginLinkTest(r *http.Request) (linkTestAnswers, error) {
	var none linkTestAnswers
	claims, err := s.invitation(r)
	if err != nil {
		return none, err
	}
	// Before the meeting opens too: that is when a link is tested.
	switch plan, err := s.calendar.Get(r.Context(), claims.Meeting); {
	case err != nil:
		return none, err
	case plan.Over():
		return none, errNotOpen
	}
	var offers linkTestOffers
	if err := readJSON(r, 2*protocol.MaxFrame, &offers); err != nil {
		return none, err
	}
	publish, err := readTestOffer(whip, offers.Publish)
	if err != nil {
		return none, err
	}
	receive, err := readTestOffer(whep, offers.Receive)
	if err != nil {
		return none, err
	}
	if err := s.tests.reserve(claims.ID, time.Now()); err != nil {
		return none, err
	}
	t, sdp, err := s.openLinkTest(r.Context(), claims.ID, publish, receive)
	if err != nil {
		s.tests.abandon()
		return none, err
	}
	if err := s.tests.run(t); err != nil {
		return none, err
	}
	s.log.Info("link test", "meeting", claims.Meeting, "seat", claims.Seat, "test", t.id[:10])
	return linkTestAnswers{
		ID: t.id, Publish: sdp[0], Receive: sdp[1], LastsMs: s.tests.lasts.Milliseconds(), ICEServers: s.iceServers(hostOf(r), claims.Seat),
	}, nil
}

// readTestOffer reads one of the two offers. Only a camera and a microphone are tried.
func readTestOffer(e endpoint, offer string) (sfu.Offer, error) {
	if len(offer) > protocol.MaxFrame {
		return sfu.Offer{}, errTooLarge
	}
	sent, err := e.readOffer(offer)
	if err != nil {
		return sfu.Offer{}, err
	}
	for mid, source := range sent {
		if source != sfu.Camera && source != sfu.Microphone {
			return sfu.Offer{}, &protocol.FieldError{Field: "publish", Reason: "section " + mid + " is one too many"}
		}
	}
	return sfu.Offer{SDP: offer, Sources: sent}, nil
}

// serveLinkTest changes the load of a test with POST /linktest/{test} and ends it with DELETE.
func (s *Server) serveLinkTest(w http.ResponseWriter, r *http.Request) {
	if !s.onlyMethods(w, r, http.MethodPost, http.MethodDelete) {
		return
	}
	claims, err := s.invitation(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	id := r.PathValue("test")
	if r.Method == http.MethodDelete {
		if !s.tests.end(id, claims.ID) {
			s.refuse(w, r, errNoTest)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	t := s.tests.find(id, claims.ID)
	if t == nil {
		s.refuse(w, r, errNoTest)
		return
	}
	if t.loads.Add(1) > linkTestLoads {
		s.refuse(w, r, errTestTooOften)
		return
	}
	var load linkTestLoad
	if err := readJSON(r, 1<<10, &load); err != nil {
		s.refuse(w, r, err)
		return
	}
	if load.Copies < 1 || load.Copies > linkTestCopies {
		s.refuse(w, r, &protocol.FieldError{Field: "copies", Reason: "1 to 8"})
		return
	}
	t.show(load.Copies)
	writeJSON(w, http.StatusOK, linkTestView{EstimateKbps: t.receiver.Diagnostics().Estimate / 1000})
}

// invitation checks the invitation of a request.
func (s *Server) invitation(r *http.Request) (access.Claims, error) {
	token, ok := bearerToken(r)
	if !ok {
		return access.Claims{}, errNoCredential
	}
	return s.access.Invitation(token)
}

// bearerToken reads the Authorization header (RFC 6750, section 2.1).
func bearerToken(r *http.Request) (token string, ok bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}

// onlyMethods refuses other methods.
func (s *Server) onlyMethods(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	for _, m := range methods {
		if r.Method == m {
			return true
		}
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	s.refuse(w, r, errUnknownMethod)
	return false
}

// readJSON reads a body of at most a size.
func readJSON(r *http.Request, limit int64, into any) error {
	body, err := readBody(r, typeJSON, limit)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		if fault, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return &protocol.FieldError{Field: fault.Field, Reason: "wrong type"}
		}
		return errBadRequest
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
