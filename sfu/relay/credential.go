package relay

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// credentialLifetime is how long a credential serves for new allocations. A client gets a new one each time that it joins or resumes.
const credentialLifetime = 12 * time.Hour

// Credential makes the user name and password of a seat: "expiry:seat", in seconds of Unix time, and its HMAC under the server's secret
// (draft-uberti-behave-turn-rest-00, section 2.2, with SHA-256). Nothing is kept of it.
func (s *Server) Credential(seat string) (username, password string) {
	username = strconv.FormatInt(s.config.Now().Add(credentialLifetime).Unix(), 10) + ":" + seat
	return username, s.password(username)
}

func (s *Server) password(username string) string {
	mac := hmac.New(sha256.New, s.secret[:])
	mac.Write([]byte(username))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// authenticate gives the seat of a user name and the key that its requests must be made with. An allocation goes on when its credential has
// expired: it was granted in time.
func (s *Server) authenticate(r *turn.RequestAttributes) (seat string, key []byte, ok bool) {
	expiry, seat, ok := strings.Cut(r.Username, ":")
	at, err := strconv.ParseInt(expiry, 10, 64)
	if !ok || err != nil || seat == "" || r.Realm != realm {
		s.counters.count(BadUsername)
		return "", nil, false
	}
	if r.Method == stun.MethodAllocate && s.config.Now().Unix() >= at {
		s.counters.count(Expired)
		return "", nil, false
	}
	return seat, turn.GenerateAuthKey(r.Username, realm, s.password(r.Username)), true
}
