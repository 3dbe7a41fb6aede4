package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"diemcau/rooms/calendar"
)

// Calendar holds the office's rules of planning.
type Calendar struct {
	Types             []MeetingType  `form:"id|priority|Vietnamese name|English name, then |no_notice and |quorum=2/3 where they are so, such as urgent|90|Họp đột xuất|Urgent meeting|no_notice" help:"Types of meetings. One of a higher priority may take what one of a lower one holds; no_notice: giấy mời may go out at any time. One has the id thematic: that of a plan that names none. When empty: the usual ones."`
	HoldingStates     []HoldingState `form:"draft, submitted, returned, approved, issued, held or postponed" help:"States in which a meeting holds its halls, sites, terminals and leaders. When empty: draft, submitted, approved, issued and held."`
	Displace          string         `default:"essential" choice:"essential, meeting, resources" form:"essential, meeting or resources" help:"What a meeting loses to one of higher priority. meeting: everything, it waits for another time. resources: what the other needs. essential: everything if a hall of its own or somebody who presides is lost, else what the other needs."`
	NoticeDays        int            `default:"3" form:"a whole number from 0 to 30" help:"Working days that lie between giấy mời and the meeting; with fewer there is a warning."`
	JoinBeforeMinutes int            `default:"15" form:"a whole number from 0 to 240" help:"Minutes before its start at which a meeting lets people in, and its halls' terminals join."`
	Holidays          []Day          `form:"a day, such as 2026-04-30" help:"Days on which nobody works, as they are announced for each year."`
	Workdays          []Day          `form:"a day, such as 2026-05-09" help:"Days at the end of a week on which people work in exchange for another."`
}

// MeetingType is a type of meetings as one line.
type MeetingType struct{ calendar.Type }

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *MeetingType) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if len(parts) < 4 || slices.Contains(parts[:4], "") || !calendar.ValidID(parts[0]) {
		return errForm
	}
	priority, err := strconv.ParseUint(parts[1], 10, 16)
	if err != nil {
		return errForm
	}
	t.Type = calendar.Type{ID: parts[0], Priority: int(priority), Name: parts[2], NameEn: parts[3]}
	for _, option := range parts[4:] {
		quorum, ok := strings.CutPrefix(option, "quorum=")
		var present, all uint
		switch {
		case option == "no_notice":
			t.NoNotice = true
		case ok && scan(quorum, &present, &all) && 0 < present && present <= all:
			t.Quorum = quorum
		default:
			return errForm
		}
	}
	return nil
}

// scan reads a fraction and nothing else.
func scan(s string, over, under *uint) bool {
	n, err := fmt.Sscanf(s, "%d/%d", over, under)
	return err == nil && n == 2 && s == fmt.Sprintf("%d/%d", *over, *under)
}

// HoldingState is a state in which a meeting can hold something.
type HoldingState calendar.State

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *HoldingState) UnmarshalText(text []byte) error {
	state := calendar.State(text)
	if !slices.Contains(calendar.States, state) || state == calendar.StateConcluded || state == calendar.StateCancelled {
		return errForm
	}
	*s = HoldingState(state)
	return nil
}

// Day is a day of the calendar, YYYY-MM-DD.
type Day string

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) error {
	if _, err := time.Parse(time.DateOnly, string(text)); err != nil {
		return errForm
	}
	*d = Day(text)
	return nil
}

// Settings are the rules as the calendar takes them.
func (c Calendar) Settings() calendar.Settings {
	s := calendar.DefaultSettings()
	s.Displace, s.NoticeDays = calendar.Displacement(c.Displace), c.NoticeDays
	s.JoinBefore = time.Duration(c.JoinBeforeMinutes) * time.Minute
	if len(c.Types) > 0 {
		s.Types = nil
	}
	for _, t := range c.Types {
		s.Types = append(s.Types, t.Type)
	}
	if len(c.HoldingStates) > 0 {
		s.Holding = nil
	}
	for _, state := range c.HoldingStates {
		s.Holding = append(s.Holding, calendar.State(state))
	}
	for _, d := range c.Holidays {
		s.Holidays = append(s.Holidays, string(d))
	}
	for _, d := range c.Workdays {
		s.Workdays = append(s.Workdays, string(d))
	}
	return s
}

// checkCalendar looks for numbers that are out of their range, and for types that stand there twice or are missing.
func (c *Config) checkCalendar() (faults Faults) {
	if n := c.Calendar.NoticeDays; n < 0 || n > 30 {
		faults = append(faults, Fault{Key: "calendar.notice_days", Problem: fmt.Sprintf("%d is not allowed: give a whole number from 0 to 30", n)})
	}
	if n := c.Calendar.JoinBeforeMinutes; n < 0 || n > 240 {
		faults = append(faults, Fault{Key: "calendar.join_before_minutes", Problem: fmt.Sprintf("%d is not allowed: give a whole number from 0 to 240", n)})
	}
	if len(c.Calendar.Types) == 0 {
		return faults
	}
	seen := map[string]bool{}
	for _, t := range c.Calendar.Types {
		if seen[t.ID] {
			faults = append(faults, Fault{Key: "calendar.types", Problem: t.ID + " stands there twice"})
		}
		seen[t.ID] = true
	}
	if !seen[calendar.DefaultType] {
		faults = append(faults, Fault{Key: "calendar.types", Problem: "has no type with the id " + calendar.DefaultType + ": that of a plan that names none"})
	}
	return faults
}
