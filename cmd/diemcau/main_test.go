package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the server, so that tests start, kill and stop a real process.
func TestMain(m *testing.M) {
	if os.Getenv("BE_DIEMCAU") == "1" {
		os.Unsetenv("BE_DIEMCAU")
		main()
	}
	os.Exit(m.Run())
}

// process is a running server.
type process struct {
	t       *testing.T
	command *exec.Cmd
	address string
	data    string
	output  *buffer
	ended   chan error
}

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

const canary = "Canary-token-0123456789"

// start runs a server on free ports.
func start(t *testing.T, data string, args ...string) *process {
	t.Helper()
	return startAt(t, freeAddress(t), data, args...)
}

// startAt runs a server whose pages and REST are at an address.
func startAt(t *testing.T, address, data string, args ...string) *process {
	t.Helper()
	p := &process{t: t, address: address, data: data, output: &buffer{}, ended: make(chan error, 1)}
	args = append([]string{"serve", "--listen", p.address, "--data", data, "--media.listen", "127.0.0.1:0", "--turn.listen", "127.0.0.1:0", "--turn.tls-listen", "127.0.0.1:0", "--log.level", "debug"}, args...)
	p.command = exec.Command(os.Args[0], args...)
	p.command.Env = append(os.Environ(), "BE_DIEMCAU=1", "DIEMCAU_ADMIN_TOKEN="+canary)
	p.command.Stdout, p.command.Stderr = p.output, p.output
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.command.Wait() }()
	t.Cleanup(func() { _ = p.command.Process.Kill() })
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// until waits for the server to answer a path with a status.
func (p *process) until(client *http.Client, url string, status int) string {
	p.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	var last any
	for time.Now().Before(deadline) {
		r, err := client.Get(url)
		if err == nil {
			body, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if r.StatusCode == status {
				return string(body)
			}
			last = r.Status
		} else {
			last = err
		}
		select {
		case err := <-p.ended:
			p.t.Fatalf("server ended: %v\n%s", err, p.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
	p.t.Fatalf("%s: %v, want %d\n%s", url, last, status, p.output)
	return ""
}

// stop asks the server to end and gives its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
		return p.command.ProcessState.ExitCode()
	case <-time.After(20 * time.Second):
		p.t.Fatalf("server does not end\n%s", p.output)
		return -1
	}
}

func TestServeStartsAndStops(t *testing.T) {
	admin := freeAddress(t)
	p := start(t, t.TempDir(), "--demo", "--print-links", "--admin-listen", admin, "--organisation.support", "máy lẻ 200")
	p.until(http.DefaultClient, "http://"+p.address+"/readyz", http.StatusOK)
	p.until(http.DefaultClient, "http://"+p.address+"/healthz", http.StatusOK)
	if page := p.until(http.DefaultClient, "http://"+p.address+"/join", http.StatusOK); !strings.Contains(page, "<") {
		t.Errorf("page: %q", page)
	}
	if m := p.until(http.DefaultClient, "http://"+admin+"/metrics", http.StatusOK); !strings.Contains(m, `diemcau_media_packets_dropped_total{reason="not_permitted"} 0`) {
		t.Errorf("metrics lack the drops:\n%s", m)
	}
	p.until(http.DefaultClient, "http://"+admin+"/debug/pprof/", http.StatusOK)
	p.until(http.DefaultClient, "http://"+p.address+"/debug/pprof/x.y", http.StatusNotFound)
	// The demo is some province's, and what is configured is said instead of what the demo says.
	if o := p.until(http.DefaultClient, "http://"+p.address+"/api/v1/sign-in", http.StatusOK); !strings.Contains(o, `"Ủy ban nhân dân tỉnh Minh Giang"`) || !strings.Contains(o, `"máy lẻ 200"`) {
		t.Errorf("sign-in: %s", o)
	}
	for _, want := range []string{"Lãnh đạo", "Điểm cầu", "Thư ký", "/join#"} {
		if !strings.Contains(p.output.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, p.output)
		}
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.output)
	}
}

// A stop waits for requests that run; whoever asks again does not want to wait.
func TestASecondSignalEndsAStopThatWaits(t *testing.T) {
	admin := freeAddress(t)
	p := start(t, t.TempDir(), "--admin-listen", admin, "--stop-timeout", "1m")
	p.until(http.DefaultClient, "http://"+admin+"/debug/pprof/", http.StatusOK)
	profiling, err := net.Dial("tcp", admin)
	if err != nil {
		t.Fatal(err)
	}
	defer profiling.Close()
	if _, err := io.WriteString(profiling, "GET /debug/pprof/trace?seconds=60 HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := profiling.Read(make([]byte, 1)); err != nil { // it runs
		t.Fatal(err)
	}
	deadline := time.After(10 * time.Second)
	for {
		_ = p.command.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
			if status := p.command.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() {
				t.Errorf("ended by itself with %d\n%s", status.ExitStatus(), p.output)
			}
			return
		case <-deadline:
			t.Fatalf("does not end\n%s", p.output)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestTokenOfTheRunningServer(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	p.until(http.DefaultClient, "http://"+p.address+"/readyz", http.StatusOK)
	keys := []string{"--listen", p.address, "--data", p.data, "--admin-token", canary}
	var out, errs bytes.Buffer
	if code := run(t.Context(), append([]string{"token", "--meeting", "phong-hop-thu", "--seats", "many"}, keys...), nil, &out, &errs); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	if parts := strings.Split(strings.TrimSpace(out.String()), "."); len(parts) != 3 {
		t.Errorf("not a token: %q", out.String())
	}
	errs.Reset()
	if code := run(t.Context(), append([]string{"token", "--meeting", "none", "--name", "x"}, keys...), nil, &out, &errs); code != 1 || !strings.Contains(errs.String(), "not_found") {
		t.Errorf("exit code %d for a meeting that does not exist: %s", code, errs.String())
	}
	if strings.Contains(p.output.String(), canary) {
		t.Error("the administrator's token is in the log")
	}
	p.stop()
}

func TestAdminTokenIsMadeOnce(t *testing.T) {
	data := t.TempDir()
	args := func(address string) []string {
		return []string{"serve", "--listen", address, "--data", data, "--media.listen", "127.0.0.1:0", "--turn.listen", "127.0.0.1:0", "--turn.tls-listen", "127.0.0.1:0"}
	}
	var first string
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		address := freeAddress(t)
		ended := make(chan int, 1)
		var out buffer
		go func() { ended <- run(ctx, args(address), nil, &out, &out) }()
		p := &process{t: t, ended: make(chan error), output: &out}
		p.until(http.DefaultClient, "http://"+address+"/readyz", http.StatusOK)
		kept, err := os.ReadFile(filepath.Join(data, adminTokenFile))
		if err != nil {
			t.Fatal(err)
		}
		if first != "" && first != string(kept) {
			t.Error("a second start made another token")
		}
		first = string(kept)
		if info, _ := os.Stat(filepath.Join(data, adminTokenFile)); info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
		if strings.Contains(out.String(), strings.TrimSpace(first)) {
			t.Error("the token is in the log")
		}
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d:\n%s", code, out.String())
		}
	}
}

// A server that is told to stop while it starts stops, wherever it is.
func TestStopWhileItStarts(t *testing.T) {
	for _, after := range []time.Duration{0, 10 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		ctx, cancel := context.WithCancel(t.Context()) // as a signal does: a deadline would be each request's own too
		time.AfterFunc(after, cancel)
		var out buffer
		code := run(ctx, []string{
			"serve", "--listen", freeAddress(t), "--data", t.TempDir(), "--media.listen", "127.0.0.1:0", "--turn.listen", "127.0.0.1:0", "--turn.tls-listen", "127.0.0.1:0",
		}, nil, &out, &out)
		cancel()
		if code != 0 {
			t.Errorf("after %v: exit code %d:\n%s", after, code, out.String())
		}
	}
}

// A server that is killed leaves nothing behind that keeps the next one from starting with all that was acknowledged.
func TestKilledServerLosesNothing(t *testing.T) {
	data := t.TempDir()
	p := start(t, data)
	base := "http://" + p.address
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	now := time.Now()
	plan := fmt.Sprintf(`{"subject":"Họp","start":%q,"end":%q,"chair":{"name":"Chủ tịch"},"speaking":"floor"}`,
		now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339))
	var made []string
	for range 20 {
		id, err := create(base, plan)
		if err != nil {
			t.Fatal(err)
		}
		made = append(made, id)
	}
	if err := p.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.ended
	p = start(t, data)
	base = "http://" + p.address
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	for _, id := range made {
		r, _ := http.NewRequest(http.MethodGet, base+"/api/v1/meetings/"+id, nil)
		r.Header.Set("Authorization", "Bearer "+canary)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("meeting %s: %s", id, answer.Status)
		}
	}
	p.stop()
}

func create(base, plan string) (string, error) {
	r, err := http.NewRequest(http.MethodPost, base+"/api/v1/meetings", strings.NewReader(plan))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+canary)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusCreated {
		return "", errors.New(answer.Status)
	}
	var m struct{ ID string }
	return m.ID, json.NewDecoder(answer.Body).Decode(&m)
}

func TestLocalTLS(t *testing.T) {
	p := start(t, t.TempDir(), "--tls", "local")
	root := ""
	insecure := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	root = p.until(insecure, "https://"+p.address+"/ca.crt", http.StatusOK)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(root)) {
		t.Fatalf("no certificate: %q", root)
	}
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	p.until(trusting, "https://"+p.address+"/readyz", http.StatusOK)
	if page := p.until(trusting, "https://"+p.address+"/ca", http.StatusOK); !strings.Contains(page, "Cài chứng thư gốc") || !strings.Contains(page, "Installing") {
		t.Error("the page does not say how to install the root in both languages")
	}
	p.stop()
}

func TestBadStartsNameTheirKey(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args, environ []string
		want          []string
	}{
		"port in use":        {args: []string{"serve", "--listen", busy.Addr().String(), "--data", t.TempDir()}, want: []string{"listen", busy.Addr().String(), "in use"}},
		"not loopback":       {args: []string{"check", "--listen", "0.0.0.0:8443"}, want: []string{"tls", "0.0.0.0:8443"}},
		"bad duration":       {args: []string{"check", "--stop-timeout", "soon"}, want: []string{"stop_timeout", `"soon"`, "duration"}},
		"bad CIDR":           {args: []string{"check", "--media.advertise", "10.0.0.0/99"}, want: []string{"media.advertise", "10.0.0.0/99", "CIDR"}},
		"weak token":         {environ: []string{"DIEMCAU_ADMIN_TOKEN=aaaaaaaaaaaaaaaaaaaa"}, args: []string{"check"}, want: []string{"admin_token", "too weak"}},
		"unknown variable":   {environ: []string{"DIEMCAU_LISTN=x"}, args: []string{"check"}, want: []string{"DIEMCAU_LISTN", "unknown"}},
		"unreadable key":     {args: []string{"check", "--tls", "pem", "--tls-cert", file, "--tls-key", file}, want: []string{"tls_cert"}},
		"missing file":       {args: []string{"check", "--config", file + "-none"}, want: []string{"config", "cannot be read"}},
		"data is a file":     {args: []string{"check", "--data", file}, want: []string{"data", "not a directory"}},
		"data under a file":  {args: []string{"check", "--data", filepath.Join(file, "data")}, want: []string{"data", "not a directory"}},
		"no redis-server":    {args: []string{"check", "--redis.binary", file + "-none"}, want: []string{"redis.binary", file + "-none"}},
		"unreadable pem":     {args: []string{"check", "--tls", "pem", "--tls-cert", file, "--tls-key", file + "-none"}, want: []string{"tls_key", file + "-none"}},
		"bad lifetime":       {args: []string{"token", "--meeting", "m", "--name", "n", "--lifetime", "soon"}, want: []string{"--lifetime", `"soon"`}},
		"cluster with db":    {args: []string{"check", "--redis.addresses", "127.0.0.1:1", "--redis.cluster", "--redis.db", "3"}, want: []string{"redis.db"}},
		"password, no redis": {environ: []string{"DIEMCAU_REDIS_PASSWORD=" + canary}, args: []string{"check"}, want: []string{"redis.password"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if code := run(ctx, c.args, c.environ, &out, &out); code == 0 {
				t.Errorf("exit code 0: %s", out.String())
			}
			for _, w := range c.want {
				if !strings.Contains(out.String(), w) {
					t.Errorf("%q is not in: %s", w, out.String())
				}
			}
			for _, secret := range []string{canary, "aaaaaaaaaaaaaaaaaaaa"} {
				if strings.Contains(out.String(), secret) {
					t.Errorf("a secret is shown: %s", out.String())
				}
			}
		})
	}
}
