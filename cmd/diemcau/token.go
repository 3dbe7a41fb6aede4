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
	admin, err := keptToken(keys)
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{
		"name": c.Name, "role": c.Role, "seats": c.Seats, "lifetime_s": int(c.Lifetime.Seconds()),
	})
	if err != nil {
		return err
	}
	client, base, err := localClient(keys)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/api/v1/meetings/"+url.PathEscape(c.Meeting)+"/tokens", bytes.NewReader(body))
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
	var got struct {
		Token    string `json:"token"`
		Code     string `json:"code"`
		DetailEn string `json:"detail_en"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, 1<<20)).Decode(&got); err != nil {
		return fmt.Errorf("the server's answer (%s) cannot be read: %w", answer.Status, err)
	}
	if answer.StatusCode != http.StatusCreated {
		return fmt.Errorf("the server refused: %s %s", got.Code, got.DetailEn)
	}
	_, err = fmt.Fprintln(stdout, got.Token)
	return err
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
