package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/accounts"
	"diemcau/rooms/audit"
	"diemcau/rooms/rights"
)

// Names of cookies, without the prefix that binds them to HTTPS and this host (RFC 6265bis, section 4.1.3).
const (
	sessionCookie = "diemcau_session"
	deviceCookie  = "diemcau_device"
	oidcCookie    = "diemcau_oidc"
)

// administrator is the actor of whoever holds the administrator's token.
const administrator = "administrator"

func (s *server) cookie(name string) string {
	if s.Secure {
		return "__Host-" + name
	}
	return name
}

// setCookie makes a cookie that scripts cannot read and that other sites' pages cannot send with a change. Without a life it ends with
// the browser; with a negative one it is taken away.
func (s *server) setCookie(name, value string, life time.Duration) http.Cookie {
	c := http.Cookie{Name: s.cookie(name), Value: value, Path: "/", HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode, MaxAge: int(life.Seconds())}
	if life < 0 {
		c.MaxAge = -1
	}
	return c
}

// client is where a request comes from. Headers that name another address are not looked at: anybody can write them.
type client struct {
	accounts.Client
	session  string // token of its cookie
	terminal string // credential of its cookie
}

type clientKey struct{}

func (s *server) client(r *http.Request) client {
	c := client{Client: accounts.Client{Agent: r.UserAgent()}}
	var err error
	if c.Address, _, err = net.SplitHostPort(r.RemoteAddr); err != nil {
		c.Address = r.RemoteAddr
	}
	c.session, c.Device, c.terminal = s.cookieValue(r, sessionCookie), s.cookieValue(r, deviceCookie), s.cookieValue(r, terminalCookie)
	return c
}

func (s *server) cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookie(name))
	if err != nil {
		return ""
	}
	return c.Value
}

func clientOf(ctx context.Context) client {
	c, _ := ctx.Value(clientKey{}).(client)
	return c
}

// principal is who makes a request.
type principal struct {
	account accounts.Account // without an id for the administrator's token
	session accounts.Session
}

type principalKey struct{}

func principalOf(ctx context.Context) principal {
	p, _ := ctx.Value(principalKey{}).(principal)
	return p
}

// actor is who makes a request, for the journal and the audit log.
func actor(ctx context.Context) audit.Actor {
	p, address := principalOf(ctx), clientOf(ctx).Address
	if p.account.ID == "" {
		return audit.Actor{ID: administrator, Login: administrator, Name: "administrator token", Address: address}
	}
	return p.account.Actor(address)
}

// guard lets only those pass who may do all of the actions in the whole province; without actions everybody who is signed in.
func (s *server) guard(o *huma.Operation, actions ...rights.Action) {
	s.guardBy(o, func(grants []rights.Grant) bool {
		for _, a := range actions {
			if !rights.Allowed(grants, a, "", nil) {
				return false
			}
		}
		return true
	})
}

// guardAnywhere lets those pass who may do the action in some unit. In which, the handler asks by mayIn.
func (s *server) guardAnywhere(o *huma.Operation, action rights.Action) {
	s.guardBy(o, func(grants []rights.Grant) bool { return slices.Contains(rights.Actions(grants), action) })
}

func (s *server) guardBy(o *huma.Operation, may func([]rights.Grant) bool) {
	o.Security = []map[string][]string{{"administrator": {}}, {"session": {}}}
	o.Errors = append(o.Errors, http.StatusUnauthorized, http.StatusForbidden)
	o.Middlewares = append(o.Middlewares, func(ctx huma.Context, next func(huma.Context)) {
		p, err := s.authenticate(ctx.Context(), ctx.Header("Authorization"))
		switch {
		case errors.Is(err, accounts.ErrNoSession):
			ctx.SetHeader("WWW-Authenticate", "Bearer")
			writeHuma(ctx, problem(http.StatusUnauthorized, "unauthorized", ""))
			return
		case err != nil:
			s.writeFailure(ctx, err)
			return
		case !may(p.account.Grants):
			writeHuma(ctx, problem(http.StatusForbidden, "forbidden", ""))
			return
		}
		next(huma.WithValue(ctx, principalKey{}, p))
	})
}

// writeFailure answers for an error before there is a handler.
func (s *server) writeFailure(ctx huma.Context, err error) {
	var failure *Problem
	if !errors.As(fromRooms(ctx.Context(), s.Log, err), &failure) {
		failure = problem(http.StatusInternalServerError, "internal", "")
	}
	for name, values := range failure.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	writeHuma(ctx, failure)
}

// mayIn refuses who may not do an action in a unit: a grant reaches its unit and all that the directory has below it. An empty unit is
// the whole province.
func (s *server) mayIn(ctx context.Context, action rights.Action, unit string) error {
	grants := principalOf(ctx).account.Grants
	if rights.Allowed(grants, action, unit, nil) {
		return nil
	}
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return err
	}
	if !rights.Allowed(grants, action, unit, all.Ancestors(unit)) {
		return problem(http.StatusForbidden, "forbidden", "")
	}
	return nil
}

// authenticate finds who makes a request: by the administrator's token, or by the session's cookie where no other credential is sent. It
// returns accounts.ErrNoSession.
func (s *server) authenticate(ctx context.Context, authorization string) (principal, error) {
	if authorization != "" {
		// Hashes are compared, so that neither length nor content shows in the time.
		token, ok := strings.CutPrefix(authorization, "Bearer ")
		sum := sha256.Sum256([]byte(token))
		if !ok || s.AdminToken == "" || subtle.ConstantTimeCompare(sum[:], s.token[:]) != 1 {
			return principal{}, accounts.ErrNoSession
		}
		return principal{account: accounts.Account{Details: accounts.Details{
			Login: administrator, Name: "administrator token", Grants: []rights.Grant{{Role: rights.Administrator}},
		}}}, nil
	}
	account, session, err := s.Accounts.Authenticate(ctx, clientOf(ctx).session)
	return principal{account: account, session: session}, err
}

// self is the account of whoever is signed in with one: the administrator's token has none.
func self(ctx context.Context) (accounts.Account, error) {
	p := principalOf(ctx)
	if p.account.ID == "" {
		return p.account, problem(http.StatusForbidden, "forbidden", "")
	}
	return p.account, nil
}
