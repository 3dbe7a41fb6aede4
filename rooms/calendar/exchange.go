package calendar

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// exchange is what change.lua is told of bookings and series: keys by their place.
type exchange struct {
	Release [][2]any `json:"release"` // key, member
	Hold    []hold   `json:"hold"`
	Series  [][3]any `json:"series"` // key, occurrence in ms, meeting
	Left    [][2]any `json:"left"`   // key of a series, meeting that is none of it any more
	Most    int      `json:"most"`   // clashes to name
	place   int      // of the first key, in Lua
	keys    []string
	at      map[string]int
}

// hold is a booking that is new: in JSON its key, its start and end in ms, and its member.
type hold struct {
	key        int
	start, end int64
	member     string
}

func (h hold) MarshalJSON() ([]byte, error) {
	return json.Marshal([4]any{h.key, h.start, h.end, h.member})
}

func newExchange(place int) *exchange {
	return &exchange{
		Release: [][2]any{}, Hold: []hold{}, Series: [][3]any{}, Left: [][2]any{}, Most: 3 * maxClashes, place: place, at: map[string]int{},
	}
}

// add lists what a meeting lets go of, what it holds anew, and its place in its series.
func (x *exchange) add(w write, s Settings) {
	var before []Booking
	if w.before != nil {
		before = w.before.bookings(s)
	}
	kept := map[Booking]bool{}
	for _, b := range before {
		kept[b] = true
	}
	for _, b := range w.after.bookings(s) {
		if !kept[b] {
			x.Hold = append(x.Hold, hold{x.key(prefixBookings + b.Resource.String()), b.Start.UnixMilli(), b.End.UnixMilli(), b.member()})
		}
		delete(kept, b)
	}
	for _, b := range before {
		if kept[b] {
			x.Release = append(x.Release, [2]any{x.key(prefixBookings + b.Resource.String()), b.member()})
		}
	}
	if w.before != nil && w.before.Series != "" && w.after.Series == "" {
		x.Left = append(x.Left, [2]any{x.key(prefixSeries + w.before.Series), w.after.ID})
	}
	if w.after.Series != "" && (w.before == nil || !w.before.Occurrence.Equal(w.after.Occurrence)) {
		x.Series = append(x.Series, [3]any{x.key(prefixSeries + w.after.Series), w.after.Occurrence.UnixMilli(), w.after.ID})
	}
}

// overlaps tells whether what is held anew overlaps itself, as meetings of a series can that were moved while they held nothing.
func (x *exchange) overlaps() bool {
	holds := slices.Clone(x.Hold)
	slices.SortFunc(holds, func(a, b hold) int { return cmp.Or(a.key-b.key, cmp.Compare(a.start, b.start)) })
	for i, h := range holds[min(1, len(holds)):] {
		if before := holds[i]; before.key == h.key && before.end > h.start {
			return true
		}
	}
	return false
}

func (x *exchange) key(name string) int {
	if _, known := x.at[name]; !known {
		x.at[name] = x.place + len(x.keys)
		x.keys = append(x.keys, name)
	}
	return x.at[name]
}

// booking reads a booking that change.lua names by the place of its key and by its member.
func (x *exchange) booking(place, member string) (Booking, error) {
	at, err := strconv.Atoi(place)
	if err != nil || at < x.place || at-x.place >= len(x.keys) {
		return Booking{}, errBadBooking
	}
	r, ok := ParseResource(strings.TrimPrefix(x.keys[at-x.place], prefixBookings))
	if !ok {
		return Booking{}, errBadBooking
	}
	return readBooking(r, member)
}
