package api

import (
	"fmt"
	"strings"
	"testing"

	"diemcau/rooms/rights"
	"diemcau/rooms/store/storetest"
)

const unitsCSV = "Mã;Tên đơn vị;Cấp;Trực thuộc;Thứ tự lễ tân\nso-y-te;Sở Y tế tỉnh;tinh;tinh;115\nso-moi;Sở Mới;tinh;tinh;116\ntinh;UBND tỉnh;tinh;;1\n"

func TestImports(t *testing.T) {
	w := newWorld(t)
	w.province()
	post := func(body, query, kind string) answer {
		return w.ask("POST", "/api/v1/directory/imports"+query, body, "Content-Type", kind)
	}
	made := post(unitsCSV, "?kind=units", "text/csv; charset=utf-8")
	if made.status != 201 || made.body["expires"] == nil || fmt.Sprint(made.body["counts"]) != "map[change:1 create:1 faults:0 same:1]" || !strings.Contains(made.raw, `"faults":[]`) ||
		!strings.Contains(made.raw, `{"row":2,"kind":"unit","id":"so-y-te","name":"Sở Y tế tỉnh","action":"change","fields":[{"field":"name","before":"Sở Y tế","after":"Sở Y tế tỉnh"}]}`) {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	apply := "/api/v1/directory/imports/" + made.body["id"].(string) + "/apply"
	for range 2 { // a repeat answers alike
		if a := w.ask("POST", apply, ""); a.status != 200 || fmt.Sprint(a.body["counts"]) != fmt.Sprint(made.body["counts"]) {
			t.Errorf("%d %s", a.status, a.raw)
		}
	}
	if a := w.ask("GET", "/api/v1/directory", ""); !strings.Contains(a.raw, "Sở Mới") || !strings.Contains(a.raw, "Sở Y tế tỉnh") {
		t.Errorf("%s", a.raw)
	}
	old := post(strings.Replace(unitsCSV, "Sở Mới", "Sở Khác", 1), "?kind=units", "text/csv")
	w.ask("PUT", "/api/v1/directory/levels/to", `{"name":"Tổ","order":9}`)
	if a := w.ask("POST", "/api/v1/directory/imports/"+old.body["id"].(string)+"/apply", ""); a.status != 409 || a.body["code"] != "directory_changed" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	bad := post("Mã;Tên đơn vị;Cấp;Trực thuộc;Thứ tự lễ tân\nx;X;tinh;none;y\n", "?kind=units", "text/csv")
	if bad.status != 201 || !strings.Contains(bad.raw, `{"row":2,"column":"Thứ tự lễ tân","code":"bad_number","detail":"Số không hợp lệ`) {
		t.Errorf("%d %s", bad.status, bad.raw)
	}
	if a := w.ask("POST", "/api/v1/directory/imports/"+bad.body["id"].(string)+"/apply", ""); a.status != 422 || a.body["code"] != "import_faults" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	for _, c := range []struct{ body, query, kind, want string }{
		{unitsCSV, "?kind=units", "application/json", "415 unsupported_type"}, {unitsCSV, "?kind=units", "", "415 unsupported_type"}, {unitsCSV, "", "text/csv", "400 bad_request"},
		{unitsCSV, "?kind=rooms", "text/csv", "400 bad_request"}, {"", "?kind=units", "text/csv", "400 bad_request"}, {unitsCSV, "", typeXLSX, "422 bad_file"},
		{"M\xe3", "?kind=units", "text/csv", "422 bad_encoding"}, {strings.Repeat("x", 5<<20), "?kind=units", "text/csv", "413 too_large"},
	} {
		if a := post(c.body, c.query, c.kind); fmt.Sprint(a.status, " ", a.body["code"]) != c.want {
			t.Errorf("%.20q %s %s: %d %s, want %s", c.body, c.query, c.kind, a.status, a.raw, c.want)
		}
	}
	if a := w.ask("POST", "/api/v1/directory/imports/none/apply", ""); a.status != 404 {
		t.Errorf("%d %s", a.status, a.raw)
	}
}

func TestExports(t *testing.T) {
	w := newWorld(t)
	w.province()
	book := w.ask("GET", "/api/v1/directory/export", "")
	if book.status != 200 || book.header.Get("Content-Type") != typeXLSX || !strings.Contains(book.header.Get("Content-Disposition"), ".xlsx") || !strings.HasPrefix(book.raw, "PK") {
		t.Fatalf("%d %v", book.status, book.header)
	}
	if a := w.ask("POST", "/api/v1/directory/imports", book.raw, "Content-Type", typeXLSX); a.status != 201 || fmt.Sprint(a.body["counts"]) != "map[change:0 create:0 faults:0 same:12]" {
		t.Errorf("%d %s", a.status, a.raw)
	}
	units := w.ask("GET", "/api/v1/directory/export?format=csv&kind=units", "")
	if units.status != 200 || units.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(units.raw, "\ufeffMã,Tên đơn vị,") || !strings.Contains(units.raw, "so-y-te,Sở Y tế,,tinh,tinh,,115,,,\r\n") {
		t.Errorf("%d %s", units.status, units.raw)
	}
	for _, query := range []string{"?format=csv", "?format=pdf", "?format=xlsx&kind=units"} {
		if a := w.ask("GET", "/api/v1/directory/export"+query, ""); a.status != 400 {
			t.Errorf("%s: %d %s", query, a.status, a.raw)
		}
	}
	if a := w.ask("GET", "/api/v1/audit?action=directory.", ""); strings.Count(a.raw, `"directory.exported"`) != 2 {
		t.Errorf("%s", a.raw)
	}
	for _, role := range []rights.Role{rights.Planner, rights.Approver, rights.Operator} {
		cookies := w.scoped("x-"+string(role), role, "")
		for _, c := range [][2]string{{"POST", "/imports?kind=units"}, {"POST", "/imports/x/apply"}, {"GET", "/export"}} {
			if a := w.as(cookies, c[0], "/api/v1/directory"+c[1], ""); a.status != 403 {
				t.Errorf("%s, %s: %d", role, c[1], a.status)
			}
		}
	}
	// A part of the province cannot be exchanged by files: they are of all of it.
	if a := w.as(w.scoped("huyen", rights.Administrator, "huyen-cam-ha"), "POST", "/api/v1/directory/imports?kind=units", unitsCSV, "Content-Type", "text/csv"); a.status != 403 {
		t.Errorf("%d", a.status)
	}
	storetest.Pause(t, w.store)
	if a := w.ask("GET", "/api/v1/directory/export", ""); a.status != 503 {
		t.Errorf("%d", a.status)
	}
}
