package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/rights"
)

type joinOutput struct {
	Body struct {
		Invitation string `json:"invitation" doc:"What /join takes."`
	}
}

func (s *server) registerJoin(h huma.API) {
	join := s.operation("join-meeting", http.MethodPost, "/meetings/{id}/join", "An invitation for whoever is signed in and invited", false)
	join.Errors = append(join.Errors, http.StatusConflict)
	s.guardAnywhere(&join, rights.Join)
	register(s, h, join, s.joinMeeting)
}

// seatIn is the place of an account's holder in a meeting: as who presides or assists, as who is invited in person, as his unit, or as who may run it.
// It tells whether there is one.
func seatIn(m calendar.Meeting, a accounts.Account, runs bool) (access.Claims, bool) {
	own := func(person string) bool { return person != "" && person == a.Person }
	as := func(role meeting.Role, name, unit string) (access.Claims, bool) {
		return access.Claims{Role: role, Name: name, Unit: unit}, true
	}
	if own(m.Chair.ID) {
		return as(meeting.RoleChair, m.Chair.Name, m.Chair.Unit)
	}
	for _, p := range m.CoChairs {
		if own(p.ID) {
			return as(meeting.RoleCoChair, p.Name, p.Unit)
		}
	}
	if own(m.Secretary.ID) {
		return as(meeting.RoleSecretary, m.Secretary.Name, m.Secretary.Unit)
	}
	for _, d := range m.Delegates {
		if own(d.Person) || d.Person == "" && d.UnitID != "" && d.UnitID == a.Unit {
			return as(meeting.RoleDelegate, d.Name, d.Unit)
		}
	}
	for _, site := range m.Sites {
		if site.UnitID != "" && site.UnitID == a.Unit {
			return access.Claims{Role: meeting.RoleSite, Name: site.Name, Unit: site.Unit, ShortName: site.ShortName, ProtocolOrder: site.ProtocolOrder}, true
		}
	}
	if runs {
		return as(meeting.RoleSecretary, a.Name, "")
	}
	return access.Claims{}, false
}

func (s *server) joinMeeting(ctx context.Context, in *idInput) (*joinOutput, error) {
	account, err := self(ctx)
	if err != nil {
		return nil, err
	}
	m, err := s.visible(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who, err := s.asker(ctx)
	if err != nil {
		return nil, err
	}
	c, ok := who.seat(m)
	if !ok {
		return nil, problem(http.StatusForbidden, "not_invited", "")
	}
	if err := s.admits(m); err != nil {
		return nil, err
	}
	if c.ProtocolOrder == 0 && account.Person != "" {
		known, err := s.Directory.Snapshot(ctx)
		if err != nil {
			return nil, err
		}
		person, _ := known.Person(account.Person)
		c.ProtocolOrder = person.ProtocolOrder
	}
	c.Meeting, c.Seat, c.Expires = m.ID, "account."+account.ID, s.invitationExpiry(m)
	out := &joinOutput{}
	if out.Body.Invitation, err = s.Access.Invite(c); err != nil {
		return nil, err
	}
	_, err = s.Calendar.Issue(ctx, m, calendar.Issued{
		Kind: "account", Name: c.Name, Unit: c.Unit, ShortName: c.ShortName, Role: c.Role, ProtocolOrder: c.ProtocolOrder,
	}, "", changeBy(actor(ctx), ""))
	return out, err
}
