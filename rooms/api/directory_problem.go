package api

import (
	"errors"
	"maps"
	"net/http"

	"diemcau/rooms/directory"
)

// Texts of what only the directory finds wrong.
func init() {
	maps.Copy(texts, map[string]text{
		"in_use":                    {"Không xóa được vì đang được sử dụng.", "This cannot be deleted, since something refers to it."},
		"code_invalid":              {"Mã ghép nối không đúng, đã được sử dụng hoặc đã hết hạn.", "The code is wrong, was used or has expired."},
		"terminal_unpaired":         {"Thiết bị chưa được ghép nối, hoặc việc ghép nối đã bị thu hồi.", "This device is not paired, or its pairing was revoked."},
		"import_faults":             {"Tệp còn lỗi. Vui lòng sửa rồi tải lên lại.", "The file has faults. Please correct it and upload it again."},
		"directory_changed":         {"Danh bạ đã được thay đổi sau khi xem trước. Vui lòng tải tệp lên lại để xem trước.", "The directory was changed after the preview. Please upload the file again to see what it changes now."},
		directory.CodeBadFile:       {"Không đọc được tệp.", "The file cannot be read."},
		directory.CodeUnsafeFile:    {"Tệp có macro, liên kết đến tệp khác hoặc lớn bất thường khi giải nén nên bị từ chối.", "The file has macros or links to other files, or is much larger than it looks, and is refused."},
		directory.CodeBadEncoding:   {"Tệp không dùng bảng mã UTF-8.", "The file is not in UTF-8."},
		directory.CodeTooManyRows:   {"Tệp có quá nhiều hàng hoặc cột.", "The file has too many rows or columns."},
		directory.CodeUnknownSheet:  {"Tên trang tính không thuộc các trang của danh bạ.", "The name of the sheet is none of the directory's."},
		directory.CodeUnknownColumn: {"Tiêu đề cột không thuộc các cột của danh bạ.", "The heading of the column is none of the directory's."},
		directory.CodeMissingColumn: {"Thiếu cột mã.", "The column of the ids is missing."},
		directory.CodeEmptyFile:     {"Tệp không có dữ liệu.", "The file has no rows."},
		directory.CodeTooManyEdits:  {"Tệp có quá nhiều thay đổi cho một lần nhập. Vui lòng chia tệp thành nhiều phần.", "The file changes too much at once. Please divide it."},
		directory.CodeBadID:         {"Mã gồm 1–64 ký tự: chữ không dấu, số và - _ .", "An id has 1 to 64 characters: unaccented letters, digits and - _ ."},
		directory.CodeBadDate:       {"Ngày không hợp lệ.", "This is not a day."},
		directory.CodeEndsTooEarly:  {"Ngày hết hiệu lực phải sau ngày bắt đầu hiệu lực.", "The last day cannot be before the first."},
		directory.CodeBadMailbox:    {"Địa chỉ hộp thư không hợp lệ.", "This is not a mail address."},
		directory.CodeBadNumber:     {"Số không hợp lệ hoặc ngoài giới hạn.", "This is not a number, or one out of bounds."},
		directory.CodeUnknown:       {"Mã được nhắc đến không có trong danh bạ.", "The directory has no entry of this id."},
		directory.CodeCycle:         {"Đơn vị không thể trực thuộc hoặc hình thành từ chính nó.", "A unit cannot be above itself or come from itself."},
		directory.CodeTooDeep:       {"Cơ cấu tổ chức có quá nhiều cấp.", "The tree of units is too deep."},
	})
}

// fromDirectory knows the errors of the directory; nil for others.
func fromDirectory(err error) *Problem {
	var field *directory.FieldError
	var used *directory.InUseError
	var file *directory.FileError
	switch {
	case errors.As(err, &file):
		return problem(http.StatusUnprocessableEntity, file.Code, "")
	case errors.Is(err, directory.ErrFaults):
		return problem(http.StatusUnprocessableEntity, "import_faults", "")
	case errors.Is(err, directory.ErrChanged):
		return problem(http.StatusConflict, "directory_changed", "")
	case errors.Is(err, directory.ErrNoImport):
		return problem(http.StatusNotFound, "not_found", "")
	case errors.As(err, &field):
		return problem(http.StatusUnprocessableEntity, field.Code, field.Field)
	case errors.As(err, &used):
		p := problem(http.StatusConflict, "in_use", "")
		p.Detail, p.DetailEn = p.Detail+" ("+used.Name+")", p.DetailEn+" ("+used.Name+")"
		return p
	case errors.Is(err, directory.ErrBadCode):
		return problem(http.StatusForbidden, "code_invalid", "code")
	case errors.Is(err, directory.ErrNoDevice):
		return problem(http.StatusUnauthorized, "terminal_unpaired", "")
	case errors.Is(err, directory.ErrNotFound):
		return problem(http.StatusNotFound, "not_found", "")
	case errors.Is(err, directory.ErrStaleVersion):
		return problem(http.StatusPreconditionFailed, "stale_version", "")
	}
	return nil
}
