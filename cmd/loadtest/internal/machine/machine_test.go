package machine

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestParseProcess(t *testing.T) {
	const stat = "4242 (a (b) c 9) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 17 0 99 123456 300 18446744073709551615 1\n"
	p, err := parseProcess(stat, 4096)
	if want := (Process{CPU: 3 * time.Second, Memory: 300 * 4096, Threads: 17}); err != nil || p != want {
		t.Errorf("%+v, %v; want %+v", p, err, want)
	}
	for _, bad := range []string{"", "1 (x) S 1", "no parentheses"} {
		if _, err := parseProcess(bad, 4096); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestProcessors(t *testing.T) {
	before := parseProcessors("cpu  100 0 100 600 100 0 0 100 50 0\ncpu0 1 2\n")
	after := parseProcessors("cpu  150 0 150 1200 150 0 0 350 90 0\n")
	if idle, stolen := after.Since(before); idle != 65 || stolen != 25 {
		t.Errorf("%v %% idle, %v %% stolen", idle, stolen)
	}
	if idle, stolen := before.Since(before); idle != 0 || stolen != 0 {
		t.Error("time passed that did not")
	}
	if parseProcessors("") != (Processors{}) {
		t.Error("of nothing")
	}
}

func TestReadProcess(t *testing.T) {
	if !Known() {
		t.Skip("this system does not tell")
	}
	p, err := ReadProcess(os.Getpid())
	if err != nil || p.Memory < 1<<20 || p.Threads < 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := ReadProcess(1 << 30); !errors.Is(err, ErrNoProcess) {
		t.Errorf("%v", err)
	}
}
