package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

const (
	bookings = 1000
	bookers  = 32
	kills    = 20
	halls    = 40 // each is booked for other times by each of its bookings
)

// booker books over REST as a client should: a request that is not answered is repeated with its idempotency key.
type booker struct {
	base         string
	client       *http.Client
	acknowledged *atomic.Int64
}

// booked is what was acknowledged for a subject.
type booked struct {
	id        string
	hall      string
	cancelled bool
}

// insist repeats a request until it is answered for good.
func (b booker) insist(path, key, body string, want int) (id string, err error) {
	for began := time.Now(); time.Since(began) < 2*time.Minute; time.Sleep(30 * time.Millisecond) {
		r, err := http.NewRequest(http.MethodPost, b.base+path, strings.NewReader(body))
		if err != nil {
			return "", err
		}
		r.Header.Set("Authorization", "Bearer "+canary)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		answer, err := b.client.Do(r)
		if err != nil {
			continue
		}
		raw, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		switch {
		case err != nil, answer.StatusCode == http.StatusServiceUnavailable:
			continue
		case answer.StatusCode != want:
			return "", fmt.Errorf("%s: %s %s", path, answer.Status, raw)
		}
		var m struct{ ID string }
		if err := json.Unmarshal(raw, &m); err != nil {
			continue // cut in the middle
		}
		b.acknowledged.Add(1)
		return m.ID, nil
	}
	return "", fmt.Errorf("%s: no answer", path)
}

// book books a hall, and calls every fourth meeting off again.
func (b booker) book(i int, day time.Time) (booked, error) {
	hall := fmt.Sprintf("h%d", i%halls)
	at := day.Add(time.Duration(i/halls) * time.Hour)
	id, err := b.insist("/api/v1/meetings", fmt.Sprintf("book-%d", i), fmt.Sprintf(
		`{"subject":"Họp %d","start":%q,"end":%q,"chair":{"name":"Chủ tịch"},"speaking":"floor","resources":[{"kind":"hall","id":%q}]}`,
		i, at.Format(time.RFC3339), at.Add(time.Hour).Format(time.RFC3339), hall), http.StatusCreated)
	if err != nil || i%4 > 0 {
		return booked{id, hall, false}, err
	}
	_, err = b.insist("/api/v1/meetings/"+id+"/cancel", fmt.Sprintf("cancel-%d", i), `{"reason":"Hoãn do bão"}`, http.StatusOK)
	return booked{id, hall, true}, err
}

// killRedis ends the server's Redis as a power cut would; the server starts it again.
func (p *process) killRedis() {
	p.t.Helper()
	raw, err := os.ReadFile(filepath.Join(p.data, "redis.pid"))
	if err != nil {
		return // it was killed a moment ago
	}
	if pid, err := strconv.Atoi(string(bytes.TrimSpace(raw))); err == nil {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// 32 clients book while the server, its Redis, or both are killed: what was acknowledged is there, nothing is there twice, and calendar, journal
// and bookings say the same.
func TestBookingsSurviveKills(t *testing.T) {
	t.Parallel()
	p := start(t, t.TempDir())
	base := "http://" + p.address
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	b := booker{base, &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: bookers}}, &atomic.Int64{}}
	day := time.Now().Add(24 * time.Hour).Truncate(time.Hour)
	var mu sync.Mutex
	made, next := map[string]booked{}, atomic.Int64{}
	var clients sync.WaitGroup
	for range bookers {
		clients.Go(func() {
			for i := int(next.Add(1) - 1); i < bookings; i = int(next.Add(1) - 1) {
				got, err := b.book(i, day)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				made[fmt.Sprintf("Họp %d", i)] = got
				mu.Unlock()
			}
		})
	}
	const all = bookings + bookings/4
	for k := range kills {
		// Spread over the run, amid the requests that are under way then.
		for b.acknowledged.Load() < int64(all*(k+1)/(kills+1)) && !t.Failed() {
			time.Sleep(time.Millisecond)
		}
		switch k % 3 {
		case 0:
			p.killRedis()
			continue
		case 1:
			p.killRedis()
		}
		if err := p.command.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-p.ended
		p = startAt(t, p.address, p.data)
	}
	clients.Wait()
	if t.Failed() {
		t.Fatalf("%s", p.output)
	}
	p.until(http.DefaultClient, base+"/readyz", http.StatusOK)
	p.agree(made, day)
	p.stop()
}

// agree compares what was acknowledged with the calendar, the journal and the bookings of halls.
func (p *process) agree(made map[string]booked, day time.Time) {
	p.t.Helper()
	found := map[string]bool{}
	for offset, total := 0, 1; offset < total; offset += 200 {
		var page struct {
			Meetings []struct {
				ID, Subject, State string
				Version            int
			}
			Total int
		}
		p.read(fmt.Sprintf("/api/v1/meetings?limit=200&offset=%d&from=%s", offset, day.UTC().Format(time.RFC3339)), &page)
		total = page.Total
		for _, m := range page.Meetings {
			want := made[m.Subject]
			state := map[bool]string{false: "issued", true: "cancelled"}[want.cancelled]
			if found[m.Subject] || m.ID != want.id || m.State != state {
				p.t.Errorf("%s: %+v, acknowledged was %+v", m.Subject, m, want)
			}
			found[m.Subject] = true
			var history struct{ Entries []struct{ Action string } }
			p.read("/api/v1/meetings/"+m.ID+"/history", &history)
			if len(history.Entries) != m.Version || m.Version != map[bool]int{false: 1, true: 2}[want.cancelled] {
				p.t.Errorf("%s has version %d and %d entries in the journal", m.Subject, m.Version, len(history.Entries))
			}
		}
	}
	if len(found) != bookings {
		p.t.Errorf("%d of %d acknowledged bookings are there", len(found), bookings)
	}
	p.agreeOnHalls(made, day)
}

func (p *process) agreeOnHalls(made map[string]booked, day time.Time) {
	p.t.Helper()
	want := map[string]string{} // hall by meeting
	for _, b := range made {
		if !b.cancelled {
			want[b.id] = b.hall
		}
	}
	span := "&from=" + day.UTC().Format(time.RFC3339) + "&to=" + day.UTC().Add(48*time.Hour).Format(time.RFC3339)
	for h := range halls {
		hall := fmt.Sprintf("h%d", h)
		var got struct{ Busy []struct{ Meeting string } }
		p.read("/api/v1/freebusy?resource=hall:"+hall+span, &got)
		for _, busy := range got.Busy {
			if want[busy.Meeting] != hall {
				p.t.Errorf("hall %s is booked by %s without an acknowledgement, or twice", hall, busy.Meeting)
			}
			delete(want, busy.Meeting)
		}
	}
	if len(want) > 0 {
		p.t.Errorf("%d bookings hold no hall", len(want))
	}
}

// read reads JSON from an address as the administrator.
func (p *process) read(path string, out any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.get(path)), out); err != nil {
		p.t.Fatalf("%s: %v", path, err)
	}
}
