package store_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// redisServer runs a Redis that is not the store's own and gives its address.
func redisServer(t *testing.T, args ...string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	l.Close()
	for i, a := range args {
		if a == "PORT" {
			args[i] = port
		}
	}
	server := exec.Command("redis-server", append(args, "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning", "--repl-diskless-sync-delay", "0")...)
	server.Dir = t.TempDir()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	return address
}

// ping waits until a Redis answers.
func ping(t *testing.T, options *redis.Options) *redis.Client {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", options.Addr)
		if err != nil {
			continue
		}
		conn.Close()
		client := redis.NewClient(options)
		t.Cleanup(func() { _ = client.Close() })
		if client.Ping(t.Context()).Err() == nil {
			return client
		}
	}
	t.Fatalf("no Redis at %s", options.Addr)
	return nil
}

// works plans a meeting, lets somebody in and holds it, on a store of any kind.
func works(t *testing.T, cfg store.Config) {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	s, err := store.Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	planned := calendar.New(s, cfg.Log)
	now := time.Now()
	m, err := planned.Create(ctx, calendar.Plan{
		Subject: "Họp", Start: now, End: now.Add(time.Hour), Speaking: meeting.SpeakingFloor, Chair: calendar.Person{Name: "Chủ tịch"},
	}, calendar.Change{IdempotencyKey: "key"})
	if err != nil {
		t.Fatal(err)
	}
	if all, total, err := planned.List(ctx, calendar.Query{Limit: 10}); err != nil || total != 1 || all[0].ID != m.ID {
		t.Errorf("%v of %d, %v", all, total, err)
	}
	credentials, err := access.New(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	ticket, err := credentials.IssueTicket(ctx, access.Claims{Meeting: m.ID, Seat: "seat", Role: meeting.RoleChair, Expires: now.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := credentials.RedeemTicket(ctx, ticket); err != nil || c.Seat != "seat" {
		t.Errorf("%+v %v", c, err)
	}
	log := meeting.NewLog(s, cfg.Log)
	for i, ev := range []meeting.Event{{Type: meeting.MeetingOpened, Opening: m.Opening()}, {Type: meeting.SeatTaken, Seat: "seat", Taken: &meeting.Person{Role: meeting.RoleChair}}} {
		ev.Seq = int64(i + 1)
		if err := log.Append(ctx, m.ID, ev); err != nil {
			t.Fatal(err)
		}
	}
	if state, err := log.Load(ctx, m.ID); err != nil || len(state.Seats) != 1 {
		t.Errorf("%+v %v", state, err)
	}
	snapshots(ctx, t, s)
}

// snapshots takes a snapshot of each master and brings all of them to another store.
func snapshots(ctx context.Context, t *testing.T, s *store.Store) {
	t.Helper()
	large := strings.Repeat("Hội nghị", 100_000)
	for i := range 30 {
		if err := s.Client().Set(ctx, fmt.Sprintf("diemcau:test:%d", i), large[:i*10_000], time.Hour).Err(); err != nil {
			t.Fatal(err)
		}
	}
	var dirs []string
	err := s.Snapshot(ctx, func(number int) (io.WriteCloser, error) {
		dirs = append(dirs, t.TempDir())
		return os.Create(store.SnapshotFile(dirs[number]))
	})
	if err != nil {
		t.Fatal(err)
	}
	other, copied := storetest.New(t), 0
	for _, dir := range dirs {
		from, err := store.OpenSnapshot(ctx, store.Config{DataDir: dir, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		n, err := from.CopyTo(ctx, other)
		if err := errors.Join(err, from.Close()); err != nil {
			t.Fatal(err)
		}
		copied += n
	}
	there := 0
	if err := s.Keys(ctx, "diemcau:*", func(keys []string) error { there += len(keys); return nil }); err != nil || there != copied {
		t.Errorf("%d of %d keys, %v", copied, there, err)
	}
	for i := range 30 {
		if got := other.Client().Get(ctx, fmt.Sprintf("diemcau:test:%d", i)).Val(); got != large[:i*10_000] {
			t.Errorf("a value of %d bytes, not %d", len(got), i*10_000)
		}
	}
}

// What is no snapshot, or of a newer program, is not used.
func TestBadSnapshots(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	dir := t.TempDir()
	if err := os.WriteFile(store.SnapshotFile(dir), []byte("REDIS0009 no"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenSnapshot(t.Context(), store.Config{DataDir: dir, Log: quiet}); err == nil {
		t.Error("what is no snapshot was opened")
	}
	s := storetest.New(t)
	if err := s.Client().Set(t.Context(), "diemcau:schema", 1000, 0).Err(); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := s.Snapshot(t.Context(), func(int) (io.WriteCloser, error) { return os.Create(store.SnapshotFile(dir)) }); err != nil {
		t.Fatal(err)
	}
	if _, err := store.OpenSnapshot(t.Context(), store.Config{DataDir: dir, Log: quiet}); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("of a newer program: %v", err)
	}
}

func TestSentinel(t *testing.T) {
	master := redisServer(t, "--port", "PORT")
	ping(t, &redis.Options{Addr: master})
	host, port, _ := net.SplitHostPort(master)
	file := filepath.Join(t.TempDir(), "sentinel.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, "sentinel monitor province %s %s 1\n", host, port), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel := redisServer(t, file, "--sentinel", "--port", "PORT")
	ping(t, &redis.Options{Addr: sentinel})
	works(t, store.Config{Addrs: []string{sentinel}, MasterName: "province"})
}

func TestCluster(t *testing.T) {
	const slots = 16384
	var nodes []*redis.Client
	var addresses []string
	for range 3 {
		address := redisServer(t, "--port", "PORT", "--cluster-enabled", "yes")
		nodes, addresses = append(nodes, ping(t, &redis.Options{Addr: address})), append(addresses, address)
	}
	for i, node := range nodes {
		if err := node.ClusterAddSlotsRange(t.Context(), i*slots/3, (i+1)*slots/3-1).Err(); err != nil {
			t.Fatal(err)
		}
		host, port, _ := net.SplitHostPort(addresses[0])
		if err := node.ClusterMeet(t.Context(), host, port).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		ready := 0
		for _, node := range nodes {
			if info := node.ClusterInfo(t.Context()).Val(); len(info) > 16 && info[:16] == "cluster_state:ok" {
				ready++
			}
		}
		if ready == len(nodes) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the cluster does not form")
		}
	}
	works(t, store.Config{Addrs: addresses[:1], Cluster: true})
}

func TestTLSWithPassword(t *testing.T) {
	folder := t.TempDir()
	roots := certificate(t, folder)
	address := redisServer(t, "--port", "0", "--tls-port", "PORT", "--tls-cert-file", folder+"/cert.pem", "--tls-key-file", folder+"/key.pem",
		"--tls-auth-clients", "no", "--requirepass", "secret", "--repl-diskless-sync", "no")
	secure := &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	ping(t, &redis.Options{Addr: address, Password: "secret", TLSConfig: secure})
	works(t, store.Config{Addrs: []string{address}, Password: "secret", TLS: secure})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := store.Open(ctx, store.Config{Addrs: []string{address}, Password: "secret", TLS: &tls.Config{MinVersion: tls.VersionTLS12}, Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a certificate that nobody vouches for is accepted")
	}
}

// certificate writes a self-signed certificate and its key, and gives the roots that trust it.
func certificate(t *testing.T, folder string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, content := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	return roots
}
