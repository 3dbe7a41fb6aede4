package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/store"
)

// Problem is an error as RFC 9457 has it, with a code that clients decide by, the text in both languages, the field at fault and an id
// that stands in the server's log too.
type Problem struct {
	Type      string `json:"type" doc:"Always about:blank: the code says more." example:"about:blank"`
	Title     string `json:"title" doc:"The status in words."`
	Status    int    `json:"status" doc:"The HTTP status."`
	Code      string `json:"code" doc:"Stable code of the problem." example:"stale_version"`
	Detail    string `json:"detail" doc:"What is wrong, in Vietnamese."`
	DetailEn  string `json:"detail_en" doc:"What is wrong, in English."`
	Field     string `json:"field,omitempty" doc:"The field that is at fault." example:"end"`
	RequestID string `json:"request_id" doc:"Names the request in the server's log."`
}

// Error is the text for logs.
func (p *Problem) Error() string { return p.Code }

// GetStatus is the HTTP status (huma.StatusError).
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders tells when to try again, while the store is away (huma.HeadersError).
func (p *Problem) GetHeaders() http.Header {
	if p.Status != http.StatusServiceUnavailable {
		return nil
	}
	return http.Header{"Retry-After": {"2"}}
}

// ContentType is that of RFC 9457 (huma.ContentTypeFilter).
func (p *Problem) ContentType(string) string { return "application/problem+json" }

type text struct{ vi, en string }

var texts = map[string]text{
	"bad_request":          {"Yêu cầu không hợp lệ.", "The request is not valid."},
	"unknown_field":        {"Yêu cầu có trường không được hỗ trợ.", "The request has a field that is not known."},
	"invalid_field":        {"Giá trị của một trường không hợp lệ.", "A field has a value that cannot be accepted."},
	"unauthorized":         {"Cần mã quản trị hợp lệ.", "A valid administrator token is needed."},
	"invitation_invalid":   {"Đường dẫn mời họp không hợp lệ hoặc đã hết hạn. Đồng chí vui lòng liên hệ thư ký cuộc họp.", "The invitation is not valid or has expired. Please ask the meeting's secretary."},
	"meeting_not_open":     {"Cuộc họp chưa mở.", "The meeting is not open yet."},
	"meeting_closed":       {"Cuộc họp đã kết thúc hoặc đã hủy.", "The meeting has ended or was cancelled."},
	"not_found":            {"Không tìm thấy nội dung yêu cầu.", "What was asked for was not found."},
	"method_not_allowed":   {"Phương thức không được hỗ trợ ở địa chỉ này.", "The method is not supported at this address."},
	"stale_version":        {"Cuộc họp đã được người khác thay đổi. Vui lòng tải lại trước khi sửa.", "The meeting was changed by somebody else. Please read it again before changing it."},
	"wrong_state":          {"Không thực hiện được ở trạng thái hiện tại của cuộc họp.", "This is not possible in the meeting's state."},
	"idempotency_mismatch": {"Khóa chống lặp đã dùng cho một yêu cầu khác.", "The idempotency key was used for another request."},
	"too_large":            {"Yêu cầu quá lớn.", "The request is too large."},
	"unsupported_type":     {"Kiểu nội dung không được hỗ trợ.", "The content type is not supported."},
	"unavailable":          {"Kho dữ liệu tạm thời không phản hồi nên chưa thể xác nhận việc lưu. Đề nghị thử lại sau ít phút.", "The store does not answer for the moment, so nothing is confirmed as saved. Please try again shortly."},
	"internal":             {"Máy chủ gặp lỗi.", "The server has failed."},

	calendar.CodeRequired:     {"Chưa nhập thông tin bắt buộc.", "Something that is required is missing."},
	calendar.CodeBadName:      {"Tên trống, quá dài hoặc có ký tự không cho phép.", "A name is empty, too long or has characters that are not permitted."},
	calendar.CodeEndNotAfter:  {"Giờ kết thúc phải sau giờ bắt đầu.", "The end must be after the start."},
	calendar.CodeTooLong:      {"Cuộc họp không được dài quá 24 giờ.", "A meeting cannot be longer than 24 hours."},
	calendar.CodePast:         {"Thời gian họp đã qua.", "The time of the meeting is in the past."},
	calendar.CodeTooFar:       {"Thời gian họp quá xa.", "The time of the meeting is too far ahead."},
	calendar.CodeUnknownValue: {"Giá trị không nằm trong danh mục.", "The value is not one of those that exist."},
	calendar.CodeSecret:       {"Hệ thống không phục vụ cuộc họp có nội dung bí mật nhà nước.", "The system does not serve meetings with state secrets."},
	calendar.CodeLimit:        {"Vượt quá giới hạn cho phép.", "A limit was exceeded."},
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

func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.RequestID = requestID(r.Context())
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away: nobody to tell
}
