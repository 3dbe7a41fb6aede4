package demo

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"diemcau/rooms/directory"
	"diemcau/rooms/store/storetest"
)

var update = flag.Bool("update", false, "write the profiles of the province to deploy/demo")

const (
	lastDayA  = "2025-06-30"
	firstDayB = "2025-07-01"
)

// merged are the units that end with profile A, by what they become part of.
var merged = map[string][]string{
	"Sở Tài chính": {"Sở Kế hoạch và Đầu tư"}, "Sở Nội vụ": {"Sở Lao động - TB và XH"}, "Sở Xây dựng": {"Sở Giao thông vận tải"}, "Sở Khoa học và Công nghệ": {"Sở Thông tin và Truyền thông"},
	"Sở Nông nghiệp và Môi trường": {"Sở Nông nghiệp và PTNT", "Sở Tài nguyên và Môi trường"}, "Sở Dân tộc và Tôn giáo": {"Ban Dân tộc"},
}

// profileB is the province from 01/07/2025 on, with what ended the day before: no districts, communes of three, departments that were merged.
func profileB() []directory.Entry {
	all := profileA()
	units := map[string]*directory.Unit{}
	for _, e := range all {
		u, ok := e.(*directory.Unit)
		if !ok {
			continue
		}
		units[u.ID] = u
		if u.Level == levelDistrict || u.Level == levelCommune {
			u.ValidTo = lastDayA
		}
	}
	for into, from := range merged {
		u := units[idOf(into)]
		if u == nil {
			u = &directory.Unit{ID: idOf(into), Name: into, Level: levelDepartment, Parent: provinceID, Mailbox: mailbox(idOf(into)), ProtocolOrder: units[idOf(from[0])].ProtocolOrder, ValidFrom: firstDayB}
			all = append(all, u, &directory.Person{ID: "thu-truong-" + u.ID, Title: "Giám đốc " + into, Unit: u.ID, ProtocolOrder: u.ProtocolOrder})
		}
		for _, name := range from {
			units[idOf(name)].ValidTo = lastDayA
			u.Predecessors = append(u.Predecessors, idOf(name))
		}
	}
	group := &directory.Group{ID: "cac-xa", Name: "40 xã, phường"}
	for i, district := range districtNames {
		kind, place := "Xã ", strings.TrimPrefix(district, "Huyện ")
		if place == district {
			kind, place = "Phường ", strings.NewReplacer("Thành phố ", "", "Thị xã ", "").Replace(district)
		}
		for j, part := range []string{"", " Đông", " Tây", " Nam"} {
			u := &directory.Unit{Name: kind + place + part, Level: levelCommune, Parent: provinceID, ProtocolOrder: orderCommunes + 200 + 4*i + j, ValidFrom: firstDayB}
			if u.ID = idOf(u.Name); units[u.ID] != nil { // one that ended had this name
				u.ID += "-2025"
			}
			u.Mailbox = mailbox(u.ID)
			first := communesOfDistrict*i + 3*j
			for _, name := range communeNames[first : first+3] {
				u.Predecessors = append(u.Predecessors, idOf(name))
			}
			all = append(all, u)
			group.Units = append(group.Units, u.ID)
			if j == 0 { // it sits where the district sat
				u.Predecessors = append(u.Predecessors, idOf(district))
				all = append(all, seatOf(u.ID, u.Name, u.ProtocolOrder)...)
			}
		}
	}
	return append(all, group)
}

func filled(t *testing.T, profile []directory.Entry) (*directory.Directory, *directory.Snapshot) {
	t.Helper()
	d := directory.New(storetest.New(t))
	if err := d.Fill(t.Context(), profile, directory.By{}); err != nil {
		t.Fatal(err)
	}
	return d, snapshot(t, d)
}

func snapshot(t *testing.T, d *directory.Directory) *directory.Snapshot {
	t.Helper()
	s, err := d.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func load(t *testing.T, d *directory.Directory, file []byte) directory.Counts {
	t.Helper()
	i, err := d.Preview(t.Context(), file, directory.XLSX, "")
	if err != nil {
		t.Fatal(err)
	}
	counts, err := d.Apply(t.Context(), i.ID, directory.By{}.Actor)
	if err != nil {
		t.Fatalf("%v: %v", err, i.Faults)
	}
	return counts
}

func workbook(t *testing.T, s *directory.Snapshot) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := s.WriteXLSX(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func names(c directory.Contents, level string) []string {
	var out []string
	for _, u := range c.Units {
		if u.Level == level {
			out = append(out, u.Name)
		}
	}
	return out
}

// The files that are offered hold the two profiles. Written by go test ./rooms/demo -run Profiles -update.
func TestProfilesAreOfferedAsFiles(t *testing.T) {
	for name, profile := range map[string][]directory.Entry{"danh-ba-A.xlsx": profileA(), "danh-ba-B.xlsx": profileB()} {
		d, s := filled(t, profile)
		path := filepath.Join("..", "..", "deploy", "demo", name)
		if *update {
			if err := os.WriteFile(path, workbook(t, s), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if counts := load(t, d, file); counts != (directory.Counts{Same: len(profile)}) {
			t.Errorf("%s is not the profile: %+v", name, counts)
		}
	}
}

// An export of profile A makes an empty directory that of profile A. Profile B on top of it ends the districts and adds what is new: they
// existed until 30/06/2025 and do not after.
func TestProfileBOnTopOfA(t *testing.T) {
	_, a := filled(t, profileA())
	_, b := filled(t, profileB())
	d := directory.New(storetest.New(t))
	if counts := load(t, d, workbook(t, a)); counts != (directory.Counts{Create: len(profileA())}) {
		t.Fatalf("%+v", counts)
	}
	counts := load(t, d, workbook(t, b))
	if want := (directory.Counts{Create: len(profileB()) - len(profileA()), Change: 10 + 120 + 7 + 4, Same: len(profileA()) - 10 - 120 - 7 - 4}); counts != want {
		t.Errorf("%+v, want %+v", counts, want)
	}
	s := snapshot(t, d)
	before, after := s.At(lastDayA), s.At(firstDayB)
	if !slices.Equal(names(before, levelDistrict), districtNames) || len(names(before, levelCommune)) != 120 || len(names(before, levelDepartment)) != 22 || len(before.Units) != 153 {
		t.Errorf("on %s: %v", lastDayA, names(before, levelDistrict))
	}
	if len(names(after, levelDistrict)) != 0 || len(names(after, levelCommune)) != 40 || len(names(after, levelDepartment)) != 22-7+2 {
		t.Errorf("on %s: %v %v", firstDayB, names(after, levelDistrict), names(after, levelDepartment))
	}
	if len(before.Groups) != 1 || len(before.Groups[0].Units) != 10 || len(after.Groups) != 1 || len(after.Groups[0].Units) != 40 || len(after.Halls) != 13 {
		t.Errorf("groups %v, then %v; %d halls", before.Groups, after.Groups, len(after.Halls))
	}
	// What was merged is known by both names, each in its time.
	if u, _ := s.Unit("xa-cam-ha"); !slices.Contains(u.Predecessors, "huyen-cam-ha") || len(u.Predecessors) != 4 || s.ValidAt("xa-cam-ha", lastDayA) {
		t.Errorf("%+v", u)
	}
	for id, day := range map[string]string{"so-ke-hoach-va-dau-tu": lastDayA, "so-nong-nghiep-va-moi-truong": firstDayB} {
		if !s.ValidAt(id, day) || s.ValidAt(id, lastDayA) == s.ValidAt(id, firstDayB) {
			t.Errorf("%s on %s", id, day)
		}
	}
	if old, _ := s.Unit("huyen-cam-ha"); old.Name != "Huyện Cẩm Hà" || old.ValidTo != lastDayA || old.Version != 2 {
		t.Errorf("%+v", old)
	}
}
