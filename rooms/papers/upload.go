package papers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

const (
	spoolSuffix  = ".upload"
	mostPapers   = 500              // of a meeting
	mostVersions = 100              // of a paper
	storeWait    = time.Second      // for one answer of Redis
	writeWait    = 10 * time.Minute // to write a content to the storage and to record it
	spaceEvery   = 4 << 20          // bytes after which the space that is left is looked at
)

// Upload says what is uploaded.
type Upload struct {
	Meeting  string
	Paper    string  // id, for a new version; empty for a new paper
	Name     string  // of the file; empty for that of the version before
	Readers  Readers // empty for those there were
	Revision int64   // of the paper that a new version follows; 0 is any
	Size     int64   // bytes, where they are known; -1 otherwise
	Actor    audit.Actor
	// IdempotencyKey makes a repeated request answer as the first did, for 24 hours. Optional.
	IdempotencyKey string
}

// Put takes a file from body and keeps it as a paper or a version of one. When it returns without an error the paper is on disk and
// recorded. The time of reading is the caller's to bound.
func (p *Papers) Put(ctx context.Context, u Upload, body io.Reader) (Paper, error) {
	select {
	case p.uploads <- struct{}{}:
		defer func() { <-p.uploads }()
	default:
		return Paper{}, ErrBusy
	}
	paper, err := p.before(ctx, &u)
	if err != nil {
		return Paper{}, err
	}
	if err := p.room(ctx, u.Size); err != nil {
		return Paper{}, err
	}
	blob := access.NewID()
	spool, err := os.OpenFile(filepath.Join(p.Dir, blob+spoolSuffix), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Paper{}, onDisk(err)
	}
	defer func() {
		_ = spool.Close()
		_ = os.Remove(spool.Name()) // a Disk has moved it away
	}()
	v := Version{Version: 1, Name: u.Name, Blob: blob, UploadedBy: u.Actor.Name, Uploaded: p.now().UTC().Truncate(time.Millisecond)}
	if v.Size, v.SHA256, err = p.receive(spool, body, u.Size); err != nil {
		return Paper{}, err
	}
	if v.Type, err = inspect(spool, v.Size, v.Name); err != nil {
		return Paper{}, err
	}
	before := paper.Revision
	if before > 0 {
		v.Version = paper.Newest().Version + 1
	}
	paper.Revision, paper.Readers, paper.Versions = before+1, u.Readers, append(slices.Clone(paper.Versions), v)
	return p.keep(ctx, paper, before, v, spool, u)
}

// before reads the paper that a version is uploaded of, or begins a new one, and completes the upload from it. It looks before anything is
// received at what can be known then.
func (p *Papers) before(ctx context.Context, u *Upload) (paper Paper, err error) {
	paper = Paper{ID: access.NewID(), Meeting: u.Meeting}
	if u.Paper != "" {
		ctx, cancel := context.WithTimeout(ctx, storeWait)
		defer cancel()
		if paper, err = p.Get(ctx, u.Meeting, u.Paper); err != nil {
			return paper, err
		}
		newest := paper.Newest()
		switch {
		case u.Revision != 0 && u.Revision != paper.Revision && u.IdempotencyKey == "":
			return paper, ErrStaleVersion
		case len(paper.Versions) >= mostVersions:
			return paper, ErrLimit
		}
		if u.Name == "" {
			u.Name = newest.Name
		}
		if u.Readers == "" {
			u.Readers = paper.Readers
		}
	}
	if u.Name, err = checkName(u.Name); err != nil {
		return paper, err
	}
	if !u.Readers.valid() {
		return paper, ErrUnknownReaders
	}
	return paper, nil
}

// room looks before anything is received whether it could be kept.
func (p *Papers) room(ctx context.Context, size int64) error {
	if size > p.Largest {
		return ErrTooLarge
	}
	ctx, cancel := context.WithTimeout(ctx, storeWait)
	defer cancel()
	used, err := p.Store.Client().Get(ctx, keyUsed).Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return fmt.Errorf("papers: bytes used: %w", store.Classify(err))
	}
	if used+size > p.Quota {
		return ErrQuota
	}
	return nil
}

// receive writes the body to the spool.
func (p *Papers) receive(spool *os.File, body io.Reader, announced int64) (size int64, sum string, err error) {
	hash := sha256.New()
	for {
		left, err := free(p.Dir)
		if err != nil {
			return 0, "", err
		}
		if left-max(announced-size, 0) < p.Reserve {
			return 0, "", fmt.Errorf("%w: %d bytes are left", ErrDiskFull, left)
		}
		n, err := io.Copy(io.MultiWriter(writer{spool}, hash), io.LimitReader(body, min(spaceEvery, p.Largest+1-size)))
		size += n
		switch {
		case size > p.Largest:
			return 0, "", ErrTooLarge
		case errors.Is(err, ErrDiskFull), errors.Is(err, ErrStorage):
			return 0, "", err
		case err != nil, n == 0 && announced >= 0 && size != announced:
			return 0, "", fmt.Errorf("%w: %w", ErrCut, errors.Join(err, io.ErrUnexpectedEOF))
		case n == 0:
			return size, hex.EncodeToString(hash.Sum(nil)), nil
		}
	}
}

// writer says of its failures that they are the disk's.
type writer struct{ file *os.File }

func (w writer) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	return n, onDisk(err)
}

// keep writes the content to the storage and records it. Before it is written it is noted as pending, so that it is found should this
// server die. When Redis does not answer in the end, nobody knows whether it is recorded: it stays, and sweep finds out.
func (p *Papers) keep(ctx context.Context, paper Paper, before int64, v Version, spool *os.File, u Upload) (Paper, error) {
	if u.Revision != 0 {
		before = u.Revision
	}
	ctx, cancel := context.WithTimeout(ctx, writeWait)
	defer cancel()
	deadline, client := p.now().Add(2*writeWait), p.Store.Client()
	if err := client.ZAdd(ctx, keyPending, redis.Z{Score: float64(deadline.UnixMilli()), Member: v.Blob}).Err(); err != nil {
		return Paper{}, fmt.Errorf("papers: note the content: %w", store.Classify(err))
	}
	if err := p.Storage.Put(ctx, v.Blob, spool); err != nil {
		p.drop(ctx, v.Blob)
		return Paper{}, err
	}
	recorded, err := p.record(ctx, paper, before, v, u)
	switch {
	case errors.Is(err, store.ErrUnavailable):
		return Paper{}, err
	case err != nil || recorded.Newest().Blob != v.Blob: // or the key's first request has recorded another
		p.drop(ctx, v.Blob)
	}
	return recorded, err
}

// drop makes a content that was pending garbage and removes it. What cannot be removed now is later.
func (p *Papers) drop(ctx context.Context, blob string) {
	_, err := p.Store.Client().TxPipelined(ctx, func(tx redis.Pipeliner) error {
		tx.SAdd(ctx, keyGarbage, blob)
		tx.ZRem(ctx, keyPending, blob)
		return nil
	})
	if err == nil {
		err = p.sweep(ctx, time.Time{})
	}
	if err != nil {
		p.Log.Warn("a content that no paper refers to stays for now", "error", err)
	}
}

// record is the step after which the paper is there.
func (p *Papers) record(ctx context.Context, paper Paper, before int64, v Version, u Upload) (Paper, error) {
	stored, err := encode(paper)
	if err != nil {
		return Paper{}, err
	}
	entry := audit.Entry{Actor: u.Actor, Action: "paper.uploaded", Object: paper.ID, Name: v.Name, To: fmt.Sprintf("%s v%d", u.Meeting, v.Version)}
	raw, err := audit.Encode(entry)
	if err != nil {
		return Paper{}, err
	}
	once, request := prefixOnce, ""
	if u.IdempotencyKey != "" {
		asked, err := json.Marshal([]any{u.Meeting, u.Paper, u.Name, u.Readers, u.Revision, v.SHA256})
		if err != nil {
			return Paper{}, fmt.Errorf("papers: request: %w", err)
		}
		once, request = prefixOnce+access.HashOf(u.IdempotencyKey), access.HashOf(string(asked))
	}
	answer, err := commitScript.Run(ctx, p.Store.Client(), []string{prefixMeeting + u.Meeting, keyBlobs, keyUsed, keyPending, once, audit.Key(Tag)},
		paper.ID, before, stored, v.Blob, v.Size, p.Quota, mostPapers, request, int(keptOnce.Seconds()), raw).StringSlice()
	if err != nil {
		return Paper{}, fmt.Errorf("papers: record: %w", store.Classify(err))
	}
	return answered(answer)
}
