package api

import (
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"diemcau/rooms/audit"
	"diemcau/rooms/papers"
	"diemcau/rooms/rights"
)

const (
	// slowest is how slow a link may be, in bytes per second, before an upload or a download is given up.
	slowest     = 64 << 10
	paperWait   = 30 * time.Second // beside the time for the bytes
	uploadGrace = 2 * time.Minute  // to check a file, write it and record it
)

func transferTime(size int64) time.Duration {
	return paperWait + time.Duration(size/slowest)*time.Second
}

// PaperVersion is one content of a paper.
type PaperVersion struct {
	Version    int64     `json:"version"`
	Name       string    `json:"name"`
	Type       string    `json:"type" doc:"Media type, found by the content."`
	Size       int64     `json:"size" doc:"Bytes."`
	Uploaded   time.Time `json:"uploaded"`
	UploadedBy string    `json:"uploaded_by"`
}

// Paper is a paper of a meeting: its newest version, and all there are.
type Paper struct {
	ID       string `json:"id"`
	Revision int64  `json:"revision" doc:"Its ETag without quotation marks: grows with each change, of the content or of the readers."`
	PaperVersion
	Readers  string         `json:"readers" enum:"all,invited,leaders" doc:"Who may read it, among those who may read papers: all, who takes part in the meeting, leaders of the unit that prepares it and of those above. Whoever manages papers reads all."`
	Versions []PaperVersion `json:"versions" doc:"The oldest first."`
}

type paperOutput struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     Paper
}

type papersOutput struct {
	Body struct {
		Papers  []Paper `json:"papers"`
		Manages bool    `json:"manages" doc:"Whether whoever asks may upload and change papers of this meeting."`
	}
}

// upload is a body that is read as it comes.
type upload struct {
	body  io.Reader
	size  int64 // -1 where it is not announced
	limit func(time.Duration)
}

// Resolve implements huma.Resolver.
func (u *upload) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	u.body, u.size = r.Body, r.ContentLength
	connection := http.NewResponseController(w)
	u.limit = func(d time.Duration) { // what a connection cannot be told, the context bounds
		_ = connection.SetReadDeadline(time.Now().Add(d))
		_ = connection.SetWriteDeadline(time.Now().Add(d + uploadGrace))
	}
	return nil
}

type uploadInput struct {
	OnceHeader
	upload
	ID      string `path:"id" maxLength:"64"`
	Name    string `query:"name" maxLength:"256" required:"true" doc:"Name of the file; its ending must be that of its type."`
	Readers string `query:"readers" enum:"all,invited,leaders" default:"all"`
}

type replaceInput struct {
	OnceHeader
	upload
	ID      string `path:"id" maxLength:"64"`
	Paper   string `path:"paper" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag of the paper that the new version follows."`
	Name    string `query:"name" maxLength:"256" doc:"Name of the file, if it is another."`
	Readers string `query:"readers" enum:"all,invited,leaders" doc:"Who may read it, if that changes."`
}

type paperInput struct {
	ID      string `path:"id" maxLength:"64"`
	Paper   string `path:"paper" maxLength:"64"`
	Version int64  `query:"version" minimum:"0" doc:"The newest where it is left out."`
}

type readersInput struct {
	ID      string `path:"id" maxLength:"64"`
	Paper   string `path:"paper" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the change is based on."`
	Body    struct {
		Readers string `json:"readers" enum:"all,invited,leaders"`
	}
}

type removePaperInput struct {
	ID      string `path:"id" maxLength:"64"`
	Paper   string `path:"paper" maxLength:"64"`
	IfMatch string `header:"If-Match" doc:"The ETag that the removal is based on."`
}

func (s *server) registerPapers(h huma.API) {
	file := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	refusals := []int{http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusInsufficientStorage}
	longest := transferTime(s.Papers.Largest) + uploadGrace

	add := s.operation("upload-paper", http.MethodPost, "/meetings/{id}/papers", "Upload a paper of a meeting: the body is the file", false)
	add.DefaultStatus, add.RequestBody, add.Errors = http.StatusCreated, file, append(add.Errors, refusals...)
	s.guardAnywhere(&add, rights.ManagePapers)
	registerWithin(s, h, add, longest, func(ctx context.Context, in *uploadInput) (*paperOutput, error) {
		return s.putPaper(ctx, in.upload, papers.Upload{Meeting: in.ID, Name: in.Name, Readers: papers.Readers(in.Readers), IdempotencyKey: in.IdempotencyKey})
	})
	replace := s.operation("replace-paper", http.MethodPost, "/meetings/{id}/papers/{paper}", "Upload a new version of a paper: the body is the file", false)
	replace.DefaultStatus, replace.RequestBody, replace.Errors = http.StatusCreated, file, append(replace.Errors, append(refusals, http.StatusPreconditionFailed)...)
	s.guardAnywhere(&replace, rights.ManagePapers)
	registerWithin(s, h, replace, longest, func(ctx context.Context, in *replaceInput) (*paperOutput, error) {
		v, err := version(in.IfMatch, papers.ErrStaleVersion)
		if err != nil {
			return nil, err
		}
		return s.putPaper(ctx, in.upload, papers.Upload{
			Meeting: in.ID, Paper: in.Paper, Revision: v, Name: in.Name, Readers: papers.Readers(in.Readers), IdempotencyKey: in.IdempotencyKey,
		})
	})
	list := s.operation("list-papers", http.MethodGet, "/meetings/{id}/papers", "List the papers of a meeting that one may read", false)
	s.guardAnywhere(&list, rights.ReadPapers)
	register(s, h, list, s.listPapers)
	read := s.operation("read-paper", http.MethodGet, "/meetings/{id}/papers/{paper}", "Download a paper", false)
	read.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: file.Content}}
	s.guardAnywhere(&read, rights.ReadPapers)
	registerWithin(s, h, read, answerOfStorage, s.readPaper)
	readers := s.operation("change-readers", http.MethodPut, "/meetings/{id}/papers/{paper}/readers", "Change who may read a paper", false)
	readers.Errors = append(readers.Errors, http.StatusPreconditionFailed)
	s.guardAnywhere(&readers, rights.ManagePapers)
	register(s, h, readers, func(ctx context.Context, in *readersInput) (*paperOutput, error) {
		v, err := version(in.IfMatch, papers.ErrStaleVersion)
		if err != nil {
			return nil, err
		}
		if err := s.managesPapers(ctx, in.ID); err != nil {
			return nil, err
		}
		p, err := s.Papers.SetReaders(ctx, in.ID, in.Paper, papers.Readers(in.Body.Readers), v, actor(ctx))
		if err != nil {
			return nil, err
		}
		return paperAnswer(p), nil
	})
	remove := s.operation("remove-paper", http.MethodDelete, "/meetings/{id}/papers/{paper}", "Remove a paper with all its versions", false)
	remove.Errors = append(remove.Errors, http.StatusPreconditionFailed)
	s.guardAnywhere(&remove, rights.ManagePapers)
	register(s, h, remove, func(ctx context.Context, in *removePaperInput) (*struct{}, error) {
		v, err := version(in.IfMatch, papers.ErrStaleVersion)
		if err != nil {
			return nil, err
		}
		if err := s.managesPapers(ctx, in.ID); err != nil {
			return nil, err
		}
		return nil, s.Papers.Remove(ctx, in.ID, in.Paper, v, actor(ctx))
	})
}

// putPaper takes a file for a meeting that there is. Only the deadline of the connection bounds the reading; each step of the store has one
// of its own.
func (s *server) putPaper(ctx context.Context, body upload, u papers.Upload) (*paperOutput, error) {
	asking, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	if err := s.managesPapers(asking, u.Meeting); err != nil {
		return nil, err
	}
	u.Actor, u.Size = actor(ctx), body.size
	if u.Size < 0 || u.Size > s.Papers.Largest {
		body.limit(transferTime(s.Papers.Largest))
	} else {
		body.limit(transferTime(u.Size))
	}
	p, err := s.Papers.Put(ctx, u, body.body)
	if err != nil {
		return nil, err
	}
	return paperAnswer(p), nil
}

func paperAnswer(p papers.Paper) *paperOutput {
	return &paperOutput{ETag: etag(p.Revision), Location: fmt.Sprintf("%s/meetings/%s/papers/%s", prefix, p.Meeting, p.ID), Body: paperBody(p)}
}

func paperBody(p papers.Paper) Paper {
	out := Paper{ID: p.ID, Revision: p.Revision, Readers: string(p.Readers)}
	for _, v := range p.Versions {
		out.Versions = append(out.Versions, PaperVersion{v.Version, v.Name, v.Type, v.Size, v.Uploaded, v.UploadedBy})
	}
	out.PaperVersion = out.Versions[len(out.Versions)-1]
	return out
}

// managesPapers refuses who may not manage the papers of a meeting: that is asked for in the unit that prepares it.
func (s *server) managesPapers(ctx context.Context, meeting string) error {
	m, err := s.visible(ctx, meeting)
	if err != nil {
		return err
	}
	return s.mayIn(ctx, rights.ManagePapers, m.PreparingUnit)
}

// reader is what somebody is to the papers of a meeting. It returns calendar.ErrNotFound.
func (s *server) reader(ctx context.Context, meeting string) (papers.Reader, error) {
	m, err := s.visible(ctx, meeting)
	if err != nil {
		return papers.Reader{}, err
	}
	who, err := s.asker(ctx)
	if err != nil {
		return papers.Reader{}, err
	}
	return papers.Reader{
		Manages: who.may(rights.ManagePapers, m.PreparingUnit), Leader: who.leads(m.PreparingUnit), Invited: m.Involves(who.account.Person, who.account.Unit),
	}, nil
}

func (s *server) listPapers(ctx context.Context, in *idInput) (*papersOutput, error) {
	who, err := s.reader(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.Papers.List(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var out papersOutput
	out.Body.Papers, out.Body.Manages = []Paper{}, who.Manages
	for _, p := range all {
		if p.Readers.May(who) {
			out.Body.Papers = append(out.Body.Papers, paperBody(p))
		}
	}
	return &out, nil
}

// answerOfStorage bounds the beginning of a download, not its length.
const answerOfStorage = 5 * time.Second

// readPaper answers as one that does not exist for a paper that one may not read.
func (s *server) readPaper(ctx context.Context, in *paperInput) (*huma.StreamResponse, error) {
	asking, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	who, err := s.reader(asking, in.ID)
	if err != nil {
		return nil, err
	}
	p, err := s.Papers.Get(asking, in.ID, in.Paper)
	if err != nil {
		return nil, err
	}
	if !p.Readers.May(who) {
		return nil, papers.ErrNotFound
	}
	v, err := p.Find(in.Version)
	if err != nil {
		return nil, err
	}
	entry := audit.Entry{Actor: actor(ctx), Action: "paper.read", Object: p.ID, Name: v.Name, To: fmt.Sprintf("%s v%d", in.ID, v.Version)}
	if err := s.Audit.Append(asking, papers.Tag, entry); err != nil {
		return nil, err
	}
	// Not by ctx: a content in a bucket is read under the context that it was opened with.
	content, err := s.Papers.Open(context.WithoutCancel(ctx), v)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer func() { _ = content.Close() }()
		r, w := humago.Unwrap(h)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(transferTime(v.Size))) // a connection without deadlines
		header := w.Header()
		header.Set("Content-Type", v.Type)
		header.Set("Content-Disposition", attachment(v.Name))
		header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("ETag", `"`+v.SHA256+`"`)
		http.ServeContent(w, r, "", v.Uploaded, content)
	}}, nil
}

// attachment names a file for a browser to save, not to show: in full, and without diacritics for programs that know no more.
func attachment(name string) string {
	ascii := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return '_'
		}
		return r
	}, name)
	full := mime.FormatMediaType("attachment", map[string]string{"filename": name})
	if ascii == name {
		return full
	}
	return fmt.Sprintf(`attachment; filename="%s"; %s`, ascii, strings.TrimPrefix(full, "attachment; "))
}
