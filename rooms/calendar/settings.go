package calendar

import (
	"slices"
	"time"
)

// Type is a kind of meeting. Which there are is data.
type Type struct {
	ID       string
	Name     string // Vietnamese
	NameEn   string
	Priority int    // a meeting of a higher one may take what one of a lower one holds
	Quorum   string // how many members must be present, as a fraction such as 2/3; empty without
	NoNotice bool   // giấy mời may go out at any time
}

// Displacement says what a meeting loses to one of higher priority.
type Displacement string

// With DisplaceMeeting it loses everything that it holds and waits for another time; with DisplaceResources only what the other needs. With
// DisplaceEssential it waits for another time if it loses a hall of its own or somebody who presides, and goes on without a site or a leader who is invited.
const (
	DisplaceEssential Displacement = "essential"
	DisplaceMeeting   Displacement = "meeting"
	DisplaceResources Displacement = "resources"
)

// Settings are the office's own rules.
type Settings struct {
	Types      []Type
	Holding    []State // in which a meeting holds its resources
	Displace   Displacement
	NoticeDays int           // working days between giấy mời and the meeting
	JoinBefore time.Duration // how long before its start a meeting lets people in
	Holidays   []string      // days YYYY-MM-DD on which nobody works: a yearly table
	Workdays   []string      // days YYYY-MM-DD at the end of a week on which people work in exchange
}

// DefaultType is that of a plan that names none.
const DefaultType = "thematic"

// DefaultSettings are the rules of an office that has set none.
func DefaultSettings() Settings {
	return Settings{
		Types: []Type{
			{ID: "urgent", Name: "Họp đột xuất", NameEn: "Urgent meeting", Priority: 90, NoNotice: true},
			{ID: "gov_uplink", Name: "Hội nghị trực tuyến của Chính phủ", NameEn: "Government conference", Priority: 80},
			{ID: "ubnd_regular", Name: "Phiên họp thường kỳ", NameEn: "Regular session", Priority: 70, Quorum: "2/3"},
			{ID: "giao_ban", Name: "Giao ban", NameEn: "Briefing", Priority: 60},
			{ID: "conference", Name: "Hội nghị", NameEn: "Conference", Priority: 50},
			{ID: "review", Name: "Sơ kết, tổng kết", NameEn: "Review", Priority: 40},
			{ID: DefaultType, Name: "Họp chuyên đề", NameEn: "Thematic meeting", Priority: 30},
			{ID: "training", Name: "Tập huấn", NameEn: "Training", Priority: 10},
			{ID: "consult", Name: "Lấy ý kiến", NameEn: "Consultation", Priority: 20},
		},
		Holding:    []State{StateDraft, StateSubmitted, StateApproved, StateIssued, StateHeld},
		Displace:   DisplaceEssential,
		NoticeDays: 3,
		JoinBefore: 15 * time.Minute,
	}
}

// typeOf finds a type by its id.
func (s Settings) typeOf(id string) (Type, bool) {
	i := slices.IndexFunc(s.Types, func(t Type) bool { return t.ID == id })
	if i < 0 {
		return Type{}, false
	}
	return s.Types[i], true
}

// Priority is that of a type; one that has been taken out of the settings has the lowest.
func (s Settings) Priority(id string) int {
	t, _ := s.typeOf(id)
	return t.Priority
}
