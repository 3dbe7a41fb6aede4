package accounts

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// How long a session lives.
const (
	IdleLife    = 12 * time.Hour     // without a request
	LongestLife = 7 * 24 * time.Hour // whatever its holder does

	// A write for every request would be a wait for the disk for every request.
	noteEvery = time.Minute
	// The session that was longest unused makes place for one more.
	mostSessions = 20
	longestAgent = 200 // bytes
)

var (
	//go:embed signin.lua
	signInSource string
	//go:embed touch.lua
	touchSource string
	//go:embed end.lua
	endSource string

	signInScript = redis.NewScript(signInSource)
	touchScript  = redis.NewScript(touchSource)
	endScript    = redis.NewScript(endSource)
)

// Session is a signed-in browser.
type Session struct {
	ID      string // hash of its secret: it can be shown, and ends the session, but opens nothing
	Address string
	Agent   string
	How     string // password or oidc
	Begun   time.Time
	Seen    time.Time
	Ends    time.Time
}

// keptSession is what a session is stored as, behind the times that scripts read.
type keptSession struct {
	Address string    `json:"address"`
	Agent   string    `json:"agent,omitempty"`
	How     string    `json:"how"`
	Begun   time.Time `json:"begun"`
}

// SignedIn is what a successful sign-in gives to the browser.
type SignedIn struct {
	Account Account
	Token   string // of the session, for its cookie
	Device  string // mark of the device, for its cookie: Client.Device of later sign-ins
	Ends    time.Time
}

// idOf gives the id of the account with a login name, or ErrNotFound.
func (a *Accounts) idOf(ctx context.Context, login string) (string, error) {
	id, err := a.store.Client().HGet(ctx, keyLogins, login).Result()
	if errors.Is(err, redis.Nil) {
		return "", ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("accounts: read: %w", store.Classify(err))
	}
	return id, nil
}

// SignIn begins a session by a password. It returns ErrCredentials, a WaitError or ErrBusy. Names of accounts that do not exist and
// disabled accounts take as long and answer alike.
func (a *Accounts) SignIn(ctx context.Context, login, password string, c Client) (SignedIn, error) {
	login = FoldLogin(login)
	id, err := a.idOf(ctx, login)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return SignedIn{}, err
	}
	device := a.knownDevice(c.Device, id)
	wait, err := a.limit(ctx, login, c, device)
	if err != nil {
		return SignedIn{}, err
	}
	if wait > 0 {
		return SignedIn{}, &WaitError{wait}
	}
	fields, err := a.store.Client().HMGet(ctx, keyAccount(id), "version", "account", "password").Result()
	if err != nil {
		return SignedIn{}, fmt.Errorf("accounts: read: %w", store.Classify(err))
	}
	account, err := decode(fields)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return SignedIn{}, err
	}
	stored, _ := fields[2].(string)
	ok, renewed, err := a.hasher.verify(ctx, stored, password, device != "")
	if err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	if ok && !account.Disabled {
		in, err = a.begin(ctx, account, stored, renewed, "password", c)
	} else {
		err = ErrCredentials
	}
	if errors.Is(err, ErrCredentials) {
		return in, a.refused(ctx, account, c)
	}
	if err != nil {
		return in, err
	}
	return in, a.forgive(ctx, login, c, device)
}

// refused notes a failed sign-in. What was typed is noted only where it is the name of an account: people type passwords into the
// field above.
func (a *Accounts) refused(ctx context.Context, account Account, c Client) error {
	e := audit.Entry{Actor: audit.Actor{Address: c.Address}, Action: "session.begun", Object: account.ID, Name: account.Login, Result: audit.Refused}
	if err := audit.New(a.store).Append(ctx, Tag, e); err != nil {
		return err
	}
	return ErrCredentials
}

// SignInAs begins a session for the holder of a login name whom somebody else (an OIDC provider) vouches for. It returns
// ErrCredentials where there is no such account or it is disabled.
func (a *Accounts) SignInAs(ctx context.Context, login, how string, c Client) (SignedIn, error) {
	account, err := a.ByLogin(ctx, login)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return SignedIn{}, err
	}
	var in SignedIn
	if err == nil {
		in, err = a.begin(ctx, account, "", "", how, c)
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCredentials) {
		return in, a.refused(ctx, account, c)
	}
	return in, err
}

func (a *Accounts) begin(ctx context.Context, account Account, stored, renewed, how string, c Client) (SignedIn, error) {
	secret, now := access.NewSecret(), a.now()
	agent := c.Agent[:min(len(c.Agent), longestAgent)]
	if !utf8.ValidString(agent) {
		agent = ""
	}
	kept, err := json.Marshal(keptSession{Address: c.Address, Agent: agent, How: how, Begun: now.UTC().Truncate(time.Second)})
	if err != nil {
		return SignedIn{}, fmt.Errorf("accounts: session: %w", err)
	}
	entry, err := audit.Encode(audit.Entry{
		Actor: account.Actor(c.Address), Action: "session.begun", Object: account.ID, Name: account.Login, To: how,
	})
	if err != nil {
		return SignedIn{}, err
	}
	_, err = a.run(ctx, signInScript, []string{keyAccount(account.ID), keySessions(account.ID), audit.Key(Tag)}, stored, renewed, access.HashOf(secret), kept,
		now.UnixMilli(), IdleLife.Milliseconds(), LongestLife.Milliseconds(), mostSessions, entry)
	return SignedIn{Account: account, Token: account.ID + "." + secret, Device: a.withDevice(c.Device, account.ID), Ends: now.Add(LongestLife)}, err
}

// Actor is the account's holder for the audit log.
func (acc Account) Actor(address string) audit.Actor {
	return audit.Actor{ID: acc.ID, Login: acc.Login, Name: acc.Name, Address: address}
}

func splitToken(token string) (id, secret string) {
	id, secret, _ = strings.Cut(token, ".")
	return id, secret
}

// Authenticate finds who holds a session's token, with the grants of this moment. It returns ErrNoSession.
func (a *Accounts) Authenticate(ctx context.Context, token string) (Account, Session, error) {
	id, secret := splitToken(token)
	if secret == "" || len(token) > 200 {
		return Account{}, Session{}, ErrNoSession
	}
	hash := access.HashOf(secret)
	answer, err := touchScript.Run(ctx, a.store.Client(), []string{keyAccount(id), keySessions(id)}, hash, a.now().UnixMilli(), IdleLife.Milliseconds(), noteEvery.Milliseconds()).Slice()
	if err != nil {
		return Account{}, Session{}, fmt.Errorf("accounts: session: %w", store.Classify(err))
	}
	if len(answer) == 0 {
		return Account{}, Session{}, ErrNoSession
	}
	account, err := decode(answer[:3])
	if err != nil {
		return account, Session{}, err
	}
	raw, _ := answer[3].(string)
	session, err := decodeSession(hash, raw)
	return account, session, err
}

func decodeSession(id, raw string) (Session, error) {
	parts := strings.SplitN(raw, " ", 3)
	if len(parts) != 3 {
		return Session{}, fmt.Errorf("accounts: a stored session is damaged")
	}
	seen, err := strconv.ParseInt(parts[0], 10, 64)
	ends, err2 := strconv.ParseInt(parts[1], 10, 64)
	var kept keptSession
	if err := errors.Join(err, err2, json.Unmarshal([]byte(parts[2]), &kept)); err != nil {
		return Session{}, fmt.Errorf("accounts: stored session: %w", err)
	}
	return Session{
		ID: id, Address: kept.Address, Agent: kept.Agent, How: kept.How, Begun: kept.Begun, Seen: time.UnixMilli(seen).UTC(), Ends: time.UnixMilli(ends).UTC(),
	}, nil
}

// Sessions lists the living sessions of an account, the last used first.
func (a *Accounts) Sessions(ctx context.Context, id string) ([]Session, error) {
	all, err := a.store.Client().HGetAll(ctx, keySessions(id)).Result()
	if err != nil {
		return nil, fmt.Errorf("accounts: sessions: %w", store.Classify(err))
	}
	now, out := a.now(), []Session{}
	for hash, raw := range all {
		s, err := decodeSession(hash, raw)
		if err != nil {
			return nil, err
		}
		if now.Before(s.Ends) && now.Before(s.Seen.Add(IdleLife)) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(x, y Session) int { return cmp.Or(y.Seen.Compare(x.Seen), strings.Compare(x.ID, y.ID)) })
	return out, nil
}

// EndSession ends one session of an account, or all of them for the id "*". It returns ErrNoSession.
func (a *Accounts) EndSession(ctx context.Context, id, session string, by By) error {
	account, err := a.Get(ctx, id)
	if err != nil {
		return err
	}
	action := "session.ended"
	if session == "*" {
		action = "session.all_ended"
	}
	entry, err := audit.Encode(audit.Entry{Actor: by.Actor, Action: action, Object: id, Name: account.Login})
	if err != nil {
		return err
	}
	_, err = a.run(ctx, endScript, []string{keySessions(id), audit.Key(Tag)}, session, entry)
	return err
}
