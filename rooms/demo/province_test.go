package demo

import (
	"testing"

	"diemcau/rooms/directory"
	"diemcau/rooms/store/storetest"
)

// The fictional province of the demo, today.
func TestProvince(t *testing.T) {
	d := directory.New(storetest.New(t))
	if err := d.Fill(t.Context(), profileA(), directory.By{}); err != nil {
		t.Fatal(err)
	}
	s, err := d.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := s.At("2026-02-05")
	if len(all.Units) != 1+22+10+120 || len(all.Halls) != 3+10 || len(all.Terminals) != 2+10 || len(all.People) != 4+22+10 || len(all.Groups) != 1 || len(all.Groups[0].Units) != 10 {
		t.Errorf("%d units, %d halls, %d terminals, %d people, groups %v", len(all.Units), len(all.Halls), len(all.Terminals), len(all.People), all.Groups)
	}
	if all.People[0].ID != "ct" || all.People[1].ID != "pct-tt" || all.People[2].ID != "pct-kt" || all.People[3].ID != "pct-vx" || !all.People[3].Leader || all.People[4].Leader {
		t.Errorf("%+v", all.People[:5])
	}
	for i, seats := range []int{120, 40, 20} {
		if h := all.Halls[i]; h.Seats != seats || h.Name != "Phòng họp "+h.ID {
			t.Errorf("%+v", h)
		}
	}
	for id, short := range map[string]string{"so-y-te": "", "huyen-cam-ha": "H. Cẩm Hà", "thanh-pho-minh-giang": "TP. Minh Giang", "so-van-hoa-the-thao-va-du-lich": "Sở VHTTDL", "van-phong-ubnd": ""} {
		if u, ok := s.Unit(id); !ok || u.ShortName != short {
			t.Errorf("%s: %+v", id, u)
		}
	}
	if u, _ := s.Unit("xa-tan-dan"); u.Parent != "thanh-pho-minh-giang" {
		t.Errorf("%+v", u)
	}
	// What the week's meetings are called is what the directory calls it.
	for _, group := range [][]string{departmentNames(), districtNames, communeNames} {
		for _, name := range group {
			if u, ok := s.Unit(idOf(name)); !ok || u.Name != name {
				t.Errorf("%s: %+v", name, u)
			}
		}
	}
}
