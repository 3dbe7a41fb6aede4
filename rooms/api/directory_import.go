package api

import (
	"bytes"
	"context"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/rights"
)

const (
	typeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	typeCSV  = "text/csv"
	// importDeadline is for reading a file, which takes longer than asking the store.
	importDeadline = 20 * time.Second
	// mostFaults are those that are told; the counts tell how many there are.
	mostFaults = 1000
)

type importInput struct {
	ContentType string `header:"Content-Type"`
	Kind        string `query:"kind" enum:"levels,units,people,halls,groups,terminals" doc:"What is in a CSV file."`
	RawBody     []byte
}

// ImportChange is what one row of a file does.
type ImportChange struct {
	Sheet  string        `json:"sheet,omitempty"`
	Row    int           `json:"row" doc:"From 1, as spreadsheets count."`
	Kind   string        `json:"kind" enum:"level,unit,person,hall,group,terminal"`
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Action string        `json:"action" enum:"create,change,same"`
	Fields []ImportField `json:"fields" doc:"That differ."`
}

// ImportField is what a field was and what it is to be.
type ImportField struct {
	Field  string `json:"field"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// ImportFault is something wrong in one place of a file.
type ImportFault struct {
	Sheet    string `json:"sheet,omitempty"`
	Row      int    `json:"row,omitempty" doc:"From 1; none when it is about the file or a sheet."`
	Column   string `json:"column,omitempty" doc:"Heading of the column."`
	Code     string `json:"code"`
	Detail   string `json:"detail" doc:"What is wrong, in Vietnamese."`
	DetailEn string `json:"detail_en" doc:"What is wrong, in English."`
}

// ImportCounts are numbers of rows, and of faults.
type ImportCounts struct {
	Create int `json:"create"`
	Change int `json:"change"`
	Same   int `json:"same"`
	Faults int `json:"faults"`
}

type importOutput struct {
	Body struct {
		ID      string         `json:"id"`
		Expires time.Time      `json:"expires" doc:"Until when it can be applied."`
		Changes []ImportChange `json:"changes"`
		Faults  []ImportFault  `json:"faults" doc:"Up to 1000; the counts tell of all."`
		Counts  ImportCounts   `json:"counts"`
	}
}

type applyOutput struct {
	Body struct {
		Counts ImportCounts `json:"counts"`
	}
}

type exportInput struct {
	Format string `query:"format" enum:"xlsx,csv" default:"xlsx"`
	Kind   string `query:"kind" enum:"levels,units,people,halls,groups,terminals" doc:"What a CSV file is to hold."`
}

func (s *server) registerImports(h huma.API) {
	file := map[string]*huma.MediaType{}
	for _, t := range []string{typeXLSX, typeCSV} {
		file[t] = &huma.MediaType{Schema: &huma.Schema{Type: "string", Format: "binary"}}
	}
	preview := s.operation("preview-import", http.MethodPost, "/directory/imports", "See what a file would change: the body is the file", false)
	preview.DefaultStatus, preview.MaxBodyBytes, preview.RequestBody = http.StatusCreated, directory.MaxFile, &huma.RequestBody{Required: true, Content: file}
	preview.Errors = append(preview.Errors, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	s.guard(&preview, rights.ManageDirectory)
	registerWithin(s, h, preview, importDeadline, s.previewImport)
	apply := s.operation("apply-import", http.MethodPost, "/directory/imports/{id}/apply", "Make the changes of a file, all or none", false)
	apply.Errors = append(apply.Errors, http.StatusConflict)
	s.guard(&apply, rights.ManageDirectory)
	register(s, h, apply, func(ctx context.Context, in *idInput) (*applyOutput, error) {
		counts, err := s.Directory.Apply(ctx, in.ID, actor(ctx))
		var out applyOutput
		out.Body.Counts = ImportCounts(counts)
		return &out, err
	})
	export := s.operation("export-directory", http.MethodGet, "/directory/export", "The directory as a file that can be imported", false)
	export.Responses = map[string]*huma.Response{"200": {Description: "The file", Content: file}}
	s.guard(&export, rights.ManageDirectory)
	registerWithin(s, h, export, exportDeadline, s.exportDirectory)
}

func (s *server) previewImport(ctx context.Context, in *importInput) (*importOutput, error) {
	media, _, err := mime.ParseMediaType(in.ContentType)
	if err != nil || media != typeXLSX && media != typeCSV {
		return nil, problem(http.StatusUnsupportedMediaType, "unsupported_type", "")
	}
	kind, known := directory.KindOf(in.Kind)
	if media == typeCSV && !known {
		return nil, problem(http.StatusBadRequest, "bad_request", "kind")
	}
	if len(in.RawBody) == 0 {
		return nil, problem(http.StatusBadRequest, "bad_request", "body")
	}
	format := directory.CSV
	if media == typeXLSX {
		format = directory.XLSX
	}
	select { // what a file takes of memory is many times its size
	case s.importing <- struct{}{}:
		defer func() { <-s.importing }()
	default:
		return nil, problem(http.StatusServiceUnavailable, "busy", "")
	}
	i, err := s.Directory.Preview(ctx, in.RawBody, format, kind)
	if err != nil {
		return nil, err
	}
	var out importOutput
	b := &out.Body
	b.ID, b.Expires, b.Counts = i.ID, i.Expires, ImportCounts(i.Counts)
	b.Changes = listed(i.Changes, func(c directory.RowChange) ImportChange {
		return ImportChange{
			c.Sheet, c.Row, string(c.Kind), c.ID, c.Name, string(c.Action), listed(c.Fields, func(f directory.FieldChange) ImportField { return ImportField(f) }),
		}
	})
	b.Faults = listed(i.Faults[:min(mostFaults, len(i.Faults))], func(f directory.Fault) ImportFault {
		t := texts[f.Code]
		return ImportFault{f.Sheet, f.Row, f.Column, f.Code, t.vi, t.en}
	})
	return &out, nil
}

func (s *server) exportDirectory(ctx context.Context, in *exportInput) (*fileOutput, error) {
	kind, known := directory.KindOf(in.Kind)
	if known != (in.Format == "csv") {
		return nil, problem(http.StatusBadRequest, "bad_request", "kind")
	}
	all, err := s.Directory.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	name, media := "danh-ba", typeXLSX
	if known {
		name, media = name+"-"+in.Kind, typeCSV+"; charset=utf-8"
		err = all.WriteCSV(&file, kind)
	} else {
		err = all.WriteXLSX(&file)
	}
	if err != nil {
		return nil, err
	}
	if err := s.Audit.Append(ctx, directory.Tag, audit.Entry{Actor: actor(ctx), Action: "directory.exported"}); err != nil {
		return nil, err
	}
	name += "-" + s.now().In(calendar.Zone).Format("20060102-1504") + "." + in.Format
	return &fileOutput{ContentType: media, ContentDisposition: `attachment; filename="` + name + `"`, Body: file.Bytes()}, nil
}
