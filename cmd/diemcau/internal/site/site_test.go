package site

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const script = "/assets/main-4f2a.js"

func handler(t *testing.T) http.Handler {
	t.Helper()
	h, err := Handler(fstest.MapFS{
		"index.html":       {Data: []byte("<!doctype html><title>Điểm Cầu</title>")},
		"robots.txt":       {Data: []byte("User-agent: *\n")},
		script[1:]:         {Data: []byte(strings.Repeat("let x = 1;\n", 500))},
		script[1:] + ".br": {Data: []byte("compressed by the build")},
		"assets/f-1.woff2": {Data: []byte{0x77, 0x4f, 0x46, 0x32}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return Secure(h, true)
}

func get(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func TestWhatIsServedAndForHowLong(t *testing.T) {
	h := handler(t)
	const page, forever = "no-cache", "public, max-age=31536000, immutable"
	for _, c := range []struct {
		method, path string
		status       int
		kind, cache  string
	}{
		{"GET", "/", 200, "text/html", page},
		{"GET", "/join", 200, "text/html", page},
		{"GET", "/meeting", 200, "text/html", page},
		{"HEAD", "/join", 200, "text/html", page},
		{"GET", "/meetings/8f3a", 200, "text/html", page},
		{"GET", "/directory/units/so.yt", 200, "text/html", page},
		{"GET", "/robots.txt", 200, "text/plain", page},
		{"GET", script, 200, "text/javascript", forever},
		{"GET", "/assets/gone-1234.js", 404, "text/plain", ""},
		{"GET", "/assets/../../etc/passwd.txt", 404, "text/plain", ""},
		{"POST", "/join", 405, "text/plain", ""},
	} {
		r := get(h, c.method, c.path)
		if r.StatusCode != c.status || !strings.HasPrefix(r.Header.Get("Content-Type"), c.kind) || r.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s: %d %q %q", c.method, c.path, r.StatusCode, r.Header.Get("Content-Type"), r.Header.Get("Cache-Control"))
		}
		if body, _ := io.ReadAll(r.Body); c.method == "HEAD" && len(body) > 0 {
			t.Errorf("HEAD %s has a body", c.path)
		}
	}
}

func TestFilesAreSentCompressedAndOnce(t *testing.T) {
	h := handler(t)
	plain, _ := io.ReadAll(get(h, "GET", script).Body)
	r := get(h, "GET", script, "Accept-Encoding", "deflate, gzip")
	unzipped, err := gzip.NewReader(r.Body)
	if err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", r.Header, err)
	}
	if text, _ := io.ReadAll(unzipped); string(text) != string(plain) {
		t.Error("compressed and plain differ")
	}
	if r := get(h, "GET", "/assets/f-1.woff2", "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "" {
		t.Error("a font that does not shrink is compressed")
	}
	if again := get(h, "GET", script, "If-None-Match", r.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("again: %s", again.Status)
	}
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	for _, path := range []string{"/join", "/assets/gone-1234.js"} {
		r := get(handler(t), "GET", path)
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "frame-ancestors 'none'") || !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: scripts may come from elsewhere than this server: %q", path, policy)
		}
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"} {
			if r.Header.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, r.Header.Get(name))
			}
		}
		for _, device := range []string{"camera=(self)", "microphone=(self)", "display-capture=(self)"} {
			if !strings.Contains(r.Header.Get("Permissions-Policy"), device) {
				t.Errorf("%s: no %s", path, device)
			}
		}
	}
}

func TestAClientThatWasNotBuiltIsRefused(t *testing.T) {
	if _, err := Handler(fstest.MapFS{"robots.txt": {}}); err == nil {
		t.Error("served without a page")
	}
}

// What the build has compressed is served to who takes it, and is no file of its own.
func TestBrotli(t *testing.T) {
	h := handler(t)
	r := get(h, "GET", script, "Accept-Encoding", "gzip, deflate, br, zstd")
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("Content-Encoding") != "br" || string(body) != "compressed by the build" ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "text/javascript") {
		t.Errorf("%v %q %v", r.Header, body, err)
	}
	if r := get(h, "GET", script, "Accept-Encoding", "gzip"); r.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("%v", r.Header)
	}
	if r := get(h, "GET", script+".br"); r.StatusCode != http.StatusNotFound {
		t.Errorf("the copy is served: %s", r.Status)
	}
}
