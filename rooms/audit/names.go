package audit

import "strings"

// named are the Vietnamese names of actions, as the page of the log has them.
var named = map[string]string{
	"account.first_created":    "Tạo quản trị viên đầu tiên",
	"account.link_made":        "Tạo đường dẫn đặt mật khẩu",
	"account.password_changed": "Đổi mật khẩu",
	"account.password_reset":   "Đặt mật khẩu qua đường dẫn",
	"session.begun":            "Đăng nhập",
	"session.ended":            "Đăng xuất",
	"session.all_ended":        "Đăng xuất ở mọi nơi",
	"terminal.code_made":       "Tạo mã ghép nối",
	"terminal.paired":          "Ghép nối thiết bị",
	"terminal.revoked":         "Thu hồi ghép nối",
	"paper.uploaded":           "Tải tài liệu lên",
	"paper.read":               "Xem tài liệu",
	"paper.readers_changed":    "Đổi người được đọc tài liệu",
	"paper.removed":            "Gỡ tài liệu",
	"meeting.submitted":        "Trình duyệt",
	"meeting.approved":         "Phê duyệt",
	"meeting.returned":         "Trả lại",
	"meeting.issued":           "Phát hành giấy mời",
	"meeting.postponed":        "Hoãn họp",
	"meeting.rescheduled":      "Dời lịch",
	"meeting.cancelled":        "Hủy họp",
	"meeting.opened":           "Khai mạc",
	"meeting.concluded":        "Kết thúc",
	"meeting.displaced":        "Nhường chỗ cho cuộc họp khác",
	"meeting.reclaimed":        "Lấy lại phần đã nhường",
	"meeting.invited":          "Tạo đường dẫn mời họp",
	"meeting.entered":          "Vào họp",
	"directory.imported":       "Nhập danh bạ từ tệp",
	"directory.exported":       "Xuất danh bạ",
	"audit.exported":           "Xuất nhật ký",
}

// things and verbs name the actions that many things have: unit.created.
var (
	things = map[string]string{
		"meeting":  "cuộc họp",
		"account":  "tài khoản",
		"unit":     "đơn vị",
		"person":   "người trong danh bạ",
		"hall":     "phòng họp",
		"group":    "nhóm đơn vị",
		"level":    "cấp",
		"terminal": "thiết bị",
	}
	verbs = map[string]string{"created": "Thêm", "changed": "Sửa", "deleted": "Xóa"}
)

// fields are the Vietnamese names of what changes, as the page of the log has them.
var fields = map[string]string{
	"subject":        "Nội dung cuộc họp",
	"type":           "Loại cuộc họp",
	"format":         "Hình thức họp",
	"start":          "Từ",
	"end":            "Đến",
	"halls":          "Phòng họp",
	"chair":          "Chủ trì",
	"co_chairs":      "Đồng chủ trì",
	"secretary":      "Thư ký",
	"preparing_unit": "Đơn vị chuẩn bị nội dung",
	"sites":          "Điểm cầu",
	"delegates":      "Đại biểu",
	"agenda":         "Chương trình họp",
	"recurrence":     "Họp định kỳ",
	"speaking":       "Phát biểu",
	"resources":      "Nguồn lực",
	"reason":         "Lý do",
	"meetings":       "Cuộc họp liên quan",
	"invitation":     "Đường dẫn mời họp",
	"token":          "Mã vào họp",
	"account":        "Tài khoản",
	"terminal":       "Thiết bị",
	"role":           "Vai trò",
}

// values are the Vietnamese names of what fields can be: format.online.
var values = map[string]string{
	"format.in_person":  "Trực tiếp",
	"format.online":     "Trực tuyến",
	"format.hybrid":     "Kết hợp",
	"speaking.floor":    "Theo lượt chủ trì mời",
	"speaking.open":     "Tự do",
	"role.chair":        "Chủ trì",
	"role.co_chair":     "Đồng chủ trì",
	"role.acting_chair": "Ủy nhiệm chủ trì",
	"role.secretary":    "Thư ký",
	"role.delegate":     "Đại biểu",
	"role.site":         "Điểm cầu",
	"role.operator":     "Trực kỹ thuật",
	"role.display":      "Màn hình hội trường",
}

// fieldName is what people read of a field; one that has no name is shown as it is written.
func fieldName(field string) string {
	if name := fields[field]; name != "" {
		return name
	}
	return field
}

// valueName is what people read of a field's value.
func valueName(field, value string) string {
	if name := values[field+"."+value]; name != "" {
		return name
	}
	return value
}

// nameOf is what people read of an action; one that has no name is shown as it is written.
func nameOf(action string) string {
	if name := named[action]; name != "" {
		return name
	}
	thing, verb, _ := strings.Cut(action, ".")
	if things[thing] == "" || verbs[verb] == "" {
		return action
	}
	return verbs[verb] + " " + things[thing]
}
