package fold

import "testing"

func TestString(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "Sở Kế hoạch và Đầu tư": "so ke hoach va dau tu", "ĐÔNG LĨNH": "dong linh", "Ho\u0300a Khe\u0302": "hoa khe", "P1 (120)": "p1 (120)", "\xff": "\ufffd",
	} {
		if got := String(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
