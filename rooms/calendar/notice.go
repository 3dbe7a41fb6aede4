package calendar

import (
	"slices"
	"time"
)

// Codes of a Warning.
const (
	WarnLateNotice = "late_notice" // giấy mời goes out later than it should
	WarnDayOff     = "day_off"     // the meeting is on a day on which nobody works
)

// Working tells whether people work on the day of a moment in the province: from Monday to Friday, unless the yearly tables say otherwise.
func (s Settings) Working(at time.Time) bool {
	at = at.In(Zone)
	day := at.Format(time.DateOnly)
	if slices.Contains(s.Workdays, day) {
		return true
	}
	return at.Weekday() != time.Saturday && at.Weekday() != time.Sunday && !slices.Contains(s.Holidays, day)
}

// Notice is how many working days lie from one day to another: the first counts, the second does not. It counts no further than most.
func (s Settings) Notice(from, to time.Time, most int) (days int) {
	day, last := from.In(Zone), to.In(Zone).Format(time.DateOnly)
	for ; days < most && day.Format(time.DateOnly) < last; day = day.AddDate(0, 0, 1) {
		if s.Working(day) {
			days++
		}
	}
	return days
}

// Warnings gives the codes of what an office would not want of a plan, but can do.
func (s Settings) Warnings(p Plan, now time.Time) (codes []string) {
	if t, _ := s.typeOf(p.Type); !t.NoNotice && p.Start.After(now) && s.Notice(now, p.Start, s.NoticeDays) < s.NoticeDays {
		codes = append(codes, WarnLateNotice)
	}
	if !p.Start.IsZero() && !s.Working(p.Start) {
		codes = append(codes, WarnDayOff)
	}
	return codes
}
