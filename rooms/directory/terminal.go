package directory

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/store"
)

// Errors of terminals. They are wrapped: compare with errors.Is.
var (
	ErrBadCode  = errors.New("directory: no terminal waits for this code")
	ErrNoDevice = errors.New("directory: not a paired terminal")
)

const (
	// CodeLife is how long the code that pairs a terminal can be used.
	CodeLife = 15 * time.Minute
	// DeviceLife is how long a device stays paired that does not show itself.
	DeviceLife = 400 * 24 * time.Hour

	// A write for every request would be a wait for the disk for every request.
	noteSeenEvery = time.Minute
	mostCodes     = 1_000_000

	keyCodes   = "diemcau:{directory}:codes"   // hash of terminal id to hash of the code and its end in ms
	keyDevices = "diemcau:{directory}:devices" // hash of terminal id to device
	keySeen    = "diemcau:{directory}:seen"    // hash of terminal id to when its device was last seen, in ms
)

var (
	//go:embed code.lua
	codeSource string
	//go:embed pair.lua
	pairSource string
	//go:embed revoke.lua
	revokeSource string

	codeScript   = redis.NewScript(codeSource)
	pairScript   = redis.NewScript(pairSource)
	revokeScript = redis.NewScript(revokeSource)
)

// device is what is kept of the device of a terminal.
type device struct {
	Hash   string    `json:"hash"` // of its secret
	Paired time.Time `json:"paired"`
}

// Pairing tells of the device of a terminal.
type Pairing struct {
	Paired time.Time
	Seen   time.Time // within noteSeenEvery
}

// TerminalActor is a terminal's device in logs.
func TerminalActor(t Terminal, address string) audit.Actor {
	return audit.Actor{ID: "terminal:" + t.ID, Name: t.Name, Address: address}
}

// MakeCode makes the code of six digits that pairs a device with a terminal, once, until the time that is given. It returns ErrNotFound.
func (d *Directory) MakeCode(ctx context.Context, t Terminal, actor audit.Actor) (code string, until time.Time, err error) {
	entry, err := audit.Encode(audit.Entry{Actor: actor, Action: "terminal.code_made", Object: t.ID, Name: t.Name})
	if err != nil {
		return "", until, err
	}
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(mostCodes))
		if err != nil {
			return "", until, fmt.Errorf("directory: code: %w", err)
		}
		code, now := fmt.Sprintf("%06d", n), d.now()
		until = now.Add(CodeLife).UTC().Truncate(time.Millisecond)
		switch answer, err := d.run(ctx, codeScript, []string{keyEntries(KindTerminal), keyCodes, audit.Key(Tag)}, t.ID, access.HashOf(code), now.UnixMilli(), until.UnixMilli(), entry); {
		case err != nil:
			return "", until, err
		case answer == "missing":
			return "", until, ErrNotFound
		case answer == "ok":
			return code, until, nil
		}
	}
}

func (d *Directory) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (string, error) {
	answer, err := script.Run(ctx, d.store.Client(), keys, args...).StringSlice()
	if err != nil {
		return "", fmt.Errorf("directory: write: %w", store.Classify(err))
	}
	return answer[0], nil
}

// Pair trades a code for the credential of its terminal, for the device's cookie. Whoever calls it slows guessing down. It returns
// ErrBadCode.
func (d *Directory) Pair(ctx context.Context, code, address string) (Terminal, string, error) {
	all, err := d.Snapshot(ctx)
	if err != nil {
		return Terminal{}, "", err
	}
	codes, err := d.store.Client().HGetAll(ctx, keyCodes).Result()
	if err != nil {
		return Terminal{}, "", fmt.Errorf("directory: read: %w", store.Classify(err))
	}
	hash := access.HashOf(code)
	var waits Terminal
	for id, kept := range codes {
		if of, _, _ := strings.Cut(kept, " "); subtle.ConstantTimeCompare([]byte(of), []byte(hash)) == 1 {
			waits, _ = all.Terminal(id)
		}
	}
	if waits.ID == "" {
		return waits, "", ErrBadCode
	}
	now, secret := d.now().UTC(), access.NewSecret()
	raw, err := json.Marshal(device{Hash: access.HashOf(secret), Paired: now.Truncate(time.Millisecond)})
	if err != nil {
		return waits, "", fmt.Errorf("directory: device: %w", err)
	}
	entry, err := audit.Encode(audit.Entry{Actor: TerminalActor(waits, address), Action: "terminal.paired", Object: waits.ID, Name: waits.Name})
	if err != nil {
		return waits, "", err
	}
	answer, err := d.run(ctx, pairScript, []string{keyCodes, keyDevices, audit.Key(Tag)}, waits.ID, hash, now.UnixMilli(), raw, entry)
	if err == nil && answer != "ok" {
		err = ErrBadCode
	}
	return waits, waits.ID + "~" + secret, err
}

// Device finds the terminal of a credential that Pair has given. It returns ErrNoDevice.
func (d *Directory) Device(ctx context.Context, credential string) (Terminal, error) {
	id, secret, _ := strings.Cut(credential, "~")
	if !idForm.MatchString(id) {
		return Terminal{}, ErrNoDevice
	}
	pipe := d.store.Client().Pipeline()
	kept, seen := pipe.HGet(ctx, keyDevices, id), pipe.HGet(ctx, keySeen, id)
	if _, err := pipe.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		return Terminal{}, fmt.Errorf("directory: read: %w", store.Classify(err))
	}
	if kept.Val() == "" {
		return Terminal{}, ErrNoDevice
	}
	p, hash, err := decodePairing(kept.Val(), seen.Val())
	if err != nil {
		return Terminal{}, err
	}
	now := d.now()
	if subtle.ConstantTimeCompare([]byte(hash), []byte(access.HashOf(secret))) != 1 || now.After(p.lastSign().Add(DeviceLife)) {
		return Terminal{}, ErrNoDevice
	}
	all, err := d.Snapshot(ctx)
	if err != nil {
		return Terminal{}, err
	}
	t, ok := all.Terminal(id)
	if !ok {
		return t, ErrNoDevice
	}
	if now.Sub(p.Seen) >= noteSeenEvery {
		if err := d.store.Client().HSet(ctx, keySeen, id, now.UnixMilli()).Err(); err != nil {
			return t, fmt.Errorf("directory: seen: %w", store.Classify(err))
		}
	}
	return t, nil
}

// lastSign is when the device was there for certain.
func (p Pairing) lastSign() time.Time {
	if p.Seen.After(p.Paired) {
		return p.Seen
	}
	return p.Paired
}

// Revoke takes a terminal's credential back, and a code that waits for it. It returns ErrNotFound when there is neither.
func (d *Directory) Revoke(ctx context.Context, t Terminal, actor audit.Actor) error {
	entry, err := audit.Encode(audit.Entry{Actor: actor, Action: "terminal.revoked", Object: t.ID, Name: t.Name})
	if err != nil {
		return err
	}
	answer, err := d.run(ctx, revokeScript, []string{keyCodes, keyDevices, audit.Key(Tag)}, t.ID, entry)
	if err == nil && answer != "ok" {
		err = ErrNotFound
	}
	return err
}

// Pairings gives the paired terminals by id.
func (d *Directory) Pairings(ctx context.Context) (map[string]Pairing, error) {
	pipe := d.store.Client().Pipeline()
	devices, seen := pipe.HGetAll(ctx, keyDevices), pipe.HGetAll(ctx, keySeen)
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, fmt.Errorf("directory: read: %w", store.Classify(err))
	}
	out := make(map[string]Pairing, len(devices.Val()))
	for id, kept := range devices.Val() {
		p, _, err := decodePairing(kept, seen.Val()[id])
		if err != nil {
			return nil, err
		}
		out[id] = p
	}
	return out, nil
}

// decodePairing reads a device and when it was seen: a sight before the pairing was of the device before.
func decodePairing(kept, seen string) (p Pairing, hash string, err error) {
	var of device
	if err := json.Unmarshal([]byte(kept), &of); err != nil {
		return p, "", fmt.Errorf("directory: stored device: %w", err)
	}
	p.Paired = of.Paired
	if ms, err := strconv.ParseInt(seen, 10, 64); err == nil && ms >= of.Paired.UnixMilli() {
		p.Seen = time.UnixMilli(ms).UTC()
	}
	return p, of.Hash, nil
}
