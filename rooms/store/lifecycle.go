package store

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/redis/go-redis/v9"
)

// formerStates are the states of meetings in schema 1, and what they are called since.
var formerStates = map[string]string{"scheduled": "issued", "open": "held", "ended": "concluded", "cancelled": "cancelled"}

// lifecycle brings the meetings of schema 1 to the states of schema 2, and lets each know its entries in the journal.
func lifecycle(ctx context.Context, client redis.UniversalClient) error {
	const (
		index, journal, prefix = "diemcau:{calendar}:meetings", "diemcau:{calendar}:journal", "diemcau:{calendar}:meeting:"
		page                   = 1000
	)
	entries := map[string][]string{}
	for from := "-"; ; {
		read, err := client.XRangeN(ctx, journal, from, "+", page).Result()
		if err != nil {
			return err
		}
		for _, e := range read {
			id, _ := e.Values["meeting"].(string)
			entries[id] = append(entries[id], e.ID)
			from = "(" + e.ID
		}
		if len(read) < page {
			break
		}
	}
	ids, err := client.ZRange(ctx, index, 0, -1).Result()
	if err != nil {
		return err
	}
	for _, id := range ids {
		raw, err := client.HGet(ctx, prefix+id, "meeting").Result()
		if errors.Is(err, redis.Nil) {
			continue
		}
		if err != nil {
			return err
		}
		fields := map[string]any{"journal": strings.Join(entries[id], " ")}
		if renamed, ok := rename(raw); ok {
			fields["meeting"] = renamed
		}
		if err := client.HSet(ctx, prefix+id, fields).Err(); err != nil {
			return err
		}
	}
	return nil
}

// rename gives a meeting its state of schema 2; false for one that has it already.
func rename(raw string) (string, bool) {
	var m map[string]json.RawMessage
	var state string
	if json.Unmarshal([]byte(raw), &m) != nil || json.Unmarshal(m["state"], &state) != nil || formerStates[state] == "" || m["revision"] != nil {
		return "", false
	}
	m["state"], _ = json.Marshal(formerStates[state]) // a word
	if state == "cancelled" {
		m["revision"] = json.RawMessage("1") // it had been announced
	}
	out, err := json.Marshal(m)
	return string(out), err == nil
}
