package demo

import (
	"strings"

	"diemcau/rooms/directory"
	"diemcau/rooms/fold"
)

// Ids of the levels.
const (
	levelProvince   = "tinh"
	levelDepartment = "so"
	levelDistrict   = "huyen"
	levelCommune    = "xa"
)

// provinceID is the unit at the top.
const provinceID = "ubnd-tinh"

// Protocol orders begin here.
const (
	orderDepartments = 100
	orderDistricts   = 200
	orderCommunes    = 300
)

var levels = []directory.Level{
	{ID: levelProvince, Name: "Tỉnh", NameEn: "Province", Order: 1},
	{ID: levelDepartment, Name: "Sở, ban, ngành", NameEn: "Department", Order: 2},
	{ID: levelDistrict, Name: "Huyện, thị xã, thành phố", NameEn: "District", Order: 3},
	{ID: levelCommune, Name: "Xã, phường, thị trấn", NameEn: "Commune", Order: 4},
}

// departments are in protocol order, each with the title of its head.
var departments = [][2]string{
	{"Văn phòng UBND", "Chánh Văn phòng UBND tỉnh"},
	{"Sở Nội vụ", "Giám đốc Sở Nội vụ"},
	{"Sở Tư pháp", "Giám đốc Sở Tư pháp"},
	{"Sở Kế hoạch và Đầu tư", "Giám đốc Sở Kế hoạch và Đầu tư"},
	{"Sở Tài chính", "Giám đốc Sở Tài chính"},
	{"Sở Công Thương", "Giám đốc Sở Công Thương"},
	{"Sở Nông nghiệp và PTNT", "Giám đốc Sở Nông nghiệp và PTNT"},
	{"Sở Giao thông vận tải", "Giám đốc Sở Giao thông vận tải"},
	{"Sở Xây dựng", "Giám đốc Sở Xây dựng"},
	{"Sở Tài nguyên và Môi trường", "Giám đốc Sở Tài nguyên và Môi trường"},
	{"Sở Thông tin và Truyền thông", "Giám đốc Sở Thông tin và Truyền thông"},
	{"Sở Lao động - TB và XH", "Giám đốc Sở Lao động - TB và XH"},
	{"Sở Văn hóa, Thể thao và Du lịch", "Giám đốc Sở Văn hóa, Thể thao và Du lịch"},
	{"Sở Khoa học và Công nghệ", "Giám đốc Sở Khoa học và Công nghệ"},
	{"Sở Giáo dục và Đào tạo", "Giám đốc Sở Giáo dục và Đào tạo"},
	{"Sở Y tế", "Giám đốc Sở Y tế"},
	{"Thanh tra tỉnh", "Chánh Thanh tra tỉnh"},
	{"Công an tỉnh", "Giám đốc Công an tỉnh"},
	{"Bộ Chỉ huy Quân sự tỉnh", "Chỉ huy trưởng Bộ Chỉ huy Quân sự tỉnh"},
	{"Ban Dân tộc", "Trưởng Ban Dân tộc"},
	{"Ban Quản lý các khu công nghiệp", "Trưởng Ban Quản lý các khu công nghiệp"},
	{"Đài Phát thanh và Truyền hình tỉnh", "Giám đốc Đài Phát thanh và Truyền hình tỉnh"},
}

func departmentNames() []string {
	var names []string
	for _, d := range departments {
		names = append(names, d[0])
	}
	return names
}

var districtNames = strings.Split(`Thành phố Minh Giang
Thành phố An Hải
Thị xã Tân Hải
Thị xã Đông Lĩnh
Huyện An Lạc
Huyện Cẩm Hà
Huyện Hòa Khê
Huyện Phú Lâm
Huyện Thanh Khê
Huyện Vạn Sơn`, "\n")

// communeNames are twelve to a district.
var communeNames = func() []string {
	var names []string
	for _, second := range strings.Fields("Dân Phong Lập Tiến Thành Sơn Lộc Hưng Thịnh Châu") {
		for _, first := range strings.Fields("Tân Minh An Đông Hòa Phú Thanh Vạn Hải Long Bình Xuân") {
			names = append(names, "Xã "+first+" "+second)
		}
	}
	return names
}()

const communesOfDistrict = 12

// idOf makes the id of a unit from its name: Huyện Cẩm Hà is huyen-cam-ha.
func idOf(name string) string {
	return strings.Join(strings.FieldsFunc(fold.String(name), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }), "-")
}

// shorten writes the level of a name as signs and plates do.
var shorten = strings.NewReplacer("Thành phố ", "TP. ", "Thị xã ", "TX. ", "Huyện ", "H. ", "Sở Thông tin và Truyền thông", "Sở TT&TT", "Sở Kế hoạch và Đầu tư", "Sở KH&ĐT",
	"Sở Giao thông vận tải", "Sở GTVT", "Sở Tài nguyên và Môi trường", "Sở TN&MT", "Sở Lao động - TB và XH", "Sở LĐTBXH", "Sở Văn hóa, Thể thao và Du lịch", "Sở VHTTDL",
	"Sở Khoa học và Công nghệ", "Sở KH&CN", "Sở Giáo dục và Đào tạo", "Sở GD&ĐT", "Sở Nông nghiệp và PTNT", "Sở NN&PTNT", "Bộ Chỉ huy Quân sự tỉnh", "Bộ CHQS tỉnh",
	"Ban Quản lý các khu công nghiệp", "BQL các KCN", "Đài Phát thanh và Truyền hình tỉnh", "Đài PT-TH tỉnh")

// shortName is empty where nothing is left out.
func shortName(name string) string {
	if short := shorten.Replace(name); short != name {
		return short
	}
	return ""
}

func mailbox(id string) string { return id + "@minhgiang.example" }

// profileA is the province with its districts. It has no days: in the demo it is valid whenever that runs.
func profileA() []directory.Entry {
	var all []directory.Entry
	for _, l := range levels {
		all = append(all, new(l))
	}
	unit := func(name, level, parent string, order int) string {
		id := idOf(name)
		all = append(all, &directory.Unit{
			ID: id, Name: name, ShortName: shortName(name), Level: level, Parent: parent, Mailbox: mailbox(id), ProtocolOrder: order,
		})
		return id
	}
	all = append(all, &directory.Unit{ID: provinceID, Name: province, ShortName: "UBND tỉnh", Level: levelProvince, Mailbox: mailbox(provinceID), ProtocolOrder: 1})
	all = append(all, leaders()...)
	for i, d := range departments {
		id := unit(d[0], levelDepartment, provinceID, orderDepartments+i)
		all = append(all, &directory.Person{ID: "thu-truong-" + id, Title: d[1], Unit: id, ProtocolOrder: orderDepartments + i})
	}
	ten := &directory.Group{ID: "cac-huyen", Name: "10 huyện, thị xã, thành phố"}
	for i, name := range districtNames {
		id := unit(name, levelDistrict, provinceID, orderDistricts+i)
		ten.Units = append(ten.Units, id)
		all = append(all, seatOf(id, name, orderDistricts+i)...)
	}
	for i, name := range communeNames {
		unit(name, levelCommune, idOf(districtNames[i/communesOfDistrict]), orderCommunes+i)
	}
	all = append(all, provinceHalls()...)
	return append(all, ten)
}

func leaders() []directory.Entry {
	person := func(id, title string, order int) directory.Entry {
		return &directory.Person{ID: id, Title: title, Unit: provinceID, ProtocolOrder: order, Leader: true}
	}
	return []directory.Entry{
		person("ct", chairman.Name, 1), person("pct-tt", viceStanding.Name, 2), person("pct-kt", viceEconomy.Name, 3), person("pct-vx", viceCulture.Name, 4),
	}
}

// seatOf is what a district has: who presides, its hall and the hall's terminal.
func seatOf(id, name string, order int) []directory.Entry {
	committee := "UBND " + strings.ToLower(name[:1]) + name[1:]
	return []directory.Entry{
		&directory.Person{ID: "chu-tich-" + id, Title: "Chủ tịch " + committee, Unit: id, ProtocolOrder: order},
		&directory.Hall{ID: "hoi-truong-" + id, Name: "Hội trường " + committee, Unit: id, Seats: 60, Equipment: []string{"Màn hình 75 inch", "Camera hội nghị"}, ProtocolOrder: order},
		&directory.Terminal{ID: "thiet-bi-" + id, Name: "Thiết bị họp " + shorten.Replace(name), Hall: "hoi-truong-" + id},
	}
}

func provinceHalls() []directory.Entry {
	hall := func(id string, seats, order int, equipment ...string) directory.Entry {
		return &directory.Hall{ID: id, Name: "Phòng họp " + id, ShortName: id, Unit: provinceID, Seats: seats, Equipment: equipment, ProtocolOrder: order}
	}
	return []directory.Entry{
		hall("P1", 120, 1, "Màn hình ghép", "Camera hội nghị", "Hệ thống micro đại biểu"), hall("P2", 40, 2, "Màn hình 98 inch", "Camera hội nghị"),
		hall("P3", 20, 3, "Màn hình 75 inch"),
		&directory.Terminal{ID: "thiet-bi-P1", Name: "Thiết bị họp P1", Hall: "P1"}, &directory.Terminal{ID: "thiet-bi-P2", Name: "Thiết bị họp P2", Hall: "P2"},
	}
}
