package directory

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

var hallTerminal = Terminal{ID: "tb-cam-ha", Name: "Thiết bị họp", Hall: "ht-cam-ha"}

func (w world) code(t Terminal) string {
	w.t.Helper()
	code, until, err := w.MakeCode(w.t.Context(), t, root.Actor)
	if err != nil {
		w.t.Fatal(err)
	}
	if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(code) || until.Sub(w.now()) > CodeLife || until.Sub(w.now()) < CodeLife-time.Minute {
		w.t.Errorf("code %q until %v", code, until)
	}
	return code
}

func (w world) pair(code string) string {
	w.t.Helper()
	got, credential, err := w.Pair(w.t.Context(), code, "10.1.0.7")
	if err != nil || got.ID != hallTerminal.ID {
		w.t.Fatalf("%+v %v", got, err)
	}
	return credential
}

func TestPairing(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	at := time.Now()
	w.now = func() time.Time { return at }
	code := w.code(hallTerminal)
	first := w.pair(code)
	if got, err := w.Device(t.Context(), first); err != nil || got.ID != "tb-cam-ha" {
		t.Errorf("%+v %v", got, err)
	}
	if _, _, err := w.Pair(t.Context(), code, ""); !errors.Is(err, ErrBadCode) {
		t.Errorf("a code that was used: %v", err)
	}
	for name, bad := range map[string]string{
		"nothing": "", "no secret": "tb-cam-ha~", "another secret": first[:len(first)-1] + "_", "another terminal": strings.Replace(first, "tb-cam-ha", "tb-P1", 1), "no id": "~" + first, "huge": strings.Repeat("x", 10_000),
	} {
		if _, err := w.Device(t.Context(), bad); !errors.Is(err, ErrNoDevice) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pairings, err := w.Pairings(t.Context())
	if p := pairings["tb-cam-ha"]; err != nil || !p.Paired.Equal(at.UTC().Truncate(time.Millisecond)) || p.Seen.UnixMilli() != at.UnixMilli() {
		t.Errorf("%+v %v", pairings, err)
	}
	// Another device takes the place of the first.
	at = at.Add(time.Hour)
	second := w.pair(w.code(hallTerminal))
	if _, err := w.Device(t.Context(), first); !errors.Is(err, ErrNoDevice) {
		t.Errorf("the device before: %v", err)
	}
	if p, _ := w.Pairings(t.Context()); !p["tb-cam-ha"].Seen.IsZero() {
		t.Errorf("the new device was seen before it was paired: %+v", p)
	}
	// Seen from time to time it stays paired; away for longer than its life it does not.
	for range 3 {
		at = at.Add(DeviceLife - time.Hour)
		if _, err := w.Device(t.Context(), second); err != nil {
			t.Error(err)
		}
	}
	at = at.Add(DeviceLife + time.Minute)
	if _, err := w.Device(t.Context(), second); !errors.Is(err, ErrNoDevice) {
		t.Errorf("after its life: %v", err)
	}
	third := w.pair(w.code(hallTerminal))
	if err := w.Revoke(t.Context(), hallTerminal, root.Actor); err != nil {
		t.Error(err)
	}
	if _, err := w.Device(t.Context(), third); !errors.Is(err, ErrNoDevice) {
		t.Errorf("after it was revoked: %v", err)
	}
	if err := w.Revoke(t.Context(), hallTerminal, root.Actor); !errors.Is(err, ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	log := w.log("terminal.")
	var actions []string
	for _, e := range log {
		actions = append(actions, e.Action)
	}
	if got := strings.Join(actions, " "); got != "terminal.revoked terminal.paired terminal.code_made terminal.paired terminal.code_made terminal.paired terminal.code_made terminal.created" {
		t.Errorf("%s", got)
	}
	if log[1].Actor.ID != "terminal:tb-cam-ha" || log[1].Actor.Address != "10.1.0.7" || log[2].Actor.ID != "root" {
		t.Errorf("%+v", log[1:3])
	}
}

func TestCodesEnd(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	at := time.Now()
	w.now = func() time.Time { return at }
	late := w.code(hallTerminal)
	at = at.Add(CodeLife)
	if _, _, err := w.Pair(t.Context(), late, ""); !errors.Is(err, ErrBadCode) {
		t.Errorf("after its time: %v", err)
	}
	old, fresh := w.code(hallTerminal), w.code(hallTerminal)
	if old != fresh {
		if _, _, err := w.Pair(t.Context(), old, ""); !errors.Is(err, ErrBadCode) {
			t.Errorf("a code that another took the place of: %v", err)
		}
	}
	w.pair(fresh)
	revoked := w.code(hallTerminal)
	if err := w.Revoke(t.Context(), hallTerminal, root.Actor); err != nil {
		t.Error(err)
	}
	if _, _, err := w.Pair(t.Context(), revoked, ""); !errors.Is(err, ErrBadCode) {
		t.Errorf("a code that was taken back: %v", err)
	}
	if _, _, err := w.MakeCode(t.Context(), Terminal{ID: "none"}, root.Actor); !errors.Is(err, ErrNotFound) {
		t.Errorf("for a terminal that is not there: %v", err)
	}
	if n := w.store.Client().HLen(t.Context(), keyCodes).Val(); n != 0 {
		t.Errorf("%d codes are left", n)
	}
}

// A code pairs one device, however many type it at once.
func TestACodeIsUsedOnce(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	other := New(storetest.Attach(t, w.store))
	code := w.code(hallTerminal)
	var racers sync.WaitGroup
	var won atomic.Int32
	for i := range 20 {
		racers.Go(func() {
			if _, _, err := []*Directory{w.Directory, other}[i%2].Pair(context.Background(), code, ""); err == nil {
				won.Add(1)
			} else if !errors.Is(err, ErrBadCode) {
				t.Error(err)
			}
		})
	}
	racers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d devices are paired", won.Load())
	}
}

// Neither the code nor the credential can be read in the store, and a terminal that is made anew is not paired with the old one's device.
func TestCredentialsAreHashes(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	code := w.code(hallTerminal)
	kept := w.store.Client().HGetAll(t.Context(), keyCodes).Val()["tb-cam-ha"]
	if kept == "" || strings.Contains(kept, code) {
		t.Errorf("%q", kept)
	}
	credential := w.pair(code)
	_, secret, _ := strings.Cut(credential, "~")
	if kept := w.store.Client().HGetAll(t.Context(), keyDevices).Val()["tb-cam-ha"]; kept == "" || strings.Contains(kept, secret) || len(secret) != 43 {
		t.Errorf("%q", kept)
	}
	if _, err := w.Device(t.Context(), credential); err != nil {
		t.Error(err)
	}
	if err := w.Delete(t.Context(), KindTerminal, "tb-cam-ha", anew); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{keyCodes, keyDevices, keySeen} {
		if n := w.store.Client().HLen(t.Context(), key).Val(); n != 0 {
			t.Errorf("%s holds something of a terminal that was deleted", key)
		}
	}
	w.put(&hallTerminal, root)
	if _, err := w.Device(t.Context(), credential); !errors.Is(err, ErrNoDevice) {
		t.Errorf("%v", err)
	}
}

func TestTerminalsWithTheStoreAway(t *testing.T) {
	w := newWorld(t, smallProvince()...)
	credential := w.pair(w.code(hallTerminal))
	storetest.Pause(t, w.store)
	if _, err := w.Device(t.Context(), credential); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if _, _, err := w.Pair(t.Context(), "000000", ""); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("%v", err)
	}
}
