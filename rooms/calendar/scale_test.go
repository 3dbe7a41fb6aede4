package calendar

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"diemcau/rooms/access"
	"diemcau/rooms/store"
	"diemcau/rooms/store/storetest"
)

// The benchmark grows one calendar and measures it at each size: go test ./rooms/calendar -run '^$' -bench Scale -benchtime 200x -scale 2000,20000,200000
var scale = flag.String("scale", "2000,20000", "numbers of meetings at which BenchmarkScale measures")

const (
	perMeeting = 20 // resources
	groups     = 10 // meetings at once, of different resources
	slotLength = 2 * time.Hour
	slotsADay  = 8
)

// province is a calendar that is as full as can be: in each slot of a day each resource is in a meeting, for an hour and three quarters.
type province struct {
	c     *Calendar
	s     *store.Store
	sites [][]Site
	from  time.Time
	count int
}

func newProvince(b *testing.B) *province {
	b.Helper()
	p := &province{s: storetest.New(b)}
	p.c = New(p.s, slog.New(slog.DiscardHandler))
	p.from = time.Now().Truncate(24*time.Hour).AddDate(0, 0, 1)
	for g := range groups {
		var sites []Site
		for i := range perMeeting {
			n := g*perMeeting + i
			sites = append(sites, Site{
				UnitID: fmt.Sprint("don-vi-", n), Name: fmt.Sprint("Ủy ban nhân dân xã số ", n), Unit: "Hội trường UBND xã", ShortName: fmt.Sprint("UBND xã ", n), ProtocolOrder: 300 + n,
			})
		}
		p.sites = append(p.sites, sites)
	}
	return p
}

// slot is when a slot begins.
func (p *province) slot(n int) time.Time {
	return p.from.AddDate(0, 0, n/slotsADay).Add(time.Duration(n%slotsADay) * slotLength)
}

func (p *province) plan(subject string, start time.Time, length time.Duration, of ...int) Plan {
	plan := Plan{
		Subject: subject, Start: start, End: start.Add(length), Chair: Person{Name: "Phó Chủ tịch UBND tỉnh", Unit: "UBND tỉnh Minh Giang"},
		Secretary: Person{Name: "Thư ký cuộc họp", Unit: "Văn phòng UBND tỉnh"}, PreparingUnit: "van-phong",
	}
	for _, g := range of {
		plan.Sites = append(plan.Sites, p.sites[g]...)
	}
	return plan
}

// grow fills the calendar up to a number of meetings, some in each step.
func (p *province) grow(b *testing.B, to int) {
	b.Helper()
	now := p.c.moment()
	for p.count < to {
		var some []write
		for ; p.count < to && len(some) < 100; p.count++ {
			subject := fmt.Sprint("Họp chuyên đề về tiến độ giải ngân vốn đầu tư công số ", p.count)
			plan, err := p.plan(subject, p.slot(p.count/groups), 105*time.Minute, p.count%groups).check(p.c.settings, nil, now, true)
			if err != nil {
				b.Fatal(err)
			}
			m := Meeting{ID: access.NewID(), State: StateIssued, Plan: plan, CreatedBy: "van-phong", Created: now, Changed: now}
			some = append(some, write{nil, m, Change{Actor: "van-phong"}.entry("created", now)})
		}
		if _, err := p.c.attempt(b.Context(), some, once{}); err != nil && !errors.Is(err, store.ErrUnavailable) { // late, but written
			b.Fatal(err)
		}
	}
}

// info reads one number of Redis's INFO.
func (p *province) info(b *testing.B, section, field string) float64 {
	b.Helper()
	text, err := p.s.Client().Info(b.Context(), section).Result()
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(text, field)
	number, _, _ := strings.Cut(rest, "\r\n")
	number, _, _ = strings.Cut(number, ",")
	f, err := strconv.ParseFloat(strings.TrimLeft(number, ":="), 64)
	if err != nil {
		b.Fatalf("%s of %s: %v", field, section, err)
	}
	return f
}

func BenchmarkScale(b *testing.B) {
	p := newProvince(b)
	for size := range strings.SplitSeq(*scale, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			b.Fatal(err)
		}
		p.grow(b, n)
		if b.Failed() {
			return
		}
		for _, of := range [][]int{{0}, {0, 1, 2, 3, 4, 5, 6, 7}} {
			b.Run(fmt.Sprintf("%d meetings/book %d resources", n, perMeeting*len(of)), func(b *testing.B) { p.book(b, of) })
		}
		b.Run(fmt.Sprintf("%d meetings/week, first seen", n), func(b *testing.B) { p.week(b, true) })
		b.Run(fmt.Sprintf("%d meetings/week, seen before", n), func(b *testing.B) { p.week(b, false) })
		b.Run(fmt.Sprintf("%d meetings/memory", n), p.memory)
		b.Run(fmt.Sprintf("%d meetings/crash", n), p.crash)
	}
}

// book books, in gaps between the others, and measures Redis's own time.
func (p *province) book(b *testing.B, of []int) {
	if err := p.s.Client().ConfigResetStat(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		start := p.slot(rand.IntN(p.count / groups)).Add(105*time.Minute + time.Duration(rand.IntN(10*60*1000))*time.Millisecond)
		_, err := p.c.Create(b.Context(), p.plan("Họp ngắn", start, time.Millisecond, of...), Change{Actor: "van-phong"})
		if clash := (*ClashError)(nil); err != nil && !errors.As(err, &clash) && !errors.Is(err, store.ErrUnavailable) {
			b.Fatal(err)
		}
	}
	b.ReportMetric(p.info(b, "latencystats", "latency_percentiles_usec_evalsha:p50"), "redis-µs-p50")
	b.ReportMetric(p.info(b, "latencystats", "latency_percentiles_usec_evalsha:p50="+p.percentile(b)+",p99"), "redis-µs-p99")
}

// percentile is the median as INFO writes it, which stands before the others.
func (p *province) percentile(b *testing.B) string {
	text := p.s.Client().Info(b.Context(), "latencystats").Val()
	_, rest, _ := strings.Cut(text, "latency_percentiles_usec_evalsha:p50=")
	median, _, _ := strings.Cut(rest, ",")
	return median
}

// week lists a week of the calendar: 560 meetings, of which a page has 500.
func (p *province) week(b *testing.B, first bool) {
	from := p.slot(rand.IntN(max(1, p.count/groups-7*slotsADay)))
	for b.Loop() {
		if first {
			p.c.seen.put(make([]Meeting, mostCached)) // nothing of what follows
		}
		all, _, err := p.c.List(b.Context(), Query{From: from, To: from.AddDate(0, 0, 7), Limit: MaxPage, Where: Meeting.Announced})
		if errors.Is(err, store.ErrUnavailable) {
			continue // the machine is busy with something else
		}
		if err != nil || len(all) < 200 {
			b.Fatalf("%d meetings: %v", len(all), err)
		}
	}
}

// memory tells what Redis keeps for each meeting, and for each resource that is booked.
func (p *province) memory(b *testing.B) {
	for b.Loop() {
		continue
	}
	client := p.s.Client()
	var bookings, bytes int64
	for _, group := range p.sites {
		for _, site := range group {
			key := prefixBookings + Resource{AtSite, site.UnitID}.String()
			bookings += client.ZCard(b.Context(), key).Val()
			bytes += client.MemoryUsage(b.Context(), key, 0).Val()
		}
	}
	meetings := float64(client.ZCard(b.Context(), keyIndex).Val())
	b.ReportMetric(float64(bytes)/float64(bookings), "B/booking")
	b.ReportMetric((p.info(b, "memory", "used_memory_dataset")-float64(bytes))/meetings, "B/meeting")
}

// crash tells how long it takes until a Redis that was killed answers again.
func (p *province) crash(b *testing.B) {
	began := time.Now()
	storetest.Kill(b, p.s)
	storetest.AwaitReady(b, p.s)
	took := time.Since(began)
	for b.Loop() {
		continue
	}
	b.ReportMetric(took.Seconds(), "s-until-ready")
	b.ReportMetric(p.info(b, "cpu", "used_cpu_user")+p.info(b, "cpu", "used_cpu_sys"), "s-of-redis")
}
