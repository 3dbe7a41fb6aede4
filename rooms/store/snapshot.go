package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// ours is the pattern of all keys of the project: an external Redis may hold others.
const ours = "diemcau:*"

// Attach connects to the Redis of a server that runs, or opens it where none does.
func Attach(ctx context.Context, cfg Config) (*Store, error) {
	if len(cfg.Addrs) == 0 {
		if _, err := os.Stat(cfg.DataDir); err != nil {
			return nil, fmt.Errorf("store: the data directory: %w", err)
		}
	}
	s, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	if err = s.Ping(ctx); err == nil || len(cfg.Addrs) > 0 {
		return s, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return Open(ctx, cfg)
}

// snapshotName is the file that a Redis for a snapshot starts from.
const snapshotName = "snapshot.rdb"

// OpenSnapshot starts a Redis in cfg.DataDir on the snapshot that was put there by the name that it returns for dir. Nothing that is written
// to it is kept. It returns an error when the snapshot cannot be read, or is of a newer program.
func OpenSnapshot(ctx context.Context, cfg Config) (*Store, error) {
	cfg.arguments = []string{"--appendonly", "no", "--dbfilename", snapshotName}
	cfg.Addrs = nil
	s, err := connect(cfg)
	if err != nil {
		return nil, err
	}
	if s.child, err = startChild(ctx, cfg, s.socketDir); err == nil {
		err = s.awaitReady(ctx, cfg.Log)
	}
	if err == nil {
		_, err = schema(ctx, s.client, len(migrations))
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// SnapshotFile is where OpenSnapshot looks for the snapshot in a directory.
func SnapshotFile(dir string) string { return filepath.Join(dir, snapshotName) }

// Snapshot writes what Redis holds at one moment, as an RDB file for each master, while it goes on serving; create makes the file with a
// number. The masters of a Cluster are asked one after the other: keys of one hash tag are of one moment, others are not.
func (s *Store) Snapshot(ctx context.Context, create func(number int) (io.WriteCloser, error)) error {
	number := 0
	return s.eachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		w, err := create(number)
		if err != nil {
			return err
		}
		number++
		return errors.Join(synchronize(ctx, node, w), w.Close())
	})
}

// eachMaster visits the one Redis, or the masters of the Cluster one after the other.
func (s *Store) eachMaster(ctx context.Context, visit func(context.Context, *redis.Client) error) error {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		return visit(ctx, s.client.(*redis.Client))
	}
	var one sync.Mutex
	return cluster.ForEachMaster(ctx, func(ctx context.Context, node *redis.Client) error {
		one.Lock()
		defer one.Unlock()
		return visit(ctx, node)
	})
}

const (
	// silence is how long a Redis that makes a snapshot may send nothing: it sends a line every second while it prepares one.
	silence   = 30 * time.Second
	endLength = 40 // bytes of the mark behind a snapshot whose length is not announced
)

// synchronize asks a Redis for a snapshot as a replica does (SYNC), which go-redis has no command for, and leaves when it is there.
func synchronize(ctx context.Context, node *redis.Client, w io.Writer) error {
	options := node.Options()
	conn, err := options.Dialer(ctx, options.Network, options.Addr)
	if err != nil {
		return Classify(err)
	}
	defer func() { _ = conn.Close() }() // everything was read, or nothing is
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	r := bufio.NewReaderSize(&lively{conn}, 64<<10)
	if options.Password != "" {
		credentials := []string{"AUTH", options.Password}
		if options.Username != "" {
			credentials = []string{"AUTH", options.Username, options.Password}
		}
		if err := command(conn, r, credentials...); err != nil {
			return err
		}
	}
	if err := command(conn, r, "REPLCONF", "capa", "eof"); err != nil {
		return err
	}
	_ = command(conn, r, "REPLCONF", "rdb-only", "1") // before 7.0 changes follow the snapshot, and nobody reads them
	if err := send(conn, "SYNC"); err != nil {
		return err
	}
	head, err := line(r)
	if err != nil {
		return err
	}
	if mark, found := strings.CutPrefix(head, "$EOF:"); found && len(mark) == endLength {
		return copyUntil(w, r, []byte(mark))
	}
	length, err := strconv.ParseInt(strings.TrimPrefix(head, "$"), 10, 64)
	if err != nil {
		return fmt.Errorf("store: Redis gives no snapshot: %s", head)
	}
	if _, err := io.CopyN(w, r, length); err != nil {
		return fmt.Errorf("store: snapshot: %w", err)
	}
	return nil
}

// lively gives up a connection on which nothing comes.
type lively struct{ net.Conn }

func (l *lively) Read(b []byte) (int, error) {
	if err := l.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return l.Conn.Read(b)
}

// send writes a command.
func send(w io.Writer, words ...string) error {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, word := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := w.Write(b); err != nil {
		return Classify(err)
	}
	return nil
}

// command sends a command that is answered by OK.
func command(w io.Writer, r *bufio.Reader, words ...string) error {
	if err := send(w, words...); err != nil {
		return err
	}
	answer, err := line(r)
	if err == nil && answer != "+OK" {
		err = fmt.Errorf("store: Redis refuses %s: %s", words[0], strings.TrimPrefix(answer, "-"))
	}
	return err
}

// line reads the next line that is not empty: empty ones keep the connection alive.
func line(r *bufio.Reader) (string, error) {
	for {
		raw, err := r.ReadSlice('\n')
		if err != nil {
			return "", Classify(err)
		}
		if text := strings.TrimSpace(string(raw)); text != "" {
			return text, nil
		}
	}
}

// copyUntil copies what comes before the mark.
func copyUntil(w io.Writer, r io.Reader, mark []byte) error {
	buffer, kept := make([]byte, 256<<10), 0
	for {
		n, err := r.Read(buffer[kept:])
		kept += n
		if end := bytes.Index(buffer[:kept], mark); end >= 0 {
			_, err := w.Write(buffer[:end])
			return err
		}
		if err != nil {
			return fmt.Errorf("store: snapshot: it ends too early: %w", err)
		}
		if done := kept - len(mark); done > 0 { // the mark may have begun
			if _, err := w.Write(buffer[:done]); err != nil {
				return err
			}
			kept = copy(buffer, buffer[done:kept])
		}
	}
}
