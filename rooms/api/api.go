// Package api is the REST interface under /api/v1: meetings, invitations and tickets. Its OpenAPI 3.1 document, at
// /api/v1/openapi.json, is made from the code.
package api

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/accounts/oidc"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/papers"
	"diemcau/rooms/rights"
)

// Organisation says whose server it is, to those who are not signed in yet. What is empty is not shown.
type Organisation struct {
	Name    string // Ủy ban nhân dân tỉnh Minh Giang
	Support string // whom people ask who cannot sign in: máy lẻ 108, trong giờ hành chính
}

// Config is what the interface needs.
type Config struct {
	Calendar  *calendar.Calendar
	Access    *access.Access
	Accounts  *accounts.Accounts
	Audit     *audit.Log
	Directory *directory.Directory
	Papers    *papers.Papers
	OIDC      *oidc.Provider // nil for none
	// Organisation says whose server it is.
	Organisation Organisation
	Origins      []string // of pages beside the server's own that may send requests
	Secure       bool     // browsers reach the server over HTTPS
	AdminToken   string   // bearer token of the administrator; at least 16 characters
	Version      string   // of the server, for the OpenAPI document
	Log          *slog.Logger
}

const (
	prefix  = "/api/v1"
	maxBody = 1 << 20
	// deadline bounds what the store may take for one request: an error after it says that nothing is known to be saved.
	deadline = 1500 * time.Millisecond
)

type server struct {
	Config
	token     [sha256.Size]byte
	now       func() time.Time
	origin    *http.CrossOriginProtection
	importing chan struct{} // one token: a file is looked at at a time
}

// New is the handler for everything under /api/v1/.
func New(cfg Config) http.Handler {
	s := &server{Config: cfg, token: sha256.Sum256([]byte(cfg.AdminToken)), now: time.Now, origin: http.NewCrossOriginProtection(), importing: make(chan struct{}, 1)}
	for _, o := range cfg.Origins {
		if err := s.origin.AddTrustedOrigin(o); err != nil {
			cfg.Log.Error("an origin cannot be used", "origin", o, "error", err)
		}
	}
	c := huma.DefaultConfig("Điểm Cầu", cfg.Version)
	c.Info.Description = "Meetings, their papers, invitations and tickets; accounts, sessions and the audit log; the directory."
	c.OpenAPIPath = prefix + "/openapi"
	// huma's documentation page loads scripts from the Internet, and its schema links would be fields of every body.
	c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", nil
	c.RejectUnknownQueryParameters = true
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"administrator": {Type: "http", Scheme: "bearer", Description: "The administrator's token."},
		"session":       {Type: "apiKey", In: "cookie", Name: s.cookie(sessionCookie), Description: "A session, from POST /api/v1/session."},
		"terminal":      {Type: "apiKey", In: "cookie", Name: s.cookie(terminalCookie), Description: "A hall's paired device, from POST /api/v1/terminal/pair."},
	}
	c.Transformers = append(c.Transformers, func(ctx huma.Context, _ string, v any) (any, error) {
		if p, ok := v.(*Problem); ok {
			p.RequestID = requestID(ctx.Context())
		}
		return v, nil
	})
	mux := http.NewServeMux()
	h := humago.New(mux, c)
	s.registerMeetings(h)
	s.registerCredentials(h)
	s.registerSessions(h)
	s.registerAccounts(h)
	s.registerAudit(h)
	s.registerDirectory(h)
	s.registerImports(h)
	s.registerPapers(h)
	s.registerTerminals(h)
	s.registerOIDC(mux)
	return s.withRequest(mux)
}

func (s *server) operation(id, method, path, summary string, admin bool) huma.Operation {
	o := huma.Operation{
		OperationID: id, Method: method, Path: prefix + path, Summary: summary, MaxBodyBytes: maxBody,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}
	if admin {
		s.guard(&o, rights.ManageAccounts)
	}
	return o
}

// register adds an operation whose handler is given a deadline and whose errors become Problems.
func register[In, Out any](s *server, h huma.API, o huma.Operation, handle func(context.Context, *In) (*Out, error)) {
	registerWithin(s, h, o, deadline, handle)
}

func registerWithin[In, Out any](s *server, h huma.API, o huma.Operation, within time.Duration, handle func(context.Context, *In) (*Out, error)) {
	huma.Register(h, o, func(ctx context.Context, in *In) (*Out, error) {
		ctx, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		out, err := handle(ctx, in)
		if err != nil {
			if p, ok := err.(*Problem); ok {
				return nil, p
			}
			return nil, fromRooms(ctx, s.Log, err)
		}
		return out, nil
	})
}
