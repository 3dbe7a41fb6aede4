package audit

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What a file calls an action is what the page calls it.
func TestNamesAreThoseOfThePage(t *testing.T) {
	pairs := func(pattern string) map[string]string {
		all := map[string]string{}
		files, err := filepath.Glob(filepath.Join("..", "..", "web", "src", pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^\t"([\w.]+)": "(.+)",$`).FindAllStringSubmatch(string(raw), -1) {
				all[m[1]] = m[2]
			}
		}
		return all
	}
	actions, texts := pairs("ui/office/audit/actions.ts"), pairs("i18n/office/vi/*.ts")
	maps.Copy(texts, pairs("i18n/vi.ts"))
	if len(actions) != len(named) {
		t.Errorf("%d actions have a name on the page, %d here", len(actions), len(named))
	}
	for action, key := range actions {
		if nameOf(action) != texts[key] {
			t.Errorf("%s is %q, on the page %q", action, nameOf(action), texts[key])
		}
	}
	for thing, name := range things {
		if name != texts["thing."+thing] {
			t.Errorf("%s is %q, on the page %q", thing, name, texts["thing."+thing])
		}
	}
	known := 0
	for key := range texts {
		if strings.HasPrefix(key, "changed.") {
			known++
		}
	}
	if known != len(fields) {
		t.Errorf("%d fields have a name on the page, %d here", known, len(fields))
	}
	for field, name := range fields {
		if name != texts["changed."+field] {
			t.Errorf("%s is %q, on the page %q", field, name, texts["changed."+field])
		}
	}
	for value, name := range values {
		if name != texts[value] {
			t.Errorf("%s is %q, on the page %q", value, name, texts[value])
		}
	}
	for verb, name := range verbs {
		if name+" {{what}}" != texts["done."+verb] {
			t.Errorf("%s is %q, on the page %q", verb, name, texts["done."+verb])
		}
	}
}
