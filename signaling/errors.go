package signaling

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"diemcau/rooms/access"
	"diemcau/rooms/calendar"
	"diemcau/rooms/meeting"
	"diemcau/rooms/store"
	"diemcau/sfu"
	"diemcau/signaling/protocol"
)

// Errors of the edge itself.
var (
	errBadRequest    = errors.New("signaling: bad request")
	errNoCredential  = errors.New("signaling: no valid credential")
	errRefused       = errors.New("signaling: refused")
	errTooMany       = errors.New("signaling: too many connections from one address")
	errUnknownMethod = errors.New("signaling: method not allowed")
	errNoResource    = errors.New("signaling: no such resource")
	errMediaType     = errors.New("signaling: wrong content type")
	errTooLarge      = errors.New("signaling: body too large")
	errNoIfMatch     = errors.New("signaling: If-Match is missing")
	errStale         = errors.New("signaling: the ICE session has changed")
	errWaiting       = errors.New("signaling: in the waiting room")
	errNotBegun      = errors.New("signaling: no offer yet")
	errChat          = &protocol.FieldError{Field: "text", Reason: "1 to 2,000 characters"}
)

// answer is how a kind of error is told: on a WebSocket by its code, on HTTP by its status too.
type answer struct {
	code      protocol.ErrorCode
	status    int
	message   string // Vietnamese
	messageEn string
}

// answers is the only place where errors become what clients see. The first entry that matches counts.
var answers = []struct {
	err error
	answer
}{
	{protocol.ErrNotJSON, answer{protocol.CodeBadMessage, 400, "Bản tin không đúng định dạng.", "The message is not well formed."}},
	{protocol.ErrNotUTF8, answer{protocol.CodeBadMessage, 400, "Bản tin không phải là UTF-8.", "The message is not UTF-8."}},
	{errBinary, answer{protocol.CodeBadMessage, 400, "Không nhận bản tin nhị phân.", "Binary messages are not accepted."}},
	{errBadRequest, answer{protocol.CodeBadRequest, 400, "Yêu cầu không hợp lệ.", "The request is not valid."}},
	{meeting.ErrInvalid, answer{protocol.CodeBadRequest, 400, "Yêu cầu không hợp lệ.", "The request is not valid."}},
	{meeting.ErrForbidden, answer{protocol.CodeForbidden, 403, "Đồng chí không có quyền thực hiện thao tác này.", "You may not do this."}},
	{meeting.ErrNotFound, answer{protocol.CodeNotFound, 404, "Không tìm thấy người tham dự.", "There is no such participant."}},
	{meeting.ErrWrongState, answer{protocol.CodeWrongState, 409, "Thao tác này chưa thể thực hiện vào lúc này.", "This is not possible now."}},
	{errNoSeat, answer{protocol.CodeWrongState, 409, "Đồng chí không còn trong phòng họp.", "You are no longer in the meeting."}},
	{errWaiting, answer{protocol.CodeWrongState, 409, "Đồng chí đang ở phòng chờ.", "You are in the waiting room."}},
	{errNotBegun, answer{protocol.CodeWrongState, 409, "Kết nối hình ảnh, âm thanh chưa được thiết lập.", "No offer has been answered yet."}},
	{sfu.ErrBadSDP, answer{protocol.CodeBadSDP, 400, "Không thiết lập được kết nối hình ảnh, âm thanh.", "The offer cannot be used."}},
	{sfu.ErrBadCandidate, answer{protocol.CodeBadCandidate, 400, "Địa chỉ kết nối không dùng được.", "The candidate cannot be used."}},
	{sfu.ErrLimit, answer{protocol.CodeLimit, 429, "Đã đạt giới hạn cho mỗi người tham dự.", "A limit per participant was reached."}},
	{meeting.ErrLimit, answer{protocol.CodeLimit, 409, "Phòng họp đã đủ người tham dự.", "The meeting is full."}},
	{sfu.ErrClosed, answer{protocol.CodeWrongState, 409, "Kết nối hình ảnh, âm thanh đã đóng.", "The media connection is closed."}},
	{access.ErrBadName, answer{protocol.CodeBadName, 400, "Tên không hợp lệ.", "The name is not valid."}},
	{errNoCredential, answer{protocol.CodeForbidden, 401, "Đồng chí chưa được xác thực.", "No valid credential was given."}},
	{access.ErrInvalid, answer{protocol.CodeForbidden, 401, "Đồng chí chưa được xác thực.", "No valid credential was given."}},
	{access.ErrExpired, answer{protocol.CodeForbidden, 401, "Thông tin xác thực đã hết hạn.", "The credential has expired."}},
	{errRefused, answer{protocol.CodeForbidden, 403, "Đồng chí không thể vào cuộc họp này.", "You may not enter this meeting."}},
	{errNotOpen, answer{protocol.CodeForbidden, 403, "Đồng chí không thể vào cuộc họp này.", "You may not enter this meeting."}},
	{calendar.ErrNotFound, answer{protocol.CodeForbidden, 403, "Đồng chí không thể vào cuộc họp này.", "You may not enter this meeting."}},
	{errNoResource, answer{protocol.CodeNotFound, 404, "Không tìm thấy phiên kết nối.", "There is no such session."}},
	{errNoTest, answer{protocol.CodeNotFound, 404, "Lượt thử đường truyền đã kết thúc.", "There is no such link test."}},
	{errTestTooOften, answer{protocol.CodeRateLimited, 429, "Đồng chí vừa thử đường truyền nhiều lần. Vui lòng thử lại sau ít phút.", "Too many link tests. Please try again in a moment."}},
	{errTestsFull, answer{protocol.CodeLimit, 503, "Nhiều nơi đang cùng thử đường truyền. Vui lòng thử lại sau.", "Too many link tests at once. Please try again in a moment."}},
	{errUnknownMethod, answer{protocol.CodeBadRequest, 405, "Phương thức không được hỗ trợ.", "The method is not allowed."}},
	{errSeatBusy, answer{protocol.CodeWrongState, 409, "Vị trí này đang có thiết bị khác phát.", "Another publisher has this seat."}},
	{errStale, answer{protocol.CodeWrongState, 412, "Phiên kết nối đã thay đổi.", "The ICE session has changed."}},
	{errTooLarge, answer{protocol.CodeLimit, 413, "Nội dung gửi quá lớn.", "The body is too large."}},
	{errMediaType, answer{protocol.CodeBadRequest, 415, "Kiểu nội dung không được hỗ trợ.", "The content type is not supported."}},
	{errNoIfMatch, answer{protocol.CodeBadRequest, 428, "Thiếu If-Match.", "If-Match is required."}},
	{errTooMany, answer{protocol.CodeRateLimited, 429, "Quá nhiều kết nối từ một địa chỉ.", "Too many connections from one address."}},
	{errRestarting, answer{protocol.CodeUnavailable, 503, "Máy chủ đang khởi động lại. Vui lòng thử lại sau.", "The server is restarting. Please try again."}},
	{context.Canceled, answer{protocol.CodeUnavailable, 503, "Máy chủ đang khởi động lại. Vui lòng thử lại sau.", "The server is restarting. Please try again."}},
	{context.DeadlineExceeded, answer{protocol.CodeUnavailable, 503, "Hệ thống tạm thời gián đoạn. Vui lòng thử lại sau.", "The server is too slow. Please try again."}},
	{store.ErrUnavailable, answer{protocol.CodeUnavailable, 503, "Hệ thống tạm thời gián đoạn. Vui lòng thử lại sau.", "The store is away. Please try again."}},
}

var (
	internal = answer{protocol.CodeInternal, 500, "Máy chủ gặp lỗi. Vui lòng thử lại sau.", "The server failed. Please try again."}
	tooFast  = answer{protocol.CodeRateLimited, 429, "Đồng chí gửi quá nhanh. Vui lòng thử lại sau.", "Too many messages. Please wait."}
)

// answerTo finds how an error is told, and the field that is at fault, if one is.
func answerTo(err error) (a answer, field string) {
	if fault, ok := errors.AsType[*protocol.FieldError](err); ok {
		err, field = errBadRequest, fault.Field
	}
	for _, known := range answers {
		if errors.Is(err, known.err) {
			return known.answer, field
		}
	}
	return internal, field
}

// wire makes the message of an error.
func (a answer) wire(field, requestID string) protocol.Error {
	return protocol.Error{Code: a.code, Message: a.message, MessageEn: a.messageEn, Field: field, RequestID: requestID}
}

// problem is an error of HTTP (RFC 9457).
type problem struct {
	Type      string             `json:"type"`
	Title     string             `json:"title"` // Vietnamese
	TitleEn   string             `json:"title_en"`
	Status    int                `json:"status"`
	Code      protocol.ErrorCode `json:"code"`
	RequestID string             `json:"request_id"`
}

// refuse answers an HTTP request with an error.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	a, _ := answerTo(err)
	requestID := newID()
	s.counters.error(a.code)
	if a.code == protocol.CodeInternal {
		s.log.Error("request failed", "request", requestID, "error", err)
	} else {
		s.log.Debug("request refused", "request", requestID, "error", err)
	}
	h := w.Header()
	switch a.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		h.Set("Retry-After", "2")
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(a.status)
	_ = json.NewEncoder(w).Encode(problem{
		Type: "about:blank", Title: a.message, TitleEn: a.messageEn, Status: a.status, Code: a.code, RequestID: requestID,
	})
}
