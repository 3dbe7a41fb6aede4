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

// Grant is a role in a unit and all that is below it, or in the whole province.
type Grant struct {
	Role string `json:"role" enum:"leader,delegate,planner,clerk,approver,secretary,operator,auditor,administrator,terminal"`
	Unit string `json:"unit,omitempty" maxLength:"64" doc:"Id of the unit; none for the whole province."`
}

// AccountDetails are what can be changed of an account.
type AccountDetails struct {
	Login    string  `json:"login" maxLength:"256" doc:"Kept in lower case; unique. With OIDC: what the provider's claim says."`
	Name     string  `json:"name" maxLength:"256"`
	Title    string  `json:"title,omitempty" maxLength:"256"`
	Unit     string  `json:"unit,omitempty" maxLength:"64"`
	Person   string  `json:"person,omitempty" maxLength:"64" doc:"Id in the directory of whom the holder is."`
	Grants   []Grant `json:"grants" nullable:"false"`
	Disabled bool    `json:"disabled,omitempty" doc:"Cannot sign in; its sessions have ended. Accounts are never deleted: the log refers to them."`
}

// Account is an account as it is kept.
type Account struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	AccountDetails
	HasPassword bool      `json:"has_password"`
	Created     time.Time `json:"created,omitzero"`
	Changed     time.Time `json:"changed,omitzero"`
}

func (d AccountDetails) details() accounts.Details {
	out := accounts.Details{Login: d.Login, Name: d.Name, Title: d.Title, Unit: d.Unit, Person: d.Person, Disabled: d.Disabled}
	for _, g := range d.Grants {
		out.Grants = append(out.Grants, rights.Grant{Role: rights.Role(g.Role), Unit: g.Unit})
	}
	return out
}

func accountBody(a accounts.Account) Account {
	d := AccountDetails{Login: a.Login, Name: a.Name, Title: a.Title, Unit: a.Unit, Person: a.Person, Disabled: a.Disabled, Grants: []Grant{}}
	for _, g := range a.Grants {
		d.Grants = append(d.Grants, Grant{string(g.Role), g.Unit})
	}
	return Account{ID: a.ID, Version: a.Version, AccountDetails: d, HasPassword: a.HasPassword, Created: a.Created, Changed: a.Changed}
}

type accountOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Account
}

func accountAnswer(a accounts.Account, err error) (*accountOutput, error) {
	return &accountOutput{ETag: etag(a.Version), Body: accountBody(a)}, err
}

type createAccountInput struct {
	Body struct {
		AccountDetails
		Password string `json:"password,omitempty" maxLength:"4096" doc:"Without one the holder signs in by OIDC, or chooses one by a link."`
	}
}

type changeAccountInput struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on."`
	Body    AccountDetails
}

type listAccountsInput struct {
	Text   string `query:"text" maxLength:"256" doc:"In login name, name or title; without regard to case and diacritics."`
	Login  string `query:"login" maxLength:"256" doc:"The account with just this login name; then nothing else is looked at."`
	Offset int    `query:"offset" minimum:"0" maximum:"1000000" default:"0"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type listAccountsOutput struct {
	Body struct {
		Accounts []Account `json:"accounts"`
		Total    int       `json:"total"`
	}
}

type linkOutput struct {
	Body struct {
		Token   string    `json:"token"`
		Path    string    `json:"path" doc:"The link, without the server's address. The token stands behind #, which browsers do not send."`
		Expires time.Time `json:"expires"`
	}
}

func (s *server) registerAccounts(h huma.API) {
	guarded := func(id, method, path, summary string) huma.Operation {
		o := s.operation(id, method, path, summary, false)
		s.guard(&o, rights.ManageAccounts)
		return o
	}
	create := guarded("create-account", http.MethodPost, "/accounts", "Make an account")
	create.DefaultStatus = http.StatusCreated
	registerWithin(s, h, create, hashDeadline, func(ctx context.Context, in *createAccountInput) (*accountOutput, error) {
		if err := s.checkPerson(ctx, in.Body.Person); err != nil {
			return nil, err
		}
		out, err := accountAnswer(s.Accounts.Create(ctx, in.Body.details(), in.Body.Password, accounts.By{Actor: actor(ctx)}))
		out.Location = prefix + "/accounts/" + out.Body.ID
		return out, err
	})
	register(s, h, guarded("list-accounts", http.MethodGet, "/accounts", "List accounts by login name"),
		func(ctx context.Context, in *listAccountsInput) (*listAccountsOutput, error) {
			list, total, err := s.listAccounts(ctx, in)
			var out listAccountsOutput
			out.Body.Accounts, out.Body.Total = make([]Account, 0, len(list)), total
			for _, a := range list {
				out.Body.Accounts = append(out.Body.Accounts, accountBody(a))
			}
			return &out, err
		})
	register(s, h, guarded("get-account", http.MethodGet, "/accounts/{id}", "Read an account"), func(ctx context.Context, in *idInput) (*accountOutput, error) {
		return accountAnswer(s.Accounts.Get(ctx, in.ID))
	})
	register(s, h, guarded("change-account", http.MethodPut, "/accounts/{id}", "Change an account"),
		func(ctx context.Context, in *changeAccountInput) (*accountOutput, error) {
			v, err := version(in.IfMatch, accounts.ErrStaleVersion)
			if err != nil {
				return nil, err
			}
			before, err := s.Accounts.Get(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if in.Body.Person != before.Person {
				if err := s.checkPerson(ctx, in.Body.Person); err != nil {
					return nil, err
				}
			}
			return accountAnswer(s.Accounts.Change(ctx, in.ID, in.Body.details(), accounts.By{Actor: actor(ctx), Version: v}))
		})
	link := guarded("make-reset-link", http.MethodPost, "/accounts/{id}/reset-link", "Make a one-time link to choose a password")
	link.DefaultStatus = http.StatusCreated
	register(s, h, link, func(ctx context.Context, in *idInput) (*linkOutput, error) {
		secret, err := s.Accounts.ResetLink(ctx, in.ID, accounts.By{Actor: actor(ctx)})
		var out linkOutput
		out.Body.Token, out.Body.Path, out.Body.Expires = secret, "/reset#"+secret, s.now().Add(accounts.LinkLife).UTC()
		return &out, err
	})
	register(s, h, guarded("list-sessions", http.MethodGet, "/accounts/{id}/sessions", "List the sessions of an account"),
		func(ctx context.Context, in *idInput) (*sessionsOutput, error) { return s.sessions(ctx, in.ID) })
	register(s, h, guarded("end-sessions", http.MethodDelete, "/accounts/{id}/sessions", "Sign an account out everywhere"),
		func(ctx context.Context, in *idInput) (*struct{}, error) {
			return nil, s.Accounts.EndSession(ctx, in.ID, "*", accounts.By{Actor: actor(ctx)})
		})
}

// checkPerson refuses a person whom the directory does not have.
func (s *server) checkPerson(ctx context.Context, id string) error {
	if id == "" {
		return nil
	}
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return err
	}
	if _, ok := all.Person(id); !ok {
		return problem(http.StatusUnprocessableEntity, accounts.CodeUnknownPerson, "person")
	}
	return nil
}

func (s *server) listAccounts(ctx context.Context, in *listAccountsInput) ([]accounts.Account, int, error) {
	if in.Login == "" {
		return s.Accounts.List(ctx, in.Text, in.Offset, in.Limit)
	}
	a, err := s.Accounts.ByLogin(ctx, in.Login)
	if errors.Is(err, accounts.ErrNotFound) {
		return nil, 0, nil
	}
	return []accounts.Account{a}, 1, err
}
