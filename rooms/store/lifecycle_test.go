package store

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// Meetings of schema 1 get the states of schema 2 and find their entries in the journal; doing it twice is doing it once.
func TestLifecycleOfFormerMeetings(t *testing.T) {
	s, err := Open(t.Context(), Config{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	entries := map[string]string{}
	for i, id := range []string{"scheduled", "open", "ended", "cancelled", "scheduled"} {
		entry := s.client.XAdd(t.Context(), &redis.XAddArgs{Stream: "diemcau:{calendar}:journal", Values: []any{"meeting", id, "entry", "{}"}}).Val()
		entries[id] = strings.TrimSpace(entries[id] + " " + entry)
		s.client.ZAdd(t.Context(), "diemcau:{calendar}:meetings", redis.Z{Score: float64(i), Member: id})
		s.client.HSet(t.Context(), "diemcau:{calendar}:meeting:"+id, "version", 2, "meeting", `{"id":"`+id+`","state":"`+id+`","subject":"Họp"}`)
	}
	for range 2 {
		if err := lifecycle(t.Context(), s.client); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]string{
		"scheduled": `"state":"issued"`, "open": `"state":"held"`, "ended": `"state":"concluded"`, "cancelled": `"revision":1,"state":"cancelled"`,
	} {
		got := s.client.HGetAll(t.Context(), "diemcau:{calendar}:meeting:"+id).Val()
		if !strings.Contains(got["meeting"], want) || !strings.Contains(got["meeting"], `"subject":"Họp"`) || got["version"] != "2" || got["journal"] != entries[id] {
			t.Errorf("%s: %v", id, got)
		}
	}
}
