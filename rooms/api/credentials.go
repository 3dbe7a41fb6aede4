package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/rights"
)

// Seat is whom a credential is made for.
type Seat struct {
	Name          string `json:"name" maxLength:"256" doc:"First line of the name plate: the title."`
	Unit          string `json:"unit,omitempty" maxLength:"256"`
	ShortName     string `json:"short_name,omitempty" maxLength:"256"`
	Role          string `json:"role" enum:"chair,co_chair,acting_chair,secretary,delegate,site,operator,display"`
	ProtocolOrder int    `json:"protocol_order,omitempty" minimum:"0" maximum:"1000000"`
}

func (p Seat) claims(m calendar.Meeting, expires time.Time) access.Claims {
	return access.Claims{
		Meeting: m.ID, Role: meeting.Role(p.Role), Name: p.Name, Unit: p.Unit, ShortName: p.ShortName, ProtocolOrder: p.ProtocolOrder, Expires: expires,
	}
}

// afterEnd is how long an invitation outlives its meeting's planned end: meetings run late. An invitation to a meeting that is always on
// lasts a year.
const (
	afterEnd = 24 * time.Hour
	aYear    = 366 * 24 * time.Hour
)

func (s *server) invitationExpiry(m calendar.Meeting) time.Time {
	if m.AlwaysOn {
		return s.now().Add(aYear)
	}
	return m.End.Add(afterEnd)
}

type inviteInput struct {
	OnceHeader
	ID   string `path:"id" maxLength:"64"`
	Body Seat
}

type inviteOutput struct {
	Body struct {
		Token   string    `json:"token"`
		Path    string    `json:"path" doc:"The link, without the server's address. The token stands behind #, which browsers do not send."`
		Expires time.Time `json:"expires"`
	}
}

type tokenInput struct {
	OnceHeader
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Name          string `json:"name,omitempty" maxLength:"256" doc:"Whose seat; not with seats many."`
		Unit          string `json:"unit,omitempty" maxLength:"256"`
		Role          string `json:"role" enum:"chair,co_chair,acting_chair,secretary,delegate,site,operator,display"`
		ProtocolOrder int    `json:"protocol_order,omitempty" minimum:"0" maximum:"1000000"`
		Seats         string `json:"seats,omitempty" enum:"one,many" default:"one" doc:"many: ?name= chooses the seat."`
		LifetimeS     int    `json:"lifetime_s,omitempty" minimum:"60" maximum:"31622400" default:"86400"`
	}
}

type tokenOutput struct {
	Body issuedToken
}

type issuedToken struct {
	Token   string    `json:"token"`
	Expires time.Time `json:"expires"`
}

type invitationInput struct {
	Body struct {
		Invitation string `json:"invitation" maxLength:"8192"`
	}
}

// JoinMeeting is what the holder of an invitation may know of its meeting.
type JoinMeeting struct {
	ID       string    `json:"id"`
	Subject  string    `json:"subject"`
	Start    time.Time `json:"start"`
	End      time.Time `json:"end,omitzero"`
	State    string    `json:"state" enum:"draft,submitted,returned,approved,issued,held,concluded,postponed,cancelled"`
	Speaking string    `json:"speaking" enum:"open,floor"`
	Chair    string    `json:"chair"`
	Admits   bool      `json:"admits" doc:"Whether people may enter now."`
	OpensAt  time.Time `json:"opens_at" doc:"From when people may enter."`
}

type invitationOutput struct {
	Body struct {
		Meeting    JoinMeeting `json:"meeting"`
		Name       string      `json:"name"`
		Unit       string      `json:"unit,omitempty"`
		Role       string      `json:"role"`
		ServerTime time.Time   `json:"server_time"`
	}
}

type ticketOutput struct {
	Body struct {
		Ticket     string `json:"ticket" doc:"For one WebSocket, as the sub-protocol ticket.<ticket>."`
		ExpiresInS int    `json:"expires_in_s"`
	}
}

func (s *server) registerCredentials(h huma.API) {
	invite := s.operation("invite", http.MethodPost, "/meetings/{id}/invitations", "Make an invitation link", false)
	s.guardAnywhere(&invite, rights.RunMeeting)
	invite.DefaultStatus = http.StatusCreated
	register(s, h, invite, s.invite)
	token := s.operation("make-token", http.MethodPost, "/meetings/{id}/tokens", "Make a bearer token for WHIP, WHEP and scripts", false)
	s.guardAnywhere(&token, rights.RunMeeting)
	token.DefaultStatus = http.StatusCreated
	register(s, h, token, s.makeToken)
	register(s, h, s.operation("read-invitation", http.MethodPost, "/invitation", "Read an invitation", false), s.readInvitation)
	ticket := s.operation("make-ticket", http.MethodPost, "/tickets", "Trade an invitation for a single-use ticket", false)
	ticket.DefaultStatus = http.StatusCreated
	register(s, h, ticket, s.makeTicket)
}

// runs reads a meeting whose links whoever asks may make.
func (s *server) runs(ctx context.Context, id string) (calendar.Meeting, error) {
	m, err := s.visible(ctx, id)
	if err == nil {
		err = s.mayIn(ctx, rights.RunMeeting, m.PreparingUnit)
	}
	return m, err
}

func (s *server) invite(ctx context.Context, in *inviteInput) (*inviteOutput, error) {
	m, err := s.runs(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	expires := s.invitationExpiry(m)
	token, err := s.Access.Invite(in.Body.claims(m, expires))
	if err != nil {
		return nil, err
	}
	b := in.Body
	made, err := s.issue(ctx, m, in.IdempotencyKey, issuedToken{token, expires}, calendar.Issued{
		Kind: "invitation", Name: b.Name, Unit: b.Unit, ShortName: b.ShortName, Role: meeting.Role(b.Role), ProtocolOrder: b.ProtocolOrder,
	})
	if err != nil {
		return nil, err
	}
	var out inviteOutput
	out.Body.Token, out.Body.Path, out.Body.Expires = made.Token, "/join#"+made.Token, made.Expires
	return &out, nil
}

func (s *server) makeToken(ctx context.Context, in *tokenInput) (*tokenOutput, error) {
	m, err := s.runs(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	claims := Seat{Name: b.Name, Unit: b.Unit, Role: b.Role, ProtocolOrder: b.ProtocolOrder}.claims(m, s.now().Add(time.Duration(b.LifetimeS)*time.Second))
	claims.Many = b.Seats == "many"
	token, err := s.Access.Bearer(claims)
	if err != nil {
		return nil, err
	}
	made, err := s.issue(ctx, m, in.IdempotencyKey, issuedToken{token, claims.Expires}, calendar.Issued{
		Kind: "token", Name: b.Name, Unit: b.Unit, Role: claims.Role, ProtocolOrder: b.ProtocolOrder, Many: claims.Many, LifetimeS: b.LifetimeS,
	})
	if err != nil {
		return nil, err
	}
	return &tokenOutput{Body: made}, nil
}

// issue notes in the journal who was given a credential. A repeated request gets the credential of the first.
func (s *server) issue(ctx context.Context, m calendar.Meeting, key string, made issuedToken, i calendar.Issued) (issuedToken, error) {
	answer, err := json.Marshal(made)
	if err != nil {
		return made, err
	}
	first, err := s.Calendar.Issue(ctx, m, i, string(answer), changeBy(actor(ctx), key))
	if err != nil {
		return made, err
	}
	return made, json.Unmarshal([]byte(first), &made)
}

// invited checks an invitation. One to a meeting that does not exist answers as one that was never made.
func (s *server) invited(ctx context.Context, token string) (access.Claims, calendar.Meeting, error) {
	claims, err := s.Access.Invitation(token)
	if err != nil {
		return claims, calendar.Meeting{}, err
	}
	m, err := s.Calendar.Get(ctx, claims.Meeting)
	if errors.Is(err, calendar.ErrNotFound) {
		return claims, m, access.ErrInvalid
	}
	return claims, m, err
}

func (s *server) readInvitation(ctx context.Context, in *invitationInput) (*invitationOutput, error) {
	claims, m, err := s.invited(ctx, in.Body.Invitation)
	if err != nil {
		return nil, err
	}
	now, settings := s.now(), s.Calendar.Settings()
	var out invitationOutput
	out.Body.Meeting = JoinMeeting{
		ID: m.ID, Subject: m.Subject, Start: m.Start, End: m.End, State: string(m.State), Speaking: string(m.Speaking), Chair: m.Chair.Name, Admits: settings.Admits(m, now),
		OpensAt: settings.OpensAt(m),
	}
	out.Body.Name, out.Body.Unit, out.Body.Role, out.Body.ServerTime = claims.Name, claims.Unit, string(claims.Role), now.UTC()
	return &out, nil
}

func (s *server) makeTicket(ctx context.Context, in *invitationInput) (*ticketOutput, error) {
	claims, m, err := s.invited(ctx, in.Body.Invitation)
	if err != nil {
		return nil, err
	}
	if err := s.admits(m); err != nil {
		return nil, err
	}
	ticket, err := s.Access.IssueTicket(ctx, claims)
	if err != nil {
		return nil, err
	}
	var out ticketOutput
	out.Body.Ticket, out.Body.ExpiresInS = ticket, int(access.TicketLifetime.Seconds())
	return &out, nil
}

// admits refuses a meeting that nobody may enter now.
func (s *server) admits(m calendar.Meeting) error {
	now := s.now()
	switch {
	case s.Calendar.Settings().Admits(m, now):
		return nil
	case m.State == calendar.StateIssued && now.Before(m.Start):
		return problem(http.StatusConflict, "meeting_not_open", "")
	}
	return problem(http.StatusConflict, "meeting_closed", "")
}
