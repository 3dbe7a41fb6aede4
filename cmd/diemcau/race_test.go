package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	racers = 200
	rounds = 50
)

// redisServer runs a Redis that two servers share, and gives its address.
func redisServer(t *testing.T) string {
	t.Helper()
	address := freeAddress(t)
	_, port, _ := net.SplitHostPort(address)
	command := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "yes", "--appendfsync", "always",
		"--maxmemory-policy", "noeviction", "--loglevel", "warning")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return address
}

// outcome is what a racer was told.
type outcome struct {
	status  int
	Code    string `json:"code"`
	Subject string `json:"subject"`
	Clashes []struct {
		Subject string `json:"subject"`
	} `json:"clashes"`
}

// race asks once, and again with the same key where the store was too busy to answer.
func race(client *http.Client, base, key, body string) (o outcome, err error) {
	for o.status == 0 || o.status == http.StatusServiceUnavailable {
		r, err := http.NewRequest(http.MethodPost, base+"/api/v1/meetings", strings.NewReader(body))
		if err != nil {
			return o, err
		}
		r.Header.Set("Authorization", "Bearer "+canary)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		answer, err := client.Do(r)
		if err != nil {
			return o, err
		}
		raw, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil {
			return o, err
		}
		o = outcome{status: answer.StatusCode}
		if err := json.Unmarshal(raw, &o); err != nil {
			return o, fmt.Errorf("%s: %w", raw, err)
		}
	}
	return o, nil
}

// Of 200 who want one hall and one leader at once, at two servers on one Redis, one gets both, and the others are told who: for single
// meetings and for series, over midnight and over the ends of months.
func TestOneOfManyBookingsAtTwoServersWins(t *testing.T) {
	redis := redisServer(t)
	bases := make([]string, 0, 2)
	for range 2 {
		p := start(t, t.TempDir(), "--redis.addresses", redis, "--log.level", "warn")
		p.until(http.DefaultClient, "http://"+p.address+"/readyz", http.StatusOK)
		bases = append(bases, "http://"+p.address)
	}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: racers}}
	defer client.CloseIdleConnections()
	zone := time.FixedZone("Asia/Ho_Chi_Minh", 7*60*60)
	next := time.Now().In(zone).AddDate(0, 1, 0)
	for round := range rounds {
		// Each round has days of its own. The evening before a month begins, and every fifth is a series.
		begin := time.Date(next.Year(), next.Month()+time.Month(round), 1, 0, 0, 0, 0, zone).Add(-time.Hour)
		recurrence := ""
		if round%5 == 0 {
			recurrence = `,"recurrence":{"rrule":"FREQ=DAILY;COUNT=4"}`
		}
		var winners, told atomic.Int64
		var mu sync.Mutex
		won, named := "", map[string]int{}
		var all sync.WaitGroup
		for i := range racers {
			all.Go(func() {
				start := begin.Add(time.Duration(i%30) * time.Second)
				body := fmt.Sprintf(`{"subject":"Họp %d của vòng %d","start":%q,"end":%q,"chair":{"person":"ct","name":"Chủ tịch"},"halls":[{"id":"P1","name":"P1"}]%s}`,
					i, round, start.Format(time.RFC3339), start.Add(2*time.Hour).Format(time.RFC3339), recurrence)
				o, err := race(client, bases[i%2], fmt.Sprintf("%d.%d", round, i), body)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err != nil:
					t.Error(err)
				case o.status == http.StatusCreated:
					winners.Add(1)
					won = o.Subject
				case o.status == http.StatusConflict && o.Code == "overlap" && len(o.Clashes) > 0:
					told.Add(1)
					for _, c := range o.Clashes {
						named[c.Subject]++
					}
				default:
					t.Errorf("%+v", o)
				}
			})
		}
		all.Wait()
		if winners.Load() != 1 || told.Load() != racers-1 || len(named) != 1 || named[won] == 0 {
			t.Fatalf("round %d: %d won, %q; %d were told of %v", round, winners.Load(), won, told.Load(), named)
		}
	}
}
