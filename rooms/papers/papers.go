// Package papers keeps the papers of meetings (tài liệu họp): what is known of them in Redis, their content in the data directory or in
// an S3 bucket. A paper that was acknowledged is on disk; content that nothing refers to is swept away.
package papers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// Errors of this package beside those of package store. They are wrapped: compare with errors.Is.
var (
	ErrNotFound            = errors.New("papers: no such paper")
	ErrStaleVersion        = errors.New("papers: the paper has changed since")
	ErrIdempotencyMismatch = errors.New("papers: the idempotency key was used for another request")
	ErrBadName             = errors.New("papers: not the name of a file")
	ErrUnknownReaders      = errors.New("papers: no such circle of readers")
	ErrType                = errors.New("papers: not one of the types that are taken, or not what the name says")
	ErrEmpty               = errors.New("papers: the file is empty")
	ErrCut                 = errors.New("papers: the file is not whole")
	ErrArchive             = errors.New("papers: an archive that cannot be unpacked safely")
	ErrTooLarge            = errors.New("papers: the file is too large")
	ErrQuota               = errors.New("papers: no room is left for papers")
	ErrDiskFull            = errors.New("papers: the disk is full")
	ErrLimit               = errors.New("papers: a meeting cannot have as many papers")
	ErrBusy                = errors.New("papers: too many uploads at once")
	ErrStorage             = errors.New("papers: the storage of papers does not answer")
)

// Tag is the hash tag of all keys of this package, and of its entries in the audit log.
const Tag = "papers"

const (
	prefixMeeting = "diemcau:{papers}:meeting:" // hash of a meeting's papers: id to revision, a space, Paper as JSON
	keyBlobs      = "diemcau:{papers}:blobs"    // hash: each content that a paper refers to, and its bytes
	keyUsed       = "diemcau:{papers}:used"     // bytes of all of them
	keyPending    = "diemcau:{papers}:pending"  // sorted set: content that is being written, by when it must have been recorded, in ms
	keyGarbage    = "diemcau:{papers}:garbage"  // set: content that nothing refers to
	keyHold       = "diemcau:{papers}:hold"     // sorted set: backups that are being made, by when they must be over, in ms; meanwhile no content is removed
	prefixOnce    = "diemcau:{papers}:once:"    // hash of request and answer
	keptOnce      = 24 * time.Hour
)

// Readers is the circle that may read a paper, among those who may read papers at all.
type Readers string

// The circles.
const (
	All     Readers = "all"     // whoever may see the meeting
	Invited Readers = "invited" // who takes part in the meeting
	Leaders Readers = "leaders" // leaders
)

func (r Readers) valid() bool { return r == All || r == Invited || r == Leaders }

// Reader is who wants to read, in his relation to the meeting.
type Reader struct {
	Manages bool // may upload papers: knows them all
	Leader  bool
	Invited bool
}

// May tells whether somebody who may read papers at all is in the circle.
func (r Readers) May(who Reader) bool {
	switch r {
	case All:
		return true
	case Invited:
		return who.Manages || who.Invited
	case Leaders:
		return who.Manages || who.Leader
	}
	return false
}

// Version is one content of a paper.
type Version struct {
	Version    int64     `json:"version"` // from 1
	Name       string    `json:"name"`    // of the file
	Type       string    `json:"type"`    // media type, by content
	Size       int64     `json:"size"`    // bytes
	SHA256     string    `json:"sha256"`  // in hexadecimal digits
	Blob       string    `json:"blob"`    // its name in the storage
	Uploaded   time.Time `json:"uploaded"`
	UploadedBy string    `json:"uploaded_by"` // name, as it was then
}

// Paper is a paper of a meeting with all its versions, the oldest first.
type Paper struct {
	ID       string    `json:"id"`
	Meeting  string    `json:"meeting"`
	Revision int64     `json:"-"` // grows by one with each change, of the content or of the readers; kept beside the rest
	Readers  Readers   `json:"readers"`
	Versions []Version `json:"versions"`
}

// Newest is the version that counts.
func (p Paper) Newest() Version { return p.Versions[len(p.Versions)-1] }

// Find gives a version by its number; 0 is the newest. It returns ErrNotFound.
func (p Paper) Find(number int64) (Version, error) {
	if number == 0 {
		return p.Newest(), nil
	}
	i := slices.IndexFunc(p.Versions, func(v Version) bool { return v.Version == number })
	if i < 0 {
		return Version{}, ErrNotFound
	}
	return p.Versions[i], nil
}

// Config is what Papers needs.
type Config struct {
	Store   *store.Store
	Storage Storage
	Dir     string // where uploads are kept until they are checked; on the disk of Storage, where that is a Disk
	Largest int64  // bytes of a file
	Quota   int64  // bytes of all
	Reserve int64  // bytes of the disk that uploads leave free, since Redis needs them
	Alone   bool   // no other server uses the same store: what is pending at the start is of nobody
	Log     *slog.Logger
}

// Papers reads and changes papers. It is safe for concurrent use.
type Papers struct {
	Config
	uploads chan struct{} // one for each that runs
	now     func() time.Time
}

// mostUploads is how many uploads may run at once on a server.
const mostUploads = 16

// New makes Papers and throws away what uploads of a server before it left in the directory.
func New(cfg Config) (*Papers, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(cfg.Dir, "*"+spoolSuffix))
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	for _, name := range left {
		if err := os.Remove(name); err != nil {
			return nil, fmt.Errorf("papers: what an upload left: %w", err)
		}
	}
	return &Papers{Config: cfg, uploads: make(chan struct{}, mostUploads), now: time.Now}, nil
}

// List reads a meeting's papers, in the order in which they were uploaded first.
func (p *Papers) List(ctx context.Context, meeting string) ([]Paper, error) {
	stored, err := p.Store.Client().HVals(ctx, prefixMeeting+meeting).Result()
	if err != nil {
		return nil, fmt.Errorf("papers: list: %w", store.Classify(err))
	}
	all := make([]Paper, 0, len(stored))
	for _, s := range stored {
		paper, err := decode(s)
		if err != nil {
			return nil, err
		}
		all = append(all, paper)
	}
	slices.SortFunc(all, func(a, b Paper) int {
		if c := a.Versions[0].Uploaded.Compare(b.Versions[0].Uploaded); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// Get reads a paper of a meeting, or returns ErrNotFound.
func (p *Papers) Get(ctx context.Context, meeting, id string) (Paper, error) {
	stored, err := p.Store.Client().HMGet(ctx, prefixMeeting+meeting, id).Result()
	if err != nil {
		return Paper{}, fmt.Errorf("papers: read: %w", store.Classify(err))
	}
	raw, ok := stored[0].(string)
	if !ok {
		return Paper{}, ErrNotFound
	}
	return decode(raw)
}

// Open opens the content of a version. It returns ErrStorage where that is away.
func (p *Papers) Open(ctx context.Context, v Version) (Content, error) {
	return p.Storage.Open(ctx, v.Blob)
}

// SetReaders changes who may read a paper. A revision of 0 is any. It returns ErrNotFound, ErrUnknownReaders or ErrStaleVersion; readers that it
// has already are no change, so that it can be repeated.
func (p *Papers) SetReaders(ctx context.Context, meeting, id string, readers Readers, revision int64, actor audit.Actor) (Paper, error) {
	if !readers.valid() {
		return Paper{}, ErrUnknownReaders
	}
	paper, err := p.Get(ctx, meeting, id)
	if err != nil || paper.Readers == readers {
		return paper, err
	}
	if revision == 0 {
		revision = paper.Revision
	}
	entry, err := audit.Encode(audit.Entry{
		Actor: actor, Action: "paper.readers_changed", Object: id, Name: paper.Newest().Name, From: string(paper.Readers), To: string(readers),
	})
	if err != nil {
		return paper, err
	}
	paper.Readers, paper.Revision = readers, revision+1
	stored, err := encode(paper)
	if err != nil {
		return paper, err
	}
	answer, err := readersScript.Run(ctx, p.Store.Client(), []string{prefixMeeting + meeting, audit.Key(Tag)}, id, revision, stored, entry).StringSlice()
	if err != nil {
		return paper, fmt.Errorf("papers: readers: %w", store.Classify(err))
	}
	return answered(answer)
}

// Remove takes a paper away with all its versions. A revision of 0 is any. It returns ErrNotFound or ErrStaleVersion.
func (p *Papers) Remove(ctx context.Context, meeting, id string, revision int64, actor audit.Actor) error {
	paper, err := p.Get(ctx, meeting, id)
	if err != nil {
		return err
	}
	if revision == 0 {
		revision = paper.Revision
	}
	entry, err := audit.Encode(audit.Entry{Actor: actor, Action: "paper.removed", Object: id, Name: paper.Newest().Name})
	if err != nil {
		return err
	}
	args := []any{id, revision, entry}
	for _, v := range paper.Versions {
		args = append(args, v.Blob)
	}
	answer, err := removeScript.Run(ctx, p.Store.Client(), []string{prefixMeeting + meeting, keyBlobs, keyUsed, keyGarbage, audit.Key(Tag)}, args...).StringSlice()
	if err != nil {
		return fmt.Errorf("papers: remove: %w", store.Classify(err))
	}
	_, err = answered(answer)
	return err
}

// answered turns what the scripts answer into the paper that they stored or the error that they name.
func answered(answer []string) (Paper, error) {
	switch answer[0] {
	case "ok":
		if len(answer) == 1 {
			return Paper{}, nil
		}
		return decode(answer[1])
	case "mismatch":
		return Paper{}, ErrIdempotencyMismatch
	case "missing":
		return Paper{}, ErrNotFound
	case "stale":
		return Paper{}, ErrStaleVersion
	case "quota":
		return Paper{}, ErrQuota
	case "limit":
		return Paper{}, ErrLimit
	}
	return Paper{}, fmt.Errorf("papers: the content was not recorded in time: %w", ErrStorage)
}

// encode writes a paper as it is stored.
func encode(p Paper) (string, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("papers: paper: %w", err)
	}
	return strconv.FormatInt(p.Revision, 10) + " " + string(raw), nil
}

func decode(stored string) (Paper, error) {
	revision, raw, _ := strings.Cut(stored, " ")
	var p Paper
	err := json.Unmarshal([]byte(raw), &p)
	if err == nil {
		p.Revision, err = strconv.ParseInt(revision, 10, 64)
	}
	if err != nil || len(p.Versions) == 0 {
		return p, fmt.Errorf("papers: a stored paper cannot be read: %w", errors.Join(err, ErrNotFound))
	}
	return p, nil
}
