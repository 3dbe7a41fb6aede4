package signaling

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"diemcau/signaling/protocol"
)

// Relay is a TURN server for clients that reach the media port in no other way.
type Relay interface {
	// URLs are those of the server (RFC 7065) for who reached this one under a host.
	URLs(host string) []string
	// Credential makes a user name and a password for a seat.
	Credential(seat string) (username, password string)
}

// iceServers are the TURN servers of a seat: at the host under which its client has reached this server, so that it needs no other name.
func (s *Server) iceServers(host, seat string) []protocol.ICEServer {
	all := []protocol.ICEServer{}
	if s.relay == nil || host == "" {
		return all
	}
	urls := s.relay.URLs(host)
	if len(urls) == 0 {
		return all
	}
	username, password := s.relay.Credential(seat)
	return append(all, protocol.ICEServer{URLs: urls, Username: username, Credential: password})
}

// linkRelay tells a WHIP or WHEP client of the TURN servers (RFC 9725, section 4.6).
func (s *Server) linkRelay(h http.Header, r *http.Request, seat string) {
	for _, server := range s.iceServers(hostOf(r), seat) {
		for _, url := range server.URLs {
			h.Add("Link", fmt.Sprintf(`<%s>; rel="ice-server"; username="%s"; credential="%s"; credential-type="password"`, url, server.Username, server.Credential))
		}
	}
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."

// hostOf is the address or the name that a request was sent to, as its client says; empty for what is neither.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(r.Host, "["), "]")
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.WithZone("").String()
	}
	if len(host) > 253 || strings.Trim(host, hostCharacters) != "" {
		return ""
	}
	return host
}
