package demo

import (
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
)

// planned is one meeting of the demo week.
type planned struct {
	id         string
	kind       string // of the settings' types
	day        int    // from Monday
	start, end string // hours of the day
	subject    string
	chair      calendar.Person
	unit       string // id of the one that prepares it
	hall       string // id; empty without
	sites      []calendar.Site
}

// state is that of the week's meetings, but for one that waits for approval.
func (p planned) state() calendar.State {
	if p.id == "m11" {
		return calendar.StateSubmitted
	}
	return calendar.StateIssued
}

func (p planned) plan(monday time.Time) calendar.Plan {
	at := func(hour string) time.Time {
		t, err := time.Parse("15:04", hour)
		if err != nil {
			panic(err) // the table below is wrong
		}
		return monday.AddDate(0, 0, p.day).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
	}
	plan := calendar.Plan{
		Subject: p.subject, Type: p.kind, Start: at(p.start), End: at(p.end), Chair: p.chair, PreparingUnit: p.unit, Sites: p.sites, Speaking: meeting.SpeakingFloor,
		Secretary: calendar.Person{Name: "Thư ký cuộc họp", Unit: "Văn phòng UBND tỉnh"},
	}
	if p.hall != "" {
		name := "Phòng họp " + p.hall
		plan.Halls = []calendar.Venue{{ID: p.hall, Name: name}}
		plan.Sites = join([]calendar.Site{{Name: name, Unit: province, ShortName: p.hall, ProtocolOrder: 1, Hall: p.hall}}, p.sites)
	}
	switch {
	case p.hall == "":
		plan.Format = calendar.Online
	case len(p.sites) == 0:
		plan.Format = calendar.InPerson
	default:
		plan.Format = calendar.Hybrid
	}
	return plan
}

const province = "UBND tỉnh Minh Giang"

// Ids of units that prepare meetings.
const (
	office = "van-phong-ubnd"
	media  = "so-thong-tin-va-truyen-thong"
)

var (
	chairman        = calendar.Person{ID: "ct", Name: "Chủ tịch UBND tỉnh", Unit: province}
	viceStanding    = calendar.Person{ID: "pct-tt", Name: "Phó Chủ tịch Thường trực UBND tỉnh", Unit: province}
	viceEconomy     = calendar.Person{ID: "pct-kt", Name: "Phó Chủ tịch UBND tỉnh (kinh tế)", Unit: province}
	viceCulture     = calendar.Person{ID: "pct-vx", Name: "Phó Chủ tịch UBND tỉnh (văn xã)", Unit: province}
	directorJustice = calendar.Person{ID: "thu-truong-so-tu-phap", Name: "Giám đốc Sở Tư pháp", Unit: "Sở Tư pháp"}
	directorMedia   = calendar.Person{ID: "thu-truong-so-thong-tin-va-truyen-thong", Name: "Giám đốc Sở Thông tin và Truyền thông", Unit: "Sở Thông tin và Truyền thông"}
)

// Those who take part, in protocol order.
var (
	units     = sites(orderDepartments, "", departmentNames())
	districts = sites(orderDistricts, "Hội trường UBND", districtNames)
	communes  = sites(orderCommunes, "Trụ sở UBND xã", communeNames)
)

func sites(from int, unit string, names []string) []calendar.Site {
	var all []calendar.Site
	for i, name := range names {
		s := calendar.Site{UnitID: idOf(name), Name: name, Unit: unit, ShortName: shortName(name), ProtocolOrder: from + i}
		if from == orderDistricts {
			s.Hall, s.Terminal = "hoi-truong-"+s.UnitID, "thiet-bi-"+s.UnitID
		}
		all = append(all, s)
	}
	return all
}

func join(groups ...[]calendar.Site) []calendar.Site {
	var all []calendar.Site
	for _, g := range groups {
		all = append(all, g...)
	}
	return all
}

// week is the demo week. M10 is not in it: a meeting with state secrets is refused. M11 is one that waits for approval.
var week = []planned{
	{"m1", "giao_ban", 0, "08:00", "09:30", "Giao ban Chủ tịch và các Phó Chủ tịch", chairman, office, "P2", nil},
	{"m2", "gov_uplink", 0, "14:00", "17:00", "Hội nghị trực tuyến Chính phủ với địa phương", chairman, office, "P1", districts},
	{"m3", "ubnd_regular", 1, "08:00", "11:30", "Phiên họp thường kỳ UBND tỉnh", chairman, office, "P1", nil},
	{"m4", "thematic", 1, "14:00", "16:30", "Tiến độ giải phóng mặt bằng", viceEconomy, "so-tai-nguyen-va-moi-truong", "P2", join(units[3:6], districts[:5])},
	{"m5", "conference", 2, "07:30", "11:30", "Triển khai chuyển đổi số", viceStanding, media, "P1", join(units, districts, communes)},
	{"m6", "consult", 2, "14:00", "16:00", "Góp ý dự thảo quyết định", directorJustice, "so-tu-phap", "", units[:6]},
	{"m7", "training", 3, "08:00", "16:30", "Tập huấn", directorMedia, media, "", join(units, districts, communes)},
	{"m9", "thematic", 3, "14:00", "16:00", "Công tác y tế", viceCulture, "so-y-te", "P1", nil},
	{"m8", "urgent", 3, "14:00", "15:30", "Ứng phó bão", chairman, office, "P1", join(units[17:20], districts)},
	{"m11", "thematic", 4, "10:30", "11:30", "Rà soát thủ tục hành chính", viceEconomy, "so-noi-vu", "P3", nil},
}
