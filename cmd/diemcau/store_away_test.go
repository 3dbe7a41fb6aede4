package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test stops it for a minute: go test ./cmd/diemcau -run RedisIsAway -store-away 60s
var storeAway = flag.Duration("store-away", 10*time.Second, "how long TestRedisIsAwayForAWhile stops Redis")

const (
	mostAsk  = 2 * time.Second // that a request may take meanwhile
	mostBack = 5 * time.Second // until all is well again

	publishers = 2 // of the meeting that runs; beside them there are its chair and those who receive
)

// live puts a meeting on a server: sites that send and halls that receive, measured by the load test.
func (p *process) live(people int, length time.Duration) (report string, ended chan error) {
	p.t.Helper()
	dir := p.t.TempDir()
	program := filepath.Join(dir, "loadtest")
	if out, err := exec.Command("go", "build", "-o", program, "diemcau/cmd/loadtest").CombinedOutput(); err != nil {
		p.t.Fatalf("%v: %s", err, out)
	}
	report = filepath.Join(dir, "report.json")
	cmd := exec.Command(program, "--server", "http://"+p.address, "--publishers", strconv.Itoa(publishers), "--subscribers", strconv.Itoa(people-publishers-1),
		"--video-kbps", "200", "--settle", "0s", "--duration", length.String(), "--json", report)
	cmd.Env = append(os.Environ(), "DIEMCAU_ADMIN_TOKEN="+canary)
	var out buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = cmd.Process.Kill() })
	ended = make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err != nil {
			p.t.Log(out.String())
		}
		ended <- err
	}()
	return report, ended
}

// ask sends a request as the administrator: its status and its body.
func (p *process) ask(method, path, body string) (int, string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.address+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+canary)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(raw)
}

// unconcerned are the addresses under /api/v1 that need no store, asked with the administrator's token and without a terminal's cookie.
var unconcerned = map[string]bool{"/api/v1/calendar/settings": true, "/api/v1/session": true, "/api/v1/sessions": true, "/api/v1/terminal": true}

// reads gives every address of the interface that can be read and has no id in it.
func (p *process) reads() (paths []string) {
	p.t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	p.read("/api/v1/openapi.json", &document)
	for path, methods := range document.Paths {
		if _, reads := methods["get"]; reads && !unconcerned[path] {
			paths = append(paths, strings.NewReplacer("{id}", "x", "{paper}", "x", "/freebusy", "/freebusy?resource=hall:x&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z").Replace(path))
		}
	}
	return paths
}

// Redis stands still for a while: the meeting that runs does not notice, every request is told within two seconds that nothing is known to be
// saved, pages load, and all is well soon after it is back.
func TestRedisIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	away, admin := *storeAway, freeAddress(t)
	p := start(t, t.TempDir(), "--admin-listen", admin)
	base := "http://" + p.address
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	paths := p.reads()
	const people = 6
	report, ended := p.live(people, away+15*time.Second)
	for deadline := time.Now().Add(time.Minute); p.metric(admin, "diemcau_media_peers") < people; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the meeting does not begin")
		}
	}

	raw, err := os.ReadFile(filepath.Join(p.data, "redis.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGCONT) }()
	forwarded := p.metric(admin, "diemcau_media_packets_forwarded_total")
	for stopped := time.Now(); time.Since(stopped) < away; {
		for _, path := range paths {
			p.says503(http.MethodGet, path, "")
		}
		now := time.Now()
		p.says503(http.MethodPost, "/api/v1/meetings", `{"subject":"Họp","start":"`+now.Add(time.Hour).Format(time.RFC3339)+`","end":"`+
			now.Add(2*time.Hour).Format(time.RFC3339)+`","chair":{"name":"Chủ tịch"},"speaking":"floor"}`)
		p.says503(http.MethodPost, "/api/v1/session", `{"login":"lan","password":"Canary mật khẩu"}`)
		if status, _ := p.ask(http.MethodGet, "/readyz", ""); status != http.StatusServiceUnavailable {
			t.Errorf("/readyz: %d", status)
		}
		for _, page := range []string{"/", "/join", "/terminal", "/healthz"} {
			if status, body := p.ask(http.MethodGet, page, ""); status != http.StatusOK {
				t.Errorf("%s: %d %s", page, status, body)
			}
		}
		before := forwarded
		if forwarded = p.metric(admin, "diemcau_media_packets_forwarded_total"); forwarded == before {
			t.Error("media stand still")
		}
		if t.Failed() {
			break
		}
	}
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	for _, path := range []string{"/api/v1/meetings", "/api/v1/directory", "/api/v1/audit"} {
		p.get(path)
	}
	if took := time.Since(back); took > mostBack {
		t.Errorf("all is well only after %s", took)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	undisturbed(t, report, people)
	p.stop()
}

// says503 wants the answer of a server whose store is away, soon.
func (p *process) says503(method, path, body string) {
	p.t.Helper()
	began := time.Now()
	status, answer := p.ask(method, path, body)
	if took := time.Since(began); status != http.StatusServiceUnavailable || !strings.Contains(answer, `"unavailable"`) || took > mostAsk {
		p.t.Errorf("%s %s: %d %s after %s", method, path, status, answer, took)
	}
}

// metric reads a figure of the metrics.
func (p *process) metric(admin, name string) (value float64) {
	p.t.Helper()
	for line := range strings.Lines(p.until(http.DefaultClient, "http://"+admin+"/metrics", http.StatusOK)) {
		if text, found := strings.CutPrefix(line, name+" "); found {
			var err error
			if value, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil {
				p.t.Fatal(err)
			}
			return value
		}
	}
	p.t.Fatalf("there is no %s", name)
	return 0
}

// undisturbed reads what the load test measured over all of that time.
func undisturbed(t *testing.T, report string, people int) {
	t.Helper()
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Present  int            `json:"present"`
		NoMedia  int            `json:"without_media"`
		Failures map[string]any `json:"failures"`
		Audio    struct {
			Packets     int     `json:"packets"`
			LossPercent float64 `json:"loss_percent"`
			Latency     struct {
				Max float64 `json:"max_ms"`
			} `json:"latency"`
		} `json:"audio"`
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d present, failures %v, %d packets of sound, %.2f %% lost, the latest after %.0f ms", r.Present, people, r.Failures, r.Audio.Packets, r.Audio.LossPercent, r.Audio.Latency.Max)
	if r.Present != people || r.NoMedia > 0 || r.Audio.Packets == 0 {
		t.Errorf("the meeting was disturbed: %s", raw)
	}
	for what, n := range r.Failures {
		if count, ok := n.(float64); ok && count > 0 {
			t.Errorf("%s: %v", what, n)
		}
	}
}
