package audit

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"diemcau/rooms/fold"
	"diemcau/rooms/store"
)

const (
	batch = 200
	// mostRead bounds what one search reads of the log; a page that ends there has a cursor to go on from.
	mostRead = 20_000
)

// Query says which entries are wanted. What is empty does not narrow.
type Query struct {
	From   time.Time // at this time or later
	To     time.Time // before this time
	Actor  string    // id or login of an account
	Action string    // the action, or with a point at its end all that begin so: "account."
	Text   string    // anywhere in the entry; case and diacritics do not matter
	After  string    // cursor: Page.Next of the page before
	Limit  int
}

// Page is a part of the log, newest first.
type Page struct {
	Entries []Entry
	Next    string // cursor of the page after; empty at the end. A page can be short and have one.
}

// position is a place in the log: the number of an entry, and which of the parts it is in.
type position struct {
	ms, seq uint64
	part    int
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.ms, q.ms), cmp.Compare(p.seq, q.seq), cmp.Compare(p.part, q.part))
}

func (p position) String() string { return fmt.Sprintf("%d-%d.%d", p.ms, p.seq, p.part) }

func parsePosition(s string) (position, error) {
	id, part, _ := strings.Cut(s, ".")
	ms, seq, _ := strings.Cut(id, "-")
	var p position
	var errs [3]error
	p.ms, errs[0] = strconv.ParseUint(ms, 10, 64)
	p.seq, errs[1] = strconv.ParseUint(seq, 10, 64)
	p.part, errs[2] = strconv.Atoi(part)
	for _, err := range errs {
		if err != nil {
			return p, fmt.Errorf("%w: %v", ErrBadCursor, err)
		}
	}
	return p, nil
}

// stream reads one stream from its newest entry on.
type stream struct {
	log    *Log
	part   int
	next   string // upper end of the next batch, as XREVRANGE takes it
	oldest string
	held   []Entry
	at     []position
	ended  bool
}

// peek is the newest entry that is left.
func (s *stream) peek(ctx context.Context) (e Entry, at position, ok bool, err error) {
	if len(s.held) == 0 && !s.ended {
		if err := s.read(ctx); err != nil {
			return e, at, false, err
		}
	}
	if len(s.held) == 0 {
		return e, at, false, nil
	}
	return s.held[0], s.at[0], true, nil
}

func (s *stream) read(ctx context.Context) error {
	messages, err := s.log.store.Client().XRevRangeN(ctx, s.log.parts[s.part].Key, s.next, s.oldest, batch).Result()
	if err != nil {
		return fmt.Errorf("audit: read: %w", store.Classify(err))
	}
	s.held, s.at, s.ended = s.held[:0], s.at[:0], len(messages) < batch
	for _, m := range messages {
		at, err := parsePosition(fmt.Sprintf("%s.%d", m.ID, s.part))
		if err != nil {
			return err
		}
		e, err := s.log.parts[s.part].Read(m.Values)
		if err != nil {
			return fmt.Errorf("audit: stored entry %s: %w", m.ID, err)
		}
		e.ID, e.At = at.String(), time.UnixMilli(int64(at.ms)).UTC()
		s.held, s.at = append(s.held, e), append(s.at, at)
		s.next = "(" + m.ID
	}
	return nil
}

// Search finds entries, newest first. It returns ErrBadCursor.
func (l *Log) Search(ctx context.Context, q Query) (Page, error) {
	streams, err := l.open(q)
	if err != nil {
		return Page{}, err
	}
	page := Page{Entries: []Entry{}}
	for range mostRead {
		s, e, at, err := newest(ctx, streams)
		if err != nil || s == nil {
			page.Next = ""
			return page, err
		}
		if len(page.Entries) == q.Limit {
			return page, nil // page.Next is the last entry taken
		}
		s.held, s.at = s.held[1:], s.at[1:]
		page.Next = at.String()
		if q.matches(e) {
			page.Entries = append(page.Entries, e)
		}
	}
	return page, nil
}

// open puts a reader on each stream where the query begins.
func (l *Log) open(q Query) ([]*stream, error) {
	next, oldest := "+", "-"
	if !q.From.IsZero() {
		oldest = strconv.FormatInt(max(q.From.UnixMilli(), 0), 10)
	}
	if !q.To.IsZero() {
		next = "(" + strconv.FormatInt(max(q.To.UnixMilli(), 0), 10) + "-0"
	}
	var after position
	if q.After != "" {
		var err error
		if after, err = parsePosition(q.After); err != nil {
			return nil, err
		}
	}
	streams := make([]*stream, len(l.parts))
	for part := range l.parts {
		s := &stream{log: l, part: part, next: next, oldest: oldest}
		if q.After != "" {
			s.next = fmt.Sprintf("%d-%d", after.ms, after.seq)
			if part >= after.part { // of two entries with one number that of the later stream comes first
				s.next = "(" + s.next
			}
		}
		streams[part] = s
	}
	return streams, nil
}

// newest gives the newest entry of all streams, and the stream that it is in; nil when nothing is left.
func newest(ctx context.Context, streams []*stream) (*stream, Entry, position, error) {
	var from *stream
	var entry Entry
	var where position
	for _, s := range streams {
		e, at, ok, err := s.peek(ctx)
		if err != nil {
			return nil, e, at, err
		}
		if ok && (from == nil || at.compare(where) > 0) {
			from, entry, where = s, e, at
		}
	}
	return from, entry, where, nil
}

func (q Query) matches(e Entry) bool {
	if q.Actor != "" && q.Actor != e.Actor.ID && q.Actor != e.Actor.Login {
		return false
	}
	if q.Action != "" && q.Action != e.Action && !(strings.HasSuffix(q.Action, ".") && strings.HasPrefix(e.Action, q.Action)) {
		return false
	}
	if q.Text == "" {
		return true
	}
	all := []string{e.Actor.Login, e.Actor.Name, e.Actor.Address, e.Action, e.Object, e.Name, e.From, e.To, string(e.Result)}
	for _, c := range e.Changes {
		all = append(all, c.From, c.To)
	}
	return Contains(q.Text, all...)
}

// Contains tells whether every word of a text is in one of the strings, as Search compares them.
func Contains(text string, in ...string) bool {
	all := fold.String(strings.Join(in, "\n"))
	for _, w := range strings.Fields(fold.String(text)) {
		if !strings.Contains(all, w) {
			return false
		}
	}
	return true
}
