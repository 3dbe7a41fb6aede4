package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/access"
	"diemcau/rooms/store"
)

// How guessing is slowed down. A pair of account and address (or of account and known device) waits after a few failures, twice as long
// after each. Beside that an account has a budget for all the strangers who try it, and an address one for all the accounts it
// tries. A device on which the account signed in before is no stranger: whatever others do, it waits for its own failures only.
const (
	freeFailures   = 5
	firstWait      = time.Second
	longestWait    = 15 * time.Minute
	failuresCount  = time.Hour
	accountBudget  = 50
	accountWindow  = time.Hour
	addressBudget  = 100 // an office can sit behind one address
	addressWindow  = 15 * time.Minute
	deviceLifetime = 180 * 24 * time.Hour
)

var (
	//go:embed attempt.lua
	attemptSource string
	//go:embed forgive.lua
	forgiveSource string

	attemptScript = redis.NewScript(attemptSource)
	forgiveScript = redis.NewScript(forgiveSource)
)

// WaitError says that too many attempts failed, and how long to wait before the next.
type WaitError struct{ Wait time.Duration }

func (e *WaitError) Error() string {
	return fmt.Sprintf("accounts: too many attempts, wait %s", e.Wait)
}

// Client is where a request comes from.
type Client struct {
	Address string // IP address
	Agent   string // what the browser says it is; shown to the holder only
	Device  string // Session.Device of an earlier sign-in
}

// limit counts an attempt on an account under a name (of an account that exists or not) and returns how long it has to wait first. device is that of knownDevice.
func (a *Accounts) limit(ctx context.Context, name string, c Client, device string) (time.Duration, error) {
	ms, err := attemptScript.Run(ctx, a.store.Client(), limitKeys(name, c, device), a.now().UnixMilli(), freeFailures, firstWait.Milliseconds(), longestWait.Milliseconds(),
		failuresCount.Milliseconds(), accountBudget, accountWindow.Milliseconds(), addressBudget, addressWindow.Milliseconds(), flag(device != "")).Int64()
	if err != nil {
		return 0, fmt.Errorf("accounts: limit: %w", store.Classify(err))
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// forgive takes an attempt back that succeeded.
func (a *Accounts) forgive(ctx context.Context, name string, c Client, device string) error {
	return store.Classify(forgiveScript.Run(ctx, a.store.Client(), limitKeys(name, c, device), flag(device != "")).Err())
}

func limitKeys(name string, c Client, device string) []string {
	address := network(c.Address)
	from := "address " + address
	if device != "" {
		from = "device " + device
	}
	return []string{
		"diemcau:{accounts}:slow:" + access.HashOf(name+"\x00"+from),
		"diemcau:{accounts}:tries:" + access.HashOf("account "+name),
		"diemcau:{accounts}:tries:" + access.HashOf("address "+address),
	}
}

// network is what counts as one address: of IPv6 the /64 that a customer has.
func network(address string) string {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return addr.String()
	}
	prefix, _ := addr.Prefix(64) // 64 is never out of range for IPv6
	return prefix.String()
}

// mostDevices bounds the accounts that one browser is known for: people share computers.
const mostDevices = 5

// withDevice adds the mark of an account to those that a browser has: account, a random name, its end, and a code that only this server can make.
func (a *Accounts) withDevice(marks, id string) string {
	mark := id + "." + access.NewID() + "." + strconv.FormatInt(a.now().Add(deviceLifetime).Unix(), 10)
	all := []string{mark + "." + a.deviceCode(mark)}
	for other := range strings.SplitSeq(marks, "~") {
		if account, _, _ := strings.Cut(other, "."); account != id && len(all) < mostDevices && a.deviceOf(other, account) != "" {
			all = append(all, other)
		}
	}
	return strings.Join(all, "~")
}

func (a *Accounts) deviceCode(mark string) string {
	mac := hmac.New(sha256.New, a.device)
	mac.Write([]byte(mark))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// knownDevice is the name of the device, when it is one on which the account signed in before; empty otherwise.
func (a *Accounts) knownDevice(marks, id string) string {
	if len(marks) > 4096 {
		return ""
	}
	for mark := range strings.SplitSeq(marks, "~") {
		if name := a.deviceOf(mark, id); name != "" {
			return name
		}
	}
	return ""
}

func (a *Accounts) deviceOf(mark, id string) string {
	parts := strings.Split(mark, ".")
	if len(parts) != 4 || id == "" || parts[0] != id {
		return ""
	}
	if !hmac.Equal([]byte(parts[3]), []byte(a.deviceCode(strings.Join(parts[:3], ".")))) {
		return ""
	}
	if end, err := strconv.ParseInt(parts[2], 10, 64); err != nil || a.now().Unix() > end {
		return ""
	}
	return parts[1]
}

// Attempt counts an attempt at something else that can be guessed, as sign-ins are counted: what names it stands for the account. It returns
// a WaitError, or what takes the attempt back when it has succeeded.
func (a *Accounts) Attempt(ctx context.Context, what string, c Client) (succeeded func(context.Context) error, err error) {
	name := "attempt at " + what // no login name has blanks
	wait, err := a.limit(ctx, name, c, "")
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, &WaitError{wait}
	}
	return func(ctx context.Context) error { return a.forgive(ctx, name, c, "") }, nil
}
