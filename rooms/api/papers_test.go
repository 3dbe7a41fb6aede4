package api

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"diemcau/rooms/accounts"
	"diemcau/rooms/papers"
	"diemcau/rooms/rights"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

const aPDF = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

// meeting plans a meeting and gives the address of its papers.
func (w world) meeting(change ...string) string {
	w.t.Helper()
	a := w.ask("POST", "/api/v1/meetings", planJSON(change...))
	if a.status != 201 {
		w.t.Fatalf("%d %s", a.status, a.raw)
	}
	return "/api/v1/meetings/" + a.body["id"].(string) + "/papers"
}

func (w world) upload(path, name, content string, header ...string) answer {
	w.t.Helper()
	return w.ask("POST", path+"?name="+url.QueryEscape(name), content, append([]string{"Content-Type", "application/octet-stream"}, header...)...)
}

func zipped(t *testing.T, name string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	if _, err := z.Create(name); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPapers(t *testing.T) {
	w := newWorld(t)
	path := w.meeting()
	made := w.upload(path, "Báo cáo \"quý\" III.pdf", aPDF)
	if made.status != 422 || made.body["code"] != "bad_file_name" || made.body["field"] != "name" {
		t.Errorf("a name with quotes: %d %s", made.status, made.raw)
	}
	made = w.upload(path, "Báo cáo quý III.pdf", aPDF, "Idempotency-Key", "once")
	if made.status != 201 || made.body["type"] != "application/pdf" || made.body["size"] != float64(len(aPDF)) || made.body["version"] != 1.0 || made.body["readers"] != "all" {
		t.Fatalf("%d %s", made.status, made.raw)
	}
	if again := w.upload(path, "Báo cáo quý III.pdf", aPDF, "Idempotency-Key", "once"); again.status != 201 || again.body["id"] != made.body["id"] {
		t.Errorf("repeated: %d %s", again.status, again.raw)
	}
	one := path + "/" + made.body["id"].(string)
	if made.header.Get("Location") != one || made.header.Get("ETag") != `"1"` {
		t.Errorf("%v", made.header)
	}
	second := aPDF + "% second\n%%EOF\n"
	if a := w.ask("POST", one, second, "Content-Type", "application/octet-stream", "If-Match", `"1"`); a.status != 201 || a.body["version"] != 2.0 || len(a.body["versions"].([]any)) != 2 {
		t.Errorf("new version: %d %s", a.status, a.raw)
	}
	if a := w.ask("POST", one, second, "Content-Type", "application/octet-stream", "If-Match", `"1"`); a.status != 412 || a.body["code"] != "stale_paper" {
		t.Errorf("after an old version: %d %s", a.status, a.raw)
	}
	if a := w.ask("PUT", one+"/readers", `{"readers":"leaders"}`, "If-Match", `"2"`); a.status != 200 || a.header.Get("ETag") != `"3"` || a.body["readers"] != "leaders" || a.body["version"] != 2.0 || a.body["revision"] != 3.0 {
		t.Errorf("readers: %d %s", a.status, a.raw)
	}
	if a := w.ask("PUT", one+"/readers", `{"readers":"all"}`, "If-Match", `"2"`); a.status != 412 || a.body["code"] != "stale_paper" {
		t.Errorf("readers, of an old revision: %d %s", a.status, a.raw)
	}
	if a := w.ask("PUT", one+"/readers", `{"readers":"nobody"}`); a.status != 422 || a.body["field"] != "readers" {
		t.Errorf("readers, of no circle: %d %s", a.status, a.raw)
	}
	if a := w.ask("GET", path, ""); a.status != 200 || a.body["manages"] != true || len(a.body["papers"].([]any)) != 1 || strings.Contains(a.raw, "blob") || strings.Contains(a.raw, "sha256") {
		t.Errorf("list: %d %s", a.status, a.raw)
	}
	for query, want := range map[string]string{"": second, "?version=1": aPDF, "?version=2": second} {
		a := w.ask("GET", one+query, "")
		if a.status != 200 || a.raw != want || a.header.Get("Content-Type") != "application/pdf" {
			t.Errorf("%s: %d %q %v", query, a.status, a.raw, a.header)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'", "Cache-Control": "no-store",
			"Content-Disposition": `attachment; filename="B_o c_o qu_ III.pdf"; filename*=utf-8''B%C3%A1o%20c%C3%A1o%20qu%C3%BD%20III.pdf`,
		} {
			if a.header.Get(name) != want {
				t.Errorf("%s: %q", name, a.header.Get(name))
			}
		}
	}
	if a := w.ask("GET", one, "", "Range", "bytes=0-3"); a.status != 206 || a.raw != "%PDF" {
		t.Errorf("the beginning: %d %q", a.status, a.raw)
	}
	for _, address := range []string{one + "?version=3", path + "/none", "/api/v1/meetings/none/papers", "/api/v1/meetings/none/papers/" + made.body["id"].(string)} {
		if a := w.ask("GET", address, ""); a.status != 404 {
			t.Errorf("%s: %d", address, a.status)
		}
	}
	if a := w.upload("/api/v1/meetings/none/papers", "a.pdf", aPDF); a.status != 404 {
		t.Errorf("to a meeting that does not exist: %d", a.status)
	}
	if a := w.ask("DELETE", one, "", "If-Match", `"1"`); a.status != 412 {
		t.Errorf("remove an old version: %d", a.status)
	}
	if a := w.ask("DELETE", one, "", "If-Match", `"3"`); a.status != 204 {
		t.Errorf("remove: %d %s", a.status, a.raw)
	}
	if a := w.ask("GET", one, ""); a.status != 404 {
		t.Errorf("after it was removed: %d", a.status)
	}
	if log := w.ask("GET", "/api/v1/audit?action=paper.", ""); strings.Count(log.raw, `"paper.uploaded"`) != 2 || strings.Count(log.raw, `"paper.removed"`) != 1 || strings.Count(log.raw, `"paper.read"`) != 4 {
		t.Errorf("audit: %s", log.raw)
	}
}

func TestUploadsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	path := w.meeting()
	large := strings.Repeat("Kính gửi\n", 200_000)
	for name, c := range map[string]struct{ file, content, want string }{
		"program":              {"a.exe", "MZ\x90" + strings.Repeat("\x00", 100), "415 paper_type"},
		"program called PDF":   {"a.pdf", "MZ\x90" + strings.Repeat("\x00", 100), "415 paper_type"},
		"drawing with scripts": {"a.svg", `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`, "415 paper_type"},
		"drawing called PNG":   {"a.png", `<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`, "415 paper_type"},
		"archive":              {"a.zip", zipped(t, "a.txt"), "415 paper_type"},
		"path that leads out":  {"a.docx", zipped(t, "../../a.txt"), "422 paper_unsafe"},
		"nothing":              {"a.pdf", "", "400 paper_empty"},
		"half":                 {"a.pdf", aPDF[:30], "400 paper_cut"},
		"too large":            {"a.txt", large, "413 paper_too_large"},
		"no name":              {"", aPDF, "400 bad_request"},
	} {
		t.Run(name, func(t *testing.T) {
			if a := w.upload(path, c.file, c.content); fmt.Sprint(a.status, " ", a.body["code"]) != c.want {
				t.Errorf("%d %s, want %s", a.status, a.raw, c.want)
			}
		})
	}
	for i := range 5 {
		a := w.upload(path, "a.txt", strings.Repeat("Kính gửi\n", 80_000))
		if want := map[bool]int{true: 201, false: 413}[i < 4]; a.status != want || want == 413 && a.body["code"] != "papers_quota" {
			t.Errorf("upload %d: %d %.200s", i, a.status, a.raw)
		}
	}
}

// A connection that breaks off in the middle leaves nothing.
func TestUploadThatBreaksOff(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, func(c *Config, _ *store.Store) { c.Papers.Dir = dir })
	path := w.meeting()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "POST %s?name=a.pdf HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100000\r\n\r\n%s", path, token, aPDF)
	for deadline := time.Now().Add(10 * time.Second); entries(t, dir) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is being received")
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400") || !strings.Contains(string(answer), "paper_cut") {
		t.Errorf("%v %s", err, answer)
	}
	_ = c.Close()
	for deadline := time.Now().Add(10 * time.Second); entries(t, dir) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("what was received is still there")
		}
	}
	if a := w.ask("GET", path, ""); len(a.body["papers"].([]any)) != 0 {
		t.Errorf("%s", a.raw)
	}
}

func entries(t *testing.T, dir string) int {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

func TestWhoMayReadPapers(t *testing.T) {
	w := newWorld(t)
	w.province()
	path := w.meeting(`"sites":[{"name":"Sở Nội vụ","unit_id":"so-noi-vu","protocol_order":1}]`, `"preparing_unit":"huyen-cam-ha"`,
		`"delegates":[{"person":"gd","unit_id":"so-y-te","name":"Giám đốc Sở Y tế"},{"unit_id":"so-tu-phap","name":"Sở Tư pháp"}]`)
	for _, readers := range []string{"all", "invited", "leaders"} {
		if a := w.ask("POST", path+"?name="+readers+".pdf&readers="+readers, aPDF, "Content-Type", "application/pdf"); a.status != 201 {
			t.Fatalf("%d %s", a.status, a.raw)
		}
	}
	ids := map[string]string{}
	for _, p := range w.ask("GET", path, "").body["papers"].([]any) {
		p := p.(map[string]any)
		ids[p["readers"].(string)] = p["id"].(string)
	}
	of := func(login, unit string, roles ...rights.Role) string {
		d := accounts.Details{Login: login, Name: login, Unit: unit}
		for _, r := range roles {
			d.Grants = append(d.Grants, rights.Grant{Role: r})
		}
		if _, err := w.accounts.Create(t.Context(), d, password, accounts.By{}); err != nil {
			t.Fatal(err)
		}
		return w.signIn(login, password)
	}
	for _, c := range []struct {
		cookies string
		sees    string
		writes  bool
	}{
		{of("leader", "", rights.Leader), "all leaders", false},
		{w.scoped("above", rights.Leader, "tinh"), "all leaders", false},
		{w.scoped("below", rights.Leader, "xa-tan-dan"), "all", false},
		{of("invited", "so-noi-vu", rights.Delegate), "all invited", false},
		{of("unit", "so-tu-phap", rights.Delegate), "all invited", false},
		{of("colleague", "so-y-te", rights.Delegate), "all", false}, // its director is invited, not the unit
		{of("planner", "", rights.Planner), "all invited leaders", true},
		{of("operator", "", rights.Operator), "", false},
		{of("nobody", "so-noi-vu"), "", false},
	} {
		for readers, id := range ids {
			want := 404
			switch {
			case strings.Contains(c.sees, readers):
				want = 200
			case c.sees == "":
				want = 403
			}
			if a := w.as(c.cookies, "GET", path+"/"+id, ""); a.status != want {
				t.Errorf("%q reads %s: %d", c.sees, readers, a.status)
			}
		}
		list := w.as(c.cookies, "GET", path, "")
		if shown, _ := list.body["papers"].([]any); len(shown) != len(strings.Fields(c.sees)) {
			t.Errorf("%q lists %s", c.sees, list.raw)
		}
		if c.sees != "" && list.body["manages"] != c.writes {
			t.Errorf("%q manages: %s", c.sees, list.raw)
		}
		for _, a := range []answer{
			w.as(c.cookies, "POST", path+"?name=a.pdf", aPDF, "Content-Type", "application/pdf"),
			w.as(c.cookies, "POST", path+"/"+ids["all"], aPDF, "Content-Type", "application/pdf"),
		} {
			if (a.status == 201) != c.writes || !c.writes && a.status != 403 {
				t.Errorf("%q uploads: %d", c.sees, a.status)
			}
		}
		if !c.writes {
			if a := w.as(c.cookies, "DELETE", path+"/"+ids["all"], ""); a.status != 403 {
				t.Errorf("%q removes: %d", c.sees, a.status)
			}
			if a := w.as(c.cookies, "PUT", path+"/"+ids["leaders"]+"/readers", `{"readers":"all"}`); a.status != 403 {
				t.Errorf("%q changes who reads: %d", c.sees, a.status)
			}
		}
	}
	for _, method := range []string{"GET", "POST"} {
		if a := w.as("", method, path, ""); a.status != 401 {
			t.Errorf("%s by nobody: %d", method, a.status)
		}
	}
}

func TestPapersWhileRedisIsAway(t *testing.T) {
	w := newWorld(t)
	path := w.meeting()
	id := w.upload(path, "a.pdf", aPDF).body["id"].(string)
	resume := storetest.Pause(t, w.store)
	defer resume()
	for _, ask := range []func() answer{
		func() answer { return w.upload(path, "b.pdf", aPDF) },
		func() answer { return w.ask("GET", path, "") },
		func() answer { return w.ask("GET", path+"/"+id, "") },
		func() answer { return w.ask("DELETE", path+"/"+id, "") },
	} {
		began := time.Now()
		if a := ask(); a.status != http.StatusServiceUnavailable || a.body["code"] != "unavailable" || time.Since(began) > 2*time.Second {
			t.Errorf("%d %s after %s", a.status, a.raw, time.Since(began))
		}
	}
}

// smallDisk is where the test below, run again in namespaces of its own, finds a disk of 1 MiB.
const smallDisk = "DIEMCAU_TEST_SMALL_DISK"

func TestDiskFull(t *testing.T) {
	dir := os.Getenv(smallDisk)
	if dir == "" {
		inNamespace(t)
		return
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *Config, s *store.Store) {
		disk, err := papers.NewDisk(dir)
		if err != nil {
			t.Fatal(err)
		}
		if c.Papers, err = papers.New(papers.Config{Store: s, Storage: disk, Dir: dir, Largest: 8 << 20, Quota: 1 << 30, Log: c.Log}); err != nil {
			t.Fatal(err)
		}
	})
	path := w.meeting()
	if a := w.upload(path, "a.txt", strings.Repeat("Kính gửi\n", 300_000)); a.status != http.StatusInsufficientStorage || a.body["code"] != "disk_full" {
		t.Errorf("announced: %d %s", a.status, a.raw)
	}
	r, err := http.NewRequest(http.MethodPost, w.url+path+"?name=a.txt", io.MultiReader(strings.NewReader(strings.Repeat("Kính gửi\n", 300_000)))) // its length is not known
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Body.Close(); err != nil || got.StatusCode != http.StatusInsufficientStorage {
		t.Errorf("not announced: %d, %v", got.StatusCode, err)
	}
	if n := entries(t, dir); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if a := w.upload(path, "a.pdf", aPDF); a.status != 201 {
		t.Errorf("what there is room for: %d %s", a.status, a.raw)
	}
}

// inNamespace runs the test again where it may mount.
func inNamespace(t *testing.T) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), smallDisk+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("this system gives no namespaces: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, out.String())
	}
}
