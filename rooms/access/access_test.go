package access

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

func newAccess(t *testing.T) (*Access, *store.Store) {
	t.Helper()
	s := storetest.New(t)
	a, err := New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

func claims() Claims {
	return Claims{Meeting: "m", Role: meeting.RoleSite, Name: "Huyện Cẩm Hà", Unit: "UBND huyện", ProtocolOrder: 206, Expires: time.Now().Add(time.Hour)}
}

func TestInvitation(t *testing.T) {
	a, s := newAccess(t)
	token, err := a.Invite(claims())
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Invitation(token)
	if err != nil || got.Seat == "" || got.ID == "" || got.Name != "Huyện Cẩm Hà" || got.Role != meeting.RoleSite || got.Meeting != "m" || got.ProtocolOrder != 206 {
		t.Fatalf("%+v, %v", got, err)
	}
	again, err := New(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Invitation(token); err != nil {
		t.Errorf("another server on the same store refuses it: %v", err)
	}
	if other, _ := a.Invite(claims()); other == token {
		t.Error("two invitations are the same")
	}
	if _, err := a.VerifyBearer(token); !errors.Is(err, ErrInvalid) {
		t.Errorf("an invitation passes as a bearer token: %v", err)
	}
	for name, bad := range map[string]string{
		"empty": "", "garbage": "abc", "no signature": token[:strings.LastIndex(token, ".")+1], "cut": token[:len(token)-2],
		"another's claims": strings.Join([]string{strings.Split(token, ".")[0], strings.Split(must(a.Invite(Claims{Meeting: "other", Role: meeting.RoleChair, Name: "x", Expires: time.Now().Add(time.Hour)})), ".")[1], strings.Split(token, ".")[2]}, "."),
		// {"alg":"none"}
		"no algorithm": "eyJhbGciOiJub25lIn0." + strings.Split(token, ".")[1] + ".",
	} {
		if _, err := a.Invitation(bad); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a.now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	if _, err := a.Invitation(token); !errors.Is(err, ErrExpired) {
		t.Errorf("after its time: %v", err)
	}
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

func TestSeats(t *testing.T) {
	a, _ := newAccess(t)
	many := Claims{Meeting: "m", Role: meeting.RoleDelegate, Many: true, Expires: time.Now().Add(time.Hour)}
	c, err := a.VerifyBearer(must(a.Bearer(many)))
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.SeatFor(c, "Sở Y tế")
	if err != nil || first.Many || first.Seat == "" {
		t.Fatalf("%+v %v", first, err)
	}
	if decomposed, _ := a.SeatFor(c, "Sở Y tế"); decomposed.Seat != first.Seat {
		t.Error("NFC and NFD are two names")
	}
	if other, _ := a.SeatFor(c, "Sở Nội vụ"); other.Seat == first.Seat {
		t.Error("two names have one seat")
	}
	if _, err := a.SeatFor(c, ""); !errors.Is(err, ErrBadName) {
		t.Errorf("no name: %v", err)
	}
	one, err := a.VerifyBearer(must(a.Bearer(claims())))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := a.SeatFor(one, "somebody else"); got.Seat != one.Seat || got.Name != one.Name {
		t.Error("a credential for one seat takes another")
	}
}

func TestTicketsAreRedeemedOnce(t *testing.T) {
	a, s := newAccess(t)
	c := claims()
	c.Seat = "seat"
	ticket, err := a.IssueTicket(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var won atomic.Int32
	var racers sync.WaitGroup
	for range 20 {
		racers.Go(func() {
			if got, err := a.RedeemTicket(t.Context(), ticket); err == nil && got.Seat == "seat" {
				won.Add(1)
			}
		})
	}
	racers.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 20 redeemed one ticket", won.Load())
	}
	if _, err := a.RedeemTicket(t.Context(), "never made"); !errors.Is(err, ErrInvalid) {
		t.Errorf("a ticket that was never made: %v", err)
	}
	ticket = must(a.IssueTicket(t.Context(), c))
	keys, err := s.Client().Keys(t.Context(), "diemcau:ticket:*").Result()
	if err != nil || len(keys) != 1 || strings.Contains(keys[0], ticket) {
		t.Errorf("the store holds the ticket itself: %v %v", keys, err)
	}
	if ttl := s.Client().TTL(t.Context(), keys[0]).Val(); ttl <= 0 || ttl > TicketLifetime {
		t.Errorf("a ticket lives %v", ttl)
	}
	c.Expires = time.Now().Add(-time.Second)
	if _, err := a.RedeemTicket(t.Context(), must(a.IssueTicket(t.Context(), c))); !errors.Is(err, ErrExpired) {
		t.Errorf("a ticket of an invitation that has expired: %v", err)
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"Chủ tịch UBND tỉnh": "Chủ tịch UBND tỉnh", " Sở Y tế ": "Sở Y tế", "Sở Y tế": "Sở Y tế", strings.Repeat("ệ", 256): strings.Repeat("ệ", 256),
	} {
		if got, err := CheckName(in); err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for name, in := range map[string]string{
		"empty": "", "blank": " \t", "too long": strings.Repeat("a", 257), "control": "a\x00b", "line": "a\nb", "bidi override": "a\u202eb",
		"bidi isolate": "a\u2066b", "not UTF-8": "a\xffb", "huge": strings.Repeat("\u0301", 100_000),
	} {
		if _, err := CheckName(in); !errors.Is(err, ErrBadName) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStoreAway(t *testing.T) {
	a, s := newAccess(t)
	storetest.Pause(t, s)
	if _, err := a.IssueTicket(t.Context(), claims()); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("issue: %v", err)
	}
	if _, err := a.RedeemTicket(t.Context(), "x"); !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("redeem: %v", err)
	}
}
