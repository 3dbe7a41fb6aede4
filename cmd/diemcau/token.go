package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"diemcau/cmd/diemcau/internal/config"
)

type tokenCommand struct {
	Meeting  string        `required:"" help:"Id of the meeting."`
	Name     string        `help:"Name of the seat; not with --seats many."`
	Role     string        `default:"delegate" enum:"chair,co_chair,acting_chair,secretary,delegate,site,operator,display" help:"Role of the seat."`
	Seats    string        `default:"one" enum:"one,many" help:"many: the token is for as many seats as there are names, which ?name= chooses."`
	Lifetime time.Duration `default:"24h" help:"How long the token is valid."`
}

// run asks the running server: only it holds the key that tokens are signed with.
func (c *tokenCommand) run(ctx context.Context, keys *config.Config, stdout io.Writer) error {
	if c.Seats == "one" && c.Name == "" {
		return fmt.Errorf("--name is needed with --seats one")
	}
	var got struct {
		Token string `json:"token"`
	}
	err := askServer(ctx, keys, http.MethodPost, "/api/v1/meetings/"+url.PathEscape(c.Meeting)+"/tokens", map[string]any{
		"name": c.Name, "role": c.Role, "seats": c.Seats, "lifetime_s": int(c.Lifetime.Seconds()),
	}, &got)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, got.Token)
	return err
}

// askServer sends a request to the running server as the administrator and reads its answer into out.
func askServer(ctx context.Context, keys *config.Config, method, path string, body, out any) error {
	admin, err := keptToken(keys)
	if err != nil {
		return err
	}
	var raw []byte
	if body != nil {
		if raw, err = json.Marshal(body); err != nil {
			return err
		}
	}
	client, base, err := localClient(keys)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, base+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+admin)
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if raw, err = io.ReadAll(io.LimitReader(answer.Body, 1<<20)); err != nil {
		return fmt.Errorf("the server's answer (%s) cannot be read: %w", answer.Status, err)
	}
	if answer.StatusCode >= 300 {
		var failure struct {
			Code     string `json:"code"`
			DetailEn string `json:"detail_en"`
		}
		_ = json.Unmarshal(raw, &failure) // not of this server: the status says what there is to say
		return fmt.Errorf("the server refused: %s %s (%s)", failure.Code, failure.DetailEn, answer.Status)
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("the server's answer (%s) cannot be read: %w", answer.Status, err)
	}
	return nil
}

func keptToken(k *config.Config) (string, error) {
	if k.AdminToken.Secret == "" {
		if _, err := os.Stat(filepath.Join(k.Data, adminTokenFile)); err != nil {
			return "", fmt.Errorf("admin_token: neither set nor in the data directory: %w", err)
		}
	}
	return adminToken(k)
}

// localClient reaches the server on this machine.
func localClient(k *config.Config) (client *http.Client, base string, err error) {
	host := k.Listen.Host()
	if k.Listen.Everywhere() {
		host = "127.0.0.1"
	}
	address := net.JoinHostPort(host, k.Listen.Port())
	if k.TLS == "off" {
		return http.DefaultClient, "http://" + address, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, "", err
	}
	if k.TLS == "local" {
		root, err := os.ReadFile(filepath.Join(k.Data, "tls", "ca.crt"))
		if err != nil {
			return nil, "", fmt.Errorf("root of the local authority: %w", err)
		}
		roots.AppendCertsFromPEM(root)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}
	return &http.Client{Transport: transport}, "https://" + address, nil
}
