package main

import (
	"os/exec"
	"strings"
	"testing"
)

// The arrows of the design: who may import whom.
func TestArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}}: {{join .Imports " "}}`, "diemcau/...").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	forbidden := []struct{ from, but, to string }{
		{"diemcau/rooms", "", "diemcau/sfu"},
		{"diemcau/rooms", "", "diemcau/signaling"},
		{"diemcau/rooms", "", "github.com/pion/"},
		{"diemcau/sfu", "", "diemcau/rooms"},
		{"diemcau/sfu", "", "diemcau/signaling"},
		{"diemcau/sfu", "", "github.com/redis/"},
		// The forwarding core knows packets, not connections.
		{"diemcau/sfu", "diemcau/sfu/transport diemcau/sfu/sfutest", "github.com/pion/webrtc"},
		{"diemcau/sfu/forward", "", "diemcau/sfu/transport"},
		{"diemcau/signaling", "", "github.com/pion/webrtc"},
		{"diemcau/signaling/protocol", "", "diemcau/rooms"},
		{"diemcau/web", "", "diemcau/"},
	}
	packages := 0
	for line := range strings.Lines(string(out)) {
		from, imports, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		packages++
		for _, f := range forbidden {
			if from != f.from && !strings.HasPrefix(from, f.from+"/") || f.but != "" && strings.Contains(f.but, from) && from != f.from {
				continue
			}
			for to := range strings.FieldsSeq(imports) {
				if strings.HasPrefix(to, f.to) {
					t.Errorf("%s imports %s", from, to)
				}
			}
		}
	}
	if packages < 15 {
		t.Errorf("only %d packages were looked at", packages)
	}
}
