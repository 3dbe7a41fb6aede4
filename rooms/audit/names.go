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
