//go:build !linux

package udp

import (
	"net"
	"sync/atomic"
	"syscall"
)

// kernel is there on Linux only.
type kernel struct{ segments atomic.Bool }

type kernelAddress struct{}

type outbox struct{}

func newOutbox() *outbox { return nil }

var reusePort func(network, address string, c syscall.RawConn) error

func newKernel(*net.UDPConn) *kernel { return nil }

func (*kernel) receive() error                      { panic("udp: no kernel") }
func (*kernel) take(func([]byte, Path)) error       { panic("udp: no kernel") }
func (*kernel) poll(func([]byte, Path)) error       { panic("udp: no kernel") }
func (*kernel) send([]byte, Path) error             { panic("udp: no kernel") }
func (*kernel) address(Path) (a kernelAddress)      { return a }
func (*kernel) sendTrains(*outbox, []byte, []train) { panic("udp: no kernel") }
func (*kernel) gather(int)                          {}
func (*kernel) spread()                             {}
