package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// get reads an address as the administrator.
func (p *process) get(path string) string {
	p.t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+canary)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
	return string(raw)
}

// A server that runs is backed up, its backup is brought back elsewhere, and another server has all of it: meetings, papers, tokens.
func TestBackupOfTheRunningServerComesBack(t *testing.T) {
	p := start(t, t.TempDir(), "--tls", "off")
	base := "http://" + p.address
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	now := time.Now()
	paths := []string{"/api/v1/meetings?limit=200", "/api/v1/audit?limit=1&action=account."}
	for i := range 10 {
		id, err := create(base, fmt.Sprintf(`{"subject":"Họp %d","start":%q,"end":%q,"chair":{"name":"Chủ tịch"},"speaking":"floor"}`,
			i, now.Format(time.RFC3339), now.Add(time.Hour).Format(time.RFC3339)))
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequest(http.MethodPost, base+"/api/v1/meetings/"+id+"/papers?name=a.txt", strings.NewReader(strings.Repeat("Kính gửi ", i+1)))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+canary)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		var paper struct{ ID string }
		if err := json.NewDecoder(answer.Body).Decode(&paper); err != nil || answer.StatusCode != http.StatusCreated {
			t.Fatalf("%s, %v", answer.Status, err)
		}
		answer.Body.Close()
		paths = append(paths, "/api/v1/meetings/"+id, "/api/v1/meetings/"+id+"/papers", "/api/v1/meetings/"+id+"/papers/"+paper.ID)
	}
	before := map[string]string{}
	for _, path := range paths {
		before[path] = p.get(path)
	}
	file, fresh := filepath.Join(t.TempDir(), "b.tar"), filepath.Join(t.TempDir(), "data")
	var out bytes.Buffer
	if code := run(t.Context(), []string{"backup", file, "--data", p.data}, nil, &out, &out); code != 0 || !strings.Contains(out.String(), "10 contents") {
		t.Fatalf("backup: %d %s", code, out.String())
	}
	if code := run(t.Context(), []string{"restore", file, "--data", p.data, "--replace"}, nil, &out, &out); code == 0 || !strings.Contains(out.String(), "in use by another server") {
		t.Errorf("restore under a server that runs: %d %s", code, out.String())
	}
	p.stop()
	// Once more while none runs.
	if code := run(t.Context(), []string{"backup", file + "2", "--data", p.data}, nil, &out, &out); code != 0 {
		t.Fatalf("backup of a stopped server: %d %s", code, out.String())
	}
	if code := run(t.Context(), []string{"restore", file, "--data", p.data}, nil, &out, &out); code == 0 || !strings.Contains(out.String(), "--replace") {
		t.Errorf("restore over data: %d %s", code, out.String())
	}
	for _, from := range []string{file, file + "2"} {
		if code := run(t.Context(), []string{"restore", from, "--data", fresh, "--replace"}, nil, &out, &out); code != 0 {
			t.Fatalf("restore: %d %s", code, out.String())
		}
		restored := start(t, fresh, "--tls", "off")
		restored.until(http.DefaultClient, "http://"+restored.address+"/readyz", http.StatusOK)
		for path, want := range before {
			if got := restored.get(path); got != want {
				t.Errorf("%s:\n%s\nwas:\n%s", path, got, want)
			}
		}
		restored.stop()
	}
	if strings.Contains(out.String(), canary) {
		t.Error("a token is in the output")
	}
	if _, err := os.Stat(file + ".partial"); !os.IsNotExist(err) {
		t.Errorf("a partial file is left: %v", err)
	}
}
