//go:build !linux

package tcp

import "net"

func keepShort(net.Conn) {}
