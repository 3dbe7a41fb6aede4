package calendar

import (
	"fmt"
	"slices"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/meeting"
)

// Codes of a FieldError.
const (
	CodeRequired     = "required"
	CodeBadName      = "bad_name"
	CodeEndNotAfter  = "end_not_after_start"
	CodeTooLong      = "too_long" // over MaxDuration
	CodePast         = "past"
	CodeTooFar       = "too_far"
	CodeUnknownValue = "unknown_value"
	CodeSecret       = "state_secret" // the system does not serve meetings with state secrets
	CodeLimit        = "limit"
	CodeRepeated     = "repeated" // stands there twice
)

// Limits of a plan.
const (
	MaxDuration = 24 * time.Hour
	MaxSites    = 1000
	// farthest is how far ahead a meeting can be planned: years typed wrong are the usual reason to go beyond.
	farthest = 10 * 366 * 24 * time.Hour
)

// secretMarks are the marks of the Law on Protection of State Secrets.
var secretMarks = []string{"mat", "toi_mat", "tuyet_mat"}

// check returns the plan in its normal form (names in NFC, times in UTC), or a FieldError.
func (p Plan) check(now time.Time, fresh bool) (Plan, error) {
	var err error
	if p.Subject, err = name("subject", p.Subject, true); err != nil {
		return p, err
	}
	if err := p.checkTimes(now, fresh); err != nil {
		return p, err
	}
	p.Start, p.End = p.Start.UTC().Truncate(time.Millisecond), p.End.UTC().Truncate(time.Millisecond)
	if !p.Speaking.Valid() {
		return p, &FieldError{"speaking", CodeUnknownValue}
	}
	switch {
	case slices.Contains(secretMarks, p.Secrecy):
		return p, &FieldError{"secrecy", CodeSecret}
	case p.Secrecy != "" && p.Secrecy != "none":
		return p, &FieldError{"secrecy", CodeUnknownValue}
	}
	p.Secrecy = ""
	if p.Chair, err = p.Chair.check("chair", true); err != nil {
		return p, err
	}
	if p.Secretary, err = p.Secretary.check("secretary", false); err != nil {
		return p, err
	}
	if len(p.Sites) > MaxSites {
		return p, &FieldError{"sites", CodeLimit}
	}
	if p.Resources, err = checkResources(p.Resources); err != nil {
		return p, err
	}
	p.Sites = slices.Clone(p.Sites)
	for i := range p.Sites {
		s, field := &p.Sites[i], fmt.Sprintf("sites[%d]", i)
		if s.Name, err = name(field+".name", s.Name, true); err != nil {
			return p, err
		}
		if s.Unit, err = name(field+".unit", s.Unit, false); err != nil {
			return p, err
		}
		if s.ShortName, err = name(field+".short_name", s.ShortName, false); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (p Plan) checkTimes(now time.Time, fresh bool) error {
	switch {
	case p.Start.IsZero():
		return &FieldError{"start", CodeRequired}
	case p.AlwaysOn && p.End.IsZero():
		return nil
	case p.End.IsZero():
		return &FieldError{"end", CodeRequired}
	case !p.End.After(p.Start):
		return &FieldError{"end", CodeEndNotAfter}
	case p.End.Sub(p.Start) > MaxDuration:
		return &FieldError{"end", CodeTooLong}
	case fresh && !p.End.After(now):
		return &FieldError{"end", CodePast}
	case p.Start.Sub(now) > farthest:
		return &FieldError{"start", CodeTooFar}
	}
	return nil
}

func (p Person) check(field string, required bool) (Person, error) {
	var err error
	if p.Name, err = name(field+".name", p.Name, required); err != nil {
		return p, err
	}
	p.Unit, err = name(field+".unit", p.Unit, false)
	return p, err
}

func name(field, s string, required bool) (string, error) {
	if s == "" {
		if required {
			return "", &FieldError{field, CodeRequired}
		}
		return "", nil
	}
	nfc, err := access.CheckName(s)
	if err != nil {
		return "", &FieldError{field, CodeBadName}
	}
	return nfc, nil
}

// Opening is what a live meeting takes over from the plan.
func (p Plan) Opening() *meeting.Opening {
	return &meeting.Opening{Speaking: p.Speaking, AlwaysOn: p.AlwaysOn}
}
