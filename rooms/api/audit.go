package api

import (
	"bytes"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/accounts"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/rights"
)

const (
	// mostExported bounds the entries of one file; a narrower time gives the rest.
	mostExported   = 50_000
	exportDeadline = 20 * time.Second
)

// AuditQuery says which entries of the log are wanted.
type AuditQuery struct {
	From   time.Time `query:"from" doc:"Entries of this time or later."`
	To     time.Time `query:"to" doc:"Entries before this time."`
	Actor  string    `query:"actor" maxLength:"256" doc:"Id or login name of an account."`
	Action string    `query:"action" maxLength:"100" doc:"The action, or with a point at its end all that begin so." example:"account."`
	Text   string    `query:"text" maxLength:"256" doc:"Words anywhere in the entry; without regard to case and diacritics."`
}

func (q AuditQuery) query() audit.Query {
	return audit.Query{From: q.From, To: q.To, Actor: q.Actor, Action: q.Action, Text: q.Text}
}

type auditInput struct {
	AuditQuery
	After string `query:"after" maxLength:"64" doc:"The field next of the page before."`
	Limit int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}

type auditOutput struct {
	Body struct {
		Entries []audit.Entry `json:"entries"`
		Next    string        `json:"next,omitempty" doc:"Where the next page begins; a page can be short and have one."`
	}
}

type fileOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

func (s *server) registerAudit(h huma.API) {
	search := s.operation("search-audit", http.MethodGet, "/audit", "Search the audit log, newest first", false)
	s.guard(&search, rights.ReadAudit)
	register(s, h, search, func(ctx context.Context, in *auditInput) (*auditOutput, error) {
		q := in.query()
		q.After, q.Limit = in.After, in.Limit
		page, err := s.Audit.Search(ctx, q)
		var out auditOutput
		out.Body.Entries, out.Body.Next = page.Entries, page.Next
		return &out, err
	})
	export := s.operation("export-audit", http.MethodGet, "/audit.csv", "The audit log as CSV for spreadsheets", false)
	s.guard(&export, rights.ReadAudit, rights.Export)
	registerWithin(s, h, export, exportDeadline, func(ctx context.Context, in *AuditQuery) (*fileOutput, error) {
		var file bytes.Buffer
		if err := s.Audit.WriteCSV(ctx, &file, in.query(), calendar.Zone, mostExported); err != nil {
			return nil, err
		}
		if err := s.Audit.Append(ctx, accounts.Tag, audit.Entry{Actor: actor(ctx), Action: "audit.exported"}); err != nil {
			return nil, err
		}
		return &fileOutput{
			ContentType: "text/csv; charset=utf-8", ContentDisposition: `attachment; filename="nhat-ky-` + s.now().In(calendar.Zone).Format("20060102-1504") + `.csv"`, Body: file.Bytes(),
		}, nil
	})
}
