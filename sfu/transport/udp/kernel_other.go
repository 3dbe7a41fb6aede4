//go:build !linux

package udp

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"
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
func (*kernel) steer(program) error                 { panic("udp: no kernel") }

// Aside is there on Linux only.
type Aside struct{}

func newAside(*net.UDPConn) *Aside { return nil }

// Poll is of no Aside.
func (*Aside) Poll(func([]byte, Path, time.Duration)) error { panic("udp: no kernel") }

// Close is of no Aside.
func (*Aside) Close() error { panic("udp: no kernel") }

type program []struct{}

func reportsTo(int) program { return nil }
func always(int) program    { return nil }
func byClient(int) program  { return nil }
