package accounts

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
)

// LinkLife is how long a one-time link can be used.
const LinkLife = 24 * time.Hour

// linkSetup is what the link for the first administrator holds; others hold the id of an account.
const linkSetup = "setup"

//go:embed link.lua
var linkSource string

var linkScript = redis.NewScript(linkSource)

// SetupLink makes the secret of a link that creates the first administrator. Where there is an account it returns an
// empty one.
func (a *Accounts) SetupLink(ctx context.Context) (secret string, err error) {
	if some, err := a.Any(ctx); some || err != nil {
		return "", err
	}
	secret = access.NewSecret()
	if err := a.store.Client().Set(ctx, keyLink(secret), linkSetup, LinkLife).Err(); err != nil {
		return "", fmt.Errorf("accounts: link: %w", store.Classify(err))
	}
	return secret, nil
}

// Setup creates the first administrator and uses the link up. Of those who try at once one succeeds. It returns ErrBadLink or a FieldError.
func (a *Accounts) Setup(ctx context.Context, secret string, d Details, password, address string) (Account, error) {
	holds, err := a.linkHolds(ctx, secret)
	if err != nil {
		return Account{}, err
	}
	if holds != linkSetup {
		return Account{}, ErrBadLink
	}
	if password == "" {
		return Account{}, &FieldError{"password", CodePasswordShort}
	}
	d.Grants, d.Disabled = []rights.Grant{{Role: rights.Administrator}}, false
	return a.create(ctx, d, password, change{
		link: keyLink(secret), holds: linkSetup, entry: audit.Entry{Actor: audit.Actor{Address: address}, Action: "account.first_created"},
	})
}

// linkHolds gives what a link is for; empty for one that was used, has expired or was never made.
func (a *Accounts) linkHolds(ctx context.Context, secret string) (string, error) {
	holds, err := a.store.Client().Get(ctx, keyLink(secret)).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("accounts: link: %w", store.Classify(err))
	}
	return holds, nil
}

// ResetLink makes the secret of a link by which the holder of an account chooses a password. It returns ErrNotFound.
func (a *Accounts) ResetLink(ctx context.Context, id string, by By) (secret string, err error) {
	account, err := a.Get(ctx, id)
	if err != nil {
		return "", err
	}
	entry, err := audit.Encode(audit.Entry{Actor: by.Actor, Action: "account.link_made", Object: id, Name: account.Login})
	if err != nil {
		return "", err
	}
	secret = access.NewSecret()
	_, err = a.run(ctx, linkScript, []string{keyAccount(id), keyLink(secret), audit.Key(Tag)}, id, LinkLife.Milliseconds(), entry)
	return secret, err
}

// Reset sets a password by a link, uses the link up and ends all sessions of the account. It returns ErrBadLink, a FieldError or ErrBusy.
func (a *Accounts) Reset(ctx context.Context, secret, password, address string) (Account, error) {
	id, err := a.linkHolds(ctx, secret)
	if err != nil {
		return Account{}, err
	}
	if id == "" || id == linkSetup {
		return Account{}, ErrBadLink
	}
	before, err := a.Get(ctx, id)
	if err != nil {
		return before, err
	}
	if err := checkPassword(password, before.Login); err != nil {
		return before, err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return before, err
	}
	return a.update(ctx, id, 0, func(before Account) (change, error) {
		return change{
			after: before, password: hash, endSessions: true, link: keyLink(secret), holds: id,
			entry: audit.Entry{Actor: before.Actor(address), Action: "account.password_reset"},
		}, nil
	})
}
