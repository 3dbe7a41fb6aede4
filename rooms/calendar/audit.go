package calendar

import (
	"strings"
	"time"

	"diemcau/rooms/audit"
)

// AuditPart is the journal as a part of the audit log: what is done to meetings is written once.
var AuditPart = audit.Part{Key: keyJournal, Read: audited}

// longestAudited bounds what the audit log says of a field, in bytes; the meeting's history says all.
const longestAudited = 200

// audited reads an entry of the journal as one of the audit log, as meeting.approved.
func audited(fields map[string]any) (audit.Entry, error) {
	e, err := readEntry(fields)
	if err != nil {
		return audit.Entry{}, err
	}
	id, _ := fields["meeting"].(string)
	out := audit.Entry{
		Actor:  audit.Actor{ID: e.Actor, Login: e.Login, Name: e.ActorName, Address: e.Address},
		Action: "meeting." + e.Action, Object: id, Name: e.Subject, Result: audit.Done,
	}
	add := func(field, from, to string) {
		if from != "" || to != "" {
			out.Changes = append(out.Changes, audit.Change{Field: field, From: shortened(from, longestAudited), To: shortened(to, longestAudited)})
		}
	}
	add("reason", "", e.Reason)
	for _, d := range e.Changes {
		add(d.Field, localMoment(d.Before), localMoment(d.After))
	}
	if i := e.Issued; i != nil {
		add(i.Kind, "", joined(i.Name, i.Unit))
		add("role", "", string(i.Role))
	}
	var others []string
	for _, other := range e.Others {
		others = append(others, other.Subject)
	}
	add("meetings", "", strings.Join(others, "; "))
	return out, nil
}

// localMoment writes a moment of the journal as people read it, and anything else as it is.
func localMoment(s string) string {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return at.In(Zone).Format("02/01/2006 15:04")
}
