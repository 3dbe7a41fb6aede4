// Package site serves the browser client with the headers that keep it safe.
package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// policy lets the page load from this server only. Styles are set by the component library at run time; camera pictures are blobs.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob: mediastream:; " +
	"connect-src 'self'; font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

type file struct {
	kind       string
	etag       string
	plain, zip []byte // zip is nil where it saves nothing
	brotli     []byte // as the build made it; nil where there is none
}

// Handler serves the built client: its files under their names, and its one page under every address that has none.
func Handler(files fs.FS) (http.Handler, error) {
	all := map[string]*file{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		all["/"+name], err = load(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	for name, compressed := range all {
		if plain, ok := strings.CutSuffix(name, ".br"); ok && all[plain] != nil {
			all[plain].brotli = compressed.plain
			delete(all, name)
		}
	}
	index := all["/index.html"]
	if index == nil {
		return nil, fmt.Errorf("client: it was built without index.html")
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		f, ok := all[r.URL.Path]
		switch {
		case ok && strings.HasPrefix(r.URL.Path, "/assets/"):
			// Their names hold a hash of what is in them.
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		case ok:
			w.Header().Set("Cache-Control", "no-cache")
		case path.Ext(r.URL.Path) != "" && !strings.HasPrefix(r.URL.Path, "/directory/"): // ids of the directory may hold a point
			http.NotFound(w, r)
			return
		default:
			f = index
			w.Header().Set("Cache-Control", "no-cache")
		}
		f.serve(w, r)
	}), nil
}

func load(name string, content []byte) (*file, error) {
	sum := sha256.Sum256(content)
	f := &file{kind: mime.TypeByExtension(path.Ext(name)), etag: `"` + hex.EncodeToString(sum[:8]) + `"`, plain: content}
	if f.kind == "" {
		f.kind = http.DetectContentType(content)
	}
	var zipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if zipped.Len() < len(content)*9/10 {
		f.zip = zipped.Bytes()
	}
	return f, nil
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body, accepts := f.plain, r.Header.Get("Accept-Encoding")
	switch {
	case f.brotli != nil && strings.Contains(accepts, "br"):
		h.Set("Content-Encoding", "br")
		body = f.brotli
	case f.zip != nil && strings.Contains(accepts, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = f.zip
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the client went away: nobody to tell
	}
}

// Secure adds the headers that every answer of the server carries.
func Secure(next http.Handler, tls bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), geolocation=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		if tls {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}
