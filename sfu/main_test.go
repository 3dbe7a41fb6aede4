package sfu_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Tests of rooms wait for media most of the time: more of them than processors may run at once.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	// A Pion client that is closed at the end of its handshake can leave a goroutine that hands over its first packet to nobody
	// (srtp.SessionSRTP): Close comes before DTLSTransport.Start has kept the session. The server of these tests has no such session.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/pion/srtp/v3.(*SessionSRTP).decrypt"))
}
