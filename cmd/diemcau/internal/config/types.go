package config

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// errForm says that a value does not have the form that its key's documentation gives.
var errForm = errors.New("wrong form")

// Address is a host and a port as net.Listen and net.Dial take them. The host may be empty (every address).
type Address string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	if err != nil {
		return errForm
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return errForm
	}
	if strings.ContainsAny(host, " \t/@") {
		return errForm
	}
	*a = Address(text)
	return nil
}

// Host is the part before the port; empty for every address.
func (a Address) Host() string {
	host, _, _ := net.SplitHostPort(string(a))
	return host
}

// Port is the part after the host.
func (a Address) Port() string {
	_, port, _ := net.SplitHostPort(string(a))
	return port
}

// Loopback tells whether only this machine can reach the address.
func (a Address) Loopback() bool {
	if a.Host() == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(a.Host())
	return err == nil && addr.Unmap().IsLoopback()
}

// Everywhere tells whether the address stands for every address of this machine.
func (a Address) Everywhere() bool {
	addr, err := netip.ParseAddr(a.Host())
	return a.Host() == "" || err == nil && addr.IsUnspecified()
}

// overlaps tells whether two addresses cannot both be listened on. Port 0 is any that is free.
func (a Address) overlaps(b Address) bool {
	return a != "" && b != "" && a.Port() != "0" && a.Port() == b.Port() && (a.Everywhere() || b.Everywhere() || a.Host() == b.Host())
}

// OptionalAddress is an Address, or off for none.
type OptionalAddress string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *OptionalAddress) UnmarshalText(text []byte) error {
	if string(text) == "off" {
		*a = ""
		return nil
	}
	return (*Address)(a).UnmarshalText(text)
}

// MediaTCP is an OptionalAddress, or same for the address and port of UDP.
type MediaTCP string

const sameAsUDP = "same"

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *MediaTCP) UnmarshalText(text []byte) error {
	if string(text) == sameAsUDP {
		*a = sameAsUDP
		return nil
	}
	return (*OptionalAddress)(a).UnmarshalText(text)
}

// Line is text that stands in one line of a page.
type Line string

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Line) UnmarshalText(text []byte) error {
	if !utf8.Valid(text) || utf8.RuneCount(text) > 120 || bytes.ContainsFunc(text, unicode.IsControl) {
		return errForm
	}
	*l = Line(bytes.TrimSpace(text))
	return nil
}

// Secret is a value that no message, log or dump shows.
type Secret string

// String hides the secret.
func (Secret) String() string { return "(secret)" }

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = Secret(text)
	return nil
}

// Token is a secret that must not be guessed.
type Token struct{ Secret }

// UnmarshalText refuses what is short or repeats itself.
func (t *Token) UnmarshalText(text []byte) error {
	different := map[rune]bool{}
	for _, r := range string(text) {
		if r <= ' ' || r > '~' {
			return errForm // cannot stand in an HTTP header
		}
		different[r] = true
	}
	if len(text) < 16 || len(different) < 8 {
		return errors.New("too weak")
	}
	t.Secret = Secret(text)
	return nil
}

// Origin is a browser's origin (RFC 6454): scheme, host and, where it is not the scheme's own, port.
type Origin string

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Origin) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return errForm
	}
	if plain := u.Scheme + "://" + u.Host; plain != strings.TrimSuffix(string(text), "/") {
		return errForm
	}
	*o = Origin(originOf(u.Scheme, u.Hostname(), u.Port()))
	return nil
}

// originOf writes an origin as browsers do: in lower case and without the scheme's own port.
func originOf(scheme, host, port string) string {
	host = strings.ToLower(host)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" || scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		return scheme + "://" + host
	}
	return scheme + "://" + host + ":" + port
}

// Network is a network, or one address as a network of one.
type Network struct{ netip.Prefix }

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *Network) UnmarshalText(text []byte) error {
	if addr, err := netip.ParseAddr(string(text)); err == nil && addr.Zone() == "" && !addr.IsUnspecified() {
		n.Prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(string(text))
	if err != nil {
		return errForm
	}
	n.Prefix = prefix.Masked()
	return nil
}

// Addresses is the one address, or the local ones that are in the network. It returns an error when there are none.
func (n Network) Addresses(local []netip.Addr) ([]netip.Addr, error) {
	if n.IsSingleIP() {
		return []netip.Addr{n.Addr()}, nil
	}
	var in []netip.Addr
	for _, addr := range local {
		if n.Contains(addr) {
			in = append(in, addr)
		}
	}
	if len(in) == 0 {
		return nil, fmt.Errorf("this machine has no address in %s", n)
	}
	return in, nil
}
