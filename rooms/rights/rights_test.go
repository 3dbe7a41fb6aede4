package rights

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table into rooms/README.md")

// want is the table once more, written by hand: leader, delegate, planner, clerk, approver, secretary, operator, auditor, administrator,
// terminal. A change of the rights is made in both places, on purpose.
const want = `
view_calendar     x x x x x x x x x x
view_drafts       . . x x x x . . x .
draft             . . x . . x . . x .
submit            . . x . . x . . x .
approve           . . . . x . . . x .
return            . . . . x . . . x .
issue             . . . x x . . . x .
reschedule        . . . . x x . . x .
cancel            . . . . x x . . x .
pre_empt          . . . . x . . . x .
answer            x x x x x x . . x .
join              x x x . x x x . x x
run_meeting       . . . . . x . . x .
line_test         . . . . . x x . x x
read_papers       x x x x x x . . x .
manage_papers     . . x . . x . . x .
manage_terminals  . . . . . . x . x .
manage_directory  . . . . . . . . x .
manage_accounts   . . . . . . . . x .
read_audit        . . . . . . . x x .
export            . . . . x x . x x .
`

func TestEveryCell(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(want), "\n")
	if len(lines) != len(Table()) {
		t.Fatalf("%d actions are expected, %d exist", len(lines), len(Table()))
	}
	for _, line := range lines {
		cells := strings.Fields(line)
		action := Action(cells[0])
		if !action.Valid() || len(cells) != 1+len(Roles()) {
			t.Errorf("%q is not a row of the table", line)
			continue
		}
		for i, role := range Roles() {
			may := cells[1+i] == "x"
			if got := role.May(action); got != may {
				t.Errorf("%s may %s: %v, want %v", role, action, got, may)
			}
			if got := Allowed([]Grant{{Role: role}}, action, "any", nil); got != may {
				t.Errorf("%s of the province may %s in a unit: %v, want %v", role, action, got, may)
			}
			if got := Allowed([]Grant{{Role: role, Unit: "u"}}, action, "u", nil); got != may {
				t.Errorf("%s of a unit may %s there: %v, want %v", role, action, got, may)
			}
			if Allowed([]Grant{{Role: role, Unit: "u"}}, action, "other", []string{"province"}) {
				t.Errorf("%s of a unit may %s in another one", role, action)
			}
		}
	}
}

func TestScopes(t *testing.T) {
	grants := []Grant{{Role: Planner, Unit: "so"}, {Role: Auditor}, {Role: Planner, Unit: "huyen"}, {Role: Secretary, Unit: "so"}}
	for _, c := range []struct {
		name      string
		action    Action
		unit      string
		ancestors []string
		want      bool
	}{
		{"its own unit", Draft, "so", []string{"tinh"}, true},
		{"a unit below", Draft, "phong", []string{"so", "tinh"}, true},
		{"two below", Draft, "to", []string{"tinh", "so", "phong"}, true},
		{"the unit above", Draft, "tinh", nil, false},
		{"beside it", Draft, "so khac", []string{"tinh"}, false},
		{"the province", Draft, "", nil, false},
		{"the province, granted there", ReadAudit, "", nil, true},
		{"anywhere, granted for the province", ReadAudit, "phong", []string{"so"}, true},
		{"a right of no grant", Approve, "so", nil, false},
		{"no such action", "fly", "so", nil, false},
	} {
		if got := Allowed(grants, c.action, c.unit, c.ancestors); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	if Allowed(nil, ViewCalendar, "", nil) || Allowed([]Grant{{Role: "king"}}, ViewCalendar, "", nil) {
		t.Error("nothing or an unknown role permits something")
	}
	if units, all := Scope(grants, Draft); all || !slices.Equal(units, []string{"so", "huyen"}) {
		t.Errorf("scope of drafts: %v %v", units, all)
	}
	if _, all := Scope(grants, ReadAudit); !all {
		t.Error("a grant for the province is no scope of the province")
	}
	if above := []string{"tinh", "huyen"}; !Holds(grants, Planner, "xa", above) || Holds(grants, Planner, "tinh", nil) {
		t.Error("a role does not reach what its rights reach")
	}
	if got := Actions([]Grant{{Role: Auditor, Unit: "x"}}); !slices.Equal(got, []Action{ViewCalendar, ReadAudit, Export}) {
		t.Errorf("actions of an auditor: %v", got)
	}
}

const (
	begin = "<!-- rights: written by go test ./rooms/rights -update -->\n"
	end   = "<!-- end of rights -->"
)

func TestTheDocumentedTableIsTrue(t *testing.T) {
	name := filepath.Join("..", "README.md")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), begin)
	documented, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the table", name)
	}
	if *update {
		if err := os.WriteFile(name, []byte(before+begin+Markdown()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if documented != Markdown() {
		t.Errorf("%s differs from the table: run go test ./rooms/rights -update", name)
	}
}
