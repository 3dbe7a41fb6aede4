package main

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"diemcau/cmd/diemcau/internal/config"
	"diemcau/rooms/demo"
)

const adminTokenFile = "admin-token"

// adminToken is the configured one, or the one that the first start made and keeps.
func adminToken(k *config.Config) (string, error) {
	if k.AdminToken.Secret != "" {
		return string(k.AdminToken.Secret), nil
	}
	name := filepath.Join(k.Data, adminTokenFile)
	kept, err := os.ReadFile(name)
	if err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("administrator's token: %w", err)
	}
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(b[:])
	if err := os.WriteFile(name, []byte(token+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("administrator's token: %w", err)
	}
	return token, nil
}

// adminHandler serves what only operators may see.
func (s *server) adminHandler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &metrics{s})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// newLogger logs text to a terminal and JSON elsewhere.
func newLogger(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Level)) // the configuration was checked
	options := &slog.HandlerOptions{Level: level}
	text := c.Format == "text"
	if f, ok := w.(*os.File); ok && c.Format == "auto" {
		info, err := f.Stat()
		text = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	if text {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// printWelcome is for who tries the server the first time.
func printWelcome(w io.Writer, origin, token string, d demo.Demo) {
	fmt.Fprintf(w, "\nĐiểm Cầu: %s\nMã quản trị (administrator token): %s\n", origin, token)
	if len(d.Links) > 0 {
		fmt.Fprintf(w, "\n%s\n", d.Practice.Subject)
	}
	for _, l := range d.Links {
		fmt.Fprintf(w, "\n  %s\n  %s%s\n", l.Label, origin, l.Path)
	}
	fmt.Fprintln(w)
}
