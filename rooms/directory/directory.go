// Package directory keeps the organisation as data: units in a tree of any depth with their levels, people by position, halls,
// terminals and groups of units, in protocol order. A unit is valid from one day to another and knows which units it came from, so that
// districts can end and units can merge. All of it shares one hash tag, and every change raises one revision in one script.
package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// Errors of this package beside FieldError and those of package store. They are wrapped: compare with errors.Is.
var (
	ErrNotFound     = errors.New("directory: no such entry")
	ErrStaleVersion = errors.New("directory: the entry was changed meanwhile")
)

// FieldError says which field of which entry cannot be accepted, and by which rule.
type FieldError struct {
	Kind  Kind
	ID    string
	Field string // as in JSON
	Code  string // one of the Code constants
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("directory: %s %s: %s: %s", e.Kind, e.ID, e.Field, e.Code)
}

// InUseError says that an entry cannot be taken away, since others refer to it.
type InUseError struct {
	Kind Kind // of one that refers to it
	ID   string
	Name string
}

func (e *InUseError) Error() string { return fmt.Sprintf("directory: in use by %s %s", e.Kind, e.ID) }

// Codes of FieldError.
const (
	CodeBadID        = "bad_id"
	CodeRequired     = "required"
	CodeBadName      = "bad_name"
	CodeBadDate      = "bad_date"
	CodeEndsTooEarly = "ends_before_start"
	CodeBadMailbox   = "bad_mailbox"
	CodeBadNumber    = "bad_number"
	CodeUnknown      = "unknown_reference"
	CodeCycle        = "cycle"    // leads back to itself
	CodeTooDeep      = "too_deep" // more than MaxDepth units above
	CodeRepeated     = "repeated"
	CodeLimit        = "limit"
)

// MaxDepth is how many units can be above a unit.
const MaxDepth = 30

// Kind is a kind of entry.
type Kind string

// The kinds, in the order in which they refer to each other.
const (
	KindLevel    Kind = "level"
	KindUnit     Kind = "unit"
	KindPerson   Kind = "person"
	KindHall     Kind = "hall"
	KindGroup    Kind = "group"
	KindTerminal Kind = "terminal"
)

// kinds are all kinds with the most entries of each.
var kinds = []struct {
	Kind
	plural string
	limit  int
}{
	{KindLevel, "levels", 50}, {KindUnit, "units", 5000}, {KindPerson, "people", 10_000}, {KindHall, "halls", 2000}, {KindGroup, "groups", 500},
	{KindTerminal, "terminals", 2000},
}

// Plural names the entries of a kind, in addresses and keys.
func (k Kind) Plural() string { return kinds[k.place()].plural }

// place is that of the kind among all kinds.
func (k Kind) place() int {
	for i, other := range kinds {
		if other.Kind == k {
			return i
		}
	}
	panic("directory: no such kind: " + string(k))
}

// By says who makes a change.
type By struct {
	Actor   audit.Actor
	Version int64 // that the change is based on; 0 makes a new entry, AnyVersion is any
	// May is asked whether an entry may become another one, in the directory as it is when that is written; the first is nil for a new
	// entry, the second for one that is taken away. Its error is that of the change. Nil permits everything.
	May func(s *Snapshot, before, after Entry) error
}

func (b By) may(s *Snapshot, before, after Entry) error {
	if b.May == nil {
		return nil
	}
	return b.May(s, before, after)
}

// AnyVersion makes or changes an entry whatever its version.
const AnyVersion int64 = -1

// Directory reads and changes the directory. It is safe for concurrent use.
type Directory struct {
	store  *store.Store
	cached atomic.Pointer[Snapshot]
	// turn holds one token: changes of one server wait for each other, so that none starves when many are made at once.
	turn chan struct{}
	now  func() time.Time
}

// New makes a Directory on an open store.
func New(s *store.Store) *Directory {
	return &Directory{store: s, turn: make(chan struct{}, 1), now: time.Now}
}

// less orders by protocol order, then by name.
func less(orderX, orderY int, nameX, nameY, idX, idY string) int {
	if orderX != orderY {
		return orderX - orderY
	}
	if c := strings.Compare(nameX, nameY); c != 0 {
		return c
	}
	return strings.Compare(idX, idY)
}

// repeated tells whether a list holds something twice.
func repeated(list []string) bool {
	sorted := slices.Sorted(slices.Values(list))
	return len(slices.Compact(sorted)) != len(list)
}
