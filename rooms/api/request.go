package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/access"
)

type requestKey struct{}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// withRequest names each request, refuses what another site's page sends, and answers for what the mux does not know in the form of every other error.
func (s *server) withRequest(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := access.NewID()
		ctx := context.WithValue(r.Context(), requestKey{}, id)
		r = r.WithContext(context.WithValue(ctx, clientKey{}, s.client(r)))
		w.Header().Set("X-Request-Id", id)
		w.Header().Set("Cache-Control", "no-store")
		// A cookie goes along with whatever a browser sends here: only pages of this server may make it send changes.
		if s.origin.Check(r) != nil {
			writeProblem(w, r, problem(http.StatusForbidden, "cross_site", ""))
			return
		}
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		// The mux knows which methods the address has: it writes them to Allow.
		probe := &statusOnly{header: http.Header{}, status: http.StatusNotFound}
		handler.ServeHTTP(probe, r)
		if allow := probe.header.Get("Allow"); allow != "" && probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", allow)
			writeProblem(w, r, problem(http.StatusMethodNotAllowed, "method_not_allowed", ""))
			return
		}
		writeProblem(w, r, problem(http.StatusNotFound, "not_found", ""))
	})
}

// statusOnly takes a response and keeps its status and header.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }

func writeHuma(ctx huma.Context, p *Problem) {
	p.RequestID = requestID(ctx.Context())
	ctx.SetHeader("Content-Type", "application/problem+json")
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // the client went away: nobody to tell
}
