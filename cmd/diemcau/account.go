package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"diemcau/cmd/diemcau/internal/config"
	"diemcau/rooms/accounts"
	"diemcau/rooms/accounts/oidc"
)

type accountCommand struct {
	ResetLink resetLinkCommand `cmd:"" name:"reset-link" help:"Print a link by which the holder chooses a new password, once within 24 hours. The server must run."`
}

type resetLinkCommand struct {
	Login string `required:"" help:"Login name of the account."`
}

func (c *resetLinkCommand) run(ctx context.Context, keys *config.Config, stdout io.Writer) error {
	var found struct {
		Accounts []struct {
			ID string `json:"id"`
		} `json:"accounts"`
	}
	if err := askServer(ctx, keys, http.MethodGet, "/api/v1/accounts?login="+url.QueryEscape(c.Login), nil, &found); err != nil {
		return err
	}
	if len(found.Accounts) != 1 {
		return fmt.Errorf("--login: there is no account %q", c.Login)
	}
	var link struct {
		Path string `json:"path"`
	}
	if err := askServer(ctx, keys, http.MethodPost, "/api/v1/accounts/"+found.Accounts[0].ID+"/reset-link", nil, &link); err != nil {
		return err
	}
	_, err := fmt.Fprintln(stdout, keys.Origin()+link.Path)
	return err
}

// printSetup prints the link that makes the first administrator, where there is no account. It goes to standard output and not to the log:
// who reads that shall not be able to use it.
func printSetup(ctx context.Context, people *accounts.Accounts, origin string, stdout io.Writer) error {
	secret, err := people.SetupLink(ctx)
	if err != nil || secret == "" {
		return err
	}
	_, err = fmt.Fprintf(stdout, "\nTạo quản trị viên đầu tiên, một lần, trong 24 giờ:\nTo make the first administrator, once, within 24 hours:\n\n  %s/setup#%s\n\n", origin, secret)
	return err
}

// provider is the one that people sign in by; nil for none.
func (s *server) provider() *oidc.Provider {
	o := s.keys.OIDC
	if o.Issuer == "" {
		return nil
	}
	return oidc.New(oidc.Config{
		Store: s.store, Issuer: o.Issuer, ClientID: o.ClientID, ClientSecret: string(o.ClientSecret), Claim: o.Claim,
		Redirect: s.keys.Origin() + "/api/v1/oidc/callback",
	})
}
