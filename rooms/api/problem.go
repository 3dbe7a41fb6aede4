package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/access"
	"diemcau/rooms/accounts"
	"diemcau/rooms/audit"
	"diemcau/rooms/calendar"
	"diemcau/rooms/store"
)

// Problem is an error as RFC 9457 has it, with a code that clients decide by, the text in both languages, the field at fault and an id
// that stands in the server's log too.
type Problem struct {
	Type      string  `json:"type" doc:"Always about:blank: the code says more." example:"about:blank"`
	Title     string  `json:"title" doc:"The status in words."`
	Status    int     `json:"status" doc:"The HTTP status."`
	Code      string  `json:"code" doc:"Stable code of the problem." example:"stale_version"`
	Detail    string  `json:"detail" doc:"What is wrong, in Vietnamese."`
	DetailEn  string  `json:"detail_en" doc:"What is wrong, in English."`
	Field     string  `json:"field,omitempty" doc:"The field that is at fault." example:"end"`
	RequestID string  `json:"request_id" doc:"Names the request in the server's log."`
	Clashes   []Clash `json:"clashes,omitempty" doc:"With the code overlap: every booking that is in the way, up to 50."`
	Free      []Span  `json:"free,omitempty" doc:"With the code overlap: the nearest times at which all resources are free; of several meetings of a series for the first, the others moved alike."`
	wait      time.Duration
}

// Error is the text for logs.
func (p *Problem) Error() string { return p.Code }

// GetStatus is the HTTP status (huma.StatusError).
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells when to try again (huma.HeadersError).
func (p *Problem) GetHeaders() http.Header {
	switch {
	case p.wait > 0:
		return http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(p.wait.Seconds())))}}
	case p.Status != http.StatusServiceUnavailable:
		return nil
	}
	return http.Header{"Retry-After": {"2"}}
}

// ContentType is that of RFC 9457 (huma.ContentTypeFilter).
func (p *Problem) ContentType(string) string { return "application/problem+json" }

type text struct{ vi, en string }

var texts = map[string]text{
	"bad_request":        {"Yêu cầu không hợp lệ.", "The request is not valid."},
	"unknown_field":      {"Yêu cầu có trường không được hỗ trợ.", "The request has a field that is not known."},
	"invalid_field":      {"Giá trị của một trường không hợp lệ.", "A field has a value that cannot be accepted."},
	"unauthorized":       {"Đồng chí chưa đăng nhập, hoặc phiên làm việc đã hết hạn.", "Please sign in: there is no valid session or administrator token."},
	"forbidden":          {"Đồng chí không có quyền thực hiện thao tác này.", "You have no right to do this."},
	"not_invited":        {"Đồng chí không có trong thành phần tham dự cuộc họp này.", "You are not among those invited to this meeting."},
	"cross_site":         {"Yêu cầu đến từ một trang khác và bị từ chối.", "The request comes from another site and is refused."},
	"sign_in_failed":     {"Tên đăng nhập hoặc mật khẩu không đúng.", "The login name or the password is wrong."},
	"too_many_attempts":  {"Đã thử sai nhiều lần. Đề nghị chờ rồi thử lại.", "Too many attempts have failed. Please wait before you try again."},
	"busy":               {"Máy chủ đang bận. Đề nghị thử lại sau giây lát.", "The server is busy. Please try again in a moment."},
	"link_invalid":       {"Đường dẫn đã được sử dụng hoặc đã hết hạn.", "The link was used or has expired."},
	"login_taken":        {"Tên đăng nhập đã có người sử dụng.", "The login name is taken."},
	"last_administrator": {"Không thể bỏ quản trị viên cuối cùng.", "The last administrator cannot be taken away."},
	"stale_account":      {"Tài khoản đã được người khác thay đổi. Vui lòng tải lại trước khi sửa.", "The account was changed by somebody else. Please read it again before changing it."},

	accounts.CodeBadLogin:         {"Tên đăng nhập gồm 2–64 ký tự: chữ không dấu, số và . _ @ + -", "A login name has 2 to 64 characters: unaccented letters, digits and . _ @ + -"},
	accounts.CodePasswordShort:    {"Mật khẩu phải có ít nhất 10 ký tự.", "A password has at least 10 characters."},
	accounts.CodePasswordLong:     {"Mật khẩu quá dài hoặc có ký tự không hợp lệ.", "The password is too long or has characters that are not valid."},
	accounts.CodePasswordIsLogin:  {"Mật khẩu không được trùng tên đăng nhập.", "The password cannot be the login name."},
	accounts.CodePasswordMismatch: {"Mật khẩu hiện tại không đúng.", "The present password is wrong."},
	accounts.CodeUnknownRole:      {"Vai trò không có trong danh mục.", "There is no such role."},
	accounts.CodeTooManyGrants:    {"Một tài khoản có quá nhiều vai trò.", "An account has too many roles."},
	accounts.CodeBadUnit:          {"Mã đơn vị không hợp lệ.", "The unit is not valid."},
	accounts.CodeUnknownPerson:    {"Danh bạ không có người này.", "The directory does not have this person."},

	"invitation_invalid":   {"Đường dẫn mời họp không hợp lệ hoặc đã hết hạn. Đồng chí vui lòng liên hệ thư ký cuộc họp.", "The invitation is not valid or has expired. Please ask the meeting's secretary."},
	"meeting_not_open":     {"Cuộc họp chưa mở.", "The meeting is not open yet."},
	"meeting_closed":       {"Cuộc họp đã kết thúc hoặc đã hủy.", "The meeting has ended or was cancelled."},
	"not_found":            {"Không tìm thấy nội dung yêu cầu.", "What was asked for was not found."},
	"method_not_allowed":   {"Phương thức không được hỗ trợ ở địa chỉ này.", "The method is not supported at this address."},
	"stale_version":        {"Nội dung này đã được người khác thay đổi. Vui lòng tải lại trước khi sửa.", "This was changed by somebody else. Please read it again before changing it."},
	"wrong_state":          {"Không thực hiện được ở trạng thái hiện tại của cuộc họp.", "This is not possible in the meeting's state."},
	"idempotency_mismatch": {"Khóa chống lặp đã dùng cho một yêu cầu khác.", "The idempotency key was used for another request."},
	"overlap":              {"Trùng lịch: một hoặc nhiều phòng họp, thiết bị, điểm cầu, lãnh đạo đã có lịch họp khác.", "A hall, terminal, site or leader is in another meeting at that time."},
	"too_large":            {"Yêu cầu quá lớn.", "The request is too large."},
	"unsupported_type":     {"Kiểu nội dung không được hỗ trợ.", "The content type is not supported."},
	"unavailable":          {"Kho dữ liệu tạm thời không phản hồi nên chưa thể xác nhận việc lưu. Đề nghị thử lại sau ít phút.", "The store does not answer for the moment, so nothing is confirmed as saved. Please try again shortly."},
	"internal":             {"Máy chủ gặp lỗi.", "The server has failed."},

	calendar.CodeRequired:       {"Chưa nhập thông tin bắt buộc.", "Something that is required is missing."},
	calendar.CodeBadName:        {"Tên trống, quá dài hoặc có ký tự không cho phép.", "A name is empty, too long or has characters that are not permitted."},
	calendar.CodeEndNotAfter:    {"Giờ kết thúc phải sau giờ bắt đầu.", "The end must be after the start."},
	calendar.CodeTooLong:        {"Cuộc họp không được dài quá 24 giờ.", "A meeting cannot be longer than 24 hours."},
	calendar.CodePast:           {"Thời gian họp đã qua.", "The time of the meeting is in the past."},
	calendar.CodeTooFar:         {"Thời gian họp quá xa.", "The time of the meeting is too far ahead."},
	calendar.CodeUnknownValue:   {"Giá trị không nằm trong danh mục.", "The value is not one of those that exist."},
	calendar.CodeSecret:         {"Hệ thống không phục vụ cuộc họp có nội dung bí mật nhà nước.", "The system does not serve meetings with state secrets."},
	calendar.CodeRepeated:       {"Mục này đã có trong danh sách.", "This stands in the list already."},
	calendar.CodeOverlapsItself: {"Các cuộc họp trong chuỗi trùng giờ với nhau.", "The meetings of the series overlap each other."},
	calendar.CodeStartNotInRule: {"Thời gian bắt đầu không khớp với quy tắc lặp.", "The start is not the first occurrence of the rule."},
	calendar.CodePassesEarlier:  {"Không thể dời các cuộc họp lên trước một cuộc họp đứng trước trong chuỗi.", "The meetings cannot be moved before one that precedes them in the series."},
	calendar.CodeNeedsScope:     {"Cần chọn phạm vi khi thay đổi quy tắc lặp: từ cuộc họp này trở đi, hoặc cả chuỗi.", "A change of the rule needs a scope: this meeting and those that follow, or all."},
	calendar.CodeNotValidThen:   {"Đơn vị, hoặc đơn vị của chức danh hay phòng họp, không hoạt động vào ngày họp.", "The unit, or that of the person or hall, does not exist on the day of the meeting."},
	calendar.CodeLimit:          {"Vượt quá giới hạn cho phép.", "A limit was exceeded."},
}

// warnings are the texts of what a plan can have, but should not.
var warnings = map[string]text{
	calendar.WarnLateNotice: {"Giấy mời gửi muộn hơn %s ngày làm việc trước ngày họp.", "The invitation goes out later than %s working days before the meeting."},
	calendar.WarnDayOff:     {"Ngày họp là ngày nghỉ.", "The meeting is on a day off."},
}

func problem(status int, code, field string) *Problem {
	t, ok := texts[code]
	if !ok {
		t = texts["internal"]
	}
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: t.vi, DetailEn: t.en, Field: field,
	}
}

// fromHuma turns what huma finds wrong with a request into a Problem. It never passes huma's own text on: that holds
// pieces of the request.
func fromHuma(status int, _ string, errs ...error) huma.StatusError {
	field, unknown := "", false
	for _, err := range errs {
		var d *huma.ErrorDetail
		if errors.As(err, &d) && (field == "" || strings.Contains(d.Message, "unexpected property")) {
			field, unknown = strings.TrimPrefix(d.Location, "body."), strings.Contains(d.Message, "unexpected property")
		}
	}
	inBody := field != "" && field != "body" && !strings.HasPrefix(field, "query.") && !strings.HasPrefix(field, "path.") && !strings.HasPrefix(field, "header.")
	switch {
	case status == http.StatusUnprocessableEntity && unknown:
		return problem(http.StatusBadRequest, "unknown_field", field)
	case status == http.StatusUnprocessableEntity && inBody:
		return problem(status, "invalid_field", field)
	case status == http.StatusUnprocessableEntity, status == http.StatusBadRequest:
		return problem(http.StatusBadRequest, "bad_request", strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(field, "query."), "path."), "header."))
	case status == http.StatusRequestEntityTooLarge:
		return problem(status, "too_large", "")
	case status == http.StatusUnsupportedMediaType:
		return problem(status, "unsupported_type", "")
	case status == http.StatusUnauthorized:
		return problem(status, "unauthorized", "")
	case status >= 400 && status < 500:
		return problem(status, "bad_request", field)
	}
	return problem(http.StatusInternalServerError, "internal", "")
}

// huma makes its errors through package variables and in no other way; every Problem of the process is made alike, so one setting
// for all is right.
func init() {
	huma.NewError = fromHuma
	huma.NewErrorWithContext = func(_ huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return fromHuma(status, msg, errs...)
	}
}

// fromRooms turns the errors of the packages under rooms into a Problem.
func fromRooms(ctx context.Context, log *slog.Logger, err error) error {
	var field *calendar.FieldError
	if p := cmp.Or(fromAccounts(err), fromDirectory(err)); p != nil {
		return p
	}
	if p := fromPapers(err); p != nil {
		if p.Status >= http.StatusInternalServerError {
			log.Warn("papers cannot be kept or read", "request", requestID(ctx), "error", err)
		}
		return p
	}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &field):
		return problem(http.StatusUnprocessableEntity, field.Code, field.Field)
	case errors.Is(err, calendar.ErrNotFound):
		return problem(http.StatusNotFound, "not_found", "")
	case errors.Is(err, calendar.ErrStaleVersion):
		return problem(http.StatusPreconditionFailed, "stale_version", "")
	case errors.Is(err, calendar.ErrWrongState):
		return problem(http.StatusConflict, "wrong_state", "")
	case errors.Is(err, calendar.ErrIdempotencyMismatch):
		return problem(http.StatusUnprocessableEntity, "idempotency_mismatch", "")
	case errors.Is(err, access.ErrBadName):
		return problem(http.StatusUnprocessableEntity, calendar.CodeBadName, "name")
	case errors.Is(err, access.ErrInvalid), errors.Is(err, access.ErrExpired):
		return problem(http.StatusForbidden, "invitation_invalid", "")
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		log.Warn("store is away", "request", requestID(ctx), "error", err)
		return problem(http.StatusServiceUnavailable, "unavailable", "")
	}
	log.Error("request failed", "request", requestID(ctx), "error", err)
	return problem(http.StatusInternalServerError, "internal", "")
}

// fromAccounts knows the errors of accounts and of the audit log; nil for others.
func fromAccounts(err error) *Problem {
	var field *accounts.FieldError
	var wait *accounts.WaitError
	switch {
	case errors.As(err, &field):
		return problem(http.StatusUnprocessableEntity, field.Code, field.Field)
	case errors.As(err, &wait):
		p := problem(http.StatusTooManyRequests, "too_many_attempts", "")
		p.wait = wait.Wait
		return p
	case errors.Is(err, accounts.ErrBusy):
		return problem(http.StatusServiceUnavailable, "busy", "")
	case errors.Is(err, accounts.ErrCredentials):
		return problem(http.StatusUnauthorized, "sign_in_failed", "")
	case errors.Is(err, accounts.ErrNotFound):
		return problem(http.StatusNotFound, "not_found", "")
	case errors.Is(err, accounts.ErrNoSession):
		return problem(http.StatusNotFound, "not_found", "")
	case errors.Is(err, accounts.ErrStaleVersion):
		return problem(http.StatusPreconditionFailed, "stale_account", "")
	case errors.Is(err, accounts.ErrTaken):
		return problem(http.StatusConflict, "login_taken", "login")
	case errors.Is(err, accounts.ErrLastAdmin):
		return problem(http.StatusConflict, "last_administrator", "")
	case errors.Is(err, accounts.ErrBadLink):
		return problem(http.StatusForbidden, "link_invalid", "")
	case errors.Is(err, audit.ErrBadCursor):
		return problem(http.StatusBadRequest, "bad_request", "after")
	}
	return nil
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.RequestID = requestID(r.Context())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away: nobody to tell
}
