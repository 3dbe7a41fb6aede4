package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/audit"
	"diemcau/rooms/papers"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

const aPDF = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"

var quiet = slog.New(slog.DiscardHandler)

// world is a data directory with a Redis that runs, papers, and files.
type world struct {
	t     *testing.T
	dir   string
	store *store.Store
	kept  *papers.Papers
	disk  *papers.Disk
}

func newWorld(t *testing.T) world {
	t.Helper()
	dir := t.TempDir()
	w := world{t: t, dir: dir, store: storetest.Open(t, dir)}
	var err error
	if w.disk, err = papers.NewDisk(filepath.Join(dir, "papers")); err != nil {
		t.Fatal(err)
	}
	if w.kept, err = papers.New(papers.Config{
		Store: w.store, Storage: w.disk, Dir: filepath.Join(dir, "papers"), Largest: 1 << 20, Quota: 1 << 30, Log: quiet,
	}); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"admin-token": "token\n", "tls/ca.key": "key", "tls/ca.crt": "root"} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.store.Client().Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range 1000 {
			p.HSet(t.Context(), fmt.Sprintf("diemcau:{calendar}:meeting:%d", i), "version", i, "meeting", strings.Repeat("x", i%300))
		}
		p.ZAdd(t.Context(), "diemcau:{calendar}:meetings", redis.Z{Score: 1, Member: "1"})
		p.XAdd(t.Context(), &redis.XAddArgs{Stream: "diemcau:{calendar}:journal", ID: "5-1", Values: []any{"entry", "{}"}})
		p.SAdd(t.Context(), "diemcau:{accounts}:administrators", "a")
		p.Set(t.Context(), "diemcau:ticket:x", "y", time.Hour)
		p.Set(t.Context(), "diemcau:secret:access", bytes.Repeat([]byte{0, 255}, 16), 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		w.upload(fmt.Sprintf("m%d", i))
	}
	return w
}

func (w world) upload(meeting string) papers.Paper {
	w.t.Helper()
	p, err := w.kept.Put(w.t.Context(), papers.Upload{Meeting: meeting, Name: "Báo cáo.pdf", Readers: papers.All, Size: -1, Actor: audit.Actor{Name: "Văn thư"}}, strings.NewReader(aPDF+meeting+"%%EOF"))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w world) write(file string) (Manifest, error) {
	return Write(w.t.Context(), Source{Store: w.store, Storage: w.disk, DataDir: w.dir, Files: []string{"admin-token", "tls", "none"}, Program: "test", Log: quiet}, file)
}

// read reads the value of a key, whatever its type is.
func read(ctx context.Context, c redis.UniversalClient, key string) (value any, err error) {
	switch kind := c.Type(ctx, key).Val(); kind {
	case "string":
		return c.Get(ctx, key).Result()
	case "hash":
		return c.HGetAll(ctx, key).Result()
	case "set":
		members, err := c.SMembers(ctx, key).Result()
		slices.Sort(members)
		return members, err
	case "zset":
		return c.ZRangeWithScores(ctx, key, 0, -1).Result()
	case "stream":
		return c.XRange(ctx, key, "-", "+").Result()
	default:
		return nil, fmt.Errorf("%s: %s", key, kind)
	}
}

// all reads every key of a store.
func all(t *testing.T, s *store.Store) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := s.Keys(t.Context(), "*", func(keys []string) error {
		for _, k := range keys {
			if k == "diemcau:{papers}:hold" {
				continue // of the backup itself
			}
			v, err := read(t.Context(), s.Client(), k)
			if err != nil {
				return err
			}
			out[k] = fmt.Sprint(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// same compares what is in two stores and in two data directories.
func (w world) same(before map[string]string, s *store.Store, dir string) {
	w.t.Helper()
	after := all(w.t, s)
	if !maps.Equal(before, after) {
		for k, v := range before {
			if after[k] != v {
				w.t.Errorf("%s differs", k)
			}
		}
		w.t.Errorf("%d keys, there were %d", len(after), len(before))
	}
	if ttl := s.Client().TTL(w.t.Context(), "diemcau:ticket:x").Val(); ttl < 50*time.Minute || ttl > time.Hour {
		w.t.Errorf("a ticket lives for %s", ttl)
	}
	if n := s.Client().Exists(w.t.Context(), "diemcau:{papers}:hold").Val(); n != 0 {
		w.t.Error("the backup's hold is there still")
	}
	contents, err := papers.Contents(w.t.Context(), s)
	if err != nil || len(contents) == 0 {
		w.t.Fatalf("%d contents, %v", len(contents), err)
	}
	names := []string{"admin-token", "tls/ca.key", "tls/ca.crt"}
	for _, c := range contents {
		names = append(names, filepath.Join("papers", c.Blob))
	}
	for _, name := range names {
		want, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			w.t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			w.t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().Perm() != 0o600 {
			w.t.Errorf("%s: mode %s", name, info.Mode())
		}
	}
}

func TestBackupComesBackWhole(t *testing.T) {
	w := newWorld(t)
	before := all(t, w.store)
	file := filepath.Join(t.TempDir(), "backup.tar")
	m, err := w.write(file)
	if err != nil || m.Papers != 5 || m.Masters != 1 {
		t.Fatalf("%+v, %v", m, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.dir, ".*")); len(left) > 0 {
		t.Errorf("left in the data directory: %s", left)
	}
	if _, err := w.write(file); err == nil {
		t.Error("a backup was written over another")
	}
	if _, err := Restore(t.Context(), file, Target{Store: store.Config{DataDir: w.dir}, Replace: true, Log: quiet}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("under a server that runs: %v", err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := Restore(t.Context(), file, Target{Store: store.Config{DataDir: dir}, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	restored := storetest.Open(t, dir)
	w.same(before, restored, dir)
	restored.Client().Set(t.Context(), "diemcau:new", "x", 0)
	if err := restored.Close(); err != nil {
		t.Fatal(err)
	}
	// A second time only if it is meant.
	if _, err := Restore(t.Context(), file, Target{Store: store.Config{DataDir: dir}, Log: quiet}); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("over data: %v", err)
	}
	if got := storetest.Open(t, dir).Client().Get(t.Context(), "diemcau:new").Val(); got != "x" {
		t.Error("a restore that was refused changed something")
	}
}

func TestReplacedDataAreMovedAside(t *testing.T) {
	w := newWorld(t)
	before := all(t, w.store)
	file := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := w.write(file); err != nil {
		t.Fatal(err)
	}
	other := newWorld(t)
	other.store.Client().Set(t.Context(), "diemcau:other", "x", 0)
	if err := other.store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), file, Target{Store: store.Config{DataDir: other.dir}, Replace: true, Log: quiet}); err != nil {
		t.Fatal(err)
	}
	w.same(before, storetest.Open(t, other.dir), other.dir)
	aside, _ := filepath.Glob(filepath.Join(other.dir, "replaced-*"))
	if len(aside) != 1 {
		t.Fatalf("%s", aside)
	}
	if got := storetest.Open(t, aside[0]).Client().Get(t.Context(), "diemcau:other").Val(); got != "x" {
		t.Error("what was there is lost")
	}
}

func TestExternalRedis(t *testing.T) {
	w := newWorld(t)
	before := all(t, w.store)
	address := w.store.Client().(*redis.Client).Options().Addr
	outside, err := store.Attach(t.Context(), store.Config{Addrs: []string{address}, Patient: true, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	w.store = outside
	file := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := w.write(file); err != nil {
		t.Fatal(err)
	}
	if err := outside.Close(); err != nil {
		t.Fatal(err)
	}
	target := storetest.New(t)
	config := store.Config{Addrs: []string{target.Client().(*redis.Client).Options().Addr}, Log: quiet}
	target.Client().Set(t.Context(), "others:key", "x", 0)
	for _, replace := range []bool{false, true} {
		config.DataDir = filepath.Join(t.TempDir(), "data")
		if _, err := Restore(t.Context(), file, Target{Store: config, Replace: replace, Log: quiet}); err != nil {
			t.Fatal(err)
		}
		if target.Client().Get(t.Context(), "others:key").Val() != "x" {
			t.Error("a key of somebody else's is lost")
		}
		before["others:key"] = "x"
		w.same(before, target, config.DataDir)
		config.DataDir = filepath.Join(t.TempDir(), "more")
		if _, err := Restore(t.Context(), file, Target{Store: config, Log: quiet}); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("over keys: %v", err)
		}
		target.Client().Set(t.Context(), "diemcau:more", "x", 0)
	}
}

func TestDamagedBackupsChangeNothing(t *testing.T) {
	w := newWorld(t)
	file := filepath.Join(t.TempDir(), "backup.tar")
	if _, err := w.write(file); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	attempt := func(what string, content []byte) {
		t.Helper()
		bad := filepath.Join(t.TempDir(), "bad.tar")
		if err := os.WriteFile(bad, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(t.Context(), bad, Target{Store: store.Config{DataDir: dir}, Log: quiet}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the data directory was touched", what)
		}
	}
	for _, at := range []int{600, 5000, len(whole) / 2} {
		changed := bytes.Clone(whole)
		changed[at] ^= 1
		attempt(fmt.Sprintf("byte %d changed", at), changed)
	}
	for _, length := range []int{0, 100, len(whole) / 3, len(whole) - 4096, bytes.LastIndex(whole, []byte(sumsName))} {
		attempt(fmt.Sprintf("cut to %d bytes", length), whole[:length])
	}
	attempt("a path that leads out", bytes.ReplaceAll(whole, []byte("data/tls/ca.key"), []byte("data/../../key!")))
	attempt("two of one name", append(bytes.Clone(whole[:bytes.Index(whole, []byte("papers/"))]), whole...))
}

func TestBackupWhilePapersChange(t *testing.T) {
	w := newWorld(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; ctx.Err() == nil && err == nil; i++ {
			meeting := fmt.Sprintf("x%d", i)
			var p papers.Paper
			p, err = w.kept.Put(t.Context(), papers.Upload{Meeting: meeting, Name: "a.pdf", Readers: papers.All, Size: -1}, strings.NewReader(aPDF))
			if err == nil {
				err = w.kept.Remove(t.Context(), meeting, p.ID, 0, audit.Actor{})
			}
		}
		done <- err
	}()
	for i := range 3 {
		file := filepath.Join(t.TempDir(), "backup.tar")
		if _, err := w.write(file); err != nil {
			t.Errorf("backup %d: %v", i, err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A content that is lost is named, and everything else is kept.
func TestMissingContentIsNamed(t *testing.T) {
	w := newWorld(t)
	p := w.upload("lost")
	if err := w.disk.Delete(t.Context(), p.Newest().Blob); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup.tar")
	m, err := w.write(file)
	if !errors.Is(err, ErrIncomplete) || m.Papers != 5 || len(m.Missing) != 1 {
		t.Errorf("%+v, %v", m, err)
	}
	if m, err := Verify(file); err != nil || m.Papers != 5 || m.Missing[0] != "Báo cáo.pdf" {
		t.Errorf("%+v, %v", m, err)
	}
	changed := filepath.Join(w.dir, "papers", w.upload("changed").Newest().Blob)
	if err := os.WriteFile(changed, []byte(strings.Repeat("x", len(aPDF)+len("changed%%EOF"))), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := w.write(file + "2"); !errors.Is(err, ErrDamaged) {
		t.Errorf("a content that was changed: %v", err)
	}
	if left, _ := filepath.Glob(file + "2*"); len(left) > 0 {
		t.Errorf("left: %s", left)
	}
}
