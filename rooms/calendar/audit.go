package calendar

import (
	"strings"
	"time"

	"diemcau/rooms/audit"
)

// AuditPart is the journal as a part of the audit log: what is done to meetings is written once.
var AuditPart = audit.Part{Key: keyJournal, Read: audited}

// longestAudited bounds what the audit log says of a change, in bytes; the meeting's history says all.
const longestAudited = 500

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
	var from, to []string
	if e.Reason != "" {
		to = append(to, "reason: "+e.Reason)
	}
	for _, d := range e.Changes {
		if d.Before != "" {
			from = append(from, d.Field+": "+localMoment(d.Before))
		}
		if d.After != "" {
			to = append(to, d.Field+": "+localMoment(d.After))
		}
	}
	for _, other := range e.Others {
		to = append(to, other.Subject)
	}
	if i := e.Issued; i != nil {
		to = append(to, joined(i.Kind, string(i.Role), i.Name, i.Unit))
	}
	out.From, out.To = shortened(strings.Join(from, "; "), longestAudited), shortened(strings.Join(to, "; "), longestAudited)
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
