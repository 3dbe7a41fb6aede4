package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"diemcau/cmd/diemcau/internal/config"
	"diemcau/cmd/diemcau/internal/site"
	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/api"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/demo"
	"diemcau/rooms/directory"
	"diemcau/rooms/meeting"
	"diemcau/rooms/papers"
	"diemcau/rooms/store"
	"diemcau/sfu"
	"diemcau/sfu/relay"
	"diemcau/signaling"
	"diemcau/web"
)

type serveCommand struct {
	PrintLinks bool `help:"Print the address, the administrator's token and ready links to standard output, for a first try."`
}

const startTimeout = 30 * time.Second

// server is a running server: what it consists of, in the order of the start.
type server struct {
	keys   *config.Config
	log    *slog.Logger
	store  *store.Store
	engine *sfu.Engine
	relay  *relay.Server
	live   *signaling.Server
	web    *http.Server
	admin  *http.Server // nil when there is no admin_listen
	failed chan error
	sweeps func() // ends what removes contents of papers, and waits for it; nil where it was not started
}

// garbagePercent is how much the heap may grow before garbage is collected (runtime/debug.SetGCPercent). What limits the sites of a server
// is memory; forwarding makes no garbage, so that to collect more often costs nothing that could be measured. GOGC goes before it.
const garbagePercent = 40

func (c *serveCommand) run(ctx context.Context, keys *config.Config, stdout, stderr io.Writer) (err error) {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	log := newLogger(keys.Log, stderr)
	s := &server{keys: keys, log: log, failed: make(chan error, 2)}
	// Before anything is started: a port that is in use is the fault that is made most.
	listener, err := net.Listen("tcp", string(keys.Listen))
	if err != nil {
		return fmt.Errorf("listen: %q cannot be used: %w", keys.Listen, err)
	}
	defer func() { err = errors.Join(err, closed(listener.Close())) }()
	defer func() { err = errors.Join(err, s.stop()) }()
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	switch err := s.start(starting, listener, c.PrintLinks, stdout); {
	case err != nil && ctx.Err() != nil: // told to stop before it had started
		log.Info("stopping", "start", err)
		return nil
	case err != nil:
		return err
	}
	select {
	case err = <-s.failed:
		return err
	case <-ctx.Done():
		log.Info("stopping")
		return nil
	}
}

func (s *server) start(ctx context.Context, listener net.Listener, printLinks bool, stdout io.Writer) error {
	k := s.keys
	if err := os.MkdirAll(k.Data, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	token, err := adminToken(k)
	if err != nil {
		return err
	}
	redis, err := storeConfig(k, s.log)
	if err != nil {
		return err
	}
	if s.store, err = store.Open(ctx, redis); err != nil {
		return err
	}
	advertise, err := k.Media.Advertised()
	if err != nil {
		return fmt.Errorf("media.advertise: %w", err)
	}
	if s.engine, err = sfu.NewEngine(sfu.Config{
		Listen: string(k.Media.Listen), ListenTCP: string(k.Media.TCP), Advertise: advertise, Workers: k.Media.Workers, Transport: k.Media.Transport, Log: s.log,
	}); err != nil {
		return fmt.Errorf("media.listen: %w", err)
	}
	mux := http.NewServeMux()
	secure, err := s.listenTLS(mux)
	if err != nil {
		return err
	}
	if s.relay, err = relay.New(relay.Config{
		Listen: string(k.TURN.Listen), ListenTLS: string(k.TURN.TLSListen), TLS: secure, Media: s.engine.MediaAddresses, Log: s.log,
	}); err != nil {
		return fmt.Errorf("turn.listen, turn.tls_listen: %w", err)
	}
	credentials, err := access.New(ctx, s.store)
	if err != nil {
		return err
	}
	units := directory.New(s.store)
	planned := calendar.NewWith(s.store, k.Calendar.Settings(), units, s.log)
	s.live = signaling.New(signaling.Config{Origins: k.ConfiguredOrigins(), Relay: s.relay, Log: s.log}, s.engine, planned, credentials, meeting.NewLog(s.store, s.log))
	loaded, err := s.loadData(ctx, planned, units, credentials)
	if err != nil {
		return err
	}
	people, err := accounts.New(ctx, accounts.Config{Store: s.store})
	if err != nil {
		return err
	}
	documents, err := s.openPapers()
	if err != nil {
		return err
	}
	rest := api.New(api.Config{
		Calendar: planned, Access: credentials, Accounts: people, Directory: units, Papers: documents,
		Audit: audit.New(s.store, audit.Of(accounts.Tag), audit.Of(directory.Tag), audit.Of(papers.Tag), calendar.AuditPart), OIDC: s.provider(), AdminToken: token, Organisation: s.organisation(),
		Origins: k.ConfiguredOrigins(), Secure: strings.HasPrefix(k.Origin(), "https:"), Version: version(), Log: s.log,
	})
	if err := s.serve(listener, mux, secure, rest); err != nil {
		return err
	}
	s.log.Info("serving", "address", k.Origin(), "media_port", s.engine.Port(), "version", version())
	if printLinks {
		printWelcome(stdout, k.Origin(), token, loaded)
	}
	return printSetup(ctx, people, k.Origin(), stdout)
}

// organisation is that of the configuration, and the fictional province where it says nothing and the demo runs.
func (s *server) organisation() api.Organisation {
	o := s.keys.Organisation
	if s.keys.Demo {
		o.Name, o.Support = cmp.Or(o.Name, demo.Organisation), cmp.Or(o.Support, demo.Support)
	}
	return api.Organisation{Name: string(o.Name), Support: string(o.Support)}
}

// loadData makes the practice meeting, and the demo data where they are wanted.
func (s *server) loadData(ctx context.Context, planned *calendar.Calendar, units *directory.Directory, credentials *access.Access) (demo.Demo, error) {
	c := demo.Config{Calendar: planned, Directory: units, Access: credentials, Now: time.Now(), Log: s.log}
	if s.keys.Demo {
		return demo.Load(ctx, c)
	}
	practice, err := demo.Practice(ctx, c)
	return demo.Demo{Practice: practice}, err
}

func (s *server) serve(listener net.Listener, mux *http.ServeMux, secure *tls.Config, rest http.Handler) error {
	files, err := web.Files()
	if err != nil {
		return err
	}
	client, err := site.Handler(files)
	if err != nil {
		return err
	}
	mux.Handle("/api/v1/", rest)
	s.live.Register(mux)
	mux.Handle("/", client)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", s.ready)
	s.web = httpServer(site.Secure(mux, secure != nil), s.log)
	if secure != nil {
		listener = tls.NewListener(listener, secure)
	}
	go func() { s.until(s.web.Serve(listener)) }()
	if s.keys.AdminListen == "" {
		return nil
	}
	admin, err := net.Listen("tcp", string(s.keys.AdminListen))
	if err != nil {
		return fmt.Errorf("admin_listen: %q cannot be used: %w", s.keys.AdminListen, err)
	}
	s.admin = httpServer(s.adminHandler(), s.log)
	s.admin.WriteTimeout = 0 // profiles take as long as they are asked for
	go func() { s.until(s.admin.Serve(admin)) }()
	return nil
}

func (s *server) until(err error) {
	if !errors.Is(err, http.ErrServerClosed) {
		s.failed <- fmt.Errorf("web server: %w", err)
	}
}

// httpServer bounds what a client can hold. Media and WebSockets have limits of their own.
func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 60 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// ready tells whether the server can hold meetings: Redis answers and the media port is open.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	var wrong []string
	if err := s.store.Ping(ctx); err != nil {
		wrong = append(wrong, "redis")
	}
	if err := s.engine.Ready(); err != nil {
		wrong = append(wrong, "media")
	}
	if len(wrong) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprintln(w, "not ready:", strings.Join(wrong, ", "))
		return
	}
	fmt.Fprintln(w, "ready")
}

// stop ends what was started, the other way round: clients are told first, the store is last.
func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.keys.StopTimeout)
	defer cancel()
	var err error
	if s.live != nil {
		err = errors.Join(err, s.live.Shutdown(ctx))
	}
	for _, w := range []*http.Server{s.web, s.admin} {
		if w != nil {
			err = errors.Join(err, w.Shutdown(ctx))
		}
	}
	if s.relay != nil {
		err = errors.Join(err, s.relay.Close())
	}
	if s.engine != nil {
		err = errors.Join(err, s.engine.Close())
	}
	if s.sweeps != nil {
		s.sweeps()
	}
	if s.store != nil {
		err = errors.Join(err, s.store.Close())
	}
	return err
}

// closed takes it well that something was closed before.
func closed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
