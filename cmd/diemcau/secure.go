package main

import (
	"crypto/tls"
	_ "embed"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"diemcau/cmd/diemcau/internal/config"
	"diemcau/cmd/diemcau/internal/localca"
)

//go:embed ca.html
var caPage []byte

// listenTLS says how to serve HTTPS; nil is plain HTTP. With tls: local it adds the pages from which the root is installed.
func (s *server) listenTLS(mux *http.ServeMux) (*tls.Config, error) {
	switch s.keys.TLS {
	case "pem":
		files := &pemFiles{cert: s.keys.TLSCert, key: s.keys.TLSKey}
		if _, err := files.certificate(nil); err != nil {
			return nil, fmt.Errorf("tls_cert: %w", err)
		}
		return tlsConfig(files.certificate), nil
	case "local":
		authority, err := localca.Open(filepath.Join(s.keys.Data, "tls"), localHosts(s.keys))
		if err != nil {
			return nil, fmt.Errorf("tls: %w", err)
		}
		mux.HandleFunc("GET /ca", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write(caPage)
		})
		mux.HandleFunc("GET /ca.crt", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-x509-ca-cert")
			w.Header().Set("Content-Disposition", `attachment; filename="diemcau-ca.crt"`)
			_, _ = w.Write(authority.Root())
		})
		return tlsConfig(authority.Certificate), nil
	}
	return nil, nil
}

// tlsConfig leaves HTTP/2 out: a WebSocket needs HTTP/1.1 (RFC 6455), and one page needs few connections.
func tlsConfig(certificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate, NextProtos: []string{"http/1.1"}}
}

// localHosts are the names and addresses under which this machine may be reached.
func localHosts(k *config.Config) []string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if h := k.Listen.Host(); !k.Listen.Everywhere() {
		hosts = append(hosts, h)
	}
	for _, o := range k.Origins {
		if u, err := url.Parse(string(o)); err == nil {
			hosts = append(hosts, u.Hostname())
		}
	}
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	if addresses, err := net.InterfaceAddrs(); err == nil {
		for _, a := range addresses {
			if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
				hosts = append(hosts, n.IP.String())
			}
		}
	}
	return hosts
}

// pemFiles serves a certificate from files and reads them again when they change.
type pemFiles struct {
	cert, key string

	mu     sync.Mutex
	loaded *tls.Certificate
	of     time.Time // when the file that was loaded was changed
	looked time.Time
}

func (p *pemFiles) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.loaded != nil && time.Since(p.looked) < time.Minute {
		return p.loaded, nil
	}
	p.looked = time.Now()
	info, err := os.Stat(p.cert)
	if err == nil && p.loaded != nil && info.ModTime().Equal(p.of) {
		return p.loaded, nil
	}
	if err == nil {
		var pair tls.Certificate
		if pair, err = tls.LoadX509KeyPair(p.cert, p.key); err == nil {
			p.loaded, p.of = &pair, info.ModTime()
			return p.loaded, nil
		}
	}
	if p.loaded != nil {
		return p.loaded, nil // half written: the old one still serves
	}
	return nil, err
}
