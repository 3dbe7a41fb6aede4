// Package access makes and checks the credentials of meetings: invitations (links), bearer tokens (WHIP, WHEP, scripts)
// and the single-use tickets that a WebSocket is opened with.
package access

import (
	"context"
	"errors"
	"time"

	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
)

// Errors of this package. They are wrapped: compare with errors.Is.
var (
	ErrInvalid = errors.New("access: credential is not valid")
	ErrExpired = errors.New("access: credential has expired")
	ErrBadName = errors.New("access: bad name")
)

// TicketLifetime is how long a ticket can be redeemed.
const TicketLifetime = 60 * time.Second

// Claims says who may take which seat of which meeting.
type Claims struct {
	ID            string       `json:"id"` // of the credential; set by Invite and Bearer
	Meeting       string       `json:"meeting"`
	Seat          string       `json:"seat,omitempty"` // set by Invite and Bearer when empty and not Many
	Role          meeting.Role `json:"role"`
	Name          string       `json:"name,omitempty"`
	Unit          string       `json:"unit,omitempty"`
	ShortName     string       `json:"short_name,omitempty"`
	ProtocolOrder int          `json:"protocol_order"`
	Many          bool         `json:"many,omitempty"` // for as many seats as there are names: see SeatFor
	Expires       time.Time    `json:"expires"`
}

// Person is the holder of the seat as the live meeting knows it.
func (c Claims) Person() meeting.Person {
	return meeting.Person{Name: c.Name, Unit: c.Unit, ShortName: c.ShortName, Role: c.Role, ProtocolOrder: c.ProtocolOrder}
}

// Access signs and checks. It is safe for concurrent use.
type Access struct {
	store *store.Store
	key   []byte
}

// New reads the signing key from the store, where it is made once.
func New(ctx context.Context, s *store.Store) (*Access, error) { return nil, ErrInvalid }

// Invite signs an invitation, for links: /join#<token>.
func (a *Access) Invite(c Claims) (token string, err error) { return "", ErrInvalid }

// Invitation checks an invitation. It returns ErrInvalid or ErrExpired.
func (a *Access) Invitation(token string) (Claims, error) { return Claims{}, ErrInvalid }

// Bearer signs a bearer token for WHIP, WHEP and scripts.
func (a *Access) Bearer(c Claims) (token string, err error) { return "", ErrInvalid }

// VerifyBearer checks a bearer token. It returns ErrInvalid or ErrExpired.
func (a *Access) VerifyBearer(token string) (Claims, error) { return Claims{}, ErrInvalid }

// SeatFor chooses the seat of a credential for many seats by a name; the same name is the same seat. A credential for
// one seat is returned as it is, whatever the name. It returns ErrBadName.
func (a *Access) SeatFor(c Claims, name string) (Claims, error) { return Claims{}, ErrInvalid }

// IssueTicket makes a ticket that can be redeemed once within TicketLifetime.
func (a *Access) IssueTicket(ctx context.Context, c Claims) (ticket string, err error) {
	return "", ErrInvalid
}

// RedeemTicket takes a ticket. It returns ErrInvalid for one that was never issued, has expired or was redeemed.
func (a *Access) RedeemTicket(ctx context.Context, ticket string) (Claims, error) {
	return Claims{}, ErrInvalid
}

// CheckName returns a name in NFC, or ErrBadName when it is blank, longer than 256 characters, not UTF-8, or holds
// control or bidirectional-override characters.
func CheckName(s string) (nfc string, err error) { return s, nil }
