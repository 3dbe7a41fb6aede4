package transport

import (
	"net"
	"net/netip"
	"slices"

	"github.com/pion/transport/v4"
)

// addressesOf are the addresses of a network, or of the host for nil, that a client might reach. Loopback is last: it serves clients on this
// machine only.
func addressesOf(network transport.Net, onlyV4 bool) []netip.Addr {
	var all []net.Addr
	if network == nil {
		all, _ = net.InterfaceAddrs() // without any, clients are left with what is advertised
	} else if interfaces, err := network.Interfaces(); err == nil {
		for _, i := range interfaces {
			if some, err := i.Addrs(); err == nil {
				all = append(all, some...)
			}
		}
	}
	var found []netip.Addr
	for _, a := range all {
		prefix, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		address, ok := netip.AddrFromSlice(prefix.IP)
		if !ok {
			continue
		}
		if address = address.Unmap(); address.IsLinkLocalUnicast() || onlyV4 && !address.Is4() {
			continue
		}
		found = append(found, address)
	}
	slices.SortStableFunc(found, func(a, b netip.Addr) int {
		switch {
		case a.IsLoopback() == b.IsLoopback():
			return 0
		case b.IsLoopback():
			return -1
		}
		return 1
	})
	return found
}

func withPort(addresses []netip.Addr, port uint16) []netip.AddrPort {
	all := make([]netip.AddrPort, len(addresses))
	for i, a := range addresses {
		all[i] = netip.AddrPortFrom(a, port)
	}
	return all
}

func unmapped(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }
