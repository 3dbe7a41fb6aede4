package papers

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"diemcau/rooms/audit"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// bucket is a Storage on a small S3 server of the test's own. The server does not look at signatures.
func bucket(t *testing.T) *S3 {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("tai-lieu"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend, gofakes3.WithIntegrityCheck(true)).Server())
	t.Cleanup(server.Close)
	s, err := NewS3(S3Config{Endpoint: server.URL, Region: "us-east-1", Bucket: "tai-lieu", AccessKey: "key", SecretKey: "secret-0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

type world struct {
	*Papers
	t   *testing.T
	dir string
}

func newWorld(t *testing.T, change ...func(*Config)) world {
	t.Helper()
	dir := t.TempDir()
	disk, err := NewDisk(filepath.Join(dir, "papers"))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Store: storetest.New(t), Storage: disk, Dir: dir, Largest: 1 << 20, Quota: 4 << 20, Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&cfg)
	}
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return world{p, t, dir}
}

var clerk = audit.Actor{ID: "a1", Login: "vanthu", Name: "Văn thư"}

func (w world) upload(u Upload, content string) (Paper, error) {
	if u.Meeting == "" {
		u.Meeting = "m1"
	}
	if u.Readers == "" && u.Paper == "" {
		u.Readers = All
	}
	if u.Name == "" && u.Paper == "" {
		u.Name = "a.pdf"
	}
	if u.Size == 0 {
		u.Size = int64(len(content))
	}
	u.Actor = clerk
	return w.Put(w.t.Context(), u, strings.NewReader(content))
}

// files counts what lies on the disk.
func (w world) files(t *testing.T) (n int) {
	t.Helper()
	err := filepath.WalkDir(w.dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestStorages(t *testing.T) {
	for name, storage := range map[string]func(t *testing.T) Storage{
		"disk": func(t *testing.T) Storage { return newWorld(t).Storage },
		"S3":   func(t *testing.T) Storage { return bucket(t) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) {
				if name == "S3" {
					c.Storage = storage(t)
				}
			})
			content := minimalPDF + strings.Repeat("%", 300_000) + "%%EOF"
			p, err := w.upload(Upload{Name: "Báo cáo.pdf"}, content)
			if err != nil {
				t.Fatal(err)
			}
			if v := p.Newest(); v.Version != 1 || v.Type != "application/pdf" || v.Size != int64(len(content)) || v.UploadedBy != "Văn thư" {
				t.Errorf("%+v", v)
			}
			p2, err := w.upload(Upload{Paper: p.ID}, minimalPDF)
			if err != nil || len(p2.Versions) != 2 || p2.Newest().Name != "Báo cáo.pdf" {
				t.Fatalf("%+v, %v", p2, err)
			}
			for number, want := range map[int64]string{0: minimalPDF, 1: content, 2: minimalPDF} {
				v, err := p2.Find(number)
				if err != nil {
					t.Fatal(err)
				}
				c, err := w.Open(t.Context(), v)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := io.ReadAll(c); err != nil || string(got) != want {
					t.Errorf("version %d: %d bytes, %v", number, len(got), err)
				}
				if _, err := c.Seek(-5, io.SeekEnd); err != nil {
					t.Error(err)
				}
				if got, err := io.ReadAll(c); err != nil || !strings.HasSuffix(want, string(got)) || len(got) != 5 {
					t.Errorf("version %d, its end: %q, %v", number, got, err)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}
			if err := w.Remove(t.Context(), "m1", p.ID, 0, clerk); err != nil {
				t.Fatal(err)
			}
			if err := w.sweep(t.Context(), w.now()); err != nil {
				t.Fatal(err)
			}
			if c, err := w.Open(t.Context(), p.Newest()); !errors.Is(err, ErrNotFound) {
				t.Errorf("what was removed is read: %v, %v", c, err)
			}
			if err := w.Storage.Delete(t.Context(), p.Newest().Blob); err != nil {
				t.Errorf("to delete it again: %v", err)
			}
			if _, err := w.Storage.Open(t.Context(), "../redis.sock"); !errors.Is(err, ErrNotFound) {
				t.Errorf("a name that leads out: %v", err)
			}
			if n := w.files(t); n != 0 {
				t.Errorf("%d files are left", n)
			}
		})
	}
}

func TestServerOfBucketIsAway(t *testing.T) {
	s, err := NewS3(S3Config{Endpoint: "http://127.0.0.1:1", Region: "us-east-1", Bucket: "b", AccessKey: "key", SecretKey: "secret"})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *Config) { c.Storage = s })
	if _, err := w.upload(Upload{}, minimalPDF); !errors.Is(err, ErrStorage) {
		t.Errorf("got %v", err)
	}
	if n := w.files(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if none, err := w.List(t.Context(), "m1"); err != nil || len(none) > 0 {
		t.Errorf("%v, %v", none, err)
	}
}

func TestRefusedUploadsLeaveNothing(t *testing.T) {
	w := newWorld(t)
	half := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(minimalPDF)))
	if _, err := w.Put(t.Context(), Upload{Meeting: "m1", Name: "a.pdf", Readers: All, Size: -1}, half); !errors.Is(err, ErrCut) {
		t.Errorf("a body that breaks off: %v", err)
	}
	if _, err := w.upload(Upload{Size: 1000}, minimalPDF); !errors.Is(err, ErrCut) {
		t.Errorf("fewer bytes than announced: %v", err)
	}
	if _, err := w.upload(Upload{Size: -1}, ""); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty body: %v", err)
	}
	if _, err := w.upload(Upload{Size: -1}, strings.Repeat("a", 2<<20)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large, not announced: %v", err)
	}
	if _, err := w.upload(Upload{Name: "a.docx"}, minimalPDF); !errors.Is(err, ErrType) {
		t.Errorf("a wrong ending: %v", err)
	}
	if _, err := w.upload(Upload{Paper: "none"}, minimalPDF); !errors.Is(err, ErrNotFound) {
		t.Errorf("a version of nothing: %v", err)
	}
	if _, err := w.upload(Upload{Readers: "friends"}, minimalPDF); !errors.Is(err, ErrUnknownReaders) {
		t.Errorf("unknown readers: %v", err)
	}
	w.Reserve = 1 << 60
	if _, err := w.upload(Upload{}, minimalPDF); !errors.Is(err, ErrDiskFull) {
		t.Errorf("less is free than is kept for Redis: %v", err)
	}
	if n := w.files(t); n != 0 {
		t.Errorf("%d files are left", n)
	}
	if n := w.Store.Client().ZCard(t.Context(), keyPending).Val(); n != 0 {
		t.Errorf("%d contents are pending", n)
	}
}

func TestRepeatedUploadIsKeptOnce(t *testing.T) {
	w := newWorld(t)
	first, err := w.upload(Upload{IdempotencyKey: "k"}, minimalPDF)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.upload(Upload{IdempotencyKey: "k"}, minimalPDF)
	if err != nil || again.ID != first.ID || again.Newest().Blob != first.Newest().Blob {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := w.upload(Upload{IdempotencyKey: "k"}, minimalPDF+"%%EOF"); !errors.Is(err, ErrIdempotencyMismatch) {
		t.Errorf("another content with the key: %v", err)
	}
	if all, err := w.List(t.Context(), "m1"); err != nil || len(all) != 1 {
		t.Errorf("%d papers, %v", len(all), err)
	}
	if n := w.files(t); n != 1 {
		t.Errorf("%d files", n)
	}
}

func TestVersionsFollowEachOther(t *testing.T) {
	w := newWorld(t)
	p, err := w.upload(Upload{}, minimalPDF)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 8 {
		wait.Go(func() {
			_, err := w.upload(Upload{Paper: p.ID, Revision: 1}, minimalPDF)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case !errors.Is(err, ErrStaleVersion):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got, err := w.Get(t.Context(), "m1", p.ID); won != 1 || err != nil || len(got.Versions) != 2 {
		t.Errorf("%d won: %+v, %v", won, got, err)
	}
	if n := w.files(t); n != 2 {
		t.Errorf("%d files", n)
	}
	if err := w.Remove(t.Context(), "m1", p.ID, 1, clerk); !errors.Is(err, ErrStaleVersion) {
		t.Errorf("to remove an old version: %v", err)
	}
	if err := w.Remove(t.Context(), "m2", p.ID, 0, clerk); !errors.Is(err, ErrNotFound) {
		t.Errorf("to remove it from another meeting: %v", err)
	}
}

func TestQuotaIsGivenBack(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Quota = 1000 })
	large := minimalPDF + strings.Repeat("%", 500) + "%%EOF"
	p, err := w.upload(Upload{}, large)
	if err != nil {
		t.Fatal(err)
	}
	for _, announced := range []int64{0, -1} {
		if _, err := w.upload(Upload{Size: announced}, large); !errors.Is(err, ErrQuota) {
			t.Errorf("more than there is room for: %v", err)
		}
	}
	if n := w.files(t); n != 1 {
		t.Errorf("%d files", n)
	}
	if err := w.Remove(t.Context(), "m1", p.ID, 0, clerk); err != nil {
		t.Fatal(err)
	}
	if _, err := w.upload(Upload{}, large); err != nil {
		t.Errorf("after room was made: %v", err)
	}
	page, err := audit.New(w.Store, audit.Of(Tag)).Search(t.Context(), audit.Query{Limit: 10})
	if err != nil || len(page.Entries) != 3 || page.Entries[1].Action != "paper.removed" || page.Entries[1].Actor.Login != "vanthu" {
		t.Errorf("%+v, %v", page.Entries, err)
	}
}

// Whoever may read a paper is changed without its content, and an upload that began before takes nothing of it back.
func TestReadersAreChanged(t *testing.T) {
	w := newWorld(t)
	p, err := w.upload(Upload{}, minimalPDF)
	if err != nil {
		t.Fatal(err)
	}
	set := func(readers Readers, revision int64) (Paper, error) {
		return w.SetReaders(t.Context(), "m1", p.ID, readers, revision, clerk)
	}
	for range 2 { // a repeat changes nothing
		if got, err := set(Invited, 1); err != nil || got.Readers != Invited || got.Revision != 2 || len(got.Versions) != 1 {
			t.Errorf("%+v %v", got, err)
		}
	}
	if _, err := set(Leaders, 1); !errors.Is(err, ErrStaleVersion) {
		t.Errorf("of an old revision: %v", err)
	}
	if _, err := set("everybody", 2); !errors.Is(err, ErrUnknownReaders) {
		t.Errorf("of no circle: %v", err)
	}
	if _, err := w.SetReaders(t.Context(), "m1", "none", All, 0, clerk); !errors.Is(err, ErrNotFound) {
		t.Errorf("of no paper: %v", err)
	}
	meanwhile := io.MultiReader(strings.NewReader(minimalPDF[:5]), readerFunc(func([]byte) (int, error) {
		if _, err := set(Leaders, 2); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}), strings.NewReader(minimalPDF[5:]))
	if _, err := w.Put(t.Context(), Upload{Meeting: "m1", Paper: p.ID, Size: int64(len(minimalPDF)), Actor: clerk}, meanwhile); !errors.Is(err, ErrStaleVersion) {
		t.Errorf("an upload that began before: %v", err)
	}
	if got, err := w.Get(t.Context(), "m1", p.ID); err != nil || got.Readers != Leaders || got.Revision != 3 {
		t.Errorf("%+v %v", got, err)
	}
	if got, err := w.upload(Upload{Paper: p.ID, Revision: 3}, minimalPDF); err != nil || got.Readers != Leaders || got.Revision != 4 || got.Newest().Version != 2 {
		t.Errorf("%+v %v", got, err)
	}
	page, err := audit.New(w.Store, audit.Of(Tag)).Search(t.Context(), audit.Query{Action: "paper.readers_changed", Limit: 10})
	if err != nil || len(page.Entries) != 2 || page.Entries[0].From != "invited" || page.Entries[0].To != "leaders" || page.Entries[0].Name != "a.pdf" {
		t.Errorf("%+v %v", page, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// A server that dies between the content and its record leaves a content that the next one finds.
func TestContentsThatWereNotRecordedAreSwept(t *testing.T) {
	w := newWorld(t)
	kept, err := w.upload(Upload{}, minimalPDF)
	if err != nil {
		t.Fatal(err)
	}
	w.Storage = dying{w.Storage}
	func() {
		defer func() { _ = recover() }()
		_, _ = w.upload(Upload{}, minimalPDF)
	}()
	half := filepath.Join(w.dir, "half"+spoolSuffix)
	if err := os.WriteFile(half, []byte("%PDF"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n := w.files(t); n != 3 {
		t.Fatalf("%d files", n)
	}
	cfg := w.Config
	cfg.Storage = cfg.Storage.(dying).Storage
	next, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := next.sweep(t.Context(), next.now()); err != nil {
		t.Fatal(err)
	}
	if n := w.files(t); n != 2 { // another server may be writing it
		t.Errorf("%d files are left", n)
	}
	if err := next.sweep(t.Context(), next.now().Add(3*writeWait)); err != nil {
		t.Fatal(err)
	}
	if n := w.files(t); n != 1 {
		t.Errorf("%d files are left", n)
	}
	if c, err := next.Open(t.Context(), kept.Newest()); err != nil {
		t.Error(err)
	} else if err := c.Close(); err != nil {
		t.Error(err)
	}
}

// dying is a Storage after which the server dies.
type dying struct{ Storage }

func (d dying) Put(ctx context.Context, name string, file *os.File) error {
	if err := d.Storage.Put(ctx, name, file); err != nil {
		return err
	}
	panic("killed")
}

func TestNothingIsRemovedWhileABackupIsMade(t *testing.T) {
	w := newWorld(t)
	p, err := w.upload(Upload{}, minimalPDF)
	if err != nil {
		t.Fatal(err)
	}
	release, err := Hold(t.Context(), w.Store)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Remove(t.Context(), "m1", p.ID, 0, clerk); err != nil {
		t.Fatal(err)
	}
	if err := w.sweep(t.Context(), w.now()); err != nil {
		t.Fatal(err)
	}
	if n := w.files(t); n != 1 {
		t.Errorf("%d files during the backup", n)
	}
	if err := release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.sweep(t.Context(), w.now()); err != nil {
		t.Fatal(err)
	}
	if n := w.files(t); n != 0 {
		t.Errorf("%d files after it", n)
	}
}

// When Redis does not answer, nobody knows what it kept: the request fails, and asked again with its key there is one paper.
func TestRedisIsAway(t *testing.T) {
	w := newWorld(t)
	resume := storetest.Pause(t, w.Store)
	if _, err := w.upload(Upload{IdempotencyKey: "k"}, minimalPDF); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	resume()
	storetest.AwaitReady(t, w.Store)
	for range 2 {
		if _, err := w.upload(Upload{IdempotencyKey: "k"}, minimalPDF); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := w.List(t.Context(), "m1"); err != nil || len(all) != 1 {
		t.Errorf("%d papers, %v", len(all), err)
	}
}

// However large a file is, little of it is in memory.
func TestUploadsAreStreamed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Largest, c.Quota = 1<<30, 1<<30 })
	line := "Ủy ban nhân dân tỉnh\n"
	var all []io.Reader
	for range 100 {
		all = append(all, strings.NewReader(strings.Repeat(line, 3000)))
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p, err := w.Put(t.Context(), Upload{Meeting: "m1", Name: "a.txt", Readers: All, Size: -1, Actor: clerk}, io.MultiReader(all...))
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if got, size := after.TotalAlloc-before.TotalAlloc, p.Newest().Size; got > uint64(size)/10 {
		t.Errorf("%d bytes were allocated for a file of %d", got, size)
	}
}
