// Package accounts keeps who may sign in: accounts with their grants, passwords, sessions and one-time links. Everything of it
// shares one hash tag, and each change writes its entry of the audit log in the same script.
package accounts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
)

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	ErrNotFound     = errors.New("accounts: no such account")
	ErrStaleVersion = errors.New("accounts: the account was changed meanwhile")
	ErrTaken        = errors.New("accounts: the login name is taken")
	ErrLastAdmin    = errors.New("accounts: the last administrator cannot be taken away")
	ErrBadLink      = errors.New("accounts: the link was used or has expired")
	ErrCredentials  = errors.New("accounts: login name or password is wrong") // or the account is disabled: nobody is told which
	ErrNoSession    = errors.New("accounts: not signed in")
	ErrBusy         = errors.New("accounts: too many sign-ins at once")
)

// FieldError says which field of an account cannot be accepted, and by which rule.
type FieldError struct{ Field, Code string }

func (e *FieldError) Error() string { return "accounts: " + e.Field + ": " + e.Code }

// Codes of FieldError.
const (
	CodeBadLogin         = "bad_login"
	CodeBadName          = "bad_name"
	CodePasswordShort    = "password_too_short"
	CodePasswordLong     = "password_too_long"
	CodePasswordIsLogin  = "password_is_login"
	CodeUnknownRole      = "unknown_role"
	CodeTooManyGrants    = "too_many_grants"
	CodeBadUnit          = "bad_unit"
	CodeUnknownPerson    = "unknown_person"
	CodePasswordMismatch = "password_wrong"
)

// Details are what is known of the holder of an account and what is granted to him.
type Details struct {
	Login    string         `json:"login"` // in lower case; unique
	Name     string         `json:"name"`  // shown
	Title    string         `json:"title,omitempty"`
	Unit     string         `json:"unit,omitempty"`   // id
	Person   string         `json:"person,omitempty"` // id in the directory of whom the holder is
	Grants   []rights.Grant `json:"grants"`
	Disabled bool           `json:"disabled,omitempty"`
}

// Account is an account as it is kept.
type Account struct {
	ID      string `json:"id"`
	Version int64  `json:"-"`
	Details
	Created     time.Time `json:"created"`
	Changed     time.Time `json:"changed"`
	HasPassword bool      `json:"-"`
}

// administers tells whether the account can manage all others.
func (d Details) administers() bool {
	return !d.Disabled && rights.Allowed(d.Grants, rights.ManageAccounts, "", nil)
}

const (
	mostGrants = 50
	longestID  = 64
)

var loginForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{1,63}$`)

// FoldLogin writes a login name as it is compared and kept.
func FoldLogin(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// check returns the details as they are kept, or a FieldError.
func (d Details) check() (Details, error) {
	d.Login = FoldLogin(d.Login)
	if !loginForm.MatchString(d.Login) {
		return d, &FieldError{"login", CodeBadLogin}
	}
	var err error
	if d.Name, err = access.CheckName(d.Name); err != nil {
		return d, &FieldError{"name", CodeBadName}
	}
	if strings.TrimSpace(d.Title) == "" {
		d.Title = ""
	} else if d.Title, err = access.CheckName(d.Title); err != nil {
		return d, &FieldError{"title", CodeBadName}
	}
	if len(d.Unit) > longestID {
		return d, &FieldError{"unit", CodeBadUnit}
	}
	if len(d.Person) > longestID {
		return d, &FieldError{"person", CodeUnknownPerson}
	}
	if len(d.Grants) > mostGrants {
		return d, &FieldError{"grants", CodeTooManyGrants}
	}
	kept := make([]rights.Grant, 0, len(d.Grants))
	for _, g := range d.Grants {
		switch {
		case !g.Role.Valid():
			return d, &FieldError{"grants", CodeUnknownRole}
		case len(g.Unit) > longestID:
			return d, &FieldError{"grants", CodeBadUnit}
		case !slices.Contains(kept, g):
			kept = append(kept, g)
		}
	}
	d.Grants = kept
	return d, nil
}

// summary is the account for the audit log: what can be changed of it.
func (d Details) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %s", d.Login, d.Name)
	if d.Title != "" {
		b.WriteString("; " + d.Title)
	}
	if d.Unit != "" {
		b.WriteString("; unit " + d.Unit)
	}
	if d.Person != "" {
		b.WriteString("; person " + d.Person)
	}
	for _, g := range d.Grants {
		b.WriteString("; " + string(g.Role))
		if g.Unit != "" {
			b.WriteString("@" + g.Unit)
		}
	}
	if d.Disabled {
		b.WriteString("; disabled")
	}
	return b.String()
}

// Config configures Accounts.
type Config struct {
	Store *store.Store
	Hash  Hash // parameters of new password hashes; the zero value is DefaultHash
}

// Accounts reads and changes accounts. It is safe for concurrent use.
type Accounts struct {
	store  *store.Store
	hasher *hasher
	device []byte // key of the cookies of known devices
	now    func() time.Time
}

// New makes Accounts on an open store.
func New(ctx context.Context, cfg Config) (*Accounts, error) {
	key, err := cfg.Store.Secret(ctx, "device")
	if err != nil {
		return nil, fmt.Errorf("accounts: %w", err)
	}
	if cfg.Hash == (Hash{}) {
		cfg.Hash = DefaultHash
	}
	return &Accounts{store: cfg.Store, hasher: newHasher(cfg.Hash), device: key, now: time.Now}, nil
}

// Get reads an account, or returns ErrNotFound.
func (a *Accounts) Get(ctx context.Context, id string) (Account, error) {
	fields, err := a.store.Client().HMGet(ctx, keyAccount(id), "version", "account", "password").Result()
	if err != nil {
		return Account{}, fmt.Errorf("accounts: read: %w", store.Classify(err))
	}
	return decode(fields)
}

// ByLogin finds an account by its login name, or returns ErrNotFound.
func (a *Accounts) ByLogin(ctx context.Context, login string) (Account, error) {
	id, err := a.idOf(ctx, FoldLogin(login))
	if err != nil {
		return Account{}, err
	}
	return a.Get(ctx, id)
}

// Any tells whether there is an account at all.
func (a *Accounts) Any(ctx context.Context) (bool, error) {
	n, err := a.store.Client().HLen(ctx, keyLogins).Result()
	return n > 0, store.Classify(err)
}

// List gives accounts by login name, and how many there are in all that match. The text is looked for in login name, name and title,
// without regard to case and diacritics.
func (a *Accounts) List(ctx context.Context, text string, offset, limit int) (list []Account, total int, err error) {
	logins, err := a.store.Client().HGetAll(ctx, keyLogins).Result()
	if err != nil {
		return nil, 0, fmt.Errorf("accounts: list: %w", store.Classify(err))
	}
	pipe := a.store.Client().Pipeline()
	for _, id := range logins {
		pipe.HMGet(ctx, keyAccount(id), "version", "account", "password")
	}
	answers, err := pipe.Exec(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("accounts: list: %w", store.Classify(err))
	}
	for _, answer := range answers {
		fields := answer.(interface{ Val() []any }).Val()
		one, err := decode(fields)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if audit.Contains(text, one.Login, one.Name, one.Title) {
			list = append(list, one)
		}
	}
	slices.SortFunc(list, func(x, y Account) int { return strings.Compare(x.Login, y.Login) })
	total = len(list)
	list = list[min(offset, total):]
	return list[:min(limit, len(list))], total, nil
}

func decode(fields []any) (Account, error) {
	raw, ok := fields[1].(string)
	if !ok {
		return Account{}, ErrNotFound
	}
	var out Account
	if err := json.Unmarshal([]byte(raw), &out); err != nil {
		return out, fmt.Errorf("accounts: stored account: %w", err)
	}
	version, _ := fields[0].(string)
	var err error
	if out.Version, err = strconv.ParseInt(version, 10, 64); err != nil {
		return out, fmt.Errorf("accounts: stored version: %w", err)
	}
	password, _ := fields[2].(string)
	out.HasPassword = password != ""
	return out, nil
}
