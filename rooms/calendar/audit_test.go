package calendar

import (
	"strings"
	"testing"

	"diemcau/rooms/audit"
)

// What is done to meetings is in the audit log: who did what from where, and what became of it.
func TestWhatIsDoneToMeetingsIsInTheAuditLog(t *testing.T) {
	c, s := newCalendar(t)
	lan := Change{Actor: "1", Name: "Chuyên viên Đỗ Thị Lan", Login: "lan", Address: "10.1.0.7"}
	day := newThursday()
	m9, err := c.Draft(t.Context(), day.m9, lan)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []Action{ActSubmit, ActApprove} {
		if _, err := c.Act(t.Context(), m9.ID, a, Request{}, lan); err != nil {
			t.Fatal(err)
		}
	}
	urgent := lan
	urgent.PreEmpt = true
	m8, err := c.Create(t.Context(), day.m8, urgent)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Act(t.Context(), m9.ID, ActReschedule, Request{Reason: "Nhường phòng", Start: at(8, 14, 0), End: at(8, 16, 0)}, lan); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Issue(t.Context(), m8, Issued{Kind: "invitation", Name: "Sở Y tế", Role: "site"}, "", lan); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Issue(t.Context(), m8, Issued{Kind: "account", Name: "Lan", Role: "site"}, "", lan); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), day.m8, lan); err == nil {
		t.Fatal("a double booking")
	}
	log := audit.New(s, AuditPart)
	page, err := log.Search(t.Context(), audit.Query{Limit: 50})
	if err != nil || page.Next != "" {
		t.Fatal(page.Next, err)
	}
	var told []string
	for _, e := range page.Entries {
		one := e.Action + "|" + e.Name
		for _, d := range e.Changes {
			one += "|" + d.Field + ": " + d.From + " > " + d.To
		}
		told = append(told, one)
		if want := (audit.Actor{ID: "1", Login: "lan", Name: "Chuyên viên Đỗ Thị Lan", Address: "10.1.0.7"}); e.Actor != want || e.Result != audit.Done {
			t.Errorf("%+v", e)
		}
		if id := map[string]string{day.m8.Subject: m8.ID, day.m9.Subject: m9.ID}[e.Name]; e.Object != id {
			t.Errorf("%s is of %s", e.Name, e.Object)
		}
	}
	if got, want := strings.Join(told, "\n"), strings.Join([]string{
		"meeting.entered|Ứng phó bão|account:  > Lan|role:  > site",
		"meeting.invited|Ứng phó bão|invitation:  > Sở Y tế|role:  > site",
		"meeting.rescheduled|Công tác y tế|reason:  > Nhường phòng" +
			"|start: " + localMoment(moment(day.m9.Start)) + " > " + localMoment(moment(at(8, 14, 0))) +
			"|end: " + localMoment(moment(day.m9.End)) + " > " + localMoment(moment(at(8, 16, 0))),
		"meeting.displaced|Công tác y tế|resources: hall:P1 > |meetings:  > Ứng phó bão",
		"meeting.created|Ứng phó bão|meetings:  > Công tác y tế",
		"meeting.approved|Công tác y tế", "meeting.submitted|Công tác y tế", "meeting.created|Công tác y tế",
	}, "\n"); got != want {
		t.Errorf("%s\n\nnot\n%s", got, want)
	}
	for name, q := range map[string]audit.Query{
		"by words of a change":    {Text: "nhuong PHONG", Action: "meeting.rescheduled"},
		"by words of the subject": {Text: "cong tac Y TE", Action: "meeting.approved"}, "by login": {Actor: "lan", Action: "meeting.displaced"}, "by id": {Text: m8.ID, Action: "meeting.invited"},
	} {
		q.Limit = 50
		if page, err := log.Search(t.Context(), q); err != nil || len(page.Entries) != 1 || page.Entries[0].Action != q.Action {
			t.Errorf("%s: %+v %v", name, page, err)
		}
	}
}

// Entries that were written before they told of the subject are there by their id.
func TestEntriesOfOldInTheAuditLog(t *testing.T) {
	e, err := audited(map[string]any{"meeting": "m", "entry": `{"action":"ended","actor":"server","at":"2026-02-05T01:00:00Z"}`})
	if err != nil || e.Action != "meeting.concluded" || e.Object != "m" || e.Name != "" || e.Actor != (audit.Actor{ID: "server"}) {
		t.Errorf("%+v %v", e, err)
	}
}
