// Package demo fills an empty server with the fictional province's week.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"time"
	_ "time/tzdata" // the province's time zone, on machines without a database of zones

	"diemcau/rooms/access"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/directory"
	"diemcau/rooms/meeting"
)

// The fictional province's own name, and whom its people ask.
const (
	Organisation = "Ủy ban nhân dân tỉnh Minh Giang"
	Support      = "máy lẻ 108, trong giờ hành chính"
)

// Config is what Load needs.
type Config struct {
	Calendar  *calendar.Calendar
	Directory *directory.Directory
	Access    *access.Access
	Now       time.Time // the demo fills the week of this moment in Asia/Ho_Chi_Minh
	Log       *slog.Logger
}

// Demo is what was loaded.
type Demo struct {
	Practice calendar.Meeting // Phòng họp thử
	Meetings []calendar.Meeting
	Links    []Link // for the practice meeting: leader, terminal, secretary
}

// Link is one ready link.
type Link struct {
	Label string // Vietnamese
	Path  string // /join#<token>
}

// practiceID is that of the practice meeting, which every server has once.
const practiceID = "phong-hop-thu"

// linkLifetime is how long the printed links work. Each start prints new ones, which lead to the same seats.
const linkLifetime = 7 * 24 * time.Hour

// Load makes what is not there yet; it can be called at every start.
func Load(ctx context.Context, cfg Config) (Demo, error) {
	var d Demo
	var err error
	if d.Practice, err = Practice(ctx, cfg); err != nil {
		return d, err
	}
	if err := cfg.Directory.Fill(ctx, profileA(), directory.By{Actor: audit.Actor{ID: "demo", Login: "demo"}}); err != nil {
		return d, fmt.Errorf("demo: %w", err)
	}
	monday := mondayOf(cfg.Now.In(calendar.Zone))
	id := func(p planned) string { return monday.Format("demo-20060102-") + p.id }
	for _, p := range week {
		// What is urgent takes a hall and ten sites from others, as it would in the week itself.
		change := calendar.Change{Actor: "demo", Name: "Dữ liệu mẫu", PreEmpt: p.kind == "urgent"}
		if _, err := cfg.Calendar.Ensure(ctx, id(p), p.state(), p.plan(monday), change); err != nil {
			return d, fmt.Errorf("demo: %s: %w", p.id, err)
		}
	}
	for _, p := range week {
		m, err := cfg.Calendar.Get(ctx, id(p))
		if err == nil && m.State == calendar.StateIssued && !m.End.After(cfg.Now) {
			m, err = cfg.Calendar.End(ctx, m.ID)
		}
		if err != nil {
			return d, fmt.Errorf("demo: %s: %w", p.id, err)
		}
		d.Meetings = append(d.Meetings, m)
	}
	d.Links, err = links(cfg, d.Practice)
	return d, err
}

// Practice makes the meeting that is always on, for trying out camera and microphone.
func Practice(ctx context.Context, cfg Config) (calendar.Meeting, error) {
	m, err := cfg.Calendar.Ensure(ctx, practiceID, calendar.StateIssued, calendar.Plan{
		Subject: "Phòng họp thử", Start: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), AlwaysOn: true, Speaking: meeting.SpeakingOpen,
		Chair: calendar.Person{Name: "Văn phòng UBND tỉnh"},
	}, calendar.Change{Actor: "server"})
	if err != nil {
		return m, fmt.Errorf("demo: practice meeting: %w", err)
	}
	return m, nil
}

func links(cfg Config, m calendar.Meeting) ([]Link, error) {
	var all []Link
	for _, l := range []struct {
		label  string
		claims access.Claims
	}{
		{"Lãnh đạo", access.Claims{Seat: "demo-leader", Name: "Chủ tịch UBND tỉnh", Unit: "UBND tỉnh Minh Giang", Role: meeting.RoleChair, ProtocolOrder: 1}},
		{"Điểm cầu", access.Claims{Seat: "demo-terminal", Name: "Huyện Cẩm Hà", Unit: "Hội trường UBND huyện", ShortName: "H. Cẩm Hà", Role: meeting.RoleSite, ProtocolOrder: 206}},
		{"Thư ký", access.Claims{Seat: "demo-secretary", Name: "Thư ký cuộc họp", Unit: "Văn phòng UBND tỉnh", Role: meeting.RoleSecretary, ProtocolOrder: 10}},
		{"Màn hình hội trường", access.Claims{Seat: "demo-display", Name: "Màn hình hội trường", Unit: "Hội trường UBND huyện", Role: meeting.RoleDisplay, ProtocolOrder: 901}},
		{"Trực kỹ thuật", access.Claims{Seat: "demo-operator", Name: "Trực kỹ thuật", Unit: "Sở Thông tin và Truyền thông", Role: meeting.RoleOperator, ProtocolOrder: 900}},
	} {
		l.claims.Meeting, l.claims.Expires = m.ID, cfg.Now.Add(linkLifetime)
		token, err := cfg.Access.Invite(l.claims)
		if err != nil {
			return nil, fmt.Errorf("demo: link: %w", err)
		}
		all = append(all, Link{Label: l.label, Path: "/join#" + token})
	}
	return all, nil
}

func mondayOf(t time.Time) time.Time {
	back := (int(t.Weekday()) + 6) % 7
	return time.Date(t.Year(), t.Month(), t.Day()-back, 0, 0, 0, 0, t.Location())
}
