package demo

import (
	"time"

	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
)

// planned is one meeting of the demo week.
type planned struct {
	id         string
	day        int    // from Monday
	start, end string // hours of the day
	subject    string
	chair      calendar.Person
	sites      []calendar.Site
}

func (p planned) plan(monday time.Time) calendar.Plan {
	at := func(hour string) time.Time {
		t, err := time.Parse("15:04", hour)
		if err != nil {
			panic(err) // the table below is wrong
		}
		return monday.AddDate(0, 0, p.day).Add(time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute)
	}
	return calendar.Plan{
		Subject: p.subject, Start: at(p.start), End: at(p.end), Chair: p.chair, Sites: p.sites, Speaking: meeting.SpeakingFloor,
		Secretary: calendar.Person{Name: "Thư ký cuộc họp", Unit: "Văn phòng UBND tỉnh"},
	}
}

const province = "UBND tỉnh Minh Giang"

var (
	chairman        = calendar.Person{Name: "Chủ tịch UBND tỉnh", Unit: province}
	viceStanding    = calendar.Person{Name: "Phó Chủ tịch Thường trực UBND tỉnh", Unit: province}
	viceEconomy     = calendar.Person{Name: "Phó Chủ tịch UBND tỉnh (kinh tế)", Unit: province}
	viceCulture     = calendar.Person{Name: "Phó Chủ tịch UBND tỉnh (văn xã)", Unit: province}
	directorJustice = calendar.Person{Name: "Giám đốc Sở Tư pháp", Unit: "Sở Tư pháp"}
	directorMedia   = calendar.Person{Name: "Giám đốc Sở Thông tin và Truyền thông", Unit: "Sở Thông tin và Truyền thông"}
)

// Halls of the province.
var (
	hall1 = calendar.Site{Name: "Phòng họp P1", Unit: province, ShortName: "P1", ProtocolOrder: 1}
	hall2 = calendar.Site{Name: "Phòng họp P2", Unit: province, ShortName: "P2", ProtocolOrder: 2}
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
		all = append(all, calendar.Site{Name: name, Unit: unit, ProtocolOrder: from + i})
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

// week is the demo week. M10 is not in it: a meeting with state secrets is refused.
var week = []planned{
	{"m1", 0, "08:00", "09:30", "Giao ban Chủ tịch và các Phó Chủ tịch", chairman, []calendar.Site{hall2}},
	{"m2", 0, "14:00", "17:00", "Hội nghị trực tuyến Chính phủ với địa phương", chairman, join([]calendar.Site{hall1}, districts)},
	{"m3", 1, "08:00", "11:30", "Phiên họp thường kỳ UBND tỉnh", chairman, []calendar.Site{hall1}},
	{"m4", 1, "14:00", "16:30", "Tiến độ giải phóng mặt bằng", viceEconomy, join([]calendar.Site{hall2}, units[3:6], districts[:5])},
	{"m5", 2, "07:30", "11:30", "Triển khai chuyển đổi số", viceStanding, join([]calendar.Site{hall1}, units, districts, communes)},
	{"m6", 2, "14:00", "16:00", "Góp ý dự thảo quyết định", directorJustice, units[:6]},
	{"m7", 3, "08:00", "16:30", "Tập huấn", directorMedia, join(units, districts, communes)},
	{"m8", 3, "14:00", "15:30", "Ứng phó bão", chairman, join([]calendar.Site{hall1}, units[17:20], districts)},
	{"m9", 3, "14:00", "16:00", "Công tác y tế", viceCulture, []calendar.Site{hall1}},
}
