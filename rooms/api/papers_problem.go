package api

import (
	"errors"
	"maps"
	"net/http"

	"diemcau/rooms/papers"
)

// Texts of what only papers have wrong.
func init() {
	maps.Copy(texts, map[string]text{
		"bad_file_name":      {"Tên tệp trống, quá dài hoặc có ký tự không cho phép.", "The name of the file is empty, too long or has characters that are not permitted."},
		"paper_type":         {"Hệ thống chỉ nhận PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP (không có macro), PNG, JPEG và TXT; nội dung tệp phải đúng với phần mở rộng.", "Only PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP (without macros), PNG, JPEG and TXT are taken, and a file must be what its ending says."},
		"paper_empty":        {"Tệp rỗng.", "The file is empty."},
		"paper_cut":          {"Tệp không đầy đủ hoặc đã hỏng. Đề nghị tải lên lại.", "The file is not whole or is damaged. Please upload it again."},
		"paper_unsafe":       {"Tệp nén không an toàn: quá lớn khi giải nén, có liên kết hoặc đường dẫn ra ngoài.", "The file cannot be unpacked safely: it grows too large, or holds links or paths that lead out."},
		"paper_too_large":    {"Tệp vượt quá dung lượng cho phép.", "The file is larger than is permitted."},
		"papers_quota":       {"Đã hết dung lượng dành cho tài liệu. Đề nghị liên hệ quản trị viên.", "No room is left for papers. Please ask the administrator."},
		"papers_limit":       {"Cuộc họp đã có quá nhiều tài liệu.", "The meeting cannot have more papers."},
		"disk_full":          {"Máy chủ hết dung lượng lưu trữ. Đề nghị liên hệ quản trị viên.", "The server's disk is full. Please ask the administrator."},
		"papers_unavailable": {"Kho tài liệu tạm thời không phản hồi. Đề nghị thử lại sau ít phút.", "The storage of papers does not answer for the moment. Please try again shortly."},
		"stale_paper":        {"Tài liệu đã được người khác thay đổi. Vui lòng tải lại trước khi sửa.", "The paper was changed by somebody else. Please read it again before changing it."},
	})
}

// fromPapers knows the errors of papers; nil for others.
func fromPapers(err error) *Problem {
	for _, known := range []struct {
		err    error
		status int
		code   string
		field  string
	}{
		{papers.ErrNotFound, http.StatusNotFound, "not_found", ""},
		{papers.ErrStaleVersion, http.StatusPreconditionFailed, "stale_paper", ""},
		{papers.ErrIdempotencyMismatch, http.StatusUnprocessableEntity, "idempotency_mismatch", ""},
		{papers.ErrBadName, http.StatusUnprocessableEntity, "bad_file_name", "name"},
		{papers.ErrUnknownReaders, http.StatusUnprocessableEntity, "invalid_field", "readers"},
		{papers.ErrType, http.StatusUnsupportedMediaType, "paper_type", ""},
		{papers.ErrArchive, http.StatusUnprocessableEntity, "paper_unsafe", ""},
		{papers.ErrEmpty, http.StatusBadRequest, "paper_empty", ""},
		{papers.ErrCut, http.StatusBadRequest, "paper_cut", ""},
		{papers.ErrTooLarge, http.StatusRequestEntityTooLarge, "paper_too_large", ""},
		{papers.ErrQuota, http.StatusRequestEntityTooLarge, "papers_quota", ""},
		{papers.ErrLimit, http.StatusUnprocessableEntity, "papers_limit", ""},
		{papers.ErrDiskFull, http.StatusInsufficientStorage, "disk_full", ""},
		{papers.ErrBusy, http.StatusServiceUnavailable, "busy", ""},
		{papers.ErrStorage, http.StatusServiceUnavailable, "papers_unavailable", ""},
	} {
		if errors.Is(err, known.err) {
			return problem(known.status, known.code, known.field)
		}
	}
	return nil
}
