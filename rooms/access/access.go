// Package access makes and checks the credentials of meetings: invitations (links), bearer tokens (WHIP, WHEP, scripts)
// and the single-use tickets that a WebSocket is opened with.
package access

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"
	"golang.org/x/text/unicode/norm"

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

// The audiences keep a credential of one kind from being taken for the other.
const (
	audienceInvitation = "invitation"
	audienceMedia      = "media"
)

// Access signs and checks. It is safe for concurrent use.
type Access struct {
	store *store.Store
	key   []byte
	now   func() time.Time
}

// New reads the signing key from the store, where it is made once.
func New(ctx context.Context, s *store.Store) (*Access, error) {
	key, err := s.Secret(ctx, "access")
	if err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	return &Access{store: s, key: key, now: time.Now}, nil
}

// Invite signs an invitation, for links: /join#<token>.
func (a *Access) Invite(c Claims) (token string, err error) { return a.sign(c, audienceInvitation) }

// Invitation checks an invitation. It returns ErrInvalid or ErrExpired.
func (a *Access) Invitation(token string) (Claims, error) { return a.verify(token, audienceInvitation) }

// Bearer signs a bearer token for WHIP, WHEP and scripts.
func (a *Access) Bearer(c Claims) (token string, err error) { return a.sign(c, audienceMedia) }

// VerifyBearer checks a bearer token. It returns ErrInvalid or ErrExpired.
func (a *Access) VerifyBearer(token string) (Claims, error) { return a.verify(token, audienceMedia) }

// signed is a credential as a JSON Web Token (RFC 7519): the claims beside the registered ones.
type signed struct {
	Claims
	jwt.RegisteredClaims
}

func (a *Access) sign(c Claims, audience string) (string, error) {
	if c.Meeting == "" || !c.Role.Valid() {
		return "", fmt.Errorf("%w: no meeting or role", ErrInvalid)
	}
	if !c.Many {
		name, err := CheckName(c.Name)
		if err != nil {
			return "", err
		}
		c.Name = name
		if c.Seat == "" {
			c.Seat = NewID()
		}
	}
	if c.ID == "" {
		c.ID = NewID()
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, signed{c, jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{audience}, ExpiresAt: jwt.NewNumericDate(c.Expires),
	}})
	out, err := token.SignedString(a.key)
	if err != nil {
		return "", fmt.Errorf("access: sign: %w", err)
	}
	return out, nil
}

func (a *Access) verify(token, audience string) (Claims, error) {
	var s signed
	_, err := jwt.ParseWithClaims(token, &s, func(*jwt.Token) (any, error) { return a.key, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithAudience(audience), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(a.now))
	switch {
	case errors.Is(err, jwt.ErrTokenExpired) && !errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return Claims{}, ErrExpired
	case err != nil:
		return Claims{}, ErrInvalid
	}
	return s.Claims, nil
}

// SeatFor chooses the seat of a credential for many seats by a name; the same name is the same seat. A credential for
// one seat is returned as it is, whatever the name. It returns ErrBadName.
func (a *Access) SeatFor(c Claims, name string) (Claims, error) {
	if !c.Many {
		return c, nil
	}
	name, err := CheckName(name)
	if err != nil {
		return Claims{}, err
	}
	sum := sha256.Sum256([]byte(c.ID + "\x00" + name))
	c.Seat, c.Name, c.Many = base64.RawURLEncoding.EncodeToString(sum[:16]), name, false
	return c, nil
}

// IssueTicket makes a ticket that can be redeemed once within TicketLifetime.
func (a *Access) IssueTicket(ctx context.Context, c Claims) (ticket string, err error) {
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("access: ticket: %w", err)
	}
	ticket = NewSecret()
	if err := a.store.Client().Set(ctx, ticketKey(ticket), raw, TicketLifetime).Err(); err != nil {
		return "", fmt.Errorf("access: ticket: %w", store.Classify(err))
	}
	return ticket, nil
}

// RedeemTicket takes a ticket. It returns ErrInvalid for one that was never issued, has expired or was redeemed.
func (a *Access) RedeemTicket(ctx context.Context, ticket string) (Claims, error) {
	raw, err := a.store.Client().GetDel(ctx, ticketKey(ticket)).Bytes()
	if errors.Is(err, redis.Nil) {
		return Claims{}, ErrInvalid
	}
	if err != nil {
		return Claims{}, fmt.Errorf("access: ticket: %w", store.Classify(err))
	}
	var c Claims
	if err := json.Unmarshal(raw, &c); err != nil {
		return Claims{}, fmt.Errorf("access: ticket: %w", err)
	}
	if !a.now().Before(c.Expires) {
		return Claims{}, ErrExpired
	}
	return c, nil
}

func ticketKey(ticket string) string { return "diemcau:ticket:" + HashOf(ticket) }

const longestName = 256 // characters

// CheckName returns a name in NFC, or ErrBadName when it is blank, longer than 256 characters, not UTF-8, or holds
// control or bidirectional-override characters.
func CheckName(s string) (nfc string, err error) { return CheckText(s, longestName) }

// CheckText returns one line of text in NFC without space around it, or ErrBadName if it is empty, has more characters than that, or any
// that is a control or changes the direction of writing.
func CheckText(s string, longest int) (nfc string, err error) {
	if len(s) > 16*longest || !utf8.ValidString(s) {
		return "", fmt.Errorf("%w: too long or not UTF-8", ErrBadName)
	}
	nfc = strings.TrimSpace(norm.NFC.String(s))
	if n := utf8.RuneCountInString(nfc); n == 0 || n > longest {
		return "", fmt.Errorf("%w: %d characters", ErrBadName, n)
	}
	for _, r := range nfc {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return "", fmt.Errorf("%w: character %U", ErrBadName, r)
		}
	}
	return nfc, nil
}
