package transport

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"diemcau/sfu/transport/tcp"
)

// candidates are the lines of an answer that say where the media sockets are (RFC 8839, section 5.1).
func (d *Direct) candidates() []string {
	var lines []string
	// RFC 8445, section 5.1.2: a host candidate's preference, the earlier address's before the later's, component 1.
	local := d.readers[0].socket.LocalAddr()
	for i, a := range d.reachable(local.Addr()) {
		priority := uint32(126)<<24 | uint32(65535-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("a=candidate:%d 1 udp %d %s %d typ host\r\n", len(lines)+1, priority, a, local.Port()))
	}
	if d.streams == nil {
		return lines
	}
	// RFC 6544, sections 4.2 and 4.5: less than all of UDP; the 4 is that of a passive candidate.
	local = tcp.AddrPort(d.streams.Addr())
	for i, a := range d.reachable(local.Addr()) {
		if a.IsLoopback() && i > 0 {
			continue // clients connect to each at once, and there it is the client's own machine
		}
		priority := uint32(90)<<24 | uint32(4<<13|8191-i)<<8 | 255
		lines = append(lines, fmt.Sprintf("a=candidate:%d 1 tcp %d %s %d typ host tcptype passive\r\n", len(lines)+1, priority, a, local.Port()))
	}
	return lines
}

// reachable are the addresses at which clients might reach what is bound to a local one, the likeliest first.
func (d *Direct) reachable(local netip.Addr) []netip.Addr {
	addresses := []netip.Addr{local.Unmap()}
	if local.IsUnspecified() {
		addresses = d.hostAddresses(local.Is4())
	}
	for _, a := range d.config.Advertise {
		if a = a.Unmap(); !slices.Contains(addresses, a) {
			addresses = append(slices.Clip(addresses), a) // those of the host are shared
		}
	}
	return addresses
}

// hostAddresses are those of the host, asked for anew now and then: an address may come while the server runs.
func (d *Direct) hostAddresses(onlyV4 bool) []netip.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	if time.Since(d.addressesAt) >= addressesFor {
		d.addresses, d.addressesAt = addressesOf(d.config.Net, onlyV4), time.Now()
	}
	return d.addresses
}

// Addresses are those at which media is taken over UDP; see Transport.
func (d *Direct) Addresses() []netip.AddrPort {
	local := d.readers[0].socket.LocalAddr()
	if !local.Addr().IsUnspecified() {
		return []netip.AddrPort{unmapped(local)}
	}
	return withPort(d.hostAddresses(local.Addr().Is4()), local.Port())
}
