package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"

	"diemcau/rooms/accounts"
	"diemcau/rooms/accounts/oidc"
	"diemcau/rooms/store"
)

// registerOIDC adds the two addresses that a browser itself goes to, and that answer with redirects.
func (s *server) registerOIDC(mux *http.ServeMux) {
	if s.OIDC == nil {
		return
	}
	mux.HandleFunc("GET "+prefix+"/oidc/start", s.startOIDC)
	mux.HandleFunc("GET "+prefix+"/oidc/callback", s.finishOIDC)
}

func (s *server) startOIDC(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), hashDeadline)
	defer cancel()
	address, state, err := s.OIDC.Start(ctx)
	if err != nil {
		s.oidcFailed(w, r, err)
		return
	}
	// The browser that began must be the one that ends: another's sign-in cannot be slipped to it.
	cookie := s.setCookie(oidcCookie, state, oidc.StateLife)
	http.SetCookie(w, &cookie)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

func (s *server) finishOIDC(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*hashDeadline)
	defer cancel()
	gone := s.setCookie(oidcCookie, "", -1)
	http.SetCookie(w, &gone)
	state, begun := r.URL.Query().Get("state"), s.cookieValue(r, oidcCookie)
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(begun)) != 1 {
		s.oidcFailed(w, r, oidc.ErrRefused)
		return
	}
	login, err := s.OIDC.Finish(ctx, state, r.URL.Query().Get("code"))
	if err != nil {
		s.oidcFailed(w, r, err)
		return
	}
	in, err := s.Accounts.SignInAs(ctx, login, "oidc", clientOf(ctx).Client)
	if err != nil {
		s.oidcFailed(w, r, err)
		return
	}
	for _, c := range s.signedIn(in).SetCookie {
		http.SetCookie(w, &c)
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// oidcFailed sends the browser back to the page for signing in, with a code that says why.
func (s *server) oidcFailed(w http.ResponseWriter, r *http.Request, err error) {
	code := "internal"
	switch {
	case errors.Is(err, accounts.ErrCredentials):
		code = "no_account"
	case errors.Is(err, oidc.ErrRefused):
		code = "oidc_refused"
	case errors.Is(err, oidc.ErrProvider):
		code = "oidc_unavailable"
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		code = "unavailable"
	}
	s.Log.Warn("sign-in by OIDC failed", "request", requestID(r.Context()), "code", code, "error", err)
	http.Redirect(w, r, "/signin?error="+url.QueryEscape(code), http.StatusSeeOther)
}
