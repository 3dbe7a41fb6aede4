//go:build !linux

package transport

import (
	"net"
	"net/netip"
)

// batchSocket is there on Linux only: elsewhere each packet is sent by itself.
type batchSocket struct{ *net.UDPConn }

func newBatchSocket(net.PacketConn) *batchSocket { return nil }

func (s *batchSocket) Begin() {}
func (s *batchSocket) Flush() {}

func (s *batchSocket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.UDPConn.ReadFromUDPAddrPort(b)
}

func (s *batchSocket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return s.UDPConn.WriteToUDPAddrPort(b, to)
}
