// Package oidc signs people in by the organisation's own OpenID Connect provider (OpenID Connect Core 1.0): authorization code with
// PKCE (RFC 7636), state and nonce. It tells whom the provider vouches for; which account that is, accounts knows.
package oidc

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/redis/go-redis/v9"
	"golang.org/x/oauth2"

	"diemcau/rooms/access"
	"diemcau/rooms/store"
)

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	ErrProvider = errors.New("oidc: the provider cannot be used")
	ErrRefused  = errors.New("oidc: the sign-in is not valid")
)

// StateLife is how long a sign-in at the provider may take.
const StateLife = 10 * time.Minute

// requestTimeout bounds each request to the provider.
const requestTimeout = 5 * time.Second

// retryDiscovery is how long a provider that could not be reached is left alone.
const retryDiscovery = 2 * time.Second

// Config says which provider is used.
type Config struct {
	Store        *store.Store
	Issuer       string // URL; what is found there under /.well-known/openid-configuration is believed
	ClientID     string
	ClientSecret string
	Claim        string // that holds the login name; email counts only where email_verified says so
	Redirect     string // URL of the callback, as it is registered at the provider
}

// Provider is one OpenID Connect provider. It is safe for concurrent use.
type Provider struct {
	Config
	client *http.Client

	mu      sync.Mutex
	found   *oidc.Provider // nil until discovery has succeeded
	failure error          // of the last discovery
	failed  time.Time
}

// New makes a Provider. The provider is asked when somebody first signs in, so that the server starts without it.
func New(cfg Config) *Provider {
	return &Provider{Config: cfg, client: &http.Client{Timeout: requestTimeout, Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: requestTimeout, IdleConnTimeout: 10 * time.Second, MaxIdleConns: 4,
	}}}
}

// Close ends idle connections to the provider.
func (p *Provider) Close() { p.client.CloseIdleConnections() }

// pending is a sign-in that goes on at the provider.
type pending struct {
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"`
}

// discover reads the provider's metadata, once. The context that is given to the keys' fetcher outlives the request.
func (p *Provider) discover() (*oidc.Provider, *oauth2.Config, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found == nil && time.Since(p.failed) < retryDiscovery {
		return nil, nil, p.failure // whoever waited for it is not made to wait for another
	}
	if p.found == nil {
		found, err := oidc.NewProvider(oidc.ClientContext(context.Background(), p.client), p.Issuer)
		if err != nil {
			p.failure, p.failed = fmt.Errorf("%w: %w", ErrProvider, err), time.Now()
			return nil, nil, p.failure
		}
		p.found = found
	}
	scopes := []string{oidc.ScopeOpenID, "profile"}
	if p.Claim == "email" {
		scopes = append(scopes, "email")
	}
	return p.found, &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: p.found.Endpoint(), RedirectURL: p.Redirect, Scopes: scopes,
	}, nil
}

// Start begins a sign-in: the address at the provider that the browser goes to, and the state that the same browser must come
// back with. It returns ErrProvider.
func (p *Provider) Start(ctx context.Context) (address, state string, err error) {
	_, flow, err := p.discover()
	if err != nil {
		return "", "", err
	}
	state = access.NewSecret()
	kept := pending{Nonce: access.NewSecret(), Verifier: oauth2.GenerateVerifier()}
	raw, err := json.Marshal(kept)
	if err != nil {
		return "", "", fmt.Errorf("oidc: state: %w", err)
	}
	if err := p.Store.Client().Set(ctx, stateKey(state), raw, StateLife).Err(); err != nil {
		return "", "", fmt.Errorf("oidc: state: %w", store.Classify(err))
	}
	return flow.AuthCodeURL(state, oidc.Nonce(kept.Nonce), oauth2.S256ChallengeOption(kept.Verifier)), state, nil
}

// Finish takes what the provider sent the browser back with, once, and gives the value of the claim. It returns ErrRefused or ErrProvider.
func (p *Provider) Finish(ctx context.Context, state, code string) (login string, err error) {
	raw, err := p.Store.Client().GetDel(ctx, stateKey(state)).Bytes()
	if errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("%w: unknown state", ErrRefused)
	}
	if err != nil {
		return "", fmt.Errorf("oidc: state: %w", store.Classify(err))
	}
	var kept pending
	if err := json.Unmarshal(raw, &kept); err != nil {
		return "", fmt.Errorf("oidc: state: %w", err)
	}
	provider, flow, err := p.discover()
	if err != nil {
		return "", err
	}
	ctx = oidc.ClientContext(ctx, p.client)
	token, err := flow.Exchange(ctx, code, oauth2.VerifierOption(kept.Verifier))
	if err != nil {
		var answer *oauth2.RetrieveError
		if errors.As(err, &answer) && answer.Response != nil && answer.Response.StatusCode < 500 {
			return "", fmt.Errorf("%w: code: %s", ErrRefused, answer.ErrorCode)
		}
		return "", fmt.Errorf("%w: token endpoint", ErrProvider)
	}
	rawID, _ := token.Extra("id_token").(string)
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID}).Verify(ctx, rawID)
	if err != nil {
		return "", fmt.Errorf("%w: ID token: %w", ErrRefused, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(kept.Nonce)) != 1 {
		return "", fmt.Errorf("%w: nonce", ErrRefused)
	}
	var claims map[string]any
	if err := id.Claims(&claims); err != nil {
		return "", fmt.Errorf("%w: claims", ErrRefused)
	}
	if login, err = p.claim(claims); err == nil {
		return login, nil
	}
	return p.fromUserInfo(ctx, provider, id.Subject, token)
}

// fromUserInfo asks the provider for a claim that is not in the ID token: many leave all but the subject out of it.
func (p *Provider) fromUserInfo(ctx context.Context, provider *oidc.Provider, subject string, token *oauth2.Token) (string, error) {
	if provider.UserInfoEndpoint() == "" {
		return "", fmt.Errorf("%w: no claim %s", ErrRefused, p.Claim)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return "", fmt.Errorf("%w: user info", ErrProvider)
	}
	if info.Subject != subject { // Core 1.0, section 5.3.2
		return "", fmt.Errorf("%w: user info of another", ErrRefused)
	}
	var claims map[string]any
	if err := info.Claims(&claims); err != nil {
		return "", fmt.Errorf("%w: claims", ErrRefused)
	}
	return p.claim(claims)
}

func (p *Provider) claim(claims map[string]any) (string, error) {
	value, _ := claims[p.Claim].(string)
	if value == "" {
		return "", fmt.Errorf("%w: no claim %s", ErrRefused, p.Claim)
	}
	// Some providers send "true".
	if p.Claim == "email" && !slices.Contains([]any{true, "true"}, claims["email_verified"]) {
		return "", fmt.Errorf("%w: the address is not verified", ErrRefused)
	}
	return value, nil
}

func stateKey(state string) string { return "diemcau:oidc:" + access.HashOf(state) }
