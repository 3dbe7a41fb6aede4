package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Hash are the parameters of argon2id (RFC 9106). They are stored with each hash, so that they can change: a password is hashed
// anew when its holder signs in.
type Hash struct {
	Time    uint32 // passes
	Memory  uint32 // KiB
	Threads uint8  // lanes
}

// DefaultHash is the second recommendation of RFC 9106, section 4: for where memory is scarce, as beside a media server.
var DefaultHash = Hash{Time: 3, Memory: 64 << 10, Threads: 4}

const (
	saltSize = 16 // bytes
	keySize  = 32 // bytes

	shortestPassword = 10  // characters
	longestPassword  = 256 // characters

	// What is computed at once bounds the memory that a flood of sign-ins takes: with DefaultHash 192 MiB. Devices that signed in
	// before have a place of their own, which strangers cannot fill.
	strangersAtOnce = 2
	knownAtOnce     = 1
	// mostWaiting bounds who waits for a place.
	mostWaiting = 32
)

// hasher computes hashes, a few at once.
type hasher struct {
	params    Hash
	strangers chan struct{}
	known     chan struct{}
	waiting   chan struct{}
	dummy     string // is compared where there is no account
}

func newHasher(p Hash) *hasher {
	h := &hasher{
		params: p, strangers: make(chan struct{}, strangersAtOnce), known: make(chan struct{}, knownAtOnce), waiting: make(chan struct{}, mostWaiting),
	}
	var salt [saltSize]byte
	_, _ = rand.Read(salt[:]) // never fails since Go 1.24
	h.dummy = h.params.encode(salt[:], make([]byte, keySize))
	return h
}

// place waits for the right to compute one hash. It returns ErrBusy when too many wait or ctx ends.
func (h *hasher) place(ctx context.Context, known bool) (leave func(), err error) {
	places := h.strangers
	if known {
		places = h.known
	} else {
		select {
		case h.waiting <- struct{}{}:
			defer func() { <-h.waiting }()
		default:
			return nil, ErrBusy
		}
	}
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrBusy, ctx.Err())
	}
}

// hash makes the stored form of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	leave, err := h.place(ctx, false)
	if err != nil {
		return "", err
	}
	defer leave()
	return h.compute(password), nil
}

// compute needs a place.
func (h *hasher) compute(password string) string {
	var salt [saltSize]byte
	_, _ = rand.Read(salt[:]) // never fails since Go 1.24
	return h.params.encode(salt[:], h.params.key(password, salt[:]))
}

// verify compares a password with a stored hash; with an empty one it takes as long and fails. renewed is the hash with today's parameters, where
// they have changed since.
func (h *hasher) verify(ctx context.Context, stored, password string, known bool) (ok bool, renewed string, err error) {
	leave, err := h.place(ctx, known)
	if err != nil {
		return false, "", err
	}
	defer leave()
	missing := stored == ""
	if missing {
		stored = h.dummy
	}
	p, salt, key, err := parseHash(stored)
	if err != nil {
		return false, "", err
	}
	ok = subtle.ConstantTimeCompare(p.key(password, salt), key) == 1 && !missing
	if ok && p != h.params {
		renewed = h.compute(password)
	}
	return ok, renewed, nil
}

func (p Hash) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, p.Time, p.Memory, p.Threads, keySize)
}

// encode writes a hash in the form that argon2's reference implementation gives it.
func (p Hash) encode(salt, key []byte) string {
	e := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Threads, e.EncodeToString(salt), e.EncodeToString(key))
}

func parseHash(s string) (p Hash, salt, key []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, fmt.Errorf("accounts: a stored hash has an unknown form")
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.Memory, &p.Time, &p.Threads); err != nil || p.Time == 0 || p.Threads == 0 {
		return p, nil, nil, fmt.Errorf("accounts: a stored hash has bad parameters")
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err == nil {
		key, err = base64.RawStdEncoding.DecodeString(parts[5])
	}
	if err != nil || len(key) != keySize {
		return p, nil, nil, fmt.Errorf("accounts: a stored hash is damaged")
	}
	return p, salt, key, nil
}

// checkPassword returns a FieldError for a password that an account cannot have. Length is what counts; rules on kinds of characters make
// passwords worse (NIST SP 800-63B).
func checkPassword(password, login string) error {
	if len(password) > 16*longestPassword || !utf8.ValidString(password) {
		return &FieldError{"password", CodePasswordLong}
	}
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case n < shortestPassword:
		return &FieldError{"password", CodePasswordShort}
	case n > longestPassword:
		return &FieldError{"password", CodePasswordLong}
	case FoldLogin(password) == login:
		return &FieldError{"password", CodePasswordIsLogin}
	}
	return nil
}
