package calendar

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"diemcau/rooms/store"
)

// Entry is one change in the journal.
type Entry struct {
	Action    string       `json:"action"` // what was done: created, changed, submitted …; invited or entered for a credential
	Actor     string       `json:"actor"`
	ActorName string       `json:"name,omitempty"`    // as it was then
	Login     string       `json:"login,omitempty"`   // of the actor, as it was then
	Address   string       `json:"address,omitempty"` // of the actor
	Subject   string       `json:"subject,omitempty"` // of the meeting, after the change
	At        time.Time    `json:"at"`
	Revision  int          `json:"revision,omitempty"` // of the meeting, after the change
	Reason    string       `json:"reason,omitempty"`
	Changes   []Difference `json:"changes,omitempty"`
	Issued    *Issued      `json:"issued,omitempty"` // the credential
	Others    []Other      `json:"others,omitempty"` // the meetings that it displaced; for one that was displaced, the one that did
}

// Other is another meeting that a change has to do with.
type Other struct {
	ID      string `json:"id"`
	Subject string `json:"subject"`
}

// Difference is how a change altered a field of the plan. Of a list, it holds the names of what was taken out and of what was put in.
type Difference struct {
	Field  string `json:"field"`
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// formerWords are those of entries that were written under earlier names.
var formerWords = map[string]string{"ended": done[ActConclude]}

// History reads what was done to a meeting, the oldest first, or returns ErrNotFound. The meeting knows its entries: the rest of the journal is not
// looked at.
func (c *Calendar) History(ctx context.Context, id string) ([]Entry, error) {
	known, err := c.store.Client().HMGet(ctx, prefixMeeting+id, "version", "journal").Result()
	if err != nil {
		return nil, fmt.Errorf("calendar: history: %w", store.Classify(err))
	}
	if known[0] == nil {
		return nil, ErrNotFound
	}
	ids, _ := known[1].(string)
	var read []*redis.XMessageSliceCmd
	_, err = c.store.Client().Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, entry := range strings.Fields(ids) {
			read = append(read, p.XRange(ctx, keyJournal, entry, entry))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("calendar: history: %w", store.Classify(err))
	}
	all := make([]Entry, 0, len(read))
	for _, r := range read {
		for _, message := range r.Val() {
			e, err := readEntry(message.Values)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// encode writes an entry of a meeting as the journal keeps it.
func (e Entry) encode(m Meeting) ([]byte, error) {
	e.Subject = shortened(m.Subject, longestSubject)
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("calendar: journal: %w", err)
	}
	return raw, nil
}

// readEntry reads an entry as it is kept.
func readEntry(fields map[string]any) (e Entry, err error) {
	raw, _ := fields["entry"].(string)
	if err := json.Unmarshal([]byte(raw), &e); err != nil {
		return e, fmt.Errorf("calendar: stored entry: %w", err)
	}
	if e.Issued != nil {
		e.Action = e.Issued.action()
	} else if word := formerWords[e.Action]; word != "" {
		e.Action = word
	}
	return e, nil
}

// longestSubject bounds the subject of an entry, in bytes: there are many entries.
const longestSubject = 120

// longestDifference bounds what an entry says of one field, in bytes.
const longestDifference = 2000

// differences tells how two plans differ.
func differences(a, b Plan) (all []Difference) {
	add := func(field, before, after string) {
		if before != after {
			all = append(all, Difference{field, shortened(before, longestDifference), shortened(after, longestDifference)})
		}
	}
	add("subject", a.Subject, b.Subject)
	add("type", a.Type, b.Type)
	add("format", string(a.Format), string(b.Format))
	add("start", moment(a.Start), moment(b.Start))
	add("end", moment(a.End), moment(b.End))
	add("chair", a.Chair.label(), b.Chair.label())
	add("secretary", a.Secretary.label(), b.Secretary.label())
	add("preparing_unit", a.PreparingUnit, b.PreparingUnit)
	add("speaking", string(a.Speaking), string(b.Speaking))
	add("recurrence", a.Recurrence.label(), b.Recurrence.label())
	lists := func(field string, a, b []string) {
		add(field, strings.Join(without(a, b), "; "), strings.Join(without(b, a), "; "))
	}
	lists("co_chairs", labels(a.CoChairs, Person.label), labels(b.CoChairs, Person.label))
	lists("halls", labels(a.Halls, func(h Venue) string { return h.Name }), labels(b.Halls, func(h Venue) string { return h.Name }))
	lists("sites", labels(a.Sites, Site.label), labels(b.Sites, Site.label))
	lists("delegates", labels(a.Delegates, Delegate.label), labels(b.Delegates, Delegate.label))
	lists("agenda", labels(a.Agenda, Item.label), labels(b.Agenda, Item.label))
	lists("resources", labels(a.Resources, Resource.String), labels(b.Resources, Resource.String))
	return all
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

func (r *Recurrence) label() string {
	if r == nil {
		return ""
	}
	return joined(append([]string{r.RRule}, labels(r.ExDates, moment)...)...)
}

func (p Person) label() string { return joined(p.Name, p.Unit) }

func (d Delegate) label() string { return joined(d.Name, d.Unit) }

func (s Site) label() string { return joined(s.Name, s.Unit, s.Hall, s.Terminal) }

func (i Item) label() string {
	minutes := ""
	if i.Minutes > 0 {
		minutes = strconv.Itoa(i.Minutes) + "'"
	}
	return joined(i.Title, i.Owner, minutes)
}

// joined writes what is there of some words in one.
func joined(words ...string) string {
	var there []string
	for _, w := range words {
		if w != "" {
			there = append(there, w)
		}
	}
	return strings.Join(there, ", ")
}

func labels[T any](list []T, label func(T) string) []string {
	out := make([]string, 0, len(list))
	for _, x := range list {
		out = append(out, label(x))
	}
	return out
}

// without is what stands in a and not in b.
func without(a, b []string) (rest []string) {
	there := map[string]bool{}
	for _, s := range b {
		there[s] = true
	}
	for _, s := range a {
		if !there[s] {
			rest = append(rest, s)
		}
	}
	return rest
}

// shortened cuts a text that is longer than a number of bytes between two characters.
func shortened(s string, longest int) string {
	if len(s) <= longest {
		return s
	}
	return strings.ToValidUTF8(s[:longest], "") + "…"
}
