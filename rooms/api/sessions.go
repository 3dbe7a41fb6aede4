package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/accounts"
	"diemcau/rooms/rights"
)

// hashDeadline is that of requests that hash a password: they may wait for others that do.
const hashDeadline = 5 * time.Second

// deviceCookieLife is longer than what is in the cookie is good for.
const deviceCookieLife = 365 * 24 * time.Hour

// Me is who is signed in, and what may be done.
type Me struct {
	Account Account  `json:"account"`
	Actions []string `json:"actions" doc:"What the grants permit somewhere, by the table of rights."`
	Session string   `json:"session,omitempty" doc:"Id of the session; none with the administrator's token."`
}

func me(a accounts.Account, session string) Me {
	out := Me{Account: accountBody(a), Actions: []string{}, Session: session}
	for _, action := range rights.Actions(a.Grants) {
		out.Actions = append(out.Actions, string(action))
	}
	return out
}

type meOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Me
}

type signInInput struct {
	Body struct {
		Login    string `json:"login" maxLength:"256"`
		Password string `json:"password" maxLength:"4096"`
	}
}

type cookieOutput struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

type passwordInput struct {
	Body struct {
		Old string `json:"old" maxLength:"4096"`
		New string `json:"new" maxLength:"4096"`
	}
}

// Session is a signed-in browser.
type Session struct {
	ID      string    `json:"id"`
	Address string    `json:"address"`
	Agent   string    `json:"agent,omitempty"`
	How     string    `json:"how" enum:"password,oidc,setup"`
	Begun   time.Time `json:"begun"`
	Seen    time.Time `json:"seen" doc:"To the minute."`
	Ends    time.Time `json:"ends" doc:"At the latest."`
	Current bool      `json:"current" doc:"Whether this request came in it."`
}

type sessionsOutput struct {
	Body struct {
		Sessions []Session `json:"sessions"`
	}
}

type setupInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"64" doc:"From the link that the server printed."`
		Login    string `json:"login" maxLength:"256"`
		Name     string `json:"name" maxLength:"256"`
		Title    string `json:"title,omitempty" maxLength:"256"`
		Password string `json:"password" maxLength:"4096"`
	}
}

type resetInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"64" doc:"From the link."`
		Password string `json:"password" maxLength:"4096"`
	}
}

type optionsOutput struct {
	Body struct {
		Setup        bool   `json:"setup" doc:"There is no account yet: the link that the server printed makes the first."`
		OIDC         bool   `json:"oidc" doc:"GET /api/v1/oidc/start signs in by the organisation's provider."`
		Organisation string `json:"organisation,omitempty" doc:"Whose server it is."`
		Support      string `json:"support,omitempty" doc:"Whom people ask who cannot sign in."`
	}
}

func (s *server) registerSessions(h huma.API) {
	signIn := s.operation("sign-in", http.MethodPost, "/session", "Sign in", false)
	signIn.Errors = append(signIn.Errors, http.StatusUnauthorized, http.StatusTooManyRequests)
	registerWithin(s, h, signIn, hashDeadline, func(ctx context.Context, in *signInInput) (*meOutput, error) {
		got, err := s.Accounts.SignIn(ctx, in.Body.Login, in.Body.Password, clientOf(ctx).Client)
		return s.signedIn(got), err
	})
	register(s, h, s.operation("sign-in-options", http.MethodGet, "/sign-in", "How one can sign in", false),
		func(ctx context.Context, _ *struct{}) (*optionsOutput, error) {
			some, err := s.Accounts.Any(ctx)
			var out optionsOutput
			out.Body.Setup, out.Body.OIDC = !some, s.OIDC != nil
			out.Body.Organisation, out.Body.Support = s.Organisation.Name, s.Organisation.Support
			return &out, err
		})
	whoami := s.operation("get-session", http.MethodGet, "/session", "Who is signed in, and what may be done", false)
	s.guard(&whoami)
	register(s, h, whoami, func(ctx context.Context, _ *struct{}) (*meOutput, error) {
		p := principalOf(ctx)
		return &meOutput{Body: me(p.account, p.session.ID)}, nil
	})
	signOut := s.operation("sign-out", http.MethodDelete, "/session", "Sign out", false)
	s.guard(&signOut)
	register(s, h, signOut, func(ctx context.Context, _ *struct{}) (*cookieOutput, error) {
		account, err := self(ctx)
		if err != nil {
			return nil, err
		}
		err = s.Accounts.EndSession(ctx, account.ID, principalOf(ctx).session.ID, accounts.By{Actor: actor(ctx)})
		if errors.Is(err, accounts.ErrNoSession) { // it ended meanwhile
			err = nil
		}
		return &cookieOutput{SetCookie: []http.Cookie{s.setCookie(sessionCookie, "", -1)}}, err
	})
	s.registerOwn(h)
	setup := s.operation("setup", http.MethodPost, "/setup", "Make the first administrator", false)
	setup.DefaultStatus = http.StatusCreated
	registerWithin(s, h, setup, hashDeadline, s.setup)
	registerWithin(s, h, s.operation("reset-password", http.MethodPost, "/password-reset", "Choose a password by a one-time link", false), hashDeadline,
		func(ctx context.Context, in *resetInput) (*struct{}, error) {
			_, err := s.Accounts.Reset(ctx, in.Body.Token, in.Body.Password, clientOf(ctx).Address)
			return nil, err
		})
}

// registerOwn adds what everybody may do with his own account.
func (s *server) registerOwn(h huma.API) {
	password := s.operation("change-password", http.MethodPut, "/session/password", "Change one's own password; all other sessions end", false)
	s.guard(&password)
	registerWithin(s, h, password, hashDeadline, func(ctx context.Context, in *passwordInput) (*struct{}, error) {
		account, err := self(ctx)
		if err != nil {
			return nil, err
		}
		err = s.Accounts.ChangePassword(ctx, account.ID, in.Body.Old, in.Body.New, clientOf(ctx).session, accounts.By{Actor: actor(ctx)})
		if errors.Is(err, accounts.ErrCredentials) {
			return nil, problem(http.StatusUnprocessableEntity, accounts.CodePasswordMismatch, "old")
		}
		return nil, err
	})
	list := s.operation("list-own-sessions", http.MethodGet, "/sessions", "List one's own sessions", false)
	s.guard(&list)
	register(s, h, list, func(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
		account, err := self(ctx)
		if err != nil {
			return nil, err
		}
		return s.sessions(ctx, account.ID)
	})
	end := s.operation("end-own-session", http.MethodDelete, "/sessions/{id}", "End one of one's own sessions", false)
	s.guard(&end)
	register(s, h, end, func(ctx context.Context, in *idInput) (*struct{}, error) {
		account, err := self(ctx)
		if err != nil {
			return nil, err
		}
		if in.ID == "*" {
			return nil, accounts.ErrNoSession
		}
		return nil, s.Accounts.EndSession(ctx, account.ID, in.ID, accounts.By{Actor: actor(ctx)})
	})
}

func (s *server) signedIn(in accounts.SignedIn) *meOutput {
	return &meOutput{Body: me(in.Account, ""), SetCookie: []http.Cookie{
		s.setCookie(sessionCookie, in.Token, 0), s.setCookie(deviceCookie, in.Device, deviceCookieLife),
	}}
}

func (s *server) setup(ctx context.Context, in *setupInput) (*meOutput, error) {
	b := in.Body
	account, err := s.Accounts.Setup(ctx, b.Token, accounts.Details{Login: b.Login, Name: b.Name, Title: b.Title}, b.Password, clientOf(ctx).Address)
	if err != nil {
		return nil, err
	}
	got, err := s.Accounts.SignInAs(ctx, account.Login, "setup", clientOf(ctx).Client)
	return s.signedIn(got), err
}

func (s *server) sessions(ctx context.Context, id string) (*sessionsOutput, error) {
	list, err := s.Accounts.Sessions(ctx, id)
	var out sessionsOutput
	out.Body.Sessions = make([]Session, 0, len(list))
	for _, l := range list {
		out.Body.Sessions = append(out.Body.Sessions, Session{
			ID: l.ID, Address: l.Address, Agent: l.Agent, How: l.How, Begun: l.Begun, Seen: l.Seen.Truncate(time.Minute), Ends: l.Ends,
			Current: l.ID == principalOf(ctx).session.ID,
		})
	}
	return &out, err
}
