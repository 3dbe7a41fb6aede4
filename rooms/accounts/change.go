package accounts

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// Tag is the hash tag of everything that this package keeps; its part of the audit log is under it too.
const Tag = "accounts"

const (
	keyLogins         = "diemcau:{accounts}:logins"         // hash of login names to ids
	keyAdministrators = "diemcau:{accounts}:administrators" // set of ids that can manage accounts
	keyNoLink         = "diemcau:{accounts}:link:"
)

func keyAccount(id string) string  { return "diemcau:{accounts}:account:" + id }
func keySessions(id string) string { return "diemcau:{accounts}:sessions:" + id }
func keyLink(secret string) string { return keyNoLink + access.HashOf(secret) }

//go:embed change.lua
var changeSource string

var changeScript = redis.NewScript(changeSource)

// By says who makes a change.
type By struct {
	Actor   audit.Actor
	Version int64 // that the change is based on; 0 is any
}

// change is one run of change.lua.
type change struct {
	before, after Account
	password      string // hash; empty keeps it
	basedOn       string // password hash; empty for any
	endSessions   bool
	keep          string // hash of the session that goes on
	link, holds   string // key of a link and what it must hold
	entry         audit.Entry
}

func (a *Accounts) change(ctx context.Context, c change) (Account, error) {
	c.after.Changed = a.now().UTC().Truncate(time.Millisecond)
	raw, err := json.Marshal(c.after)
	if err != nil {
		return c.after, fmt.Errorf("accounts: account: %w", err)
	}
	c.entry.Object, c.entry.Name = c.after.ID, c.after.Login
	entry, err := audit.Encode(c.entry)
	if err != nil {
		return c.after, err
	}
	if c.link == "" {
		c.link = keyNoLink
	}
	keys := []string{keyAccount(c.after.ID), keyLogins, keyAdministrators, keySessions(c.after.ID), audit.Key(Tag), c.link}
	answer, err := a.run(ctx, changeScript, keys, c.after.ID, c.before.Version, raw, c.after.Login, c.before.Login, flag(c.after.administers()), c.password,
		flag(c.endSessions), c.keep, entry, c.holds, flag(c.after.Disabled), c.basedOn)
	if err != nil {
		return c.after, err
	}
	c.after.HasPassword = c.before.HasPassword || c.password != ""
	c.after.Version, err = strconv.ParseInt(answer, 10, 64)
	return c.after, err
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// run runs a script: its answer, or the error that it names.
func (a *Accounts) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (string, error) {
	answer, err := script.Run(ctx, a.store.Client(), keys, args...).StringSlice()
	if err != nil {
		return "", fmt.Errorf("accounts: write: %w", store.Classify(err))
	}
	switch answer[0] {
	case "ok":
		if len(answer) > 1 {
			return answer[1], nil
		}
		return "", nil
	case "missing":
		return "", ErrNotFound
	case "taken":
		return "", ErrTaken
	case "last":
		return "", ErrLastAdmin
	case "link":
		return "", ErrBadLink
	case "refused":
		return "", ErrCredentials
	case "none":
		return "", ErrNoSession
	}
	return "", ErrStaleVersion
}

// Create makes an account. Without a password its holder signs in by OIDC, or chooses one by a link. It returns a FieldError or ErrTaken.
func (a *Accounts) Create(ctx context.Context, d Details, password string, by By) (Account, error) {
	return a.create(ctx, d, password, change{entry: audit.Entry{Actor: by.Actor, Action: "account.created"}})
}

func (a *Accounts) create(ctx context.Context, d Details, password string, c change) (Account, error) {
	d, err := d.check()
	if err != nil {
		return Account{}, err
	}
	if password != "" {
		if err := checkPassword(password, d.Login); err != nil {
			return Account{}, err
		}
		if c.password, err = a.hasher.hash(ctx, password); err != nil {
			return Account{}, err
		}
	}
	c.after = Account{ID: access.NewID(), Details: d, Created: a.now().UTC().Truncate(time.Millisecond)}
	c.entry.To = d.summary()
	if c.holds == linkSetup { // nobody is there yet: who holds the link makes himself
		c.entry.Actor = c.after.Actor(c.entry.Actor.Address)
	}
	return a.change(ctx, c)
}

// Change replaces the details of an account. One that is disabled is signed out everywhere. It returns ErrNotFound, ErrStaleVersion, ErrTaken,
// ErrLastAdmin or a FieldError.
func (a *Accounts) Change(ctx context.Context, id string, d Details, by By) (Account, error) {
	d, err := d.check()
	if err != nil {
		return Account{}, err
	}
	return a.update(ctx, id, by.Version, func(before Account) (change, error) {
		after := before
		after.Details = d
		return change{
			after: after, endSessions: d.Disabled,
			entry: audit.Entry{Actor: by.Actor, Action: "account.changed", From: before.summary(), To: d.summary()},
		}, nil
	})
}

// update changes an account by a function. A change that does not name the version it is based on is made again when another
// came between.
func (a *Accounts) update(ctx context.Context, id string, version int64, with func(before Account) (change, error)) (Account, error) {
	for {
		before, err := a.Get(ctx, id)
		if err != nil {
			return before, err
		}
		if version != 0 && version != before.Version {
			return before, ErrStaleVersion
		}
		c, err := with(before)
		if err != nil {
			return before, err
		}
		c.before = before
		after, err := a.change(ctx, c)
		if errors.Is(err, ErrStaleVersion) && version == 0 && c.basedOn == "" && ctx.Err() == nil {
			continue
		}
		return after, err
	}
}

// ChangePassword replaces the holder's own password, for which the old one is needed, and signs out everywhere but in the session
// with this token. It returns ErrCredentials, a FieldError or ErrBusy.
func (a *Accounts) ChangePassword(ctx context.Context, id, old, password, token string, by By) error {
	stored, err := a.store.Client().HGet(ctx, keyAccount(id), "password").Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("accounts: read: %w", store.Classify(err))
	}
	wait, err := a.limit(ctx, id, Client{Address: by.Actor.Address}, "")
	if err != nil {
		return err
	}
	if wait > 0 {
		return &WaitError{wait}
	}
	ok, _, err := a.hasher.verify(ctx, stored, old, true)
	if err != nil {
		return err
	}
	if !ok {
		return ErrCredentials
	}
	if err := a.forgive(ctx, id, Client{Address: by.Actor.Address}, ""); err != nil {
		return err
	}
	before, err := a.Get(ctx, id)
	if err != nil {
		return err
	}
	if err := checkPassword(password, before.Login); err != nil {
		return err
	}
	hash, err := a.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	_, secret := splitToken(token)
	_, err = a.update(ctx, id, 0, func(before Account) (change, error) {
		return change{
			after: before, password: hash, basedOn: stored, endSessions: true, keep: access.HashOf(secret),
			entry: audit.Entry{Actor: by.Actor, Action: "account.password_changed"},
		}, nil
	})
	return err
}
