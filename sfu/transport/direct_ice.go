package transport

import (
	"crypto/rand"
	"net"
	"strings"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v4"

	"diemcau/sfu/transport/udp"
)

const (
	maxBindings = 16 // paths of one client that are remembered
	// unhurried is how long an address stays with a connection that was heard of, in nanoseconds, before another may have it: a check with a
	// forged sender must not take a client's media away.
	unhurried = 3e9
)

// credentials of one side (RFC 8839, section 5.4).
type iceCredentials struct{ ufrag, pwd string }

// newCredentials are random: 72 bits name a connection, 144 protect its checks.
func newCredentials() iceCredentials {
	text := rand.Text() + rand.Text() // of 130 bits each, in characters that both may have
	return iceCredentials{text[:15], text[15:45]}
}

// answerCheck answers a connectivity check as an ICE-lite agent does (RFC 8445, section 7.3): it makes none of its own. What is not made
// with a connection's password gets no answer.
func (r *reader) answerCheck(packet []byte, from udp.Path) {
	m := &r.check
	m.Raw = append(m.Raw[:0], packet...)
	if m.Decode() != nil || m.Type.Method != stun.MethodBinding {
		r.direct.drops.count(BadCheck)
		return
	}
	if m.Type.Class == stun.ClassIndication {
		return // keeps a NAT open (RFC 8445, section 11)
	}
	username, err := m.Get(stun.AttrUsername)
	local, remote, _ := strings.Cut(string(username), ":")
	var c *directConn
	if err == nil && m.Type.Class == stun.ClassRequest {
		c = r.direct.named(local)
	}
	if c == nil {
		r.direct.drops.count(BadCheck)
		return
	}
	pwd, ok := c.passwordOf(local, remote)
	integrity := stun.NewShortTermIntegrity(pwd)
	if !ok || integrity.Check(m) != nil || m.Contains(stun.AttrFingerprint) && stun.Fingerprint.Check(m) != nil {
		r.direct.drops.count(BadCheck)
		return
	}
	answer := []stun.Setter{stun.NewTransactionIDSetter(m.TransactionID)}
	if m.Contains(stun.AttrICEControlled) {
		// The client takes the server for the controlling side: it is to change its mind (RFC 8445, section 7.3.1.1).
		answer = append(answer, stun.NewType(stun.MethodBinding, stun.ClassErrorResponse), stun.CodeRoleConflict)
	} else {
		if !r.bind(c, local, from, m.Contains(stun.AttrUseCandidate), priorityOf(m)) {
			r.direct.drops.count(AddressInUse)
			return
		}
		answer = append(answer, stun.BindingSuccess, &stun.XORMappedAddress{IP: net.IP(from.Remote.Addr().AsSlice()), Port: int(from.Remote.Port())})
	}
	response, err := stun.Build(append(answer, integrity, stun.Fingerprint)...)
	if err != nil {
		r.direct.config.Log.Error("a connectivity check cannot be answered", "error", err)
		return
	}
	_ = r.socket.Send(response.Raw, from) // a lost answer is asked for again
}

func priorityOf(m *stun.Message) uint32 {
	var p ice.PriorityAttr
	if p.GetFrom(m) != nil {
		return 0
	}
	return uint32(p)
}

// bind remembers a path on which a connection's client passed a check. It is false for one that another connection lives on.
func (r *reader) bind(c *directConn, local string, from udp.Path, nominated bool, priority uint32) bool {
	b := r.direct.bindings.find(from)
	if b == nil || b.conn != c || b.local != local {
		if b != nil && b.conn != c && !b.conn.silentFor(unhurried) {
			return false
		}
		b = &binding{conn: c, destination: r.socket.NewDestination(from), local: local}
		if !c.remember(b) {
			return true // closed meanwhile
		}
	}
	c.checked(b, nominated, priority)
	return true
}
